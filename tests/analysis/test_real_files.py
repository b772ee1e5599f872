"""The analysis of real recordings: which sensor, which status, which gates, and what must never be claimed."""

from functools import cache

import pytest

from kneedrive.analysis import analyze
from kneedrive.analysis.result import Analysis
from kneedrive.errors import ReadError
from kneedrive.readers import read
from kneedrive.recording import Runner
from tests.conftest import DATA, needs_data, real_files

pytestmark = needs_data
RUNNER = Runner(height_m=1.78, mass_kg=70.0)


@cache
def run_of(name: str, dynamics: str | None = None) -> Analysis:
    """The last session of a file, which is the run where there are several."""
    return analyze(read((DATA / name).read_bytes(), name)[-1], runner=RUNNER, dynamics=dynamics)


def said(found: Analysis) -> str:
    return " ".join(one.pattern for one in found.findings)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("fit/apple-watch-healthfit.fit", "apple"),
        ("fit/apple-watch4-no-dynamics.fit", "none"),
        ("fit/coros-apex-pro-balance.fit", "coros_pod"),
        ("fit/coros-pace3-balance-and-lss.fit", "coros_pod"),
        ("fit/garmin-fenix2-chest-pauses.fit", "garmin_strap"),
        ("fit/garmin-fenix3-chest-runscribe-null-field.fit", "garmin_strap"),
        ("fit/garmin-fenix5-chest-21-records.fit", "garmin_strap"),
        ("fit/garmin-fenix5x-chest-plus-stryd.fit", "garmin_strap"),
        ("fit/garmin-fenix6x-smart-recording-trail.fit", "garmin_pod"),
        ("fit/garmin-fenix8-wrist-trail-runwalk.fit", "garmin_wrist"),
        ("fit/garmin-fr255-triathlon-summary-last.fit", "garmin_wrist"),
        ("fit/garmin-fr630-chest-slow.fit", "garmin_strap"),
        ("fit/garmin-fr735xt-runscribe-v1-fields.fit", "other"),
        ("fit/garmin-fr920xt-chest-smart-recording.fit", "garmin_strap"),
        ("fit/garmin-fr920xt-stryd-fields-only.fit", "stryd"),
        ("fit/garmin-fr920xt-triathlon-chained.fit", "garmin_strap"),
        ("fit/garmin-fr955-wrist-plus-stryd-fields.fit", "stryd"),
        ("fit/garmin-fr970-chest-step-speed-loss.fit", "garmin_strap_ble"),
        ("fit/stryd-own-recording.fit", "stryd"),
        ("fit/suunto-cadence-only.fit", "none"),
        ("fit/wahoo-vo-ten-times-too-small.fit", "other"),
        ("history-strap-then-wrist/20240101T1110.fit", "garmin_wrist"),
    ],
)
def test_the_sensor_of_every_named_device_is_told(name: str, word: str) -> None:
    assert run_of(name).provenance == word


@pytest.mark.parametrize("name", ["fit/stryd-own-recording.fit", "fit/garmin-fr920xt-stryd-fields-only.fit"])
def test_a_computed_oscillation_never_claims_piston(name: str) -> None:
    found = run_of(name)
    assert "piston" not in said(found)
    assert found.scores.P.value is None
    assert found.scores.P.reason


def test_a_wrist_run_is_judged_by_its_steps_and_never_spoken() -> None:
    found = run_of("history-strap-then-wrist/20240101T1110.fit")
    assert found.status == "assessed"
    assert {(one.basis, one.certainty != "spoken") for one in found.findings} == {("steps", True)}
    assert all(score.value is None and "speed, cadence" in score.reason for _, score in found.scores.items())


def test_the_wahoo_oscillation_is_corrected_and_noted() -> None:
    found = run_of("fit/wahoo-vo-ten-times-too-small.fit")
    assert 0.08 < found.metrics["vertical_oscillation_m"].median < 0.16
    assert any("oscillation" in note.text and "unit" in note.text for note in found.quality.notes)


def test_the_walk_is_a_walk() -> None:
    found = run_of("fit/garmin-fenix5-chest-walk.fit")
    assert (found.status, found.findings) == ("walk", ())
    assert found.metrics["cadence_spm"].median < 135


