"""What changes later: deriving again, splitting, forgetting, purging, upgrading."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from kneedrive.errors import DamagedOriginal, KneedriveError, ReadError, StillHeld
from kneedrive.recording import Recording
from kneedrive.store import Store
from kneedrive.store import database as store_file
from kneedrive.store.rows import Origin, Placed
from tests.store.cases import Application, activity, alone, contents, recording, told, told_activity

FILE = Origin(source="file")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
LEAD = told()
STREAM = told(start_s=5, format="strava", channels={"heart_rate_bpm": 150.0})
LATER = told(start_s=86_400.0)


def streamed(key: str = "17") -> Origin:
    return Origin(source="strava", key=key, version="v1", fetched_at=NOW, expires_at=NOW + WEEK)


def named(*recordings: Recording) -> list[str]:
    return [each.sha256[:12] for each in recordings]


def ids(store: Store) -> list[str]:
    return [run.id for run in store.runs()]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A run from a file and a stream, and one from a file on the next day."""
    with Store.open(tmp_path / "runs.sqlite") as store:
        derive = Application(store)
        store.add(LEAD, FILE, derive, version="1")
        store.add(STREAM, streamed(), derive, version="1")
        store.add(LATER, FILE, derive, version="1")
        yield store


# Deriving again


def test_results_of_the_same_version_are_left_alone(store: Store) -> None:
    derive = Application(store)

    assert (store.rebuild(derive, version="1"), derive.calls) == (0, 0)


def test_results_of_another_version_are_derived_again_to_the_same(store: Store) -> None:
    before = contents(store.path)

    assert (store.stale("2"), store.rebuild(Application(store), version="2"), store.stale("2")) == (3, 3, 0)

    after = contents(store.path)
    assert {row[7] for row in after.pop("recording")} == {"2"}
    before.pop("recording")
    assert after == before


def test_a_rebuild_tells_how_far_it_is(store: Store) -> None:
    seen: list[tuple[int, int]] = []

    store.rebuild(Application(store), version="2", progress=lambda done, total: seen.append((done, total)))

    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_rebuild_that_stops_goes_on_the_next_time(store: Store) -> None:
    derive, whole = Application(store), contents(store.path)

    def fails(of: Recording) -> Placed:
        if of.sha256 == LATER.sha256:
            message = "cannot be read any more"
            raise ReadError(message)
        return derive(of)

    with pytest.raises(ReadError):
        store.rebuild(fails, version="2")

    assert (store.stale("2"), ids(store)) == (1, named(LEAD, LATER))
    assert store.rebuild(derive, version="2") == 1
    assert contents(store.path)["run"] == whole["run"]


def test_runs_that_no_longer_match_are_taken_apart(store: Store) -> None:
    """A better reader finds that the stream began an hour later."""

    def read(of: Recording) -> object:
        return told_activity(of) if of.sha256 != STREAM.sha256 else activity(named(STREAM)[0], start_s=3600.0)

    store.rebuild(Application(store, read), version="2")  # type: ignore[arg-type]

    assert ids(store) == named(LEAD, STREAM, LATER)
    assert store.stale("2") == 0


def test_recordings_that_gave_no_run_are_derived_again_once(store: Store) -> None:
    store.rebuild(lambda _: Placed(), version="2")

    assert (ids(store), store.stale("2")) == ([], 0)
    assert store.rebuild(Application(store), version="3") == 3
    assert ids(store) == named(LEAD, LATER)


# Splitting


def test_a_split_run_becomes_two_and_stays_two(store: Store) -> None:
    assert store.split(named(LEAD)[0]) == tuple(sorted(named(LEAD, STREAM)))
    store.rebuild(Application(store), version="1")
    assert ids(store) == named(LEAD, STREAM, LATER)

    for version in ("2", "3"):
        store.rebuild(Application(store), version=version)
    assert store.add(STREAM, FILE, Application(store), version="3") == "already there"
    assert ids(store) == named(LEAD, STREAM, LATER)


def test_a_split_is_remembered_by_the_pair(store: Store) -> None:
    store.split(named(LEAD)[0])

    assert store.apart(named(LEAD, STREAM, LATER)) == {frozenset(named(LEAD, STREAM))}
    assert store.apart(named(LEAD, LATER)) == frozenset()


def test_splitting_a_run_of_one_activity_changes_nothing(store: Store) -> None:
    before = contents(store.path)["run"]

    assert store.split(named(LATER)[0]) == tuple(named(LATER))
    store.rebuild(Application(store), version="1")

    assert contents(store.path)["run"] == before


# Forgetting


