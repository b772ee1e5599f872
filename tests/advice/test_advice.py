"""Advice follows from findings and never works against one."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from itertools import product

import numpy as np
import pytest

from kneedrive import simulate
from kneedrive.advice import (
    ALONE,
    ASYMMETRY,
    EXAGGERATED,
    KINDS,
    LEANING,
    OPEN,
    Advice,
    Entry,
    Ground,
    Plan,
    advise,
    catalogue,
    do_next,
    ground_of,
    plan_for,
    plans,
    plans_with,
    search,
    sources,
    would_settle,
)
from kneedrive.analysis import analyze
from kneedrive.analysis.posterior import Basis, Bend, Certainty, Knee, Posterior, certainty, knee, leading, posterior
from kneedrive.analysis.result import Analysis, Finding, Scope
from kneedrive.histories.result import LastWeeks, Verdict
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.recording import Samples, Sensor
from kneedrive.sensors import REFERENCES
from tests.seen_by import scale_at, seen_by

FINDINGS = tuple(plans())
ALL = [
    Ground(
        finding=finding,
        certainty=sure,
        scope=scope,
        alone=alone,
        knee_bends=bends,
        knee_first=bends is Bend.LESS and sure is not Certainty.SPOKEN,
        asymmetric=asymmetric,
        exaggerating=exaggerating,
    )
    for finding, sure, scope, bends in product(FINDINGS, Certainty, Scope, Bend)
    for alone, asymmetric, exaggerating in product((False, True), repeat=3)
    if (finding, bends) != ("little-knee-bend", Bend.MORE)
]

# What a runner with this finding already has too much of: nothing advised may stress it.
TOO_MUCH = {
    "piston-like": {"height"},
    "much-bounce": {"height"},
    "bouncy-long-steps": {"height"},
    "short-airy": {"rhythm"},
    "drive-like": {"hip flexion", "height", "rhythm"},
    "neutral": {"hip flexion", "height", "rhythm"},
    "unjudged": {"hip flexion", "height", "rhythm"},
}
TOO_LITTLE = {
    "piston-like": "step length",
    "shuffle-like": "hip extension",
    "short-grounded": "step length",
    "short-airy": "step length",
    "short-steps": "step length",
    "little-knee-bend": "heel recovery",
    "much-contact": "ankle mobility",
}


def findings(found: Posterior, scope: Scope) -> tuple[Finding, ...]:
    """What a run or some weeks say of themselves, as their reports have it."""
    return tuple(
        Finding(
            scope=scope,
            pattern=pattern,
            certainty=certainty(pattern, found),
            probability=found.odds[pattern],
            base_rate=found.base_rates[pattern],
            basis=found.basis,
        )
        for pattern in leading(found)
    )


def seen(sensor: str, speed_mps: float = 2.8, **parts: float) -> Posterior:
    """The posterior of a recording of one sensor class."""
    scale = scale_at(speed_mps)
    return posterior(seen_by(sensor, parts, scale), scale)


@cache
def analysed() -> Analysis:
    """Any run that is assessed."""
    return analyze(simulate.simulate_demo(), runner=simulate.DEMO_RUNNER)


def run(found: Posterior | None) -> Analysis:
    """An assessed run with this posterior."""
    blank = analysed().replace(posterior=None, findings=(), knee=Knee(reason="nothing was judged"))
    if found is None:
        return blank
    return blank.replace(posterior=found, findings=findings(found, Scope.RUN), knee=knee(found, height_known=True))


def weeks(found: Posterior, *, share_of_slow: float | None = None) -> LastWeeks:
    """43 runs with this posterior."""
    return LastWeeks(
        first=date(2026, 6, 1),
        last=date(2026, 7, 26),
        runs=43,
        sensor="garmin_strap",
        surface="outdoor",
        posterior=found,
        findings=findings(found, Scope.WEEKS),
        ruled_out=(),
        knee=knee(found, height_known=True),
        verdicts=(Verdict.STEADY,),
        share_of_slow=share_of_slow,
    )


USUAL = seen("garmin_strap", zSL=0.0, zDF=0.0, zk=0.0)


@pytest.mark.parametrize(
    ("parts", "finding"),
    [
        ({"zSL": -1.6, "zDF": 1.8, "zk": 0.0}, "shuffle-like"),
        ({"zSL": 1.8, "zDF": -1.8, "zk": 0.0}, "drive-like"),
        ({"zSL": 1.8, "zDF": -1.8, "zk": 3.5}, "bouncy-long-steps"),
        ({"zSL": -0.3, "zDF": 0.0, "zk": 3.5}, "piston-like"),
        ({"zSL": 1.8, "zDF": 0.0, "zk": 0.0}, "long-steps"),
        ({"zSL": 0.0, "zDF": 0.0, "zk": 0.0}, "neutral"),
    ],
)
def test_a_strap_is_advised_by_what_it_measured(parts: dict[str, float], finding: str) -> None:
    assert ground_of(run(seen("garmin_strap", **parts))).finding == finding


@pytest.mark.parametrize(
    ("zSL", "finding"), [(-2.0, "short-steps"), (-1.0, "short-steps"), (2.0, "long-steps"), (0.0, "neutral")]
)
def test_from_steps_alone_the_advice_suits_every_pattern_with_such_steps(zSL: float, finding: str) -> None:
    assert ground_of(run(seen("none", zSL=zSL))).finding == finding


def test_a_fact_that_stands_alone_is_never_told_to_stay_as_it_is() -> None:
    """Over the whole range of a strap: where a part is far from usual, something is advised that belongs to it."""
    for zSL, zDF, zk in product(np.arange(-2.5, 2.6, 0.5), np.arange(-2.5, 2.6, 0.5), (-2.0, 0.0, 4.0)):
        found = seen("garmin_strap", zSL=zSL, zDF=zDF, zk=zk)
        striking = max(map(abs, found.mean[:2])) >= 1.0

        assert (ground_of(run(found)).finding != "neutral") or not striking, (zSL, zDF, zk)


def test_the_weeks_speak_before_the_run_at_the_same_certainty() -> None:
    shuffle, piston = (
        seen("garmin_strap", zSL=-1.6, zDF=1.8, zk=0.0),
        seen("garmin_strap", zSL=-0.3, zDF=0.0, zk=3.5),
    )

    assert ground_of(run(USUAL), weeks(piston)).finding == "piston-like"
    assert ground_of(run(piston), weeks(USUAL)).finding == "piston-like"
    both = ground_of(run(piston), weeks(shuffle))
    assert (both.finding, both.scope, both.runs) == ("shuffle-like", "weeks", 43)
    assert do_next(run(USUAL), weeks(shuffle)).why.startswith("Over your last 43 runs your steps are short")


def test_slow_running_that_is_mostly_a_shuffle_is_worked_on() -> None:
    assert ground_of(run(USUAL), weeks(USUAL, share_of_slow=0.4)).finding == "neutral"
    told = do_next(run(USUAL), weeks(USUAL, share_of_slow=0.6))

    assert told.plan.finding == "shuffle-like"
    assert told.why.startswith("When you run slowly your steps are short")


def test_a_knee_that_bends_little_is_worked_on_where_no_pattern_is_said() -> None:
    less = run(seen("garmin_strap", zSL=-1.2, zDF=2.2, zk=0.0)).replace(findings=())

    assert ground_of(less).finding == "little-knee-bend"
    assert ground_of(less).certainty is Certainty.SPOKEN


def test_beside_a_pattern_the_surer_of_the_two_gives_the_cue() -> None:
    sure = do_next(run(seen("garmin_strap", zSL=-2.2, zDF=2.4, zk=0.0)))
    leaning = do_next(run(seen("garmin_strap", zSL=-2.4, zDF=0.6, zk=0.0)))

    assert (sure.ground.certainty, leaning.ground.certainty) == (Certainty.SPOKEN, Certainty.LEANING)
    assert sure.plan == leaning.plan == plans()["shuffle-like"]
    assert (sure.cue.id, leaning.cue.id) == ("light-feet", "heel-to-glute")
    assert "knee probably bends less" in leaning.why
    assert "heel-to-glute" in {entry.id for entry in sure.entries}


def test_heel_recovery_is_not_for_a_knee_that_bends_much() -> None:
    for finding in FINDINGS:
        assert "heel recovery" not in stresses(
            advise(Ground(finding=finding, certainty=Certainty.SPOKEN, knee_bends=Bend.MORE))
        )


def test_nothing_judged_gets_what_serves_every_runner() -> None:
    assert ground_of(run(None)).finding == "unjudged"
    assert ground_of(run(None), weeks(USUAL)).finding == "neutral"
    assert ground_of(run(None), weeks(USUAL).replace(runs=2)).finding == "unjudged"  # fewer than three are no weeks


@pytest.mark.parametrize(
    ("sensor", "watched"),
    [
        ("garmin_strap", ("D", "P")),
        ("stryd", ("D",)),
        ("garmin_wrist", ("cadence_spm", "step_length_m")),
        ("none", ("cadence_spm", "step_length_m")),
    ],
)
def test_only_what_the_sensor_measures_is_to_be_watched(sensor: str, watched: tuple[str, ...]) -> None:
    usual = run(seen("garmin_strap", zSL=0.0, zDF=0.0, zk=0.0))

    assert do_next(usual.replace(provenance=sensor)).watch == watched
    assert do_next(run(None).replace(provenance="none"), weeks(USUAL).replace(sensor=sensor)).watch == watched


@pytest.mark.parametrize("finding", FINDINGS)
def test_no_plan_has_a_wrist_watch_contact_or_bounce(finding: str) -> None:
    wrist, strap = REFERENCES["garmin_wrist"], REFERENCES["garmin_strap"]
    watched = plans()[finding].watch

    assert {key for key in watched if wrist.shows(key)} <= {"cadence_spm", "step_length_m"}
    assert all(strap.shows(key) for key in watched)


def test_a_shuffle_gets_a_running_cue_for_an_easy_day_and_strength_beside_it() -> None:
    told = advise(Ground(finding="shuffle-like", certainty=Certainty.SPOKEN, scope=Scope.SLOW))

    assert told.today == 'Try: ten times 30 seconds "same rhythm, lighter feet" in an easy run.'
    assert told.beside.kind == "strength"
    assert "Some shuffle is normal" in told.remarks[0]


@pytest.mark.parametrize(("stored", "command"), [(True, "kneedrive advise"), (False, "kneedrive drills strides")])
def test_the_command_that_tells_more_is_one_that_can_be_run(stored: bool, command: str) -> None:
    assert advise(Ground(finding="neutral", certainty=Certainty.SPOKEN), stored=stored).command == command


def holding(
    *sensors: Sensor, provenance: str = "none", alternatives: tuple[str, ...] = (), kind: str = "fit"
) -> Analysis:
    """A run of a file with these sensors and fields of other makers."""
    found = run(None)
    measured = Samples(time_s=np.arange(3.0), stance_time_s=np.full(3, 0.25))
    activity = found.activity.replace(sensors=sensors, alternatives=dict.fromkeys(alternatives, measured), format=kind)
    return found.replace(activity=activity, provenance=provenance)


@pytest.mark.parametrize(
    ("analysis", "said"),
    [
        (holding(provenance="garmin_strap"), ""),
        (holding(provenance="stryd"), "would tell the bounce"),
        (holding(provenance="garmin_strap_ble"), "usual on an HRM 600 is not known yet; a Garmin HRM-Run"),
        (holding(provenance="coros_pod"), "your COROS watch without the pod would tell it"),
        (holding(Sensor(maker="Garmin", maker_id=1, product_id=3300), provenance="stryd"), ""),
        (holding(), "A chest strap or pod"),
        (holding(provenance="garmin_wrist"), "A chest strap or pod"),
        (holding(Sensor(maker="Garmin", maker_id=1, product_id=3300)), "Your HRM-Pro can measure"),
        (holding(provenance="garmin_wrist", alternatives=("stryd",)), "--dynamics stryd"),
        (holding(kind="strava"), "Strava's bulk export"),
    ],
)
def test_no_sensor_is_advised_that_the_file_holds(analysis: Analysis, said: str) -> None:
    told = would_settle(analysis)

    assert said in told if said else told == ""
    assert "chest strap" not in told or said.startswith("A chest strap")


@pytest.mark.parametrize("pattern", Pattern)
def test_each_pattern_that_is_told_from_steps_alone_has_a_plan(pattern: Pattern) -> None:
    found = seen("none", zSL=0.0)
    said_of_steps = {bound.axis: bound.side for bound in PATTERNS[pattern].region}.get("zSL")

    plan = plan_for(pattern, Basis.STEPS, found)

    assert plan == {None: pattern, 1: "long-steps", -1: "short-steps"}[said_of_steps]
    assert plan in plans()


def stresses(advice: Advice) -> set[str]:
    return {stress for entry in advice.entries for stress in entry.stresses}


def order(advice: Advice) -> list[int]:
    """Strength and mobility first, then speed, drills, cues."""
    rank = {"strength": 0, "mobility": 0, "speed": 1, "drill": 2, "cue": 3}
    return [rank[entry.kind] for entry in advice.entries]


def test_no_advice_contradicts_its_finding() -> None:
    for ground in ALL:
        advice = advise(ground)

        assert not stresses(advice) & TOO_MUCH.get(ground.finding, set()), ground
        assert not (ground.exaggerating and "height" in stresses(advice)), ground


def test_advice_comes_in_the_order_coaches_give_with_one_or_two_cues() -> None:
    for ground in ALL:
        advice = advise(ground)

        assert order(advice) == sorted(order(advice)), ground
        assert 1 <= sum(entry.kind == "cue" for entry in advice.entries) <= 2, ground


def test_what_is_said_first_is_a_cue_and_something_of_the_plan_that_is_none() -> None:
    for ground in ALL:
        advice = advise(ground)

        assert advice.cue.kind == "cue"
        assert advice.beside.kind != "cue"
        assert {advice.cue, advice.beside} <= set(advice.entries), ground


@pytest.mark.parametrize(("finding", "needs"), TOO_LITTLE.items())
def test_a_spoken_finding_gets_what_it_lacks(finding: str, needs: str) -> None:
    assert needs in stresses(advise(Ground(finding=finding, certainty=Certainty.SPOKEN)))


@pytest.mark.parametrize("finding", FINDINGS)
def test_only_the_plan_that_changes_nothing_calls_for_no_work(finding: str) -> None:
    assert advise(Ground(finding=finding, certainty=Certainty.SPOKEN)).calls_for_work == (finding != "neutral")


@pytest.mark.parametrize(
    ("sure", "alone", "remark"),
    [
        (Certainty.SPOKEN, False, ""),
        (Certainty.LEANING, False, LEANING),
        (Certainty.OPEN, False, OPEN),
        (Certainty.OPEN, True, ALONE),
    ],
)
def test_what_is_less_than_sure_is_advised_lightly(sure: Certainty, alone: bool, remark: str) -> None:
    told = set(advise(Ground(finding="piston-like", certainty=sure, alone=alone)).remarks)

    assert told & {LEANING, OPEN, ALONE} == ({remark} if remark else set())


@pytest.mark.parametrize("finding", FINDINGS)
def test_asymmetry_goes_to_a_professional_and_exaggeration_is_named(finding: str) -> None:
    ground = Ground(finding=finding, certainty=Certainty.SPOKEN)

    assert ASYMMETRY in advise(ground.replace(asymmetric=True)).remarks
    assert EXAGGERATED in advise(ground.replace(exaggerating=True)).remarks
    assert not {ASYMMETRY, EXAGGERATED} & set(advise(ground).remarks)


@pytest.mark.parametrize("entry", catalogue().values(), ids=lambda entry: entry.id)
def test_an_entry_is_complete(entry: Entry) -> None:
    assert entry.kind in KINDS
    assert all(len(text) > 10 for text in (entry.purpose, entry.how, entry.often, entry.short, entry.mistake))
    assert entry.stresses
    assert entry.avoid or entry.kind == "cue"
    assert set(entry.sources) <= set(sources())


@pytest.mark.parametrize("plan", plans().values(), ids=lambda plan: plan.finding)
def test_a_plan_names_entries_that_exist(plan: Plan) -> None:
    assert set(plan.entries) <= set(catalogue())
    assert plan.focus
    assert plan.why.startswith("Your ")
    assert plan.watch
    assert {plan.cue, plan.beside} <= set(plan.entries)


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
