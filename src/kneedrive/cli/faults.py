"""What becomes of the traceback of a fault: into the log file, and with --debug onto the terminal."""

from __future__ import annotations

import os

from kneedrive.app.boundary import Report
from kneedrive.cli.moments import now
from kneedrive.cli.output import remark
from kneedrive.errors import ConfigError


def reporter(*, debug: bool) -> Report:
    """What a command does with tracebacks. Where they are, it says once."""
    told = False

    def report(name: str, traceback: str) -> None:
        nonlocal told
        if debug:
            remark(f"{name}:\n{traceback}", end="")
        place = logged(name, traceback)
        if not told:
            remark(f"kneedrive: {place}")
        told = True

    return report


def logged(name: str, traceback: str) -> str:
    """Log it; a sentence that says where, or why it could not be."""
    from kneedrive.app import fault_log

    try:
        log = fault_log.log_file(os.environ)
        fault_log.add_entry(log, now(), name, traceback)
    except (ConfigError, OSError) as error:
        return f"the traceback of a fault could not be logged ({error}); --debug shows it"
    return f"the traceback of a fault is in {log}: please send it with your report"