def test_a_forgotten_run_is_gone_with_its_originals(store: Store) -> None:
    store.forget(named(LEAD)[0])

    left = contents(store.path)
    assert ids(store) == named(LATER)
    assert [row[1] for row in left["recording"]] == [LATER.sha256]
    assert {row[0] for row in left["epochs"]} == set(named(LATER))


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_forgotten_bytes_are_not_left_in_the_files(tmp_path: Path) -> None:
    """Noise cannot be compressed, so the database holds it as it is and it would be found again."""
    secret = recording(Random(1).randbytes(60_000))
    with Store.open(tmp_path / "runs.sqlite") as store:
        store.add(secret, FILE, lambda _: alone(activity(named(secret)[0])), version="1")
        store.add(LATER, FILE, Application(store), version="1")
        assert secret.body[30_000:30_050] in on_disk(tmp_path)

        store.forget(named(secret)[0])

        assert not [at for at in range(0, 60_000, 500) if secret.body[at : at + 50] in on_disk(tmp_path)]


def test_a_sync_does_not_bring_a_forgotten_run_back(store: Store) -> None:
    store.forget(named(LEAD)[0])

    assert store.known("strava") == {"17": "v1"}
    assert store.add(LEAD, Origin(source="folder", key="a.fit"), Application(store), version="1") == "forgotten"
    assert ids(store) == named(LATER)


def test_the_runner_may_take_a_forgotten_run_back(store: Store) -> None:
    store.forget(named(LEAD)[0])

    assert store.add(LEAD, FILE, Application(store), version="1", again=True) == "added"
    assert (ids(store), store.forgotten(LEAD.sha256)) == (named(LEAD, LATER), frozenset())


@pytest.fixture
def triathlon(tmp_path: Path) -> Iterator[Store]:
    """Two runs from one file."""
    sessions = activity("abcdef012345"), activity("abcdef012345-2", start_s=9_000.0)
    with Store.open(tmp_path / "runs.sqlite") as store:
        store.add(recording("two"), FILE, lambda _: alone(*sessions), version="1")
        yield store


def test_forgetting_one_session_keeps_the_original_for_the_other(triathlon: Store) -> None:
    triathlon.forget("abcdef012345")

    assert ids(triathlon) == ["abcdef012345-2"]
    assert triathlon.forgotten(recording("two").sha256) == {"abcdef012345"}
    assert triathlon.recording("abcdef012345-2") == recording("two")


def test_a_forgotten_session_can_be_taken_back(triathlon: Store) -> None:
    sessions = activity("abcdef012345"), activity("abcdef012345-2", start_s=9_000.0)
    triathlon.forget("abcdef012345")

    assert triathlon.add(recording("two"), FILE, lambda _: alone(*sessions), version="1") == "already there"
    assert ids(triathlon) == ["abcdef012345-2"]
    triathlon.add(recording("two"), FILE, lambda _: alone(*sessions), version="1", again=True)
    assert ids(triathlon) == ["abcdef012345", "abcdef012345-2"]


def test_forgetting_both_sessions_deletes_the_original(triathlon: Store) -> None:
    for run in ids(triathlon):
        triathlon.forget(run)

    assert contents(triathlon.path)["recording"] == []


# Purging


def test_answers_are_purged_when_their_time_is_up(store: Store) -> None:
    assert store.purge_expired(NOW + WEEK - timedelta(milliseconds=1)) == 0
    assert store.purge_expired(NOW + WEEK) == 1
    assert store.purge_expired(NOW + WEEK) == 0

    assert store.recording(named(STREAM)[0]) is None
    assert [row.kept for row in store.sources(named(LEAD)[0])] == [True, False]
    assert store.recording(named(LEAD)[0]) == LEAD


def test_results_of_purged_answers_stay(store: Store) -> None:
    before = contents(store.path)

    store.purge_expired(NOW + WEEK)

    after = contents(store.path)
    assert {table: rows for table, rows in after.items() if before[table] != rows}.keys() == {"recording"}


def test_what_the_runner_has_as_a_file_does_not_expire(store: Store) -> None:
    store.add(STREAM, FILE, Application(store), version="1")
    store.add(STREAM, streamed("18"), Application(store), version="1")

    assert store.purge_expired(NOW + 9 * WEEK) == 0


def test_a_purged_answer_that_comes_again_is_kept_again(store: Store) -> None:
    store.purge_expired(NOW + WEEK)
    again = Origin(source="strava", key="17", version="v1", fetched_at=NOW + WEEK, expires_at=NOW + 2 * WEEK)

    assert store.add(STREAM, again, Application(store), version="1") == "restored"

    assert store.recording(named(STREAM)[0]) == STREAM
    assert (store.purge_expired(NOW + WEEK), store.purge_expired(NOW + 2 * WEEK)) == (0, 1)


def test_a_purged_answer_that_comes_again_learns_the_sport_that_a_list_gives_it(store: Store) -> None:
    store.purge_expired(NOW + WEEK)
    again = Origin(source="strava", key="17", version="v1", fetched_at=NOW + WEEK, expires_at=NOW + 2 * WEEK)
    assert store.unnamed(STREAM.sha256)

    store.add(STREAM.replace(sport="Run"), again, Application(store), version="1")

    assert not store.unnamed(STREAM.sha256)


