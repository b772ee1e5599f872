"""The report as one HTML page: a run, the weeks around it, and what to work on."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np

from kneedrive import advice
from kneedrive.analysis.ranges import usual_ranges
from kneedrive.app.analyze import ASSESSED
from kneedrive.app.coach import situation_of
from kneedrive.app.library import analysis_of, meant, opened
from kneedrive.app.past import against_own, day_of, local_day, weeks_until
from kneedrive.app.progress import Question, compared
from kneedrive.report import focus
from kneedrive.report.html import page
from kneedrive.report.html.content import Content, Event, Ranges
from kneedrive.report.style import Style

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.findings import Analysis
    from kneedrive.focus import Advice
    from kneedrive.store import RunRow, Store

_POINTS = 16  # of the ribbon of what is usual; it is smooth
_MARGIN = 0.06  # of the speeds on either side
_WIDE = Style(width=200)


def report_page(settings: Config, spec: str, weeks: int, today: date, now: datetime, *, miles: bool) -> str:
    """The page about a stored run ("" is the latest) and the last weeks. Raises NotEnoughData, StoreError."""
    with opened(settings) as store:
        row = meant(store, settings, spec or "last", now)
        analysis = analysis_of(store, settings, row.id)
        content = content_of(analysis, miles=miles).replace(
            advice=_aged(
                _advice(store, settings, row, analysis, today), day_of(settings, row), local_day(settings, now)
            ),
            own=against_own(store, settings, row.id, row.started_at),
            formats=frozenset({row.formats, *_formats(store, today, weeks)}),
            **_history(store, settings, weeks, today),
        )
    return page.render(content)


def _advice(store: Store, settings: Config, row: RunRow, analysis: Analysis, today: date) -> Advice | None:
    """The focus that the run and the runs around it call for."""
    if analysis.status != ASSESSED:
        return None
    return advice.advise(situation_of(store, settings, row, analysis, today))


def _aged(found: Advice | None, day: date, today: date) -> Advice | None:
    """The same with a word on how old the run is that it rests on, as the terminal has it."""
    if found is None:
        return None
    return found.replace(remarks=(*found.remarks, *(line.strip() for line in focus.aged(day, today, _WIDE))))


def _formats(store: Store, today: date, weeks: int) -> set[str]:
    """Of the recordings in the weeks shown, a day more at either end, since local days begin at any hour."""
    end = datetime.combine(today, time(), UTC) + timedelta(days=2)
    return store.formats(end - timedelta(weeks=weeks + 1), end)


def content_of(analysis: Analysis, *, miles: bool = False) -> Content:
    """What a page about one run holds without any history."""
    return Content(
        analysis=analysis,
        ranges=ranges_of(analysis),
        advice=advice.advise(advice.situation(analysis)) if analysis.status == ASSESSED else None,
        miles=miles,
    )


def ranges_of(analysis: Analysis) -> Ranges:
    """What is usual along the speeds of the run's pace bands; nothing without any."""
    speeds = [band.speed_mps for band in analysis.pace_profile]
    if not speeds:
        return Ranges()
    reach = max(max(speeds) - min(speeds), 0.5) * _MARGIN
    along = np.linspace(min(speeds) - reach, max(speeds) + reach, _POINTS)
    low, high = usual_ranges(along, analysis.reference, analysis.runner, analysis.method)
    return Ranges(speed_mps=along, low=low, high=high)


def _history(store: Store, settings: Config, weeks: int, today: date) -> dict[str, object]:
    """The weeks, what was noted in them, and what changed since the last note."""
    found, habits = weeks_until(store, settings, today, weeks)
    tags = [tag for tag in store.tags() if tag.day <= today.isoformat()]
    events = tuple(Event(date.fromisoformat(tag.day), tag.text) for tag in tags)
    known: dict[str, object] = {"weekly": found, "habits": habits, "events": events}
    if tags:
        question = Question(tag=tags[-1].day)
        known["comparison"], known["periods"] = compared(store, settings, question, today)
    return known
