"""The fixtures are what the generator makes, and the reader finds in them what is true."""

import json
from pathlib import Path
from typing import Any

import pytest

from kneedrive.analysis import analyze
from kneedrive.analysis.result import Analysis
from kneedrive.errors import ReadError
from kneedrive.readers import read
from kneedrive.recording import Runner
from tests.conftest import FIXTURES
from tests.make_fixtures import FOLDERS, contents

FILES = [FIXTURES / "README.md", *(path for folder in FOLDERS for path in (FIXTURES / folder).iterdir())]
RECORDINGS = sorted(path for path in FILES if path.suffix == ".fit")


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
    assert sum(path.stat().st_size for path in FILES) < 2_750_000


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


def analyzed(path: Path) -> Analysis:
    """The analysis of a recording with one session, for the runner that was planted."""
    (activity,) = read(path.read_bytes(), path.name)
    return analyze(activity, runner=Runner(**truth(path).get("planted", {}).get("runner", {})))


@pytest.mark.parametrize(("path", "provenance"), told("provenance"))
def test_the_sensor_is_told_from_the_file(path: Path, provenance: str) -> None:
    assert analyzed(path).provenance == provenance


@pytest.mark.parametrize(("path", "label"), told("label"))
def test_the_planted_pattern_is_named_first_and_as_sure_as_it_is_likely(path: Path, label: str) -> None:
    found = [each for each in analyzed(path).findings if each.scope == "run"]

    assert found[0].pattern == label
    likely = ("spoken", 0.80), ("leaning", 0.50), ("open", 0.0)
    assert found[0].certainty == next(word for word, least in likely if found[0].probability >= least)


@pytest.mark.parametrize(("path", "labels"), told("labels"))
def test_where_two_patterns_reach_one_half_both_are_named(path: Path, labels: list[str]) -> None:
    assert [each.pattern for each in analyzed(path).findings if each.scope == "run"] == labels


@pytest.mark.parametrize(("path", "label"), told("slow_label"))
def test_slow_running_has_a_finding_of_its_own(path: Path, label: str) -> None:
    found = [(each.scope, each.pattern) for each in analyzed(path).findings]

    assert (found[0], found[-1]) == (("run", "neutral"), ("slow", label))


@pytest.mark.parametrize("path", [p for p in RECORDINGS if p.parent.name == "labels"], ids=lambda path: path.stem)
def test_planted_scores_are_found(path: Path) -> None:
    """Where the pattern is the same at every speed, so that one number tells the run."""
    planted = truth(path)["planted"]
    if planted["pattern"] == "shuffle-when-slow":
        return
    found = {letter: score.value for letter, score in analyzed(path).scores.items()}

    expected = {letter: planted["true_scores"][letter] for letter in "DPGK"}
    assert found == {letter: pytest.approx(value, abs=0.3) for letter, value in expected.items()}


@pytest.mark.parametrize(("path", "letters"), told("scores"))
def test_only_what_was_measured_is_scored(path: Path, letters: list[str]) -> None:
    scores = dict(analyzed(path).scores.items())

    assert sorted(letter for letter, score in scores.items() if score.value is not None) == letters
    assert all(score.reason for score in scores.values() if score.value is None)


@pytest.mark.parametrize(("path", "gate"), told("gate"))
def test_every_gate_catches_its_case(path: Path, gate: str) -> None:
    assert analyzed(path).quality.excluded.get(gate, 0) >= 2


@pytest.mark.parametrize(("path", "status"), told("status"))
def test_a_run_that_cannot_be_judged_says_why(path: Path, status: str) -> None:
    analysis = analyzed(path)

    assert analysis.status == status
    assert analysis.status_reason


@pytest.mark.parametrize(("path", "surface"), told("surface"))
def test_a_treadmill_is_indoors(path: Path, surface: str) -> None:
    assert analyzed(path).surface == surface


@pytest.mark.parametrize(("path", "verdict"), told("fade"))
def test_a_fade_is_found_where_one_was_planted(path: Path, verdict: str) -> None:
    assert analyzed(path).fade.verdict == verdict


@pytest.mark.parametrize(("path", "count"), told("accelerations"))
def test_accelerations_are_counted(path: Path, count: int) -> None:
    assert len(analyzed(path).accelerations) == count


@pytest.mark.parametrize(("path", "codes"), told("analysis_notes"))
def test_a_correction_is_noted(path: Path, codes: list[str]) -> None:
    assert {note.code for note in analyzed(path).quality.notes} >= set(codes)


@pytest.mark.parametrize("name", ["gap", "ambiguous", "cadence-lock", "no-cadence", "flat-line", "no-speed"])
def test_a_fault_does_not_move_the_scores(name: str) -> None:
    path = FIXTURES / "gates" / f"{name}.fit"
    scores = analyzed(path).scores

    planted = truth(path)["planted"]["true_scores"]
    assert {letter: score.value for letter, score in scores.items()} == {
        letter: pytest.approx(planted[letter], abs=0.4) for letter in "DPGK"
    }
