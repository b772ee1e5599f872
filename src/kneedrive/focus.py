"""What to work on, as advice/ chooses it and report/ prints it."""

from __future__ import annotations

from kneedrive.value import Value

TAKEN = "advice: "  # begins the text of the tag that is set where a focus is taken up
NOTHING = "neutral"  # the finding whose plan is to leave things as they are


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

    @property
    def calls_for_work(self) -> bool:
        """Whether there is a focus to take up; else everything may stay as it is."""
        return self.plan.finding != NOTHING
