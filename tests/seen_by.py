"""Measurements as a sensor class makes them of known parts, through the tables of the method."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kneedrive.analysis import scores
from kneedrive.analysis.posterior import Measurement, Part, Scale
from kneedrive.analysis.reference import Against
from kneedrive.method import Method
from kneedrive.recording import Runner
from kneedrive.sensors import REFERENCES

HEIGHT_M = 1.78


def against(sensor: str = "none", height_m: float | None = HEIGHT_M) -> Against:
    """What is measured by this class is held against; the height of most, or another, or none."""
    return Against(reference=REFERENCES[sensor], runner=Runner(height_m=height_m), method=Method())


def scale_at(speed_mps: float, sensor: str = "none", height_m: float | None = HEIGHT_M) -> Scale:
    """What the parts mean at a speed."""
    return scores.scale_at(speed_mps, against(sensor, height_m))


def errors_in_z(sensor: str, scale: Scale, *, height_known: bool = True) -> dict[str, float]:
    """Systematic SD of each part that a sensor class measures, in z at this scale, in the order of x."""
    off = scores.systematic(scale, 0.0, against(sensor, HEIGHT_M if height_known else None))
    return {name: off[name] for name in ("zSL", "zDF", "zk") if math.isfinite(off[name])}


def seen_by(sensor: str, z: Mapping[str, float], scale: Scale, *, height_known: bool = True) -> Measurement:
    """A measurement of these z by a sensor class, without noise of epochs; parts that it does not measure left out."""
    off = errors_in_z(sensor, scale, height_known=height_known)
    return Measurement(**{name: Part(z=z[name], systematic=sd) for name, sd in off.items() if name in z})
