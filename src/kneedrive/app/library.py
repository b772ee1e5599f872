"""The store as a runner uses it: import, list, export, take apart, forget, keep safe."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

from kneedrive import app, errors
from kneedrive.app import ANNOUNCE, FAILED, NOTE, OK, PARTLY, Answer, Counter, Form, zone_of
from kneedrive.app import boundary as fault_log
from kneedrive.app.boundary import boundary
from kneedrive.app.importing import Import, Intake, Outcome, Workers, activities_of, analysed, derivation, version_of
from kneedrive.histories.result import local_day
from kneedrive.report import lists, numbers, screen
from kneedrive.report.blocks import Style
from kneedrive.report.lists import BROUGHT, Fate, cell
from kneedrive.store import ID_LENGTH, NO_RUNS, Store
from kneedrive.store.rows import Derive, Placed, RunRow

if TYPE_CHECKING:
    from kneedrive.analysis.result import Analysis
    from kneedrive.config import Config
    from kneedrive.recording import Recording
    from kneedrive.store.rows import Tag


BACK = {"today": timedelta(), "yesterday": timedelta(days=1)}
A_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
STAYS = (*BROUGHT, Fate.NOT_A_RUN, Fate.ALREADY_THERE)


@contextmanager
def opened(
    settings: Config, *, create: bool = False, progress: Counter | None = None, now: datetime | None = None
) -> Iterator[Store]:
    """The configured store, brought up to date. Raises NotEnoughData where there is none yet, StoreError.

    Answers of services that may no longer be kept at `now` are deleted first. Results of an older method, or of a
    runner who had told other things about themselves, are derived again; that is announced, and counted by progress
    where it is given. Where that cannot be done now, it is noted, and the store is used as it is.
    """
    with kept(settings, create=create, now=now) as store:
        bring_up_to_date(store, settings, progress)
        yield store


def bring_up_to_date(store: Store, settings: Config, progress: Counter | None = None) -> None:
    """Derive again what is out of date, and announce it; note why where that cannot be done now."""
    if not store.stale(version_of(settings)):
        return
    unread: list[str] = []
    try:
        with ANNOUNCE.get()(outdated(store.versions(), version_of(settings)), progress) as count:
            _, unread = derive_again(store, settings, count)
    except (errors.StoreError, errors.Fault) as error:
        NOTE.get()(f"{error}. Until then the results of before are used.")
    for each in unread:
        NOTE.get()(each)


def outdated(versions: set[str], current: str) -> str:
    """Why results of these versions are derived again, as the end of a sentence."""
    older = versions - {current}
    if any(each.partition(" ")[0] != current.partition(" ")[0] for each in older):
        return "the method has changed"
    if older:
        return "your height, mass, birth year or choice of dynamics has changed: scores may differ"
    return "that was not finished the last time"


@contextmanager
def kept(
    settings: Config, *, create: bool = False, now: datetime | None = None, whole: bool = False
) -> Iterator[Store]:
    """The configured store as it is, results of an older method included. Raises as `opened` does.

    whole: it is about all runners, so that nobody needs to be named.
    """
    place: Path = settings.paths.store
    if not Store.is_there(place):
        if not create:
            raise errors.NotEnoughData(NO_RUNS)
        known_runner(settings, [], create=create)
    with Store.open(place, runner=settings.runner.name, create=create) as store:
        if not whole:
            known_runner(settings, store.runners(), create=create)
        # No command may forget to keep the service's terms, so this clock has a default.
        # Where it cannot be written, or is held, nothing is kept longer by that than its holder keeps it.
        with suppress(errors.ReadOnlyStore, errors.StillHeld):
            store.purge_expired(now or datetime.now(UTC))
        yield store


def known_runner(settings: Config, held: Sequence[str], *, create: bool) -> None:
    """Refuse a name that nobody has, and no name where all have one; where there are several, say who is meant.

    held: names in the store, "" for a runner without one. Raises ConfigError.
    """
    name = settings.runner.name
    if not name and held and "" not in held and not settings.new_runner:
        begin = "; --new-runner begins one without a name" if create else ""
        whom = ", ".join(map(lists.runner_name, held))
        raise errors.ConfigError(f"the store holds runs of {whom}: --runner NAME says whose you mean{begin}")
    known = {*held, *named_in(settings)}
    if name and name not in known and not settings.new_runner:
        begin = "; --new-runner begins a new one" if create else ""
        guess = " ".join(filter(None, (errors.meant(name, known), "kneedrive runners lists them")))
        raise errors.ConfigError(f"there is no runner {name!r} yet: {guess}{begin}")
    others = [lists.runner_name(each) for each in held if each != name]
    if others and not settings.given_now("runner.name"):
        NOTE.get()(f"this is about {lists.runner_name(name)}. Also in the store: {', '.join(others)} (--runner NAME).")


def named_in(settings: Config) -> set[str]:
    """The runners whom the configuration knows by name, a coach's athletes among them."""
    return {*settings.runners, *(each.partition("=")[0] for each in settings.sources.intervals.athletes)}


