"""Sync: what is new at every source goes into the store, one activity at a time, each whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kneedrive.app.accounts import FOLDER, Desk, Order, chosen, client
from kneedrive.app.collect import Outcome
from kneedrive.app.derive import Deriver
from kneedrive.app.library import opened
from kneedrive.app.sync_folder import pull_folders
from kneedrive.app.sync_keep import DELETED, deleted, keep_fetched, known
from kneedrive.errors import ConfigError, SourceError
from kneedrive.sources.plan import KNOWN, NEW, Step, completed, follow, listing_from, plan
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
        return _passing_store()
    return opened(desk.settings, create=True, progress=count, now=desk.clock())


@contextmanager
def _passing_store() -> Iterator[Store]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder, Store.open(Path(folder) / "dry" / "run.sqlite") as store:
        yield store


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
    cursor = store.cursor(source.name)
    complete_to = datetime.fromisoformat(cursor) if cursor else None
    begins = listing_from(complete_to, since=order.since, full=order.full or bool(purged and order.since is None))
    steps = _steps(source, begins, store, purged, full=order.full)
    yield from (_told(step) for step in steps if not step.fetches)
    if order.dry_run:
        words = ((step.item.id, "added" if step.action == NEW else "updated") for step in steps if step.fetches)
        yield from (Outcome(name=name, verdict=verdict) for name, verdict in words)
        return
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
    items = (item.replace(skip=DELETED) if item.id in gone else item for item in source.listing(begins))
    return plan(items, held)


def _told(step: Step) -> Outcome:
    """The outcome of a step that asks for nothing."""
    if step.action == KNOWN:
        return Outcome(name=step.item.id, verdict="already_there")
    if step.reason == NOT_A_RUN:
        return Outcome(name=step.item.id, verdict="not_a_run", reason=step.item.sport)
    return Outcome(name=step.item.id, verdict="skipped", reason=step.reason)


def _fetched(
    source: Source,
    store: Store,
    derive: Deriver,
    work: tuple[tuple[Step, ...], dict[str, Listed]],
    count: Counter | None,
) -> Iterator[Outcome]:
    """Fetch and keep, one by one; takes out of `left` what is done."""
    steps, left = work
    total = len(left)
    for done, outcome in enumerate(follow(source, steps), start=1):
        item = outcome.step.item
        if outcome.problem:
            yield Outcome(name=f"{source.name} {item.id}", verdict="failed", reason=str(outcome.problem))
        else:
            yield from keep_fetched(outcome, source.name, store, derive)
            del left[item.id]
        if count:
            count(done, total)
