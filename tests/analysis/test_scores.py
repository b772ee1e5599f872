import math

import numpy as np
import pytest

from kneedrive.analysis import scores
from kneedrive.analysis.posterior import letters
from kneedrive.analysis.reference import Case, expected
from kneedrive.analysis.result import Epochs
from kneedrive.method import EpochRules, GradeRules
from kneedrive.recording import Array, frozen
from tests.analysis.runs import case
from tests.seen_by import against

RULES = EpochRules()


def planted(zSL: float, zDF: float, zk: float, speed: float = 3.0) -> dict[str, Array]:
    """Columns of one epoch with known parts."""
    there = expected(np.array([speed]), case())
    T = there.T_s * np.exp(zSL * there.sd_ln_T)
    DF = there.DF + zDF * there.sd_DF
    k = np.exp(there.ln_k + zk * there.sd_ln_k)
    beta = k * (1 / 8 - (0.5 - 1 / math.pi) * DF)
    return {
        "speed_mps": np.array([speed]),
        "step_time_s": T,
        "duty_factor": DF,
        "ln_k": np.log(k),
        "beta": beta,
        "grade": np.zeros(1),
    }


def scored(columns: dict[str, Array], about: Case | None = None) -> dict[str, float]:
    found = scores.epoch_scores(columns, np.ones(1, dtype=np.bool_), about or case())
    return {name: float(value[0]) for name, value in found.items()}


@pytest.mark.parametrize(("zSL", "zDF", "zk"), [(0.0, 0.0, 0.0), (1.0, -0.5, 0.3), (-2.0, 1.5, -1.0)])
def test_planted_parts_come_back(zSL: float, zDF: float, zk: float) -> None:
    found = scored(planted(zSL, zDF, zk))
    assert (found["zSL"], found["zDF"], found["zk"]) == pytest.approx((zSL, zDF, zk), abs=1e-9)


def test_scores_are_rotations_of_the_parts() -> None:
    found = scored(planted(0.8, -0.6, 0.5))
    assert found["D"] == pytest.approx(1.4 / math.sqrt(2))
    assert found["G"] == pytest.approx(0.2 / math.sqrt(2))
    assert found["P"] == pytest.approx((found["zB"] - 0.8) / math.sqrt(2))
    assert found["K"] == pytest.approx(0.5)


def test_the_bounce_part_joins_timing_and_torso() -> None:
    shape = 1 / 8 - 0.1816901 * 0.3698
    spread = math.hypot(0.026 * 0.1816901 / shape, 0.075)
    assert scored(planted(0.0, 0.0, 1.0))["zB"] == pytest.approx(0.075 / spread, rel=1e-5)


def test_a_missing_contact_time_leaves_the_bounce_score() -> None:
    columns = planted(0.0, 0.0, 1.0) | {"duty_factor": np.array([np.nan]), "ln_k": np.array([np.nan])}
    found = scored(columns)
    assert np.isfinite(found["P"])
    assert np.isnan([found["D"], found["G"], found["K"]]).all()


def test_a_missing_oscillation_leaves_drive_and_push() -> None:
    found = scored(planted(0.5, 0.5, 0.0) | {"beta": np.array([np.nan]), "ln_k": np.array([np.nan])})
    assert np.isfinite([found["D"], found["G"]]).all()
    assert np.isnan([found["P"], found["K"]]).all()


def test_letters_that_are_not_judged_have_no_value() -> None:
    found = scored(planted(1.0, -1.0, 0.0), case("apple"))
    assert np.isnan([found["P"], found["K"]]).all()
    assert found["D"] == pytest.approx((1.0 - found["zDF"]) / math.sqrt(2))


def test_where_steps_alone_are_judged_only_the_step_part_remains() -> None:
    found = scored(planted(1.0, -1.0, 0.0), case(by_steps=True))
    assert found["zSL"] == pytest.approx(1.0)
    assert np.isnan([found[name] for name in ("D", "P", "G", "K", "zDF", "zB", "zk")]).all()


def test_a_guessed_speed_gives_no_scores() -> None:
    assert np.isnan(list(scored(planted(1.0, -1.0, 0.0), case(trusted=False)).values())).all()


