"""How much of a recording a channel covers."""

from __future__ import annotations

import numpy as np

from kneedrive.method import MergeRules
from kneedrive.model import Activity, Array

MEASURED = ("stance_time_s", "vertical_oscillation_m", "balance_left", "step_speed_loss_mps")
RULES = MergeRules()


def dynamics(activity: Activity, rules: MergeRules = RULES) -> int:
    """How many running dynamics were measured in enough records, by the watch or by the best developer fields."""
    sets = (activity.samples, *activity.alternatives.values())
    return max(sum(coverage(each.channel(name)) >= rules.min_coverage for name in MEASURED) for each in sets)


def coverage(values: Array | None) -> float:
    """Share of records that have a value, 0 to 1; 0 where there is no such channel or no record."""
    return float(np.isfinite(values).mean()) if values is not None and len(values) else 0.0
