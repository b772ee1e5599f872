"""Sync: what is new at every source, kept one activity at a time, and what there is to say of it."""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from kneedrive import archives, readers
from kneedrive.app import OK, PARTLY, URGENCY, Answer, Counter, code_for, importing, zone_of
from kneedrive.app.accounts import FOLDER, GARMIN, NAMES, Desk, chosen, client, folders, garmin_key_ends
from kneedrive.app.boundary import boundary
from kneedrive.app.importing import VERSION, Import, Intake, Outcome
from kneedrive.app.library import bring_up_to_date, opened, passing_store, typed_name
from kneedrive.errors import ConfigError, ReadError, SourceError, TooLarge
from kneedrive.record import Record
from kneedrive.recording import Recording
from kneedrive.report import lists, numbers
from kneedrive.report.blocks import Prose, Style
from kneedrive.report.lists import BROUGHT, Fate
from kneedrive.sources import folder, plan
from kneedrive.sources.plan import Action
from kneedrive.store import MARK, Store
from kneedrive.store.rows import Origin


class Order(Record, frozen=True, kw_only=True):
    """What was asked for. since: nothing older. full: from the first activity on, and what could not be had again."""

    names: tuple[str, ...] = ()
    since: datetime | None = None
    full: bool = False
    dry_run: bool = False


class Pulled(Record, frozen=True, kw_only=True):
    """What came from one source."""

    source: str
    outcomes: tuple[Outcome, ...] = ()
    problem: SourceError | ConfigError | None = None  # what stopped it, None where it was read to the end
    missing: tuple[Path, ...] = ()  # folders that are not there now
    remarks: tuple[str, ...] = ()  # sentences on the rest


Progress = Callable[[str], AbstractContextManager[Counter | None]]  # gives the work that it names a bar


def sync(
    desk: Desk, order: Order, style: Style, progress: Progress, *, json: bool = False, report: bool = True
) -> Iterator[Answer]:
    """What came from each source, and then the report of what is new. Raises ConfigError, StoreError."""
    start = time.monotonic()
    order = order.replace(names=chosen(desk, order.names))
    with store_for(desk, order) as store:
        with progress("Syncing") as count:
            pulled = pull_all(desk, store, order, count)
        elapsed_s = time.monotonic() - start
        summary = told(pulled, desk, style, dry_run=order.dry_run, elapsed_s=elapsed_s, json=json)
        yield summary  # what was kept has been told, whatever goes wrong in the report
        if report and not json and not order.dry_run and new_runs(pulled):
            with progress("Reporting") as count:
                story = news(pulled, store, desk, style, count)
            if story:
                yield story.replace(text=f"\n{story.text}", code=summary.code)


def store_for(desk: Desk, order: Order) -> AbstractContextManager[Store]:
    """The runner's store; for a dry run without one, a store that is gone afterwards."""
    if order.dry_run and not Store.is_there(desk.settings.paths.store):
        return passing_store()
    return opened(desk.settings, create=True, now=desk.clock())


def pull_all(desk: Desk, store: Store, order: Order, count: Counter | None = None) -> tuple[Pulled, ...]:
    """What is new at each of the sources that are named, kept in the store."""
    return tuple(
        pull_folders(desk, store, order, count) if name == FOLDER else pull(name, desk, store, order, count)
        for name in order.names
    )


# What a sync remembers of each activity: which version was seen, and what became of it.

MEMBER = "#"  # before the number of a recording in an archive, behind the id of the archive
# Behind the MARK; results of another method version are read anew.
GONE, UNREAD, NO_RUN = "gone", f"unread {VERSION}", f"no run {VERSION}"
FAILED_MARK = "failed "  # and how often
TRIES = 5  # of a version that the source does not hand out though it serves others; then it is given up
AGAIN = "'kneedrive sync --full' tries again"
GIVEN_UP = f"failed {TRIES} times and was given up; {AGAIN}"
DELETED = "deleted by you"


class Seen(Record, frozen=True, kw_only=True):
    """What is remembered of an activity: the version seen, and why there is no recording of it, "" where there is."""

    version: str
    why: str = ""

    @property
    def failed(self) -> int:
        """How often it could not be had."""
        return int(self.why.removeprefix(FAILED_MARK)) if self.why.startswith(FAILED_MARK) else 0


