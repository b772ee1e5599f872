"""The Strava client against the fake: paging, documents, rate limits, renewal in the middle."""

import itertools
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses

from kneedrive.config import Secret
from kneedrive.errors import Forbidden, NotAuthorised, RateLimited, Unreachable
from kneedrive.sources import oauth
from kneedrive.sources.http import Answer
from kneedrive.sources.plan import NO_ID, Listed
from kneedrive.sources.strava import DOCUMENT, KEEP, MARGIN, STREAMS, SUMMARY, base_url, document, listed
from tests.conftest import DATA, needs_data
from tests.fakes import strava as strava_fake
from tests.fakes.server import Clock, fixture, reply
from tests.fakes.strava import FAULTS, FakeStrava, runs
from tests.sources import desk

RUN = fixture("strava/summary_run.json")
PLACES = ("latlng", "polyline", "map", "_city", "country", "location", "[0.5")


def test_the_list_goes_on_behind_a_short_page(clock: Clock, tmp_path: Path) -> None:
    with FakeStrava(runs(450), clock) as fake:
        items = list(desk.strava(fake, tmp_path).listing(None))

        assert len({item.id for item in items}) == len(items) == 450
        assert len(fake.asked("/athlete/activities")) <= 5  # three that bring something, two to see the end


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201])
def test_the_list_ends_at_an_empty_page(clock: Clock, tmp_path: Path, count: int) -> None:
    with FakeStrava(runs(count), clock) as fake:
        assert len(list(desk.strava(fake, tmp_path).listing(None))) == count


def test_since_is_inclusive(fake_strava: FakeStrava, tmp_path: Path) -> None:
    third = datetime.fromisoformat(fake_strava.activities[2]["start_date"])

    found = list(desk.strava(fake_strava, tmp_path).listing(third))

    assert min(item.started_at for item in found if item.started_at) == third
    assert len(found) == 3


def test_an_upload_while_we_page_makes_nothing_come_twice(clock: Clock, tmp_path: Path) -> None:
    with FakeStrava(runs(300), clock) as fake:
        client = desk.strava(fake, tmp_path)
        found: list[str] = []
        for item in client.listing(None):
            if not found:
                fake.activities.insert(0, {**RUN, "id": 999, "start_date": "2026-03-02T09:00:00Z"})
            found.append(item.id)

        assert len(found) == len(set(found)) == 300


