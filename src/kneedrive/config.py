"""The configuration (flag > environment > file > default, with the origin of every value), and the text that does not
print.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial, reduce
from pathlib import Path
from typing import Annotated, Any

import msgspec

from kneedrive.errors import ConfigError, meant
from kneedrive.record import Record

# A string that does not print: tokens, keys and client secrets travel in it.


class Secret:
    """Holds a secret; `reveal()` is the only way to its text. Never shows it in repr, str, format or a traceback."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself, for the one place that sends or stores it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret(hidden)" if self._text else "Secret(empty)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(("Secret", self._text))


# What may be set, and how each value is read. An unknown key is refused, with the key that was probably meant.

MOST_NAME_BYTES = 60
DYNAMICS = ("native", "stryd", "runscribe")


def as_text(value: Any) -> str:
    """A string, without line breaks and other control characters, and without bytes that are no text."""
    if not isinstance(value, str):
        raise _unfit("a text in quotes", value)
    if any(letter < " " or "\x7f" <= letter < "\xa0" or "\ud800" <= letter <= "\udfff" for letter in value):
        raise ConfigError("needs a text of one line in UTF-8")  # addresses may hold a password: unsaid
    return value


def as_name(value: Any) -> str:
    """A short string: the file of a login is named after it."""
    if len(as_text(value).encode()) > MOST_NAME_BYTES:
        raise _unfit(f"a name of at most {MOST_NAME_BYTES} plain letters", value)
    return str(value)


def as_secret(value: Any) -> Secret:
    """A string of plain letters that will not be shown; blanks around it do not belong to it."""
    if not isinstance(value, str):
        raise ConfigError("needs a text in quotes")  # the value stays unsaid
    if not (value.strip().isascii() and value.strip().isprintable()):
        raise ConfigError("holds characters that no key has: copy it again")
    return Secret(value.strip())


def as_number(low: float, high: float, unit: str, value: Any) -> float:
    """A number between two bounds; a text of digits is taken too, since the environment has only texts."""
    try:
        parsed = float(value) if not isinstance(value, bool) else float("nan")  # true would count as 1
    except (TypeError, ValueError, OverflowError):
        raise _unfit(f"a number in {unit}", value) from None
    if not low <= parsed <= high:
        raise _unfit(f"a number from {low:g} to {high:g} ({unit})", value)
    return parsed


def as_choice(allowed: Collection[str], value: Any) -> str:
    """One of a few words."""
    if value not in allowed:
        raise _unfit(" or ".join(f'"{word}"' for word in allowed), value)
    return str(value)


def as_path(value: Any) -> Path:
    """A path; ~ is the home folder."""
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise _unfit("a path in quotes", value)
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise _unfit("a path whose home folder is known", value) from None


def as_store(value: Any) -> Path:
    """A path from the root, so that SQLite takes no name for one of its own (":memory:")."""
    try:
        return as_path(value).absolute()
    except OSError:
        raise _unfit("a path from the root, since the present folder is gone", value) from None


def as_switch(value: Any) -> bool:
    """true or false; in the environment also yes, no, 1 and 0."""
    word = str(value).lower()
    if word not in ("true", "yes", "1", "false", "no", "0"):
        raise _unfit("true or false", value)
    return word in ("true", "yes", "1")


def as_pairs(value: Any) -> tuple[str, ...]:
    """A list of texts like "ana=i12345"; in the environment with commas between."""
    if isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    parts = [as_text(each).partition("=") for each in value] if isinstance(value, list) else [("", "", "")]
    if not all(left.strip() and right.strip() for left, _, right in parts):
        raise _unfit('a list of names and ids, such as ["ana=i12345"]', value)
    names = [as_name(left.strip()) for left, _, _ in parts]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ConfigError(f"names {twice[0]!r} twice: each is to have a name of their own")
    return tuple(f"{name}={right.strip()}" for name, (_, _, right) in zip(names, parts, strict=True))


