"""Files into the store: what a recording means, by itself and beside its neighbours, and what became of each file."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kneedrive import archives, readers
from kneedrive.analysis import analyze
from kneedrive.analysis.provenance import Provenance, choose, provenance
from kneedrive.app import Counter, dynamics_of, runner_in
from kneedrive.app.boundary import boundary
from kneedrive.app.workers import Lost, Processes, cores, each
from kneedrive.archives.unpack import Limits
from kneedrive.config import BODY, Config
from kneedrive.errors import DamagedOriginal, NoActivity, ReadError, TooLarge, UnknownFormat
from kneedrive.histories import merge
from kneedrive.method import Method
from kneedrive.readers import with_sport
from kneedrive.record import Record
from kneedrive.recording import Activity, NoteCode, Outline, Recording, Samples, frozen
from kneedrive.report.lists import Fate
from kneedrive.report.machine import analysis_record
from kneedrive.store import Store
from kneedrive.store.rows import Derive, Kept, NewActivity, NewRun, Origin, Placed

if TYPE_CHECKING:
    from kneedrive.analysis.result import Analysis
    from kneedrive.archives.unpack import Found

# What a recording means: its activities, the runs they are part of, and the analysis of each. Joins the rooms.

METHOD = Method()
SCHEMA = 2  # of what is derived; goes up when the stored tables need other contents from the same method
VERSION = f"{METHOD.version}.{SCHEMA}"
BESIDES = ("channels", "activity")  # parts of the record that the store's own columns hold


class Contents(Record, frozen=True, kw_only=True):
    """What a recording says by itself, whatever else is stored."""

    rows: tuple[NewActivity, ...]  # its sessions
    runs: Mapping[str, NewRun]  # what each running session is when nothing joins it, by id
    sessions: Mapping[str, Activity] = {}  # with their samples; empty where they were left behind in another process


class Neighbours(Record, frozen=True, kw_only=True):
    """What a store holds around the runs of a recording, without the recording's own."""

    near: Mapping[str, Outline]  # runs by id that may be the same
    kept: frozenset[str]  # those of them whose originals are stored
    apart: frozenset[frozenset[str]]  # pairs that the runner split
    together: frozenset[tuple[str, ...]]  # runs, as the ids of their activities
    forgotten: frozenset[str]  # sessions of the recording that are not to come back


def version_of(settings: Config) -> str:
    """The version of results: of the method, and of what the runner says about themselves, since results follow it."""
    said = [settings[key] for key in BODY]
    if all(each is None for each in said):
        return VERSION
    return f"{VERSION} {hashlib.sha256(json.dumps(said).encode()).hexdigest()[:8]}"


def activities_of(recording: Recording) -> tuple[Activity, ...]:
    """The sessions of a recording of any format that the store keeps. Raises ReadError."""
    return tuple(with_sport(each, recording.sport) for each in readers.read(recording.body, recording.name))


def contents_of(recording: Recording, settings: Config) -> Contents:
    """Read and analyse a recording by itself; the costly part of an import. Raises ReadError."""
    found = activities_of(recording)
    rows = []
    for session in found:
        word, compared = _sensor_of(session, settings).word, merge.outline(session)
        rows.append(NewActivity(activity=session, outline=compared, provenance=word, is_run=session.is_run))
    runs = {each.id: run_of((each,), (each.id,), {}, settings) for each in found if each.is_run}
    return Contents(rows=tuple(rows), runs=runs, sessions={each.id: each for each in found})


def analysed(
    activities: Sequence[Activity], settings: Config, dynamics: str | None = None, slow_mps: float | None = None
) -> tuple[merge.Merged, Analysis]:
    """The activities of one run as one, and what it comes to. What a sensor may say decides which of them leads.

    slow_mps: what is slow for the runner, where the weeks around the run are known.
    """
    standing = {each.id: len(_sensor_of(each, settings).reference.scores) for each in activities}
    merged = merge.merge(activities, standing)
    run = merged.activity
    chosen = dynamics_of(settings, run, dynamics)
    runner = runner_in(settings, run.started_at.year)
    return merged, analyze(run, runner=runner, dynamics=chosen, slow_mps=slow_mps)


