"""Runners drawn from the population at a speed."""

import numpy as np
import pytest

from kneedrive.analysis.population import runners_at
from kneedrive.method import Method
from kneedrive.recording import Runner
from kneedrive.sensors import REFERENCES


@pytest.mark.parametrize("speed_mps", [1.3, 1.7, 2.8])
def test_nobody_is_on_the_ground_longer_than_is_possible(speed_mps: float) -> None:
    drawn = runners_at(speed_mps, REFERENCES["garmin_strap"], Runner(), Method())

    assert 0.05 <= drawn["duty_factor"].min() < drawn["duty_factor"].max() <= 0.6
    assert np.all(drawn["vertical_oscillation_m"] > 0.0)
