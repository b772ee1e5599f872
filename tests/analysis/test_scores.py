import math

import numpy as np
import pytest
from scipy.stats import norm

from kneedrive.analysis import scores
from kneedrive.analysis.provenance import Provenance
from kneedrive.analysis.reference import Case, expected
from kneedrive.method import EpochRules, Method
from kneedrive.recording import Array, Runner
from kneedrive.sensors import REFERENCES
from tests.analysis.runs import RUNNER, activity

METHOD, RULES = Method(), EpochRules()


def case(word: str = "garmin_strap", runner: Runner = RUNNER, *, trusted: bool = True) -> Case:
    return Case(
        activity=activity(),
        runner=runner,
        method=METHOD,
        sensor=Provenance(word=word, reason="", reference=REFERENCES[word]),
        surface="outdoor",
        speed_trusted=trusted,
    )


def planted(zSL: float, zDF: float, zk: float, speed: float = 3.0) -> dict[str, Array]:
    """Columns of one epoch with known parts."""
    there = expected(np.array([speed]), REFERENCES["garmin_strap"], RUNNER, METHOD)
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


def scored(columns: dict[str, Array], judged: str = "DPGK", about: Case | None = None) -> dict[str, float]:
    about = case() if about is None else about
    found = scores.epoch_scores(columns, np.ones(1, dtype=np.bool_), judged, about)
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
    shape = 1 / 8 - 0.1816901 * 0.367
    spread = math.hypot(0.030 * 0.1816901 / shape, 0.075)
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
    found = scored(planted(1.0, -1.0, 0.0), judged="DG")
    assert np.isnan([found["P"], found["K"]]).all()
    assert found["D"] == pytest.approx(math.sqrt(2))


def test_where_steps_alone_are_judged_only_the_step_part_remains() -> None:
    found = scored(planted(1.0, -1.0, 0.0), judged="")
    assert found["zSL"] == pytest.approx(1.0)
    assert np.isnan([found[name] for name in ("D", "P", "G", "K", "zDF", "zB", "zk")]).all()


def test_a_guessed_speed_gives_no_scores() -> None:
    assert np.isnan(list(scored(planted(1.0, -1.0, 0.0), about=case(trusted=False)).values())).all()


@pytest.mark.parametrize(
    ("values", "weights", "median"),
    [
        ([1, 2, 3], [1, 1, 1], 2.0),
        ([1, 2, 3, 4], [1, 1, 1, 1], 2.5),
        ([4, 1, 3, 2], [1, 1, 1, 1], 2.5),
        ([1, 2, 10], [1, 1, 5], 10.0),
        ([1, 2, 3], [0.5, 0.5, 1], 2.5),
        ([7], [0.5], 7.0),
    ],
)
def test_the_weighted_median_halves_the_weight(values: list[float], weights: list[float], median: float) -> None:
    assert scores.weighted_median(np.array(values, dtype=float), np.array(weights, dtype=float)) == median


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


def test_a_run_value_counts_weighted_and_measured_epochs_only() -> None:
    values, weights = np.array([1.0, np.nan, 3.0, 99.0]), np.array([1.0, 1.0, 1.0, 0.0])
    found = scores.run_value(values, weights, 30.0 * np.arange(4.0), RULES)
    assert found is not None
    assert (found.value, found.epochs) == (2.0, 2)


def test_no_epochs_have_no_run_value() -> None:
    assert scores.run_value(np.array([np.nan]), np.ones(1), np.zeros(1), RULES) is None


STRAP_SE = {"zSL": 0.40, "zDF": 0.70, "zB": 0.5, "K": 0.9}


@pytest.mark.parametrize(
    ("word", "runner", "se"),
    [
        ("garmin_strap", RUNNER, STRAP_SE),
        ("garmin_strap", Runner(), STRAP_SE | {"zSL": 0.50}),
        ("coros", RUNNER, {"zSL": 0.40, "zDF": 0.90, "zB": 1.0, "K": 1.2}),
        ("apple", RUNNER, {"zSL": 0.40, "zDF": 1.0, "zB": math.nan, "K": math.nan}),
    ],
)
def test_systematic_errors_are_those_of_the_class(word: str, runner: Runner, se: dict[str, float]) -> None:
    found = scores.systematic_se(case(word, runner), np.zeros(3), np.ones(3))
    assert {name: found[name] for name in se} == pytest.approx(se, nan_ok=True)
    assert found["D"] == found["G"] == pytest.approx(math.hypot(se["zSL"], se["zDF"]) / math.sqrt(2))
    assert found["P"] == pytest.approx(math.hypot(se["zSL"], se["zB"]) / math.sqrt(2), nan_ok=True)


def test_ups_and_downs_cancel_and_a_climb_does_not() -> None:
    there_and_back = scores.systematic_se(case(), np.array([0.04, -0.04]), np.ones(2))
    climb = scores.systematic_se(case(), np.array([0.04, 0.04]), np.ones(2))
    assert there_and_back["zSL"] == pytest.approx(0.40)
    assert climb["zSL"] == pytest.approx(math.hypot(0.40, 4 * 0.004 / 0.045))
    assert climb["zDF"] == pytest.approx(math.hypot(0.70, 4 * 0.003 / 0.030))


@pytest.mark.parametrize("score", [1.0, -1.0, 2.0, 1.35, 0.1])
def test_the_probability_shrinks_towards_the_population(score: float) -> None:
    posterior = norm(abs(score) / (1 + 0.57**2), 0.57 / math.sqrt(1 + 0.57**2))
    assert scores.probability(score, 0.57, 0.5) == pytest.approx(posterior.sf(0.5))
    assert scores.probability_within(score, 0.57, 1.0) == pytest.approx(posterior.cdf(1.0) - posterior.cdf(-1.0))


def test_probabilities_are_true_for_runners_spread_as_assumed() -> None:
    rng = np.random.default_rng(11)
    truth = rng.normal(size=200_000)
    measured = truth + rng.normal(0.0, 0.57, truth.shape)
    said = np.array([scores.probability(score, 0.57, 0.5) for score in (1.2, 1.6)])
    near = [truth[np.abs(measured - score) < 0.05] for score in (1.2, 1.6)]
    assert [float(np.mean(true > 0.5)) for true in near] == pytest.approx(said.tolist(), abs=0.02)


def test_the_chance_of_lying_within_bounds_is_true_as_well() -> None:
    rng = np.random.default_rng(12)
    truth = rng.normal(size=200_000)
    measured = truth + rng.normal(0.0, 0.57, truth.shape)
    within = np.abs(truth[np.abs(measured - 0.8) < 0.05]) < 1.0
    assert scores.probability_within(0.8, 0.57, 1.0) == pytest.approx(float(np.mean(within)), abs=0.02)
