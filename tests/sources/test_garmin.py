"""The client of Garmin's Personal API against the fake: the key and its token, pages, zips, pace."""

import json
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kneedrive.config import Secret
from kneedrive.errors import ConfigError, NotAuthorised, RateLimited, Unreachable
from kneedrive.sources.garmin import KEY_PAGE, PER_PAGE, RUNS, Garmin, listed
from kneedrive.sources.http import Pace
from kneedrive.sources.tokens import PrivateFile
from tests.fakes.garmin import KEY, FakeGarmin, summaries
from tests.fakes.server import Clock, Reply, fixture
from tests.sources import desk

ENTRY = fixture("garmin/activity.json")
NEWEST = datetime(2026, 3, 1, 7, tzinfo=UTC)


def ids(fake: FakeGarmin, folder: Path, since: datetime | None = None) -> list[str]:
    return [item.id for item in desk.garmin(fake, folder).listing(since)]


def exchanges(fake: FakeGarmin) -> int:
    return len(fake.asked("/personal-api-key/token"))


@pytest.mark.parametrize("count", [0, 1, PER_PAGE, PER_PAGE + 1, 3 * PER_PAGE - 1])
def test_the_list_is_read_page_by_page_until_an_empty_one(fake_garmin: FakeGarmin, tmp_path: Path, count: int) -> None:
    fake_garmin.activities = summaries(count)

    assert ids(fake_garmin, tmp_path) == [str(entry["activityId"]) for entry in fake_garmin.activities]
    pages = [asked.query for asked in fake_garmin.asked("/search/activities")]
    assert {page["limit"] for page in pages} == {str(PER_PAGE)}
    assert [int(page["start"]) for page in pages] == [*range(0, count, PER_PAGE), count]


def test_a_service_that_hands_out_the_same_page_for_ever_is_read_once(fake_garmin: FakeGarmin, tmp_path: Path) -> None:
    fake_garmin.activities *= 30

    assert len(ids(fake_garmin, tmp_path)) == 5


@pytest.mark.parametrize(("days", "count"), [(0, 1), (1, 2), (3, 3), (99, 5)])
def test_since_is_asked_for_by_day_with_one_to_spare(
    fake_garmin: FakeGarmin, tmp_path: Path, days: int, count: int
) -> None:
    assert len(ids(fake_garmin, tmp_path, NEWEST - timedelta(days=days))) == count


def test_the_zip_is_handed_on_byte_for_byte(fake_garmin: FakeGarmin, tmp_path: Path) -> None:
    client = desk.garmin(fake_garmin, tmp_path)
    item = next(client.listing(None))

    fetched = client.fetch(item)

    assert fetched
    assert fetched.body == fake_garmin.files[item.id]
    assert (fetched.source, fetched.id, fetched.expires_at) == ("garmin", item.id, None)
    assert fake_garmin.log[-1].headers["accept"] == "application/x-zip-compressed"


@pytest.mark.parametrize("kind", RUNS)
def test_every_kind_of_running_is_a_run(kind: str) -> None:
    assert listed({**ENTRY, "activityType": {"typeKey": kind}}).skip == ""


@pytest.mark.parametrize("kind", [{"typeKey": "walking"}, {"typeKey": None}, {}, None, "running"])
def test_anything_else_is_announced_as_none(kind: Any) -> None:
    assert listed({**ENTRY, "activityType": kind}).skip == "not a run"


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"activityName": "x"}, True),
        ({"ownerFullName": "y"}, True),
        ({"distance": 1.0}, False),
        ({"startTimeGMT": "2026-03-01 07:00:01"}, False),
        ({"activityType": {"typeKey": "trail_running"}}, False),
    ],
)
def test_the_version_changes_with_the_recording_only(change: dict[str, Any], same: bool) -> None:
    assert (listed(ENTRY).version == listed({**ENTRY, **change}).version) is same


def test_no_name_and_no_place_goes_further(fake_garmin: FakeGarmin, tmp_path: Path) -> None:
    item = next(desk.garmin(fake_garmin, tmp_path).listing(None))

    assert item.started_at == NEWEST
    assert not item.summary
    assert "Invented" not in repr(item)


