"""Lists from the store: which columns a width holds, what was found, what a recording gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kneedrive.recording import Outline
from kneedrive.report import lists, terminal
from kneedrive.report.blocks import Style
from kneedrive.store.rows import RunRow, SourceRow

STARTED = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)


def row(**given: Any) -> RunRow:
    """A stored run; what is not given is a drive-like run from a strap."""
    usual = {
        "id": "0123456789ab",
        "started_at": STARTED,
        "utc_offset_s": 3600,
        "device": "",
        "sensor": "garmin_strap",
        "firmware": "",
        "surface": "outdoor",
        "duration_s": 3661.0,
        "distance_m": 10_040.0,
        "status": "assessed",
        "dynamics": 2,
        "recordings": 1,
        "epochs_total": 120,
        "epochs_scored": 100,
        "label": "drive-like",
        "certainty": "spoken",
        "D": 1.44,
        "D_se": 0.4,
        "P": -0.3,
        "P_se": 0.4,
        "G": 0.0,
        "G_se": 0.4,
        "K": 0.0,
        "K_se": 0.4,
    }
    return RunRow(**{**usual, **given})


def table(width: int, *rows: RunRow, miles: bool = False) -> list[str]:
    return terminal.render(lists.runs(rows or (row(),), lambda _: 7200, miles=miles), Style(width=width)).splitlines()


@pytest.mark.parametrize(
    ("width", "heads"),
    [
        (80, ["id", "start", "km", "time", "/km", "sensor", "found"]),
        (70, ["id", "start", "km", "time", "/km", "found"]),
        (60, ["id", "start", "km", "/km", "found"]),
    ],
)
def test_what_was_found_is_the_last_column_to_go(width: int, heads: list[str]) -> None:
    lines = table(width, row(label="short-airy", certainty="spoken"))

    assert lines[0].split() == heads
    assert lines[1].endswith("quick, light steps")
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "drive-like"),
        ({"certainty": "leaning"}, "leans drive-like"),
        ({"certainty": "open"}, "nothing clear"),
        ({"label": "neutral"}, "nothing unusual"),
        ({"label": "neutral", "certainty": "leaning"}, "nothing unusual"),
        ({"label": "", "certainty": "", "status": "too few epochs"}, "too little to judge"),
        ({"label": "", "certainty": "", "status": "walk"}, "walk"),
    ],
)
def test_what_was_found_in_a_few_words(given: dict[str, str], said: str) -> None:
    assert table(80, row(**given))[1].endswith(said)


@pytest.mark.parametrize(("offset_s", "start"), [(3600, "07:30"), (None, "08:30")])
def test_a_run_starts_by_the_clock_of_its_runner(offset_s: int | None, start: str) -> None:
    assert f"2026-03-02 {start}" in table(80, row(utc_offset_s=offset_s))[1]


def test_columns_name_their_units() -> None:
    heads, line = table(80, miles=True)[:2]

    assert heads.split()[2:5] == ["miles", "time", "/mile"]
    assert line.split()[3:6] == ["6.2", "1:01:01", "9:47"]


def test_what_a_recording_gives_is_named_in_full_and_its_id_as_it_is_written() -> None:
    outline = Outline(
        id="0123456789ab",
        format="fit",
        device="Garmin FR965",
        started_at=STARTED,
        duration_s=600.0,
        elapsed_s=600.0,
        distance_m=2000.0,
        heart_rate_bpm=None,
        dynamics=2,
    )
    given = SourceRow(
        outline=outline,
        provenance="garmin_strap",
        verdict="",
        name="run.fit",
        sources=("file",),
        channels=("vertical_ratio", "stance_time_s"),
        kept=True,
    )

    text = terminal.render(lists.sources([given], miles=False), Style(width=80))

    assert text.startswith("0123456789ab  FIT  Garmin FR965\n")
    assert "Gives: vertical ratio, ground contact time." in text