def remembered(store: Store, source: str) -> dict[str, Seen]:
    """What a sync remembers of each activity of a source."""
    absent = store.absent(source)
    noted = ((key, *text.partition(MARK)[::2]) for key, text in store.known(source).items())
    # What the runner deleted is not brought back by a source that changes it.
    return {
        key: Seen(version=version, why=DELETED if key in absent and not why else why) for key, version, why in noted
    }


def versions(seen: Mapping[str, Seen], *, full: bool) -> dict[str, str]:
    """The versions that need not be had again. full: what brought no recording counts as not seen."""
    enough = ("", DELETED) if full else ("", DELETED, GONE, UNREAD, NO_RUN)
    return {key: each.version for key, each in seen.items() if each.why in enough}


# A service: what it lists is planned, fetched and stored, each activity whole or not at all.


def pull(name: str, desk: Desk, store: Store, order: Order, count: Counter | None) -> Pulled:
    """What came from a service; what stopped it is part of the answer."""
    outcomes: list[Outcome] = []
    problem: SourceError | ConfigError | None = None
    try:
        # What came before a problem was kept, and stays in the list.
        outcomes.extend(_Pull(client(name, desk), desk, store, order, count).outcomes())
    except (SourceError, ConfigError) as error:
        problem = error
    remarks = []
    if name == GARMIN and not problem:
        from kneedrive.sources.garmin import KEY_PAGE, LOGIN

        brought = [outcome for outcome in outcomes if outcome.verdict in BROUGHT]
        if brought and not any(outcome.dynamics for outcome in brought):
            remarks.append(
                "None of these files from Garmin holds contact time or oscillation. Where your watch records them, "
                "compare 'kneedrive doctor last' with 'kneedrive doctor FILE' on the same run copied from the watch."
            )
        ends = garmin_key_ends(desk)
        if ends and timedelta() <= ends - desk.clock().date() <= timedelta(days=7):
            remarks.append(f"Your Garmin key ends on {ends}: make a new one at {KEY_PAGE} and run '{LOGIN}'.")
    return Pulled(source=name, outcomes=tuple(outcomes), problem=problem, remarks=tuple(remarks))


