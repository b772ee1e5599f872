"""The command line: argparse, one file per command family; the only place that prints or exits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from kneedrive.app import ANNOUNCE, FAILED, INTERRUPTED, NOT_AUTHORISED, NOT_ENOUGH, NOTE, OK, TRY_LATER, USAGE, overall
from kneedrive.app.boundary import REPORT
from kneedrive.cli import output
from kneedrive.cli.options import codes, terminal_columns
from kneedrive.cli.output import harmless, reporter
from kneedrive.errors import (
    ConfigError,
    Forbidden,
    KneedriveError,
    NotAuthorised,
    NotEnoughData,
    RateLimited,
    Unreachable,
)

if TYPE_CHECKING:
    from kneedrive.app import Answer, Counter

# Which module has which command. One command builds its own family only: the options of all would cost each start
# as much as the analysis of a run. A command that stands in no row is still found, in the whole command line.
FAMILIES = {
    ("run", "add_run_commands"): ("analyze", "demo", "doctor"),
    ("library", "add_library_commands"): (
        "import",
        "runs",
        "tag",
        "tags",
        "split",
        "forget",
        "purge",
        "rebuild",
        "backup",
        "export",
    ),
    ("history", "add_history_commands"): ("show", "report", "weekly", "compare"),
    ("accounts", "add_account_commands"): ("sync", "auth"),
    ("history", "add_advice_commands"): ("advise", "drills"),
    ("run", "add_settings_commands"): ("config", "completion"),
}

WELCOME = """\
kneedrive reads the recordings of your running watch and tells whether your steps were
piston-like, drive-like or shuffle-like at each pace, and how sure that is.

  kneedrive demo               a simulated run, without any file of yours
  kneedrive analyze RUN.fit    one run, from the file your watch wrote
  kneedrive doctor RUN.fit     what a file holds and what can be said from it

kneedrive --help lists everything."""

EXIT_CODES = (
    (ConfigError, USAGE),
    (NotEnoughData, NOT_ENOUGH),
    (NotAuthorised, NOT_AUTHORISED),
    (Forbidden, NOT_AUTHORISED),
    (RateLimited, TRY_LATER),
    (Unreachable, TRY_LATER),
    (KneedriveError, FAILED),
)

EPILOG = """\
exit codes:
  0 done                 3 not enough data for the question   6 partly done
  1 failed               4 not logged in or not allowed     130 interrupted
  2 wrong use            5 rate limit or network: try later"""


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal; argparse's own way to that width loads shutil, at every start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=terminal_columns() - 2)


class _TopHelp(_Help, argparse.RawDescriptionHelpFormatter):
    """The same, with lines as they are written."""


class _Parser(argparse.ArgumentParser):
    """A parser, and by inheritance those of its commands, with that help and harmless complaints."""

    def __init__(self, *, formatter_class: type[_Help] = _Help, **given: Any) -> None:
        super().__init__(formatter_class=formatter_class, **given)
        # Accepted at every place, before the command too; SUPPRESS, so that a command does not undo it.
        self.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback where kneedrive fails"
        )

    def error(self, message: str) -> NoReturn:
        super().error(harmless(message))


def parser(command: str = "") -> argparse.ArgumentParser:
    """The command line: with the family of a command, or whole for a word that is none."""
    top = _Parser(
        prog="kneedrive",
        description="Running form from a watch's own recordings:\npiston-like, drive-like or shuffle-like, by pace.",
        epilog=EPILOG,
        formatter_class=_TopHelp,
    )
    top.add_argument("--version", action="store_true", help="print the version and exit")
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    for module, add in [name for name, words in FAMILIES.items() if command in words] or FAMILIES:
        getattr(import_module(f"kneedrive.cli.{module}"), add)(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    try:
        try:
            return _run(sys.argv[1:] if argv is None else list(argv))
        finally:
            output.flush()  # here a pipe that closed is still ours to answer for, argparse's help included
    except KneedriveError as error:  # of that flush
        _complain(error, as_json=False)
        return FAILED
    except KeyboardInterrupt as stop:
        output.remark(": ".join(["interrupted", *map(str, stop.args)]))
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the pipe has seen enough
        output.drop(sys.stdout)
        return OK


def _known(command: str) -> None:
    """Refuse a word that is no command, with the one that was probably meant; argparse would list them all."""
    words = [word for family in FAMILIES.values() for word in family]
    if not command or command.startswith("-") or command in words:
        return
    from difflib import get_close_matches

    near = get_close_matches(command, words, n=1)
    remedy = f"did you mean {near[0]}?" if near else "kneedrive --help lists the commands"
    message = f"there is no command {command!r}: {remedy}"
    raise ConfigError(message)


def _run(argv: list[str]) -> int:
    command = next((word for word in argv if word != "--debug"), "")
    try:
        _known(command)
    except ConfigError as error:
        _complain(error, as_json="--json" in argv)
        return USAGE
    arguments = parser(command).parse_args(argv)
    if arguments.version:
        print(f"kneedrive {version()}")
        return 0
    if not hasattr(arguments, "command"):
        print(WELCOME)
        return 0
    exits = []
    ANNOUNCE.set(announced)
    NOTE.set(lambda text: output.remark(f"kneedrive: {text}"))
    REPORT.set(reporter(debug=hasattr(arguments, "debug")))
    try:
        for answer in arguments.command(arguments):
            _say(answer, codes(arguments))
            exits.append(answer.code)
    except KneedriveError as error:
        _complain(error, as_json=getattr(arguments, "json", False))
        return next(code for kind, code in EXIT_CODES if isinstance(error, kind))
    return overall(exits)


def _say(answer: Answer, painted: Collection[str]) -> None:
    """Print an answer; painted: the escape codes that its text may hold."""
    if answer.trouble:
        output.remark(answer.trouble)
    output.answer(answer.text, painted)


@contextmanager
def announced(why: str, count: Counter | None) -> Iterator[Counter | None]:
    """Say on stderr that results are made anew, and count with a bar of its own where none is shown yet."""
    from kneedrive.cli.library import progress

    output.remark(f"Working everything out again, since {why}.")
    with nullcontext(count) if count else progress("Working out") as counter:
        yield counter


def _complain(error: KneedriveError, *, as_json: bool) -> None:
    output.remark(f"kneedrive: {error}")
    if as_json:
        from kneedrive.app import error_line

        output.answer(error_line(error))


def version() -> str:
    """The installed version."""
    from importlib.metadata import version

    return version("kneedrive")
