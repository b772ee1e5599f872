"""Many runs of one runner: what the store returns and what the analysis of weeks and baselines is made of."""

from __future__ import annotations

from datetime import datetime

from kneedrive.findings import Epochs
from kneedrive.value import Value


class PastRun(Value):
    """One stored run, as the analysis of a history sees it.

    started_at is aware UTC; local time is that plus utc_offset_s (None: the configured zone). sensor is the
    provenance word of form analysis; device names the watch. surface: "outdoor" or "indoor".
    """

    id: str
    started_at: datetime
    utc_offset_s: int | None
    sensor: str
    device: str
    surface: str
    distance_m: float | None
    duration_s: float
    epochs: Epochs
