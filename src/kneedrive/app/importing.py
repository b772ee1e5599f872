"""Files and folders into the store: what a recording means, worked out ahead by processes, one outcome per file."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kneedrive import archives, readers
from kneedrive.analysis import analyze
from kneedrive.analysis.provenance import Provenance, choose, provenance
from kneedrive.app import dynamics_of, runner_of
from kneedrive.app.boundary import boundary
from kneedrive.archives.unpack import Limits
from kneedrive.config import BODY
from kneedrive.errors import DamagedOriginal, Fault, NoActivity, ReadError, TooLarge, UnknownFormat
from kneedrive.history import merge
from kneedrive.method import Method
from kneedrive.readers.sports import with_sport
from kneedrive.record import Record
from kneedrive.recording import Activity, Outline, Recording, Samples, frozen
from kneedrive.report.machine import analysis_record
from kneedrive.store import ID_LENGTH, Store
from kneedrive.store.rows import NewActivity, NewRun, Origin, Placed

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from kneedrive.analysis.result import Analysis
    from kneedrive.archives.unpack import Found
    from kneedrive.config import Config

# What a recording means: its activities, the runs they are part of, and the analysis of each. Joins the rooms.

METHOD = Method()
SCHEMA = 1  # of what is derived; goes up when the stored tables need other contents from the same method
VERSION = f"{METHOD.version}.{SCHEMA}"
BESIDES = ("channels", "activity")  # parts of the record that the store's own columns hold


class Alone(Record, frozen=True, kw_only=True):
    """What a recording says by itself, whatever else is stored.

    rows: its sessions. runs: what each running session is when nothing joins it, by id. sessions: the activities with
    their samples; empty where they were left behind in another process.
    """

    rows: tuple[NewActivity, ...]
    runs: Mapping[str, NewRun]
    sessions: Mapping[str, Activity] = {}


def version_of(settings: Config) -> str:
    """The version of results: of the method, and of what the runner says about themselves, since results follow it."""
    said = [settings[key] for key in BODY]
    if said == [None] * len(BODY):
        return VERSION
    return f"{VERSION} {hashlib.sha256(json.dumps(said).encode()).hexdigest()[:8]}"


def activities_of(recording: Recording) -> tuple[Activity, ...]:
    """The sessions of a recording of any format that the store keeps. Raises ReadError."""
    found = readers.read(recording.body, recording.name)
    return tuple(with_sport(each, recording.sport) for each in found) if recording.sport else found


def alone(recording: Recording, settings: Config) -> Alone:
    """Read and analyse a recording by itself; the costly part of an import. Raises ReadError."""
    found = activities_of(recording)
    rows = tuple(
        NewActivity(
            activity=each, outline=merge.outline(each), provenance=sensor_of(each, settings).word, is_run=each.is_run
        )
        for each in found
    )
    runs = {each.id: run_of((each,), (each.id,), {}, settings) for each in found if each.is_run}
    return Alone(rows=rows, runs=runs, sessions={each.id: each for each in found})


def analysed(there: Sequence[Activity], settings: Config, dynamics: str | None = None) -> tuple[merge.Merged, Analysis]:
    """The activities of one run as one, and what it comes to. What a sensor may say decides which of them leads."""
    standing = {each.id: len(sensor_of(each, settings).reference.scores) for each in there}
    merged = merge.merge(there, standing)
    run = merged.activity
    return merged, analyze(run, runner=runner_of(settings, run), dynamics=dynamics_of(settings, run, dynamics))


def run_of(
    there: tuple[Activity, ...], members: tuple[str, ...], outlines: Mapping[str, Outline], settings: Config
) -> NewRun:
    """The run that these activities are; members without bytes lend nothing and have an outline only."""
    merged, analysis = analysed(there, settings)
    record = analysis_record(analysis)
    others = [key for key in members if key != merged.activity.id]
    return NewRun(
        analysis=analysis,
        members=members,
        sources=merged.sources,
        verdicts={key: merge.alike(outlines[merged.activity.id], outlines[key]).verdict for key in others},
        detail=json.dumps({key: value for key, value in record.items() if key not in BESIDES}, allow_nan=False),
    )


class Unread(Record, frozen=True, kw_only=True):
    """An original that a rebuild could not read, by its id and why; str() is the sentence."""

    id: str
    error: DamagedOriginal | ReadError

    def __str__(self) -> str:
        if isinstance(self.error, DamagedOriginal):
            return f"{self.error}. Results that rest on it alone stay as they were."
        if isinstance(self.error, Fault):
            return f"{self.error}; its original is kept"
        if isinstance(self.error, TooLarge):
            return f"{self.error}; its results stay as they were, and the next command tries again"
        return f"{self.error}; its original is kept, and has no results. kneedrive forget {self.id} deletes it"


class Deriver:
    """Derives what the store keeps, looking up in the store what else the run may be made of.

    `ready` does the work before the store's lock is taken; called inside, the deriver only asks the store whether
    that work still fits, and does anew what another process has changed in between. forgotten: also what the runner
    made kneedrive forget.
    """

    def __init__(self, store: Store, settings: Config, *, forgotten: bool = False) -> None:
        self._forgotten = forgotten
        self._store = store
        self._settings = settings
        self.version = version_of(settings)
        self.remade = 0  # recordings, by `again`
        self.unread: list[Unread] = []  # of these, and those that the store told `damaged` of
        self._given_up: set[str] = set()
        self._own: tuple[Recording, Alone] | None = None
        self._merged: dict[tuple[tuple[str, ...], tuple[str, ...]], NewRun] = {}

    def given(self, recording: Recording, known: Alone | None) -> None:
        """Take what was worked out elsewhere of the recording that comes next; None: nothing was."""
        self._own = (recording, known) if known else None

    def ready(self, recording: Recording) -> None:
        """Work out what this recording means now. Raises ReadError."""
        self._merged.clear()
        self(recording)

    def __call__(self, recording: Recording) -> Placed:
        """The activities of a recording, and every run that is new or different because of them. Raises ReadError."""
        known = self._alone(recording)
        gone = frozenset() if self._forgotten else self._store.forgotten(recording.sha256)
        rows = tuple(row for row in known.rows if row.activity.id not in gone)
        return Placed(activities=rows, runs=tuple(self._runs([row.outline for row in rows if row.is_run], known)))

    def ahead(self, found: Iterable[tuple[Recording, Alone | None]]) -> Iterator[Recording]:
        """For a rebuild: each recording, once what it means now is worked out."""
        for recording, known in found:
            self.given(recording, known)
            with suppress(ReadError), boundary(recording.name, quiet=True):  # `again` will meet it too
                self.ready(recording)
            yield recording

    def again(self, recording: Recording) -> Placed:
        """The same for a rebuild: what cannot be read any more keeps its original and has no results.

        Raises Fault and TooLarge, after which the old results should stay: the file may be well.
        """
        if recording.sha256 in self._given_up:
            raise Fault(name=recording.name)
        try:
            with boundary(recording.name):
                placed = self(recording)
        except ReadError as error:
            self.unread.append(Unread(id=recording.sha256[:ID_LENGTH], error=error))
            if isinstance(error, Fault | TooLarge):
                raise
            placed = Placed()
        self.remade += 1
        return placed

    def damaged(self, error: DamagedOriginal) -> None:
        """Take note of an original whose bytes the store cannot give any more."""
        self.unread.append(Unread(id=error.id, error=error))

    def give_up(self, fault: Fault) -> None:
        """Have `again` make nothing of the recording in hand: the store failed on what it came to.

        Raises the fault where that was done before, so that it lies elsewhere.
        """
        if self._own is None or self._own[0].sha256 in self._given_up:
            raise fault
        recording = self._own[0]
        self.remade -= 1
        self._given_up.add(recording.sha256)
        self.unread.append(Unread(id=recording.sha256[:ID_LENGTH], error=Fault(name=recording.name)))

    def strangers(self, placed: Placed) -> tuple[str, ...]:
        """Ids of stored runs that overlap one of these in time and are not alike: perhaps somebody else's file."""
        found: set[str] = set()
        for own in (row.outline for row in placed.activities if row.is_run):
            near = self._store.overlapping(own)
            pairs = merge.strangers([own, *near], self._store.apart([own.id, *(each.id for each in near)]))
            found |= {other for a, b, _ in pairs if own.id in (a, b) for other in (a, b)} - {own.id}
        return tuple(sorted(found))

    def _alone(self, recording: Recording) -> Alone:
        if self._own is None or self._own[0].sha256 != recording.sha256 or self._own[0].sport != recording.sport:
            self._own = (recording, alone(recording, self._settings))
        return self._own[1]

    def _runs(self, new: Iterable[Outline], known: Alone) -> Iterable[NewRun]:
        outlines = {own.id: own for own in new}
        near = {each.id: each for own in outlines.values() for each in self._store.near(own, METHOD.merge.start_s)}
        before = self._store.together(set(near) - set(outlines))
        around = near | outlines
        for members in merge.groups(around.values(), self._store.apart(around)):
            # A rebuild works ahead while its own old run is still there.
            if members not in before or not outlines.keys().isdisjoint(members):
                run = self._run(members, known, around)
                if run is not None:
                    yield run

    def _run(self, members: tuple[str, ...], known: Alone, outlines: Mapping[str, Outline]) -> NewRun | None:
        """What these are as one run; None where no original of theirs can be read any more."""
        if len(members) == 1 and members[0] in known.runs:
            return known.runs[members[0]]
        own = {row.activity.id for row in known.rows}
        # An answer of a service whose bytes have been purged stays a member, and no longer lends anything.
        kept = tuple(key for key in members if key in own or self._store.keeps(key))
        if (members, kept) not in self._merged:
            found = (self._session(key, known, own=key in own) for key in kept)
            there = tuple(each for each in found if each is not None)
            if not there:
                return None
            self._merged[members, kept] = run_of(there, members, outlines, self._settings)
        return self._merged[members, kept]

    def _session(self, key: str, known: Alone, *, own: bool) -> Activity | None:
        """A member with its samples. A neighbour whose original cannot be read any more lends nothing.

        Raises TooLarge: a run without what a neighbour could lend another time would stay so.
        """
        if own and key in known.sessions:
            return known.sessions[key]
        try:
            recording = self._own[0] if own and self._own else self._store.recording(key)
            if recording is not None:
                with boundary(recording.name):
                    return next((each for each in activities_of(recording) if each.id == key), None)
        except TooLarge:
            raise
        except (ReadError, DamagedOriginal):
            pass
        return None


