"""What is known about a run before its numbers are looked at: who ran, what recorded it, and which axes that allows."""

from __future__ import annotations

from typing import NamedTuple

from kneedrive.analysis.provenance import Provenance, foot_pod
from kneedrive.method import Method, Reference
from kneedrive.model import Activity, Runner

OUTDOOR, INDOOR = "outdoor", "indoor"
INDOOR_SPORTS = ("treadmill", "indoor_running", "virtual_activity", "indoor_walking", "track_indoor")


class Case(NamedTuple):
    """surface: outdoor or indoor. speed_trusted: whether speed was measured and may carry a step-length axis."""

    activity: Activity
    runner: Runner
    method: Method
    sensor: Provenance
    surface: str
    speed_trusted: bool

    @property
    def reference(self) -> Reference:
        """What this sensor class may say, and how it reads."""
        return self.sensor.reference

    @property
    def has_dynamics(self) -> bool:
        """Whether contact time (and oscillation) were measured rather than missing or computed."""
        return self.reference.sd_zDF is not None


def surface_of(activity: Activity) -> str:
    """Indoor where the watch says so or no position was recorded."""
    return INDOOR if activity.sub_sport in INDOOR_SPORTS or not activity.positioned else OUTDOOR


def speed_trusted(activity: Activity, surface: str, *, speed_calibrated: bool) -> bool:
    """Indoors a watch guesses speed from arm swing; only a foot pod or the runner's word makes it a measurement."""
    # Outdoors speed counts as measured: whether a watch blends arm swing into it, the file does not tell.
    return surface == OUTDOOR or speed_calibrated or foot_pod(activity)
