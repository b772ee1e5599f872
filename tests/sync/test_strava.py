"""What a sync from Strava keeps, asks again, leaves alone and deletes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from kneedrive import readers
from kneedrive.app.sync import Order
from kneedrive.errors import NotAuthorised, RateLimited
from kneedrive.sources.strava import MARGIN
from tests.conftest import FIXTURES
from tests.fakes.server import Clock
from tests.fakes.strava import FakeStrava, runs
from tests.sync.household import Household, counts, pull
from tests.sync.streams import as_strava_has_it, steady


def streams_asked(fake: FakeStrava) -> Counter[str]:
    """How often each activity's streams were asked for and given."""
    return Counter(
        asked.path.split("/")[4] for asked, status in fake.served() if asked.path.endswith("/streams") and status == 200
    )


def ids(fake: FakeStrava) -> set[str]:
    return {str(activity["id"]) for activity in fake.activities}


@pytest.mark.slow
def test_a_thousand_runs_come_over_many_windows_each_once(clock: Clock, home: Household) -> None:
    """With the usual limits: 100 in a quarter of an hour, 1,000 a day; tokens end and rotate on the way."""
    waits: list[datetime] = []

    def wait(until: datetime) -> None:
        waits.append(until)
        clock.until(until)

    with FakeStrava(runs(1000), clock) as fake:
        home.with_strava(fake).log_in(fake)

        pulled = home.pull(clock, wait)

        assert counts(pulled) == {"added": 1000}
        assert set(streams_asked(fake)) == ids(fake)
        assert set(streams_asked(fake).values()) == {1}
        assert 429 not in fake.statuses
        assert 401 not in fake.statuses
        assert max(waits) == datetime.fromisoformat("2026-03-03T00:00:00+00:00") + MARGIN
        assert len(fake.dead) >= 1
        assert home.held()["run"] == 1000
        assert home.whole()
        assert counts(home.pull(clock, wait)) == {"already_there": 182}
        assert sum(streams_asked(fake).values()) == 1000


def test_at_the_limit_a_sync_stops_with_the_newest_and_the_next_goes_on(clock: Clock, home: Household) -> None:
    limits = {"overall": (30, 2000), "reading": (30, 1000)}
    with FakeStrava(runs(70), clock, **limits) as fake:
        home.with_strava(fake).log_in(fake)
        stops = 0
        while (problem := home.pull(clock)[0].problem) is not None:
            assert isinstance(problem, RateLimited)
            stops += 1
            with home.store() as store:
                newest = [str(activity["id"]) for activity in fake.activities[: len(store.known("strava"))]]
                assert set(store.known("strava")) == set(newest)
            clock.until(problem.retry_at)

        assert stops == 2
        assert home.held()["run"] == 70
        assert set(streams_asked(fake).values()) == {1}


