import re
import warnings
from typing import Any

import numpy as np
import pytest

from kneedrive.analysis import analyze, posterior
from kneedrive.analysis.result import Analysis
from kneedrive.method import Method
from kneedrive.patterns import Pattern
from kneedrive.recording import Note, Runner, Samples, frozen
from kneedrive.sensors import REFERENCES
from tests.analysis.runs import APPLE, COROS, OTHER, RUNNER, STRYD, activity, samples

EMPTY = Samples(time_s=frozen([]))


def test_the_first_worked_row_stands_where_it_should() -> None:
    found = analyze(activity(), runner=RUNNER)
    assert found.status == "assessed"
    assert found.scores.z["zSL"] == pytest.approx(np.log(169.5 / 168) / 0.050, abs=0.01)
    assert found.scores.z["zDF"] == pytest.approx((0.364 - 0.3698) / 0.026, abs=0.02)
    assert found.scores.K.value == pytest.approx(0.0, abs=0.02)
    assert found.scores.D.se == pytest.approx(np.hypot(0.36, 0.021 / 0.026) / np.sqrt(2), abs=0.003)
    assert [(one.pattern, one.certainty, one.basis) for one in found.findings] == [("neutral", "leaning", "measured")]
    assert found.findings[0].base_rate == pytest.approx(0.36, abs=0.01)


def test_metrics_are_over_the_scored_epochs() -> None:
    found = analyze(activity(), runner=RUNNER)
    assert found.metrics_over == "scored epochs"
    assert found.metrics["duty_factor"].median == pytest.approx(0.364, abs=1e-3)
    assert found.metrics["stance_angle_deg"].median == pytest.approx(np.degrees(np.arcsin(0.39 / 0.9434)), abs=0.1)
    assert found.metrics["k_leg_kn_m"].median == pytest.approx(10.0, abs=0.2)
    assert all(one.n == 28 and one.p10 <= one.median <= one.p90 for one in found.metrics.values())


@pytest.mark.parametrize(
    ("runner", "missing", "said"),
    [
        (Runner(height_m=1.78), {"k_leg_kn_m"}, "mass"),
        (Runner(mass_kg=70.0), {"k_leg_kn_m", "stance_angle_deg"}, "height"),
        (RUNNER, set(), ""),
    ],
)
def test_what_needs_the_runner_says_so(runner: Runner, missing: set[str], said: str) -> None:
    found = analyze(activity(), runner=runner)
    assert {"k_leg_kn_m", "stance_angle_deg"} - set(found.metrics) == missing
    assert said in " ".join(one.reason for one in found.unjudged)


def test_stiffness_is_for_the_flat_alone() -> None:
    climb = samples(altitude_m=3.0 * np.arange(900.0) * 0.03)
    assert "k_leg_kn_m" not in analyze(activity(climb), runner=RUNNER).metrics


@pytest.mark.parametrize(
    ("device", "sensors", "letters"),
    [
        (None, None, "DPGK"),
        (COROS, (), "DPGK"),
        (APPLE, (), "DG"),
        (OTHER, (), "DG"),
        (STRYD, (), "DG"),
        (None, (), ""),
    ],
    ids=["strap", "coros", "apple", "other", "stryd", "wrist"],
)
def test_the_sensor_decides_what_is_scored_and_the_rest_has_a_reason(device: Any, sensors: Any, letters: str) -> None:
    changes = {name: value for name, value in (("device", device), ("sensors", sensors)) if value is not None}
    found = analyze(activity(**changes), runner=RUNNER)
    given = "".join(letter for letter, score in found.scores.items() if score.value is not None)
    assert given == letters == REFERENCES[found.provenance].scores
    assert all(score.reason for _, score in found.scores.items() if score.value is None)
    assert all(score.se and not score.reason for _, score in found.scores.items() if score.value is not None)


