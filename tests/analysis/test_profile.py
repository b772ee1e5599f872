import numpy as np
import pytest

from kneedrive.analysis import analyze, profile
from kneedrive.analysis.gates import DYNAMICS, STEPS
from kneedrive.analysis.result import PaceBand, Score, Scores
from kneedrive.method import LabelRules
from kneedrive.recording import Runner
from tests.analysis.runs import RUNNER, activity, samples

RULES = LabelRules()


def band(low: float, D: float | None, zDF: float = 1.0, zSL: float = -1.0) -> PaceBand:
    score = Score(reason="no contact time") if D is None else Score(value=D, se=0.57)
    return PaceBand(
        low_mps=low,
        high_mps=low + 0.25,
        speed_mps=low + 0.12,
        epochs=6,
        seconds=180.0,
        scores=Scores(D=score, P=Score(), G=Score(), K=Score(), z={"zDF": zDF, "zSL": zSL}),
        label="",
        probability=None,
        metrics={},
        usual={},
    )


@pytest.mark.parametrize(
    ("D", "verdict", "speed"),
    [
        ((-2.0, -1.8, 0.1), "at", 2.5),
        ((-2.0, -0.5, -2.0), "at", 2.25),
        ((-0.5, -2.0, 0.1), "none", None),
        ((-2.0, -2.0, -2.0), "every", None),
        ((-1.2, -0.2, 0.1), "none", None),
        ((None, None, None), "unjudged", None),
        ((0.5, 0.5, 0.5), "none", None),
    ],
)
def test_the_onset_is_the_edge_of_the_slow_bands_that_all_shuffle(
    D: tuple[float | None, ...], verdict: str, speed: float | None
) -> None:
    bands = tuple(band(2.0 + 0.25 * i, value) for i, value in enumerate(D))
    found = profile.shuffle_onset(bands, DYNAMICS, RULES)
    assert (found.verdict, found.speed_mps) == (verdict, speed)


def test_a_band_faster_than_a_shuffle_ends_the_onset() -> None:
    bands = (band(2.5, -2.0), band(2.75, -2.0), band(3.0, -2.0))
    assert profile.shuffle_onset(bands, DYNAMICS, RULES).speed_mps == 3.0


def test_a_low_score_without_long_contact_is_no_shuffle() -> None:
    assert profile.shuffle_onset((band(2.0, -2.0, zDF=0.4), band(2.5, 0.0)), DYNAMICS, RULES).verdict == "none"


def test_steps_alone_have_no_onset() -> None:
    assert profile.shuffle_onset((band(2.0, -2.0),), STEPS, RULES).verdict == "unjudged"


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


def shuffle_when_slow() -> object:
    return analyze(activity(two_paces(slow_stance=0.305)), runner=RUNNER)  # type: ignore[arg-type]


def test_a_shuffle_at_slow_paces_is_a_finding_of_its_own() -> None:
    found = analyze(activity(two_paces(slow_stance=0.305)), runner=RUNNER)  # type: ignore[arg-type]
    assert [(one.low_mps, one.label) for one in found.pace_profile] == [(2.25, "shuffle-like"), (3.0, "neutral")]
    assert (found.shuffle_onset.verdict, found.shuffle_onset.speed_mps) == ("at", 2.5)
    assert [(one.scope, one.label) for one in found.findings] == [("run", "neutral"), ("slow", "shuffle-like")]
    assert found.findings[1].evidence["speed_mps"] == pytest.approx(2.3)


def test_bands_carry_what_was_measured_and_what_is_usual() -> None:
    found = analyze(activity(two_paces()), runner=RUNNER).pace_profile[1]  # type: ignore[arg-type]
    assert found.epochs == 39
    assert found.seconds == 39 * 30.0
    assert found.metrics["cadence_spm"] == pytest.approx(168.8, abs=0.2)
    assert found.usual["cadence_spm"] == pytest.approx(167.5 + 6.5 * 0.2, abs=0.01)
    assert found.usual["duty_factor"] == pytest.approx(0.237 + 0.390 / 3.2, abs=1e-4)


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


def test_a_watch_that_computes_contact_time_has_no_share_of_short_flight() -> None:
    found = analyze(activity(two_paces(), sensors=()), runner=RUNNER).slow  # type: ignore[arg-type]
    assert found.share_flight_under_40ms is None
    assert "not measured" in found.reason


def test_the_vertical_ratio_splits_without_a_remainder() -> None:
    found = analyze(activity(), runner=RUNNER).vr_split
    assert found is not None
    assert found.ln_T == pytest.approx(np.log((60 / 168) / (60 / 167.5)), abs=1e-3)
    assert found.ln_k == pytest.approx(0.0, abs=2e-3)
    measured = 0.0942813 / (3.0 * 60 / 168)
    usual = 1.28 * 9.81 * (60 / 167.5) / 3.0 * (1 / 8 - 0.1816901 * 0.367)
    assert found.ln_VR == pytest.approx(np.log(measured / usual), abs=2e-3)
    assert found.ln_VR == found.ln_T + found.ln_B + found.ln_k


def test_no_usual_bounce_no_split() -> None:
    assert analyze(activity(sensors=()), runner=RUNNER).vr_split is None


@pytest.mark.parametrize(
    ("left", "beyond", "same_side"), [(0.52, 1.0, 1.0), (0.51, 0.0, 1.0), (0.48, 1.0, 1.0), (0.5, 0.0, 0.0)]
)
def test_balance_is_a_number_with_its_consistency(left: float, beyond: float, same_side: float) -> None:
    found = analyze(activity(samples(balance_left=left)), runner=RUNNER).balance
    assert found is not None
    assert (found.left, found.beyond, found.same_side, found.epochs) == (left, beyond, same_side, 28)


def test_a_watch_without_balance_has_none() -> None:
    assert analyze(activity(), runner=Runner()).balance is None
