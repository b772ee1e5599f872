"""Every GPX and TCX fixture against its truth."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kneedrive import readers
from kneedrive.errors import ReadError
from kneedrive.recording import Activity, Array
from tests.make_track_fixtures import FOLDER, contents

CASES = sorted(path for path in FOLDER.glob("*.*") if path.suffix in (".gpx", ".tcx"))


def truth(path: Path) -> Any:
    return json.loads(path.with_name(path.name + ".truth.json").read_text(encoding="utf-8"))["expected"]


GOOD = [path for path in CASES if not isinstance(truth(path), str)]
REFUSED = [path for path in CASES if isinstance(truth(path), str)]


def median(values: Array | None) -> float | None:
    return None if values is None else float(np.nanmedian(values))


def said(activity: Activity) -> dict[str, Any]:
    """What an activity says, in the words of the truth files."""
    return {
        "sport": activity.sport,
        "utc_offset_s": activity.utc_offset_s,
        "duration_s": activity.duration_s,
        "elapsed_s": activity.elapsed_s,
        "distance_m": activity.distance_m,
        "speed_mps": median(activity.samples.speed_mps),
        "cadence_spm": median(activity.samples.cadence_spm),
        "pauses": len(activity.pauses),
        "laps": len(activity.laps),
        "notes": sorted(note.code for note in activity.notes),
    }


def test_the_generator_writes_these_very_bytes() -> None:
    there = {path.name: path.read_bytes() for path in FOLDER.iterdir()}

    assert there == contents()


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_fixture_says_what_was_planned(path: Path) -> None:
    found = [said(activity) for activity in readers.read(path.read_bytes(), path.name)]

    expected = [{**plan, "notes": sorted(plan["notes"])} for plan in truth(path)]
    assert found == [approximately(plan) for plan in expected]


def approximately(plan: dict[str, Any]) -> dict[str, Any]:
    """Numbers within 0.2 %, all else exactly."""
    return {key: pytest.approx(value, rel=2e-3) if isinstance(value, float) else value for key, value in plan.items()}


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.name)
def test_a_refused_fixture_ends_in_its_error(path: Path) -> None:
    with pytest.raises(ReadError) as caught:
        readers.read(path.read_bytes(), path.name)

    assert caught.value.code == truth(path)


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.name)
def test_a_refusal_is_one_short_sentence_that_names_the_file(path: Path) -> None:
    with pytest.raises(ReadError, match=f"^{path.name}: ") as caught:
        readers.read(path.read_bytes(), path.name)

    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