@pytest.mark.parametrize(("device", "said"), [(APPLE, "Apple"), (OTHER, "not known"), (STRYD, "computes oscillation")])
def test_bounce_that_cannot_be_judged_says_why(device: Any, said: str) -> None:
    found = analyze(activity(device=device, sensors=()), runner=RUNNER)
    assert said in found.scores.P.reason
    assert found.scores.K.reason == found.scores.P.reason


def test_a_wrist_run_is_judged_by_its_steps_alone() -> None:
    short = samples(speed_mps=2.8, cadence_spm=187.0 + 0.5 * np.sin(np.arange(900.0)), stance_time_s=0.27)
    found = analyze(activity(short, sensors=()), runner=RUNNER)
    assert [(one.pattern, one.certainty, one.basis) for one in found.findings] == [("shuffle-like", "leaning", "steps")]
    low, high = found.odds_range[Pattern.SHUFFLE]
    assert low < found.findings[0].probability < high
    assert found.ruled_out == (Pattern.DRIVE,)
    assert (found.knee.basis, found.knee.certainty) == ("steps", "leaning")
    assert set(found.scores.z) == {"zSL"}
    assert "speed, cadence and the height" in found.scores.D.reason
    assert set(found.usual) == {"cadence_spm", "step_length_m"}
    assert "stance_time_s" in found.metrics
    assert set(found.fade.changes) <= {"cadence_spm"}


def test_speed_and_cadence_alone_are_judged_by_steps() -> None:
    bare = samples(stance_time_s=None, vertical_oscillation_m=None)
    found = analyze(activity(bare), runner=RUNNER)
    assert (found.status, found.provenance) == ("assessed", "none")
    assert [(one.pattern, one.basis) for one in found.findings] == [("neutral", "steps")]


def test_from_steps_without_a_height_the_knee_is_null_with_its_reason() -> None:
    bare = samples(stance_time_s=None, vertical_oscillation_m=None)
    knee = analyze(activity(bare)).knee
    assert (knee.probability_less, knee.degrees) == (None, None)
    assert "height" in knee.reason


def test_height_and_mass_come_from_the_file_and_the_runner_overrules_them() -> None:
    worn = activity(wearer=Runner(height_m=1.89, mass_kg=82.0))
    said, read, unknown = (
        analyze(made, runner=runner) for made, runner in ((worn, RUNNER), (worn, Runner()), (activity(), Runner()))
    )
    assert (said.runner.height_m, said.height_from) == (1.78, "settings")
    assert (read.runner.height_m, read.runner.mass_kg, read.height_from) == (1.89, 82.0, "file")
    assert (unknown.runner.height_m, unknown.height_from) == (None, "")
    assert read.scores.z["zSL"] - said.scores.z["zSL"] == pytest.approx(np.log(164.0 / 169.5) / 0.050, abs=1e-6)


def test_a_sensor_that_drifts_is_noted_and_believed_less() -> None:
    time = np.arange(2400.0)
    steady = samples(2400)
    drifting = samples(2400, stance_time_s=0.255 + 0.020 * time / 2400 + 0.001 * np.sin(time * 2.0))
    found, calm = (analyze(activity(made), runner=RUNNER) for made in (drifting, steady))
    assert [note.code for note in found.quality.notes] == ["drift"]
    wandered = re.search(r"wandered by ([\d.]+) points", found.quality.notes[0].text)
    assert drifting.cadence_spm is not None
    step_s = 60 / float(np.median(drifting.cadence_spm))
    # Of 20 ms over the run; a running median of a quarter of it sees three quarters.
    assert wandered is not None
    assert float(wandered[1]) == pytest.approx(0.75 * 100 * 0.020 / (2 * step_s), rel=0.1)
    assert not calm.quality.notes
    assert found.scores.K.se == pytest.approx(1.5 * (calm.scores.K.se or 0.0), rel=0.02)
    guessed = analyze(activity(drifting, positioned=False), runner=RUNNER)  # a treadmill that was turned up
    assert not guessed.quality.notes


