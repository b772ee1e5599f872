"""What a sync has to say: the ledger, what stopped a source, and the report of what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kneedrive.app import FAILED, NOT_AUTHORISED, OK, PARTLY, TRY_LATER, USAGE, Answer
from kneedrive.app.accounts import NAMES, Desk
from kneedrive.app.settings import zone_of
from kneedrive.errors import ConfigError, Forbidden, KneedriveError, NotAuthorised, RateLimited, Unreachable
from kneedrive.report import ledger, view, whatsnew

if TYPE_CHECKING:
    from kneedrive.app.sync import Pulled
    from kneedrive.report.style import Style
    from kneedrive.store import RunRow, Store

WEEKS = 5
# What a runner must do something about comes before what time will heal.
CODES = (
    (ConfigError, USAGE),
    ((NotAuthorised, Forbidden), NOT_AUTHORISED),
    ((RateLimited, Unreachable), TRY_LATER),
    (KneedriveError, FAILED),
)


def told(pulled: Sequence[Pulled], desk: Desk, style: Style, *, dry_run: bool, elapsed_s: float) -> Answer:
    """The counts of all sources; what stopped some of them as trouble."""
    summed = summed_up(pulled, dry_run=dry_run)
    remarks = [
        f"{view.path(folder)} is not there now and was passed over." for each in pulled for folder in each.missing
    ]
    text = whatsnew.counts(summed, remarks, style, elapsed_s).rstrip("\n")
    return Answer(text=text, trouble=trouble(pulled, desk), code=code_of(pulled))


def told_json(pulled: Sequence[Pulled], desk: Desk, *, dry_run: bool) -> Answer:
    """The same as one line of JSON; what stopped a source is told to people too."""
    from kneedrive.app.machine import line

    sources = [
        whatsnew.source_record(each.source, Counter(outcome.verdict for outcome in each.outcomes), each.problem)
        for each in pulled
    ]
    told = whatsnew.record(summed_up(pulled, dry_run=dry_run), sources, new_runs(pulled))
    return Answer(text=line(told), trouble=trouble(pulled, desk), code=code_of(pulled))


def summed_up(pulled: Iterable[Pulled], *, dry_run: bool) -> ledger.Ledger:
    """One ledger of all sources."""
    return ledger.ledger_of((outcome for each in pulled for outcome in each.outcomes), dry_run=dry_run)


def trouble(pulled: Sequence[Pulled], desk: Desk) -> str:
    """A line for each source that stopped."""
    offset_s = zone_of(desk.settings)(desk.clock())
    stopped = [(each.problem, NAMES[each.source]) for each in pulled if each.problem]
    return "\n".join(f"kneedrive: {whatsnew.problem(error, name, offset_s)}" for error, name in stopped)


def code_of(pulled: Sequence[Pulled]) -> int:
    """The exit code: of what stopped a source, else 6 where single activities failed."""
    found = [code_for(each.problem) for each in pulled if each.problem]
    if found:
        return min(found, key=[code for _, code in CODES].index)
    return PARTLY if any(outcome.verdict == "failed" for each in pulled for outcome in each.outcomes) else OK


def code_for(problem: KneedriveError) -> int:
    """The exit code of one problem."""
    return next(code for kind, code in CODES if isinstance(problem, kind))


def new_runs(pulled: Sequence[Pulled]) -> list[str]:
    """Ids of the runs that are new or have changed, each once."""
    brought = ("added", "updated", "merged")
    found = (run for each in pulled for outcome in each.outcomes if outcome.verdict in brought for run in outcome.runs)
    return list(dict.fromkeys(found))


def news(pulled: Sequence[Pulled], desk: Desk, style: Style) -> Answer:
    """The report of what is new; nothing where nothing is."""
    from kneedrive.app.library import opened

    wanted = set(new_runs(pulled))
    if not wanted:
        return Answer()
    now = desk.clock()
    with opened(desk.settings, now=now) as store:
        every = store.runs()
        rows = [row for row in every if row.id in wanted]
        overtaken = bool(rows) and rows[-1].id != every[-1].id
        return Answer(text=_news(rows, store, desk, style, overtaken=overtaken)) if rows else Answer()


def _news(rows: Sequence[RunRow], store: Store, desk: Desk, style: Style, *, overtaken: bool) -> str:
    from kneedrive.app.coach import closing
    from kneedrive.app.library import analysis_of
    from kneedrive.app.past import local_day, weeks_until
    from kneedrive.report import terminal

    analysis = analysis_of(store, desk.settings, rows[-1].id)
    focus = closing(analysis, style) if analysis.status == "assessed" else []
    latest = terminal.render(analysis, style, focus, following=())
    found, _ = weeks_until(store, desk.settings, local_day(desk.settings, desk.clock()), WEEKS)
    return whatsnew.news(rows, found, latest, style, overtaken=overtaken).rstrip("\n")