def everybody(settings: Config) -> dict[str, tuple[int, datetime, datetime] | None]:
    """Everybody in the configured store, as `Store.everybody` has them; nobody where there is no store."""
    if not Store.is_there(settings.paths.store):
        return {}
    with Store.open(settings.paths.store, create=False) as store:
        return store.everybody()


def runners(settings: Config, style: Style, *, json: bool) -> Answer:
    """Everybody whom the store or the configuration file knows."""
    found = dict.fromkeys(named_in(settings)) | everybody(settings)
    rows = [lists.RunnerRow(name, *(found[name] or (0, None, None))) for name in sorted(found)]
    if json:
        return Answer.objects(map(lists.runner_record, rows))
    return Answer.laid_out(lists.runners(rows), style)


# What is said behind the error of an original that could not be read again.
_UNREAD = (
    (errors.DamagedOriginal, ". Results that rest on it alone stay as they were."),
    (errors.Fault, "; its original is kept"),
    (errors.TooLarge, "; its results stay as they were, and the next command tries again"),
    (errors.KneedriveError, "; its original is kept, and has no results. kneedrive forget {} deletes it"),
)


def derive_again(store: Store, settings: Config, progress: Counter | None = None) -> tuple[int, list[str]]:
    """Derive whatever is out of date; returns how many recordings that were, and a sentence for each unreadable one.

    These keep their originals and have no results.
    """
    unread: list[str] = []
    ready: dict[str, Derive] = {}

    def ahead(originals: Iterator[Recording]) -> Iterator[Recording]:
        for recording, known in workers.each(originals):
            ready.clear()  # only the next one is held: many of them would fill the memory
            with suppress(errors.ReadError), boundary(recording.name, quiet=True):  # `derive` will meet it too
                ready[recording.sha256] = derivation(recording, store, settings, known)
            yield recording

    def derive(recording: Recording) -> Placed:
        try:
            work = ready.get(recording.sha256) or derivation(recording, store, settings)
            return work(recording)
        except (errors.Fault, errors.TooLarge):
            raise
        except errors.ReadError as error:
            failed(recording.sha256[:ID_LENGTH], error)
            return Placed()

    def failed(own: str, error: errors.KneedriveError) -> None:
        unread.append(str(error) + next(end for kind, end in _UNREAD if isinstance(error, kind)).format(own))

    with Workers(settings) as workers, boundary("the store"):
        version = version_of(settings)
        done = store.rebuild(derive, version=version, progress=progress, ahead=ahead, guard=boundary, unread=failed)
    return done, unread


def take_in(paths: list[Path], settings: Config, how: Import, style: Style, *, json: bool) -> Answer:
    """Import files and folders: the ledger, and the commands that show what is new. A dry run writes nothing."""
    start = monotonic()
    summed = lists.ledger_of(_taken(paths, settings, how), dry_run=how.dry_run)
    code = FAILED if summed.nothing_done else PARTLY if summed.failed else OK
    if json:
        return Answer.objects([lists.ledger_record(summed)], code)
    report = lists.ledger(summed, monotonic() - start)
    if not how.dry_run and any(summed.counts.get(verdict) for verdict in BROUGHT):
        whose = typed_name(settings, everybody(settings))
        report.append(screen.tail(screen.Context(more=(f"kneedrive report{whose}", f"kneedrive weekly{whose}"))))
    return Answer.laid_out(report, style, code)


def _taken(paths: list[Path], settings: Config, how: Import) -> list[Outcome]:
    if how.dry_run and not Store.is_there(settings.paths.store):
        with passing_store() as store:
            return list(Intake(store, settings, how).collect(paths))
    found: list[Outcome] = []
    try:
        # A dry run leaves even results of an older method as they are.
        with kept(settings) if how.dry_run else opened(settings, create=True, progress=how.count) as store:
            found.extend(Intake(store, settings, how).collect(paths))
    except KeyboardInterrupt:
        if not found:
            raise KeyboardInterrupt("the same command begins anew") from None
        taken = sum(outcome.verdict in STAYS for outcome in found)  # each is stored whole or not at all
        files = "1 file is" if taken == 1 else f"{taken:,} files are"
        raise KeyboardInterrupt(f"at least {files} kept; the same command goes on from there") from None
    return found