def test_the_fenix_8_recorded_contact_time_in_a_third_of_the_run() -> None:
    found = run_of("fit/garmin-fenix8-wrist-trail-runwalk.fit")
    assert found.channels["stance_time_s"].coverage == pytest.approx(0.347, abs=0.003)


def test_smart_recording_is_scored() -> None:
    assert run_of("fit/garmin-fr920xt-chest-smart-recording.fit").quality.epochs_scored >= 150


def test_step_speed_loss_is_shown() -> None:
    assert 0.2 < run_of("fit/garmin-fr970-chest-step-speed-loss.fit").metrics["step_speed_loss_mps"].median < 0.5


def test_an_hrm_600_gets_no_bounce_score() -> None:
    found = run_of("fit/garmin-fr970-chest-step-speed-loss.fit")
    assert found.scores.P.value is None
    assert "HRM 600" in found.scores.P.reason


def test_other_dynamics_in_the_file_can_be_asked_for() -> None:
    name = "fit/garmin-fr955-wrist-plus-stryd-fields.fit"
    assert (run_of(name).instead_of, run_of(name, "stryd").instead_of) == ("garmin_wrist", None)
    assert run_of(name).scores == run_of(name, "stryd").scores
    assert run_of(name, "native").provenance == "garmin_wrist"
    assert run_of(name, "native").scores.D.value is None


def test_height_and_mass_are_read_from_the_watchs_profile() -> None:
    made = read((DATA / "fit/garmin-fr955-wrist-plus-stryd-fields.fit").read_bytes(), "")[0]
    assert made.wearer.height_m == pytest.approx(1.89)
    assert 40.0 < (made.wearer.mass_kg or 0.0) < 120.0
    assert analyze(made).height_from == "file"


def test_contact_that_drifts_within_a_run_is_noted() -> None:
    notes = run_of("fit/garmin-fr970-chest-step-speed-loss.fit").quality.notes
    assert [note.code for note in notes].count("drift") == 2


def test_a_clock_set_in_the_middle_of_a_run_does_not_make_days_of_epochs() -> None:
    assert run_of("fit/garmin-fr225-time-jump-20-days.fit").quality.epochs_total < 200


def readable() -> list[str]:
    """Every single file, and one in twelve of the histories."""
    single = real_files("fit/*", "fit-bad/*")
    histories = real_files("history-*/*.fit")[::12]
    return [str(path.relative_to(DATA)) for path in (*single, *histories)]


@pytest.mark.slow
@pytest.mark.parametrize("name", readable())
def test_every_real_activity_is_analysed_and_keeps_its_promises(name: str) -> None:
    try:
        activities = read((DATA / name).read_bytes(), name)
    except ReadError:
        pytest.skip("not readable as an activity")
    for activity in activities:
        found = analyze(activity, runner=RUNNER)
        quality = found.quality
        assert quality.epochs_scored + sum(quality.excluded.values()) == quality.epochs_total
        assert found.metrics or found.status in ("not a run", "no samples")
        assert all(score.value is not None or score.reason for _, score in found.scores.items())
        assert found.status == "assessed" or (found.status_reason and not found.findings)
        if "P" not in found.reference.scores:
            assert not any("piston" in one.pattern and one.certainty == "spoken" for one in found.findings)
        if not found.reference.scores:
            assert {one.basis for one in found.findings} <= {"steps"}
            assert not any(one.certainty == "spoken" for one in found.findings)
        odds = found.posterior.odds if found.posterior else {}
        assert all(0.0 <= each <= 1.0 for each in odds.values())
        assert sum(odds.values()) >= 0.99 or not odds


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "day", "before", "after"),
    [
        ("history-strap-then-wrist", "20230524", {"garmin_pod"}, {"garmin_wrist"}),
        ("history-coros", "2027", {"coros"}, set()),
    ],
)
def test_the_sensor_of_a_history_changes_on_its_day(folder: str, day: str, before: set[str], after: set[str]) -> None:
    sensors: dict[bool, set[str]] = {True: set(), False: set()}
    for path in real_files(f"{folder}/*.fit")[::2]:
        found = run_of(str(path.relative_to(DATA)))
        sensors[path.name < day].add(found.provenance)
    assert (sensors[True], sensors[False]) == (before, after)
