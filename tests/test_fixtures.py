"""The fixtures are what the generator makes, and the reader finds in them what is true."""

import json
from pathlib import Path
from typing import Any

import pytest

from kneedrive.errors import ReadError
from kneedrive.readers import read
from tests.conftest import FIXTURES
from tests.make_fixtures import contents

FILES = sorted(path for path in FIXTURES.rglob("*") if path.is_file())
RECORDINGS = sorted(FIXTURES.rglob("*.fit"))


def truth(path: Path) -> dict[str, Any]:
    """What is true of a fixture."""
    loaded: dict[str, Any] = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))
    return loaded


def told(key: str) -> list[Any]:
    """The fixtures whose truth says something about `key`, with what it says."""
    found = [(path, truth(path)["expected"]) for path in RECORDINGS]
    return [pytest.param(p, e[key], id=f"{p.parent.name}/{p.stem}") for p, e in found if key in e]


def test_the_generator_makes_the_fixtures_byte_for_byte() -> None:
    there = {str(path.relative_to(FIXTURES)): path.read_bytes() for path in FILES}
    made = contents()

    assert there.keys() == made.keys(), "run python -m tests.make_fixtures"
    assert [name for name in made if made[name] != there[name]] == []


def test_all_fixtures_together_are_small() -> None:
    assert sum(path.stat().st_size for path in FILES) < 3_000_000


@pytest.mark.parametrize(("path", "records"), told("records"))
def test_every_record_is_read(path: Path, records: int) -> None:
    activities = read(path.read_bytes(), path.name)

    assert {activity.records for activity in activities} == {records}


@pytest.mark.parametrize(("path", "error"), told("error"))
def test_a_broken_file_is_refused_with_the_place(path: Path, error: dict[str, Any]) -> None:
    with pytest.raises(ReadError) as caught:
        read(path.read_bytes(), path.name)

    assert {"code": caught.value.code, "offset": caught.value.offset} == error
    assert str(caught.value).startswith(path.name)


@pytest.mark.parametrize(("path", "codes"), told("notes"))
def test_what_was_forgiven_is_noted(path: Path, codes: list[str]) -> None:
    notes = {note.code for activity in read(path.read_bytes(), path.name) for note in activity.notes}

    assert notes >= set(codes)


@pytest.mark.parametrize(("path", "sports"), told("sports"))
def test_every_leg_is_an_activity_of_its_own(path: Path, sports: list[str]) -> None:
    assert [activity.sport for activity in read(path.read_bytes(), path.name)] == sports


@pytest.mark.parametrize(("path", "channel"), told("missing"))
def test_a_metric_that_is_not_recorded_is_none(path: Path, channel: str) -> None:
    (activity,) = read(path.read_bytes(), path.name)

    assert activity.samples.channel(channel) is None


@pytest.mark.parametrize("path", [p for p in RECORDINGS if p.parent.name in ("labels", "sensors", "gates")], ids=str)
def test_a_clean_file_needs_no_forgiving(path: Path) -> None:
    (activity,) = read(path.read_bytes(), path.name)

    assert activity.notes == ()