def ar1(rho: float, n: int = 4000) -> Array:
    rng = np.random.default_rng(5)
    values = np.zeros(n)
    for i in range(1, n):
        values[i] = rho * values[i - 1] + rng.normal()
    return values


@pytest.mark.parametrize(("rho", "found"), [(0.0, 0.0), (0.5, 0.5), (0.8, 0.8), (0.97, 0.9), (-0.5, 0.0)])
def test_neighbouring_epochs_show_their_correlation(rho: float, found: float) -> None:
    assert scores.lag_1(ar1(rho), 30.0 * np.arange(4000.0), RULES) == pytest.approx(found, abs=0.05)


def test_epochs_that_are_apart_tell_nothing_of_correlation() -> None:
    assert scores.lag_1(ar1(0.8), 60.0 * np.arange(4000.0), RULES) == 0.0


@pytest.mark.parametrize(
    ("weights", "rho", "n"),
    [([1] * 40, 0.0, 40.0), ([1] * 40, 0.6, 10.0), ([1, 1, 0.5, 0.5], 0.0, 3.6), ([1] * 5, 0.9, 1.0)],
)
def test_correlated_epochs_are_worth_less(weights: list[float], rho: float, n: float) -> None:
    assert scores.effective_epochs(np.array(weights, dtype=float), rho) == pytest.approx(n)


def test_a_run_value_is_the_weighted_mean_of_measured_epochs() -> None:
    values, weights = np.array([1.0, np.nan, 4.0, 99.0, 2.5]), np.array([1.0, 1.0, 0.5, 0.0, 1.0])
    (found,) = scores.run_values(values[None], weights, 60.0 * np.arange(5.0), RULES)
    assert found is not None
    assert found.value == pytest.approx(2.2)
    assert found.epochs == 3
    n = 2.5**2 / 2.25
    variance = (1.2**2 + 0.5 * 1.8**2 + 0.3**2) / 2.5 * n / (n - 1.0)
    assert found.random_se == pytest.approx(math.sqrt(variance / n))


def test_the_error_of_a_run_value_is_true_for_correlated_epochs() -> None:
    """Means of stretches of 60 epochs scatter as their stated errors say; short stretches know their memory less."""
    epochs = ar1(0.6, 24_000).reshape(-1, 60)
    found = scores.run_values(epochs, np.ones(60), 30.0 * np.arange(60.0), RULES)
    stated = np.sqrt(np.mean([one.random_se**2 for one in found if one is not None]))
    assert stated == pytest.approx(np.std([one.value for one in found if one is not None]), rel=0.15)


def test_no_epochs_have_no_run_value() -> None:
    assert scores.run_values(np.array([[np.nan]]), np.ones(1), np.zeros(1), RULES) == [None]


def off_by(
    word: str, height_m: float | None = 1.78, climb_pct: float = 0.0, *, drifting: bool = False
) -> dict[str, float]:
    held = against(word, height_m).replace(drifts={"ln_k": 0.2} if drifting else {})
    return scores.systematic(scores.scale_at(3.0, held), climb_pct, held)


@pytest.mark.parametrize(
    ("word", "height_m", "zSL", "DF", "ln_k"),
    [
        ("garmin_strap", 1.78, 0.36, 0.021, 0.068),
        ("garmin_strap", None, 0.46, 0.021, 0.068),
        ("coros", 1.78, 0.36, 0.027, 0.09),
        ("apple", 1.78, 0.36, 0.030, math.nan),
        ("none", 1.78, 0.36, math.nan, math.nan),
    ],
)
def test_systematic_errors_are_those_of_the_class(
    word: str, height_m: float | None, zSL: float, DF: float, ln_k: float
) -> None:
    found, zDF, zk = off_by(word, height_m), DF / 0.026, ln_k / 0.075
    parts = (found["zSL"], found["zDF"], found["zk"], found["K"])
    assert parts == pytest.approx((zSL, zDF, zk, zk), nan_ok=True)
    timing = math.hypot(zSL, zDF) / math.sqrt(2)
    assert (found["D"], found["G"]) == pytest.approx((timing, timing), nan_ok=True)
    assert found["P"] == pytest.approx(math.hypot(zSL, found["zB"]) / math.sqrt(2), nan_ok=True)