def _sensor_of(activity: Activity, settings: Config) -> Provenance:
    return provenance(activity, choose(activity, dynamics_of(settings, activity)))


def run_of(
    activities: Sequence[Activity], members: tuple[str, ...], outlines: Mapping[str, Outline], settings: Config
) -> NewRun:
    """The run that these activities are; members without bytes lend nothing and have an outline only."""
    merged, analysis = analysed(activities, settings)
    record = analysis_record(analysis)
    lead = merged.activity.id
    return NewRun(
        analysis=analysis,
        members=members,
        sources=merged.sources,
        verdicts={key: merge.alike(outlines[lead], outlines[key]).verdict for key in members if key != lead},
        detail=json.dumps({key: value for key, value in record.items() if key not in BESIDES}, allow_nan=False),
    )


def derivation(
    recording: Recording, store: Store, settings: Config, known: Contents | None = None, *, forgotten: bool = False
) -> Derive:
    """Work out what a recording means before the store's lock is taken. Raises ReadError.

    What is returned is for inside of the lock, and works anew only where another process has changed the neighbours in
    between. known: what was worked out elsewhere. forgotten: also what the runner made kneedrive forget.
    """
    contents = known or contents_of(recording, settings)
    look = partial(_neighbours, recording, contents, store, forgotten=forgotten)
    before = look()
    placed = _build(recording, contents, before, store, settings)

    def derive(_: Recording) -> Placed:
        now = look()
        return placed if now == before else _build(recording, contents, now, store, settings)

    return derive


def _neighbours(recording: Recording, known: Contents, store: Store, *, forgotten: bool) -> Neighbours:
    gone = frozenset() if forgotten else store.forgotten(recording.sha256)
    own = {row.activity.id: row.outline for row in known.rows if row.is_run and row.activity.id not in gone}
    near = {each.id: each for outline in own.values() for each in store.near(outline, METHOD.merge.start_s)}
    near = {key: each for key, each in near.items() if key not in own}
    return Neighbours(
        near=near,
        # An answer of a service whose bytes have been purged stays a member, and no longer lends anything.
        kept=frozenset(filter(store.keeps, near)),
        apart=store.apart(near | own),
        # A rebuild works ahead while its own old run is still there.
        together=frozenset(members for members in store.together(near) if own.keys().isdisjoint(members)),
        forgotten=gone,
    )


def _build(recording: Recording, known: Contents, around: Neighbours, store: Store, settings: Config) -> Placed:
    """The activities of a recording, and every run that is new or different because of them."""
    rows = tuple(row for row in known.rows if row.activity.id not in around.forgotten)
    outlines = {**around.near, **{row.activity.id: row.outline for row in rows if row.is_run}}
    own = {row.activity.id for row in rows}
    runs = []
    for members in merge.groups(outlines.values(), around.apart):
        if len(members) == 1 and members[0] in known.runs:
            runs.append(known.runs[members[0]])
        elif members not in around.together:
            kept = (key for key in members if key in own or key in around.kept)
            read = (known.sessions.get(key) or _session(key, recording if key in own else None, store) for key in kept)
            activities = tuple(each for each in read if each is not None)
            if activities:  # else no original of theirs can be read any more
                runs.append(run_of(activities, members, outlines, settings))
    return Placed(activities=rows, runs=tuple(runs))


def _session(key: str, recording: Recording | None, store: Store) -> Activity | None:
    """A member with its samples, of its recording or the one that is stored; None if that cannot be read any more."""
    try:
        if recording := recording or store.recording(key):
            with boundary(recording.name):
                return next((each for each in activities_of(recording) if each.id == key), None)
    except TooLarge:
        raise  # a run without what the member could lend another time would stay so
    except (ReadError, DamagedOriginal):
        pass
    return None