def test_a_list_without_end_is_given_up(
    fake_strava: FakeStrava, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = itertools.count()
    monkeypatch.setattr("kneedrive.sources.strava.MAX_PAGES", 3)
    monkeypatch.setattr(fake_strava, "_page", lambda _: [{**RUN, "id": next(numbers)}])

    with pytest.raises(Unreachable, match="after 3 pages"):
        list(desk.strava(fake_strava, tmp_path).listing(None))


@pytest.mark.parametrize("page", [[RUN], runs(200), [{**RUN, "start_date": None}]], ids=["one", "full", "undated"])
def test_a_page_that_is_repeated_for_ever_ends_the_list(
    fake_strava: FakeStrava, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(fake_strava, "_page", lambda _: page)

    found = list(desk.strava(fake_strava, tmp_path).listing(None))

    assert len(found) == len(page)
    assert len(fake_strava.asked("/athlete/activities")) <= 3


def test_an_activity_that_is_deleted_while_we_page_takes_no_other_with_it(clock: Clock, tmp_path: Path) -> None:
    with FakeStrava(runs(650), clock) as fake:
        kept = [str(run["id"]) for run in fake.activities[3:]]
        found: list[str] = []
        for item in desk.strava(fake, tmp_path).listing(None):
            if len(found) in (0, 250, 450):
                del fake.activities[0]  # on a page that was read: what stands behind moves up by one
            found.append(item.id)

        assert set(kept) <= set(found)
        assert len(found) == len(set(found))


def same_day(count: int) -> list[dict[str, Any]]:
    """So many runs within an hour, and one of each of the weeks before."""
    crowd = [{**RUN, "id": 10_000 + i, "start_date": f"2026-02-20T06:{i // 60:02}:{i % 60:02}Z"} for i in range(count)]
    return [*crowd, *({**run, "start_date": f"2026-01-0{day}T06:00:00Z"} for day, run in enumerate(runs(9), 1))]


def test_a_day_that_fills_pages_hides_nothing_behind_it(clock: Clock, tmp_path: Path) -> None:
    with FakeStrava(same_day(900), clock) as fake:
        assert len(list(desk.strava(fake, tmp_path).listing(None))) == 909


@pytest.mark.parametrize("since", [None, datetime(2025, 6, 1, tzinfo=UTC)])
def test_a_list_in_no_order_comes_whole(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, since: datetime | None
) -> None:
    """Strava promises none."""
    with FakeStrava(runs(500), clock) as fake:
        mixed = random.Random(5).sample(fake.activities, 500)

        def page(query: Mapping[str, str]) -> list[dict[str, Any]]:
            inside = [run for run in mixed if strava_fake._epoch(run) < int(query.get("before", 2**40))]
            first = 200 * (int(query["page"]) - 1)
            return inside[first : first + 200]

        monkeypatch.setattr(fake, "_page", page)
        found = list(desk.strava(fake, tmp_path).listing(since))

    wanted = [run for run in fake.activities if since is None or datetime.fromisoformat(run["start_date"]) >= since]
    assert sorted(item.id for item in found) == sorted(str(run["id"]) for run in wanted)


@pytest.mark.parametrize("entry", [7, None, "a text", [], {}, {"id": None}, {"id": ""}, {"id": "\ud800"}, {"id": {}}])
def test_an_entry_without_an_id_is_told_and_does_not_hide_the_others(
    fake_strava: FakeStrava, tmp_path: Path, entry: Any
) -> None:
    fake_strava.known_faults["odd"] = reply([entry, *fake_strava.activities])
    fake_strava.fail("odd", on="/athlete")

    found = list(desk.strava(fake_strava, tmp_path).listing(None))

    assert {item.id for item in found} == {"", *(str(run["id"]) for run in fake_strava.activities)}
    assert [item.skip for item in found if not item.id] == [NO_ID]


@pytest.mark.parametrize(
    ("change", "sport", "skip"),
    [
        ({}, "running", ""),
        ({"sport_type": "TrailRun"}, "running", ""),
        ({"sport_type": "VirtualRun"}, "running", ""),
        ({"sport_type": "Ride"}, "ride", "not a run"),
        ({"sport_type": None}, "running", ""),  # the older key says it
        ({"sport_type": None, "type": None}, "", "not a run"),
        ({"manual": True}, "running", ""),
    ],
)
def test_only_runs_are_worth_a_request(change: dict[str, Any], sport: str, skip: str) -> None:
    item = listed({**RUN, **change})

    assert (item.sport, item.skip) == (sport, skip)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-05T06:30:00Z", datetime(2026, 7, 5, 6, 30, tzinfo=UTC)),
        ("2026-07-05T08:30:00+02:00", datetime(2026, 7, 5, 6, 30, tzinfo=UTC)),
        ("2026-07-05T06:30:00", datetime(2026, 7, 5, 6, 30, tzinfo=UTC)),
        ("yesterday", None),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+02:00", None),  # in UTC it lies before the calendar
        ("9999-12-31T23:59:59-02:00", None),
        ("1989-12-30T00:00:00Z", None),
        ("1989-12-31T00:00:00Z", datetime(1989, 12, 31, tzinfo=UTC)),
        ("2100-01-01T00:00:00Z", None),
        (None, None),
        (7, None),
    ],
)
def test_the_start_is_utc_or_unknown(text: Any, expected: datetime | None) -> None:
    assert listed({**RUN, "start_date": text}).started_at == expected


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"name": "another name"}, True),
        ({"kudos_count": 99}, True),
        ({"start_latlng": [0.1, 0.1]}, True),
        ({"distance": 7000.0}, False),
        ({"sport_type": "TrailRun"}, False),
        ({"start_date": "2026-07-05T06:31:00Z"}, False),
    ],
)
def test_the_version_changes_with_what_we_keep_only(change: dict[str, Any], same: bool) -> None:
    assert (listed(RUN).version == listed({**RUN, **change}).version) is same


def test_ids_past_53_bits_stay_exact() -> None:
    assert listed({**RUN, "id": 2**62 + 1}).id == str(2**62 + 1)


def fetched_document(fake: FakeStrava, folder: Path) -> dict[str, Any]:
    client = desk.strava(fake, folder)
    fetched = client.fetch(next(iter(client.listing(None))))
    assert fetched
    return dict(json.loads(fetched.body))


