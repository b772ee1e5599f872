"""The store as a runner uses it: import, list, show, take apart, forget, keep safe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kneedrive import merge
from kneedrive.analysis import analyze
from kneedrive.app import OK, PARTLY, Answer
from kneedrive.app.collect import Counter, Outcome, collect
from kneedrive.app.derive import VERSION, Deriver, activities_of, sensor_of
from kneedrive.app.settings import runner_of, zone_of
from kneedrive.errors import NotEnoughData, StoreError
from kneedrive.store import RunRow, Store

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.findings import Analysis
    from kneedrive.report.style import Style


@contextmanager
def opened(
    settings: Config, *, create: bool = False, progress: Counter | None = None, now: datetime | None = None
) -> Iterator[Store]:
    """The configured store, brought up to date. Raises NotEnoughData where there is none yet, StoreError.

    Answers of services that may no longer be kept at `now` are deleted first. Results of an older method are derived
    again; progress(done, total) is told of it.
    """
    place: Path = settings["paths.store"]
    if not create and not place.exists():
        message = "there are no runs yet: kneedrive import FILE or FOLDER takes some in"
        raise NotEnoughData(message)
    with Store.open(place, runner=settings["runner.name"], create=create) as store:
        # No command may forget to keep the service's terms, so this clock has a default.
        store.purge_expired(now or datetime.now(UTC))
        if store.stale(VERSION):
            store.rebuild(Deriver(store, settings).again, version=VERSION, progress=progress)
        yield store


def take_in(paths: list[Path], settings: Config, *, dry_run: bool, count: Counter | None) -> list[Outcome]:
    """Import files and folders. A dry run reads and compares, and writes nothing."""
    if dry_run and not settings["paths.store"].exists():
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder, Store.open(Path(folder) / "dry" / "run.sqlite") as store:
            return list(collect(paths, store, Deriver(store, settings), dry_run=True, count=count))
    with opened(settings, create=True, progress=count) as store:
        return list(collect(paths, store, Deriver(store, settings), dry_run=dry_run, count=count))


def told(outcomes: list[Outcome], style: Style, *, json: bool, dry_run: bool, elapsed_s: float) -> Answer:
    """The ledger of an import."""
    from kneedrive.report import ledger

    summed = ledger.ledger_of(outcomes, dry_run=dry_run)
    code = PARTLY if summed.failed else OK
    if json:
        from kneedrive.app.machine import line

        return Answer(text=line(ledger.ledger_record(summed)), code=code)
    return Answer(text=ledger.render(summed, style, elapsed_s).rstrip("\n"), code=code)


def listed(settings: Config, since: datetime | None) -> list[RunRow]:
    """The stored runs, oldest first."""
    with opened(settings) as store:
        return store.runs(since=since)


def meant(store: Store, settings: Config, spec: str, now: datetime) -> RunRow:
    """The run that a user means: last, a date, or the beginning of an id."""
    return store.find(spec, zone_of(settings)(now))


def analysis_of(store: Store, settings: Config, run_id: str) -> Analysis:
    """A stored run analysed from its originals. Raises NotEnoughData where they have been purged."""
    there = []
    for row in store.sources(run_id):
        recording = store.recording(row.outline.id)
        if recording is not None:
            there += [each for each in activities_of(recording) if each.id == row.outline.id]
    if not there:
        day = f"{store.sources(run_id)[0].outline.started_at:%Y-%m-%d}"
        message = (
            f"Strava's answer about {run_id} was kept for 7 days only, its results are in kneedrive runs and weekly; "
            f"'kneedrive sync strava --full --since {day}' fetches it again"
        )
        raise NotEnoughData(message)
    standing = {each.id: len(sensor_of(each).reference.scores) for each in there}
    activity = merge.merge(there, standing).activity
    return analyze(activity, runner=runner_of(settings, activity))


def rebuild(settings: Config, progress: Counter | None) -> Answer:
    """Derive everything again from the originals, whatever version it has."""
    with opened(settings) as store:
        derive = Deriver(store, settings)
        store.rebuild(derive.again, version=f"{VERSION}+", progress=progress)
        done = store.rebuild(derive.again, version=VERSION)
        return Answer(text=f"{done} recordings derived again.")


def split(settings: Config, spec: str, now: datetime) -> Answer:
    """Take a merged run apart for good."""
    with opened(settings) as store:
        row = meant(store, settings, spec, now)
        if row.recordings < 2:
            message = f"{row.id} is made of one recording; there is nothing to take apart"
            raise StoreError(message)
        ids = store.split(row.id)
        store.rebuild(Deriver(store, settings).again, version=VERSION)
    return Answer(text=f"{row.id} is now {len(ids)} runs: {', '.join(ids)}. They will not be merged again.")


def forget(settings: Config, spec: str, now: datetime, confirm: Callable[[str], bool]) -> Answer:
    """Delete a run with its originals, for good."""
    with opened(settings) as store:
        row = meant(store, settings, spec, now)
        if not confirm(f"Delete {row.id} and its original recording from the store?"):
            return Answer(text="Nothing was deleted.")
        store.forget(row.id)
        store.rebuild(Deriver(store, settings).again, version=VERSION)
    return Answer(text=f"{row.id} is deleted, and no import or sync brings it back.")


def purge(settings: Config, confirm: Callable[[str], bool]) -> Answer:
    """Delete every run of every runner."""
    with opened(settings) as store:
        if not confirm(f"Delete every run in {store.path}, with the originals?"):
            return Answer(text="Nothing was deleted.")
        store.purge_all()
    return Answer(text="The store is empty.")


def backup(settings: Config, target: Path) -> Answer:
    """Copy the whole store while others may use it."""
    with opened(settings) as store:
        store.backup(target)
    return Answer(text=f"Copied to {target}.")
