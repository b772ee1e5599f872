import numpy as np
import pytest

from kneedrive.analysis import analyze, profile
from kneedrive.analysis.posterior import letters
from kneedrive.analysis.result import Epochs, PaceBand
from kneedrive.recording import Runner, frozen
from tests.analysis.runs import RUNNER, activity, case, samples


def bands(*D: float | None, low_mps: float = 2.0, word: str = "garmin_strap") -> tuple[tuple[PaceBand, ...], Epochs]:
    """Bands of 6 epochs with these D, half of it from either part; None: without contact time."""
    steps = np.repeat([0.0 if each is None else each / np.sqrt(2) for each in D], 6)
    ground = np.repeat([np.nan if each is None else -each / np.sqrt(2) for each in D], 6)
    speed = np.repeat(low_mps + 0.12 + 0.25 * np.arange(len(D)), 6)
    nothing = np.full(len(speed), np.nan)
    z = {"zSL": steps, "zDF": ground, "zB": nothing, "zk": nothing}
    made = Epochs(
        start_s=frozen(30.0 * np.arange(len(speed))),
        weight=np.ones(len(speed)),
        reason=np.full(len(speed), ""),
        columns=dict.fromkeys((*profile.METRICS, "ln_k"), nothing)
        | {"speed_mps": speed, "grade": np.zeros(len(speed))}
        | z
        | letters(z),
    )
    return profile.pace_profile(made, dict.fromkeys("DPGK", "not measured"), case(word)), made


@pytest.mark.parametrize(
    ("D", "verdict", "speed"),
    [
        ((-3.2, -3.0, 0.1), "at", 2.5),
        ((-3.2, -0.5, -0.6), "at", 2.25),
        ((-0.5, -3.0, 0.1), "none", None),
        ((-3.2, -3.2, -3.2), "every", None),
        ((-1.2, -0.2, 0.1), "none", None),
        ((None, None, None), "unjudged", None),
        ((0.5, 0.5, 0.5), "none", None),
    ],
)
def test_the_onset_is_the_edge_of_the_slow_bands_that_all_shuffle(
    D: tuple[float | None, ...], verdict: str, speed: float | None
) -> None:
    made, epochs = bands(*D)
    found = profile.shuffle_onset(made, epochs, case())
    assert (found.verdict, found.speed_mps) == (verdict, speed)


def test_a_band_faster_than_a_shuffle_ends_the_onset() -> None:
    made, epochs = bands(-3.2, -3.2, -2.0, low_mps=2.5)
    assert profile.shuffle_onset(made, epochs, case()).speed_mps == 3.0


def test_without_a_fall_of_drive_there_is_no_pace_where_it_begins() -> None:
    made, epochs = bands(-3.2, -3.2, -3.2, low_mps=2.5)
    found = profile.shuffle_onset(made, epochs, case())
    assert (found.verdict, found.speed_mps) == ("alike", None)


@pytest.mark.parametrize(("word", "sd_pp"), [("garmin_strap", 1.0), ("coros", 1.5)])
def test_the_fall_of_drive_carries_what_the_tilt_may_be_off(word: str, sd_pp: float) -> None:
    _, epochs = bands(-2.0, -0.5, low_mps=2.5)
    found = profile.drive_fall(epochs, 2.75, case(word))
    sd_DF = 0.010 + 0.048 / 2.62
    assert found == pytest.approx((1.5, sd_pp / 100 * 0.25 / sd_DF / np.sqrt(2)), abs=1e-6)


def test_steps_alone_have_no_onset() -> None:
    made, epochs = bands(-3.2, 0.0)
    assert profile.shuffle_onset(made, epochs, case(by_steps=True)).verdict == "unjudged"


SECONDS = 2400
FAST = np.arange(SECONDS) >= 1200


def two_paces(slow_stance: float = 0.33, slow_cadence: float = 180.0) -> object:
    """Twenty minutes slow, twenty at 3.2 m/s as usual there."""
    jitter = 1.0 + 0.002 * np.sin(np.arange(SECONDS) * 2.0)
    return samples(
        SECONDS,
        speed_mps=np.where(FAST, 3.2, 2.3),
        cadence_spm=np.where(FAST, 168.8, slow_cadence) * jitter,
        stance_time_s=np.where(FAST, 0.2548, slow_stance) * jitter,
        vertical_oscillation_m=np.where(FAST, 0.0945, 0.06) * jitter,
    )


def test_what_stands_beside_the_usual_is_yours_at_that_one_speed_however_many_paces_there_were() -> None:
    at = analyze(activity(two_paces()), runner=RUNNER).findings[0].evidence  # type: ignore[arg-type]
    assert at["step_length_m"] * at["cadence_spm"] / 60 == pytest.approx(at["speed_mps"])
    assert at["flight_time_s"] + at["stance_time_s"] == pytest.approx(60 / at["cadence_spm"])
    assert at["vertical_oscillation_m"] == pytest.approx(at["vertical_ratio"] * at["step_length_m"])
    assert np.log(at["step_length_m"] / at["usual_step_length_m"]) == pytest.approx(0.050 * at["zSL"])
    assert at["duty_factor"] - at["usual_duty_factor"] == pytest.approx((0.010 + 0.048 / at["speed_mps"]) * at["zDF"])