def sensor_of(activity: Activity, settings: Config) -> Provenance:
    """The sensor class of the dynamics of an activity that are judged."""
    return provenance(activity, choose(activity, dynamics_of(settings, activity)))


# The costly part of many recordings, worked out ahead and in order; by several processes where there are many.
#
# Reading and analysing a recording by itself needs nothing but its bytes and what the runner says about themselves.


T = TypeVar("T")
FEW = 24  # so many are done before other processes are asked: each costs a fifth of a second to start
MOST_PROCESSES = 4  # one process writes; it keeps about four busy
LARGE_BYTES = 4 << 20  # larger ones stay here, so that what is in hand stays small
_NOTHING = Samples(time_s=frozen([]))


class _Job:
    """A recording in hand. worker: who works on it, None where `found` is the result."""

    def __init__(self, recording: Recording | None) -> None:
        self.recording = recording
        self.worker: _Worker | None = None
        self.found: Alone | None = None


class _Worker:
    """Another process that works on one recording at a time, so that neither side ever waits for the other to read."""

    def __init__(self, settings: Config) -> None:
        from multiprocessing import get_context, resource_tracker

        resource_tracker.ensure_running()  # would let Ctrl-C through again if it were started below
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_work, args=(theirs, settings), daemon=True)
        self.job: _Job | None = None
        with _uninterrupted():  # a process that starts here inherits that Ctrl-C is not for it
            self._process.start()
        theirs.close()  # theirs alone: where one side ends, the other is told

    def begin(self, job: _Job) -> None:
        """Hand over a job. Raises OSError where the process has ended."""
        self._pipe.send(job.recording)
        self.job, job.worker = job, self

    def finish(self) -> None:
        """Wait for the result of the job in hand, if there is one. Raises EOFError, OSError as above."""
        if self.job is not None:
            self.job.found = self._pipe.recv()
            self.job.worker = None
            self.job = None

    def end(self) -> None:
        """It holds nothing that could be lost."""
        self._pipe.close()
        self._process.terminate()
        self._process.join()