class _Pull:
    """One service being read into a store."""

    def __init__(self, source: plan.Source, desk: Desk, store: Store, order: Order, count: Counter | None) -> None:
        self._source = source
        self._desk = desk
        self._store = store
        self._order = order
        self._count = count
        self._seen = remembered(store, source.name)
        self._left: dict[str, plan.Listed] = {}  # what is still to be had, by id

    def outcomes(self) -> Iterator[Outcome]:
        """One outcome per activity that the service lists. Raises SourceError where it stops."""
        store, order, now, name = self._store, self._order, self._desk.clock(), self._source.name
        cursor = store.cursor(name)
        complete_to = datetime.fromisoformat(cursor) if cursor else None
        # What had to be deleted again and is needed; not what will not be had in any case.
        purged = set(store.to_fetch(name, "" if order.full else importing.version_of(self._desk.settings)))
        if not order.full:
            purged -= {key for key, each in self._seen.items() if each.why == GONE or each.failed >= TRIES}
        whole = order.full or bool(purged and order.since is None)
        begins = plan.listing_from(None if whole else complete_to, now, self._source.lookback, order.since)
        steps = self._steps(begins, purged)
        yield from self._told(steps)
        if order.dry_run:
            words = {Action.NEW: Fate.ADDED, Action.UPDATED: Fate.UPDATED}
            yield from (Outcome(name=step.item.id, verdict=words[step.action]) for step in steps if step.fetches)
            return
        if begins is None:
            for key in purged - {step.item.id for step in steps}:  # deleted at the source, which is not asked again
                self._note(key, "", GONE)
        self._left = {step.item.id: step.item for step in steps if step.fetches}
        try:
            total = len(self._left)
            for done, got in enumerate(plan.follow(self._source, steps), start=1):
                yield from self._failed(got) if got.problem else self._kept(got)
                if self._count:
                    self._count(done, total)
        finally:
            # Also where the source stops: what is open begins the next listing. A kill leaves the old moment, which is
            # earlier and so finds the same.
            moment = plan.completed(complete_to, begins, now, self._left.values())
            if moment:
                store.set_cursor(name, moment.isoformat())
        self._note_shoes([step.item for step in steps if not step.item.skip])

    def _steps(self, begins: datetime | None, purged: set[str]) -> tuple[plan.Step, ...]:
        """What to do; what was purged and is needed again counts as held in no version."""
        full = self._order.full
        held = versions(self._seen, full=full) | dict.fromkeys(purged, "")
        failed = {} if full else {key: each for key, each in self._seen.items() if each.why.startswith(FAILED_MARK)}

        def judged(item: plan.Listed) -> plan.Listed:
            if item.id in self._seen and self._seen[item.id].why == DELETED:
                return item.replace(skip=DELETED)
            before = failed.get(item.id)
            given_up = before is not None and before.failed >= TRIES and before.version == item.version
            return item.replace(skip=GIVEN_UP) if given_up else item

        return plan.plan(map(judged, self._source.listing(begins)), held, failed)

    def _told(self, steps: Iterable[plan.Step]) -> Iterator[Outcome]:
        """The outcomes of the steps that ask for nothing; what is known counts as there where it holds a run."""
        holding = {key.partition(MEMBER)[0] for key in self._store.with_runs(self._source.name)}
        for step in steps:
            name, reason = step.item.id, step.item.skip
            if step.action == Action.KNOWN and name in holding:
                yield Outcome(name=name, verdict=Fate.ALREADY_THERE)
            elif step.action == Action.SKIPPED and reason == plan.NOT_A_RUN:
                yield Outcome(name=name, verdict=Fate.NOT_A_RUN, reason=step.item.sport)
            elif step.action == Action.SKIPPED:
                yield Outcome(name=name, verdict=Fate.SKIPPED, reason=reason)

    def _failed(self, got: plan.Outcome) -> Iterator[Outcome]:
        """Remember what could not be had; an outcome where the activity is to blame."""
        item, before = got.step.item, self._seen.get(got.step.item.id)
        times = before.failed if before and before.version == item.version else 0
        times += not got.excused
        self._note(item.id, item.version, f"{FAILED_MARK}{times}")
        if times >= TRIES:
            del self._left[item.id]
        if got.excused:
            return
        day = f" ({item.started_at:%Y-%m-%d})" if item.started_at else ""
        again = f"try {times} of {TRIES}; the next sync tries again"
        what = again if times < TRIES else f"given up after {TRIES} tries; {AGAIN}"
        yield Outcome(name=f"{self._source.name} {item.id}{day}", verdict=Fate.FAILED, reason=f"{got.problem} ({what})")

    def _kept(self, got: plan.Outcome) -> Iterator[Outcome]:
        """Store what was fetched: one outcome per recording in it, or why there is none."""
        item, fetched = got.step.item, got.fetched
        if fetched is None:
            self._note(item.id, item.version, GONE)
            reason = "the source has it no longer"
            yield Outcome(name=f"{self._source.name} {item.id}", verdict=Fate.SKIPPED, reason=reason)
            del self._left[item.id]
            return
        members: list[tuple[str, bytes | ReadError]] = [(fetched.name, fetched.body)]
        if readers.sniff(fetched.body) in readers.ARCHIVES:
            members = list(archives.unwrap(fetched.body, fetched.name, importing.GUARDED))
        settled = True
        # The bare key comes last: it is what tells that an archive has been stored whole.
        for number in reversed(range(len(members))):
            origin = Origin(
                source=fetched.source,
                key=f"{fetched.id}{MEMBER}{number}" if number else fetched.id,
                version=fetched.version if settled else "",  # without it the activity counts as changed
                fetched_at=fetched.fetched_at if fetched.expires_at else None,
                expires_at=fetched.expires_at,
            )
            outcome = self._stored(*members[number], origin)
            settled = settled and not outcome.later
            new = outcome.verdict == Fate.ADDED and got.step.action == Action.UPDATED
            yield outcome.replace(verdict=Fate.UPDATED) if new else outcome
        if settled:  # else memory was wanting: the activity stays open and is fetched again
            del self._left[item.id]

    def _stored(self, name: str, body: bytes | ReadError, origin: Origin) -> Outcome:
        try:
            if isinstance(body, ReadError):
                raise body
            with boundary(name):
                kind = readers.sniff(body)
                if kind == readers.Kind.STRAVA:
                    sha256 = hashlib.sha256(body).hexdigest()
                    recording = Recording(sha256=sha256, format=kind, name=name, body=body)
                else:
                    recording = importing.recorded(body, name)
                outcome = importing.keep(recording, origin, self._store, self._desk.settings)
        except ReadError as error:
            if not isinstance(error, TooLarge):
                self._note(origin.key, origin.version, UNREAD)
            return importing.refused(name, error)
        return outcome if outcome.verdict != Fate.FORGOTTEN else outcome.replace(verdict=Fate.SKIPPED, reason=DELETED)

    def _note(self, key: str, version: str, why: str) -> None:
        self._store.note_seen(self._source.name, key, f"{version}{MARK}{why}")

    def _note_shoes(self, items: Sequence[plan.Listed]) -> None:
        """Remember what was worn on each of these runs; the service is asked for names that are not known."""
        noted = self._store.noted_shoes(self._source.name)
        parts = [] if self._order.full else [shoe.partition(" ") for shoe in noted.values()]
        names = {gear: name for gear, _, name in parts if name}
        unnamed = sorted({item.shoe for item in items if item.shoe and " " not in item.shoe} - names.keys())
        names_of = getattr(self._source, "shoe_names", None)
        if unnamed and names_of:
            with suppress(SourceError):  # the next sync asks again
                names |= names_of(unnamed)
        worn = {
            item.id: item.shoe if " " in item.shoe else plan.shoe_of(item.shoe, names.get(item.shoe)) for item in items
        }
        changed = {key: shoe for key, shoe in worn.items() if shoe != noted.get(key, "")}
        if changed:
            self._store.note_shoes(self._source.name, changed)


