"""What makes one run less sure than others is said beside its verdict."""

from __future__ import annotations

import numpy as np

from kneedrive.analysis import analyze
from kneedrive.recording import Samples
from kneedrive.report import screen, words
from kneedrive.report.blocks import Prose, plain
from tests.analysis.runs import RUNNER, activity, samples

TIME = np.arange(2400.0)


def points(recorded: Samples) -> list[str]:
    return words.settling(analyze(activity(recorded), runner=RUNNER))


def verdict(recorded: Samples) -> str:
    found = screen.verdict(analyze(activity(recorded), runner=RUNNER), miles=False)
    return " ".join(plain(block.text) for block in found if isinstance(block, Prose))


def test_a_sensor_that_drifts_is_named_at_the_verdict() -> None:
    drifting = samples(2400, stance_time_s=0.255 + 0.020 * TIME / 2400 + 0.001 * np.sin(TIME * 2.0))

    assert verdict(drifting).count("drifted") == 1
    assert not any("drifted" in point for point in points(drifting))  # said at the verdict, and so not again
    assert "drifted" not in verdict(samples(2400))


def test_a_very_slow_run_says_that_usual_is_hardly_known() -> None:
    stance = 0.33 + 0.001 * np.sin(TIME * 2.0)

    assert words.VERY_SLOW in points(samples(2400, speed_mps=1.8, cadence_spm=160.0, stance_time_s=stance))
    assert words.VERY_SLOW not in points(samples(2400, speed_mps=2.1, cadence_spm=160.0, stance_time_s=stance))