def test_a_rebuild_names_what_is_to_be_fetched_again(store: Store) -> None:
    alone_on_strava = told(start_s=200_000.0, format="strava")
    store.add(alone_on_strava, streamed("21"), Application(store), version="1")
    store.purge_expired(NOW + WEEK)
    assert store.to_fetch("strava", "1") == []

    assert store.rebuild(Application(store), version="2") == 2

    assert store.to_fetch("strava", "2") == ["17", "21"]
    assert (store.stale("2"), ids(store)) == (0, named(LEAD, LATER, alone_on_strava))
    assert store.past_runs()[-1].epochs.scored.sum() == 16


def test_purging_a_source_leaves_the_rest(store: Store) -> None:
    alone_on_strava = told(start_s=200_000.0, format="strava")
    store.add(alone_on_strava, streamed("21"), Application(store), version="1")
    store.set_cursor("strava", "21")

    assert store.purge_source("strava") == 2

    assert (store.known("strava"), store.cursor("strava"), store.stale("1")) == ({}, None, 1)
    store.rebuild(Application(store), version="1")
    assert ids(store) == named(LEAD, LATER)
    assert "heart_rate_bpm" not in store.detail(named(LEAD)[0])


def test_purging_a_source_keeps_what_another_has_too(store: Store) -> None:
    store.add(STREAM, FILE, Application(store), version="1")

    assert store.purge_source("strava") == 0
    assert store.sources(named(LEAD)[0])[1].sources == ("file",)


def test_purging_all_leaves_an_empty_store_that_works(store: Store) -> None:
    store.split(named(LEAD)[0])
    store.forget(named(LATER)[0])
    with Store.open(store.path, runner="Ada") as hers:
        hers.add(LEAD, FILE, Application(hers), version="1")

    store.purge_all()

    assert not any(contents(store.path).values())
    assert store.add(LATER, FILE, Application(store), version="1") == "added"


NOISE = recording(Random(2).randbytes(60_000))


@pytest.fixture
def noisy(tmp_path: Path) -> Iterator[Store]:
    """A store that holds an answer of noise, which can be found again in the files, and a run."""
    with Store.open(tmp_path / "noisy" / "runs.sqlite", patience_s=0.05) as store:
        store.add(NOISE, streamed(), lambda _: alone(activity(named(NOISE)[0])), version="1")
        store.add(LATER, FILE, Application(store), version="1")
        store._wipe()
        yield store


def noise_in(path: Path) -> list[int]:
    """Where a file still holds the noise."""
    held = path.read_bytes()
    return [at for at in range(0, 60_000, 500) if NOISE.body[at : at + 50] in held]


def noise_left(store: Store) -> list[int]:
    return [at for path in store.path.parent.iterdir() for at in noise_in(path)]


def test_purged_answers_are_not_left_in_the_files(noisy: Store) -> None:
    assert noise_left(noisy)

    assert noisy.purge_expired(NOW + WEEK) == 1

    assert not noise_left(noisy)


