"""Files that a runner asks for: readable by them alone, and never over a file that kneedrive did not write."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from kneedrive.errors import StoreError

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
        message = f"{file} exists and is not known as a file of kneedrive's: {remedy}, or --force overwrites it"
        raise StoreError(message)


def private(file: Path) -> TextIO:
    """The file, opened to be written anew, with the lines as they are given. Raises OSError."""
    opened = open(  # noqa: SIM115 - Path.open takes no opener, and the caller closes it
        file, "w", newline="", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)
    )
    if file.is_file():
        with suppress(OSError):  # a disk that knows no modes
            file.chmod(0o600)
    return opened


def refused(file: Path, error: OSError, remedy: str) -> StoreError:
    """The error that says in a sentence what the operating system refuses."""
    return StoreError(f"{file} cannot be written: {error.strerror or error}; {remedy}")