# The costly part of many recordings, worked out ahead by other processes: reading and analysing a recording by itself
# needs nothing but its bytes and what the runner says about themselves.

T = TypeVar("T")
FEW = 24  # so many stay here before other processes are asked: each costs a fifth of a second to start
MOST_PROCESSES = 4  # one process writes; it keeps about four busy
MOST_LOST = 3  # recordings that ended their process twice; then something ends them all, and this one goes on alone
LARGE_BYTES = 4 << 20  # larger ones stay here, so that what is in hand stays small


class Workers(Processes):
    """Processes that work ahead of whoever takes the results. Use it in `with`: it ends them.

    settings: only what the runner says about themselves leaves this process. processes: None for one a core.
    """

    def __init__(self, settings: Config, *, processes: int | None = None) -> None:
        super().__init__(min(processes or cores(), MOST_PROCESSES))
        self.work: Callable[[Any], Contents | None] = partial(_compact, Config(runner=settings.runner))
        # Where signals cannot be kept from a child, Ctrl-C would make each of them speak.
        self._several = self.processes > 1 and hasattr(signal, "pthread_sigmask")
        self._given = self._lost = 0
        self._stays = True  # the last recording that was given stays here

    def each(self, jobs: Iterable[T]) -> Iterator[tuple[T, Contents | None]]:
        """What each recording says by itself beside it, in the order given. Jobs are taken some way ahead.

        None for what is no recording, and where whoever takes the result has to work it out: for one that stays here,
        cannot be read, or was lost.
        """
        for job, known in each(self.work, jobs, self):
            self._lost += isinstance(known, Lost)
            yield job, None if isinstance(known, Lost) else known

    def submit(self, function: Callable[[Any], Any], job: Any) -> Future[Any]:
        """Hand over a job, unless there is nothing to do or it stays here: then its result is None."""
        (looked,) = job
        if isinstance(looked, Recording):
            self._given += 1
            early = self._given < FEW or self._lost > MOST_LOST
            self._stays = early or not self._several or len(looked.body) > LARGE_BYTES
            if not self._stays:
                return super().submit(function, job)
        nothing: Future[Any] = Future()
        nothing.set_result([None])
        return nothing

    def ahead(self) -> int:
        """None while they stay here: a large one is not held while others wait."""
        return 0 if self._stays else super().ahead()


def _compact(settings: Config, recording: Recording) -> Contents | None:
    """In another process: the contents without samples, a few kilobytes to send back; None if they cannot be read."""
    bare = {"samples": Samples(time_s=frozen([])), "alternatives": {}, "laps": (), "pauses": (), "sensors": ()}
    with suppress(ReadError), boundary(recording.name, quiet=True):
        found = contents_of(recording, settings)
        analyses = {key: run.analysis for key, run in found.runs.items()}
        analyses = {key: each.replace(activity=each.activity.replace(**bare)) for key, each in analyses.items()}
        return Contents(
            rows=tuple(row.replace(activity=row.activity.replace(**bare)) for row in found.rows),
            runs={key: run.replace(analysis=analyses[key]) for key, run in found.runs.items()},
        )
    return None  # whoever reads them again will say why


# Files and folders into the store: one outcome per file, and one bad file never stops the rest.

FILE = Origin(source="file")
GUARDED, COUNTED = (Limits(guard=guard) for guard in (boundary, partial(boundary, quiet=True)))
DELETED = "deleted by you (import --again takes it back)"
CUT = (NoteCode.TRUNCATED, NoteCode.DAMAGED)  # codes of the notes of files whose end is missing or cannot be read