def test_a_shuffle_at_slow_paces_is_a_finding_of_its_own() -> None:
    slow = two_paces(slow_stance=0.335, slow_cadence=184.0)
    found = analyze(activity(slow), runner=RUNNER)  # type: ignore[arg-type]
    assert [(one.low_mps, one.leading[0]) for one in found.pace_profile] == [(2.25, "shuffle-like"), (3.0, "neutral")]
    assert (found.shuffle_onset.verdict, found.shuffle_onset.speed_mps) == ("at", 2.5)
    about = [(one.scope, one.pattern) for one in found.findings]
    assert about[0][0] == "run"
    assert about[-1] == ("slow", "shuffle-like")
    assert found.findings[-1].evidence["speed_mps"] == pytest.approx(2.3)


def test_bands_show_the_posterior_of_their_own_epochs() -> None:
    found = analyze(activity(two_paces()), runner=RUNNER).pace_profile[0]  # type: ignore[arg-type]
    measured, believed = found.scores.D, found.posterior
    assert believed is not None
    assert measured.value is not None
    assert believed.speed_mps == pytest.approx(2.3)
    assert abs(believed.scores["D"].mean) < abs(measured.value)
    assert believed.scores["D"].sd < (measured.se or 0.0)


def test_bands_carry_what_was_measured_and_what_is_usual() -> None:
    found = analyze(activity(two_paces()), runner=RUNNER).pace_profile[1]  # type: ignore[arg-type]
    assert found.epochs == 39
    assert found.seconds == 39 * 30.0
    assert found.metrics["cadence_spm"] == pytest.approx(168.8, abs=0.2)
    assert found.usual["cadence_spm"] == pytest.approx(169.5 + 6.5 * 0.2, abs=0.01)
    assert found.usual["duty_factor"] == pytest.approx(0.237 + 0.390 / 3.2 + 0.014 * 0.4, abs=1e-4)


def test_bands_need_four_epochs() -> None:
    speed = np.where(np.arange(900) < 180, 2.6, 3.1)
    found = analyze(activity(samples(speed_mps=speed)), runner=RUNNER).pace_profile
    assert [one.low_mps for one in found] == [3.0]


@pytest.mark.parametrize(("stance", "share"), [(0.310, 1.0), (0.280, 0.0)])
def test_short_flight_is_counted_in_slow_running_only(stance: float, share: float) -> None:
    found = analyze(activity(two_paces(slow_stance=stance)), runner=RUNNER).slow  # type: ignore[arg-type]
    assert found.speed_mps == pytest.approx(2.3)
    assert found.share_flight_under_40ms == share
    assert found.contrast is None


def test_what_is_slow_is_the_runners_where_the_weeks_are_known() -> None:
    run = activity(two_paces(slow_stance=0.335, slow_cadence=184.0))  # type: ignore[arg-type]
    known, brisk = (analyze(run, runner=RUNNER, slow_mps=limit) for limit in (2.5, 2.0))
    assert (known.slow.speed_mps, known.slow.epochs) == (2.5, analyze(run, runner=RUNNER).slow.epochs)
    assert known.findings[-1].scope == "slow"
    assert (brisk.slow.epochs, brisk.slow.reason) == (0, "nothing in this run was slow for this runner")
    assert {one.scope for one in brisk.findings} == {"run"}


def test_a_watch_that_computes_contact_time_has_no_share_of_short_flight() -> None:
    found = analyze(activity(two_paces(), sensors=()), runner=RUNNER).slow  # type: ignore[arg-type]
    assert found.share_flight_under_40ms is None
    assert "not measured" in found.reason


def test_the_vertical_ratio_splits_without_a_remainder() -> None:
    found = analyze(activity(), runner=RUNNER).vr_split
    assert found is not None
    assert found.ln_T == pytest.approx(np.log((60 / 168) / (60 / 169.5)), abs=1e-3)
    assert found.ln_k == pytest.approx(0.0, abs=2e-3)
    measured = 0.0942813 / (3.0 * 60 / 168)
    usual = 1.28 * 9.81 * (60 / 169.5) / 3.0 * (1 / 8 - 0.1816901 * 0.3698)
    assert found.ln_VR == pytest.approx(np.log(measured / usual), abs=2e-3)
    assert found.ln_VR == found.ln_T + found.ln_B + found.ln_k


def test_no_usual_bounce_no_split() -> None:
    assert analyze(activity(sensors=()), runner=RUNNER).vr_split is None


@pytest.mark.parametrize(
    ("left", "said", "same_side"),
    [(0.525, True, 1.0), (0.515, False, 1.0), (0.475, True, 1.0), (0.5, False, 0.0)],
)
def test_balance_is_said_where_it_is_surely_beyond_two_points(left: float, said: bool, same_side: float) -> None:
    noise = 0.01 * np.random.default_rng(3).normal(size=900)
    found = analyze(activity(samples(balance_left=left + noise)), runner=RUNNER).balance
    assert found is not None
    assert found.left == pytest.approx(left, abs=0.002)
    assert (found.said, found.epochs) == (said, 28)
    assert found.same_side >= same_side
    assert found.se == pytest.approx(0.01 * np.sqrt(np.pi / 2 / 30 / 28), rel=0.6)


def test_a_balance_near_the_mark_is_not_sure() -> None:
    noise = 0.05 * np.random.default_rng(3).normal(size=900)
    found = analyze(activity(samples(balance_left=0.5215 + noise)), runner=RUNNER).balance
    assert found is not None
    assert found.left > 0.52
    assert 0.5 < (found.probability or 0.0) < 0.95
    assert not found.said


def test_a_watch_without_balance_has_none() -> None:
    assert analyze(activity(), runner=Runner()).balance is None
