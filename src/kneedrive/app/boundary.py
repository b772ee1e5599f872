"""The boundary around one recording: the one broad except, and the log of the faults that it meets."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path

from kneedrive.config import data_folder
from kneedrive.errors import ConfigError, Fault, KneedriveError, StoreError, TooLarge

# The log file of faults: what to send with a report. Readable by its owner alone, and never large.

MOST_BYTES = 500_000  # then it becomes the older one of two
LONGEST_ENTRY = 20_000  # of a traceback, whose end says what went wrong


def log_file(environment: Mapping[str, str]) -> Path:
    """Where the log lies. Raises ConfigError where there is no home folder."""
    return data_folder(environment) / "kneedrive.log"


def older(log: Path) -> Path:
    """Where its older half lies."""
    return log.with_name(f"{log.name}.1")


def add_entry(log: Path, now: datetime, name: str, traceback: str) -> None:
    """Append a fault, with the versions that it came up in. Raises OSError."""
    from importlib.metadata import version

    versions = f"kneedrive {version('kneedrive')}, Python {sys.version.split()[0]}, {sys.platform}"
    entry = f"{now:%Y-%m-%d %H:%M:%S}Z  {versions}\n{name}\n{traceback[-LONGEST_ENTRY:]}\n"
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > MOST_BYTES:
        log.replace(older(log))
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "ab") as file:
        file.write(entry.encode("utf-8", "backslashreplace"))


def there(environment: Mapping[str, str]) -> Path | None:
    """The log, or its older half, where there is one. Raises StoreError where that cannot be told."""
    try:
        log = log_file(environment)
        return next((each for each in (log, older(log)) if each.exists()), None)
    except ConfigError:
        return None
    except OSError as error:
        raise StoreError(f"{log} cannot be looked for: {error.strerror or error}; make its folder readable") from None


def delete(environment: Mapping[str, str]) -> None:
    """Delete the log, if there is one, since it names recordings. Raises StoreError where it cannot be deleted."""
    try:
        log = log_file(environment)
    except ConfigError:
        return
    try:
        for each in (log, older(log)):
            each.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or error
        raise StoreError(f"{log} cannot be deleted: {why}; delete it by hand, it names recordings") from None


# The boundary around the work on one recording: a fault of kneedrive's own in one never stops the rest.

# Who runs the commands sets here what becomes of a traceback, given the recording's name and the text.
Report = Callable[[str, str], object]
REPORT: ContextVar[Report] = ContextVar("report", default=lambda _name, _traceback: None)


@contextmanager
def boundary(name: str, *, quiet: bool = False) -> Iterator[None]:
    """Raise Fault, a ReadError about the recording `name`, for every exception in this block that nobody expected.

    Errors that a user should read pass as they are; want of memory becomes TooLarge. quiet: the same work is done
    again where the traceback is reported.
    """
    try:
        yield
    except KneedriveError:
        raise
    except MemoryError:
        raise TooLarge("needs more memory than there is here", name=name) from None
    except Exception as error:  # the only broad one: whatever is wrong with one, the rest goes on
        if not quiet:
            from traceback import format_exception

            REPORT.get()(name, "".join(format_exception(error)))
        raise Fault(name=name) from error
