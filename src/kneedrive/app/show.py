"""A stored run as it was judged, against the runner's own weeks, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kneedrive import app
from kneedrive.analysis.result import Status
from kneedrive.app import NOT_ENOUGH, OK, Answer, advise
from kneedrive.app.history import against_own, day_of, formats_between, local_day, tags_between, weeks_until
from kneedrive.app.library import analysis_of, meant, opened
from kneedrive.errors import NotEnoughData
from kneedrive.record import Record
from kneedrive.report import sections
from kneedrive.report.words import from_strava

if TYPE_CHECKING:
    from kneedrive.advice import Advice
    from kneedrive.analysis.result import Analysis
    from kneedrive.config import Config
    from kneedrive.past.result import OwnView, WeeklyView
    from kneedrive.report.blocks import Section, Style
    from kneedrive.report.history import Habits
    from kneedrive.report.screen import Context
    from kneedrive.store import Store
    from kneedrive.store.rows import RunRow

LAST = "last"
WEEKS = 12
GENERATOR = '<meta name="generator" content="kneedrive'  # in the head of every page of ours
_REMEDY = "name another file"
_MORE = ("--full", "--explain", "kneedrive weekly", "kneedrive report --html")


class Request(Record, frozen=True, kw_only=True):
    """How a report was asked for. run: last, a date or the beginning of an id.

    judged_by: the configuration with the height and mass of this one question; None: that of the store.
    """

    run: str = LAST
    judged_by: Config | None = None
    style: Style
    json: bool = False
    explain: bool = False
    full: bool = False
    sources: bool = False
    dynamics: str | None = None


class Found(Record, frozen=True, kw_only=True):
    """A stored run: judged again from its originals, held against the runner's own weeks, and what it calls for.

    view, habits: of the WEEKS up to the day of the run. analysis and advice are None where the originals are gone;
    gone says why. aged: that the run is not recent.
    """

    row: RunRow
    day: date
    own: OwnView
    view: WeeklyView
    habits: Habits
    analysis: Analysis | None = None
    advice: Advice | None = None
    gone: str = ""
    aged: str = ""
    strava: bool = False  # something of the run or of the weeks before it came from Strava's API


def found_in(store: Store, settings: Config, row: RunRow, now: datetime, request: Request | None = None) -> Found:
    """Everything about a stored run. What was worked out of it outlives an original that had to be purged."""
    day, today = day_of(settings, row), local_day(settings, now)
    own = against_own(store, settings, row.id, row.started_at)
    view, habits = weeks_until(store, settings, day, WEEKS)
    aged = "" if request and request.run != LAST else sections.aged(day, today)  # whoever names a run knows its day
    formats = [row.formats, *formats_between(store, day - timedelta(weeks=advise.WEEKS), day)]
    found = Found(row=row, day=day, own=own, view=view, habits=habits, aged=aged, strava=from_strava(formats))
    try:
        judged_by, dynamics = (request.judged_by, request.dynamics) if request else (None, None)
        slow_mps = view.last_weeks.slow_speed_mps if view.last_weeks else None
        analysis = analysis_of(store, judged_by or settings, row.id, dynamics, slow_mps)
    except NotEnoughData as error:
        return found.replace(gone=str(error))
    chosen = advise.next_of(store, settings, row, analysis, today, view.last_weeks)
    return found.replace(analysis=analysis, advice=chosen if analysis.findings or view.last_weeks else None)


def weeks_shown(found: Found, store: Store, settings: Config, weeks: int) -> tuple[WeeklyView, Habits]:
    """The weeks up to the run as they are shown, and the habits in them.

    What is said of the runner in a sentence stays that of WEEKS, the same in every command.
    """
    return (found.view, found.habits) if weeks == WEEKS else weeks_until(store, settings, found.day, weeks)


def show(settings: Config, request: Request, now: datetime) -> Answer:
    """One run from its originals, or the recordings that it is made of."""
    with opened(settings) as store:
        row = meant(store, settings, request.run, now)
        if request.sources:
            return sources(store, row, request)
        found = found_in(store, settings, row, now, request)
    code = OK if assessed(found) else NOT_ENOUGH
    if request.json:
        from kneedrive.app import line

        return Answer(text=line(run_record(found)), code=code)
    return Answer(text=run_text(found, request), code=code)


def sources(store: Store, row: RunRow, request: Request) -> Answer:
    """The recordings of a run, and which channel each gives."""
    found = store.sources(row.id)
    if request.json:
        from kneedrive.app import line
        from kneedrive.report.machine import sources_record

        return Answer(text=line(sources_record(row.id, found)))
    from kneedrive.report import lists as words
    from kneedrive.report import terminal

    report = words.sources(found, miles=request.style.miles)
    return Answer(text=terminal.render(report, request.style).rstrip("\n"))


def assessed(found: Found) -> bool:
    """Whether there is an analysis that judges something."""
    return found.analysis is not None and found.analysis.status == Status.ASSESSED


def run_record(found: Found) -> dict[str, Any]:
    """The analysis of the run, as `analyze` gives it, and the runner's own baseline beside it."""
    from kneedrive.report.machine import SCHEMA_VERSION, analysis_record, plain

    own = {"own": plain(found.own)}
    if found.analysis is None:
        return {
            "schema_version": SCHEMA_VERSION,
            "activity": {"id": found.row.id},
            "status": "gone",
            "status_reason": found.gone,
        } | own
    return analysis_record(found.analysis) | own


