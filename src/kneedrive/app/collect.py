"""Files and folders into the store: one outcome per file, and one bad file never stops the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kneedrive import archives, merge, readers
from kneedrive.app.ahead import Ahead
from kneedrive.app.boundary import boundary
from kneedrive.app.derive import Deriver
from kneedrive.archives import Limits
from kneedrive.errors import NoActivity, ReadError, UnknownFormat
from kneedrive.model import Outline, Recording
from kneedrive.store import Origin, Placed, Store
from kneedrive.value import Value

if TYPE_CHECKING:
    from kneedrive.archives import Found
    from kneedrive.config import Config

FILE = Origin(source="file")
GUARDED, COUNTED = (Limits(guard=guard) for guard in (boundary, partial(boundary, quiet=True)))
DELETED = "deleted by you (import --again takes it back)"
CUT = ("truncated", "damaged")  # codes of the notes of files whose end is missing or cannot be read
Counter = Callable[[int, int], None]


class Outcome(Value):
    """What became of one file.

    verdict: added, merged, already_there, not_a_run, skipped, failed. dynamics: contact time or oscillation was
    measured. reason: why it was skipped or failed. cut: where reading a file stopped that was taken in as far as it
    goes. beside: ids of stored runs that overlap and are not alike.
    """

    name: str
    verdict: str
    dynamics: bool = True
    reason: str = ""
    cut: str = ""
    runs: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


class Import(Value):
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
    return Outcome(name=name, verdict="failed", reason=str(error).removeprefix(f"{error.name}: "))


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
