"""Sync: what is new at every source goes into the store, one activity at a time, each whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kneedrive.app.accounts import FOLDER, Desk, Order, chosen, client
from kneedrive.app.collect import Outcome
from kneedrive.app.derive import Deriver
from kneedrive.app.library import opened, passing_store
from kneedrive.app.sync_folder import pull_folders
from kneedrive.app.sync_keep import (
    DELETED,
    GIVEN_UP,
    GONE,
    MARK,
    MEMBER,
    TRIES,
    deleted,
    failures,
    keep_fetched,
    known,
    note_failed,
    settled,
)
from kneedrive.errors import ConfigError, SourceError
from kneedrive.sources.plan import KNOWN, NEW, SKIPPED, Step, completed, follow, listing_from, plan
from kneedrive.store import Store
from kneedrive.value import Value

if TYPE_CHECKING:
    from kneedrive.sources.items import Listed, Source

Counter = Callable[[int, int], None]
NOT_A_RUN = "not a run"


class Pulled(Value):
    """What came from one source. problem: what stopped it, None where it was read to the end. missing: folders."""

    source: str
    outcomes: tuple[Outcome, ...] = ()
    problem: SourceError | ConfigError | None = None
    missing: tuple[Path, ...] = ()


def sync(desk: Desk, order: Order, count: Counter | None = None) -> tuple[Pulled, ...]:
    """Ask each source; a problem of one does not keep the others from being asked. Raises ConfigError, StoreError."""
    names = chosen(desk, order.names)
    with store_for(desk, order, count) as store:
        return tuple(_pull(name, desk, store, order, count) for name in names)


def store_for(desk: Desk, order: Order, count: Counter | None) -> AbstractContextManager[Store]:
    """The runner's store; for a dry run without one, a store that is gone afterwards."""
    if order.dry_run and not Store.is_there(desk.settings["paths.store"]):
        return passing_store()
    return opened(desk.settings, create=True, progress=count, now=desk.clock())


def _pull(name: str, desk: Desk, store: Store, order: Order, count: Counter | None) -> Pulled:
    derive = Deriver(store, desk.settings)
    if name == FOLDER:
        paths = desk.settings["sources.folder.paths"]
        outcomes, missing = pull_folders(paths, store, derive, order, count)
        return Pulled(source=name, outcomes=tuple(outcomes), missing=missing)
    outcomes = []
    problem: SourceError | ConfigError | None = None
    try:
        for outcome in pull(client(name, desk), store, derive, (order, desk.clock()), count):
            outcomes.append(outcome)
    except (SourceError, ConfigError) as error:
        problem = error
    return Pulled(source=name, outcomes=tuple(outcomes), problem=problem)


def pull(
    source: Source, store: Store, derive: Deriver, asked: tuple[Order, datetime], count: Counter | None = None
) -> Iterator[Outcome]:
    """One outcome per activity that the source lists. Raises SourceError where it stops; what came before is kept."""
    order, now = asked
    purged = set(store.to_fetch(source.name, "" if order.full else derive.version))
    purged -= set() if order.full else settled(store, source.name)
    cursor = store.cursor(source.name)
    complete_to = datetime.fromisoformat(cursor) if cursor else None
    whole = order.full or bool(purged and order.since is None)
    begins = listing_from(complete_to, now, source.lookback, since=order.since, full=whole)
    steps = _steps(source, begins, store, purged, full=order.full)
    yield from _told(steps, store.with_runs(source.name))
    if order.dry_run:
        words = ((step.item.id, "added" if step.action == NEW else "updated") for step in steps if step.fetches)
        yield from (Outcome(name=name, verdict=verdict) for name, verdict in words)
        return
    if begins is None:
        for key in purged - {step.item.id for step in steps}:  # deleted at the source, which is not asked again
            store.note_seen(source.name, key, MARK + GONE)
    left = {step.item.id: step.item for step in steps if step.fetches}
    try:
        yield from _fetched(source, store, derive, (steps, left), count)
    finally:
        # Also where the source stops: what is open begins the next listing. A kill leaves the old moment, which is
        # earlier and so finds the same.
        moment = completed(complete_to, begins, now, left.values())
        if moment:
            store.set_cursor(source.name, moment.isoformat())


def _steps(source: Source, begins: datetime | None, store: Store, purged: set[str], *, full: bool) -> tuple[Step, ...]:
    """What to do; what was purged and is needed again counts as held in no version."""
    held = known(store, source.name, full=full) | dict.fromkeys(purged, "")
    gone = deleted(store, source.name)
    failed = {} if full else failures(store, source.name)

    def judged(item: Listed) -> Listed:
        version, times = failed.get(item.id, ("", 0))
        if item.id in gone:
            return item.replace(skip=DELETED)
        return item.replace(skip=GIVEN_UP) if times >= TRIES and version == item.version else item

    return plan(map(judged, source.listing(begins)), held, failed)


def _told(steps: Iterable[Step], runs: set[str]) -> Iterator[Outcome]:
    """The outcomes of the steps that ask for nothing; what is known counts as there where it holds a run."""
    holding = {key.partition(MEMBER)[0] for key in runs}
    for step in steps:
        name, reason = step.item.id, step.reason
        if step.action == KNOWN and name in holding:
            yield Outcome(name=name, verdict="already_there")
        elif step.action == SKIPPED and reason == NOT_A_RUN:
            yield Outcome(name=name, verdict="not_a_run", reason=step.item.sport)
        elif step.action == SKIPPED:
            yield Outcome(name=name, verdict="skipped", reason=reason)


def _fetched(
    source: Source,
    store: Store,
    derive: Deriver,
    work: tuple[tuple[Step, ...], dict[str, Listed]],
    count: Counter | None,
) -> Iterator[Outcome]:
    """Fetch and keep, one by one; takes out of `left` what is done, or given up."""
    steps, left = work
    total = len(left)
    before = failures(store, source.name)
    for done, outcome in enumerate(follow(source, steps), start=1):
        item = outcome.step.item
        if outcome.problem:
            version, times = before.get(item.id, ("", 0))
            times = (times if version == item.version else 0) + (not outcome.excused)
            yield from note_failed(outcome, source.name, store, times)
            if times >= TRIES:
                del left[item.id]
        else:
            yield from keep_fetched(outcome, source.name, store, derive)
            del left[item.id]
        if count:
            count(done, total)
