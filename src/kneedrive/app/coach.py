"""What to work on: the focus a run calls for, and the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kneedrive import advice
from kneedrive.errors import NotEnoughData
from kneedrive.report import focus

if TYPE_CHECKING:
    from kneedrive.findings import Analysis
    from kneedrive.report.style import Style


def closing(analysis: Analysis, style: Style) -> list[str]:
    """The focus that ends the report of one run."""
    return focus.closing(advice.advise(advice.situation(analysis)), style)


def drills(name: str, style: Style) -> str:
    """One entry of the catalogue where the name is one's own; else all whose name or kind holds it.

    Raises NotEnoughData where nothing is found.
    """
    known = advice.catalogue()
    found = (known[name],) if name in known else advice.search(name)
    if not found:
        message = f"no exercise is called {name!r}: kneedrive drills lists them all"
        raise NotEnoughData(message)
    if len(found) > 1:
        return focus.listing(found, style)
    return focus.one(found[0], advice.plans_with(found[0]), advice.sources(), style)
