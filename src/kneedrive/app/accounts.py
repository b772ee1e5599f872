"""Accounts: which sources there are, the clients that ask them, and the login to Strava."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from kneedrive.errors import ConfigError, SourceError
from kneedrive.sources.oauth import Application
from kneedrive.sources.tokens import TokenFile, Tokens, is_missing
from kneedrive.value import Value

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.sources.intervals import Intervals
    from kneedrive.sources.oauth import Attempt, Login
    from kneedrive.sources.strava import Strava

FOLDER, INTERVALS, STRAVA = SOURCES = ("folder", "intervals", "strava")  # in the order of a sync
NAMES = {FOLDER: "Folders", INTERVALS: "intervals.icu", STRAVA: "Strava"}
READ_S, BACKOFF_S = 30.0, 0.5
NO_SOURCES = (
    "there is nothing to sync from: name folders in sources.folder.paths, set an intervals.icu key, or run "
    "'kneedrive auth strava'; docs/sources.md tells how"
)
NO_FOLDERS = "sources.folder.paths names no folder: list some there or in KNEEDRIVE_FOLDERS, separated as in PATH"


class Desk(Value):
    """What commands that ask services stand on.

    folder: where logins are kept. clock: aware UTC. wait(until): sleeps through a rate limit; None where it is not to
    be slept through.
    """

    settings: Config
    folder: Path
    clock: Callable[[], datetime]
    wait: Callable[[datetime], object] | None = None


class Order(Value):
    """What was asked for. since: nothing older. full: from the first activity on, and what could not be had again."""

    names: tuple[str, ...] = ()
    since: datetime | None = None
    full: bool = False
    dry_run: bool = False


def token_file(desk: Desk) -> TokenFile:
    """Where this runner's login to Strava is kept: one file a runner, so that nobody gets another's runs."""
    runner = desk.settings["runner.name"]
    name = f"strava-token-{quote(runner, safe='')}.json" if runner else "strava-token.json"
    return TokenFile(desk.folder / name)


def chosen(desk: Desk, names: tuple[str, ...]) -> tuple[str, ...]:
    """The sources to sync: those named, else all that are set up. Raises ConfigError where there are none."""
    if FOLDER in names and not desk.settings["sources.folder.paths"]:
        raise ConfigError(NO_FOLDERS)
    ready = {
        FOLDER: bool(desk.settings["sources.folder.paths"]),
        INTERVALS: bool(desk.settings["sources.intervals.api_key"]),
        STRAVA: bool(desk.settings["sources.strava.client_id"]) or not is_missing(token_file(desk).path),
    }
    wanted = tuple(name for name in SOURCES if (name in names if names else ready[name]))
    if not wanted:
        raise ConfigError(NO_SOURCES)
    return wanted


def client(name: str, desk: Desk) -> Intervals | Strava:
    """The client of a service. Raises ConfigError where something of it is not configured."""
    return strava(desk) if name == STRAVA else intervals(desk)


def intervals(desk: Desk) -> Intervals:
    """A client of intervals.icu, gentle to it."""
    import time

    from kneedrive.sources.http import Http
    from kneedrive.sources.intervals import INTERVAL_S, Intervals
    from kneedrive.sources.limits import Throttle

    settings = desk.settings
    http = Http(NAMES[INTERVALS], settings["sources.intervals.base_url"], read_s=READ_S, backoff_s=BACKOFF_S)
    return Intervals(
        http,
        settings["sources.intervals.api_key"],
        Throttle(INTERVAL_S, time.monotonic, time.sleep),
        clock=desk.clock,
        athlete=settings["sources.intervals.athlete_id"],
        wait=desk.wait,
    )


def strava(desk: Desk) -> Strava:
    """A client of Strava, with the login that is kept."""
    from kneedrive.sources.http import Http
    from kneedrive.sources.strava import Strava

    http = Http(NAMES[STRAVA], desk.settings["sources.strava.base_url"], read_s=READ_S, backoff_s=BACKOFF_S)
    return Strava(http, login(desk, application(desk)), clock=desk.clock, wait=desk.wait)


def application(desk: Desk) -> Application:
    """The runner's own registration with Strava: configured, else as it was typed in at the login."""
    client_id = desk.settings["sources.strava.client_id"]
    secret = desk.settings["sources.strava.client_secret"]
    if not (client_id and secret) and (held := _readable(token_file(desk))):
        # Both or neither: the id of one application and the secret of another would fit no lock.
        return Application(client_id=held.client_id, client_secret=held.client_secret)
    return Application(client_id=client_id, client_secret=secret)


def _readable(file: TokenFile) -> Tokens | None:
    """The login that is kept, None also where it cannot be read: a new login, and a logout, must do without it."""
    try:
        return file.load()
    except SourceError:
        return None


def login(desk: Desk, mine: Application) -> Login:
    """The login to Strava, as this application."""
    from kneedrive.sources import strava_faults
    from kneedrive.sources.http import Http
    from kneedrive.sources.oauth import Login
    from kneedrive.sources.strava import SERVICE

    return Login(
        SERVICE,
        mine,
        Http(NAMES[STRAVA], desk.settings["sources.strava.oauth_url"], read_s=READ_S, backoff_s=BACKOFF_S),
        token_file(desk),
        clock=desk.clock,
        refusal=strava_faults.error_for,
    )


def begin(desk: Desk, mine: Application, redirect_uri: str) -> Attempt:
    """A login under way. Raises ConfigError where the address of the login would give secrets away."""
    from kneedrive.sources.http import checked_base
    from kneedrive.sources.oauth import attempt
    from kneedrive.sources.strava import SERVICE

    oauth_url = checked_base(desk.settings["sources.strava.oauth_url"], NAMES[STRAVA])
    return attempt(SERVICE, mine, oauth_url, redirect_uri)
