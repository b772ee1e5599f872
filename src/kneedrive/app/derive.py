"""What a recording means: its activities, the runs they are part of, and the analysis of each. Joins the rooms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from kneedrive import merge, readers
from kneedrive.analysis import analyze
from kneedrive.analysis.provenance import Provenance, choose, provenance
from kneedrive.app.boundary import boundary
from kneedrive.app.settings import runner_of
from kneedrive.errors import DamagedOriginal, Fault, ReadError
from kneedrive.method import Method
from kneedrive.model import Activity, Outline, Recording
from kneedrive.readers.sports import with_sport
from kneedrive.report.record import analysis_record
from kneedrive.store import ID_LENGTH, NewActivity, NewRun, Placed
from kneedrive.value import Value

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.findings import Analysis
    from kneedrive.store import Store

METHOD = Method()
SCHEMA = 1  # of what is derived; goes up when the stored tables need other contents from the same method
VERSION = f"{METHOD.version}.{SCHEMA}"
BESIDES = ("channels", "activity")  # parts of the record that the store's own columns hold
BODY = ("runner.height_m", "runner.mass_kg", "runner.birth_year")


class Alone(Value):
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
        NewActivity(activity=each, outline=merge.outline(each), provenance=sensor_of(each).word, is_run=each.is_run)
        for each in found
    )
    runs = {each.id: run_of((each,), (each.id,), {}, settings) for each in found if each.is_run}
    return Alone(rows=rows, runs=runs, sessions={each.id: each for each in found})


def analysed(there: Sequence[Activity], settings: Config) -> tuple[merge.Merged, Analysis]:
    """The activities of one run as one, and what it comes to. What a sensor may say decides which of them leads."""
    standing = {each.id: len(sensor_of(each).reference.scores) for each in there}
    merged = merge.merge(there, standing)
    return merged, analyze(merged.activity, runner=runner_of(settings, merged.activity))


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


class Unread(Value):
    """An original that a rebuild could not read, by its id and why; str() is the sentence."""

    id: str
    error: DamagedOriginal | ReadError

    def __str__(self) -> str:
        if isinstance(self.error, DamagedOriginal):
            return f"{self.error}. Results that rest on it alone stay as they were."
        if isinstance(self.error, Fault):
            return f"{self.error}; its original is kept"
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
        """The same for a rebuild: what cannot be read any more keeps its original and has no results."""
        self.remade += 1
        if recording.sha256 in self._given_up:
            return Placed()
        try:
            with boundary(recording.name):
                return self(recording)
        except ReadError as error:
            self.unread.append(Unread(id=recording.sha256[:ID_LENGTH], error=error))
            return Placed()

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
        """A member with its samples. A neighbour whose original cannot be read any more lends nothing."""
        if own and key in known.sessions:
            return known.sessions[key]
        with suppress(ReadError, DamagedOriginal):
            recording = self._own[0] if own and self._own else self._store.recording(key)
            if recording is not None:
                with boundary(recording.name):
                    return next((each for each in activities_of(recording) if each.id == key), None)
        return None


def sensor_of(activity: Activity) -> Provenance:
    """The sensor class of an activity, by its own dynamics or else by the first alternative that has some."""
    return provenance(activity, choose(activity, None))