def test_purging_all_overwrites_before_it_gives_space_back(noisy: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a shorter file no longer holds is not overwritten by anybody."""
    long = noisy.path.stat().st_size
    given_back: list[tuple[list[int], int]] = []
    real = noisy._do

    def watched(sql: str, **values: object) -> int:
        if sql == "VACUUM":
            given_back.append((noise_left(noisy), noisy.path.stat().st_size))
        return real(sql, **values)

    monkeypatch.setattr(noisy, "_do", watched)
    noisy.purge_all()

    assert given_back == [([], long)]
    assert not noise_left(noisy)


def test_purging_all_gives_the_space_back(noisy: Store, tmp_path: Path) -> None:
    with Store.open(tmp_path / "new.sqlite") as new:
        new._wipe()

        noisy.purge_all()

        assert noisy.path.stat().st_size == new.path.stat().st_size


@pytest.mark.parametrize(
    "delete",
    [
        pytest.param(lambda store: store.purge_all(), id="purge all"),
        pytest.param(lambda store: store.forget(named(NOISE)[0]), id="forget"),
        pytest.param(lambda store: store.purge_expired(NOW + WEEK), id="purge what has expired"),
        pytest.param(lambda store: store.purge_source("strava"), id="purge a source"),
    ],
)
def test_who_still_reads_keeps_the_content_and_that_is_said(noisy: Store, delete: Callable[[Store], object]) -> None:
    reader = sqlite3.connect(noisy.path, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM recording").fetchone() == (2,)

    with pytest.raises(StillHeld, match="another program is reading the store, so the old content is still in the"):
        delete(noisy)

    assert noisy.recording(named(NOISE)[0]) is None  # deleted it is
    assert noise_left(noisy)
    reader.close()
    noisy.close()
    Store.open(noisy.path).close()
    assert not noise_left(noisy)


def test_who_has_the_store_open_and_reads_nothing_keeps_nothing(noisy: Store) -> None:
    with Store.open(noisy.path) as other:
        other.runs()

        noisy.purge_all()

        assert not noise_left(noisy)
        assert other.runs() == []


# Damage


def spoil(store: Store, of: Recording) -> None:
    """Damage the stored bytes of a recording."""
    store._do("UPDATE recording SET body = x'0011' WHERE sha256 = :sha256", sha256=of.sha256)


@pytest.mark.parametrize("of", [LATER, LEAD, STREAM], ids=["alone", "leading others", "beside others"])
def test_a_damaged_original_keeps_its_results_and_stops_no_rebuild(store: Store, of: Recording) -> None:
    told_of: list[tuple[str, KneedriveError]] = []
    before = contents(store.path)
    spoil(store, of)

    assert store.rebuild(Application(store), version="2", unread=lambda *what: told_of.append(what)) == 2

    assert [(own, type(error)) for own, error in told_of] == [(*named(of), DamagedOriginal)]
    assert "kneedrive import --again" in str(told_of[0][1])
    assert (store.stale("2"), ids(store)) == (0, named(STREAM if of is LEAD else LEAD, LATER))
    assert store.find(named(LEAD)[0]).recordings == 2
    after = contents(store.path)
    if of is LATER:
        assert after["epochs"] == before["epochs"]
        assert after["activity"] == before["activity"]


def test_a_damaged_original_whose_run_is_gone_is_tried_once(store: Store) -> None:
    """Its run was taken apart; nothing can make one of it."""
    spoil(store, STREAM)
    store.split(named(LEAD)[0])

    store.rebuild(Application(store), version="1")

    assert (store.stale("1"), ids(store)) == (0, named(LEAD, LATER))
    assert store.add(told(start_s=3e5), FILE, Application(store), version="1") == "added"
    assert store.stale("1") == 0


def test_a_damaged_original_can_be_forgotten(store: Store) -> None:
    spoil(store, LATER)

    store.forget(named(LATER)[0])

    assert ids(store) == named(LEAD)
    assert store.forgotten(LATER.sha256) == set(named(LATER))
    assert LATER.sha256 not in [row[1] for row in contents(store.path)["recording"]]


def test_an_original_without_a_run_is_found_and_forgotten_by_its_id(store: Store) -> None:
    store.rebuild(lambda _: Placed(), version="2")
    (own,) = named(LATER)

    assert store.without_run(own) == store.without_run(own[:6]) == [LATER.sha256]
    store.forget_original(LATER.sha256)

    assert store.without_run(own) == []
    assert not store.holds(LATER.sha256)
    assert store.add(LATER, FILE, Application(store), version="2") == "forgotten"


@pytest.mark.parametrize("spec", ["", "abc", "last", "%%%%", "2026-05-24"])
def test_what_is_no_id_finds_no_original(store: Store, spec: str) -> None:
    store.rebuild(lambda _: Placed(), version="2")

    assert store.without_run(spec) == []


def test_the_original_of_a_run_is_found_by_its_run(store: Store) -> None:
    assert store.without_run(named(LEAD)[0]) == []


# Upgrading


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> int:
    """A later kneedrive, whose recordings have one more column."""
    version = store_file.SCHEMA_VERSION + 1
    monkeypatch.setattr(store_file, "SCHEMA_VERSION", version)
    monkeypatch.setitem(store_file.MIGRATIONS, version, "ALTER TABLE recording ADD COLUMN mood TEXT;")
    return version


def test_an_upgrade_keeps_the_truth_and_derives_the_rest_again(store: Store, newer: int) -> None:
    before = contents(store.path)
    store.close()

    with Store.open(store.path) as upgraded:
        assert (upgraded.runs(), upgraded.stale("1")) == ([], 3)
        assert upgraded.recording(named(LEAD)[0]) is None  # sessions are derived too
        upgraded.rebuild(Application(upgraded), version="1")

    assert contents(store.path) == before
    with sqlite3.connect(store.path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (newer,)
        assert db.execute("SELECT mood FROM recording").fetchall() == [(None,)] * 3
    db.close()


def test_an_upgrade_that_fails_changes_nothing(store: Store, newer: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(store.path)
    store.close()
    monkeypatch.setitem(store_file.MIGRATIONS, newer, "ALTER TABLE recording ADD COLUMN mood TEXT; DROP TABLE absent;")

    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        Store.open(store.path)

    monkeypatch.undo()
    assert contents(store.path) == before
    with Store.open(store.path) as unharmed:
        assert ids(unharmed) == named(LEAD, LATER)