def as_paths(value: Any) -> tuple[Path, ...]:
    """A list of paths; in the environment they are separated as in PATH."""

    def exists(place: str) -> bool:
        return os.path.exists(os.path.expanduser(place))  # noqa: PTH110, PTH111 - pathlib raises where it cannot look

    if not isinstance(value, str | list | tuple):
        raise _unfit('a list of paths, such as ["~/Downloads"]', value)
    if not isinstance(value, str):
        return tuple(map(as_path, value))
    parts: list[str] = []
    for part in filter(None, value.split(os.pathsep)):
        whole = parts[-1] + os.pathsep + part if parts else part
        # A colon that belongs to a path, such as a watch's, separates nothing.
        if parts and (exists(whole) or not (part.startswith("~") or Path(part).is_absolute() or exists(part))):
            parts[-1] = whole
        else:
            parts.append(part)
    return tuple(map(as_path, parts))


def as_zone(value: Any) -> str:
    """An IANA time zone name, or empty for the machine's own."""
    name = as_text(value)
    if name:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise _unfit('a time zone name, such as "Europe/Berlin"', value) from None
    return name


class Setting(Record, frozen=True):
    """One thing that can be set: its dotted key in the file, how it is read, its environment variable and default."""

    key: str
    parse: Callable[[Any], Any]
    environment: str
    default: Any


# Behind the type of a setting: how it is read, from wherever it comes, and which variable may hold it.


class RunnerSettings(Record, frozen=True, kw_only=True):
    """Who runs."""

    name: Annotated[str, as_name, "KNEEDRIVE_RUNNER"] = ""  # keeps several runners apart in one store
    height_m: Annotated[float | None, partial(as_number, 1.0, 2.3, "metres"), "KNEEDRIVE_HEIGHT_M"] = None
    mass_kg: Annotated[float | None, partial(as_number, 25.0, 250.0, "kilograms"), "KNEEDRIVE_MASS_KG"] = None
    birth_year: Annotated[float | None, partial(as_number, 1900, 2100, "year"), "KNEEDRIVE_BIRTH_YEAR"] = None
    # whose dynamics to judge where a file holds several
    dynamics: Annotated[str | None, partial(as_choice, DYNAMICS), "KNEEDRIVE_DYNAMICS"] = None


class DisplaySettings(Record, frozen=True, kw_only=True):
    """How numbers are shown. zone: of runs whose file names none; "" is the machine's own."""

    units: Annotated[str, partial(as_choice, ("km", "miles")), "KNEEDRIVE_UNITS"] = "km"
    zone: Annotated[str, as_zone, "KNEEDRIVE_ZONE"] = ""


class PathSettings(Record, frozen=True, kw_only=True):
    """Where things are kept. store: the database of runs, in the usual place where nothing else is said."""

    store: Annotated[Path, as_store, "KNEEDRIVE_STORE"] = Path()


class FolderSettings(Record, frozen=True, kw_only=True):
    """The folders that a sync looks into."""

    paths: Annotated[tuple[Path, ...], as_paths, "KNEEDRIVE_FOLDERS"] = ()
    watch: Annotated[bool, as_switch, "KNEEDRIVE_WATCH"] = True  # also a watch that is plugged in


class GarminSettings(Record, frozen=True, kw_only=True):
    """The runner's own key for Garmin Connect, under the names that Garmin's own client gives the variables."""

    api_key: Annotated[Secret, as_secret, "GARMIN_PERSONAL_API_KEY"] = Secret("")
    base_url: Annotated[str, as_text, "GARMIN_PERSONAL_API_BASE_URL"] = "https://personal.connectapi.garmin.com"


class StravaSettings(Record, frozen=True, kw_only=True):
    """The runner's own Strava API application."""

    client_id: Annotated[str, as_text, "STRAVA_CLIENT_ID"] = ""
    client_secret: Annotated[Secret, as_secret, "STRAVA_CLIENT_SECRET"] = Secret("")
    base_url: Annotated[str, as_text, "KNEEDRIVE_STRAVA_URL"] = ""  # the one of the day
    oauth_url: Annotated[str, as_text, "KNEEDRIVE_STRAVA_OAUTH_URL"] = "https://www.strava.com/oauth"


class IntervalsSettings(Record, frozen=True, kw_only=True):
    """The account at intervals.icu; athlete 0 is the owner of the key."""

    api_key: Annotated[Secret, as_secret, "INTERVALS_ICU_API_KEY"] = Secret("")
    athlete_id: Annotated[str, as_text, "INTERVALS_ICU_ATHLETE_ID"] = "0"
    athletes: Annotated[tuple[str, ...], as_pairs, "KNEEDRIVE_INTERVALS_ATHLETES"] = ()  # a coach's: name=id
    base_url: Annotated[str, as_text, "KNEEDRIVE_INTERVALS_URL"] = "https://intervals.icu/api/v1"