def test_a_token_that_rotates_in_the_middle_is_not_noticed(
    runner: Household, strava: FakeStrava, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = strava._streams

    def slow(number: str, query: object) -> object:
        strava.clock.advance(hours=4)  # type: ignore[attr-defined]
        return real(number, query)  # type: ignore[arg-type]

    monkeypatch.setattr(strava, "_streams", slow)

    pulled = runner.pull(strava.clock)

    assert counts(pulled) == {"added": 5}
    assert len(strava.dead) == 2
    assert 401 not in strava.statuses


def test_after_a_revocation_a_sync_says_what_to_do_and_the_runs_stay(runner: Household, strava: FakeStrava) -> None:
    runner.pull(strava.clock)
    strava.revoked = True
    strava.access.clear()

    (pulled,) = runner.pull(strava.clock)

    assert isinstance(pulled.problem, NotAuthorised)
    assert "kneedrive auth strava" in str(pulled.problem)
    assert runner.held()["run"] == 5


def test_nothing_new_fetches_nothing(runner: Household, strava: FakeStrava) -> None:
    runner.pull(strava.clock)
    strava.forget()

    pulled = runner.pull(strava.clock)

    assert counts(pulled) == {"already_there": 5}
    assert not strava.asked("/streams")


def test_a_dry_run_fetches_and_writes_nothing(runner: Household, strava: FakeStrava) -> None:
    pulled = runner.pull(strava.clock, dry_run=True)

    assert counts(pulled) == {"added": 5}
    assert not strava.asked("/streams")
    assert not runner.store_file.exists()


def test_since_leaves_older_runs_for_later(runner: Household, strava: FakeStrava) -> None:
    recent = runner.pull(strava.clock, since=strava.clock() - timedelta(days=4))
    everything = runner.pull(strava.clock)

    assert counts(recent) == {"added": 2}
    assert counts(everything) == {"added": 3, "already_there": 2}


def test_a_changed_activity_replaces_what_was_there(runner: Household, strava: FakeStrava) -> None:
    runner.pull(strava.clock)
    strava.activities[1]["distance"] = 5000.0

    pulled = runner.pull(strava.clock)

    assert counts(pulled) == {"updated": 1, "already_there": 4}
    with runner.store() as store:
        assert sorted(row.distance_m or 0.0 for row in store.runs()) == [5000.0, *[7340.5] * 4]


def test_a_run_that_was_deleted_here_stays_deleted_even_if_strava_changes_it(
    runner: Household, strava: FakeStrava
) -> None:
    runner.pull(strava.clock)
    with runner.store() as store:
        store.forget(store.find("last").id)
    strava.activities[0]["distance"] = 5000.0

    pulled = runner.pull(strava.clock, full=True)

    assert counts(pulled) == {"skipped": 1, "already_there": 4}
    assert runner.held()["run"] == 4


@pytest.mark.parametrize("fault", ["500", "404", "unreadable"])
@pytest.mark.parametrize("full", [False, True])
def test_a_run_whose_change_could_not_be_had_stays_deleted_too(
    runner: Household, strava: FakeStrava, fault: str, full: bool
) -> None:
    """What a sync noted of its version must not hide that it was deleted."""
    runner.pull(strava.clock)
    changed = str(strava.activities[0]["id"])
    strava.activities[0]["distance"] = 5000.0
    streams = dict(strava.streams)
    if fault == "unreadable":
        strava.streams[changed] = {"time": {"data": ["soon", "later"]}}
    else:
        strava.fail(fault, on=f"/{changed}/", times=500)
    runner.pull(strava.clock)
    with runner.store() as store:
        noted = store.known("strava")[changed]
        store.forget(store.find("last").id)
    strava.faults.clear()
    strava.streams.clear()
    strava.streams.update(streams)
    strava.activities[0]["distance"] = 6000.0

    pulled = runner.pull(strava.clock, full=full)

    assert "|" in noted
    assert counts(pulled) == {"skipped": 1, "already_there": 4}
    assert runner.held()["run"] == 4


def test_what_is_gone_is_not_asked_for_twice_except_in_full(runner: Household, strava: FakeStrava) -> None:
    gone = str(strava.activities[2]["id"])
    strava.fail("404", on=f"/{gone}/")
    first = runner.pull(strava.clock)
    strava.forget()
    second = runner.pull(strava.clock)
    asked = strava.asked("/streams")
    full = runner.pull(strava.clock, full=True)

    assert counts(first) == {"added": 4, "skipped": 1}
    assert counts(second) == {"already_there": 4}
    assert asked == []
    assert counts(full)["added"] == 1


def test_a_failed_activity_is_met_again_however_old(clock: Clock, home: Household) -> None:
    with FakeStrava(runs(60), clock) as fake:
        home.with_strava(fake).log_in(fake)
        oldest = str(fake.activities[-1]["id"])
        fake.fail("half", on=f"/{oldest}/", times=1)
        first = home.pull(clock)
        clock.advance(hours=2)
        second = home.pull(clock)

        assert counts(first) == {"added": 59, "failed": 1}
        assert counts(second)["added"] == 1
        assert home.held()["run"] == 60


def test_an_answer_that_is_no_run_of_ours_is_told_once(runner: Household, strava: FakeStrava) -> None:
    broken = str(strava.activities[0]["id"])
    strava.streams[broken] = {"time": {"data": ["soon", "later"]}}
    first = runner.pull(strava.clock)
    strava.forget()
    second = runner.pull(strava.clock)

    assert counts(first) == {"added": 4, "failed": 1}
    assert next(each.reason for each in first[0].outcomes if each.verdict == "failed").startswith("is no Strava")
    assert counts(second) == {"already_there": 4}
    assert not strava.asked("/streams")


def test_an_answer_that_memory_was_wanting_for_is_asked_for_again_however_old(
    clock: Clock, home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the next list would begin after it."""
    with FakeStrava(runs(3), clock) as fake:
        home.with_strava(fake).log_in(fake)
        fake.activities[-1]["start_date"] = "2020-03-01T07:00:00Z"
        oldest = str(fake.activities[-1]["id"])
        real = readers.read

        def read(body: bytes, name: str) -> object:
            if oldest in name:
                raise MemoryError
            return real(body, name)

        with monkeypatch.context() as poor:
            poor.setattr(readers, "read", read)
            first, second = home.pull(clock), home.pull(clock)
        third = home.pull(clock)

        assert counts(first) == {"added": 2, "failed": 1}
        assert counts(second) == {"already_there": 2, "failed": 1}
        assert counts(third) == {"added": 1, "already_there": 2}
        fake.forget()
        home.pull(clock)
        assert not fake.asked("/streams")


def test_an_unreadable_answer_is_asked_for_again_by_another_method(
    runner: Household, strava: FakeStrava, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = str(strava.activities[0]["id"])
    strava.streams[broken] = {"time": {"data": ["soon", "later"]}}
    runner.pull(strava.clock)
    strava.streams.clear()
    monkeypatch.setattr("kneedrive.app.sync.UNREAD", "unread by another")

    assert counts(runner.pull(strava.clock))["added"] == 1


def test_other_sports_are_not_fetched(runner: Household, strava: FakeStrava) -> None:
    strava.activities[0] |= {"sport_type": "Ride", "type": "Ride"}

    pulled = runner.pull(strava.clock)

    assert counts(pulled) == {"added": 4, "not_a_run": 1}
    assert len(strava.asked("/streams")) == 4


def test_manual_runs_and_treadmills_are_kept(runner: Household, strava: FakeStrava) -> None:
    strava.activities[0]["manual"] = True
    strava.activities[1]["trainer"] = True
    runner.pull(strava.clock)

    with runner.store() as store:
        found = [(row.status, row.surface) for row in store.runs()]
    assert found[-1] == ("no samples", "outdoor")
    assert found[-2][1] == "indoor"


class TestPolicy:
    """What Strava's terms ask for."""

    def test_after_seven_days_the_answers_are_gone_and_the_results_stay(
        self, runner: Household, strava: FakeStrava
    ) -> None:
        runner.pull(strava.clock)
        strava.clock.advance(days=7, minutes=1)  # type: ignore[attr-defined]
        runner.pull(strava.clock)

        with runner.store() as store:
            assert [row.kept for run in store.runs() for row in store.sources(run.id)] == [False] * 5
            assert all(len(past.epochs) for past in store.past_runs())

    def test_an_answer_carries_when_it_came_and_when_it_goes(self, runner: Household, strava: FakeStrava) -> None:
        runner.pull(strava.clock)
        came_ms = int(strava.clock().timestamp() * 1000)

        assert runner.ask("SELECT DISTINCT fetched_at_ms, expires_at_ms FROM recording") == [
            (came_ms, came_ms + 7 * 86_400_000)
        ]

    def test_any_command_purges_what_is_too_old(self, runner: Household, strava: FakeStrava) -> None:
        runner.pull(strava.clock)  # by a clock that lies months back
        runner.run("runs")

        with runner.store() as store:
            assert not any(row.kept for run in store.runs() for row in store.sources(run.id))

    def test_results_of_another_method_are_fetched_again_where_their_answers_are_gone(
        self, runner: Household, strava: FakeStrava, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        runner.pull(strava.clock)
        strava.clock.advance(days=40)  # type: ignore[attr-defined]
        runner.pull(strava.clock)
        strava.forget()
        monkeypatch.setattr("kneedrive.app.importing.VERSION", "of tomorrow")

        pulled = runner.pull(strava.clock)

        assert counts(pulled) == {"updated": 5}
        assert len(strava.asked("/streams")) == 5
        assert runner.held()["run"] == 5
        assert counts(runner.pull(strava.clock)) == {"already_there": 5}
        assert len(strava.asked("/streams")) == 5

    def test_what_strava_deleted_meanwhile_is_looked_for_once(
        self, runner: Household, strava: FakeStrava, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One of the list, and one that is listed and answers no more."""
        runner.pull(strava.clock)
        strava.clock.advance(days=400)  # type: ignore[attr-defined]
        monkeypatch.setattr("kneedrive.app.importing.VERSION", "of tomorrow")
        del strava.activities[0]
        strava.fail("404", on=f"/{strava.activities[0]['id']}/")
        runner.pull(strava.clock)
        strava.forget()

        pulled = runner.pull(strava.clock)

        assert counts(pulled) == {}
        assert len(strava.log) == 1
        assert runner.held()["run"] == 5

    def test_full_fetches_purged_answers_again(self, runner: Household, strava: FakeStrava) -> None:
        runner.pull(strava.clock)
        strava.clock.advance(days=8)  # type: ignore[attr-defined]

        pulled = runner.pull(strava.clock, full=True, since=datetime.fromisoformat("2026-03-01T00:00:00+00:00"))

        assert counts(pulled) == {"updated": 1}
        with runner.store() as store:
            assert [row.kept for row in store.sources(store.find("last").id)] == [True]

    def test_positions_and_names_are_never_stored(self, runner: Household, strava: FakeStrava) -> None:
        newest = str(strava.activities[0]["id"])
        strava.streams[newest] = steady()
        runner.pull(strava.clock)

        stored = runner.stored_text()  # megabytes, which a failed assertion had better not print

        words = (b"velocity_smooth", b"latlng", b"_invented_", b"Invented", b"0.5,-0.5")
        assert [word for word in words if word in stored] == [b"velocity_smooth"]


class TestTogether:
    """The same run from Strava and from a file."""

    @pytest.mark.parametrize("first", ["file", "strava"])
    def test_a_stream_and_a_file_become_one_run_with_the_dynamics_of_the_file(
        self, runner: Household, strava: FakeStrava, first: str
    ) -> None:
        from kneedrive.app.analyze import read

        path = FIXTURES / "labels" / "drive.fit"
        (activity,) = read(path.read_bytes(), path.name)
        summary, streams = as_strava_has_it(activity, strava.activities[0])
        strava.activities[:] = [summary]
        strava.streams[str(summary["id"])] = streams
        steps: list[Callable[[], object]] = [
            lambda: runner.run("import", str(path)),
            lambda: runner.pull(activity_clock(strava)),
        ]
        for step in steps if first == "file" else reversed(steps):
            step()

        with runner.store() as store:
            (row,) = store.runs()
            members = store.sources(row.id)
        assert (row.recordings, row.formats) == (2, "fit,strava")
        assert row.label == "drive-like"
        assert [member.outline.format for member in members] == ["fit", "strava"]
        assert "stance_time_s" in members[0].channels

    def test_the_file_keeps_its_results_when_the_answer_is_purged(self, runner: Household, strava: FakeStrava) -> None:
        self.test_a_stream_and_a_file_become_one_run_with_the_dynamics_of_the_file(runner, strava, "strava")
        runner.run("rebuild")

        with runner.store() as store:
            (row,) = store.runs()
        assert (row.recordings, row.label) == (2, "drive-like")


def activity_clock(fake: FakeStrava) -> Clock:
    """A clock that stands a little after the latest run; the login's token is good for it."""
    latest = datetime.fromisoformat(fake.activities[0]["start_date"])
    fake.clock.now = latest + timedelta(hours=3)  # type: ignore[attr-defined]
    for token in fake.access:
        fake.access[token] = fake.clock() + timedelta(hours=6)
    return fake.clock  # type: ignore[return-value]


def test_two_runners_keep_logins_of_their_own(runner: Household, strava: FakeStrava) -> None:
    """Else the sync of one would fetch the other's runs."""
    desk = runner.desk(strava.clock, runner="a/b")
    (pulled,) = pull(desk.replace(settings=desk.settings.replace(new_runner=True)), Order(names=("strava",)))

    assert isinstance(pulled.problem, NotAuthorised)
