"""Options that several commands share, dates as people type them, and how both become a configuration and a style."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from argparse import ArgumentTypeError
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kneedrive import config
from kneedrive.app import Form, load_of_one
from kneedrive.errors import ConfigError
from kneedrive.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kneedrive.app import Answer
    from kneedrive.report.blocks import Style

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # what the commands of a family are added to

Asked = TypeVar("Asked", bound=Record)

# Dates as people type them.

_AGO = re.compile(r"([0-9]{1,4})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
# From the first day that a FIT file can tell of. What lies outside has been typed by mistake, and could not be
# reckoned with near the first and the last year that dates have.
FIRST, LAST = date(1989, 12, 31), date(2099, 12, 31)


def now() -> datetime:
    """This moment; the only clock that commands read."""
    return datetime.now(UTC)


def day(text: str) -> date:
    """A date like 2026-11-20, or today or yesterday."""
    today = now().astimezone().date()
    if text in ("today", "yesterday"):
        return today - timedelta(days=text == "yesterday")
    return _written(text, f"{text!r} is no date: write 2026-11-20, today or yesterday")


def since(text: str) -> datetime:
    """A date, at its midnight here, or a span back from now: 30d, 12w, 6m, 2y."""
    moment = day_or_moment(text)
    return moment if isinstance(moment, datetime) else datetime.combine(moment, datetime.min.time()).astimezone()


def day_or_moment(text: str) -> date | datetime:
    """A date, which begins where the runner was, or the moment that a span back from now ends at."""
    span = _AGO.fullmatch(text)
    if not span:
        return _written(text, f"{text!r} is neither a date like 2026-11-20 nor a span like 30d, 12w, 6m or 2y")
    days = int(span[1]) * _DAYS[span[2]]
    if days > (now().date() - FIRST).days:
        raise ArgumentTypeError(f"{text!r} reaches back beyond {FIRST}, before which no watch recorded a run")
    return now() - timedelta(days=days)


def _written(text: str, otherwise: str) -> date:
    """The date that is written there. Raises ArgumentTypeError: for none what is said otherwise."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(otherwise) from None
    if not FIRST <= found <= LAST:
        raise ArgumentTypeError(f"{text!r} is no day of a run: write one from {FIRST} to {LAST}")
    return found


# Options that several commands share, and how they become a configuration and a style.

NARROWEST, WIDEST, PIPE_WIDTH = 60, 200, 80


def finish(
    parser: argparse.ArgumentParser,
    command: Callable[[argparse.Namespace], Iterator[Answer]],
    *,
    name: bool = True,
    new: bool = False,
    display: bool = True,
    spoken: bool = False,
) -> None:
    """Add what nearly every command takes, and say which function runs it.

    name: --runner, and with `new` also --new-runner, for what may begin a runner. display: how to print.
    spoken: its answers are sentences on what was done, of which --json makes objects. The handler finds the name of
    the command in `called`.
    """
    if name:
        parser.add_argument("--runner", metavar="NAME", help="whose runs, where one store holds several runners'")
    if new:
        begins = "begin a runner of that name, or one without a name"
        parser.add_argument("--new-runner", action="store_true", help=begins)
    if display:
        add = parser.add_argument_group("display").add_argument
        add("--json", action="store_true", help="one JSON object per line on stdout, for programs")
        add("--no-color", action="store_true", help="no colours (also: NO_COLOR in the environment)")
        add("--ascii", action="store_true", help="plain ASCII characters only")
        columns = between(NARROWEST, WIDEST)
        add("--width", type=columns, metavar="N", help="columns to use (default: those of the terminal)")
        add("--units", choices=("km", "miles"), help="km or miles (default: from the configuration, km)")
    parser.add_argument("--config", type=place, metavar="FILE", help="another configuration file")
    parser.set_defaults(command=command, spoken=spoken, called=parser.prog.rpartition(" ")[2])


def add_length(parser: argparse.ArgumentParser) -> None:
    """--full and --explain: more than the first screen."""
    more = parser.add_mutually_exclusive_group()
    told = "every section: odds, numbers by pace, fade, what is left out"
    more.add_argument("--full", action="store_true", help=told)
    more.add_argument("--explain", action="store_true", help="the formulas alone: every rule, number and source")


def add_runner(parser: argparse.ArgumentParser) -> None:
    """--height and --mass."""
    group = parser.add_argument_group("the runner")
    group.add_argument("--height", metavar="M", help="height in metres, such as 1.78: sharpens what is usual for you")
    group.add_argument("--mass", metavar="KG", help="body mass in kilograms: needed for leg stiffness only")