class SourceSettings(Record, frozen=True, kw_only=True):
    """Where a sync gets its runs."""

    folder: FolderSettings = FolderSettings()
    garmin: GarminSettings = GarminSettings()
    strava: StravaSettings = StravaSettings()
    intervals: IntervalsSettings = IntervalsSettings()


class Config(Record, frozen=True, kw_only=True):
    """Every setting, and where each value came from by its dotted key: "flag", "environment X", a file, "default".

    owner: whom [runner] in the file names. runners: names that the file knows. new_runner: a name that nobody has had
    yet begins a runner of its own.
    """

    runner: RunnerSettings = RunnerSettings()
    display: DisplaySettings = DisplaySettings()
    paths: PathSettings = PathSettings()
    sources: SourceSettings = SourceSettings()
    origins: Mapping[str, str] = {}
    file: Path = Path()
    owner: str = ""
    runners: tuple[str, ...] = ()
    new_runner: bool = False

    def __getitem__(self, key: str) -> Any:
        return reduce(getattr, key.split("."), self)

    def given_now(self, key: str) -> bool:
        """Whether a value was given for this command, by a flag or in the environment, and not in the file."""
        origin = self.origins.get(key, "default")
        return origin == "flag" or origin.startswith("environment ")


def _settings(section: type[Record], prefix: str = "") -> Iterator[Setting]:
    """What can be set in a section, as its types say."""
    for field in msgspec.structs.fields(section):
        key = prefix + field.name
        if isinstance(field.default, Record):
            yield from _settings(type(field.default), f"{key}.")
        elif how := getattr(field.type, "__metadata__", None):
            yield Setting(key, how[0], how[1], field.default)


SETTINGS = tuple(_settings(Config))
NAME = "runner.name"
# What belongs to a person: it is never taken from [runner] for somebody of another name.
BODY = ("runner.height_m", "runner.mass_kg", "runner.birth_year", "runner.dynamics")


def config_folder(environment: Mapping[str, str]) -> Path:
    """$XDG_CONFIG_HOME/kneedrive, else ~/.config/kneedrive; on macOS and Windows where programs keep theirs.

    Raises ConfigError where there is no home folder.
    """
    return _own_folder(environment.get("XDG_CONFIG_HOME"), Path(".config"), "user_config_path")


def data_folder(environment: Mapping[str, str]) -> Path:
    """The same for data: $XDG_DATA_HOME/kneedrive, else ~/.local/share/kneedrive, or the platform's own place."""
    return _own_folder(environment.get("XDG_DATA_HOME"), Path(".local", "share"), "user_data_path")


def garmin_folder(environment: Mapping[str, str]) -> Path:
    """Where Garmin's own client keeps the personal API key, on every system; our own folder without a home folder."""
    try:
        return Path.home() / ".config" / "garmin"
    except RuntimeError:
        return config_folder(environment)


def _own_folder(named: str | None, usual: Path, of_platform: str) -> Path:
    """The folder kneedrive in the one that is named; else in the usual one under the home folder, or the platform's."""
    if named:
        return Path(named) / "kneedrive"
    try:
        place = Path.home() / usual / "kneedrive"
    except RuntimeError:
        raise ConfigError("there is no home folder: set HOME, or both XDG_CONFIG_HOME and XDG_DATA_HOME") from None
    # A folder that was made by hand, or by somebody who moved here from Linux, is not left behind.
    if sys.platform not in ("darwin", "win32") or os.path.isdir(place):  # noqa: PTH112 - Path raises where it cannot look
        return place
    import platformdirs

    found: Path = getattr(platformdirs, of_platform)("kneedrive", appauthor=False)
    return found