@contextmanager
def passing_store() -> Iterator[Store]:
    """An empty store for a dry run, gone afterwards. Raises StoreError where there is no place for it."""
    from tempfile import TemporaryDirectory

    try:
        folder = TemporaryDirectory()
    except OSError as error:
        message = f"a dry run needs a folder for what is gone afterwards ({error}); name one in TMPDIR"
        raise errors.StoreError(message) from None
    with folder as place, Store.open(Path(place) / "dry" / "run.sqlite") as store:
        yield store


def typed_name(settings: Config, stored: Collection[str]) -> str:
    """The option that makes the next command be about the same runner; "" where it is about them without it.

    A name that was typed has to be typed again where the store holds other runners too. stored: everybody in it.
    """
    name = settings.runner.name
    if not name or settings.origins.get("runner.name") != "flag" or len(stored) == 1:
        return ""
    return f' --runner "{name}"' if " " in name else f" --runner {name}"


def meant(store: Store, settings: Config, spec: str, now: datetime) -> RunRow:
    """The run that a user means: last, today, yesterday, a date, or the beginning of an id."""
    moment, spec = now, spec.strip().lower()
    if spec in BACK:
        spec = (local_day(now, None, zone_of(settings)) - BACK[spec]).isoformat()
    try:
        day = date.fromisoformat(spec)
    except ValueError:
        if A_DAY.fullmatch(spec):
            raise errors.NotEnoughData(f"{spec} is no day of any calendar: write a date like 2026-05-24") from None
    else:
        # A day in winter has the offset of winter; beyond a lifetime, calendars and zones of computers end.
        if abs(day.year - now.year) < 100:
            moment = datetime.combine(day, time(12), UTC)
    return store.find(spec, zone_of(settings)(moment))


def analysis_of(
    store: Store, settings: Config, run_id: str, dynamics: str | None = None, slow_mps: float | None = None
) -> Analysis:
    """A stored run analysed from its originals. Raises NotEnoughData where they have been purged.

    One that cannot be read any more lends nothing, as where the run was put together; its error is raised where no
    other is left. dynamics: whose to judge, now, where the file holds several. slow_mps: what is slow for the runner.
    """
    there, problem = [], None
    sources = store.sources(run_id)
    for row in sources:
        try:
            recording = store.recording(row.outline.id)
            if recording is not None:
                with boundary(recording.name):
                    there += [each for each in activities_of(recording) if each.id == row.outline.id]
        except errors.TooLarge:
            raise
        except (errors.ReadError, errors.DamagedOriginal) as error:
            problem = error
    if problem and not there:
        raise problem
    if not there:
        day = f"{sources[0].outline.started_at:%Y-%m-%d}"
        raise errors.NotEnoughData(
            f"Strava's answer about {run_id} was kept for 7 days only, its results are in kneedrive runs and weekly; "
            f"'kneedrive sync strava --full --since {day}' fetches it again"
        )
    with boundary(run_id):
        return analysed(there, settings, dynamics, slow_mps)[1]


def rebuild(settings: Config, progress: Counter | None) -> Answer:
    """Derive everything again from the originals, whatever version it has."""
    with kept(settings) as store:
        store.outdate()
        done, unread = derive_again(store, settings, progress)
    trouble = "\n".join(f"kneedrive: {each}" for each in unread)
    return Answer(text=f"{done} recordings derived again.", trouble=trouble, code=PARTLY if unread else OK)


def split(settings: Config, spec: str, now: datetime) -> Answer:
    """Take a merged run apart for good."""
    with opened(settings) as store:
        row = meant(store, settings, spec, now)
        if row.recordings < 2:
            raise errors.StoreError(f"{row.id} is made of one recording; there is nothing to take apart")
        ids = store.split(row.id)
        derive_again(store, settings)
    return Answer(text=f"{row.id} is now {len(ids)} runs: {', '.join(ids)}. They will not be merged again.")


def forget(settings: Config, spec: str, now: datetime, confirm: Callable[[str], bool]) -> Answer:
    """Delete a run with its originals, for good; or an original of which no run could be made, by its id."""
    delete: Callable[[], object]
    with opened(settings) as store:
        try:
            row = meant(store, settings, spec, now)
        except errors.NotEnoughData:
            found = store.without_run(spec.strip().lower())
            if len(found) != 1:
                raise
            own, delete = found[0][:ID_LENGTH], partial(store.forget_original, found[0])
            what = f"the original recording {own}, of which no run was made,"
        else:
            own, delete = row.id, partial(store.forget, row.id)
            day = local_day(row.started_at, row.utc_offset_s, zone_of(settings))
            count = "its original recording" if row.recordings == 1 else f"its {row.recordings} original recordings"
            what = f"{own} of {day} and {count}"
        if not confirm(f"Delete {what} from the store?"):
            return Answer(trouble="Nothing was deleted.", code=FAILED)
        held = still_held(delete)
        derive_again(store, settings)
    text = f"{own} is deleted. No import or sync brings it back, except kneedrive import --again with its file."
    return Answer(text=text, trouble=held, code=PARTLY if held else OK)