def test_a_runner_who_speeds_up_is_no_drift() -> None:
    speed = 2.5 + np.arange(2400.0) / 2400
    usual = 2 * 60 / 168 * (0.237 + 0.390 / speed) + 0.001 * np.sin(np.arange(2400.0) * 2.0)
    assert not analyze(activity(samples(2400, speed_mps=speed, stance_time_s=usual)), runner=RUNNER).quality.notes


def test_the_source_that_measures_speaks_where_the_wrist_computes() -> None:
    pod = samples(speed_mps=None, altitude_m=None, vertical_oscillation_m=0.074)
    both = activity(sensors=(), alternatives={"stryd": pod})
    found, asked = (analyze(both, runner=RUNNER, dynamics=wanted) for wanted in (None, "native"))
    assert (found.provenance, found.instead_of, found.findings[0].basis) == ("stryd", "garmin_wrist", "measured")
    assert (asked.provenance, asked.instead_of, asked.findings[0].basis) == ("garmin_wrist", None, "steps")


def test_contact_time_without_oscillation_gives_no_bounce() -> None:
    found = analyze(activity(samples(vertical_oscillation_m=None)), runner=RUNNER)
    assert found.scores.D.value is not None
    assert "oscillation" in found.scores.P.reason
    assert "vertical_oscillation_m" not in found.metrics


def test_oscillation_without_contact_time_gives_bounce_alone() -> None:
    found = analyze(activity(samples(stance_time_s=None)), runner=RUNNER)
    assert found.scores.P.value is not None
    assert "contact time" in found.scores.D.reason
    assert "duty_factor" not in found.metrics


PISTON = {"cadence_spm": 182.0, "stance_time_s": 0.215, "vertical_oscillation_m": 0.105}
DRIVE = {"cadence_spm": 152.0, "stance_time_s": 0.250, "vertical_oscillation_m": 0.130}
SHUFFLE = {"cadence_spm": 184.0, "stance_time_s": 0.285, "vertical_oscillation_m": 0.055, "speed_mps": 2.6}
PUSH = {"cadence_spm": 155.0, "stance_time_s": 0.318, "vertical_oscillation_m": 0.085}
AIRY = {"cadence_spm": 184.0, "stance_time_s": 0.207, "vertical_oscillation_m": 0.078}


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("piston-like", PISTON),
        ("drive-like", DRIVE),
        ("shuffle-like", SHUFFLE),
        ("long-grounded", PUSH),
        ("short-airy", AIRY),
        ("short-grounded", SHUFFLE | {"speed_mps": 3.2, "stance_time_s": 0.268}),
    ],
)
def test_clear_patterns_get_their_label(label: str, values: dict[str, float]) -> None:
    jitter = 1.0 + 0.002 * np.sin(np.arange(900.0) * 2.0)
    channels: dict[str, Any] = {name: value * jitter for name, value in values.items()}
    found = analyze(activity(samples(**channels)), runner=RUNNER)
    assert found.findings[0].pattern == label
    assert found.findings[0].probability > 0.75
    assert found.findings[0].certainty == ("spoken" if found.findings[0].probability >= 0.80 else "leaning")


def test_where_two_patterns_reach_one_half_both_are_named() -> None:
    jitter = 1.0 + 0.002 * np.sin(np.arange(900.0) * 2.0)
    channels: dict[str, Any] = {name: value * jitter for name, value in PISTON.items()}
    found = analyze(activity(samples(**channels)), runner=RUNNER).findings
    assert [one.pattern for one in found] == ["piston-like", "short-airy"]
    assert sum(one.probability for one in found) > 1.0


