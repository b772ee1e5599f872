"""The command line: argparse, one file per command family; the only place that prints or exits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from kneedrive.app import ANNOUNCE, FAILED, INTERRUPTED, NOTE, OK, USAGE, code_for, error_line, overall, spoken
from kneedrive.app.boundary import REPORT
from kneedrive.cli import accounts, history, library, output, run
from kneedrive.cli.options import codes, style
from kneedrive.cli.output import reporter
from kneedrive.errors import ConfigError, KneedriveError, meant

if TYPE_CHECKING:
    from kneedrive.app import Answer, Counter

# What adds which commands, in the order of the help. Handlers import their use case only when they run: numpy and what
# stands on it take many times as long to load as the command line.
COMMANDS: tuple[Callable[[argparse._SubParsersAction[Any]], None], ...] = (
    run.add_run_commands,
    library.add_run_list_commands,
    library.add_keeping_commands,
    history.add_report_commands,
    history.add_weeks_commands,
    library.add_cohort_commands,
    accounts.add_setup,
    accounts.add_sync,
    accounts.add_auth,
    history.add_advice_commands,
    run.add_settings_commands,
)

WELCOME = """\
kneedrive reads the recordings of your running watch and tells whether your
steps were shuffle-like, drive-like or piston-like at each pace, how sure that
is, and what to do next.

  kneedrive analyze RUN.fit   one run, from the file your watch wrote
  kneedrive import FOLDER     your history: kneedrive report then says what you
                              are over your last weeks, kneedrive weekly where
                              it goes
  kneedrive sync              after each run: fetch what is new, and read it
  kneedrive setup             where your runs are: five questions, then the first
                              report

No file at hand: kneedrive demo. Every command: kneedrive --help."""

EPILOG = """\
exit codes:
  0 done                 3 not enough data for the question   6 partly done
  1 failed               4 not logged in or not allowed     130 interrupted
  2 wrong use            5 rate limit or network: try later"""


class _Parser(argparse.ArgumentParser):
    """A parser, and by inheritance those of its commands, whose complaints are a sentence as any other's."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        # Accepted at every place, before the command too; SUPPRESS, so that a command does not undo it.
        self.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback where kneedrive fails"
        )

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message.removeprefix('argument ')}; {self.prog} --help tells more")


def parser(command: str = "") -> argparse.ArgumentParser:
    """The command line: the whole of it, or at least the command of this name where there is one."""
    top = _Parser(
        prog="kneedrive",
        description="Running form from a watch's own recordings:\npiston-like, drive-like or shuffle-like, by pace.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="store_true", help="print the version and exit")
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    for add in COMMANDS:
        add(commands)
        if command in commands.choices:
            break  # every other would cost a start some milliseconds
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


def understood(argv: Sequence[str], top: argparse.ArgumentParser) -> None:
    """Refuse a command, a part or an option that is not there, with the one that was probably meant.

    argparse would list all commands, and takes what follows an unknown option for a file. Raises ConfigError.
    """
    here = top
    for word in argv:
        if word == "--":
            return
        # argparse has no public way from a parser to its commands.
        parts = next((action for action in here._actions if isinstance(action, argparse._SubParsersAction)), None)
        if word.startswith("--"):
            _known_option(word.partition("=")[0], here, parts.choices.values() if parts else ())
        elif parts is not None and word and not word.startswith("-"):
            if word not in parts.choices:
                kind = f"there is no command {word!r}" if here is top else f"{here.prog} has no part {word!r}"
                raise ConfigError(_not_there(kind, word, list(parts.choices), f"{here.prog} --help"))
            here = parts.choices[word]


def _known_option(name: str, here: argparse.ArgumentParser, below: Iterable[argparse.ArgumentParser]) -> None:
    """Refuse an option that this parser does not have; below: the parsers of its commands."""
    options = [each for each in here._option_string_actions if len(each) > 2]
    if any(each.startswith(name) for each in options):  # argparse takes the beginning of a name too
        return
    if any(name in each._option_string_actions for each in below):
        raise ConfigError(f"{name} stands behind the command: {here.prog} COMMAND {name}")
    raise ConfigError(_not_there(f"{here.prog} has no option {name}", name, options, f"{here.prog} --help"))


def _not_there(what: str, word: str, known: Sequence[str], lists: str) -> str:
    return f"{what}: {meant(word, known) or f'{lists} lists what there is'}"


def _run(argv: list[str]) -> int:
    top = parser(next((word for word in argv if not word.startswith("-")), ""))
    try:
        understood(argv, top)
        arguments = top.parse_args(argv)
    except ConfigError as error:
        _complain(error, as_json="--json" in argv)  # nothing is parsed yet, so what was typed has to tell
        return USAGE
    if arguments.version:
        from importlib.metadata import version

        print(f"kneedrive {version('kneedrive')}")
        return OK
    if not hasattr(arguments, "command"):
        return _welcome()
    exits = []
    ANNOUNCE.set(announced)
    NOTE.set(cache(lambda text: output.remark(f"kneedrive: {text}")))  # each is said once
    REPORT.set(reporter(debug=hasattr(arguments, "debug")))
    try:
        for answer in arguments.command(arguments):
            if arguments.spoken:
                answer = spoken(answer, json=arguments.json)
            _say(answer, codes(arguments))
            exits.append(answer.code)
    except KneedriveError as error:
        _complain(error, as_json=getattr(arguments, "json", False))
        return code_for(error)
    return overall(exits)


def _welcome() -> int:
    """The main uses, and what is set up."""
    from kneedrive.app.setup import overview

    print(f"{WELCOME}\n")
    try:
        desk = accounts.desk(argparse.Namespace())
        _say(overview(desk, style(argparse.Namespace(width=None, ascii=False, no_color=True), desk.settings)), ())
    except KneedriveError as error:
        _complain(error, as_json=False)
        return USAGE
    return OK


def _say(answer: Answer, painted: Collection[str]) -> None:
    """Print an answer; painted: the escape codes that its text may hold."""
    if answer.trouble:
        output.remark(answer.trouble)
    output.answer(answer.text, painted)


@contextmanager
def announced(why: str, count: Counter | None) -> Iterator[Counter | None]:
    """Say on stderr that results are made anew, and count with a bar of its own where none is shown yet."""
    output.remark(f"Working everything out again, since {why}.")
    with nullcontext(count) if count else output.progress("Working out") as counter:
        yield counter


def _complain(error: KneedriveError, *, as_json: bool) -> None:
    output.remark(f"kneedrive: {error}")
    if as_json:
        output.answer(error_line(error))
