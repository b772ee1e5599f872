"""Folders in a sync: what has not been seen there yet goes the way of an import."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kneedrive import archives, readers
from kneedrive.app.accounts import FOLDER, Order
from kneedrive.app.boundary import boundary
from kneedrive.app.collect import GUARDED, Outcome, Rehearsal, take
from kneedrive.app.derive import Deriver
from kneedrive.app.sync_keep import MARK, NO_RUN, UNREAD, known, without_runs
from kneedrive.errors import ReadError, UnknownFormat
from kneedrive.sources import folder
from kneedrive.store import Origin, Store

if TYPE_CHECKING:
    from kneedrive.archives import Found
    from kneedrive.sources.items import Listed

# By content, not by path: a watch that writes over its last file must not take the run before with it.
ORIGIN = Origin(source=FOLDER)


def pull_folders(
    paths: Sequence[Path], store: Store, derive: Deriver, order: Order, count: Callable[[int, int], None] | None
) -> tuple[list[Outcome], tuple[Path, ...]]:
    """An outcome for each file that is new or changed, and the folders that are not there."""
    seen = {} if order.full else known(store, FOLDER)
    listed = list(folder.listing(paths, order.since))
    fresh = [item for item in listed if seen.get(place(item)) != item.version]
    barren = without_runs(store, FOLDER)
    there = sum(seen.get(place(item)) == item.version and place(item) not in barren for item in listed)
    outcomes = [Outcome(name="", verdict="already_there")] * there
    met = Rehearsal() if order.dry_run else None
    for done, item in enumerate(fresh, start=1):
        outcomes += _pull_file(item, store, derive, met)
        if count:
            count(done, len(fresh))
    return outcomes, folder.missing(paths)


def place(item: Listed) -> str:
    """A file's place, as it is remembered: a hash, since a path may tell of people and places."""
    return "at " + hashlib.sha256(item.id.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _pull_file(item: Listed, store: Store, derive: Deriver, met: Rehearsal | None) -> list[Outcome]:
    """What was in a file; it is noted as seen after all of it was stored. met: what a dry run met so far."""
    outcomes = [_taken(each, store, derive, met) for each in archives.walk([Path(item.id)], GUARDED)]
    # What could not even be opened (unplugged in the middle, not ours to read) has not been seen.
    if met is None and _opens(Path(item.id)):
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


def _taken(found: Found, store: Store, derive: Deriver, met: Rehearsal | None) -> Outcome:
    outcome = take(found, store, derive, seen=met, origin=ORIGIN)
    # A download folder is full of zips that have nothing to do with running.
    if outcome.verdict == "failed" and _is_none_of_ours(found):
        return outcome.replace(verdict="skipped", reason=archives.SKIPPED["other"])
    return outcome


def _is_none_of_ours(found: Found) -> bool:
    try:
        with boundary(found.name, quiet=True):
            return not readers.sniff(found.read())
    except UnknownFormat:
        return True
    except ReadError:
        return False