def test_evidence_holds_the_numbers_and_what_is_usual() -> None:
    evidence = analyze(activity(), runner=RUNNER).findings[0].evidence
    assert evidence["usual_stance_time_s"] == pytest.approx(2 * 60 / 169.5 * 0.3698, abs=1e-5)
    assert {"D", "D_se", "zSL", "zDF", "speed_mps", "stance_time_s", "vertical_ratio"} <= set(evidence)
    assert evidence["epochs"] == 28.0


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"recorded": samples(300)}, "too few epochs", "8 of 10"),
        ({"recorded": samples(speed_mps=1.5, cadence_spm=112.0)}, "walk", "walk"),
        ({"recorded": samples(17, speed_mps=1.5, cadence_spm=112.0)}, "walk", "walk"),
        ({"sport": "walking"}, "walk", "walking"),
        ({"sport": "cycling"}, "not a run", "cycling"),
        ({"sport": ""}, "not a run", "does not say"),
        ({"recorded": EMPTY}, "no samples", "averages"),
        ({"sport": "fitness_equipment", "sub_sport": "treadmill"}, "assessed", ""),
    ],
)
def test_every_activity_gets_a_status_and_a_sentence(changes: dict[str, Any], status: str, said: str) -> None:
    found = analyze(activity(**changes), runner=RUNNER)
    assert found.status == status
    assert said in found.status_reason
    if status != "assessed":
        assert (found.findings, found.posterior, found.pace_profile) == ((), None, ())
        assert found.knee.probability_less is None
        assert {score.reason for _, score in found.scores.items()} == {found.status_reason}


@pytest.mark.parametrize(
    ("changes", "over", "keys"),
    [
        ({"recorded": samples(300)}, "all running epochs", {"cadence_spm", "duty_factor"}),
        ({"recorded": samples(speed_mps=1.5, cadence_spm=112.0)}, "all epochs", {"speed_mps", "cadence_spm"}),
        ({"recorded": samples(14)}, "single seconds", {"speed_mps", "cadence_spm", "step_length_m"}),
        ({"recorded": EMPTY, "averages": {"cadence_spm": 165.0}}, "session averages", {"cadence_spm"}),
    ],
)
def test_what_was_measured_is_shown_without_a_verdict_too(changes: dict[str, Any], over: str, keys: set[str]) -> None:
    found = analyze(activity(**changes), runner=RUNNER)
    assert found.metrics_over == over
    assert keys <= set(found.metrics)


def test_the_cadence_of_a_bicycle_is_no_step_metric() -> None:
    found = analyze(activity(samples(cadence_spm=180.0), sport="cycling"), runner=RUNNER)
    assert set(found.metrics) == {"speed_mps"}


def test_channels_are_as_recorded() -> None:
    stance = np.where(np.arange(900) < 450, np.nan, 0.0)
    found = analyze(activity(samples(stance_time_s=stance), records=1000), runner=RUNNER)
    assert (found.channels["stance_time_s"].coverage, found.channels["stance_time_s"].median) == (0.45, 0.0)
    assert found.channels["speed_mps"].coverage == 0.9


def test_a_channel_without_a_value_has_no_median() -> None:
    found = analyze(activity(samples(power_w=np.nan)), runner=RUNNER)
    assert (found.channels["power_w"].coverage, found.channels["power_w"].median) == (0.0, None)


def test_notes_of_the_reader_and_of_the_analysis_are_joined() -> None:
    tiny = samples(
        vertical_oscillation_m=0.0094 + 0.0001 * np.sin(np.arange(900.0)), altitude_m=None, step_length_m=0.5
    )
    found = analyze(activity(tiny, device=OTHER, sensors=()), runner=RUNNER)
    assert {note.code for note in found.quality.notes} == {"oscillation_unit", "step_length", "no_grade"}
    assert found.metrics["vertical_oscillation_m"].median == pytest.approx(0.094, abs=0.001)
    assert found.channels["vertical_oscillation_m"].median == pytest.approx(0.0094, abs=0.0001)


def test_asking_for_absent_dynamics_is_noted() -> None:
    found = analyze(activity(), runner=RUNNER, dynamics="stryd")
    assert [note.code for note in found.quality.notes] == ["dynamics_not_there"]


