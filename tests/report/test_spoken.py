"""The sentences beside the pictures, as the terminal wraps them and the page sets them."""

from __future__ import annotations

import pytest

from kneedrive.report import spoken, view
from tests.report import cases


def plain(said: list[str] | tuple[str, ...]) -> list[str]:
    return [text.replace(view.TIE, " ") for text in said]


def test_the_head_has_day_distance_time_and_pace() -> None:
    facts = spoken.facts(cases.analysis(), miles=False)

    assert plain(facts.run) == ["Sun 8 Nov 2026, 07:42", "12.4 km", "1:12:31", "5:51 /km"]
    assert facts.source.startswith("Garmin FR965, dynamics from a Garmin chest strap")


def test_a_head_without_distance_has_no_pace() -> None:
    facts = spoken.facts(cases.analysis(activity=cases.activity(distance_m=None)), miles=False)

    assert plain(facts.run) == ["Sun 8 Nov 2026, 07:42", "1:12:31"]


def test_no_change_is_a_result_and_has_no_list() -> None:
    said = spoken.fade(cases.analysis(), miles=False)

    assert said
    assert said.opening.startswith("No change that can be told from noise")
    assert said.changes == ()


def test_only_notable_changes_are_listed_with_their_interval() -> None:
    said = spoken.fade(cases.shuffle_when_slow(), miles=False)

    assert said
    assert plain(said.changes) == [
        "contact lengthened by 9 ms (+6 to +12)",
        "cadence fell by 3 steps/min (-4 to -2)",
        "torso bounce grew by 5 % (+4 to +7)",
    ]
    assert said.closing == "A habit needs three runs."


def test_a_reason_that_the_verdict_gave_is_not_repeated() -> None:
    assert spoken.fade(cases.walk(), miles=False) is None


def test_what_was_left_out_is_counted_by_reason_the_most_frequent_first() -> None:
    first, *_ = plain(spoken.left_out(cases.analysis()))

    assert first == "96 of 142 half-minutes scored. Not scored: " + (
        "24 too steep, 9 walking, 8 accelerating, 5 no contact time."
    )


def test_an_unknown_gate_is_named_as_it_is() -> None:
    assert spoken.gate_words("hilly") == "too steep"
    assert spoken.gate_words("something new") == "something new"


@pytest.mark.parametrize(
    ("case", "count"), [(cases.analysis, 2), (cases.walk, 1), (cases.stryd, 3), (cases.not_a_run, 0)]
)
def test_limits_are_those_of_the_sensor_and_of_what_is_known(case: object, count: int) -> None:
    assert callable(case)
    assert len(spoken.limits(case())) == count


def test_many_accelerations_are_counted_not_listed() -> None:
    found = cases.analysis()
    many = found.replace(accelerations=found.accelerations * 5)

    (said,) = plain(spoken.accelerations(many, miles=False))

    assert said.startswith("10 found, at 40:10 (5:45 to 3:47 /km), ")
    assert said.endswith(" and 4 more.")
