"""Sync: what is new at every source, kept one activity at a time, and what there is to say of it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kneedrive import archives, readers
from kneedrive.app import FAILED, NOT_AUTHORISED, OK, PARTLY, TRY_LATER, USAGE, Answer, line, zone_of
from kneedrive.app.accounts import FOLDER, GARMIN, NAMES, Desk, chosen, client, folders, garmin_key_ends
from kneedrive.app.boundary import boundary
from kneedrive.app.importing import (
    GUARDED,
    VERSION,
    Import,
    Outcome,
    Rehearsal,
    keep,
    recorded,
    refused,
    take,
    version_of,
)
from kneedrive.app.library import bring_up_to_date, opened, passing_store
from kneedrive.errors import (
    ConfigError,
    Forbidden,
    KneedriveError,
    NotAuthorised,
    RateLimited,
    ReadError,
    SourceError,
    TooLarge,
    Unreachable,
)
from kneedrive.record import Record
from kneedrive.recording import Recording
from kneedrive.report import ledger, numbers, terminal
from kneedrive.report.blocks import Prose, words
from kneedrive.sources import folder
from kneedrive.sources.plan import (
    KNOWN,
    NEW,
    SKIPPED,
    UPDATED,
    KnowsShoes,
    Step,
    completed,
    follow,
    listing_from,
    plan,
    shoe_of,
)
from kneedrive.store import MARK, Store
from kneedrive.store.rows import Origin

if TYPE_CHECKING:
    from kneedrive.archives.unpack import Found
    from kneedrive.config import Config
    from kneedrive.report.blocks import Style
    from kneedrive.sources.plan import Fetched, Listed, Source
    from kneedrive.sources.plan import Outcome as Got
    from kneedrive.store.rows import RunRow

# What a sync remembers of each activity: which version was seen, and what became of it.

MEMBER = "#"  # before the number of a recording in an archive, behind the id of the archive
# Behind the MARK; results of another method version are read anew.
GONE, UNREAD, NO_RUN = "gone", f"unread {VERSION}", f"no run {VERSION}"
FAILED_MARK = "failed "  # and how often
TRIES = 5  # of a version that the source does not hand out though it serves others; then it is given up
AGAIN = "'kneedrive sync --full' tries again"
GIVEN_UP = f"failed {TRIES} times and was given up; {AGAIN}"
DELETED = "deleted by you"
NO_LONGER = "the source has it no longer"


class Seen(Record, frozen=True, kw_only=True):
    """What is remembered of an activity: the version seen, and why that brought no recording, "" where it did.

    deleted: by the runner; a source that changes it does not bring it back.
    """

    version: str
    why: str = ""
    deleted: bool = False

    @property
    def failed(self) -> int:
        """How often it could not be had."""
        return int(self.why.removeprefix(FAILED_MARK)) if self.why.startswith(FAILED_MARK) else 0


def remembered(store: Store, source: str) -> dict[str, Seen]:
    """What a sync remembers of each activity of a source."""
    absent = store.absent(source)
    noted = ((key, *text.partition(MARK)[::2]) for key, text in store.known(source).items())
    return {key: Seen(version=version, why=why, deleted=key in absent and not why) for key, version, why in noted}


def versions(seen: Mapping[str, Seen], *, full: bool) -> dict[str, str]:
    """The versions that need not be had again. full: what brought no recording counts as not seen."""
    enough = ("",) if full else ("", GONE, UNREAD, NO_RUN)
    return {key: each.version for key, each in seen.items() if each.why in enough}


def note_failed(got: Got, source: str, store: Store, times: int) -> Iterator[Outcome]:
    """Remember what could not be had; an outcome where the activity is to blame. times: how often it failed by now."""
    item = got.step.item
    store.note_seen(source, item.id, f"{item.version}{MARK}{FAILED_MARK}{times}")
    if got.excused:
        return
    day = f" ({item.started_at:%Y-%m-%d})" if item.started_at else ""
    again = f"try {times} of {TRIES}; the next sync tries again"
    what = again if times < TRIES else f"given up after {TRIES} tries; {AGAIN}"
    yield Outcome(name=f"{source} {item.id}{day}", verdict="failed", reason=f"{got.problem} ({what})")


def keep_fetched(got: Got, source: str, store: Store, settings: Config) -> Generator[Outcome, None, bool]:
    """Store what was fetched: one outcome per recording in it, or why there is none.

    Returns whether that settles the activity; not where memory was wanting, so that it has to be fetched again.
    """
    item = got.step.item
    if got.fetched is None:
        store.note_seen(source, item.id, f"{item.version}{MARK}{GONE}")
        yield Outcome(name=f"{source} {item.id}", verdict="skipped", reason=NO_LONGER)
        return True
    settled = True
    members = list(_members(got.fetched))
    # The bare key comes last: it is what tells that an archive has been stored whole.
    for number in reversed(range(len(members))):
        origin = _origin(got.fetched, number)
        # Without its version the activity counts as changed, and is fetched again.
        outcome = _kept(members[number], origin if settled else origin.replace(version=""), store, settings)
        settled = settled and not outcome.later
        if outcome.verdict == "added" and got.step.action == UPDATED:
            outcome = outcome.replace(verdict="updated")
        yield outcome
    return settled


def _members(fetched: Fetched) -> Iterator[tuple[str, bytes | ReadError]]:
    """The recordings in an answer; what is no archive is one by itself."""
    if readers.sniff(fetched.body) in ("gzip", "zip"):
        yield from archives.unwrap(fetched.body, fetched.name, GUARDED)
    else:
        yield fetched.name, fetched.body


def _origin(fetched: Fetched, number: int) -> Origin:
    return Origin(
        source=fetched.source,
        key=f"{fetched.id}{MEMBER}{number}" if number else fetched.id,
        version=fetched.version,
        fetched_at=fetched.fetched_at if fetched.expires_at else None,
        expires_at=fetched.expires_at,
    )


def _kept(member: tuple[str, bytes | ReadError], origin: Origin, store: Store, settings: Config) -> Outcome:
    name, body = member
    try:
        if isinstance(body, ReadError):
            raise body
        with boundary(name):
            outcome = keep(_recording(name, body), origin, store, settings)
    except ReadError as error:
        if not isinstance(error, TooLarge):
            store.note_seen(origin.source, origin.key, f"{origin.version}{MARK}{UNREAD}")
        return refused(name, error)
    return outcome if outcome.verdict != "forgotten" else outcome.replace(verdict="skipped", reason=DELETED)


def _recording(name: str, body: bytes) -> Recording:
    kind = readers.sniff(body)
    if kind != "strava":
        return recorded(body, name)
    return Recording(sha256=hashlib.sha256(body).hexdigest(), format=kind, name=name, body=body)


# Folders in a sync: what has not been seen there yet goes the way of an import.

# By content, not by path: a watch that writes over its last file must not take the run before with it.
FROM_FOLDER = Import(origin=Origin(source=FOLDER))


def pull_folders(
    paths: Sequence[Path], store: Store, settings: Config, order: Order, count: Callable[[int, int], None] | None
) -> tuple[list[Outcome], tuple[Path, ...]]:
    """An outcome for each file that is new or changed or cannot be looked at, and the folders that are not there."""
    seen = {} if order.full else remembered(store, FOLDER)
    held = versions(seen, full=False)
    closed: list[OSError] = []
    listed = list(folder.listing(paths, order.since, closed.append))
    fresh = [item for item in listed if held.get(place(item)) != item.version]
    known = [key for item in listed if held.get(key := place(item)) == item.version]
    there = sum(seen[key].why not in (UNREAD, NO_RUN) for key in known)  # what brought no run does not count as there
    outcomes = [Outcome(name="", verdict="already_there")] * there + [_closed(error) for error in closed]
    met = Rehearsal() if order.dry_run else None
    for done, item in enumerate(fresh, start=1):
        outcomes += _pull_file(item, store, settings, met)
        if count:
            count(done, len(fresh))
    told = {str(error.filename) for error in closed}
    return outcomes, tuple(path for path in folder.missing(paths) if str(path) not in told)


def _closed(error: OSError) -> Outcome:
    """The outcome of a folder or file that cannot be looked at, in the words of an import."""
    name = archives.masked(Path(error.filename).name)
    return Outcome(name=name, verdict="failed", reason=f"cannot be read: {error.strerror or error}")


def place(item: Listed) -> str:
    """A file's place, as it is remembered: a hash, since a path may tell of people and places."""
    return "at " + hashlib.sha256(item.id.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _pull_file(item: Listed, store: Store, settings: Config, met: Rehearsal | None) -> list[Outcome]:
    """What was in a file; it is noted as seen after all of it was stored. met: what a dry run met so far."""
    outcomes = [_taken(each, store, settings, met) for each in archives.walk([Path(item.id)], GUARDED)]
    # What could not even be opened (unplugged in the middle, not ours to read) has not been seen.
    later = any(outcome.later for outcome in outcomes)
    if met is None and not later and _opens(Path(item.id)):
        store.note_seen(FOLDER, place(item), item.version + _remark(outcomes))
    return outcomes


def _opens(path: Path) -> bool:
    """Whether a file can be opened by whoever we act as; os.access asks for whoever started us."""
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def _remark(outcomes: list[Outcome]) -> str:
    """What is noted behind the version of a file that has to be read again, or holds nothing of ours."""
    verdicts = {outcome.verdict for outcome in outcomes}
    if "failed" in verdicts:
        return MARK + UNREAD
    return MARK + NO_RUN if verdicts <= {"skipped", "not_a_run"} else ""


def _taken(found: Found, store: Store, settings: Config, met: Rehearsal | None) -> Outcome:
    outcome = take(found, store, settings, FROM_FOLDER, met)
    # A download folder is full of zips that have nothing to do with running.
    return outcome.replace(verdict="skipped", reason=archives.SKIPPED["other"]) if outcome.foreign else outcome


# Sync: what is new at every source goes into the store, one activity at a time, each whole or not at all.


class Order(Record, frozen=True, kw_only=True):
    """What was asked for. since: nothing older. full: from the first activity on, and what could not be had again."""

    names: tuple[str, ...] = ()
    since: datetime | None = None
    full: bool = False
    dry_run: bool = False


SyncCounter = Callable[[int, int], None]
NOT_A_RUN = "not a run"
BROUGHT = ("added", "updated", "merged")  # verdicts on what a sync brought into the history
SOON = timedelta(days=7)  # how long before its end a key is spoken of


class Pulled(Record, frozen=True, kw_only=True):
    """What came from one source. problem: what stopped it, None where it was read to the end.

    missing: folders that are not there now. remarks: sentences on the rest.
    """

    source: str
    outcomes: tuple[Outcome, ...] = ()
    problem: SourceError | ConfigError | None = None
    missing: tuple[Path, ...] = ()
    remarks: tuple[str, ...] = ()


def sync(
    desk: Desk, order: Order, count: SyncCounter | None = None, style: Style | None = None
) -> tuple[tuple[Pulled, ...], str]:
    """Ask each source; a problem of one does not keep the others from being asked. Raises ConfigError, StoreError.

    Returns what came from each, and the report of what is new, where `style` says how it is to look.
    """
    names = chosen(desk, order.names)
    with store_for(desk, order, count) as store:
        pulled = tuple(_pull(name, desk, store, order, count) for name in names)
        return pulled, news(pulled, store, desk, style, count) if style else ""


def store_for(desk: Desk, order: Order, count: SyncCounter | None) -> AbstractContextManager[Store]:
    """The runner's store; for a dry run without one, a store that is gone afterwards."""
    if order.dry_run and not Store.is_there(desk.settings.paths.store):
        return passing_store()
    return opened(desk.settings, create=True, progress=count, now=desk.clock())


def _pull(name: str, desk: Desk, store: Store, order: Order, count: SyncCounter | None) -> Pulled:
    settings = desk.settings
    if name == FOLDER:
        outcomes, missing = pull_folders(folders(desk), store, settings, order, count)
        return Pulled(source=name, outcomes=tuple(outcomes), missing=missing)
    outcomes = []
    problem: SourceError | ConfigError | None = None
    try:
        for outcome in pull(client(name, desk), store, settings, order, desk.clock(), count):
            outcomes.append(outcome)
    except (SourceError, ConfigError) as error:
        problem = error
    remarks = garmin_remarks(outcomes, desk) if name == GARMIN and not problem else ()
    return Pulled(source=name, outcomes=tuple(outcomes), problem=problem, remarks=remarks)


def garmin_remarks(outcomes: Sequence[Outcome], desk: Desk) -> tuple[str, ...]:
    """What to know after a sync from Garmin: files without dynamics, a key that ends soon."""
    from kneedrive.sources.garmin import KEY_PAGE, LOGIN

    brought = [outcome for outcome in outcomes if outcome.verdict in BROUGHT]
    remarks = []
    if brought and not any(outcome.dynamics for outcome in brought):
        remarks.append(
            "None of these files from Garmin holds contact time or oscillation. Where your watch records them, compare "
            "'kneedrive doctor last' with 'kneedrive doctor FILE' on the same run copied from the watch."
        )
    ends = garmin_key_ends(desk)
    left = ends - desk.clock().date() if ends else None
    if ends and left is not None and timedelta() <= left <= SOON:
        remarks.append(f"Your Garmin key ends on {ends}: make a new one at {KEY_PAGE} and run '{LOGIN}'.")
    return tuple(remarks)


def pull(
    source: Source, store: Store, settings: Config, order: Order, now: datetime, count: SyncCounter | None = None
) -> Iterator[Outcome]:
    """One outcome per activity that the source lists. Raises SourceError where it stops; what came before is kept."""
    purged = set(store.to_fetch(source.name, "" if order.full else version_of(settings)))
    seen = remembered(store, source.name)
    if not order.full:  # what the source has no longer, or what failed too often, will not be had
        purged -= {key for key, each in seen.items() if each.why == GONE or each.failed >= TRIES}
    cursor = store.cursor(source.name)
    complete_to = datetime.fromisoformat(cursor) if cursor else None
    whole = order.full or bool(purged and order.since is None)
    begins = listing_from(complete_to, now, source.lookback, since=order.since, full=whole)
    steps = _steps(source, begins, seen, purged, full=order.full)
    yield from _told(steps, store.with_runs(source.name))
    if order.dry_run:
        words = ((step.item.id, "added" if step.action == NEW else "updated") for step in steps if step.fetches)
        yield from (Outcome(name=name, verdict=verdict) for name, verdict in words)
        return
    if begins is None:
        for key in purged - {step.item.id for step in steps}:  # deleted at the source, which is not asked again
            store.note_seen(source.name, key, MARK + GONE)
    left = {step.item.id: step.item for step in steps if step.fetches}
    try:
        yield from _fetched(source, store, settings, seen, steps, left, count)
    finally:
        # Also where the source stops: what is open begins the next listing. A kill leaves the old moment, which is
        # earlier and so finds the same.
        moment = completed(complete_to, begins, now, left.values())
        if moment:
            store.set_cursor(source.name, moment.isoformat())
    note_shoes(source, [step.item for step in steps if not step.item.skip], store, full=order.full)


def note_shoes(source: Source, items: Sequence[Listed], store: Store, *, full: bool = False) -> None:
    """Remember what was worn on each listed run; the source is asked for names that are not known, or for all of them.

    A name that cannot be had now is asked for by the next sync.
    """
    noted = store.noted_shoes(source.name)
    names = {} if full else {gear: name for gear, _, name in (shoe.partition(" ") for shoe in noted.values()) if name}
    unnamed = sorted({item.shoe for item in items if item.shoe and " " not in item.shoe} - names.keys())
    if unnamed and isinstance(source, KnowsShoes):
        with suppress(SourceError):
            names |= source.shoe_names(unnamed)
    worn = {item.id: shoe_of(item.shoe, names.get(item.shoe)) if " " not in item.shoe else item.shoe for item in items}
    changed = {key: shoe for key, shoe in worn.items() if shoe != noted.get(key, "")}
    if changed:
        store.note_shoes(source.name, changed)


def _steps(
    source: Source, begins: datetime | None, seen: Mapping[str, Seen], purged: set[str], *, full: bool
) -> tuple[Step, ...]:
    """What to do; what was purged and is needed again counts as held in no version."""
    held = versions(seen, full=full) | dict.fromkeys(purged, "")
    failed = {} if full else {key: each for key, each in seen.items() if each.why.startswith(FAILED_MARK)}

    def judged(item: Listed) -> Listed:
        if item.id in seen and seen[item.id].deleted:
            return item.replace(skip=DELETED)
        before = failed.get(item.id)
        given_up = before is not None and before.failed >= TRIES and before.version == item.version
        return item.replace(skip=GIVEN_UP) if given_up else item

    return plan(map(judged, source.listing(begins)), held, failed)


def _told(steps: Iterable[Step], runs: set[str]) -> Iterator[Outcome]:
    """The outcomes of the steps that ask for nothing; what is known counts as there where it holds a run."""
    holding = {key.partition(MEMBER)[0] for key in runs}
    for step in steps:
        name, reason = step.item.id, step.reason
        if step.action == KNOWN and name in holding:
            yield Outcome(name=name, verdict="already_there")
        elif step.action == SKIPPED and reason == NOT_A_RUN:
            yield Outcome(name=name, verdict="not_a_run", reason=step.item.sport)
        elif step.action == SKIPPED:
            yield Outcome(name=name, verdict="skipped", reason=reason)


def _fetched(
    source: Source,
    store: Store,
    settings: Config,
    seen: Mapping[str, Seen],
    steps: Sequence[Step],
    left: dict[str, Listed],
    count: SyncCounter | None,
) -> Iterator[Outcome]:
    """Fetch and keep, one by one; takes out of `left` what is done, or given up."""
    total = len(left)
    for done, outcome in enumerate(follow(source, steps), start=1):
        item = outcome.step.item
        if outcome.problem:
            before = seen.get(item.id)
            times = before.failed if before and before.version == item.version else 0
            times += not outcome.excused
            yield from note_failed(outcome, source.name, store, times)
            if times >= TRIES:
                del left[item.id]
        else:
            settled = yield from keep_fetched(outcome, source.name, store, settings)
            if settled:
                del left[item.id]
        if count:
            count(done, total)


# What a sync has to say: the ledger, what stopped a source, and the report of what is new.

COMMAND = re.compile("'kneedrive [^']+'")  # in a remark: to be copied, so not broken over two lines
GARMIN_CREDIT = "From Garmin Connect. Derived in part from data of Garmin devices."  # Garmin's brand rules ask for it
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
        f"{numbers.path(folder)} is not there now and was passed over." for each in pulled for folder in each.missing
    ]
    remarks += [COMMAND.sub(lambda found: numbers.path(found[0]), remark) for each in pulled for remark in each.remarks]
    text = terminal.render(ledger.summary(summed, elapsed_s, remarks), style).rstrip("\n")
    return Answer(text=text, trouble=trouble(pulled, desk), code=code_of(pulled))


