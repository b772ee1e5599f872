"""Who must be named where data are shown: Strava's terms ask for it."""

from __future__ import annotations

from collections.abc import Iterable

from kneedrive.report.style import Style
from kneedrive.report.words import STRAVA_CREDIT


def credit(formats: Iterable[str], style: Style) -> list[str]:
    """The line that names Strava where one of these recordings came from its API, else none.

    formats: of recordings, or several with commas between, as the store lists them.
    """
    named = any("strava" in each.split(",") for each in formats)
    return [style.paint.apply("faint", STRAVA_CREDIT)] if named else []
