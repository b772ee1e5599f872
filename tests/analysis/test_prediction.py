"""A run against its prediction: by hand and against scipy."""

import msgspec
import numpy as np
import pytest
from scipy import stats as oracle

from kneedrive.histories.baseline import OF_FREE, held, personal_fit, predicted
from kneedrive.method import SeriesRules
from tests.analysis.many_histories import Runs, draw_runs

RULES = SeriesRules()
TRUSTING = msgspec.structs.replace(RULES, shrink_epochs=0.0)


def test_without_shrinkage_a_prediction_is_that_of_least_squares() -> None:
    """One epoch a run and no outlier: the classic interval, 1 + 1/n + leverage and n - 2 degrees of freedom."""
    random = np.random.default_rng(1)
    x = random.uniform(-1, 1, 14)
    y = 0.3 * x + 0.1 * np.resize([1.0, -1.0], 14)
    fit = personal_fit(x[:, None, None], y[:, None], np.ones((14, 1)), 0.0, TRUSTING)
    theirs = oracle.linregress(x, y)
    expected, sd = predicted(fit, np.array([0.7]))
    scatter = np.sqrt(np.sum((y - theirs.intercept - theirs.slope * x) ** 2) / 12)
    lever = 1 / 14 + (0.7 - x.mean()) ** 2 / np.sum((x - x.mean()) ** 2)

    assert float(fit.freedom) == pytest.approx(12.0)
    assert float(fit.spent) == pytest.approx(1.0)
    assert float(expected) == pytest.approx(theirs.intercept + 0.7 * theirs.slope)
    assert float(sd) == pytest.approx(scatter * np.sqrt(1 + lever))


def test_few_epochs_pull_a_slope_to_the_populations_and_spend_less() -> None:
    random = np.random.default_rng(2)
    x = random.uniform(-1, 1, (10, 6))
    y = 2.0 * x + 0.1 * random.standard_normal((10, 6))
    whole = personal_fit(x[..., None], y, np.ones((10, 6)), 0.0, TRUSTING)
    shrunk = personal_fit(x[..., None], y, np.ones((10, 6)), 0.0, RULES)

    assert float(shrunk.slope[0]) == pytest.approx(0.5 * float(whole.slope[0]))
    assert float(shrunk.spent) == pytest.approx(0.5 * float(whole.spent))
    assert float(shrunk.level) == pytest.approx(float(whole.level))
    # Speed varies within runs too, so that run means lend it only a part of a degree of freedom.
    assert 0.0 < float(whole.spent) < 1.0
    assert float(whole.freedom) == pytest.approx(9.0 - float(whole.spent))


def test_a_column_of_zeros_spends_nothing() -> None:
    drawn = draw_runs(Runs(), 3, 3)
    X = drawn.X.copy()
    X[..., 1] = 0.0
    with_zeros = personal_fit(X, drawn.y, np.ones(drawn.y.shape), 0.0, RULES)
    without = personal_fit(X[..., [0, 2]], drawn.y, np.ones(drawn.y.shape), 0.0, RULES)

    assert with_zeros.spent == pytest.approx(without.spent)
    assert with_zeros.run_sd == pytest.approx(without.run_sd)


def test_padding_changes_nothing() -> None:
    drawn = draw_runs(Runs(), 2, 4)
    X = np.concatenate([drawn.X, np.full_like(drawn.X[..., :5, :], np.nan)], axis=-2)
    y = np.concatenate([drawn.y, np.full_like(drawn.y[..., :5], np.nan)], axis=-1)
    plain = personal_fit(drawn.X, drawn.y, np.ones(drawn.y.shape), 0.0, RULES)
    padded = personal_fit(X, y, np.ones(y.shape), 0.0, RULES)

    for name in ("level", "slope", "influence", "run_sd", "freedom"):
        assert getattr(padded, name) == pytest.approx(getattr(plain, name))


def test_the_spread_is_never_below_its_floor() -> None:
    drawn = draw_runs(Runs(), 2, 5)

    assert (personal_fit(drawn.X, drawn.y, np.ones(drawn.y.shape), 7.0, RULES).run_sd == 7.0).all()


def test_the_variance_of_runs_is_found_without_bias() -> None:
    drawn = draw_runs(Runs(noise=0.2), 600, 6)
    fit = personal_fit(drawn.X, drawn.y, np.ones(drawn.y.shape), 0.0, RULES)

    assert float(np.mean(fit.run_sd**2)) == pytest.approx(1.0, abs=0.08)


@pytest.mark.parametrize(
    ("off", "epochs", "word"),
    [
        (0.0, 30, "as always"),
        (2.5, 30, "worth noting"),
        (9.0, 30, "clearly different"),
        (-9.0, 20, "clearly different"),
        (9.0, 19, "worth noting"),
    ],
)
def test_the_words_go_by_the_family_interval_and_the_epochs(off: float, epochs: int, word: str) -> None:
    drawn = draw_runs(Runs(runs=11), 1, 7)
    fit = personal_fit(drawn.X[0], drawn.y[0], np.ones(drawn.y[0].shape), 0.0, RULES)
    _, sd = predicted(fit, drawn.X[0, :, 0].mean(axis=-2))
    word_of, half = held(np.array([off, 0.0, 0.0]) * sd, sd, fit.freedom, epochs, OF_FREE, RULES)

    assert list(word_of) == [word, "as always", "as always"]
    # Holm: the first of three is held at a third of the level.
    assert half[0] == pytest.approx(oracle.t.ppf(1 - 0.05 / 6, float(fit.freedom[0])) * sd[0])
    assert (abs(off) * sd[0] > half[0]) == (abs(off) == 9.0)