def test_a_run_comes_as_one_document(fake_strava: FakeStrava, tmp_path: Path) -> None:
    got = fetched_document(fake_strava, tmp_path)

    assert got["format"] == DOCUMENT
    assert set(got["activity"]) <= {*SUMMARY, "positioned"}
    assert set(got["streams"]) == set(STREAMS)
    assert got["streams"]["cadence"] == fixture("strava/streams_run.json")["cadence"]["data"]


def test_neither_names_nor_places_are_asked_for_or_kept(fake_strava: FakeStrava, tmp_path: Path) -> None:
    text = json.dumps(fetched_document(fake_strava, tmp_path))

    assert not [word for word in (*PLACES, "Invented", "athlete", "gear") if word in text]
    assert "latlng" not in fake_strava.asked("/streams")[0].query["keys"]
    assert json.loads(text)["activity"]["positioned"] is True


def test_raw_answers_expire_after_seven_days(fake_strava: FakeStrava, tmp_path: Path, clock: Clock) -> None:
    client = desk.strava(fake_strava, tmp_path)

    fetched = client.fetch(next(iter(client.listing(None))))

    assert fetched
    assert (fetched.source, fetched.format, fetched.fetched_at) == ("strava", "strava", clock())
    assert fetched.expires_at == clock() + timedelta(days=7) == clock() + KEEP


def test_the_same_answers_give_the_same_bytes() -> None:
    streams = fixture("strava/streams_run.json")
    turned = dict(reversed(streams.items()))

    assert document(RUN, streams) == document(dict(reversed(RUN.items())), turned)


@pytest.mark.parametrize("streams", [[], None, "x", [{"type": "time", "data": [0]}]])
def test_streams_of_another_shape_are_refused(streams: Any) -> None:
    with pytest.raises(Unreachable, match="streams in a shape"):
        document(RUN, streams)


def test_streams_that_are_no_objects_are_left_out() -> None:
    assert json.loads(document(RUN, {"time": [0, 1], "cadence": {"data": [80]}}))["streams"] == {"cadence": [80]}


def test_a_manual_activity_needs_no_second_request(fake_strava: FakeStrava, tmp_path: Path) -> None:
    client = desk.strava(fake_strava, tmp_path)

    fetched = client.fetch(listed(fixture("strava/summary_manual.json")))

    assert fetched
    assert json.loads(fetched.body)["streams"] == {}
    assert not fake_strava.asked("/streams")


def test_an_activity_that_is_gone_is_none(fake_strava: FakeStrava, tmp_path: Path) -> None:
    assert desk.strava(fake_strava, tmp_path).fetch(listed({**RUN, "id": 1})) is None


# Rate limits


def limited(clock: Clock, **limits: tuple[int, int]) -> FakeStrava:
    return FakeStrava(runs(30), clock, **limits)


@pytest.mark.parametrize("pair", ["overall", "reading"])
def test_a_full_quarter_is_foreseen_and_not_run_into(clock: Clock, tmp_path: Path, pair: str) -> None:
    with limited(clock, **{pair: (5, 1000)}) as fake:
        client = desk.strava(fake, tmp_path)
        items = list(client.listing(None))  # three requests
        client.fetch(items[0])
        client.fetch(items[1])

        with pytest.raises(RateLimited) as caught:
            client.fetch(items[2])

        assert caught.value.retry_at == datetime(2026, 3, 2, 10, 15, tzinfo=UTC) + MARGIN
        assert "10:15 UTC" in str(caught.value)
        assert 429 not in fake.statuses
        clock.until(caught.value.retry_at)
        assert client.fetch(items[2])


@pytest.mark.parametrize("pair", ["overall", "reading"])
def test_a_full_day_is_waited_out_till_midnight(clock: Clock, tmp_path: Path, pair: str) -> None:
    with limited(clock, **{pair: (100, 4)}) as fake:
        client = desk.strava(fake, tmp_path)
        items = list(client.listing(None))
        client.fetch(items[0])

        with pytest.raises(RateLimited) as caught:
            client.fetch(items[1])

        assert caught.value.retry_at == datetime(2026, 3, 3, tzinfo=UTC) + MARGIN
        assert 429 not in fake.statuses


def test_waiting_goes_on_where_it_stopped(clock: Clock, tmp_path: Path) -> None:
    waits: list[datetime] = []

    def wait(until: datetime) -> None:
        waits.append(until)
        clock.until(until)

    with limited(clock, reading=(10, 1000)) as fake:
        client = desk.strava(fake, tmp_path, wait)
        fetched = [client.fetch(item) for item in client.listing(None)]

        assert all(fetched)
        assert len(fetched) == 30
        assert [until - MARGIN for until in waits] == [datetime(2026, 3, 2, 10, m, tzinfo=UTC) for m in (15, 30, 45)]
        assert 429 not in fake.statuses


