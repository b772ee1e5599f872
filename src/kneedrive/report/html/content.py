"""What a page is made of: facts from the analysis, whichever there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np

from kneedrive.findings import Analysis
from kneedrive.focus import Advice
from kneedrive.history import Comparison, OwnView, WeeklyView
from kneedrive.model import Array
from kneedrive.report.compare import Periods
from kneedrive.report.habits import Habits
from kneedrive.value import Value


class Event(NamedTuple):
    """Something that the runner noted for a local day."""

    day: date
    text: str


class Ranges(Value):
    """What is usual along the speeds of a run, one spread to each side: low and high by metric key."""

    speed_mps: Array = np.empty(0)
    low: Mapping[str, Array] = {}
    high: Mapping[str, Array] = {}


class Content(Value):
    """analysis: the run that the page is about. comparison comes with the periods that it is of.

    formats: of the recordings shown, since some have to be named.
    """

    analysis: Analysis | None = None
    ranges: Ranges = Ranges()
    own: OwnView | None = None
    weekly: WeeklyView | None = None
    habits: Habits | None = None
    events: tuple[Event, ...] = ()
    comparison: Comparison | None = None
    periods: Periods | None = None
    advice: Advice | None = None
    formats: frozenset[str] = frozenset()
    miles: bool = False