# Folders: what has not been seen there yet goes the way of an import.


def pull_folders(desk: Desk, store: Store, order: Order, count: Counter | None) -> Pulled:
    """What came from folders: an outcome for each file that is new or changed or cannot be looked at."""
    seen = {} if order.full else remembered(store, FOLDER)
    held = versions(seen, full=False)
    paths = folders(desk)
    closed: list[OSError] = []
    listed = []
    for item in folder.listing(paths, order.since, closed.append):
        # Remembered by a hash of its place, since a path may tell of people and places.
        place = hashlib.sha256(item.id.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        listed.append((f"at {place}", item))
    fresh = [(key, item) for key, item in listed if held.get(key) != item.version]
    known = [key for key, item in listed if held.get(key) == item.version]
    there = sum(seen[key].why not in (UNREAD, NO_RUN) for key in known)  # what brought no run does not count as there
    outcomes = [Outcome(name="", verdict=Fate.ALREADY_THERE)] * there
    for error in closed:
        name = archives.masked(Path(error.filename).name)
        outcomes.append(Outcome(name=name, verdict=Fate.FAILED, reason=f"cannot be read: {error.strerror or error}"))
    # By content, not by path: a watch that writes over its last file must not take the run before with it.
    intake = Intake(store, desk.settings, Import(origin=Origin(source=FOLDER), dry_run=order.dry_run))
    other = archives.SKIPPED[archives.Skip.OTHER]
    for done, (key, item) in enumerate(fresh, start=1):
        found = [intake.take(each) for each in archives.walk([Path(item.id)], importing.GUARDED)]
        # A download folder is full of zips that have nothing to do with running.
        found = [each.replace(verdict=Fate.SKIPPED, reason=other) if each.foreign else each for each in found]
        outcomes += found
        if not order.dry_run and not any(outcome.later for outcome in found):
            verdicts = {outcome.verdict for outcome in found}
            nothing = MARK + NO_RUN if verdicts <= {Fate.SKIPPED, Fate.NOT_A_RUN} else ""
            why = MARK + UNREAD if Fate.FAILED in verdicts else nothing
            if _opens(Path(item.id)):  # else (unplugged in the middle, not ours to read) it has not been seen
                store.note_seen(FOLDER, key, item.version + why)
        if count:
            count(done, len(fresh))
    told = {str(error.filename) for error in closed}
    missing = tuple(path for path in folder.missing(paths) if str(path) not in told)
    return Pulled(source=FOLDER, outcomes=tuple(outcomes), missing=missing)


def _opens(place: Path) -> bool:
    # Asked as who we act as; os.access asks for whoever started us.
    with suppress(OSError), place.open("rb"):
        return True
    return False


# What a sync has to say: the ledger, what stopped a source, and the report of what is new.

COMMAND = re.compile("'kneedrive [^']+'")  # in a remark: to be copied, so not broken over two lines
GARMIN_CREDIT = "From Garmin Connect. Derived in part from data of Garmin devices."  # Garmin's brand rules ask for it


def told(
    pulled: Sequence[Pulled], desk: Desk, style: Style, *, dry_run: bool, elapsed_s: float, json: bool = False
) -> Answer:
    """The counts of all sources; what stopped some of them as trouble, which is told to people in any case."""
    summed = lists.ledger_of((outcome for each in pulled for outcome in each.outcomes), dry_run=dry_run)
    if json:
        sources = []
        for each in pulled:
            counts: Tally[str] = Tally(outcome.verdict for outcome in each.outcomes)
            sources.append(lists.source_record(each.source, counts, each.problem) | {"remarks": list(each.remarks)})
        record = lists.sync_record(summed, sources, new_runs(pulled))
        answer = Answer.objects([{**record, "runner": desk.settings.runner.name}])
    else:
        missing = [path for each in pulled for path in each.missing]
        remarks = [f"{numbers.path(path)} is not there now and was passed over." for path in missing]
        remarks += [COMMAND.sub(lambda found: numbers.path(found[0]), text) for each in pulled for text in each.remarks]
        answer = Answer.laid_out(lists.ledger(summed, elapsed_s, remarks), style)
    offset_s = zone_of(desk.settings)(desk.clock())
    stopped = [(each.problem, NAMES.get(each.source, each.source)) for each in pulled if each.problem]
    trouble = "\n".join(f"kneedrive: {lists.problem(error, name, offset_s)}" for error, name in stopped)
    failed = any(outcome.verdict == Fate.FAILED for each in pulled for outcome in each.outcomes)
    # Of what stopped a source; else of single activities that failed.
    code = min((code_for(error) for error, _ in stopped), key=URGENCY.index, default=PARTLY if failed else OK)
    return answer.replace(trouble=trouble, code=code)


def new_runs(pulled: Iterable[Pulled]) -> list[str]:
    """Ids of the runs that are new or have changed, each once."""
    found = (run for each in pulled for outcome in each.outcomes if outcome.verdict in BROUGHT for run in outcome.runs)
    return list(dict.fromkeys(found))


def news(
    pulled: Sequence[Pulled], store: Store, desk: Desk, style: Style, count: Counter | None = None
) -> Answer | None:
    """The main run of the last day among the weeks; the weeks alone where years came in at once; None without runs."""
    from kneedrive.app.history import day_of, local_day, tags_between
    from kneedrive.app.show import Request, context_of, found_in
    from kneedrive.report import screen
    from kneedrive.report.history import weeks_alone

    wanted = set(new_runs(pulled))
    bring_up_to_date(store, desk.settings, count)
    runs = [(day_of(desk.settings, row), row) for row in store.runs() if row.id in wanted]
    if not runs:
        return None
    found = found_in(store, desk.settings, runs[screen.main_run(runs)][1], desk.clock(), Request(style=style))
    today, miles = local_day(desk.settings, desk.clock()), style.miles
    new = screen.whats_new(runs, today, miles=miles)
    whose = typed_name(desk.settings, store.everybody())
    more = (f"kneedrive report{whose}", f"kneedrive weekly{whose}", f"kneedrive report{whose} --html")
    context = context_of(found, more).replace(week=screen.week_line(found.view, today, miles=miles))
    if screen.is_history(runs):
        tags = tags_between(store.tags(), found.view.weeks[0].monday, found.day)
        report = screen.years_at_once(new, weeks_alone(found.view, tags, miles=miles), context)
    elif found.analysis is None:
        report = [[Prose(new)], *screen.gone(found.gone, context)]
    else:
        report = screen.first_screen(found.analysis, context, miles=miles, new=new)
    story = Answer.laid_out(report, style)
    from_garmin = any(each.source == GARMIN and new_runs([each]) for each in pulled)
    return story.replace(text=f"{story.text}\n\n{GARMIN_CREDIT}") if from_garmin else story
