"""Lists from the store: which columns a width holds, what the scores mean, what a recording gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kneedrive.recording import Outline
from kneedrive.report import lists
from kneedrive.report.text import Style
from kneedrive.store.rows import RunRow, SourceRow

LONGEST = "unclear: short, quick, light steps"
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


def table(width: int, *rows: RunRow, ascii: bool = True) -> list[str]:  # noqa: A002
    return lists.runs(rows or (row(),), Style(width=width, ascii=ascii)).splitlines()


WIDEST = row(label="short-airy", certainty="unclear")


@pytest.mark.parametrize(
    ("width", "heads"),
    [
        (120, ["id", "start", "distance", "time", "/km", "sensor", "D", "P", "finding"]),
        (110, ["id", "start", "distance", "time", "/km", "sensor", "finding"]),
        (100, ["id", "start", "distance", "time", "/km", "finding"]),
        (85, ["id", "start", "distance", "/km", "finding"]),
        (80, ["id", "start", "distance", "finding"]),
        (68, ["id", "start", "finding"]),
        (60, ["id", "start", "finding"]),
    ],
)
def test_what_was_found_is_the_last_column_to_go(width: int, heads: list[str]) -> None:
    lines = table(width, WIDEST)

    assert lines[0].split() == heads
    assert lines[1].endswith(LONGEST)
    assert max(map(len, lines)) <= width


def test_where_even_the_time_of_day_does_not_fit_the_day_stays() -> None:
    assert "2026-03-02 07:30" in table(68, WIDEST)[1]
    assert table(60, WIDEST)[1].split()[1:3] == ["2026-03-02", "unclear:"]


def test_a_run_of_short_words_keeps_its_verdict_and_pace_at_eighty_columns() -> None:
    lines = table(80)

    assert lines[0].split()[-1] == "finding"
    assert lines[1].split() == ["0123456789ab", "2026-03-02", "07:30", "10.0", "1:01:01", "6:05", "drive-like"]


def test_the_scores_have_a_legend_where_they_are_shown() -> None:
    wide, narrow = (" ".join(table(width)) for width in (120, 60))

    assert "D: above 0 toward drive-like, below 0 toward shuffle-like." in wide
    assert "- is not judged" in wide
    assert "toward" not in narrow


def test_the_width_that_is_named_shows_all_columns() -> None:
    (hint,) = [line for line in table(60, WIDEST) if "--width" in line]
    width = int(hint.split("--width ")[1].split()[0])

    assert not any("--width" in line for line in table(width, WIDEST))
    assert any("--width" in line for line in table(width - 1, WIDEST))


def test_scores_that_no_run_has_are_no_columns() -> None:
    bare = row(sensor="garmin_wrist", label="", D=None, P=None)
    lines = table(120, bare, bare)

    assert lines[0].split() == ["id", "start", "distance", "time", "/km", "sensor", "finding"]
    assert lines[-1] == "2 runs."


def test_one_run_with_a_score_brings_the_columns_back() -> None:
    assert " D " in table(120, row(D=None, P=None, label=""), row())[0]


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

    text = lists.sources([given], Style(width=80))

    assert text.startswith("0123456789ab  FIT  Garmin FR965\n")
    assert "Gives: vertical ratio, ground contact time." in text