class Outcome(Record, frozen=True, kw_only=True):
    """What became of one file."""

    name: str
    verdict: Fate
    dynamics: bool = True  # contact time or oscillation was measured
    reason: str = ""  # why it was skipped or failed
    later: bool = False  # it failed for want of memory, and is to be tried again
    foreign: bool = False  # it is of no kind that is read here
    cut: str = ""  # where reading a file stopped that was taken in as far as it goes
    runs: tuple[str, ...] = ()  # ids of what it made
    beside: tuple[str, ...] = ()  # ids of stored runs that overlap and are not alike


class Import(Record, frozen=True, kw_only=True):
    """How to import. again: also what the runner made kneedrive forget. count(done, total): called for each file."""

    origin: Origin = FILE
    dry_run: bool = False
    again: bool = False
    count: Counter | None = None


class Intake:
    """Files on their way into a store. A dry run stores nothing, so it remembers what it has met."""

    def __init__(self, store: Store, settings: Config, how: Import) -> None:
        self._store = store
        self._settings = settings
        self._how = how
        self._hashes: set[str] = set()
        self._outlines: list[Outline] = []

    def collect(self, paths: Sequence[Path]) -> Iterator[Outcome]:
        """Every file under these paths, in a stable order."""
        with Workers(self._settings) as workers:
            for looked, known in workers.each(self._jobs(paths)):
                yield looked if isinstance(looked, Outcome) else self._settled(looked, known)

    def _jobs(self, paths: Sequence[Path]) -> Iterator[Outcome | Recording]:
        count = self._how.count
        total = sum(not found.skipped for found in archives.walk(paths, COUNTED)) if count else 0
        done = 0
        for found in archives.walk(paths, GUARDED):
            yield self._looked_at(found)
            if count and not found.skipped:
                done += 1
                count(done, total)

    def take(self, found: Found) -> Outcome:
        """One file of a walk."""
        looked = self._looked_at(found)
        return looked if isinstance(looked, Outcome) else self._settled(looked, None)

    def _looked_at(self, found: Found) -> Outcome | Recording:
        """The bytes of a file, or the outcome where they are not needed: skipped, unreadable, stored or deleted."""
        if found.skipped:
            return Outcome(name=found.name, verdict=Fate.SKIPPED, reason=archives.SKIPPED[found.skipped])
        try:
            with boundary(found.name):
                recording = recorded(found.read(), found.name, found.sport)
        except ReadError as error:
            return refused(found.name, error)
        deleted = bool(self._store.forgotten(recording.sha256))
        if self._store.holds(recording.sha256):
            learns = bool(recording.sport) and self._store.unnamed(recording.sha256)
            wanted = learns or (deleted and self._how.again)
            return recording if wanted else Outcome(name=found.name, verdict=Fate.ALREADY_THERE)
        if deleted and not self._how.again:
            return Outcome(name=found.name, verdict=Fate.SKIPPED, reason=DELETED)
        return recording

    def _settled(self, recording: Recording, known: Contents | None) -> Outcome:
        how = self._how
        try:
            with boundary(recording.name):
                if how.dry_run:
                    return self._rehearsed(recording, known)
                return keep(recording, how.origin, self._store, self._settings, known=known, again=how.again)
        except ReadError as error:
            return refused(recording.name, error)

    def _rehearsed(self, recording: Recording, known: Contents | None) -> Outcome:
        """What would become of a recording, after those that were met before. Raises ReadError."""
        if recording.sha256 in self._hashes:
            return Outcome(name=recording.name, verdict=Fate.ALREADY_THERE)
        self._hashes.add(recording.sha256)
        derive = derivation(recording, self._store, self._settings, known, forgotten=self._how.again)
        placed = derive(recording)
        own = [row.outline for row in placed.activities if row.is_run]
        joins = any(merge.alike(*pair).verdict == merge.Alike.SAME for pair in product(own, self._outlines))
        self._outlines += own
        found = _outcome(recording.name, placed, self._store)
        return found.replace(verdict=Fate.MERGED) if joins and found.verdict == Fate.ADDED else found


