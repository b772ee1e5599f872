"""A run against the runner's own weeks, in words."""

from datetime import timedelta

import pytest

from kneedrive.history.baseline import own_view
from kneedrive.history.result import OwnView, PersonalZ
from kneedrive.report import history
from kneedrive.report.text import Style, columns_of, finish
from tests.analysis.runs_of_a_runner import Form, past_run
from tests.conftest import Golden
from tests.report.histories import COMPUTED, SETTING, runs


def seen(form: Form, weeks: int = 6, sensor: str = "garmin_strap", usual: Form | None = None) -> OwnView:
    """A run of a form after weeks of the usual one."""
    held = runs(weeks, usual or Form(), sensor=sensor)
    return own_view(past_run(7.0 * weeks + 1, form, sensor=sensor), held, SETTING)


CASES = {
    "as_always": lambda: seen(Form()),
    "different": lambda: seen(Form(ln_T=0.08, DF=-0.03)),
    "too_few": lambda: seen(Form(), weeks=2),
    "wrist": lambda: seen(COMPUTED, sensor="garmin_wrist", usual=COMPUTED),
}


def render(found: OwnView, style: Style = Style()) -> str:  # noqa: B008 - frozen
    return finish([history.own_lines(found, style)], style)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("width", [60, 80])
def test_each_kind_of_run_against_its_runner(name: str, width: int, golden: Golden) -> None:
    golden.check(f"own-{name}-{width}.txt", render(CASES[name](), Style(width=width)))


@pytest.mark.parametrize("width", [60, 79, 80, 120])
@pytest.mark.parametrize("name", CASES)
def test_no_line_is_wider_than_the_width(name: str, width: int) -> None:
    assert max(map(columns_of, render(CASES[name](), Style(width=width, ascii=True)).splitlines())) <= width


def test_both_comparisons_stand_side_by_side() -> None:
    line = next(line for line in render(CASES["different"]()).splitlines() if line.startswith("  step length"))

    assert "clearly different" in line
    assert line.rstrip().endswith("higher")


def test_a_run_as_always_is_told_so_for_each_metric() -> None:
    lines = [line for line in render(CASES["as_always"]()).splitlines() if " as always" in line]

    assert len(lines) == len(own_rows := CASES["as_always"]().rows)
    assert own_rows


def test_what_is_missing_for_a_baseline_is_counted() -> None:
    text = " ".join(render(CASES["too_few"]()).split())

    assert "hold 6 runs on this sensor" in text
    assert "2 more runs" in text


def test_a_computed_sensor_is_held_to_its_steps() -> None:
    text = render(CASES["wrist"]())

    assert "contact  " not in text
    assert "it follows from speed and cadence" in text


@pytest.mark.parametrize(
    ("z", "words"),
    [
        (None, ""),
        (0.0, "usual"),
        (0.99, "usual"),
        (1.0, "higher"),
        (-1.0, "lower"),
        (2.0, "much higher"),
        (-2.5, "much lower"),
    ],
)
def test_place_among_others_in_words(z: float | None, words: str) -> None:
    row = PersonalZ(
        metric="ln_k", value=0.2, usual=0.2, difference=0.0, spread=0.02, z=0.0, level="as always", epochs=30, others=z
    )

    assert history.others(row) == words


@pytest.mark.parametrize("reason", ["no scored epochs", "slower than the baseline", "faster than the baseline"])
def test_every_reason_is_a_sentence(reason: str) -> None:
    found = CASES["as_always"]().replace(rows=(), reason=reason)

    assert history.missing(found).endswith(".")
    assert history.missing(found) != history.missing(found.replace(reason="unknown"))


def test_basis_says_how_many_runs_since_when() -> None:
    found = CASES["as_always"]()
    first = found.baseline.first

    assert first is not None
    assert history.basis(found.baseline).replace("\u00a0", " ") == "18 runs since Tue 7 Jan 2025, same sensor"
    later = found.baseline.replace(first=first + timedelta(days=1))
    assert "Wed 8 Jan" in history.basis(later)
