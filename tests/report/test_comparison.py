"""Before and after in words."""

import re

import pytest
from rich.cells import cell_len

from kneedrive.histories.result import Difference, Outcome
from kneedrive.quantities import QUANTITIES
from kneedrive.report import comparison, numbers, terminal
from kneedrive.report.blocks import Style
from tests.conftest import Golden
from tests.report.histories import PAIRS, Pair

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def render(told: Pair, style: Style = Style()) -> str:  # noqa: B008 - frozen
    return terminal.render(comparison.comparison(told.found, told.periods, miles=style.miles, name=""), style)


def row(metric: str, difference: float, half: float, verdict: str = "changed", more: int = 0) -> Difference:
    return Difference(
        metric=metric,
        before=0.26,
        after=0.26 + difference,
        difference=difference,
        low=difference - half,
        high=difference + half,
        threshold=0.006,
        verdict=Outcome(verdict),
        bound=abs(difference) + half,
        more_weeks=more,
    )


@pytest.mark.parametrize("name", PAIRS)
def test_comparison_of_each_kind_at_80_columns(name: str, golden: Golden) -> None:
    golden.check(f"compare-{name}.txt", render(PAIRS[name]()))


def test_comparison_at_60_columns_in_ascii(golden: Golden) -> None:
    golden.check("compare-changed-60-ascii.txt", render(PAIRS["changed"](), Style(width=60, ascii=True)))


def test_wide_comparison_shows_every_interval(golden: Golden) -> None:
    golden.check("compare-changed-120.txt", render(PAIRS["changed"](), Style(width=120)))


@pytest.mark.parametrize("name", PAIRS)
def test_no_line_is_wider_than_the_width(name: str) -> None:
    told = PAIRS[name]()
    for width in (60, 79, 80, 100, 120, 200):
        for style in (Style(width=width), Style(width=width, ascii=True, colour=True, miles=True)):
            text = COLOURS.sub("", render(told, style))
            assert max(map(cell_len, text.splitlines())) <= width, style


@pytest.mark.parametrize("name", PAIRS)
def test_colour_only_adds_colour(name: str) -> None:
    told = PAIRS[name]()

    assert COLOURS.sub("", render(told, Style(colour=True))) == render(told)


@pytest.mark.parametrize("name", PAIRS)
def test_ascii_is_ascii(name: str) -> None:
    assert render(PAIRS[name](), Style(ascii=True)).isascii()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (row("stance_time_s", -0.0062, 0.0021), "changed by 4 to 8 ms"),
        (row("stance_time_s", 0.0062, 0.0001), "changed by 6 ms"),
        (row("duty_factor", 0.02, 0.005), "changed by 1.5 to 2.5 points"),
        (row("ln_k", 0.1, 0.02), "changed by 8 to 13 %"),
        (row("D", -0.8, 0.2), "changed by 0.6 to 1.0"),
        (row("stance_time_s", 0.001, 0.0031, "no change"), "no change over 5 ms"),
        (row("stance_time_s", 0.001, 0.003, "no change"), "no change over 4 ms"),
        (row("ln_k", 0.001, 0.002, "no change"), "no change over 1 %"),
        (row("P", 0.01, 0.13, "no change"), "no change over 0.2"),
        (row("cadence_spm", 0.1, 4.0, "not enough weeks", 5), "not enough weeks: about 5 more"),
        (row("cadence_spm", 0.1, 4.0, "not enough weeks", 127), "cannot be told: the runs differ too much"),
        (row("step_length_m", 0.01, 0.0099), "changed by up to 0.02 m"),
    ],
)
def test_each_verdict_in_words(told: Difference, words: str) -> None:
    assert comparison.difference_verdict(told).replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    "metric", [*(key for key, quantity in QUANTITIES.items() if quantity.rose), *comparison.SCORES]
)
def test_every_metric_has_a_name_and_words_for_both_directions(metric: str) -> None:
    rose, fell = (comparison.change_words(row(metric, sign * 0.1, 0.01)) for sign in (1, -1))

    assert comparison.name_of(metric)
    assert fell
    assert rose != fell


def test_all_that_is_compared_has_words() -> None:
    for found in (pair().found for pair in PAIRS.values()):
        assert all(comparison.change_words(each) for each in found.rows)


def test_exaggerated_knee_lift_is_said() -> None:
    assert "as when the knee lift is exaggerated" in render(PAIRS["exaggerated"]())
    assert "exaggerated" not in render(PAIRS["changed"]())


def test_a_refused_comparison_has_no_numbers_and_says_how_to_insist() -> None:
    text = render(PAIRS["refused"]())

    assert "SIDE BY SIDE" not in text
    assert "--across-sensors" in text


def test_across_sensors_nothing_is_called_a_change_of_form() -> None:
    text = render(PAIRS["across_sensors"]())

    assert "Different across the sensors" in text
    assert "Changed at the same pace" not in text
    assert "any difference may be the sensor’s" in " ".join(text.split())


def test_a_wrist_is_compared_by_its_steps_alone() -> None:
    text = render(PAIRS["wrist"]())

    assert "step length" in text
    for claimed in ("contact", "oscillation", "drive score", "bounce"):
        assert claimed not in text


def test_without_enough_runs_it_says_how_many_more() -> None:
    assert "takes about 2 more weeks." in " ".join(render(PAIRS["few_runs"]()).split())


@pytest.mark.parametrize(("before", "after"), [(0, 10), (1, 10), (2, 1), (1, 1)])
def test_where_the_time_before_is_short_no_waiting_is_advised(before: int, after: int) -> None:
    told = PAIRS["few_before"]()
    found = told.found.replace(weeks_before=before, weeks_after=after, more_weeks=3 - min(before, after))
    text = " ".join(render(told._replace(found=found)).split())

    assert "Not enough weeks before." in text
    assert "more weeks from now on do not change that" in text
    assert "kneedrive import" in text
    assert "takes about" not in text


def test_a_group_before_may_still_grow() -> None:
    told = PAIRS["few_before"]()
    text = " ".join(render(told._replace(found=told.found.replace(group="shoe", names=("old", "new")))).split())

    assert "the shorter side takes about 2 more weeks." in text


def test_the_tag_that_it_is_about_is_named_and_cleaned() -> None:
    told = PAIRS["changed"]()
    text = render(told._replace(periods=told.periods.replace(name="wall\x1b[31m")))

    assert "\x1b" not in text
    assert text.startswith("Before and after “wall")


@pytest.mark.parametrize(
    ("key", "amount", "text"),
    [
        ("stance_time_s", 0.0041, "5 ms"),
        ("stance_time_s", 0.004, "4 ms"),
        ("duty_factor", 0.00301, "0.4 points"),
        ("ln_k", 0.0, "0 %"),
        ("D", 0.11, "0.2"),
        ("P", 0.2, "0.2"),
    ],
)
def test_bounds_are_rounded_up(key: str, amount: float, text: str) -> None:
    assert numbers.at_most(key, amount).replace("\u00a0", " ") == text


@pytest.mark.parametrize("name", PAIRS)
def test_no_letter_and_no_word_of_statistics_is_printed(name: str) -> None:
    text = render(PAIRS[name]())

    assert not re.search(r"\b[DPGK] [+-]?\d|spreads?\b|neutral|duty|z-score|confidence", text)
