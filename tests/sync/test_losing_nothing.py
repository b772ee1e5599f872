"""A sync loses nothing and gets stuck on nothing: activities that fail, impossible dates, late uploads, odd clocks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kneedrive.app.importing import Outcome
from kneedrive.app.sync import AGAIN, GIVEN_UP, TRIES, Pulled
from kneedrive.errors import Forbidden, NotAuthorised, SourceError, Unreachable
from tests.fakes.intervals import FakeIntervals, entries
from tests.fakes.server import Clock
from tests.fakes.strava import FakeStrava, runs
from tests.sync.files import fit
from tests.sync.household import Household, code_of, counts

ALWAYS = 500
ONE = ("403", "403 inactive", "403 athletes", "401 token", "401 scope", "500", "html 503", "html", "broken json", "418")


def failed(pulled: tuple[Pulled, ...]) -> list[Outcome]:
    return [outcome for each in pulled for outcome in each.outcomes if outcome.verdict == "failed"]


def ids(fake: FakeStrava, *places: int) -> list[str]:
    return [str(fake.activities[place]["id"]) for place in places]


@pytest.mark.parametrize("fault", ONE)
def test_one_activity_that_fails_is_named_tried_again_and_given_up(
    runner: Household, strava: FakeStrava, fault: str
) -> None:
    """The newest: all older ones stood behind it."""
    (bad,) = ids(strava, 0)
    strava.fail(fault, on=f"/{bad}/", times=ALWAYS)

    first, *more = [runner.pull(strava.clock) for _ in range(TRIES)]
    strava.forget()
    after = runner.pull(strava.clock)

    assert counts(first) == {"added": 4, "failed": 1}
    assert all(counts(each) == {"already_there": 4, "failed": 1} for each in more)
    for number, each in enumerate((first, *more), start=1):
        (told,) = failed(each)
        assert told.name == f"strava {bad} (2026-03-01)"
        again = f"(try {number} of {TRIES}; the next sync tries again)"
        assert told.reason.endswith(again if number < TRIES else f"(given up after {TRIES} tries; {AGAIN})")
    assert counts(after) == {"already_there": 4, "skipped": 1}
    assert [outcome.reason for outcome in after[0].outcomes if outcome.verdict == "skipped"] == [GIVEN_UP]
    assert not strava.asked("/streams")


def test_what_was_given_up_comes_with_a_full_sync_and_with_a_change(runner: Household, strava: FakeStrava) -> None:
    one, other = ids(strava, 1, 3)
    for bad in (one, other):
        strava.fail("500", on=f"/{bad}/", times=3 * TRIES)
    for _ in range(TRIES):
        runner.pull(strava.clock)
    strava.faults.clear()
    strava.activities[1]["distance"] = 5000.0

    changed, full = counts(runner.pull(strava.clock)), counts(runner.pull(strava.clock, full=True))

    assert changed == {"added": 1, "already_there": 3, "skipped": 1}
    assert full == {"added": 1, "already_there": 4}


def test_what_failed_for_a_while_comes_and_is_forgotten(runner: Household, strava: FakeStrava) -> None:
    (bad,) = ids(strava, 2)
    strava.fail("403", on=f"/{bad}/", times=TRIES - 1)
    for _ in range(TRIES - 1):
        runner.pull(strava.clock)

    assert counts(runner.pull(strava.clock)) == {"added": 1, "already_there": 4}
    assert counts(runner.pull(strava.clock)) == {"already_there": 5}


@pytest.mark.parametrize(("fault", "kind"), [("500", Unreachable), ("403", Forbidden), ("401 token", NotAuthorised)])
def test_many_that_fail_side_by_side_block_none_behind_them(
    clock: Clock, home: Household, fault: str, kind: type[SourceError]
) -> None:
    """A first sync that begins with seven of them cannot tell them from a service that is down: it goes round them."""
    with FakeStrava(runs(12), clock) as fake:
        home.with_strava(fake).log_in(fake)
        for bad in ids(fake, *range(7)):
            fake.fail(fault, on=f"/{bad}/", times=ALWAYS)

        pulled = [home.pull(clock) for _ in range(2 + TRIES + 1)]

        assert [type(each[0].problem) for each in pulled[:2]] == [kind, kind]
        assert [counts(each) for each in pulled[:2]] == [{}, {}]
        assert counts(pulled[2]) == {"added": 5, "failed": 7}
        assert all(each[0].problem is None for each in pulled[2:])
        assert counts(pulled[-1]) == {"already_there": 5, "skipped": 7}


@pytest.mark.parametrize("fault", ["500", "403", "drop"])
def test_a_service_that_lists_and_hands_out_nothing_makes_nothing_given_up(
    runner: Household, strava: FakeStrava, fault: str
) -> None:
    runner.pull(strava.clock)
    strava.activities.insert(0, {**strava.activities[0], "id": 7, "start_date": "2026-03-02T07:00:00Z"})
    strava.fail(fault, on="/streams", times=ALWAYS)
    pulled = [runner.pull(strava.clock) for _ in range(2 * TRIES)]
    strava.faults.clear()

    assert all(counts(each) == {"already_there": 5} and each[0].problem for each in pulled)
    assert counts(runner.pull(strava.clock)) == {"added": 1, "already_there": 5}


@pytest.mark.parametrize(("fault", "code"), [("500", 5), ("401 token", 4)])
def test_an_outage_gives_up_no_activity_of_a_runner_who_has_one(
    clock: Clock, home: Household, fault: str, code: int
) -> None:
    with FakeStrava(runs(1), clock) as fake:
        home.with_strava(fake).log_in(fake)
        fake.fail(fault, on="/streams", times=ALWAYS)
        pulled = [home.pull(clock) for _ in range(TRIES + 1)]
        fake.faults.clear()

        assert [code_of(each, home.desk(clock)) for each in pulled] == [code] * len(pulled)
        assert not any(failed(each) for each in pulled)
        assert counts(home.pull(clock)) == {"added": 1}


def test_what_failed_is_met_again_however_old_and_left_behind_when_given_up(clock: Clock, home: Household) -> None:
    """It holds back the moment from which the list is read, and no longer than it is open."""
    with FakeStrava(runs(400), clock, overall=(10**6, 10**6), reading=(10**6, 10**6)) as fake:
        home.with_strava(fake).log_in(fake)
        (oldest,) = ids(fake, -1)
        fake.fail("403", on=f"/{oldest}/", times=ALWAYS)
        tried = [len(failed(home.pull(clock))) for _ in range(TRIES)]
        with home.store() as store:
            cursor = store.cursor("strava")
        fake.forget()
        home.pull(clock)

        assert tried == [1] * TRIES
        assert cursor == clock().isoformat()
        assert len(fake.log) == 1


@pytest.mark.parametrize("fault", ["401", "403", "422", "500", "html", "half", "drop"])
def test_one_file_that_intervals_withholds_is_named_and_given_up(
    home: Household, intervals: FakeIntervals, fault: str
) -> None:
    intervals.activities[:] = entries(5)
    good = {entry["id"]: fit("drive", number) for number, entry in enumerate(intervals.activities)}
    intervals.files = good
    bad = intervals.activities[0]["id"]
    home.with_intervals(intervals)
    intervals.fail(fault, on=f"/{bad}/", times=ALWAYS)

    pulled = [home.pull(intervals.clock) for _ in range(TRIES + 1)]

    assert counts(pulled[0]) == {"added": 4, "failed": 1}
    assert [len(failed(each)) for each in pulled] == [1] * TRIES + [0]
    assert "given up" in failed(pulled[TRIES - 1])[0].reason
    assert counts(pulled[-1]) == {"already_there": 4, "skipped": 1}


@pytest.mark.parametrize(
    "start", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59Z", "9999-12-31T23:00:00-09:00"]
)
@pytest.mark.parametrize("fault", ["", "403"])
def test_a_start_that_cannot_be_stops_nothing_and_poisons_nothing(
    runner: Household, strava: FakeStrava, start: str, fault: str
) -> None:
    strava.activities[0]["start_date"] = start
    if fault:
        strava.fail(fault, on=f"/{strava.activities[0]['id']}/", times=ALWAYS)
    first = runner.pull(strava.clock)
    for _ in range(TRIES):
        runner.pull(strava.clock)
    strava.clock.advance(hours=1)  # type: ignore[attr-defined]
    strava.activities.append({**strava.activities[1], "id": 7, "start_date": "2026-03-02T10:30:00Z"})

    last = runner.pull(strava.clock)

    assert (first[0].problem, last[0].problem) == (None, None)
    assert counts(first) == {"added": 4, "failed": 1}
    assert counts(last)["added"] == 1
    with runner.store() as store:
        assert store.cursor("strava") == strava.clock().isoformat()


@pytest.mark.parametrize(
    "cursor", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "2099-01-01T00:00:00+00:00"]
)
def test_a_moment_that_was_noted_by_a_wrong_clock_is_survived(
    runner: Household, strava: FakeStrava, cursor: str
) -> None:
    with runner.store() as store:
        store.set_cursor("strava", cursor)

    assert counts(runner.pull(strava.clock)) == {"added": 5}
    with runner.store() as store:
        assert store.cursor("strava") == strava.clock().isoformat()


@pytest.mark.parametrize("days", [45, 364])
def test_a_run_that_is_uploaded_late_is_found(runner: Household, strava: FakeStrava, days: int) -> None:
    runner.pull(strava.clock)
    strava.clock.advance(days=2)  # type: ignore[attr-defined]
    late = strava.clock() - timedelta(days=days)
    strava.activities.append({**strava.activities[0], "id": 7, "start_date": f"{late:%Y-%m-%dT%H:%M:%SZ}"})

    assert counts(runner.pull(strava.clock)) == {"added": 1, "already_there": 5}


@pytest.mark.parametrize("days", [45, 364])
def test_a_file_that_is_uploaded_late_is_found(home: Household, intervals: FakeIntervals, days: int) -> None:
    home.with_intervals(intervals)
    intervals.files = {entry["id"]: fit("drive", number) for number, entry in enumerate(intervals.activities)}
    home.pull(intervals.clock)
    late = intervals.clock() - timedelta(days=days)
    intervals.activities.append(
        {**intervals.activities[0], "id": "i7", "start_date_local": f"{late:%Y-%m-%dT%H:%M:%S}"}
    )
    intervals.files["i7"] = fit("piston", 50)

    assert counts(home.pull(intervals.clock)) == {"added": 1, "already_there": 3}


def test_a_page_that_is_repeated_for_ever_costs_a_few_requests(
    runner: Household, strava: FakeStrava, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strava, "_page", lambda _: strava.activities)

    assert counts(runner.pull(strava.clock)) == {"added": 5}
    assert len(strava.asked("/athlete/activities")) <= 3


def test_an_activity_that_is_deleted_while_the_list_is_read_takes_no_other_with_it(
    clock: Clock, home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeStrava(runs(420), clock, overall=(10**6, 10**6), reading=(10**6, 10**6)) as fake:
        home.with_strava(fake).log_in(fake)
        for activity in fake.activities[5:]:
            activity["sport_type"] = "Ride"  # told, not fetched
        real = fake._page

        def page(query: dict[str, str]) -> object:
            found = real(query)
            if len(fake.activities) > 417:
                del fake.activities[10]
            return found

        monkeypatch.setattr(fake, "_page", page)

        pulled = home.pull(clock)

        told = {outcome.name for outcome in pulled[0].outcomes}
        assert set(ids(fake, *range(5, len(fake.activities)))) <= told


@pytest.mark.parametrize("hours", [-30, -9, 9, 30])
def test_a_clock_that_is_hours_off_renews_no_token_for_each_request(
    home: Household, strava: FakeStrava, hours: int
) -> None:
    """The service's clock is right, ours is not."""
    ours = Clock(strava.clock() + timedelta(hours=hours))
    home.with_strava(strava)
    home.log_in(strava)
    strava.clock.advance(hours=7)  # type: ignore[attr-defined]
    ours.advance(hours=7)

    pulled = home.pull(ours)

    assert counts(pulled) == {"added": 5}
    assert len(strava.asked("/oauth/token")) <= 2  # the login, and at most one renewal
    assert strava.statuses.count(401) <= 1