def test_a_limit_that_others_used_up_is_met_once_and_waited_for(clock: Clock, tmp_path: Path) -> None:
    with limited(clock, reading=(10, 1000)) as fake:
        fake.counted = [clock()] * 10  # by another program with the same client id
        client = desk.strava(fake, tmp_path, clock.until)

        assert len(list(client.listing(None))) == 30
        assert fake.statuses.count(429) == 1


@pytest.mark.parametrize("fault", ["429", "429 old"])
def test_a_refusal_without_headers_means_the_next_quarter(fake_strava: FakeStrava, tmp_path: Path, fault: str) -> None:
    client = desk.strava(fake_strava, tmp_path)
    fake_strava.fail(fault)

    with pytest.raises(RateLimited) as caught:
        list(client.listing(None))

    assert caught.value.retry_at == datetime(2026, 3, 2, 10, 15, tzinfo=UTC) + MARGIN


def test_endless_refusals_end(fake_strava: FakeStrava, tmp_path: Path, clock: Clock) -> None:
    client = desk.strava(fake_strava, tmp_path, clock.until)
    fake_strava.fail("429", on="/athlete", times=50)

    with pytest.raises(RateLimited) as caught:
        list(client.listing(None))

    assert len(fake_strava.asked("/athlete")) == 3
    assert caught.value.retry_at > clock()  # which is not waited for


# The login in use


def test_a_token_that_ends_in_the_middle_is_renewed_once(fake_strava: FakeStrava, tmp_path: Path) -> None:
    client = desk.strava(fake_strava, tmp_path)
    items = list(client.listing(None))
    fake_strava.access.clear()  # the service forgets them early
    fake_strava.issue()
    fake_strava.dead.clear()
    held = desk.login(fake_strava, tmp_path)
    stored = held._file.load()
    assert stored
    held._file.save(stored.replace(refresh=Secret(fake_strava.refresh)))

    assert all(client.fetch(item) for item in items)
    assert len(fake_strava.asked("/oauth/token")) == 2


def test_a_token_that_another_process_renewed_is_taken_from_the_file(
    fake_strava: FakeStrava, tmp_path: Path, clock: Clock
) -> None:
    client = desk.strava(fake_strava, tmp_path)
    items = list(client.listing(None))
    clock.advance(hours=7)
    desk.login(fake_strava, tmp_path).access()

    assert client.fetch(items[0])
    assert len(fake_strava.asked("/oauth/token")) == 2


def test_a_token_that_stays_bad_asks_for_a_login(fake_strava: FakeStrava, tmp_path: Path) -> None:
    client = desk.strava(fake_strava, tmp_path)
    fake_strava.fail("401 token", on="/athlete", times=9)

    with pytest.raises(NotAuthorised, match="no longer good: run 'kneedrive auth strava' again"):
        list(client.listing(None))

    assert len(fake_strava.asked("/athlete")) == 2


@pytest.mark.parametrize("fault", ["401 scope", "401 secret"])
def test_what_a_new_token_cannot_cure_is_not_renewed(fake_strava: FakeStrava, tmp_path: Path, fault: str) -> None:
    client = desk.strava(fake_strava, tmp_path)
    fake_strava.fail(fault, on="/athlete")

    with pytest.raises(NotAuthorised):
        list(client.listing(None))

    assert len(fake_strava.asked("/oauth/token")) == 1


def test_a_revoked_login_is_no_longer_good(fake_strava: FakeStrava, tmp_path: Path) -> None:
    client = desk.strava(fake_strava, tmp_path)
    fake_strava.revoked = True

    with pytest.raises(NotAuthorised, match="no longer good"):
        list(client.listing(None))


