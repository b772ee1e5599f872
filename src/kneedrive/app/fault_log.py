"""The log file of faults: what to send with a report. Readable by its owner alone, and never large."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from kneedrive.config import data_folder
from kneedrive.errors import ConfigError, StoreError

MOST_BYTES = 500_000  # then it becomes the older one of two
LONGEST_ENTRY = 20_000


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
        message = f"{log} cannot be deleted: {error.strerror or error}; delete it by hand, it names recordings"
        raise StoreError(message) from None
