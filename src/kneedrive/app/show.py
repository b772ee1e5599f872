"""A stored run as it was judged, against the runner's own weeks, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kneedrive import app
from kneedrive.advice import TAKEN, UNJUDGED, do_next
from kneedrive.analysis.result import Status
from kneedrive.app import NOT_ENOUGH, OK, Answer, history, setting_of
from kneedrive.app.analyze import laid_out
from kneedrive.app.library import analysis_of, meant, opened
from kneedrive.errors import NotEnoughData
from kneedrive.histories.baseline import own_view
from kneedrive.histories.result import Habit
from kneedrive.histories.weeks import balance_habit
from kneedrive.record import Record
from kneedrive.report import lists, machine, screen, sections
from kneedrive.report.history import weeks_alone
from kneedrive.report.words import from_strava

if TYPE_CHECKING:
    from kneedrive.advice import Advice
    from kneedrive.analysis.result import Analysis
    from kneedrive.config import Config
    from kneedrive.histories.result import LastWeeks, OwnView, PastRun, WeeklyView
    from kneedrive.report.blocks import Section
    from kneedrive.store import Store
    from kneedrive.store.rows import RunRow

LAST = "last"
WEEKS = 12  # of the view, where no other number was asked for
ADVICE_WEEKS = 8  # of the history that advice looks at
GENERATOR = '<meta name="generator" content="kneedrive'  # in the head of every page of ours
_REMEDY = "name another file"
_MORE = ("--full", "--explain", "kneedrive weekly", "kneedrive report --html")


class Request(app.Request, frozen=True, kw_only=True):
    """How the report of a stored run was asked for."""

    run: str = LAST  # last, a date or the beginning of an id
    judged_by: Config | None = None  # with the height and mass of this one question; None: that of the store
    sources: bool = False


class Found(Record, frozen=True, kw_only=True):
    """A stored run: judged again from its originals, held against the runner's own weeks, and what it calls for."""

    row: RunRow
    day: date
    own: OwnView
    last_weeks: LastWeeks | None  # what the runner is, the same in every command
    view: WeeklyView  # the weeks up to the day of the run
    analysis: Analysis | None = None  # None where the originals are gone, as is advice
    advice: Advice | None = None
    gone: str = ""  # why the originals are gone
    aged: str = ""  # that the run is not recent
    strava: bool = False  # something of the run or of the weeks before it came from Strava's API


def told_of(store: Store, settings: Config, run: str, now: datetime) -> RunRow:
    """The run that was named; for `last` the main run of the last day, which is also what a sync tells of."""
    row = meant(store, settings, run, now)
    if run != LAST:
        return row
    # Two days, since a local day may have 25 hours and a traveller's still more.
    near = store.runs(since=row.started_at - timedelta(days=2))
    return near[screen.main_run([(history.day_of(settings, each), each) for each in near])]


def found_in(store: Store, settings: Config, row: RunRow, now: datetime, request: Request, weeks: int = 0) -> Found:
    """Everything about a stored run. What was worked out of it outlives an original that had to be purged.

    weeks: how many are to be shown with it, 0 for none.
    """
    day, today = history.day_of(settings, row), history.local_day(settings, now)
    runs = history.runs_until(store, settings, day, max(weeks, WEEKS))
    view = history.weeks_of(runs, store, settings, day, WEEKS)
    last_weeks = view.last_weeks  # always from as many weeks, so that no command says something else than another
    since = day - timedelta(weeks=ADVICE_WEEKS)  # advice looks back as far; Strava is named where its runs are in it
    if weeks:
        view = view if weeks == WEEKS else history.weeks_of(runs, store, settings, day, weeks)
        since = min(since, view.weeks[0].monday)
    found = Found(
        row=row,
        day=day,
        own=own_view(next(run for run in runs if run.id == row.id), runs, setting_of(settings, row.started_at.year)),
        last_weeks=last_weeks,
        view=view,
        aged=sections.aged(day, today) if request.run == LAST else "",  # who names a run knows its day
        strava=from_strava([row.formats, *history.formats_between(store, since, day)]),
    )
    try:
        slow_mps = last_weeks.slow_speed_mps if last_weeks else None
        analysis = analysis_of(store, request.judged_by or settings, row.id, request.dynamics, slow_mps)
    except NotEnoughData as error:
        return found.replace(gone=str(error))
    chosen = next_of(store, settings, row, runs, analysis, last_weeks, today)
    return found.replace(analysis=analysis, advice=None if chosen.plan.finding == UNJUDGED else chosen)