def load(
    environment: Mapping[str, str], flags: Mapping[str, Any], file: Path | None = None, *, new_runner: bool = False
) -> Config:
    """The configuration in force. `flags` are values by key, None where not given; `file` overrides the usual place.

    Raises ConfigError naming the key, what it needs and where it was set. A missing file is no error unless it was
    asked for by name.
    """
    place, named = place_of(environment, file)
    written, runners = _written(place, required=named)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for setting in SETTINGS:
        given = (
            (flags.get(setting.key), "flag"),
            (environment.get(setting.environment) or None, f"environment {setting.environment}"),  # empty: none
            (written.get(setting.key), str(place)),
        )
        found, origin = next((each for each in given if each[0] is not None), (setting.default, "default"))
        try:
            *sections, last = setting.key.split(".")
            table = reduce(lambda table, name: table.setdefault(name, {}), sections, values)
            table[last] = found if origin == "default" else setting.parse(found)
        except ConfigError as error:
            raise ConfigError(f"{setting.key} ({origin}) {error}") from None
        origins[setting.key] = origin
        if setting.key == NAME:  # first of all: what else the file says of the runner depends on who it is
            written = _of_runner(values["runner"]["name"], written, runners)
    if origins["paths.store"] == "default":
        values["paths"]["store"] = data_folder(environment) / "kneedrive.sqlite"
    owner = written.get(NAME)  # as it is written; it was not read where a flag or the environment names another
    values["owner"] = owner if isinstance(owner, str) else ""
    values["runners"] = tuple(sorted({*runners, values["owner"]} - {""}))
    return msgspec.convert({**values, "origins": origins, "file": place, "new_runner": new_runner}, Config)


def _of_runner(name: str, written: Mapping[str, Any], runners: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """What the file says where this runner is meant: nobody is given the height of another.

    [runner] is whoever it names; where it names nobody, the runner without a name.
    """
    own = {f"runner.{key}": value for key, value in runners.get(name, {}).items()}
    same = name == written.get(NAME, "")
    return {key: value for key, value in written.items() if same or key not in BODY} | own


def place_of(environment: Mapping[str, str], file: Path | None = None) -> tuple[Path, bool]:
    """Where the configuration file is looked for, and whether it was asked for by name. It is not read."""
    named = file or (Path(environment["KNEEDRIVE_CONFIG"]) if environment.get("KNEEDRIVE_CONFIG") else None)
    return named or config_folder(environment) / "config.toml", named is not None


def _written(place: Path, *, required: bool) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]:
    """The values by dotted key, and those of each [runners.NAME] by name."""
    try:
        if not place.is_file():
            if required:
                raise ConfigError(
                    f"the configuration file {place} does not exist: create it, or drop the option that names it"
                )
            return {}, {}
        import tomllib

        tables = tomllib.loads(place.read_text(encoding="utf-8"))
        runners = tables.pop("runners", {})
        written = _flat(tables)
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise ConfigError(
            f"{place} cannot be read ({why}): make it readable, or name another file in KNEEDRIVE_CONFIG"
        ) from None
    except ValueError as error:  # of tomllib, of text that is no UTF-8, and of numbers of thousands of digits
        raise ConfigError(f"{place} cannot be read as TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{place} cannot be read as TOML: it is nested too deeply") from None
    known = [setting.key for setting in SETTINGS]
    for key in written:
        if key not in known:
            remedy = meant(key, known) or "see config.example.toml for the keys there are"
            raise ConfigError(f"{place} has an unknown key {key}: {remedy}")
    return written, _runners(runners, place)


def _runners(tables: Any, place: Path) -> Mapping[str, Mapping[str, Any]]:
    """The [runners.NAME] of a file. Raises ConfigError for what is no such table."""
    own = {key.removeprefix("runner.") for key in BODY}
    for runner, table in tables.items() if isinstance(tables, dict) else [("", None)]:
        if not runner or not isinstance(table, dict):
            raise ConfigError(
                f"{place}: runners are tables with a name, such as [runners.anna] and below it height_m = 1.70"
            )
        try:
            as_name(runner)
        except ConfigError as error:
            raise ConfigError(f"{place}: NAME in [runners.NAME] {error}") from None
        for key in table.keys() - own:
            known = ", ".join(sorted(own))
            raise ConfigError(f"{place} has an unknown key runners.{runner}.{key}: there are {known}")
    return dict(tables)


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def _unfit(needs: str, got: Any) -> ConfigError:
    return ConfigError(f"needs {needs}, not {got!r:.80}")