class Ahead:
    """Works ahead of whoever takes the results. Use it in `with`: it ends its processes.

    settings: only what the runner says about themselves leaves this process. processes: None for one a core.
    """

    def __init__(self, settings: Config, *, processes: int | None = None) -> None:
        self._settings = settings.replace(
            values={key: settings[key] for key in (*BODY, "runner.name")}, origins={}, file=Path()
        )
        self._processes = min(_cores() if processes is None else processes, MOST_PROCESSES)
        self._workers: deque[_Worker] = deque()
        self._done = 0

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def each(self, jobs: Iterable[tuple[T, Recording | None]]) -> Iterator[tuple[T, Alone | None]]:
        """What each recording says by itself beside its ticket, in the order given. Jobs are taken some way ahead.

        None for a job without a recording, and for one that cannot be read: whoever reads it again will say why.
        """
        waiting: deque[tuple[T, _Job]] = deque()
        for ticket, recording in jobs:
            job = _Job(recording)
            self._begin(job)
            waiting.append((ticket, job))
            while len(waiting) > len(self._workers):
                first, begun = waiting.popleft()
                yield first, self._finished(begun)
        for last, begun in waiting:
            yield last, self._finished(begun)

    def _begin(self, job: _Job) -> None:
        if job.recording is None:
            return
        self._done += 1
        if self._done == FEW:
            self._start()
        if self._workers and len(job.recording.body) <= LARGE_BYTES:
            self._hand_over(job)
        if job.worker is None:
            job.found = _found(job.recording, self._settings)

    def _hand_over(self, job: _Job) -> None:
        """To the workers in turn. One that has ended (killed, for want of memory perhaps) is asked no more."""
        worker = self._workers.popleft()
        try:
            worker.finish()
            worker.begin(job)
        except (EOFError, OSError):
            self._lost(worker)
        else:
            self._workers.append(worker)

    def _finished(self, job: _Job) -> Alone | None:
        if job.worker is not None:
            worker = job.worker
            try:
                worker.finish()
            except (EOFError, OSError):
                self._workers.remove(worker)
                self._lost(worker)
        return job.found

    def _lost(self, worker: _Worker) -> None:
        worker.end()
        if worker.job and worker.job.recording:
            worker.job.found = _found(worker.job.recording, self._settings)
            worker.job.worker = None

    def _start(self) -> None:
        # Where signals cannot be kept from a child, one process does it all.
        if self._processes < 2 or not hasattr(signal, "pthread_sigmask"):
            return
        try:
            while len(self._workers) < self._processes:
                self._workers.append(_Worker(self._settings))
        except (OSError, ImportError):  # a system that has no more to give
            return


