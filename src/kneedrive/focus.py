"""What to work on, as advice/ chooses it and report/ prints it."""

from __future__ import annotations

from kneedrive.value import Value


class Entry(Value):
    """One exercise, drill or cue. stresses: what it trains or exaggerates. sources: whose idea it is."""

    id: str
    name: str
    kind: str
    purpose: str
    how: str
    often: str
    mistake: str
    avoid: str
    stresses: tuple[str, ...]
    sources: tuple[str, ...]


class Plan(Value):
    """What one finding calls for: a focus and why, the entries by id in order.

    excess: what the finding already has too much of. watch: the numbers that would show a change.
    """

    finding: str
    focus: str
    why: str
    entries: tuple[str, ...]
    excess: tuple[str, ...]
    watch: tuple[str, ...]
    remark: str


class Advice(Value):
    """One focus: the plan, its entries in order, and what has to be said besides."""

    plan: Plan
    entries: tuple[Entry, ...]
    remarks: tuple[str, ...]
