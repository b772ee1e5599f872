"""Use cases: each joins the rooms for one thing a runner wants, and returns what to print. No printing here.

This module holds what they share: answers and exit codes, what they take from the configuration, files written for
their owner alone, and the lines that programs read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from contextvars import ContextVar
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

from kneedrive import errors
from kneedrive.config import Secret, config_folder, garmin_folder, load
from kneedrive.errors import ConfigError, KneedriveError, StoreError
from kneedrive.record import Record
from kneedrive.recording import Activity, Runner

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.histories.result import Setting
    from kneedrive.report.blocks import Section, Style

OK, FAILED, USAGE, NOT_ENOUGH, NOT_AUTHORISED, TRY_LATER, PARTLY, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130
CODES = (
    (ConfigError, USAGE),
    (errors.NotEnoughData, NOT_ENOUGH),
    ((errors.NotAuthorised, errors.Forbidden), NOT_AUTHORISED),
    ((errors.RateLimited, errors.Unreachable), TRY_LATER),
    (KneedriveError, FAILED),
)
# Of several, what a runner must do something about comes before what time will heal.
URGENCY = [code for _, code in CODES]

Counter = Callable[[int, int], None]
# Opening a store can mean minutes of work that nobody asked for. Who runs the commands sets here how that is told:
# given why, and who counts already, it returns what is to count while the work goes on.
Announce = Callable[[str, Counter | None], AbstractContextManager[Counter | None]]
ANNOUNCE: ContextVar[Announce] = ContextVar("announce", default=lambda _, count: nullcontext(count))
# What is to be known beside the answer, such as an original that cannot be read any more. Set as ANNOUNCE is.
NOTE: ContextVar[Callable[[str], None]] = ContextVar("note", default=lambda _: None)


class Answer(Record, frozen=True, kw_only=True):
    """What a command has to say: `text` for stdout, `trouble` for stderr, and the exit code it asks for."""

    text: str = ""
    trouble: str = ""
    code: int = OK

    @classmethod
    def laid_out(cls, report: Iterable[Section], style: Style, code: int = OK) -> Self:
        """A report as the terminal shows it."""
        from kneedrive.report import terminal

        return cls(text=terminal.render(report, style).rstrip("\n"), code=code)

    @classmethod
    def objects(cls, records: Iterable[dict[str, Any]], code: int = OK) -> Self:
        """Records for programs: a JSON object a line."""
        return cls(text="\n".join(map(line, records)), code=code)


class Form(StrEnum):
    """How a list is given: to read, as an object a line, or as a table for a spreadsheet."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


class Request(Record, frozen=True, kw_only=True):
    """How the report of a run was asked for. dynamics: whose to judge where a file holds several; None: the best."""

    style: Style
    json: bool = False
    explain: bool = False
    full: bool = False
    dynamics: str | None = None


def code_for(problem: KneedriveError) -> int:
    """The exit code of an error."""
    return next(code for kind, code in CODES if isinstance(problem, kind))


def overall(codes: list[int]) -> int:
    """The exit code of several answers: their common one; 6 when some failed and some did not; else 0."""
    if len(set(codes)) <= 1:
        return codes[0] if codes else OK
    return PARTLY if set(codes) - {OK, NOT_ENOUGH} else OK


# What use cases take from the configuration.


def runner_in(settings: Config, year: int) -> Runner:
    """The configured runner, with the age of a year."""
    said = settings.runner
    age = year - int(said.birth_year) if said.birth_year else None
    return Runner(name=said.name, height_m=said.height_m, mass_kg=said.mass_kg, age=age)


def load_of_one(flags: Mapping[str, Any], file: Path | None = None) -> Config:
    """The configuration in force; where nobody is named, it is that of the one runner whom the store holds."""
    settings = load(os.environ, flags, file)
    held: list[str] = []
    with suppress(OSError, KneedriveError):  # the command itself will say what is wrong with the store
        if settings.origins["runner.name"] == "default" and settings.paths.store.is_file():
            from kneedrive.store import Store

            with Store.read(settings.paths.store) as store:
                held = store.runners()
    return load(os.environ, {**flags, "runner.name": held[0]}, file) if len(held) == 1 and held[0] else settings


def dynamics_of(settings: Config, activity: Activity, wanted: str | None = None) -> str | None:
    """Whose dynamics to judge: those wanted now, else those configured where this activity has them, else the best."""
    configured = settings["runner.dynamics"]
    return wanted or (configured if configured in ("native", *activity.alternatives) else None)


def zone_of(settings: Config) -> Callable[[datetime], int]:
    """Seconds that local time is ahead of UTC at a moment: the configured zone's, else this machine's."""

    def offset_s(moment: datetime) -> int:
        zone = None
        if settings.display.zone:
            from zoneinfo import ZoneInfo

            zone = ZoneInfo(settings.display.zone)
        offset = moment.astimezone(zone).utcoffset()
        return int(offset.total_seconds()) if offset else 0

    return offset_s


