"""The report as one HTML page: a run, the weeks around it, the last runs, and what to work on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from kneedrive import advice
from kneedrive.analysis.certainty import Certainty
from kneedrive.analysis.posterior import Basis
from kneedrive.analysis.reference import usual_ranges
from kneedrive.analysis.result import Finding, Status
from kneedrive.app import Answer
from kneedrive.app.history import Question, compared, local_day
from kneedrive.app.library import meant, opened
from kneedrive.app.show import Found, Request, found_in, weeks_shown
from kneedrive.errors import NotEnoughData
from kneedrive.patterns import AXES, PATTERNS, Pattern
from kneedrive.report import blocks, numbers, screen, words
from kneedrive.report.blocks import Mark, Picture, Prose, Section
from kneedrive.report.html.page import Content, Small, render
from kneedrive.report.html.run_charts import Ranges
from kneedrive.report.html.week_charts import Event
from kneedrive.report.words import STRAVA_CREDIT, from_strava

if TYPE_CHECKING:
    from kneedrive.analysis.result import Analysis
    from kneedrive.config import Config
    from kneedrive.recording import Activity
    from kneedrive.store import Store
    from kneedrive.store.rows import RunRow

WEEKS = 26
RUNS = 6  # of the list, the newest first
_POINTS = 16  # of the ribbon of what is usual; it is smooth
_MARGIN = 0.06  # of the speeds on either side


def page(settings: Config, request: Request, weeks: int, now: datetime) -> tuple[Answer, Path]:
    """The page about a stored run and the weeks up to it, and what its file is called where no name is given.

    Raises NotEnoughData, StoreError.
    """
    with opened(settings) as store:
        found = found_in(store, settings, meant(store, settings, request.run, now), now, request)
        if found.analysis is None:
            raise NotEnoughData(found.gone)
        context = screen.Context(weeks=found.view.last_weeks, own=found.own, advice=found.advice, remark=found.aged)
        miles = request.style.miles
        content = content_of(found.analysis, miles=miles).replace(
            context=context,
            credit=_credit(store, found, weeks),
            runs=_last_runs(store, found.row, local_day(settings, now), miles=miles),
            **_history(store, settings, weeks, found),
        )
    return Answer(text=render(content)), Path(f"kneedrive-{found.day.isoformat()}.html")


def _credit(store: Store, found: Found, weeks: int) -> str:
    """Whom to name for the recordings of the weeks shown; a day more at either end, since no zone is asked."""
    end = datetime.combine(found.day, time(), UTC) + timedelta(days=2)
    formats = {found.row.formats, *store.formats(end - timedelta(weeks=weeks + 1), end)}
    return STRAVA_CREDIT if from_strava(formats) else ""


def _last_runs(store: Store, row: RunRow, today: date, *, miles: bool) -> tuple[Small, ...]:
    """The runs before this one, the newest first, as their stored results tell them."""
    before = [each for each in store.runs(until=row.started_at) if each.id != row.id]
    last = sorted(before, key=lambda each: each.started_at, reverse=True)[:RUNS]
    return tuple(small(each, json.loads(store.detail(each.id)), today, miles=miles) for each in last)


def content_of(analysis: Analysis, *, miles: bool = False) -> Content:
    """What a page about one run holds without any history."""
    chosen = advice.do_next(analysis, stored=False) if analysis.status == Status.ASSESSED else None
    context = screen.Context(advice=chosen)
    return Content(analysis=analysis, context=context, ranges=ranges_of(analysis), miles=miles)


def ranges_of(analysis: Analysis) -> Ranges:
    """What is usual along the speeds of the run's pace bands; nothing without any."""
    speeds = [band.speed_mps for band in analysis.pace_profile]
    if not speeds:
        return Ranges()
    reach = max(max(speeds) - min(speeds), 0.5) * _MARGIN
    along = np.linspace(min(speeds) - reach, max(speeds) + reach, _POINTS)
    low, high = usual_ranges(along, analysis.reference, analysis.runner, analysis.method)
    return Ranges(speed_mps=along, low=low, high=high)


def _history(store: Store, settings: Config, weeks: int, found: Found) -> dict[str, Any]:
    """The weeks, what was noted in them, and what changed since the last note."""
    view, habits = weeks_shown(found, store, settings, weeks)
    tags = [tag for tag in store.tags() if tag.day <= found.day.isoformat()]
    events = tuple(Event(day=date.fromisoformat(tag.day), text=tag.text) for tag in tags)
    known: dict[str, Any] = {"weekly": view, "habits": habits, "events": events}
    if tags:
        known["comparison"], known["periods"] = compared(store, settings, Question(tag=tags[-1].day), found.day)
    return known


def small(run: RunRow | Activity, record: Mapping[str, Any], today: date, *, miles: bool) -> Small:
    """One of the last runs, as a line of the list with its report. record: its analysis, as JSON has it."""
    judged = tuple(map(_judgement, record["findings"]))
    first = next(iter(words.slow_apart(judged) or words.of_scope(judged, "run")), None)
    facts = [numbers.distance(run.distance_m, miles=miles)] if run.distance_m else []
    if run.distance_m and run.duration_s:
        facts.append(numbers.pace(run.distance_m / run.duration_s, miles=miles))
    clear = first is not None and first.certainty is not Certainty.OPEN
    return Small(
        day=numbers.short_day(numbers.local_time(run.started_at, run.utc_offset_s), today),
        facts=tuple(facts),
        pattern=first.pattern if first and clear else None,
        hollow=first is not None and first.basis is Basis.STEPS,
        finding=words.in_short(judged, record["status"]).removesuffix(f", {words.STEPS_ALONE}"),
        report=_small_report(first, record, miles=miles) if first else (),
    )


def _judgement(found: Mapping[str, Any]) -> Finding:
    return msgspec.convert({**found, "pattern": found["label"]}, Finding)


def _small_report(first: Finding, record: Mapping[str, Any], *, miles: bool) -> Section:
    """How sure the finding is and what it means, and where the run stood at each pace."""
    basis = f", {words.STEPS_ALONE}" if first.basis is Basis.STEPS else ""
    meaning = Prose(blocks.words("It is ", words.likely(first), f": {PATTERNS[first.pattern].meaning}{basis}."))
    letter = PATTERNS[first.pattern].axis or "D"
    rows = [_mark(band, letter, miles=miles) for band in reversed(record["pace_profile"]) if band["label"]]
    axis, heads = AXES[letter], (numbers.pace_unit(miles=miles), "time")
    drawn = Picture(
        heads=heads, low=axis.low, middle="usual", high=axis.high, rows=tuple(rows), ticks=(), span=screen.SPAN
    )
    return [meaning, *([drawn] if rows else [])]


def _mark(band: Mapping[str, Any], letter: str, *, miles: bool) -> Mark:
    """A pace band of a stored analysis, as a row of a picture."""
    mark = Mark(
        before=(numbers.bare_pace(band["speed_mps"], miles=miles), numbers.clock(band["duration_s"])),
        mean=band[letter]["mean"],
        sd=band[letter]["sd"],
        hollow=band["basis"] == Basis.STEPS,
    )
    return screen.named(mark, Pattern(band["label"]), Certainty(band["certainty"]))