def _work(pipe: Connection, settings: Config) -> None:
    """The life of a worker: it ends when the other side does, however that ends."""
    try:
        while True:
            pipe.send(_told(pipe.recv(), settings))
    except (EOFError, OSError):
        return


def _found(recording: Recording, settings: Config) -> Alone | None:
    with suppress(ReadError), boundary(recording.name, quiet=True):
        return alone(recording, settings)
    return None


def _told(recording: Recording, settings: Config) -> Alone | None:
    """In another process: the same without samples, a few kilobytes to send back."""
    found = _found(recording, settings)
    if found is None:
        return None
    return Alone(
        rows=tuple(row.replace(activity=_bare(row.activity)) for row in found.rows),
        runs={
            key: run.replace(analysis=run.analysis.replace(activity=_bare(run.analysis.activity)))
            for key, run in found.runs.items()
        },
    )


def _bare(activity: Activity) -> Activity:
    return activity.replace(samples=_NOTHING, alternatives={}, laps=(), pauses=(), sensors=())


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back for a moment; children that start in it never get one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# Files and folders into the store: one outcome per file, and one bad file never stops the rest.


FILE = Origin(source="file")
GUARDED, COUNTED = (Limits(guard=guard) for guard in (boundary, partial(boundary, quiet=True)))
DELETED = "deleted by you (import --again takes it back)"
CUT = ("truncated", "damaged")  # codes of the notes of files whose end is missing or cannot be read
Counter = Callable[[int, int], None]


