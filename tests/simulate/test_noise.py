"""Noise has the size and the memory that it is asked for."""

import numpy as np
import pytest

from kneedrive.simulate.course import ar1, stretches


@pytest.mark.parametrize(("sd", "rho"), [(2.4, 0.9), (0.007, 0.9), (0.04, 0.98), (1.0, 0.5)])
def test_noise_has_the_wanted_spread_and_correlation(sd: float, rho: float) -> None:
    values = ar1(np.random.default_rng(1), 400_000, sd=sd, rho=rho)

    assert np.std(values) == pytest.approx(sd, rel=0.03)
    assert np.corrcoef(values[1:], values[:-1])[0, 1] == pytest.approx(rho, abs=0.01)


def test_noise_is_stationary_from_its_first_second() -> None:
    rng = np.random.default_rng(2)

    firsts = [ar1(rng, 3, sd=1.0, rho=0.9)[0] for _ in range(4000)]

    assert np.std(firsts) == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize("n", [1, 2, 500])
def test_noise_is_as_long_as_asked(n: int) -> None:
    assert ar1(np.random.default_rng(3), n, sd=1.0, rho=0.9).shape == (n,)


def test_stretches_cover_about_their_share_in_whole_lengths() -> None:
    hit = stretches(np.random.default_rng(4), 100_000, share=0.05, length=20)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hit, [0]]).astype(int)))

    assert hit.mean() == pytest.approx(0.05, abs=0.005)
    assert (edges[1::2] - edges[::2]).min() >= 20


def test_no_share_means_no_stretch() -> None:
    assert not stretches(np.random.default_rng(5), 1000, share=0.0, length=20).any()
