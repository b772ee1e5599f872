"""Analyses by kind, for tests that need one of each: simulated runs, with an invented file around them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from kneedrive.analysis.result import Analysis, ChannelSummary, Quality
from kneedrive.recording import Activity, Samples, Sensor, frozen
from tests.report.runs import RUNS

CASES = RUNS


def activity(**given: Any) -> Activity:
    """A run of 12.4 km on a Sunday morning."""
    time_s = frozen(np.arange(0.0, 40.0))
    defaults: dict[str, Any] = {
        "id": "3f2a9c01b7de",
        "format": "fit",
        "name": "morning.fit",
        "started_at": datetime(2026, 11, 8, 6, 42, 10, tzinfo=UTC),
        "utc_offset_s": 3600,
        "sport": "running",
        "sub_sport": "generic",
        "device": Sensor(maker="garmin", product="fr965", maker_id=1, product_id=4315, firmware="22.26"),
        "sensors": (Sensor(maker="garmin", product="hrm_pro_plus", ant_device_type=30, source="antplus"),),
        "duration_s": 4351.0,
        "elapsed_s": 4460.0,
        "distance_m": 12403.0,
        "records": 4351,
        "positioned": True,
        "samples": Samples(
            time_s=time_s,
            speed_mps=frozen(np.full(40, 2.8)),
            cadence_spm=frozen(np.full(40, 168.0)),
            stance_time_s=frozen(np.r_[np.full(10, np.nan), np.full(30, 0.27)]),
        ),
    }
    return Activity(**(defaults | given))


QUALITY = Quality(
    epochs_total=142,
    epochs_scored=96,
    excluded={"hilly": 24, "walking": 9, "accelerating": 8, "no stance time": 5},
    coverage={"stance_time_s": 0.97, "vertical_oscillation_m": 0.97},
    notes=(),
)


def analysis(**given: Any) -> Analysis:
    """An ordinary run on a Garmin strap, recorded by that file."""
    channels = {
        "speed_mps": ChannelSummary(coverage=1.0, median=2.84),
        "stance_time_s": ChannelSummary(coverage=0.97, median=0.269),
        "vertical_oscillation_m": ChannelSummary(coverage=0.97, median=0.092),
        "power_w": ChannelSummary(coverage=0.0, median=None),
    }
    plain = CASES["neutral"]().replace(
        activity=activity(),
        provenance_reason="ANT+ device type 30 with product hrm_pro_plus",
        quality=QUALITY,
        channels=channels,
    )
    return plain.replace(**given)


wrist = CASES["shuffle-wrist"]
not_a_run = CASES["cycling"]
averages_only = CASES["averages"]
speed_and_cadence = CASES["gpx"]
walk = CASES["walk"]
too_few = CASES["too-few"]
shuffle_when_slow = CASES["demo"]
