"""What a sync remembers of each activity: which version was seen, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kneedrive import archives, readers
from kneedrive.app.collect import Outcome, keep, recorded
from kneedrive.app.derive import VERSION, Deriver
from kneedrive.errors import NoActivity, ReadError
from kneedrive.model import Recording
from kneedrive.sources.plan import UPDATED
from kneedrive.store import Origin, Store

if TYPE_CHECKING:
    from kneedrive.sources.items import Fetched
    from kneedrive.sources.plan import Outcome as Got

# Behind the version of what brought no recording: why. Results of another method version are read anew.
MARK = "|"
GONE, UNREAD, NO_RUN = "gone", f"unread {VERSION}", f"no run {VERSION}"
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


def deleted(store: Store, source: str) -> set[str]:
    """What the runner deleted; a source that changes it does not bring it back."""
    noted = store.known(source)
    return {key for key in store.absent(source) if MARK not in noted[key]}


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
        yield from archives.unwrap(fetched.body, fetched.name)
    else:
        yield fetched.name, fetched.body


def _origin(fetched: Fetched, number: int) -> Origin:
    return Origin(
        source=fetched.source,
        key=f"{fetched.id}#{number}" if number else fetched.id,
        version=fetched.version,
        fetched_at=fetched.fetched_at if fetched.expires_at else None,
        expires_at=fetched.expires_at,
    )


def _kept(member: tuple[str, bytes | ReadError], origin: Origin, store: Store, derive: Deriver) -> Outcome:
    name, body = member
    try:
        if isinstance(body, ReadError):
            raise body
        outcome = keep(_recording(name, body), origin, store, derive)
    except ReadError as error:
        store.note_seen(origin.source, origin.key, f"{origin.version}{MARK}{UNREAD}")
        if isinstance(error, NoActivity):
            return Outcome(name=name, verdict="skipped", reason=error.problem)
        return Outcome(name=name, verdict="failed", reason=str(error).removeprefix(f"{error.name}: "))
    return outcome if outcome.verdict != "forgotten" else outcome.replace(verdict="skipped", reason=DELETED)


def _recording(name: str, body: bytes) -> Recording:
    kind = readers.sniff(body)
    if kind != "strava":
        return recorded(body, name)
    return Recording(sha256=hashlib.sha256(body).hexdigest(), format=kind, name=name, body=body)