def recorded(body: bytes, name: str, sport: str = "") -> Recording:
    """The bytes with their identity. Raises UnknownFormat for what is not read, ReadError for an answer of Strava's.

    sport: what an export's own list says. FIT files know it themselves.
    """
    kind = readers.sniff(body)
    if kind == readers.Kind.STRAVA:
        anew = "kept for a few days only: kneedrive sync strava fetches it anew"
        raise ReadError(f"is an answer of Strava's, {anew}", name=name)
    if kind not in readers.FILES:
        readers.read(body, name)  # raises, with the sentence that fits
    listed = sport if kind != readers.Kind.FIT else ""
    spelled = name.encode("utf-8", "backslashreplace").decode()  # bytes that are no text cannot be stored as a name
    return Recording(sha256=hashlib.sha256(body).hexdigest(), format=kind, name=spelled, body=body, sport=listed)


def refused(name: str, error: ReadError) -> Outcome:
    """The outcome of what cannot be read, or holds no activity."""
    if isinstance(error, NoActivity):
        return Outcome(name=name, verdict=Fate.SKIPPED, reason=error.problem)
    later, foreign = isinstance(error, TooLarge), isinstance(error, UnknownFormat)
    return Outcome(name=name, verdict=Fate.FAILED, reason=error.located, later=later, foreign=foreign)


def keep(
    recording: Recording,
    origin: Origin,
    store: Store,
    settings: Config,
    *,
    known: Contents | None = None,
    again: bool = False,
) -> Outcome:
    """Store one recording and what it means, in one transaction. Raises ReadError, with nothing stored.

    known: what was worked out elsewhere. again: also where the runner made kneedrive forget it.
    """
    work = partial(derivation, recording, store, settings, known, forgotten=again)
    ready = None if store.holds(recording.sha256) else work()
    placed: list[Placed] = []

    def derive(_: Recording) -> Placed:
        placed.append((ready or work())(recording))
        return placed[-1]

    verdict = store.add(recording, origin, derive, version=version_of(settings), again=again)
    back = again and verdict is Kept.HELD
    if placed and (back or verdict in (Kept.ADDED, Kept.UPDATED, Kept.RESTORED)):
        return _outcome(recording.name, placed[-1], store, updated=verdict is Kept.UPDATED)
    return Outcome(name=recording.name, verdict=Fate.FORGOTTEN if verdict is Kept.FORGOTTEN else Fate.ALREADY_THERE)


def _outcome(name: str, placed: Placed, store: Store, *, updated: bool = False) -> Outcome:
    # What a file says about its own missing end.
    cuts = [note for row in placed.activities for note in row.activity.notes if note.code in CUT]
    cut = next((f"{note.text} (at byte {note.offset:,})" if note.offset else note.text for note in cuts), "")
    outlines = [row.outline for row in placed.activities if row.is_run]
    if not outlines:
        sports = ", ".join(sorted({row.activity.sport for row in placed.activities})) or "nothing"
        return Outcome(name=name, verdict=Fate.NOT_A_RUN, reason=sports, cut=cut)
    own = {row.activity.id for row in placed.activities}
    merged = any(len(run.members) > 1 and own & set(run.members) for run in placed.runs)
    beside: set[str] = set()  # runs that overlap one of these in time and are not alike: perhaps somebody else's file
    for run in outlines:
        near = store.overlapping(run)
        pairs = merge.strangers([run, *near], store.apart([run.id, *(other.id for other in near)]))
        beside |= {other for a, b, _ in pairs if run.id in (a, b) for other in (a, b)} - {run.id}
    return Outcome(
        name=name,
        verdict=Fate.MERGED if merged else Fate.UPDATED if updated else Fate.ADDED,
        cut=cut,
        dynamics=any(each.dynamics for each in outlines),
        runs=tuple(run.analysis.activity.id for run in placed.runs),
        beside=tuple(sorted(beside)),
    )