def next_of(
    store: Store,
    settings: Config,
    row: RunRow,
    runs: Sequence[PastRun],
    analysis: Analysis,
    last_weeks: LastWeeks | None,
    today: date,
) -> Advice:
    """What to do next after a stored run. runs: it and those before it, and maybe more."""
    method = setting_of(settings, row.started_at.year).method
    since, like = row.started_at - timedelta(weeks=method.profile.slow_weeks), (row.sensor, row.surface)
    recent = [run for run in runs if since <= run.started_at <= row.started_at and (run.sensor, run.surface) == like]
    balance = balance_habit(recent, method)
    taken = [tag.text for tag in store.tags() if tag.text.startswith(TAKEN)]
    exaggerating = False  # whether bounce is up and cadence down since the focus that was taken last
    if taken:
        exaggerating = history.compared(store, settings, history.Question(tag=taken[-1]), today)[0].over_exaggeration
    return do_next(analysis, last_weeks, asymmetric=balance.verdict is Habit.UNEVEN, exaggerating=exaggerating)


def show(settings: Config, request: Request, now: datetime) -> Answer:
    """One run from its originals, or the recordings that it is made of."""
    with opened(settings) as store:
        row = meant(store, settings, request.run, now)
        if request.sources:
            parts = store.sources(row.id)
            if request.json:
                return Answer.objects([machine.sources_record(row.id, parts)])
            return Answer.laid_out(lists.sources(parts, miles=request.style.miles), request.style)
        found = found_in(store, settings, row, now, request)
    code = OK if found.analysis is not None and found.analysis.status == Status.ASSESSED else NOT_ENOUGH
    if request.json:
        return Answer.objects([run_record(found)], code)
    return _run(found, request).replace(code=code)


def run_record(found: Found) -> dict[str, Any]:
    """The analysis of the run, as `analyze` gives it, and the runner's own baseline beside it."""
    own = machine.plain(found.own)
    if found.analysis is not None:
        return machine.analysis_record(found.analysis) | {"own": own}
    return {
        "schema_version": machine.SCHEMA_VERSION,
        "activity": {"id": found.row.id},
        "status": "gone",
        "status_reason": found.gone,
        "own": own,
    }


def context_of(found: Found, more: tuple[str, ...]) -> screen.Context:
    """What stands beside the run on its first screen. more: the commands that go on."""
    return screen.Context(
        weeks=found.last_weeks, own=found.own, advice=found.advice, remark=found.aged, strava=found.strava, more=more
    )


def _run(found: Found, request: Request, besides: Sequence[Section] = ()) -> Answer:
    """The run as text. besides: what --full adds from the store."""
    context = context_of(found, _MORE)
    if found.analysis is None:
        return Answer.laid_out([*screen.gone(found.gone, context), *besides], request.style)
    against = [sections.against_yourself(found.own)] if found.analysis.findings or found.last_weeks else []
    return laid_out(found.analysis, context, request, [*against, *besides])


def report(settings: Config, request: Request, weeks: int, now: datetime) -> Answer:
    """A run against the runner's own baseline; with --full and as JSON the weeks up to it too."""
    with opened(settings) as store:
        shown = weeks if request.json or request.full else 0
        found = found_in(store, settings, told_of(store, settings, request.run, now), now, request, shown)
        if not shown:
            return _run(found, request)
        tags = history.tags_between(store.tags(), found.view.weeks[0].monday, found.day)
    if request.json:
        weekly = machine.weekly_record(found.view)
        return Answer.objects([{"schema_version": machine.SCHEMA_VERSION, "run": run_record(found), "weekly": weekly}])
    return _run(found, request, weeks_alone(found.view, tags, miles=request.style.miles))


def written(answer: Answer, file: Path, settings: Config, *, force: bool) -> Answer:
    """The answer in a file, and a sentence that says so. Raises StoreError where it cannot be written.

    An older page of kneedrive's is overwritten, and so is its JSON; with `force` whatever is there.
    """
    app.spare(file, settings)
    # An older page or its JSON; text carries no mark.
    marks = ('{"schema_version":1,"run":', '{"schema_version":2,"run":')
    app.allow(file, lambda head: GENERATOR in head or head.startswith(marks), force=force, remedy=_REMEDY)
    with app.anew(file, _REMEDY) as there:
        there.write(answer.text + "\n")
    return answer.replace(text=f"Written to {file}.")
