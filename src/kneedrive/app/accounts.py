"""Accounts: which sources there are, where their keys and logins lie, and the clients that ask them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import msgspec

from kneedrive.app.boundary import boundary
from kneedrive.config import Config, Secret
from kneedrive.errors import ConfigError, Fault, KneedriveError, SourceError, Withheld
from kneedrive.record import Record
from kneedrive.sources.oauth import Application, Login
from kneedrive.sources.plan import Context, Fetched, Listed, Source
from kneedrive.sources.tokens import KeyFile, PrivateFile, TokenFile, is_missing

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from kneedrive.sources.garmin import Garmin
    from kneedrive.sources.intervals import Intervals

FOLDER, GARMIN, INTERVALS, STRAVA = OWN = ("folder", "garmin", "intervals", "strava")  # in the order of a sync
NAMES = {FOLDER: "Folders", GARMIN: "Garmin", INTERVALS: "intervals.icu", STRAVA: "Strava"}
R = TypeVar("R", bound=Record)
NO_SOURCES = "there is nothing to sync from: 'kneedrive setup' asks what you have and sets it up, step by step"
NO_FOLDERS = (
    "there is no folder to look into: no watch is plugged in and sources.folder.paths names none; list some there, or "
    "in KNEEDRIVE_FOLDERS, separated as in PATH"
)


class Desk(Record, frozen=True, kw_only=True):
    """What a command that asks services is given."""

    settings: Config
    folder: Path  # where keys and logins are kept
    garmin_folder: Path  # where Garmin's own client keeps its key
    clock: Callable[[], datetime]  # aware UTC
    wait: Callable[[datetime], object] | None = None  # sleeps through a rate limit; None where it is not to be
    watches: tuple[Path, ...] = ()  # folders of watches that are plugged in

    @property
    def named_runner(self) -> str:
        """The runner of a command that names one, by --runner or in the environment; "" for this machine's owner."""
        name = self.settings.runner.name
        return "" if name == self.settings.owner else name

    def private(self, name: str, runner: str, ending: str = "") -> Path:
        """Where a secret of this runner lies: one file a runner, so that nobody gets another's runs."""
        return self.folder / f"{name}{'-' + quote(runner, safe='') if runner else ''}{ending}"


def token_file(desk: Desk) -> TokenFile:
    """Where this runner's login to Strava is kept."""
    return TokenFile(desk.private("strava-token", desk.settings.runner.name, ".json"))


def key_file(desk: Desk, source: str) -> KeyFile:
    """Where this runner's API key is kept: the owner's for Garmin where Garmin's own client keeps it."""
    if source == GARMIN and not desk.named_runner:
        return KeyFile(desk.garmin_folder / "connect-personal-api-key")  # the name that its client gives it
    return KeyFile(desk.private(f"{source}-key", desk.named_runner))


def api_key(desk: Desk, source: str) -> Secret:
    """The key for a service, maybe empty: the one in force for the owner; a named runner's own before any other."""
    configured: Secret = desk.settings[f"sources.{source}.api_key"]
    kept = key_file(desk, source)
    if not desk.named_runner:
        return configured or kept.load()
    if source == INTERVALS and desk.named_runner in athletes(desk):  # a coach's reads those whom it is told
        return kept.load() or configured or KeyFile(desk.private(f"{source}-key", "")).load()
    # Another runner's key would bring another runner's runs: one in a file that names its owner is theirs.
    owners = desk.settings.owner and not desk.settings.given_now(f"sources.{source}.api_key")
    return kept.load() or (Secret("") if owners else configured)


def has_key(desk: Desk, source: str) -> bool:
    """Whether there is a key; one that cannot be read counts, so that a sync says what is wrong with it."""
    try:
        return bool(api_key(desk, source))
    except SourceError:
        return True


def athletes(desk: Desk) -> Mapping[str, str]:
    """Whose runs a coach's key reads at intervals.icu: the athlete's id there by the runner's name here."""
    return dict(each.split("=", 1) for each in desk.settings.sources.intervals.athletes)


def folders(desk: Desk) -> tuple[Path, ...]:
    """The folders to look into: those configured, and those of a watch that is plugged in, which is its owner's."""
    named = desk.settings.sources.folder.paths
    if not desk.named_runner:
        return (*named, *(watch for watch in desk.watches if watch not in named))
    # Those in a file that names its owner are the owner's too, as keys there are.
    return () if desk.settings.owner and not desk.settings.given_now("sources.folder.paths") else named


def known_names() -> tuple[str, ...]:
    """Every source there is, with those that other packages bring."""
    return (*OWN, *sorted(_entry_points()))


def chosen(desk: Desk, names: tuple[str, ...]) -> tuple[str, ...]:
    """The sources to sync: those named, else all that are set up. Raises ConfigError where there are none."""
    if FOLDER in names and not folders(desk):
        raise ConfigError(NO_FOLDERS)
    wanted = tuple(name for name in known_names() if (name in names if names else is_ready(name, desk)))
    if not wanted:
        raise ConfigError(NO_SOURCES)
    return wanted


def is_ready(name: str, desk: Desk) -> bool:
    """Whether a source is set up. Asks nobody."""
    if name == FOLDER:
        return bool(folders(desk))
    if name == STRAVA:
        return bool(desk.settings.sources.strava.client_id) or not is_missing(token_file(desk).path)
    if name in OWN:
        return has_key(desk, name)
    try:
        return _connected(name, desk) is not None
    except ConfigError:  # a fault in it, which a sync tells
        return True


