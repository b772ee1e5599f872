"""What commands print: answers on stdout, all else on stderr. Either may be closed, full, or read by nobody."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TextIO

from kneedrive.cli.harmless import harmless
from kneedrive.errors import KneedriveError


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
    """Print something beside the answers. Where it cannot be written nobody would read it, and the command goes on."""
    try:
        print(harmless(text), end=end, file=sys.stderr, flush=True)
    except OSError:
        drop(sys.stderr)


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