class Outcome(Record, frozen=True, kw_only=True):
    """What became of one file.

    verdict: added, merged, already_there, not_a_run, skipped, failed. dynamics: contact time or oscillation was
    measured. reason: why it was skipped or failed. later: it failed for want of memory, and is to be tried again.
    cut: where reading a file stopped that was taken in as far as it goes. beside: ids of stored runs that overlap and
    are not alike.
    """

    name: str
    verdict: str
    dynamics: bool = True
    reason: str = ""
    later: bool = False
    cut: str = ""
    runs: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


class Import(Record, frozen=True, kw_only=True):
    """How to import. again: also what the runner made kneedrive forget. count(done, total): called after each file."""

    dry_run: bool = False
    again: bool = False
    count: Counter | None = None


class Rehearsal:
    """What a dry run has met so far, since it stores nothing."""

    def __init__(self) -> None:
        self.hashes: set[str] = set()
        self._outlines: list[Outline] = []

    def joins(self, placed: Placed) -> bool:
        """Whether these would be merged with something met before; they count as met from now on."""
        own = [row.outline for row in placed.activities if row.is_run]
        pairs = ((new, old) for new in own for old in self._outlines)
        found = any(merge.alike(new, old).verdict == "same" for new, old in pairs)
        self._outlines += own
        return found


def collect(paths: list[Path], store: Store, settings: Config, how: Import) -> Iterator[Outcome]:
    """Every file under these paths, in a stable order."""
    derive = Deriver(store, settings, forgotten=how.again)
    total = sum(1 for found in archives.walk(paths, COUNTED) if not found.skipped) if how.count else 0
    seen = Rehearsal() if how.dry_run else None
    done = 0
    with Ahead(settings) as ahead:
        for (found, looked), known in ahead.each(_jobs(paths, store, how)):
            if isinstance(looked, Outcome):
                yield looked
            else:
                derive.given(looked, known)
                yield _settled(looked, store, derive, seen, again=how.again)
            done += not found.skipped
            if how.count and not found.skipped:
                how.count(done, total)


def _jobs(
    paths: list[Path], store: Store, how: Import
) -> Iterator[tuple[tuple[Found, Outcome | Recording], Recording | None]]:
    for found in archives.walk(paths, GUARDED):
        looked = look(found, store, again=how.again)
        yield (found, looked), None if isinstance(looked, Outcome) else looked


def take(
    found: Found, store: Store, derive: Deriver, *, seen: Rehearsal | None = None, origin: Origin = FILE
) -> Outcome:
    """One file. seen: what a dry run, which writes nothing, has met so far; None where the file is to be stored."""
    looked = look(found, store)
    return looked if isinstance(looked, Outcome) else _settled(looked, store, derive, seen, origin=origin)


def _settled(
    recording: Recording,
    store: Store,
    derive: Deriver,
    seen: Rehearsal | None,
    *,
    origin: Origin = FILE,
    again: bool = False,
) -> Outcome:
    try:
        with boundary(recording.name):
            if seen is not None:
                return rehearse(recording, derive, seen)
            return keep(recording, origin, store, derive, again=again)
    except ReadError as error:
        return refused(recording.name, error)


def rehearse(recording: Recording, derive: Deriver, seen: Rehearsal) -> Outcome:
    """What would become of a recording. Raises ReadError."""
    if recording.sha256 in seen.hashes:
        return Outcome(name=recording.name, verdict="already_there")
    seen.hashes.add(recording.sha256)
    placed = derive(recording)
    found = outcome(recording.name, placed, derive)
    return found.replace(verdict="merged") if seen.joins(placed) and found.verdict == "added" else found


