"""Files and folders into the store: one outcome per file, and one bad file never stops the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kneedrive import archives, readers
from kneedrive.app.derive import VERSION, Deriver
from kneedrive.errors import NoActivity, ReadError, UnknownFormat
from kneedrive.model import Recording
from kneedrive.store import Origin, Placed, Store
from kneedrive.value import Value

if TYPE_CHECKING:
    from kneedrive.archives import Found

FILE = Origin(source="file")
Counter = Callable[[int, int], None]


class Outcome(Value):
    """What became of one file.

    verdict: added, merged, already_there, not_a_run, skipped, failed. dynamics: contact time or oscillation was
    measured. reason: why it was skipped or failed. beside: ids of stored runs that overlap and are not alike.
    """

    name: str
    verdict: str
    dynamics: bool = True
    reason: str = ""
    runs: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def collect(
    paths: list[Path], store: Store, derive: Deriver, *, dry_run: bool = False, count: Counter | None = None
) -> Iterator[Outcome]:
    """Every file under these paths, in a stable order. count(done, total) is called after each."""
    total = sum(1 for found in archives.walk(paths) if not found.skipped) if count else 0
    seen: set[str] = set()
    done = 0
    for found in archives.walk(paths):
        yield take(found, store, derive, seen=seen if dry_run else None)
        done += not found.skipped
        if count and not found.skipped:
            count(done, total)


def take(
    found: Found, store: Store, derive: Deriver, *, seen: set[str] | None = None, origin: Origin = FILE
) -> Outcome:
    """One file. seen: hashes met so far in a dry run, which writes nothing; None where the file is to be stored."""
    if found.skipped:
        return Outcome(name=found.name, verdict="skipped", reason=found.skipped)
    try:
        body = found.read()
        recording = recorded(body, found.name)
        if store.holds(recording.sha256) or (seen is not None and recording.sha256 in seen):
            return Outcome(name=found.name, verdict="already_there")
        if seen is not None:
            seen.add(recording.sha256)
            return outcome(found.name, derive(recording), derive)
        return keep(recording, origin, store, derive)
    except NoActivity as error:
        return Outcome(name=found.name, verdict="skipped", reason=error.problem)
    except ReadError as error:
        return Outcome(name=found.name, verdict="failed", reason=str(error).removeprefix(f"{error.name}: "))


def recorded(body: bytes, name: str) -> Recording:
    """The bytes with their identity. Raises UnknownFormat where they are none of ours."""
    kind = readers.sniff(body)
    if kind == "strava":
        message = "is an answer of Strava's, kept for a few days only: kneedrive sync strava fetches it anew"
        raise UnknownFormat(message, name=name)
    if kind not in ("fit", "gpx", "tcx"):
        readers.read(body, name)  # raises, with the sentence that fits
    return Recording(sha256=hashlib.sha256(body).hexdigest(), format=kind, name=name, body=body)


def keep(recording: Recording, origin: Origin, store: Store, derive: Deriver, *, again: bool = False) -> Outcome:
    """Store one recording and what it means, in one transaction. Raises ReadError, with nothing stored."""
    placed: list[Placed] = []

    def derived(given: Recording) -> Placed:
        placed.append(derive(given))
        return placed[-1]

    verdict = store.add(recording, origin, derived, version=VERSION, again=again)
    if verdict in ("added", "updated", "restored") and placed:
        return outcome(recording.name, placed[-1], derive, updated=verdict == "updated")
    return Outcome(name=recording.name, verdict="already_there" if verdict != "forgotten" else verdict)


def outcome(name: str, placed: Placed, derive: Deriver, *, updated: bool = False) -> Outcome:
    """What was made of a recording, in one word."""
    if not any(row.is_run for row in placed.activities):
        sports = ", ".join(sorted({row.activity.sport for row in placed.activities})) or "nothing"
        return Outcome(name=name, verdict="not_a_run", reason=sports)
    own = {row.activity.id for row in placed.activities}
    merged = any(len(run.members) > 1 and own & set(run.members) for run in placed.runs)
    return Outcome(
        name=name,
        verdict="merged" if merged else "updated" if updated else "added",
        dynamics=any(row.outline.dynamics for row in placed.activities if row.is_run),
        runs=tuple(run.analysis.activity.id for run in placed.runs),
        beside=derive.strangers(placed),
    )
