"""What reaches the terminal: answers on stdout, all else on stderr, codes that could rewrite the screen taken out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TextIO

from kneedrive.app.boundary import Report
from kneedrive.cli.options import now, terminal_columns
from kneedrive.errors import ConfigError, KneedriveError, one_line

# The last guard before the terminal: names of files, devices and tags may hold codes that rewrite the screen.

# Line feeds and tabs stay. Everything else that is no letter to look at goes: escape sequences, colours among them,
# bells, other line ends, and the marks that turn the direction of writing and so can hide what stands before them.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]")


def harmless(text: str, codes: Collection[str] = ()) -> str:
    """The text with a blank for every character that would do something instead of being read.

    codes: the escape codes that stay, since kneedrive paints with them itself.
    """
    if not codes:
        return _UNSAFE.sub(" ", text)
    pieces = re.split(f"({'|'.join(map(re.escape, codes))})", text)
    return "".join(piece if piece in codes else _UNSAFE.sub(" ", piece) for piece in pieces)


# What commands print: answers on stdout, all else on stderr. Either may be closed, full, or read by nobody.


def answer(text: str, painted: Collection[str] = ()) -> None:
    """Print an answer. painted: the escape codes that it may hold.

    Raises BrokenPipeError where its reader is gone, KneedriveError where it cannot be written.
    """
    with _writing():
        print(harmless(text, painted), end="\n" if text else "", flush=True)


def flush() -> None:
    """Write what is still in the buffer; raises as `answer` does."""
    with _writing():
        sys.stdout.flush()


def remark(text: str, end: str = "\n") -> None:
    """Print something beside the answers. Where it cannot be written nobody would read it, and the command goes on.

    On a terminal no word is broken at its edge.
    """
    if sys.stderr.isatty():
        text = fitted(text, terminal_columns())
    try:
        print(harmless(text), end=end, file=sys.stderr, flush=True)
    except OSError:
        drop(sys.stderr)


def fitted(text: str, columns: int) -> str:
    """The text with its long lines broken between words, below their own margin."""
    from textwrap import wrap

    lines = []
    for line in text.split("\n"):
        blank, end = line[: len(line) - len(line.lstrip())], line[len(line.rstrip()) :]  # of a question, for the answer
        pieces = wrap(line, columns, subsequent_indent=blank, break_long_words=False, break_on_hyphens=False)
        lines += [*pieces[:-1], pieces[-1] + end] if len(line) > columns and pieces else [line]
    return "\n".join(lines)


def drop(stream: TextIO) -> None:
    """Send what is still in a buffer nowhere, so that the end of the program does not fail on it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        drop(sys.stdout)
        message = f"the output cannot be written: {(error.strerror or 'unknown reason').lower()}"
        raise KneedriveError(message) from None


# What becomes of the traceback of a fault: into the log file, and with --debug onto the terminal.


def reporter(*, debug: bool) -> Report:
    """What a command does with tracebacks. Where they are, it says once."""
    told = False

    def report(name: str, traceback: str) -> None:
        nonlocal told
        name = harmless(one_line(name))
        if debug:
            remark(f"{name}:\n{traceback}", end="")
        place = logged(name, traceback)
        if not told:
            remark(f"kneedrive: {place}")
        told = True

    return report


def logged(name: str, traceback: str) -> str:
    """Log it; a sentence that says where, or why it could not be."""
    from kneedrive.app import boundary

    try:
        log = boundary.log_file(os.environ)
        boundary.add_entry(log, now(), name, traceback)
    except (ConfigError, OSError) as error:
        return f"the traceback of a fault could not be logged ({error}); --debug shows it"
    return f"the traceback of a fault is in {log}: please send it with your report"