def told_json(pulled: Sequence[Pulled], desk: Desk, *, dry_run: bool) -> Answer:
    """The same as one line of JSON; what stopped a source is told to people too."""
    sources = [
        ledger.source_record(each.source, Counter(outcome.verdict for outcome in each.outcomes), each.problem)
        | {"remarks": list(each.remarks)}
        for each in pulled
    ]
    told = ledger.record(summed_up(pulled, dry_run=dry_run), sources, new_runs(pulled))
    told["runner"] = desk.settings.runner.name
    return Answer(text=line(told), trouble=trouble(pulled, desk), code=code_of(pulled))


def summed_up(pulled: Iterable[Pulled], *, dry_run: bool) -> ledger.Ledger:
    """One ledger of all sources."""
    return ledger.ledger_of((outcome for each in pulled for outcome in each.outcomes), dry_run=dry_run)


def trouble(pulled: Sequence[Pulled], desk: Desk) -> str:
    """A line for each source that stopped."""
    offset_s = zone_of(desk.settings)(desk.clock())
    stopped = [(each.problem, NAMES.get(each.source, each.source)) for each in pulled if each.problem]
    return "\n".join(f"kneedrive: {ledger.problem(error, name, offset_s)}" for error, name in stopped)


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
    found = (run for each in pulled for outcome in each.outcomes if outcome.verdict in BROUGHT for run in outcome.runs)
    return list(dict.fromkeys(found))