def context_of(found: Found, more: tuple[str, ...]) -> Context:
    """What stands beside the run on its first screen. more: the commands that go on."""
    from kneedrive.report.screen import Context

    return Context(
        weeks=found.view.last_weeks,
        own=found.own,
        advice=found.advice,
        remark=found.aged,
        strava=found.strava,
        more=more,
    )


def run_text(found: Found, request: Request, history: Iterable[Section] = ()) -> str:
    """The first screen of the run, or all sections, or the formulas alone. history: what --full adds from the store."""
    from kneedrive.report import screen, terminal

    context = context_of(found, _MORE)
    miles = request.style.miles
    if found.analysis is None:
        report = [*screen.gone(found.gone, context), *history]
    elif request.explain:
        from kneedrive.report import explain

        return explain.render(found.analysis, request.style).rstrip("\n")
    elif request.full:
        against = [sections.against_yourself(found.own)] if found.advice else []
        report = screen.all_sections(found.analysis, context, miles=miles, history=[*against, *history])
    else:
        report = screen.first_screen(found.analysis, context, miles=miles)
    return terminal.render(report, request.style).rstrip("\n")


def report(settings: Config, request: Request, weeks: int, now: datetime) -> Answer:
    """A run against the runner's own baseline; with --full and as JSON the weeks up to it too."""
    with opened(settings) as store:
        found = found_in(store, settings, meant(store, settings, request.run, now), now, request)
        if not request.json and not request.full:
            return Answer(text=run_text(found, request))
        view, habits = weeks_shown(found, store, settings, weeks)
        tags = tags_between(store.tags(), view.weeks[0].monday, found.day)
        strava = from_strava(formats_between(store, view.weeks[0].monday, found.day))
    if request.json:
        from kneedrive.app import line
        from kneedrive.report.machine import SCHEMA_VERSION, weekly_record

        parts = {"schema_version": SCHEMA_VERSION, "run": run_record(found), "weekly": weekly_record(view, habits)}
        return Answer(text=line(parts))
    from kneedrive.report.history import weeks_alone

    found = found.replace(strava=found.strava or strava)
    return Answer(text=run_text(found, request, weeks_alone(view, habits, tags, miles=request.style.miles)))


def written(answer: Answer, file: Path, *, force: bool = False) -> Answer:
    """The answer in a file, and a sentence that says so. Raises StoreError where it cannot be written.

    An older page of kneedrive's is overwritten, and so is its JSON; with `force` whatever is there.
    """
    app.allow(file, is_report, force=force, remedy=_REMEDY)
    try:
        with app.private(file) as there:
            there.write(answer.text + "\n")
    except OSError as error:
        raise app.refused(file, error, _REMEDY) from None
    return answer.replace(text=f"Written to {file}.")


def is_report(head: str) -> bool:
    """Whether a file that begins so was written by `report`. Its text carries no mark."""
    return GENERATOR in head or head.startswith(('{"schema_version":1,"run":', '{"schema_version":2,"run":'))