def test_an_entry_without_an_id_does_not_keep_the_others(fake_garmin: FakeGarmin, tmp_path: Path) -> None:
    fake_garmin.activities[1:3] = [{"activityId": None}, ["no object"]]  # type: ignore[list-item]
    fake_garmin.activities[1]["startTimeLocal"] = "2026-03-01 08:00:00"
    fake_garmin.activities[2] = {"activityId": True}

    assert [each for each in ids(fake_garmin, tmp_path) if each] == [
        str(fake_garmin.activities[number]["activityId"]) for number in (0, 3, 4)
    ]


def test_one_token_does_for_a_day_and_for_another_process(
    fake_garmin: FakeGarmin, tmp_path: Path, clock: Clock
) -> None:
    for _ in range(3):
        ids(fake_garmin, tmp_path)
    assert exchanges(fake_garmin) == 1
    clock.advance(hours=22)
    ids(fake_garmin, tmp_path)
    assert exchanges(fake_garmin) == 1
    clock.advance(minutes=61)  # less than an hour is left
    ids(fake_garmin, tmp_path)
    assert exchanges(fake_garmin) == 2


def test_a_token_belongs_to_the_key_that_fetched_it(fake_garmin: FakeGarmin, tmp_path: Path) -> None:
    ids(fake_garmin, tmp_path)
    fake_garmin.key = "another-key"

    with pytest.raises(NotAuthorised, match="mistyped, expired or deleted"):
        list(desk.garmin(fake_garmin, tmp_path, key="wrong-key").listing(None))
    assert list(desk.garmin(fake_garmin, tmp_path, key="another-key").listing(None))


def test_a_token_that_is_refused_is_renewed_once(fake_garmin: FakeGarmin, tmp_path: Path) -> None:
    ids(fake_garmin, tmp_path)
    fake_garmin.tokens.clear()

    assert len(ids(fake_garmin, tmp_path)) == 5
    assert exchanges(fake_garmin) == 2


def test_a_refusal_that_stays_is_not_asked_for_ever(fake_garmin: FakeGarmin, tmp_path: Path) -> None:
    fake_garmin.fail("401", on="/search", times=50)

    with pytest.raises(NotAuthorised, match="kneedrive auth garmin"):
        ids(fake_garmin, tmp_path)
    assert len(fake_garmin.log) == 4


def test_the_file_of_the_token_is_private_and_holds_no_key(fake_garmin: FakeGarmin, tmp_path: Path) -> None:
    ids(fake_garmin, tmp_path)

    (file,) = (tmp_path / "private").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert KEY not in file.read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"fingerprint": 1}', "[" * 100_000, '"x"', "\0"])
def test_a_damaged_file_of_the_token_is_as_good_as_none(fake_garmin: FakeGarmin, tmp_path: Path, text: str) -> None:
    ids(fake_garmin, tmp_path)
    (tmp_path / "private" / "garmin-token.json").write_text(text)

    assert len(ids(fake_garmin, tmp_path)) == 5
    assert exchanges(fake_garmin) == 2


@pytest.mark.parametrize("key", ["expires_at", "access_token", "key_ends"])
@pytest.mark.parametrize("value", ["soon", 1e300, [], "a b", float("nan")])
def test_a_token_with_a_fact_that_is_none_is_as_good_as_none(
    fake_garmin: FakeGarmin, tmp_path: Path, key: str, value: object
) -> None:
    ids(fake_garmin, tmp_path)
    file = tmp_path / "private" / "garmin-token.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: value}))

    assert len(ids(fake_garmin, tmp_path)) == 5


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"two words", b"short", b"{}", b"x" * 9000, b"\xff" * 20, b"line\r\nInjected: header"]
)
def test_an_answer_that_is_no_token_is_refused_unsaid(fake_garmin: FakeGarmin, tmp_path: Path, body: bytes) -> None:
    fake_garmin.known_faults["odd"] = Reply(200, body)
    fake_garmin.fail("odd", on="/token")

    with pytest.raises(Unreachable, match="something that is no token") as caught:
        ids(fake_garmin, tmp_path)
    assert not body or body.decode("latin-1") not in str(caught.value)


