"""What makes one run less sure than others is said beside its verdict."""

from __future__ import annotations

import numpy as np

from kneedrive.analysis import analyze
from kneedrive.recording import Samples
from kneedrive.report import words
from tests.analysis.runs import RUNNER, activity, samples

TIME = np.arange(2400.0)


def points(recorded: Samples) -> list[str]:
    return words.settling(analyze(activity(recorded), runner=RUNNER))


def test_a_sensor_that_drifts_is_named_at_the_verdict() -> None:
    drifting = samples(2400, stance_time_s=0.255 + 0.020 * TIME / 2400 + 0.001 * np.sin(TIME * 2.0))

    assert words.DRIFTED in points(drifting)
    assert words.DRIFTED not in points(samples(2400))


def test_a_very_slow_run_says_that_nothing_is_a_fact() -> None:
    stance = 0.33 + 0.001 * np.sin(TIME * 2.0)

    assert words.VERY_SLOW in points(samples(2400, speed_mps=1.8, cadence_spm=160.0, stance_time_s=stance))
    assert words.VERY_SLOW not in points(samples(2400, speed_mps=2.1, cadence_spm=160.0, stance_time_s=stance))