def setting_of(settings: Config, year: int) -> Setting:
    """What every question about a history needs besides the runs."""
    from kneedrive.histories.result import Setting

    return Setting(runner=runner_in(settings, year), zone=zone_of(settings))


# Files that a runner asks for: readable by them alone, and never over a file that kneedrive did not write.

_HEAD = 4096  # bytes of a file in which its mark is looked for


def allow(file: Path, is_ours: Callable[[str], bool], *, force: bool, remedy: str) -> None:
    """Raise StoreError where `file` exists and its first bytes, as text, are not ours, or cannot be looked at.

    force: whatever it holds may go. What is no ordinary file, a pipe or a terminal, loses nothing.
    """
    try:
        if force or not file.is_file():
            return
        with file.open("rb") as there:
            head = there.read(_HEAD).decode(errors="replace")
    except OSError as error:
        raise refused(file, error, remedy) from None
    if not is_ours(head):
        raise StoreError(f"{file} exists and is not known as a file of kneedrive's: {remedy}, or --force overwrites it")


def spare(file: Path, settings: Config) -> None:
    """Raise StoreError where `file` is the store, a login or the configuration in use, which nothing may overwrite."""
    store = settings.paths.store
    # SQLite keeps what is not yet in the file in others beside it: without them the last runs would be lost.
    own = {store.with_name(store.name + end): "the store" for end in ("", "-wal", "-shm", "-journal")}
    own[settings.file] = "the configuration"
    with suppress(ConfigError):  # without a home folder there is no login
        logins, garmin = config_folder(os.environ), garmin_folder(os.environ)
        own |= dict.fromkeys(logins.glob("strava-token*"), "the login to Strava")
        keys = (*logins.glob("*-key*"), *logins.glob("garmin-token*"), *garmin.glob("connect-personal-api-*"))
        own |= dict.fromkeys(keys, "an API key")
    for each, what in own.items():
        # Two paths may lead to one file by links too; and also where it is not there yet.
        same = os.path.realpath(file) == os.path.realpath(each)
        with suppress(OSError):
            same = same or file.samefile(each)
        if same:
            raise StoreError(f"{file}: this is {what} itself, and --force does not overwrite it; name another file")


@contextmanager
def anew(file: Path, remedy: str) -> Iterator[TextIO]:
    """A file to be written anew, readable by its owner alone, with the lines as they are given. Raises StoreError."""
    try:
        with open(file, "w", newline="", encoding="utf-8", opener=partial(os.open, mode=0o600)) as opened:
            if file.is_file():  # one that was there keeps the mode it had
                with suppress(OSError):  # a disk that knows no modes
                    file.chmod(0o600)
            yield opened
    except OSError as error:
        raise refused(file, error, remedy) from None


def refused(file: Path, error: OSError, remedy: str) -> StoreError:
    """The error that says in a sentence what the operating system refuses."""
    return StoreError(f"{file} cannot be written: {error.strerror or error}; {remedy}")


# What programs read: JSON lines, and the configuration as text.


def line(content: dict[str, Any]) -> str:
    """One JSON object on one line. NaN is a bug, not a value."""
    import json  # a report in words starts without it

    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def spoken(answer: Answer, *, json: bool) -> Answer:
    """What was done in a sentence: as it is, or as one object for programs, who read stdout alone."""
    message = answer.text or answer.trouble.removeprefix("kneedrive: ")
    return answer.replace(text=line({"schema_version": 1, "message": message})) if json else answer


def error_line(error: KneedriveError) -> str:
    """The error as one line of JSON."""
    from kneedrive.report.machine import error_record

    return line(error_record(error))


def show_config(settings: Config, columns: int) -> str:
    """Every key with its value and origin; secrets hidden. An origin that does not fit stands below its value."""
    rows = [(key, _shown(settings[key]), origin) for key, origin in settings.origins.items()]
    of_keys, of_values, of_origins = (max(map(len, column)) for column in zip(*rows, strict=True))
    if of_keys + of_values + of_origins + 4 <= columns:
        return "\n".join(f"{key:<{of_keys}}  {value:<{of_values}}  {origin}" for key, value, origin in rows)
    lines = []
    for key, value, origin in rows:
        told = f"{key:<{of_keys}}  {value}"
        # A path may still be longer than the line: broken, it could not be copied.
        fits = len(told) + len(origin) + 4 <= columns
        lines.append(f"{told}  ({origin})" if fits else f"{told}\n{' ' * of_keys}  ({origin})")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, Secret):
        return "(hidden)" if value else "(not set)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "(none)"
    return "(not set)" if value in (None, "") else str(value)