def news(pulled: Sequence[Pulled], store: Store, desk: Desk, style: Style, count: SyncCounter | None = None) -> str:
    """The story of what is new; nothing where nothing is."""
    from kneedrive.app.history import day_of

    wanted = set(new_runs(pulled))
    if not wanted:
        return ""
    bring_up_to_date(store, desk.settings, count)
    rows = [row for row in store.runs() if row.id in wanted]
    if not rows:
        return ""
    text = _story([(day_of(desk.settings, row), row) for row in rows], store, desk, style)
    from_garmin = any(each.source == GARMIN and new_runs([each]) for each in pulled)
    return f"{text}\n\n{GARMIN_CREDIT}" if from_garmin else text


def _story(runs: Sequence[tuple[date, RunRow]], store: Store, desk: Desk, style: Style) -> str:
    """The main run of the last day among the weeks; the weeks alone where years came in at once."""
    from kneedrive.app.history import local_day, tags_between
    from kneedrive.app.show import context_of, found_in
    from kneedrive.report import screen, story
    from kneedrive.report.history import weeks_alone

    found = found_in(store, desk.settings, runs[story.main_run(runs)][1], desk.clock())
    today, miles = local_day(desk.settings, desk.clock()), style.miles
    new = story.whats_new(runs, today, miles=miles)
    more = ("kneedrive report", "kneedrive weekly", "kneedrive report --html")
    context = context_of(found, more).replace(week=story.week_line(found.view, today, miles=miles))
    if story.is_history(runs):
        tags = tags_between(store.tags(), found.view.weeks[0].monday, found.day)
        opening, end = story.history_opening(new, context), story.history_end(context)
        weeks = weeks_alone(found.view, found.habits, tags, miles=miles)
        return terminal.render([*opening, *weeks, *end], style).rstrip("\n")
    if found.analysis is None:
        return terminal.render([[Prose(words(new))], *screen.gone(found.gone, context)], style).rstrip("\n")
    return terminal.render(story.story(new, found.analysis, context, miles=miles), style).rstrip("\n")
