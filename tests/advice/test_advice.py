"""Advice follows from findings and never works against one."""

from __future__ import annotations

import re
from itertools import product

import pytest

from kneedrive.advice import (
    APART,
    ASYMMETRY,
    BOUNCY,
    EXAGGERATING,
    KINDS,
    LEANING,
    UNCLEAR,
    Advice,
    Entry,
    Plan,
    Situation,
    advise,
    catalogue,
    plans,
    plans_with,
    search,
    sources,
)
from kneedrive.report import verdict

LABELS = tuple(plans())
CERTAINTIES = ("spoken", "leaning", "unclear")
ALL = [
    Situation(label=label, certainty=certainty, scope=scope, asymmetric=asymmetric, exaggerating=exaggerating)
    for label, certainty, scope, asymmetric, exaggerating in product(
        LABELS, CERTAINTIES, ("run", "slow"), (False, True), (False, True)
    )
]

# What a runner with this finding already has too much of: nothing advised may stress it.
TOO_MUCH = {
    "piston-like": {"height"},
    "short-bounce": {"height"},
    "short-airy": {"rhythm"},
    "drive-like": {"hip flexion", "height", "rhythm"},
    "neutral": {"hip flexion", "height", "rhythm"},
    "unjudged": {"hip flexion", "height", "rhythm", "step length only"},
}
TOO_LITTLE = {
    "piston-like": "step length",
    "short-bounce": "hip extension",
    "shuffle-like": "hip extension",
    "short-grounded": "step length",
    "short-airy": "step length",
}


def stresses(advice: Advice) -> set[str]:
    return {stress for entry in advice.entries for stress in entry.stresses}


def order(advice: Advice) -> list[int]:
    """Strength and mobility first, then speed, drills, cues."""
    rank = {"strength": 0, "mobility": 0, "speed": 1, "drill": 2, "cue": 3}
    return [rank[entry.kind] for entry in advice.entries]


def test_no_advice_contradicts_its_finding() -> None:
    for facts in ALL:
        advice = advise(facts)

        assert not stresses(advice) & TOO_MUCH.get(facts.label, set()), facts
        assert not (facts.exaggerating and "height" in stresses(advice)), facts


def test_advice_comes_in_the_order_coaches_give() -> None:
    for facts in ALL:
        steps = order(advise(facts))

        assert steps == sorted(steps), facts


def test_at_most_two_cues_at_a_time() -> None:
    for facts in ALL:
        assert sum(entry.kind == "cue" for entry in advise(facts).entries) <= 2, facts


@pytest.mark.parametrize(("label", "needs"), TOO_LITTLE.items())
def test_a_spoken_finding_gets_what_it_lacks(label: str, needs: str) -> None:
    assert needs in stresses(advise(Situation(label=label)))


def test_a_shuffle_is_told_that_some_of_it_is_normal() -> None:
    assert "Some shuffle is normal" in advise(Situation(label="shuffle-like", scope="slow")).remarks[0]


def test_neutral_is_left_alone() -> None:
    advice = advise(Situation(label="neutral"))

    assert advice.plan.focus == "Leave it alone"
    assert [entry.kind for entry in advice.entries] == ["speed"]


@pytest.mark.parametrize("qualifier", APART)
def test_what_stands_out_by_itself_is_named_and_not_denied(qualifier: str) -> None:
    advice = advise(Situation(label="neutral", qualifiers=(qualifier,)))

    assert advice.plan.why.startswith(APART[qualifier])
    assert "Nothing in your timing stands out" not in advice.plan.why
    assert "a note, no pattern" in advice.plan.why


def test_every_part_that_can_stand_out_alone_has_its_words() -> None:
    assert set(verdict.APART) <= set(APART)


@pytest.mark.parametrize(("label", "said"), [("drive-like", True), ("long-grounded", True), ("piston-like", False)])
def test_much_up_and_down_of_long_steps_is_a_note(label: str, said: bool) -> None:
    assert (BOUNCY in advise(Situation(label=label, qualifiers=("bouncy",))).plan.why) is said
    assert BOUNCY not in advise(Situation(label=label)).plan.why


@pytest.mark.parametrize("label", LABELS)
def test_only_the_plan_that_changes_nothing_calls_for_no_work(label: str) -> None:
    assert advise(Situation(label=label)).calls_for_work == (label != "neutral")


@pytest.mark.parametrize("label", sorted(set(LABELS) - {"neutral", "unjudged"}))
def test_what_is_unclear_changes_nothing(label: str) -> None:
    advice = advise(Situation(label=label, certainty="unclear"))

    assert advice.plan.finding == "neutral"
    assert UNCLEAR in advice.remarks


def test_what_only_leans_is_advised_lightly() -> None:
    assert LEANING in advise(Situation(label="piston-like", certainty="leaning")).remarks
    assert LEANING not in advise(Situation(label="piston-like")).remarks


@pytest.mark.parametrize("label", LABELS)
def test_constant_asymmetry_goes_to_a_professional_without_a_diagnosis(label: str) -> None:
    assert ASYMMETRY in advise(Situation(label=label, asymmetric=True)).remarks
    assert ASYMMETRY not in advise(Situation(label=label)).remarks


@pytest.mark.parametrize("label", LABELS)
def test_exaggerated_knee_lift_is_named(label: str) -> None:
    assert EXAGGERATING in advise(Situation(label=label, exaggerating=True)).remarks


@pytest.mark.parametrize("entry", catalogue().values(), ids=lambda entry: entry.id)
def test_an_entry_is_complete(entry: Entry) -> None:
    assert entry.kind in KINDS
    assert all(len(text) > 10 for text in (entry.purpose, entry.how, entry.often, entry.mistake))
    assert entry.stresses
    assert entry.avoid or entry.kind == "cue"
    assert set(entry.sources) <= set(sources())


@pytest.mark.parametrize("plan", plans().values(), ids=lambda plan: plan.finding)
def test_a_plan_names_entries_that_exist(plan: Plan) -> None:
    assert set(plan.entries) <= set(catalogue())
    assert plan.focus
    assert plan.why
    assert plan.watch


def test_achilles_trouble_is_warned_of() -> None:
    assert "Achilles" in catalogue()["sprinters-calves"].avoid


@pytest.mark.parametrize(("word", "found"), [("wall", "wall-drill"), ("A-SKIP", "a-skip"), ("cue", "run-tall")])
def test_the_catalogue_is_searched_by_name_or_kind(word: str, found: str) -> None:
    assert found in {entry.id for entry in search(word)}


def test_nothing_is_found_under_a_word_that_is_not_there() -> None:
    assert search("trampoline") == ()


def test_an_entry_knows_which_findings_call_for_it() -> None:
    assert "piston-like" in {plan.finding for plan in plans_with(catalogue()["wall-drill"])}


def test_no_entry_speaks_of_good_or_bad_form_or_promises_anything() -> None:
    for entry in catalogue().values():
        text = " ".join((entry.purpose, entry.how, entry.mistake))
        assert not re.search(r"\b(good form|bad form|injur\w+ prevent\w*|econom\w+)\b", text, flags=re.IGNORECASE)
