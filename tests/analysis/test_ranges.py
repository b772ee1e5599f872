"""The ribbon of what is usual."""

from __future__ import annotations

import numpy as np
import pytest

from kneedrive.analysis.reference import expected, usual_metrics, usual_ranges
from tests.seen_by import against

SPEEDS = np.array([2.3, 2.8, 3.4])
STRAP = against("garmin_strap")


@pytest.mark.parametrize(
    "key", ["cadence_spm", "step_length_m", "stance_time_s", "vertical_oscillation_m", "flight_time_s"]
)
def test_what_is_usual_lies_in_the_middle_of_its_range(key: str) -> None:
    low, high = usual_ranges(SPEEDS, STRAP)
    usual = usual_metrics(SPEEDS, STRAP)[key]

    assert np.sqrt(low[key] * high[key]) == pytest.approx(usual)
    assert (low[key] < usual).all()


def test_step_length_varies_as_step_time_does() -> None:
    low, high = usual_ranges(SPEEDS, STRAP)

    assert np.log(high["step_length_m"] / low["step_length_m"]) / 2 == pytest.approx([0.050] * 3)


def test_contact_time_varies_as_runners_drawn_at_random_do() -> None:
    """Step time and duty factor drawn independently, one SD of what comes out."""
    there = expected(SPEEDS, STRAP)
    random = np.random.default_rng(1)
    T = there.T_s * np.exp(there.sd_ln_T * random.normal(size=(20_000, 1)))
    DF = there.DF + there.sd_DF * random.normal(size=(20_000, 1))
    low, high = usual_ranges(SPEEDS, STRAP)

    for key, drawn in (("stance_time_s", 2 * T * DF), ("flight_time_s", T * (1 - 2 * DF))):
        assert np.log(high[key] / low[key]) / 2 == pytest.approx((drawn.std(0) / drawn.mean(0)), rel=0.06)


def test_bounce_varies_as_runners_drawn_at_random_do() -> None:
    there = expected(SPEEDS, STRAP)
    random = np.random.default_rng(2)
    T = there.T_s * np.exp(there.sd_ln_T * random.normal(size=(20_000, 1)))
    DF = there.DF + there.sd_DF * random.normal(size=(20_000, 1))
    k = np.exp(there.ln_k + there.sd_ln_k * random.normal(size=(20_000, 1)))
    drawn = np.log(k * T**2 * (1 / 8 - (1 / 2 - 1 / np.pi) * DF))
    low, high = usual_ranges(SPEEDS, STRAP)

    key = "vertical_oscillation_m"
    assert np.log(high[key] / low[key]) / 2 == pytest.approx(drawn.std(0), rel=0.05)


@pytest.mark.parametrize(
    ("sensor", "keys"),
    [
        ("garmin_wrist", {"cadence_spm", "step_length_m"}),
        ("none", {"cadence_spm", "step_length_m"}),
        ("stryd", {"cadence_spm", "step_length_m", "stance_time_s", "flight_time_s", "duty_factor"}),
    ],
)
def test_nothing_has_a_range_that_the_sensor_is_not_held_against(sensor: str, keys: set[str]) -> None:
    low, high = usual_ranges(SPEEDS, against(sensor))

    assert set(low) == set(high) == keys