def test_the_same_activity_gives_the_same_analysis() -> None:
    one, two = (analyze(activity(), runner=RUNNER) for _ in range(2))
    assert (one.scores, one.findings, one.posterior) == (two.scores, two.findings, two.posterior)


@pytest.mark.parametrize(
    ("sport", "reason"),
    [
        ("cycling", "the file calls it cycling, not running"),
        ("unknown", "the file does not say what sport it is"),
        ("generic", "the file does not say what sport it is"),
        ("", "the file does not say what sport it is"),
    ],
)
def test_what_is_no_run_says_what_the_file_says_of_it(sport: str, reason: str) -> None:
    found = analyze(activity(sport=sport), runner=RUNNER)
    assert (found.status, found.status_reason) == ("not a run", reason)


def test_a_run_that_the_reader_denied_says_why_it_is_none() -> None:
    denied = Note(code="too_fast", text="half of it is faster than anybody runs")
    found = analyze(activity(sport="unknown", notes=(denied,)), runner=RUNNER)
    assert (found.status, found.status_reason) == ("not a run", denied.text)


def test_the_analysis_prints_in_plain_lines() -> None:
    said = str(analyze(activity(), runner=RUNNER))
    assert said.isascii()
    assert said.count("\n") == 2
    assert "neutral" in said
    walk = str(analyze(activity(sport="walking"), runner=RUNNER))
    assert "walk: the file calls it walking" in walk


HOSTILE = [np.nan, 0.0, -1.0, 1e9, -1e9, 1e-12]


@pytest.mark.parametrize("seed", range(12))
def test_absurd_values_neither_warn_nor_raise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    channels: dict[str, Any] = {}
    for name in ("speed_mps", "cadence_spm", "stance_time_s", "vertical_oscillation_m", "altitude_m", "distance_m"):
        usual = {"speed_mps": 3.0, "cadence_spm": 168.0, "stance_time_s": 0.26, "vertical_oscillation_m": 0.09}
        values = np.full(900, usual.get(name, 5.0))
        strange = rng.random(900) < rng.choice([0.02, 0.5, 1.0])
        channels[name] = np.where(strange, rng.choice(HOSTILE, 900), values)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = analyze(activity(samples(**channels)), runner=RUNNER, method=Method())
    assert isinstance(found, Analysis)
    assert found.quality.epochs_total == 30


@pytest.mark.parametrize("seconds", [1, 2, 5, 29, 30, 31, 61])
def test_very_short_files_are_no_problem(seconds: int) -> None:
    assert analyze(activity(samples(seconds)), runner=RUNNER).status == "too few epochs"


def test_records_without_time_between_them_are_no_problem() -> None:
    stuck = samples(50).replace(time_s=frozen(np.zeros(50)))
    assert analyze(activity(stuck), runner=RUNNER).status == "too few epochs"


@pytest.mark.parametrize(("sensors", "most"), [(None, 2), ((), 5)], ids=["strap", "steps"])
def test_a_run_asks_for_few_posteriors(monkeypatch: pytest.MonkeyPatch, sensors: Any, most: int) -> None:
    """One a band, for the run and for its slow part; from steps three more for the range. One takes 0.4 ms or so."""
    asked: list[int] = []

    def counted(*given: Any) -> Any:
        asked.append(posterior.RULES.points)
        return spread(*given)

    spread = posterior.spread
    monkeypatch.setattr(posterior, "spread", counted)
    speed = np.interp(np.arange(2400.0), [0, 2400], [2.3, 4.2])
    made = activity(samples(2400, speed_mps=speed), **({} if sensors is None else {"sensors": sensors}))
    found = analyze(made, runner=RUNNER)

    assert len(found.pace_profile) == 8
    assert len(asked) <= 2 * (8 + most)
    assert set(asked) == {4096}
