"""How much one FIT file may hold. Two bytes can be a message, and each costs far more to keep than it takes on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from kneedrive.errors import Malformed
from kneedrive.method import FitRules
from kneedrive.model import Note
from kneedrive.readers.fit_layouts import Layout
from kneedrive.readers.fit_profile import MESSAGE_FIELDS, RECORD

RULES = FitRules()


def bounded(layouts: Sequence[Layout]) -> tuple[tuple[Layout, ...], tuple[Note, ...]]:
    """The layouts without the messages that are too many of their kind, and a note for each kind that was cut.

    Only kinds that are read count: of the others nothing is kept but where they start.
    """
    counts: Counter[int] = Counter()
    for layout in layouts:
        counts[layout.message] += len(layout.starts)
    notes, ends = [], {}
    for kind, count in counts.items():
        if kind in MESSAGE_FIELDS and count > most(kind):
            ends[kind] = _place(layouts, kind, most(kind))
            text = f"{count:,} messages of kind {kind}, more than a recording holds: the first {most(kind):,} were read"
            notes.append(Note(code="too_many", text=text, offset=ends[kind]))
    return tuple(_until(layout, ends[layout.message]) if layout.message in ends else layout for layout in layouts), (
        *notes,
    )


def most(kind: int) -> int:
    """How many messages of a kind are read."""
    return RULES.max_records if kind == RECORD else RULES.max_told


def _place(layouts: Sequence[Layout], kind: int, number: int) -> int:
    """Where the message of a kind with this number, counted from 0, starts."""
    places = np.concatenate([layout.starts for layout in layouts if layout.message == kind])
    return int(np.partition(places, number)[number])


def _until(layout: Layout, end: int) -> Layout:
    return layout._replace(starts=layout.starts[layout.starts < end])


def check_sessions(count: int) -> None:
    """Raise Malformed for more sessions than a recording has; to read some of them would mix up their records."""
    if count > RULES.max_sessions:
        problem = f"claims {count:,} sessions; more than {RULES.max_sessions} are no recording"
        raise Malformed(problem)