def still_held(delete: Callable[[], object]) -> str:
    """Delete; what has to be said where another process keeps the old content in the file, "" where none does."""
    try:
        delete()
    except errors.StillHeld as error:
        return f"kneedrive: {error}"
    return ""


def purge(settings: Config, confirm: Callable[[str], bool], environment: Mapping[str, str]) -> Answer:
    """Delete every run of every runner, and the log of faults."""
    log = fault_log.there(environment)
    if log and not Store.is_there(settings.paths.store):
        if not confirm(f"There are no runs. Delete the log of faults {numbers.path(log)}?"):
            return Answer(trouble="Nothing was deleted.", code=FAILED)
        fault_log.delete(environment)
        return Answer(text="There were no runs; the log of faults is deleted.")
    with kept(settings, whole=True) as store:
        if not confirm(f"Delete every run in {numbers.path(store.path)}, with the originals?"):
            return Answer(trouble="Nothing was deleted.", code=FAILED)
        held = still_held(store.purge_all)
    fault_log.delete(environment)  # it names recordings
    if held:
        later = "once that program has ended, 'kneedrive purge --all' gives the space back."
        return Answer(trouble=f"{held}\nThe file stays as large as it was: {later}", code=PARTLY)
    return Answer(text="The store is empty.")


def backup(settings: Config, target: Path, *, force: bool = False) -> Answer:
    """Copy the whole store while others may use it. force: also over a file that is no backup."""
    app.spare(target, settings)
    with kept(settings, whole=True) as store:
        store.backup(target, force=force)
    return Answer(text=f"Copied to {target}.")


# Lists from the store as text, JSON lines or CSV.


def write_csv(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write one table; returns its number of rows."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the last count is the result
        writer.writerow([cell(value) for value in row])
    return count


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The same as text, for the terminal."""
    out = io.StringIO()
    write_csv(out, columns, rows)
    return out.getvalue().rstrip("\n")


def run_cells(rows: Iterable[RunRow]) -> Iterator[list[Any]]:
    """What a table holds of each run: the columns of lists.CSV_COLUMNS."""
    for record in map(lists.run_record, rows):
        yield [record[key] for key in lists.CSV_COLUMNS]


def runs(settings: Config, since: date | datetime | None, form: Form, style: Style) -> Answer:
    """The stored runs, oldest first. since: a local day, or a moment."""
    zone = zone_of(settings)
    with opened(settings) as store:
        if since is None or isinstance(since, datetime):
            rows = store.runs(since=since)
        else:
            near = store.runs(since=datetime.combine(since, time(), UTC) - timedelta(days=1))
            rows = [row for row in near if local_day(row.started_at, row.utc_offset_s, zone) >= since]
        none = "no runs in that time" if since and store.runs() else NO_RUNS
    if not rows and form is Form.TEXT:
        raise errors.NotEnoughData(none)
    if form is Form.JSON:
        return Answer.objects(map(lists.run_record, rows))
    if form is Form.CSV:
        return Answer(text=csv_text(lists.CSV_COLUMNS, run_cells(rows)))
    return Answer.laid_out(lists.runs(rows, zone, miles=style.miles), style)


def tag(settings: Config, day: date, text: str, *, remove: bool) -> Answer:
    """Set a tag, or take it back: the only one of the day needs no text. Raises NotEnoughData where there is none."""
    with opened(settings, create=True) as store:
        if not remove:
            store.tag(day, text)
            return Answer(text=f"Tagged {day}: {text}. kneedrive compare --tag {day} shows what changed since.")
        there = [each.text for each in store.tags() if each.day == day.isoformat()]
        if not text and len(there) > 1:
            listed = ", ".join(map(repr, there))
            raise errors.NotEnoughData(f"{day} has {len(there)} tags ({listed}): say which of them to take back")
        meant = text or "".join(there)
        if not meant or not store.untag(day, meant):
            which = f"tag {meant!r}" if meant else "tag"
            raise errors.NotEnoughData(f"there is no {which} on {day}; kneedrive tags lists them")
    return Answer(text=f"Took back {day}: {meant}.")


def tags(settings: Config, style: Style, *, json: bool) -> Answer:
    """All tags by day."""
    rows: list[Tag] = []
    if Store.is_there(settings.paths.store):
        with kept(settings) as store:
            rows = store.tags()
    if json:
        return Answer.objects({"schema_version": 1, "day": row.day, "text": row.text} for row in rows)
    return Answer.laid_out(lists.tags(rows), style)
