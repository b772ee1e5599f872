"""What a sync remembers of each activity: which version was seen, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kneedrive import archives, readers
from kneedrive.app.boundary import boundary
from kneedrive.app.collect import GUARDED, Outcome, keep, recorded, refused
from kneedrive.app.derive import VERSION, Deriver
from kneedrive.errors import ReadError
from kneedrive.model import Recording
from kneedrive.sources.plan import UPDATED
from kneedrive.store import Origin, Store

if TYPE_CHECKING:
    from kneedrive.sources.items import Fetched
    from kneedrive.sources.plan import Outcome as Got

# Behind the version of what brought no recording: why. Results of another method version are read anew.
MARK = "|"
MEMBER = "#"  # before the number of a recording in an archive, behind the id of the archive
GONE, UNREAD, NO_RUN = "gone", f"unread {VERSION}", f"no run {VERSION}"
FAILED = "failed "  # and how often
TRIES = 5  # of a version that the source does not hand out though it serves others; then it is given up
AGAIN = "'kneedrive sync --full' tries again"
GIVEN_UP = f"failed {TRIES} times and was given up; {AGAIN}"
DELETED = "deleted by you"
NO_LONGER = "the source has it no longer"


def known(store: Store, source: str, *, full: bool = False) -> dict[str, str]:
    """The version seen of each activity. full: what brought no recording counts as not seen."""
    seen = {}
    for key, noted in store.known(source).items():
        version, _, why = noted.partition(MARK)
        if not why or (not full and why in (GONE, UNREAD, NO_RUN)):
            seen[key] = version
    return seen


def without_runs(store: Store, source: str) -> set[str]:
    """What was seen and brought no run: it is not asked for again, and does not count as there."""
    return {key for key, noted in store.known(source).items() if noted.partition(MARK)[2] in (UNREAD, NO_RUN)}


def failures(store: Store, source: str) -> dict[str, tuple[str, int]]:
    """What could not be had: its version, and how often that failed."""
    noted = ((key, *text.partition(MARK)[::2]) for key, text in store.known(source).items())
    return {key: (version, int(why.removeprefix(FAILED))) for key, version, why in noted if why.startswith(FAILED)}


def settled(store: Store, source: str) -> set[str]:
    """What will not be had: the source has it no longer, or it failed too often."""
    gone = {key for key, noted in store.known(source).items() if noted.partition(MARK)[2] == GONE}
    return gone | {key for key, (_, times) in failures(store, source).items() if times >= TRIES}


def deleted(store: Store, source: str) -> set[str]:
    """What the runner deleted; a source that changes it does not bring it back."""
    noted = store.known(source)
    return {key for key in store.absent(source) if MARK not in noted[key]}


def note_failed(got: Got, source: str, store: Store, times: int) -> Iterator[Outcome]:
    """Remember what could not be had; an outcome where the activity is to blame. times: how often it failed by now."""
    item = got.step.item
    store.note_seen(source, item.id, f"{item.version}{MARK}{FAILED}{times}")
    if got.excused:
        return
    day = f" ({item.started_at:%Y-%m-%d})" if item.started_at else ""
    again = f"try {times} of {TRIES}; the next sync tries again"
    what = again if times < TRIES else f"given up after {TRIES} tries; {AGAIN}"
    yield Outcome(name=f"{source} {item.id}{day}", verdict="failed", reason=f"{got.problem} ({what})")


def keep_fetched(got: Got, source: str, store: Store, derive: Deriver) -> Iterator[Outcome]:
    """Store what was fetched: one outcome per recording in it, or why there is none."""
    item = got.step.item
    if got.fetched is None:
        store.note_seen(source, item.id, f"{item.version}{MARK}{GONE}")
        yield Outcome(name=f"{source} {item.id}", verdict="skipped", reason=NO_LONGER)
        return
    members = list(_members(got.fetched))
    # The bare key comes last: it is what tells that an archive has been stored whole.
    for number in reversed(range(len(members))):
        outcome = _kept(members[number], _origin(got.fetched, number), store, derive)
        if outcome.verdict == "added" and got.step.action == UPDATED:
            outcome = outcome.replace(verdict="updated")
        yield outcome


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


def _kept(member: tuple[str, bytes | ReadError], origin: Origin, store: Store, derive: Deriver) -> Outcome:
    name, body = member
    try:
        if isinstance(body, ReadError):
            raise body
        with boundary(name):
            outcome = keep(_recording(name, body), origin, store, derive)
    except ReadError as error:
        store.note_seen(origin.source, origin.key, f"{origin.version}{MARK}{UNREAD}")
        return refused(name, error)
    return outcome if outcome.verdict != "forgotten" else outcome.replace(verdict="skipped", reason=DELETED)


def _recording(name: str, body: bytes) -> Recording:
    kind = readers.sniff(body)
    if kind != "strava":
        return recorded(body, name)
    return Recording(sha256=hashlib.sha256(body).hexdigest(), format=kind, name=name, body=body)