@pytest.mark.parametrize("body", [b"token-of-the-day", b'"token-of-the-day"', b"a.!!!.c4444", b"aa.bnVsbA.cc"])
def test_a_token_that_tells_no_end_lives_a_day(
    fake_garmin: FakeGarmin, tmp_path: Path, clock: Clock, body: bytes
) -> None:
    fake_garmin.known_faults["plain"] = Reply(200, body)
    fake_garmin.fail("plain", on="/token")
    if b"!" in body:
        with pytest.raises(Unreachable):
            desk.garmin(fake_garmin, tmp_path).exchange()
        return

    assert desk.garmin(fake_garmin, tmp_path).exchange().expires_at == clock() + timedelta(days=1)


def test_the_end_of_the_key_outlives_a_renewal_and_not_the_key(
    fake_garmin: FakeGarmin, tmp_path: Path, clock: Clock
) -> None:
    ends = date(2026, 5, 31)
    token = PrivateFile(tmp_path / "private" / "garmin-token.json")
    token.save(desk.garmin(fake_garmin, tmp_path).exchange().replace(key_ends=ends))
    clock.advance(days=3)

    assert desk.garmin(fake_garmin, tmp_path).exchange().key_ends == ends
    fake_garmin.key = "the-next-key"
    assert desk.garmin(fake_garmin, tmp_path, key="the-next-key").exchange().key_ends is None


def test_a_wrong_key_says_where_to_get_one_and_not_which(fake_garmin: FakeGarmin, tmp_path: Path) -> None:
    with pytest.raises(NotAuthorised) as caught:
        list(desk.garmin(fake_garmin, tmp_path, key="wrong-key-secret").listing(None))

    assert KEY_PAGE in str(caught.value)
    assert "wrong-key-secret" not in str(caught.value)


def test_no_key_is_said_before_anything_is_asked(fake_garmin: FakeGarmin, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="kneedrive auth garmin"):
        desk.garmin(fake_garmin, tmp_path, key="")
    assert not fake_garmin.log


@pytest.mark.parametrize("on", ["/token", "/search", "/files"])
def test_a_pause_of_seconds_is_slept_through_unasked(fake_garmin: FakeGarmin, tmp_path: Path, on: str) -> None:
    slept: list[float] = []
    token = PrivateFile(tmp_path / "token.json")
    pace = desk.at_once("Garmin", fake_garmin.clock, sleep=slept.append)
    client = Garmin(desk.http("Garmin", fake_garmin.url), Secret(KEY), token, pace)
    fake_garmin.fail("429 told", on=on)

    assert all(client.fetch(item) for item in client.listing(None))
    assert slept == [14]


def test_a_pause_that_nobody_tells_is_raised_or_waited_for(
    fake_garmin: FakeGarmin, tmp_path: Path, clock: Clock
) -> None:
    fake_garmin.fail("429", times=2)
    with pytest.raises(RateLimited) as caught:
        ids(fake_garmin, tmp_path)
    assert caught.value.retry_at == clock() + timedelta(seconds=60)

    assert len(list(desk.garmin(fake_garmin, tmp_path, wait=clock.until).listing(None))) == 5


def test_requests_go_out_one_at_a_time_and_gently(fake_garmin: FakeGarmin, tmp_path: Path) -> None:
    now_s = [0.0]

    def sleep(span_s: float) -> None:
        now_s[0] += span_s

    pace = Pace("Garmin", 0.5, clock=fake_garmin.clock, monotonic=lambda: now_s[0], sleep=sleep)
    token = PrivateFile(tmp_path / "token.json")
    client = Garmin(desk.http("Garmin", fake_garmin.url), Secret(KEY), token, pace)

    assert all(client.fetch(item) for item in client.listing(None))
    assert now_s[0] >= (len(fake_garmin.log) - 1) / 2
