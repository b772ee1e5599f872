"""Each fault at each call: the right error, one clear sentence, no secret in it, and no second harm."""

import re
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from kneedrive.errors import Forbidden, NotAuthorised, RateLimited, SourceError, Unreachable, Withheld
from kneedrive.sources.oauth import Login
from kneedrive.sources.plan import Fetched
from kneedrive.sources.strava import Strava
from tests.fakes.garmin import KEY as GARMIN_KEY
from tests.fakes.garmin import FakeGarmin
from tests.fakes.intervals import KEY, FakeIntervals
from tests.fakes.strava import CLIENT_SECRET, FakeStrava
from tests.sources import desk

GONE, FINE = "gone", "fine"
NOT_DATA = dict.fromkeys(("html", "html 503", "broken json", "other json", "deep json"), Unreachable)
LOST = dict.fromkeys(("500", "half", "hang", "drop"), Unreachable)
REFUSED = {
    "401 token": NotAuthorised,
    "401 scope": NotAuthorised,
    "401 secret": NotAuthorised,
    "403 inactive": Forbidden,
    "403 athletes": Forbidden,
    "418": Unreachable,
}
LIMITED = {"429": RateLimited, "429 old": RateLimited}
Expected = type[SourceError] | str
Call = Callable[[Login, Strava], object]

CALLS: dict[str, tuple[str, Call]] = {
    "list": ("/athlete/activities", lambda _, client: list(client.listing(None))),
    "streams": ("/streams", lambda _, client: next(client.fetch(item) for item in client.listing(None))),
    "renew": ("/oauth/token", lambda login, _: login.renew(login.access())),
    "revoke": ("/oauth/revoke", lambda login, _: login.end()),
}
ANSWERS: dict[str, dict[str, Expected]] = {
    "list": {**NOT_DATA, **LOST, **REFUSED, **LIMITED, "404": Unreachable},
    "streams": {**NOT_DATA, **LOST, **REFUSED, **LIMITED, "404": GONE},
    "renew": {
        **NOT_DATA,
        **LOST,
        **REFUSED,
        "429": Unreachable,
        "404": Unreachable,
        "400 refresh": NotAuthorised,
        "400 client id": NotAuthorised,
        "400 redirect": NotAuthorised,
    },
    "revoke": {**LOST, **REFUSED, "html": FINE, "html 503": Unreachable, "404": Unreachable, "429": Unreachable},
}
MATRIX = [(call, fault, kind) for call, faults in ANSWERS.items() for fault, kind in faults.items()]
SECRETS = re.compile(
    r"(access|refresh|code)-secret-\d+|"
    + re.escape(CLIENT_SECRET)
    + "|"
    + f"{re.escape(KEY)}|{re.escape(GARMIN_KEY)}|jwt-secret-[0-9]+"
)


def outcome(call: Callable[[], object]) -> object:
    """What a call ends in: its value, or its error, whose sentence is checked on the way."""
    try:
        return call()
    except SourceError as error:
        check_sentence(error)
        return error


def check_sentence(error: SourceError) -> None:
    """One sentence: no line break, says who, and says what to do behind a colon or a semicolon."""
    text = str(error)
    assert "\n" not in text
    assert text.split(maxsplit=1)[0] not in ("None", "HTTPConnectionPool")
    assert re.search(r"[:;,] \w+", text), text
    assert 30 < len(text) < 300, text
    assert "Traceback" not in text
    assert "127.0.0.1" not in text
    assert not SECRETS.search("".join(traceback.format_exception(error)))


@pytest.mark.parametrize(("call", "fault", "kind"), MATRIX, ids=lambda value: str(getattr(value, "__name__", value)))
def test_strava(fake_strava: FakeStrava, tmp_path: Path, call: str, fault: str, kind: Expected) -> None:
    desk.logged_in(fake_strava, tmp_path)
    login = desk.login(fake_strava, tmp_path, read_s=desk.patience_s(fault))
    client = desk.client(fake_strava, login, read_s=desk.patience_s(fault))
    path, ask = CALLS[call]
    fake_strava.fail(fault, on=path, times=4)

    ended = outcome(lambda: ask(login, client))

    if kind == GONE:
        assert ended is None
    elif kind == FINE:
        assert ended is None
        assert fake_strava.statuses[-1] == 200
    else:
        assert type(ended) is kind, ended