def client(name: str, desk: Desk) -> Source:
    """The client of a service. Raises ConfigError where something of it is not configured."""
    if name == GARMIN:
        return garmin(desk)
    if name == INTERVALS:
        return intervals(desk)
    if name == STRAVA:
        from kneedrive.sources.http import Http
        from kneedrive.sources.strava import Strava, Windows, base_url

        http = Http(NAMES[STRAVA], desk.settings.sources.strava.base_url or base_url(desk.clock()))
        pace = Windows(http.service, clock=desk.clock, wait=desk.wait)
        return Strava(http, pace, login(desk, application(desk)))
    source = _connected(name, desk)
    if source is None:
        raise ConfigError(f"the source {name} is not set up: the package that brings it tells how")
    return source


def garmin(desk: Desk, key: Secret | None = None) -> Garmin:
    """A client of Garmin's Personal API, with the key that is kept or another one."""
    from kneedrive.sources.garmin import INTERVAL_S, Garmin
    from kneedrive.sources.http import Http, Pace

    http = Http(NAMES[GARMIN], desk.settings.sources.garmin.base_url)
    pace = Pace(http.service, INTERVAL_S, clock=desk.clock, wait=desk.wait)
    return Garmin(http, key or api_key(desk, GARMIN), garmin_token(desk), pace)


def garmin_token(desk: Desk) -> PrivateFile:
    """Where the token of the day for this runner's key is kept."""
    return PrivateFile(desk.private("garmin-token", desk.named_runner, ".json"))


def garmin_key_ends(desk: Desk) -> date | None:
    """The day on which Garmin's key ends, as it was told when it was saved; None where nobody said, or for no key."""
    try:
        held = garmin(desk).held()
    except (SourceError, ConfigError):  # such as a file that cannot be read, of which a sync tells
        return None
    return held.key_ends if held else None


def intervals(desk: Desk, key: Secret | None = None) -> Intervals:
    """A client of intervals.icu; for an athlete of a coach where the runner is one."""
    from kneedrive.sources.http import Http, Pace
    from kneedrive.sources.intervals import INTERVAL_S, Intervals

    set_up = desk.settings.sources.intervals
    http = Http(NAMES[INTERVALS], set_up.base_url)
    pace = Pace(http.service, INTERVAL_S, clock=desk.clock, wait=desk.wait)
    athlete = athletes(desk).get(desk.settings.runner.name, set_up.athlete_id)
    return Intervals(http, key or api_key(desk, INTERVALS), pace, athlete=athlete)


def application(desk: Desk) -> Application:
    """The runner's own registration with Strava: configured, else as it was typed in at the login."""
    client_id = desk.settings.sources.strava.client_id
    secret = desk.settings.sources.strava.client_secret
    if not (client_id and secret):
        # Both or neither: the id of one application does not go with the secret of another. A login that cannot be read
        # is passed over: a new login, and a logout, must work without it.
        with suppress(SourceError):
            if held := token_file(desk).load():
                return Application(client_id=held.client_id, client_secret=held.client_secret)
    return Application(client_id=client_id, client_secret=secret)


def login(desk: Desk, mine: Application) -> Login:
    """The login to Strava, as this application."""
    from kneedrive.sources.http import Http

    http = Http(NAMES[STRAVA], desk.settings.sources.strava.oauth_url)
    return Login(mine, http, token_file(desk), clock=desk.clock)


# Sources that other packages bring, by entry points.


class Packaged:
    """A source of another package: a fault in it is told as such, and does not keep others from being asked."""

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self.lookback = source.lookback
        self._source = source

    def listing(self, since: datetime | None) -> Iterator[Listed]:
        """What the source lists. Raises SourceError."""
        with _of_another(self.name, SourceError, "has a fault of its own"):
            items = [_checked(Listed, item) for item in self._source.listing(since)]
        yield from items

    def fetch(self, item: Listed) -> Fetched | None:
        """What the source fetches, under the names that it is known by here. Raises SourceError."""
        with _of_another(self.name, Withheld, "has a fault of its own"):
            given = self._source.fetch(item)
            known = {"source": self.name, "id": item.id, "version": item.version}
            return None if given is None else _checked(Fetched, given).replace(**known)


@contextmanager
def _of_another(name: str, kind: type[KneedriveError], problem: str) -> Iterator[None]:
    try:
        with boundary(f"the source {name}"):
            yield
    except Fault:
        raise kind(f"the source {name} {problem}: tell its author what --debug shows") from None


def _checked(kind: type[R], value: object) -> R:
    """The value, which is of this kind, its fields included. Raises TypeError or ValueError where it is not."""
    if not isinstance(value, kind):
        raise TypeError(f"a source gave {type(value).__name__} for {kind.__name__}")
    fields = msgspec.structs.asdict(value)
    naive = [name for name, each in fields.items() if isinstance(each, datetime) and each.utcoffset() is None]
    if naive:
        raise TypeError(f"a source gave a {naive[0]} without a time zone")
    return msgspec.convert(fields, kind, builtin_types=(bytes, datetime))


def _entry_points() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    # None of them takes the place of a source of our own.
    return {each.name: each for each in entry_points(group="kneedrive.sources") if each.name not in OWN}


def _connected(name: str, desk: Desk) -> Packaged | None:
    """The source of another package, None where it says that it is not set up. Raises ConfigError for a fault in it."""
    context = Context(folder=desk.folder, clock=desk.clock, wait=desk.wait)
    with _of_another(name, ConfigError, "cannot be loaded, by a fault of its own"):
        source = _entry_points()[name].load()(context)
        return source and Packaged(name, source)
