"""docs/export.md and docs/history.md list exactly what the code writes."""

import re
from pathlib import Path

import pytest

from kneedrive import advice
from kneedrive.analysis import analyze
from kneedrive.analysis.posterior import Certainty
from kneedrive.app import advise
from kneedrive.app.demo import seen_in, simulated_runs
from kneedrive.app.history import past_run
from kneedrive.app.tables import WEEK_COLUMNS, epochs_of, week_rows
from kneedrive.report.lists import CSV_COLUMNS
from kneedrive.report.machine import comparison_record, weekly_record
from kneedrive.simulate import simulate_demo
from tests.conftest import ROOT
from tests.report.histories import PAIRS

EXPORT, HISTORY = ROOT / "docs" / "export.md", ROOT / "docs" / "history.md"


def named(page: Path, title: str) -> list[str]:
    """The names in the first column of the table after a piece of text."""
    section = page.read_text(encoding="utf-8").split(title, maxsplit=1)[1]
    rows = section.split("|---|", maxsplit=1)[1].split("\n\n", maxsplit=1)[0].splitlines()[1:]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]


@pytest.mark.parametrize(
    ("title", "columns"), [("## runs.csv", list(CSV_COLUMNS)), ("## weeks.csv", list(WEEK_COLUMNS))]
)
def test_the_page_lists_exactly_the_columns(title: str, columns: list[str]) -> None:
    assert named(EXPORT, title) == columns


def test_the_page_lists_exactly_the_columns_of_epochs() -> None:
    assert named(EXPORT, "## epochs.csv") == list(epochs_of([past_run(analyze(simulate_demo()))]))


def test_every_week_fills_every_column() -> None:
    rows = list(week_rows(seen_in(simulated_runs())))

    assert len(rows) == 14
    assert {len(row) for row in rows} == {len(WEEK_COLUMNS)}


def test_the_page_lists_exactly_the_keys_of_weeks() -> None:
    assert sorted(named(HISTORY, "The object of `weekly --json`")) == sorted(weekly_record(seen_in(simulated_runs())))


def test_the_page_lists_exactly_the_keys_of_a_comparison() -> None:
    told = PAIRS["changed"]()

    assert sorted(named(HISTORY, "The object of `compare --json`")) == sorted(
        comparison_record(told.found, told.periods)
    )


def test_the_page_lists_exactly_the_keys_of_advice() -> None:
    chosen = advice.advise(advice.Ground(finding="neutral", certainty=Certainty.SPOKEN))

    assert sorted(named(HISTORY, "The object of `advise --json`")) == sorted(advise.record("a", chosen, None))