@pytest.mark.parametrize("fault", [*NOT_DATA, *LOST, "401 token", "429"])
@pytest.mark.parametrize("call", ["list", "streams"])
def test_after_a_fault_has_passed_all_is_as_before(
    fake_strava: FakeStrava, tmp_path: Path, call: str, fault: str
) -> None:
    """The next try needs no new login and finds everything."""
    login = desk.logged_in(fake_strava, tmp_path)
    path, ask = CALLS[call]
    fake_strava.fail(fault, on=path, times=4)
    outcome(lambda: ask(login, desk.client(fake_strava, login, read_s=desk.patience_s(fault))))
    fake_strava.faults.clear()

    again = desk.client(fake_strava, login)

    assert all(again.fetch(item) for item in again.listing(None))


def test_strava_that_is_not_there(fake_strava: FakeStrava, tmp_path: Path) -> None:
    login = desk.logged_in(fake_strava, tmp_path)
    client = desk.client(fake_strava, login)
    fake_strava.stop()

    for call in ("list", "renew", "revoke"):
        ended = outcome(lambda ask=CALLS[call][1]: ask(login, client))  # type: ignore[misc]

        assert type(ended) is Unreachable, call


INTERVALS: dict[str, dict[str, Expected]] = {
    "list": {
        **NOT_DATA,
        **LOST,
        "401": NotAuthorised,
        "403": NotAuthorised,
        "404": Unreachable,
        "422": Unreachable,
        "429": RateLimited,
    },
    "file": {
        **LOST,
        "html": Unreachable,
        "html 503": Unreachable,
        "401": Withheld,
        "403": Withheld,
        "404": GONE,
        "422": Withheld,
        "429": RateLimited,
    },
}
GARMIN: dict[str, dict[str, Expected]] = {
    "key": {
        **NOT_DATA,
        **LOST,
        "deep json": Unreachable,
        "400": Unreachable,
        "401": NotAuthorised,
        "403": NotAuthorised,
        "404": Unreachable,
        "429": RateLimited,
    },
    "list": {
        **NOT_DATA,
        **LOST,
        "400": Unreachable,
        "401": NotAuthorised,
        "403": NotAuthorised,
        "404": Unreachable,
        "429": RateLimited,
    },
    "file": {
        **LOST,
        "html": Unreachable,
        "html 503": Unreachable,
        "400": Withheld,
        "401": NotAuthorised,
        "403": Withheld,
        "404": GONE,
        "406": Withheld,
        "429": RateLimited,
    },
}
GARMIN_PATHS = {"key": "/token", "list": "/search/activities", "file": "/files/activity"}


@pytest.mark.parametrize(
    ("call", "fault", "kind"),
    [(call, fault, kind) for call, faults in GARMIN.items() for fault, kind in faults.items()],
    ids=lambda value: str(getattr(value, "__name__", value)),
)
def test_garmin(fake_garmin: FakeGarmin, tmp_path: Path, call: str, fault: str, kind: Expected) -> None:
    client = desk.garmin(fake_garmin, tmp_path, read_s=desk.patience_s(fault))
    fake_garmin.fail(fault, on=GARMIN_PATHS[call], times=6)

    ended = outcome(lambda: next(client.fetch(item) for item in client.listing(None)))

    if kind == GONE:
        assert ended is None
    else:
        assert type(ended) is kind, ended
        fake_garmin.faults.clear()
        again = desk.garmin(fake_garmin, tmp_path)
        assert all(again.fetch(item) for item in again.listing(None))


def test_garmin_that_is_not_there(fake_garmin: FakeGarmin, tmp_path: Path) -> None:
    client = desk.garmin(fake_garmin, tmp_path)
    fake_garmin.stop()

    assert type(outcome(lambda: list(client.listing(None)))) is Unreachable


PATHS = {"list": "/activities", "file": "/file"}


@pytest.mark.parametrize(
    ("call", "fault", "kind"),
    [(call, fault, kind) for call, faults in INTERVALS.items() for fault, kind in faults.items()],
    ids=lambda value: str(getattr(value, "__name__", value)),
)
def test_intervals(fake_intervals: FakeIntervals, call: str, fault: str, kind: Expected) -> None:
    client = desk.intervals(fake_intervals, read_s=desk.patience_s(fault))
    fake_intervals.fail(fault, on=PATHS[call], times=4)

    def ask() -> Fetched | None:
        return next(client.fetch(item) for item in client.listing(None))

    ended = outcome(ask)

    if kind == GONE:
        assert ended is None
    else:
        assert type(ended) is kind, ended


def test_intervals_that_is_not_there(fake_intervals: FakeIntervals) -> None:
    client = desk.intervals(fake_intervals)
    fake_intervals.stop()

    assert type(outcome(lambda: list(client.listing(None)))) is Unreachable