# Faults in words


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("400 client id", NotAuthorised, "client id: check STRAVA_CLIENT_ID"),
        ("400 code", NotAuthorised, "used up or too old"),
        ("400 refresh", NotAuthorised, "no longer good"),
        ("400 redirect", NotAuthorised, "callback domain of your application to localhost"),
        ("401 token", NotAuthorised, "no longer good"),
        ("401 scope", NotAuthorised, "lacks the permission activity:read_all"),
        ("401 secret", NotAuthorised, "client secret: check STRAVA_CLIENT_SECRET"),
        ("403 inactive", Forbidden, "owner subscribes, and yours is inactive.*bulk export.*kneedrive import"),
        ("403 athletes", Forbidden, "already connected to another athlete"),
        ("403", Forbidden, "bulk export"),
        ("404", Unreachable, "check the base address"),
        ("418", Unreachable, "HTTP 418"),
    ],
)
def test_each_fault_has_its_sentence(fault: str, kind: type[Exception], words: str) -> None:
    told = FAULTS[fault]

    error = oauth.error_for(
        Answer(service="Strava", status=told["status"], headers={}, body=json.dumps(told["body"]).encode())
    )

    assert type(error) is kind
    with pytest.raises(kind, match=words):
        raise error


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b'{"errors": "text"}', b'{"errors": [7]}', b"[" * 99_999]
)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 500, 503])
def test_a_body_without_a_fault_still_gives_a_sentence(body: bytes, status: int) -> None:
    assert len(str(oauth.error_for(Answer(service="Strava", status=status, headers={}, body=body)))) > 20


# The fake beside the real thing


def shape(value: Any) -> Any:
    """The types of what we read; None fits everything."""
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


@needs_data
def test_the_fake_list_is_shaped_like_the_recorded_one() -> None:
    recorded = [
        item
        for answer in json.loads((DATA / "strava-json/all_athlete_activities.json").read_text())
        for item in answer["body"]
        if item["sport_type"] == "Run"
    ]
    for key in RUN.keys() & set(SUMMARY):
        seen = {shape(item[key]) for item in recorded if item.get(key) is not None}
        assert not seen or shape(RUN[key]) in seen, key
    assert set(recorded[0]) - set(RUN) <= set(recorded[0]) - set(SUMMARY) | {"device_name"}


@needs_data
def test_the_fake_limits_are_told_like_the_recorded_ones(fake_strava: FakeStrava, tmp_path: Path) -> None:
    answer = json.loads((DATA / "strava-json/all_athlete_activities.json").read_text())[0]
    recorded = {name.lower(): values[0] for name, values in answer["headers"].items() if "limit" in name.lower()}
    list(desk.strava(fake_strava, tmp_path).listing(None))

    told = {name.lower(): value for name, value in fake_strava._usage().items()}

    assert {name: value for name, value in told.items() if name.endswith("-limit")} == {
        name: value for name, value in recorded.items() if name.endswith("-limit")
    }
    assert told.keys() == recorded.keys()


@needs_data
def test_the_fake_tokens_are_shaped_like_the_recorded_ones(fake_strava: FakeStrava) -> None:
    recorded = json.loads((DATA / "strava-json/token_refresh_token.json").read_text())[0]["body"]

    assert {key: shape(value) for key, value in fake_strava.issue().items()} == {
        key: shape(value) for key, value in recorded.items()
    }


@needs_data
def test_a_recorded_refusal_is_understood(tmp_path: Path, clock: Clock) -> None:
    recorded = json.loads((DATA / "strava-json/activity_with_ratelimit_exceeded.json").read_text())[0]
    headers = {name: values[0] for name, values in recorded["headers"].items() if "limit" in name.lower()}
    with FakeStrava([], clock) as fake, responses.RequestsMock() as mocked:
        mocked.add_passthru(fake.oauth_url)
        mocked.get(f"{fake.api_url}/athlete/activities", json=recorded["body"], status=429, headers=headers)

        with pytest.raises(RateLimited) as caught:
            list(desk.strava(fake, tmp_path).listing(None))

    assert caught.value.retry_at == datetime(2026, 3, 3, tzinfo=UTC) + MARGIN  # its day is used up


def test_an_entry_without_summary_lists_by_its_id() -> None:
    assert isinstance(listed({"id": 5}), Listed)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2027, 5, 31, 23, 59, 59, tzinfo=UTC), "https://www.strava.com/api/v3"),
        (datetime(2027, 6, 1, tzinfo=UTC), "https://api-v3.strava.com"),
    ],
)
def test_the_address_of_the_api_moves_on_its_day(now: datetime, expected: str) -> None:
    assert base_url(now) == expected


def test_the_token_travels_in_the_header_alone(fake_strava: FakeStrava, tmp_path: Path) -> None:
    client = desk.strava(fake_strava, tmp_path)
    assert all(client.fetch(item) for item in client.listing(None))

    for asked in fake_strava.asked("/api/v3/"):
        assert asked.headers["authorization"].startswith("Bearer access-secret-")
        assert "secret" not in repr((asked.query, asked.form))