@pytest.mark.parametrize("told", [{"expires_in": 0}, {"expires_in": -40_000}, {"expires_at": 1_000_000}])
def test_a_token_that_is_over_as_it_comes_is_used_till_it_is_refused(
    home: Household, strava: FakeStrava, monkeypatch: pytest.MonkeyPatch, told: dict[str, int]
) -> None:
    home.with_strava(strava).log_in(strava)
    real = strava._told

    def odd(access: str) -> dict[str, object]:
        answer = {**real(access), **told}
        return {key: value for key, value in answer.items() if key != "expires_in" or key in told}

    monkeypatch.setattr(strava, "_told", odd)
    strava.clock.advance(hours=7)  # type: ignore[attr-defined]

    assert counts(home.pull(strava.clock)) == {"added": 5}
    assert len(strava.asked("/oauth/token")) == 2


def test_a_store_of_before_opens_and_remembers(runner: Household, strava: FakeStrava) -> None:
    """What earlier versions noted of activities means the same."""
    runner.pull(strava.clock)
    with runner.store() as store:
        gone, unread = ids(strava, 0, 1)
        store._do("UPDATE origin SET recording = NULL, version = version || '|gone' WHERE key = :key", key=gone)
        store._do("UPDATE origin SET recording = NULL, version = version || '|unread 1' WHERE key = :key", key=unread)
    strava.forget()

    runner.pull(strava.clock)

    assert {asked.path.split("/")[4] for asked in strava.asked("/streams")} == {unread}
