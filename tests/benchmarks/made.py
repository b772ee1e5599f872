"""Made runs for the benchmarks: a simulated runner with a chest strap, written as FIT files."""

from datetime import UTC, datetime, timedelta
from itertools import cycle

from kneedrive.simulate.gait import PATTERNS
from kneedrive.simulate.scene import Scene, Segment, simulate
from tests.fit_activity import activity_fit

BLOCKS_MPS = (2.4, 2.8, 3.2, 2.6, 3.0, 2.4)  # ten minutes each
FIRST = datetime(2024, 1, 1, 6, tzinfo=UTC)


def run(minutes: int, *, number: int = 1) -> bytes:
    """The file of a run at 1 Hz of this length, paces changing every ten minutes; another number, another day."""
    lengths = [600] * (minutes // 10) + [60 * (minutes % 10)] * bool(minutes % 10)
    plan = tuple(map(Segment, lengths, cycle(BLOCKS_MPS)))
    scene = Scene(plan=plan, started_at=FIRST + timedelta(days=number))
    return activity_fit(simulate(PATTERNS["shuffle-when-slow"], number, scene=scene))
