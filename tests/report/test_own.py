"""A run against the runner's own weeks, in words."""

import pytest
from rich.cells import cell_len

from kneedrive.histories.baseline import own_view
from kneedrive.histories.result import Level, OwnView, Unjudged
from kneedrive.report import sections
from kneedrive.report.blocks import Heading, Style
from kneedrive.report.terminal import render
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


def line(found: OwnView) -> str:
    return sections.own_line(found).replace("\u00a0", " ")


@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_run_against_its_runner(name: str, golden: Golden) -> None:
    golden.check(
        f"own-{name}.txt", render([sections.against_yourself(CASES[name]())], Style()) + line(CASES[name]()) + "\n"
    )


@pytest.mark.parametrize("width", [60, 79, 120])
@pytest.mark.parametrize("name", CASES)
def test_no_line_is_wider_than_the_width(name: str, width: int) -> None:
    text = render([sections.against_yourself(CASES[name]())], Style(width=width, ascii=True))

    assert max(map(cell_len, text.splitlines())) <= width


def test_a_line_names_what_stands_by_itself_and_at_most_two() -> None:
    text = line(CASES["different"]())

    assert text.startswith("Cadence ")
    assert "usually" in text
    assert "step length" not in text
    assert text.count("usually") <= sections.MOST_NAMED


def test_where_all_is_as_always_that_is_said_with_the_runs_it_rests_on() -> None:
    found = CASES["as_always"]()

    assert all(row.level is Level.AS_ALWAYS for row in found.rows)
    assert line(found) == f"As always, against your last {found.baseline.runs} runs."


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"runs": 2, "days": 9, "epochs": 40}, "needs 2 more runs over 9 days"),
        ({"runs": 1}, "needs 1 more run on"),
        ({"epochs": 40}, "needs 40 more half-minutes on"),
        ({"days": 3}, "needs 3 more days on"),
    ],
)
def test_what_is_missing_for_a_baseline_is_counted(missing: dict[str, int], words: str) -> None:
    plain_view = CASES["too_few"]()
    found = plain_view.replace(baseline=plain_view.baseline.replace(missing=missing))

    assert words in line(found).replace("\u00a0", " ")


@pytest.mark.parametrize("reason", sections.NOT_COMPARED)
def test_every_reason_has_a_sentence(reason: Unjudged) -> None:
    found = CASES["too_few"]().replace(reason=reason)

    assert line(found) == sections.NOT_COMPARED[reason]


def test_what_a_watch_computes_is_not_compared() -> None:
    assert sections.ONLY_STEPS in " ".join(
        render([sections.against_yourself(CASES["wrist"]())], Style(width=200)).split()
    )


def test_a_baseline_names_its_first_day() -> None:
    usual = CASES["as_always"]().baseline
    assert usual.first

    (heading, *_) = sections.against_yourself(CASES["as_always"]())
    assert isinstance(heading, Heading)
    assert usual.first.strftime("%Y") in heading.remark
