"""Patterns with known truth: how far a simulated runner stands from what is usual, in spreads between runners."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kneedrive.model import Array
from kneedrive.value import Value


class Offsets(NamedTuple):
    """Deviation from the usual step time (zSL), duty factor (zDF) and bounce beyond timing (zk)."""

    zSL: float = 0.0
    zDF: float = 0.0
    zk: float = 0.0


class Pattern(Value):
    """A way of running: `usual` offsets, and others when slow.

    slow holds at and below `slow_at_mps`, usual from `usual_from_mps` on; between them the two are mixed in proportion.
    """

    name: str
    usual: Offsets = Offsets()
    slow: Offsets | None = None
    slow_at_mps: float = 2.45
    usual_from_mps: float = 2.75

    def at(self, speed_mps: Array) -> Array:
        """Offsets at these speeds, shape (3, n): rows zSL, zDF, zk."""
        usual: Array = np.array(self.usual)[:, None]
        slow: Array = np.array(self.usual if self.slow is None else self.slow)[:, None]
        share: Array = np.clip((self.usual_from_mps - speed_mps) / (self.usual_from_mps - self.slow_at_mps), 0.0, 1.0)
        return usual + share * (slow - usual)

    def moved(self, by: Offsets) -> Pattern:
        """The same pattern, shifted at every speed."""
        shifted = Offsets(*np.add(self.usual, by).tolist())
        slow = None if self.slow is None else Offsets(*np.add(self.slow, by).tolist())
        return self.replace(usual=shifted, slow=slow)


# Signs: zSL above 0 is longer steps, zDF above 0 longer contact, zk above 0 more torso bounce than timing explains.
# Each of the first seven has a score of at least 1.5 and every bound of its label with at least 0.25 to spare.
PATTERNS = {
    pattern.name: pattern
    for pattern in (
        Pattern(name="piston", usual=Offsets(-1.0, -0.1, 2.1)),
        Pattern(name="drive", usual=Offsets(1.2, -1.3, -0.2)),
        Pattern(name="shuffle", usual=Offsets(-1.2, 1.3, 0.0)),
        Pattern(name="long-grounded", usual=Offsets(1.2, 1.2, 0.0)),
        Pattern(name="short-airy", usual=Offsets(-1.2, -1.2, -1.8)),
        Pattern(name="short-bounce", usual=Offsets(-1.4, 0.9, 2.8)),
        Pattern(name="short-grounded", usual=Offsets(-1.2, 1.3, 0.0)),
        Pattern(name="neutral", usual=Offsets(0.1, -0.1, 0.1)),
        Pattern(name="bouncy", usual=Offsets(0.7, 0.2, 2.4)),
        Pattern(name="shuffle-when-slow", usual=Offsets(0.1, -0.2, 0.1), slow=Offsets(-1.6, 1.7, 0.0)),
    )
}