def test_the_error_of_bounce_joins_those_of_timing_and_torso() -> None:
    shape = 1 / 8 - 0.1816901 * 0.3698
    spread = math.hypot(0.026 * 0.1816901 / shape, 0.075)
    assert off_by("garmin_strap")["zB"] == pytest.approx(
        math.hypot(0.021 * 0.1816901 / shape, 0.068) / spread, rel=1e-5
    )


def test_errors_stay_where_the_spread_between_runners_is_widened() -> None:
    held = against("garmin_strap")
    slow = scores.systematic(scores.scale_at(2.1, held), 0.0, held)
    assert slow["zDF"] == pytest.approx(0.021 / (1.3 * (0.010 + 0.048 / 2.1)))
    assert slow["zk"] == pytest.approx(0.068 / (1.3 * 0.075))
    assert slow["zSL"] == 0.36


def test_a_drifting_sensor_is_off_by_half_as_much_again() -> None:
    calm, drifting = off_by("garmin_strap"), off_by("garmin_strap", drifting=True)
    assert (drifting["zDF"], drifting["zk"]) == pytest.approx((1.5 * calm["zDF"], 1.5 * calm["zk"]))
    assert drifting["zSL"] == calm["zSL"]


def test_ups_and_downs_cancel_and_a_climb_does_not() -> None:
    assert scores.mean_climb_pct(np.array([0.04, -0.04, np.nan, 0.01]), np.ones(4), GradeRules()) == pytest.approx(0.0)
    assert scores.mean_climb_pct(np.array([0.04, 0.04, np.nan, np.nan]), np.ones(4), GradeRules()) == pytest.approx(2.0)
    climb = off_by("garmin_strap", climb_pct=4.0)
    assert climb["zSL"] == pytest.approx(math.hypot(0.36, 4 * 0.004 / 0.050))
    assert climb["zDF"] == pytest.approx(math.hypot(0.021, 4 * 0.003) / 0.026)


def epochs_of(**z: float) -> Epochs:
    """Forty epochs with these parts and a little noise; a part that is not named was not measured."""
    count = 40
    rng, nothing = np.random.default_rng(8), np.full(count, np.nan)
    parts = {name: z[name] + 0.1 * rng.normal(size=count) if name in z else nothing for name in scores.PARTS}
    columns = parts | letters(parts) | {"grade": np.zeros(count), "speed_mps": 2.6 + 0.01 * np.arange(count)}
    return Epochs(
        start_s=frozen(30.0 * np.arange(count)), weight=np.ones(count), reason=np.full(count, ""), columns=columns
    )


@pytest.mark.parametrize(
    ("measured", "parts", "basis"),
    [
        ({"zSL": -1.0, "zDF": 0.5, "zB": 1.0, "zk": 2.0}, {"zSL", "zDF", "zk"}, "measured"),
        ({"zSL": -1.0, "zB": 1.0}, {"zSL", "zB"}, "measured"),
        ({"zSL": -1.0, "zDF": 0.5}, {"zSL", "zDF"}, "measured"),
        ({"zSL": -1.0}, {"zSL"}, "steps"),
    ],
)
def test_what_is_not_measured_is_missing(measured: dict[str, float], parts: set[str], basis: str) -> None:
    epochs = epochs_of(**measured)
    found = scores.standing(epochs, epochs.scored, 10, against("garmin_strap"))
    assert found is not None
    assert set(found.posterior.measured) == parts
    assert found.posterior.basis == basis
    assert found.scale.speed_mps == pytest.approx(2.795)
    assert found.values["zSL"] == pytest.approx(-1.0, abs=0.05)
    assert found.se["zSL"] == pytest.approx(math.hypot(0.36, 0.1 / math.sqrt(40)), abs=0.01)


def test_a_part_with_too_few_epochs_is_left_out_and_the_others_stay() -> None:
    epochs = epochs_of(zSL=-1.0, zDF=0.5)
    few = epochs.replace(columns=dict(epochs.columns) | {"zDF": np.where(np.arange(40) < 9, epochs["zDF"], np.nan)})
    found = scores.standing(few, few.scored, 10, against("garmin_strap"))
    assert found is not None
    assert found.posterior.measured == ("zSL",)
    assert scores.standing(few, np.zeros(40, dtype=np.bool_), 10, against("garmin_strap")) is None
