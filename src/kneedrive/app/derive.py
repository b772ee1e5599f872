"""What a recording means: its activities, the runs they are part of, and the analysis of each. Joins the rooms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from kneedrive import merge, readers
from kneedrive.analysis import analyze
from kneedrive.analysis.provenance import Provenance, choose, provenance
from kneedrive.app.settings import runner_of
from kneedrive.errors import ReadError
from kneedrive.method import Method
from kneedrive.model import Activity, Outline, Recording
from kneedrive.report.record import analysis_record
from kneedrive.store import NewActivity, NewRun, Placed

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.store import Store

METHOD = Method()
SCHEMA = 1  # of what is derived; goes up when the stored tables need other contents from the same method
VERSION = f"{METHOD.version}.{SCHEMA}"
BESIDES = ("channels", "activity")  # parts of the record that the store's own columns hold


def activities_of(recording: Recording) -> tuple[Activity, ...]:
    """The sessions of a recording of any format that the store keeps. Raises ReadError."""
    return readers.read(recording.body, recording.name)


class Deriver:
    """Derives what the store keeps, looking up in the store what else the run may be made of."""

    def __init__(self, store: Store, settings: Config) -> None:
        self._store = store
        self._settings = settings

    def __call__(self, recording: Recording) -> Placed:
        """The activities of a recording, and every run that is new or different because of them."""
        gone = self._store.forgotten(recording.sha256)
        found = tuple(each for each in activities_of(recording) if each.id not in gone)
        runs = {each.id: each for each in found if each.is_run}
        rows = tuple(self._row(each) for each in found)
        return Placed(activities=rows, runs=tuple(self._runs(runs)))

    def again(self, recording: Recording) -> Placed:
        """The same for a rebuild: what cannot be read any more keeps its original and has no results."""
        try:
            return self(recording)
        except ReadError:
            return Placed()

    def strangers(self, placed: Placed) -> tuple[str, ...]:
        """Ids of stored runs that overlap one of these in time and are not alike: perhaps somebody else's file."""
        found: set[str] = set()
        for own in (row.outline for row in placed.activities if row.is_run):
            near = self._store.near(own, METHOD.merge.start_s)
            pairs = merge.strangers([own, *near], self._store.apart([own.id, *(each.id for each in near)]))
            found |= {other for a, b, _ in pairs if own.id in (a, b) for other in (a, b)} - {own.id}
        return tuple(sorted(found))

    def _runs(self, new: Mapping[str, Activity]) -> Iterable[NewRun]:
        outlines = {key: merge.outline(activity) for key, activity in new.items()}
        near = {each.id: each for own in outlines.values() for each in self._store.near(own, METHOD.merge.start_s)}
        known = near | outlines
        before = self._store.together(near)
        for members in merge.groups(known.values(), self._store.apart(known)):
            if members not in before:
                yield self._run(members, {key: new[key] for key in members if key in new}, known)

    def _run(self, members: tuple[str, ...], new: Mapping[str, Activity], outlines: Mapping[str, Outline]) -> NewRun:
        # An answer of a service whose bytes have been purged stays a member, and no longer lends anything.
        there = [each for key in members if (each := new.get(key) or self._stored(key))]
        standing = {each.id: len(sensor_of(each).reference.scores) for each in there}
        merged = merge.merge(there, standing)
        analysis = analyze(merged.activity, runner=runner_of(self._settings, merged.activity))
        record = analysis_record(analysis)
        lead = outlines[merged.activity.id]
        return NewRun(
            analysis=analysis,
            members=members,
            sources=merged.sources,
            verdicts={key: merge.alike(lead, outlines[key]).verdict for key in members if key != lead.id},
            detail=json.dumps({key: value for key, value in record.items() if key not in BESIDES}, allow_nan=False),
        )

    def _row(self, activity: Activity) -> NewActivity:
        return NewActivity(
            activity=activity,
            outline=merge.outline(activity),
            provenance=sensor_of(activity).word,
            is_run=activity.is_run,
        )

    def _stored(self, key: str) -> Activity | None:
        recording = self._store.recording(key)
        return next((each for each in activities_of(recording) if each.id == key), None) if recording else None


def sensor_of(activity: Activity) -> Provenance:
    """The sensor class of an activity, by its own dynamics or else by the first alternative that has some."""
    return provenance(activity, choose(activity, None))