def look(found: Found, store: Store, *, again: bool = False) -> Outcome | Recording:
    """The bytes of a file, or the outcome where they are not needed: skipped, unreadable, stored or deleted before."""
    if found.skipped:
        return Outcome(name=found.name, verdict="skipped", reason=archives.SKIPPED[found.skipped])
    try:
        with boundary(found.name):
            recording = recorded(found.read(), found.name, found.sport)
    except ReadError as error:
        return refused(found.name, error)
    gone = bool(store.forgotten(recording.sha256))
    if store.holds(recording.sha256):
        learns = bool(recording.sport) and store.unnamed(recording.sha256)
        return recording if learns or (gone and again) else Outcome(name=found.name, verdict="already_there")
    return Outcome(name=found.name, verdict="skipped", reason=DELETED) if gone and not again else recording


def recorded(body: bytes, name: str, sport: str = "") -> Recording:
    """The bytes with their identity. Raises UnknownFormat where they are none of ours.

    sport: what an export's own list says. FIT files know it themselves.
    """
    kind = readers.sniff(body)
    if kind == "strava":
        message = "is an answer of Strava's, kept for a few days only: kneedrive sync strava fetches it anew"
        raise UnknownFormat(message, name=name)
    if kind not in ("fit", "gpx", "tcx"):
        readers.read(body, name)  # raises, with the sentence that fits
    listed = sport if kind != "fit" else ""
    spelled = name.encode("utf-8", "backslashreplace").decode()  # bytes that are no text cannot be stored as a name
    return Recording(sha256=hashlib.sha256(body).hexdigest(), format=kind, name=spelled, body=body, sport=listed)


def refused(name: str, error: ReadError) -> Outcome:
    """The outcome of what cannot be read, or holds no activity."""
    if isinstance(error, NoActivity):
        return Outcome(name=name, verdict="skipped", reason=error.problem)
    return Outcome(name=name, verdict="failed", reason=error.located, later=isinstance(error, TooLarge))


def keep(recording: Recording, origin: Origin, store: Store, derive: Deriver, *, again: bool = False) -> Outcome:
    """Store one recording and what it means, in one transaction. Raises ReadError, with nothing stored.

    again: also where the runner made kneedrive forget it.
    """
    placed: list[Placed] = []

    def derived(given: Recording) -> Placed:
        placed.append(derive(given))
        return placed[-1]

    if not store.holds(recording.sha256):
        derive.ready(recording)
    verdict = store.add(recording, origin, derived, version=derive.version, again=again)
    back = again and verdict == "already there"
    if placed and (back or verdict in ("added", "updated", "restored")):
        return outcome(recording.name, placed[-1], derive, updated=verdict == "updated")
    return Outcome(name=recording.name, verdict="already_there" if verdict != "forgotten" else verdict)


def outcome(name: str, placed: Placed, derive: Deriver, *, updated: bool = False) -> Outcome:
    """What was made of a recording, in one word."""
    if not any(row.is_run for row in placed.activities):
        sports = ", ".join(sorted({row.activity.sport for row in placed.activities})) or "nothing"
        return Outcome(name=name, verdict="not_a_run", reason=sports, cut=cut_short(placed))
    own = {row.activity.id for row in placed.activities}
    merged = any(len(run.members) > 1 and own & set(run.members) for run in placed.runs)
    return Outcome(
        name=name,
        verdict="merged" if merged else "updated" if updated else "added",
        cut=cut_short(placed),
        dynamics=any(row.outline.dynamics for row in placed.activities if row.is_run),
        runs=tuple(run.analysis.activity.id for run in placed.runs),
        beside=derive.strangers(placed),
    )


def cut_short(placed: Placed) -> str:
    """What the file says about its own missing end; "" where it is whole."""
    notes = (note for row in placed.activities for note in row.activity.notes if note.code in CUT)
    return next((f"{note.text} (at byte {note.offset:,})" if note.offset else note.text for note in notes), "")
