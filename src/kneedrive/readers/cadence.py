"""Cadence in steps per minute, whatever the file counted.

The formats say revolutions of one leg; half of the writers count both feet. FIT's own cadence is no matter of guessing
and is not read here.
"""

from __future__ import annotations

import numpy as np

from kneedrive.method import TrackRules
from kneedrive.model import Array, Note
from kneedrive.percentiles import median, percentile

RULES = TrackRules()
_BEYOND_SPM = 300.0  # no one steps faster; 255 of one leg is "no value" in a byte


def steps_per_minute(raw: Array, speed_mps: Array) -> tuple[Array | None, tuple[Note, ...]]:
    """Steps per minute from a recorded cadence, and what was taken for granted.

    One leg makes at most about 110 a minute, both feet of a runner at least 120: where the 90th percentile lies above
    `one_leg_max_rpm` the file counts both. A walker's both feet come close to a runner's one leg; speed tells them
    apart.
    Zero while moving means "no value", zero at rest is a measured zero. None where nothing but zeros was recorded.
    """
    raw = np.where((raw >= 0) & (raw < _BEYOND_SPM), raw, np.nan)
    turning = raw[raw > 0]
    if not len(turning):
        zeros = Note(code="cadence_empty", text="cadence was recorded as 0 throughout: taken as not measured")
        return None, (zeros,) if np.any(raw == 0) else ()
    idle = (raw == 0) & (speed_mps > RULES.moving_mps)
    raw = np.where(idle, np.nan, raw)
    factor, notes = _factor(turning, speed_mps)
    spm = raw * factor
    return np.where(spm < _BEYOND_SPM, spm, np.nan), notes


def _factor(turning: Array, speed_mps: Array) -> tuple[int, tuple[Note, ...]]:
    high = percentile(turning, 90)
    if high <= RULES.one_leg_max_rpm and not _walks(turning, speed_mps):
        return 2, ()
    text = "cadence seems to count both feet already and was not doubled (the format says it counts one leg)"
    return 1, (Note(code="cadence_both_feet", text=text),)


def _walks(turning: Array, speed_mps: Array) -> bool:
    """Both feet of a walker: a cadence that, of one leg, would be quick running, at the speed of a walk."""
    moving = speed_mps[speed_mps > RULES.moving_mps]
    slow = len(moving) > 0 and median(moving) < RULES.walk_mps
    return slow and median(turning) >= RULES.walk_spm
