"""Recordings in, runs out: adding, merging, lists, histories, tags and cursors."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from kneedrive.errors import ReadError, StoreError
from kneedrive.histories.merge import outline
from kneedrive.recording import Recording
from kneedrive.store import Store
from kneedrive.store.rows import NewActivity, Origin, Placed, Tag
from tests.store.cases import START, Application, activity, alone, contents, epochs, recording, told, told_activity

FILE = Origin(source="file")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
STREAM = Origin(source="strava", key="17", version="v1", fetched_at=NOW, expires_at=NOW + timedelta(days=7))
DAY_S = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with Store.open(tmp_path / "kneedrive" / "runs.sqlite") as store:
        yield store


def add(store: Store, *recordings: Recording, origin: Origin = FILE) -> list[str]:
    """Add them in turn; what was said of each."""
    derive = Application(store)
    return [store.add(each, origin, derive, version="1") for each in recordings]


def test_a_recording_becomes_a_run(store: Store) -> None:
    mine = told()

    assert add(store, mine) == ["added"]

    (run,) = store.runs()
    assert (run.id, run.started_at, run.utc_offset_s) == (mine.sha256[:12], START, 7200)
    assert (run.device, run.sensor, run.surface, run.status) == ("garmin fr955", "garmin_strap", "outdoor", "assessed")
    assert (run.duration_s, run.distance_m, run.dynamics, run.recordings) == (600.0, 1800.0, 2, 1)
    assert (run.epochs_total, run.epochs_scored) == (20, 16)
    assert (run.label, run.certainty) == ("shuffle-like", "spoken")
    assert (run.D, run.D_se, run.P, run.P_se, run.G, run.G_se, run.K) == (-1.5, 0.5, None, None, 0.1, 0.4, None)


def test_the_original_comes_back_byte_for_byte(store: Store) -> None:
    mine = told(padding="x" * 100_000)
    add(store, mine)

    assert store.recording(mine.sha256[:12]) == mine
    assert store.recording("0" * 12) is None


def test_the_same_recording_twice_is_kept_once(store: Store) -> None:
    assert add(store, told(), told()) == ["added", "already there"]
    assert len(store.runs()) == 1
    assert store.holds(told().sha256)
    assert not store.holds("0" * 64)


def test_what_is_there_is_not_derived_again(store: Store) -> None:
    derive = Application(store)

    store.add(told(), FILE, derive, version="1")
    store.add(told(), FILE, derive, version="1")

    assert derive.calls == 1


def test_a_recording_that_cannot_be_derived_leaves_nothing(store: Store) -> None:
    def fails(_: Recording) -> Placed:
        message = "cut off"
        raise ReadError(message, offset=12)

    before = contents(store.path)
    with pytest.raises(ReadError, match="cut off"):
        store.add(told(), FILE, fails, version="1")

    assert contents(store.path) == before


def test_a_recording_without_a_run_is_kept_and_listed_nowhere(store: Store) -> None:
    walk = activity(sport="walking")
    placed = Placed(activities=(NewActivity(activity=walk, outline=outline(walk), provenance="none", is_run=False),))

    assert store.add(recording("walk"), FILE, lambda _: placed, version="1") == "added"

    assert store.runs() == []
    assert (store.stale("1"), store.near(outline(activity("b" * 12)), 120.0)) == (0, [])


def test_a_run_activity_without_its_run_is_a_mistake(store: Store) -> None:
    run = activity()
    placed = Placed(activities=(NewActivity(activity=run, outline=outline(run), provenance="none"),))

    with pytest.raises(ValueError, match="without their run"):
        store.add(recording("run"), FILE, lambda _: placed, version="1")


def test_runs_are_listed_by_time_and_period(store: Store) -> None:
    add(store, *(told(start_s=day * DAY_S) for day in (2, 0, 1)))

    starts = [run.started_at for run in store.runs()]
    assert starts == [START + timedelta(days=day) for day in range(3)]
    assert [run.started_at for run in store.runs(since=starts[1])] == starts[1:]
    assert [run.started_at for run in store.runs(until=starts[1])] == starts[:1]
    assert [run.id for run in store.past_runs(starts[1], starts[2])] == [store.runs()[1].id]


def test_a_past_run_has_its_epochs(store: Store) -> None:
    add(store, told())

    (past,) = store.past_runs()

    assert (past.id, past.started_at, past.utc_offset_s) == (told().sha256[:12], START, 7200)
    assert (past.sensor, past.device, past.surface, past.firmware) == ("garmin_strap", "garmin fr955", "outdoor", "")
    assert (past.distance_m, past.duration_s, past.height_m) == (1800.0, 600.0, 1.78)
    assert np.array_equal(past.epochs["D"], epochs()["D"].astype(np.float32), equal_nan=True)
    assert np.array_equal(past.epochs.reason, epochs().reason)


def test_what_the_caller_stored_with_a_run_comes_back(store: Store) -> None:
    add(store, told(channels={"speed_mps": 3.0}))

    assert store.detail(store.runs()[0].id) == '{"channels": ["speed_mps"]}'


@pytest.mark.parametrize("question", ["detail", "sources", "split", "forget"])
def test_a_run_that_is_not_there_is_said(store: Store, question: str) -> None:
    with pytest.raises(StoreError, match="abc: no such run in the store"):
        getattr(store, question)("abc")


def test_recordings_of_one_run_become_one_run(store: Store) -> None:
    rich, poor = told(), told(start_s=5, format="gpx", channels={"heart_rate_bpm": 150.0})
    add(store, poor, rich)

    (run,) = store.runs()
    lead, other = store.sources(run.id)

    assert (run.id, run.recordings, run.dynamics) == (rich.sha256[:12], 2, 2)
    assert (lead.outline.id, lead.verdict, lead.sources, lead.kept) == (rich.sha256[:12], "", ("file",), True)
    assert (other.outline.id, other.verdict, other.channels) == (poor.sha256[:12], "alike", ("heart_rate_bpm",))
    assert set(lead.channels) == {"cadence_spm", "stance_time_s", "vertical_oscillation_m", "speed_mps"}


def test_outlines_come_back_as_they_were_compared(store: Store) -> None:
    mine = told(channels={"heart_rate_bpm": 151.5, "stance_time_s": 0.25}, elapsed_s=612.25)
    add(store, mine)

    assert store.sources(store.runs()[0].id)[0].outline == outline(told_activity(mine))


CROWD = (
    told(start_s=0),
    told(start_s=100, channels={"heart_rate_bpm": 150.0, "stance_time_s": 0.25}),
    told(start_s=101, format="gpx", channels={"heart_rate_bpm": 150.0}),
    told(start_s=60, format="strava", channels={"speed_mps": 3.0}),
    told(start_s=90, channels={"heart_rate_bpm": 180.0}),
)


@pytest.mark.parametrize("order", list(permutations(range(5)))[::7], ids=lambda order: "".join(map(str, order)))
def test_any_order_of_import_gives_the_same_store(tmp_path: Path, order: Sequence[int]) -> None:
    """Two people, four devices, and a stream that is like all of them."""
    said = []
    for name, recordings in (("sorted", CROWD), ("shuffled", [CROWD[i] for i in order])):
        with Store.open(tmp_path / name) as store:
            add(store, *recordings)
        said.append(contents(tmp_path / name))

    assert said[0] == said[1]
    assert len(said[0]["run"]) > 1


def test_near_follows_a_chain_and_stops_at_its_end(store: Store) -> None:
    chain = [told(start_s=start_s) for start_s in (0, 110, 220, 341)]
    add(store, *chain)

    near = store.near(outline(told_activity(chain[0])), 120.0)

    assert [each.id for each in near] == [each.sha256[:12] for each in chain[1:3]]


def test_a_run_of_days_is_not_near_what_starts_in_it(store: Store) -> None:
    long, inside = told(start_s=0, seconds=90_000), told(start_s=40_000)
    add(store, long, inside)

    assert store.near(outline(told_activity(long)), 120.0) == []


@pytest.mark.parametrize(
    ("start_s", "overlaps"),
    [
        pytest.param(-600, True, id="it ends where this begins"),
        pytest.param(-601, False, id="it ends before"),
        pytest.param(600, True, id="it begins where this ends"),
        pytest.param(601, False, id="it begins after"),
    ],
)
def test_overlapping_is_what_was_under_way_at_the_same_time(store: Store, start_s: float, *, overlaps: bool) -> None:
    this, other = told(start_s=0), told(start_s=start_s)
    add(store, this, other)

    found = store.overlapping(outline(told_activity(this)))

    assert [each.id for each in found] == [other.sha256[:12]] * overlaps


def test_runners_are_kept_apart(store: Store) -> None:
    add(store, told())
    with Store.open(store.path, runner="Ada") as hers:
        assert add(hers, told(), told(start_s=DAY_S)) == ["added", "added"]
        assert [len(hers.runs()), len(store.runs())] == [2, 1]
        assert hers.runners() == ["", "Ada"]
        assert hers.stale("2") == 2


def test_the_same_content_from_a_second_source_is_noted(store: Store) -> None:
    add(store, told(), origin=STREAM)
    add(store, told())

    assert store.known("strava") == {"17": "v1"}
    assert store.sources(store.runs()[0].id)[0].sources == ("file", "strava")


def test_other_content_under_a_known_key_replaces_the_old(store: Store) -> None:
    old, new = told(seconds=600), told(seconds=610)
    add(store, old, origin=STREAM)

    assert add(store, new, origin=STREAM.replace(version="v2")) == ["updated"]

    assert [run.id for run in store.runs()] == [new.sha256[:12]]
    assert (store.holds(old.sha256), store.known("strava")) == (False, {"17": "v2"})


def test_replaced_content_stays_where_another_source_has_it(store: Store) -> None:
    old, new = told(), told(start_s=DAY_S)
    add(store, old)
    add(store, old, new, origin=STREAM)

    assert [run.id for run in store.runs()] == [old.sha256[:12], new.sha256[:12]]


def test_a_key_that_moves_to_known_content_frees_the_run_it_leaves(store: Store) -> None:
    """The stream was part of the first run; once it is gone, that run is to be derived without it."""
    lead, stream, other = told(), told(start_s=3, format="strava", channels={"altitude_m": 90.0}), told(start_s=DAY_S)
    add(store, lead, other)
    add(store, stream, origin=STREAM)
    assert add(store, other, origin=STREAM) == ["already there"]

    assert (store.stale("1"), store.rebuild(Application(store), version="1")) == (1, 1)
    assert [row.outline.id for row in store.sources(lead.sha256[:12])] == [lead.sha256[:12]]


def test_tags_are_kept_once_and_in_order(store: Store) -> None:
    for day, text in ((24, "wall drills"), (3, "new shoes"), (24, "wall drills")):
        store.tag(date(2026, 5, day), text)

    assert store.tags() == [Tag(day="2026-05-03", text="new shoes"), Tag(day="2026-05-24", text="wall drills")]
    assert store.untag(date(2026, 5, 3), "new shoes")
    assert not store.untag(date(2026, 5, 3), "new shoes")
    assert store.tags() == [Tag(day="2026-05-24", text="wall drills")]


def test_a_source_goes_on_where_it_stopped(store: Store) -> None:
    assert store.cursor("strava") is None
    store.set_cursor("strava", "100")
    store.set_cursor("strava", "200")

    assert (store.cursor("strava"), store.cursor("intervals")) == ("200", None)


def test_together_says_which_activities_are_a_run(store: Store) -> None:
    a, b, c = told(), told(start_s=1, format="gpx"), told(start_s=DAY_S)
    add(store, a, b, c)
    ids = [each.sha256[:12] for each in (a, b, c)]

    assert store.together([*ids, "0" * 12]) == {tuple(sorted(ids[:2])), (ids[2],)}


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    before = contents(store.path)

    def half() -> None:
        with store.writing():
            add(store, told())
            store.tag(date(2026, 5, 24), "nothing")
            raise KeyError

    with pytest.raises(KeyError):
        half()

    assert contents(store.path) == before
    assert add(store, told()) == ["added"]


def test_the_store_is_small(tmp_path: Path) -> None:
    """At most 1.2 times the compressed originals plus 20 kB a run, for runs of an hour with 25 columns."""
    noise = np.random.default_rng(7)
    bodies = [noise.integers(0, 60, 60_000, dtype=np.uint8).tobytes() for _ in range(30)]
    block = epochs(120).replace(columns={f"column_{number}": noise.normal(size=120) for number in range(25)})
    with Store.open(tmp_path / "runs.sqlite") as store:
        for number, body in enumerate(bodies):
            mine = recording(body)
            placed = alone(activity(mine.sha256[:12], start_s=number * DAY_S), block=block)
            store.add(mine, FILE, lambda _, placed=placed: placed, version="1")  # type: ignore[misc]

    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size <= 1.2 * sum(len(gzip.compress(body)) for body in bodies) + 20_000 * len(bodies)
