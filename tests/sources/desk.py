"""What the tests of the sources sit at: clients wired to the fake services, and logins into them."""

import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from kneedrive.config import Secret
from kneedrive.sources.garmin import Garmin
from kneedrive.sources.http import Http, Pace
from kneedrive.sources.intervals import Intervals
from kneedrive.sources.oauth import Application, Attempt, Login
from kneedrive.sources.strava import Strava, Windows
from kneedrive.sources.tokens import PrivateFile, TokenFile
from tests.fakes.garmin import KEY as GARMIN_KEY
from tests.fakes.garmin import FakeGarmin
from tests.fakes.intervals import KEY, FakeIntervals
from tests.fakes.strava import CLIENT_ID, CLIENT_SECRET, FakeStrava

APPLICATION = Application(client_id=CLIENT_ID, client_secret=Secret(CLIENT_SECRET))
NOWHERE = "http://127.0.0.1:9/code"
PATIENT_S, IMPATIENT_S = 20.0, 0.3
Wait = Callable[[datetime], object]


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Do not follow: the address is what we want."""


def click(url: str) -> str:
    """Open the login address as a browser would and return the address it is sent to."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)
    try:
        opener.open(url, timeout=5)
    except urllib.error.HTTPError as answer:
        return str(answer.headers["Location"])
    raise AssertionError(url)


def follow(url: str) -> str:
    """Open an address, redirects and all, and return the page."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=5) as page:
        return str(page.read().decode())


class _Hurried(Http):
    backoff_s = 0.0


def http(service: str, url: str, read_s: float = PATIENT_S) -> Http:
    """A connection that does not wait between its tries."""
    connection = _Hurried(service, url)
    connection.read_s = read_s
    return connection


def patience_s(fault: str) -> float:
    """How long to wait for an answer: only a fault that hangs is not worth waiting for."""
    return IMPATIENT_S if fault == "hang" else PATIENT_S


def login(fake: FakeStrava, folder: Path, application: Application = APPLICATION, read_s: float = PATIENT_S) -> Login:
    """A Login whose tokens live in `folder`."""
    return Login(
        application,
        http("Strava", fake.oauth_url, read_s),
        TokenFile(folder / "private" / "strava.json"),
        clock=fake.clock,
    )


def begin(fake: FakeStrava, redirect_uri: str = NOWHERE) -> Attempt:
    return login(fake, Path("nowhere")).begin(redirect_uri)


def granted(fake: FakeStrava) -> tuple[Secret, str]:
    """A grant by way of the pasted address."""
    begun = begin(fake)
    return begun.grant(click(begun.url))


def logged_in(fake: FakeStrava, folder: Path) -> Login:
    """A login that has just been made."""
    made = login(fake, folder)
    made.redeem(granted(fake))
    return made


def strava(fake: FakeStrava, folder: Path, wait: Wait | None = None) -> Strava:
    """A Strava client that is logged in."""
    return client(fake, logged_in(fake, folder), wait)


def client(fake: FakeStrava, using: Login, wait: Wait | None = None, read_s: float = PATIENT_S) -> Strava:
    """A Strava client with this login."""
    return Strava(http("Strava", fake.api_url, read_s), Windows("Strava", clock=fake.clock, wait=wait), using)


def garmin(
    fake: FakeGarmin, folder: Path, key: str = GARMIN_KEY, wait: Wait | None = None, read_s: float = PATIENT_S
) -> Garmin:
    """A client of Garmin's that does not wait between requests; its token lies in `folder`."""
    token = PrivateFile(folder / "private" / "garmin-token.json")
    connection = http("Garmin", fake.url, read_s)
    return Garmin(connection, Secret(key), token, at_once("Garmin", fake.clock, wait=wait))


def at_once(
    service: str,
    clock: Callable[[], datetime],
    wait: Wait | None = None,
    sleep: Callable[[float], object] = lambda _: None,
) -> Pace:
    """A pace that lets everything pass and sleeps for nothing."""
    return Pace(service, 0.0, clock=clock, wait=wait, monotonic=lambda: 0.0, sleep=sleep)


def intervals(fake: FakeIntervals, key: str = KEY, wait: Wait | None = None, read_s: float = PATIENT_S) -> Intervals:
    """An intervals.icu client that does not wait between requests."""
    connection = http("intervals.icu", fake.api_url, read_s)
    return Intervals(connection, Secret(key), at_once("intervals.icu", fake.clock, wait=wait))
