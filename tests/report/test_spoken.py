"""The sentences beside the pictures, as the terminal wraps them and the page sets them."""

from __future__ import annotations

import math
import re

import pytest

from kneedrive.analysis.result import Score, VrSplit
from kneedrive.report import numbers, run
from kneedrive.report.run import bounce_sentences
from kneedrive.report.text import Style, flow
from tests.report import cases


def plain(said: list[str] | tuple[str, ...]) -> list[str]:
    return [text.replace(numbers.TIE, " ") for text in said]


def test_the_head_has_day_distance_time_and_pace() -> None:
    facts = run.facts(cases.analysis(), miles=False)

    assert plain(facts.run) == ["Sun 8 Nov 2026, 07:42", "12.4 km", "1:12:31", "5:51 /km"]
    assert facts.source.startswith("Garmin FR965, dynamics from a Garmin chest strap")


def test_a_head_without_distance_has_no_pace() -> None:
    facts = run.facts(cases.analysis(activity=cases.activity(distance_m=None)), miles=False)

    assert plain(facts.run) == ["Sun 8 Nov 2026, 07:42", "1:12:31"]


def test_no_change_is_a_result_and_has_no_list() -> None:
    said = run.fade_sentences(cases.analysis(), miles=False)

    assert said
    assert said.opening.startswith("No change that can be told from noise")
    assert said.changes == ()


def test_only_notable_changes_are_listed_with_their_interval() -> None:
    said = run.fade_sentences(cases.shuffle_when_slow(), miles=False)

    assert said
    assert plain(said.changes) == [
        "contact lengthened by 9 ms (+6 to +12)",
        "cadence fell by 3 steps/min (-4 to -2)",
        "torso bounce grew by 5 % (+4 to +7)",
    ]
    assert said.closing == "A habit needs three runs."


def test_a_reason_that_the_verdict_gave_is_not_repeated() -> None:
    assert run.fade_sentences(cases.walk(), miles=False) is None


def test_what_was_left_out_is_counted_by_reason_the_most_frequent_first() -> None:
    first, *_ = plain(run.left_out_sentences(cases.analysis()))

    assert first == "96 of 142 half-minutes scored. Not scored: " + (
        "24 too steep, 9 walking, 8 accelerating, 5 no contact time."
    )


def test_up_and_down_goes_from_centimetres_to_the_score_and_its_two_parts() -> None:
    found = cases.analysis()
    usual = {"vertical_oscillation_m": 0.10, "step_length_m": 1.0}
    spread = cases.spreads({"vertical_oscillation_m": 0.08, "step_length_m": 0.8}, 60)
    scores = found.scores.replace(P=Score(value=0.9, se=0.5), z={"zB": -0.9, "zSL": -2.1})
    rise, piston, *_ = plain(run.bounce_sentences(found.replace(usual=usual, metrics=spread, scores=scores)))

    assert (
        rise
        == "Each step takes you 8.0 cm up and down. Usual at this speed is 10.0, and 6.4 for steps as long as yours."
    )
    assert "bounce for steps like yours is -0.9 from usual, the length of the step -2.1." in piston
    assert piston.endswith("the piston score, P +0.9 ± 0.5: the two are near balance.")


def test_without_its_parts_the_piston_score_stands_alone() -> None:
    found = cases.analysis()
    said = plain(run.bounce_sentences(found.replace(usual={}, scores=found.scores.replace(z={}))))

    assert said[0].startswith("Bounce for the length of the step (piston score P")
    assert not any("Each step takes you" in text for text in said)


@pytest.mark.parametrize(
    ("torso", "qualifiers", "size"),
    [
        (1.0, (), "more than"),
        (0.9, (), "about as much as"),
        (-0.6, (), "about as much as"),
        (-0.6, ("quiet torso",), "less than"),
        (-0.4, ("quiet torso",), "about as much as"),
        (-1.0, (), "less than"),
    ],
)
def test_torso_bounce_is_worded_by_its_bounds(torso: float, qualifiers: tuple[str, ...], size: str) -> None:
    found = cases.analysis(findings=(cases.finding("drive-like", qualifiers=qualifiers),))
    run = found.replace(scores=found.scores.replace(K=Score(value=torso, se=0.9)))

    assert any(text.startswith(f"Torso bounce: {size} the timing") for text in bounce_sentences(run))


def test_what_is_noted_beside_the_slow_paces_is_not_said_of_the_run() -> None:
    slow = cases.finding("shuffle-like", qualifiers=("quiet torso",)).replace(scope="slow")
    found = cases.analysis(findings=(cases.finding("neutral"), slow))
    run = found.replace(scores=found.scores.replace(K=Score(value=-0.6, se=0.9)))

    assert any("about as much as the timing" in text for text in bounce_sentences(run))


def test_much_bounce_with_long_steps_is_a_note_where_up_and_down_is_told() -> None:
    run = cases.analysis(findings=(cases.finding("drive-like", qualifiers=("bouncy",)),))

    assert any(text.endswith("long steps is a note, no verdict.") for text in bounce_sentences(run))
    assert not any("no verdict" in text for text in bounce_sentences(cases.analysis()))


def test_the_vertical_ratio_is_split_into_factors_that_multiply() -> None:
    split = VrSplit(ln_VR=0.255, ln_T=0.086, ln_B=0.058, ln_k=0.111)
    text = run.bounce_sentences(cases.analysis(vr_split=split))[-1]
    whole, *parts = (float(number) for number in re.findall(r"\d\.\d\d", text))

    assert whole == 1.29
    assert math.prod(parts) == pytest.approx(whole, abs=0.02)
    assert "rounded" in text


def test_a_walk_hears_nothing_of_limits_that_no_verdict_meets() -> None:
    assert run.limits_sentences(cases.walk()) == []


def test_the_limits_take_few_lines() -> None:
    lines = [line for text in run.limits_sentences(cases.analysis()) for line in flow(text, Style(width=80))]

    assert len(lines) <= 5


def test_an_unknown_gate_is_named_as_it_is() -> None:
    assert run.gate_words("hilly") == "too steep"
    assert run.gate_words("something new") == "something new"


@pytest.mark.parametrize(
    ("case", "count"), [(cases.analysis, 2), (cases.walk, 0), (cases.stryd, 3), (cases.not_a_run, 0)]
)
def test_limits_are_those_of_the_sensor_and_of_what_is_known(case: object, count: int) -> None:
    assert callable(case)
    assert len(run.limits_sentences(case())) == count


def test_many_accelerations_are_counted_not_listed() -> None:
    found = cases.analysis()
    many = found.replace(accelerations=found.accelerations * 5)

    (said,) = plain(run.accelerations_sentences(many, miles=False))

    assert said.startswith("10 found, at 40:10 (5:45 to 3:47 /km), ")
    assert said.endswith(" and 4 more.")