# What is said of --force and of --dynamics, wherever a command has them.
FORCE: dict[str, Any] = {"action": "store_true", "help": "also over a file that is not known as kneedrive's own"}
DYNAMICS: dict[str, Any] = {
    "choices": config.DYNAMICS,
    "help": "whose running dynamics to judge where a file holds several (default: the best that measures)",
}


def load_config(arguments: argparse.Namespace, *, stored: bool = False, brings: bool = False) -> config.Config:
    """The configuration in force for these arguments.

    Of a command about one runner who was not named, that is the only one whom the store holds.
    brings: it brings runs, keys or logins, which may be of somebody else.
    stored: as the store has it, without --height and --mass; they are for one answer, and derive nothing again.
    """
    flags: dict[str, Any] = {
        "runner.height_m": None if stored else getattr(arguments, "height", None),
        "runner.mass_kg": None if stored else getattr(arguments, "mass", None),
        "runner.name": getattr(arguments, "runner", None),
        "display.units": getattr(arguments, "units", None),
    }
    try:
        new, file = getattr(arguments, "new_runner", False), getattr(arguments, "config", None)
        if brings or new or not hasattr(arguments, "runner"):
            return config.load(os.environ, flags, file, new_runner=new)
        return load_of_one(flags, file)
    except ConfigError as error:
        # What was typed is the option, not the setting that it stands for.
        for key, option, example in (("height_m", "--height", "1.78"), ("mass_kg", "--mass", "70")):
            setting, flag, complaint = str(error).partition(f"runner.{key} (flag)")
            if flag and not setting:
                raise ConfigError(f"{option}{complaint}: for example {option} {example}") from None
        raise


def form(arguments: argparse.Namespace) -> Form:
    """How a list is to be given."""
    return Form.JSON if arguments.json else Form.CSV if arguments.csv else Form.TEXT


def of_runner(arguments: argparse.Namespace, name: str) -> argparse.Namespace:
    """The same command with --runner NAME."""
    return argparse.Namespace(**{**vars(arguments), "runner": name})


def request(kind: type[Asked], arguments: argparse.Namespace, settings: config.Config, **more: Any) -> Asked:
    """What was asked for, as a record of this kind: its fields are the options of the same names, style, and `more`."""
    given = vars(arguments)
    asked = {name: given[name] for name in kind.__struct_fields__ if name in given}
    return kind(style=style(arguments, settings), **asked, **more)


def style(arguments: argparse.Namespace, settings: config.Config) -> Style:
    """How to print: the width and abilities of this terminal, as the flags and the environment allow."""
    from kneedrive.report.blocks import Style

    width = arguments.width or terminal_columns()
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "")
    return Style(
        width=min(max(width, NARROWEST), WIDEST),
        ascii=arguments.ascii or not encoding.startswith("utf"),
        colour=coloured(arguments),
        miles=settings.display.units == "miles",
    )


def coloured(arguments: argparse.Namespace) -> bool:
    """Whether to print in colours: on a terminal that has them, unless told otherwise."""
    plain = getattr(arguments, "no_color", False) or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def codes(arguments: argparse.Namespace) -> frozenset[str]:
    """The escape codes that this command may print."""
    if not coloured(arguments):
        return frozenset()
    from kneedrive.report import terminal

    return terminal.codes()


def terminal_columns() -> int:
    """COLUMNS where it is set, else the columns of the terminal on stdout, else those of a pipe."""
    return shutil.get_terminal_size((PIPE_WIDTH, 0)).columns


def whole(text: str) -> int | None:
    """The whole number that a text is; None for any other text, also for one of more digits than anything has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def between(low: int, high: int, unit: str = "") -> Callable[[str], int]:
    """What takes a whole number between two bounds from the command line."""

    def parse(text: str) -> int:
        number = whole(text)
        if number is None or not low <= number <= high:
            span = f"a whole number{unit and f' of {unit}'} from {low} to {high}"
            raise ArgumentTypeError(f"must be {span}, not {text!r}")
        return number

    return parse


def words(text: str) -> str:
    """Text from the command line; bytes that are none could not be kept."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ArgumentTypeError("holds bytes that are no text: write it in UTF-8") from None
    return text


def recording(text: str) -> str:
    """The path of a recording, or - for standard input."""
    if not text:
        raise ArgumentTypeError("is empty: name a file, or - for standard input")
    return text


def kept_place(text: str) -> Path:
    """A path to take recordings from into the store, which knows each by its name."""
    if text == "-":
        raise ArgumentTypeError(
            "- is standard input, which import does not read: name a file or a folder (./- where it is called so); "
            "kneedrive analyze - reads it"
        )
    return place(text)


def place(text: str) -> Path:
    """A path from the command line. An empty one is most likely a variable that is not set, not the present folder."""
    if not text:
        raise ArgumentTypeError("is empty: name a file or a folder")
    return Path(text)
