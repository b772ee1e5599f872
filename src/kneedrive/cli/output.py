"""What reaches the terminal, codes that could rewrite the screen taken out: answers on stdout; on stderr remarks, the
questions that commands ask, and bars.
"""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TextIO

from kneedrive.app import boundary
from kneedrive.cli.options import now, terminal_columns
from kneedrive.errors import ConfigError, KneedriveError, one_line

NARROWEST_QUESTION = 20

# The last guard before the terminal: names of files, devices and tags may hold codes that rewrite the screen.

# Line feeds and tabs stay. Everything else that is no letter to look at goes: escape sequences, colours among them,
# bells, other line ends, and the marks that turn the direction of writing and so can hide what stands before them.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]")


def harmless(text: str, codes: Collection[str] = ()) -> str:
    """The text with a blank for every character that would do something instead of being read.

    codes: the escape codes that stay, since kneedrive paints with them itself.
    """
    pieces = re.split(f"({'|'.join(map(re.escape, codes))})", text) if codes else [text]
    return "".join(piece if piece in codes else _UNSAFE.sub(" ", piece) for piece in pieces)


# What commands print: answers on stdout, all else on stderr. Either may be closed, full, or read by nobody.


def answer(text: str, painted: Collection[str] = ()) -> None:
    """Print an answer. painted: the escape codes that it may hold.

    Raises BrokenPipeError where its reader is gone, KneedriveError where it cannot be written.
    """
    try:
        print(harmless(text, painted), end="\n" if text else "", flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        drop(sys.stdout)
        why = (error.strerror or "unknown reason").lower()
        raise KneedriveError(f"the output cannot be written: {why}") from None


def flush() -> None:
    """Write what is still in the buffer; raises as `answer` does."""
    answer("")


def remark(text: str, end: str = "\n") -> None:
    """Print something beside the answers. Where it cannot be written nobody would read it, and the command goes on.

    On a terminal no word is broken at its edge, and no line is wider than a report's.
    """
    if sys.stderr.isatty():
        from kneedrive.report.blocks import WIDEST_PROSE

        text = fitted(text, min(terminal_columns(), WIDEST_PROSE))
    try:
        print(harmless(text), end=end, file=sys.stderr, flush=True)
    except OSError:
        drop(sys.stderr)


def fitted(text: str, columns: int) -> str:
    """The text with its long lines broken between words, below their own margin or the first word of a step ("1. ")."""
    from textwrap import wrap

    lines = []
    for line in text.split("\n"):
        margin = " " * len(re.findall(r"^ *(?:\d\. )?", line)[0])
        pieces = wrap(line, columns, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False)
        end = line[len(line.rstrip()) :]  # of a question, for the answer
        lines += [*pieces[:-1], pieces[-1] + end] if len(line) > columns and pieces else [line]
    return "\n".join(lines)


def drop(stream: TextIO) -> None:
    """Send what is still in a buffer nowhere, so that the end of the program does not fail on it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


# What commands ask, and how they show that they go on.


def confirmed(*, yes: bool) -> Callable[[str], bool]:
    """Ask on the terminal before something is deleted; without a terminal only --yes agrees."""

    def agreed(question: str) -> bool:
        if not yes and not sys.stdin.isatty():
            remark("Not asked, since this is no terminal; --yes agrees.")
        return yes or (sys.stdin.isatty() and ask(_asked(question)).lower() in ("y", "yes"))

    return agreed


def ask(question: str) -> str:
    """The line that is typed as an answer; "" for what is no text, and at the end."""
    remark(question, end="")
    try:  # not input(), which raises at the end of what is typed
        return sys.stdin.readline().strip()
    except UnicodeDecodeError:
        return ""


def ask_hidden(question: str) -> str:
    """The same, not shown while it is typed."""
    try:
        return getpass.getpass(question, stream=sys.stderr).strip()
    except (EOFError, UnicodeDecodeError):
        return ""


def _asked(question: str) -> str:
    """The question in lines that fit, so that no terminal breaks what may be answered."""
    from kneedrive.report import terminal
    from kneedrive.report.blocks import Prose, Style, words

    style = Style(width=max(terminal_columns() - 2, NARROWEST_QUESTION))
    return terminal.render([[Prose(words(f"{question} [y/N]"))]], style).rstrip("\n") + " "


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar with rate and time left on stderr; None where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress as rich
    from rich.console import Console
    from rich.text import Text

    class Rate(rich.ProgressColumn):
        """Files a second so far."""

        def render(self, task: rich.Task) -> Text:
            return Text(f"{task.speed:.0f}/s" if task.speed else "")

    counts = (rich.BarColumn(), rich.MofNCompleteColumn(), Rate(), rich.TimeRemainingColumn())
    with rich.Progress(rich.TextColumn(title), *counts, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


# What becomes of the traceback of a fault: into the log file, and with --debug onto the terminal.


def reporter(*, debug: bool) -> boundary.Report:
    """What a command does with tracebacks. Where they are, it says once."""
    told = False

    def report(name: str, traceback: str) -> None:
        nonlocal told
        name = harmless(one_line(name))
        if debug:
            remark(f"{name}:\n{traceback}", end="")
        try:
            log = boundary.log_file(os.environ)
            boundary.add_entry(log, now(), name, traceback)
            place = f"the traceback of a fault is in {log}: please send it with your report"
        except (ConfigError, OSError) as error:
            place = f"the traceback of a fault could not be logged ({error}); --debug shows it"
        if not told:
            remark(f"kneedrive: {place}")
        told = True

    return report
