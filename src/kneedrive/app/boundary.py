"""The boundary around the work on one recording: a fault of kneedrive's own in one never stops the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from kneedrive.errors import Fault, KneedriveError, ReadError

# Who runs the commands sets here what becomes of a traceback, given the recording's name and the text.
Report = Callable[[str, str], object]
REPORT: ContextVar[Report] = ContextVar("report", default=lambda _name, _traceback: None)


@contextmanager
def boundary(name: str, *, quiet: bool = False) -> Iterator[None]:
    """Raise Fault, a ReadError about the recording `name`, for every exception in this block that nobody expected.

    Errors that a user should read pass as they are; want of memory becomes one of them. quiet: the same work is done
    again where the traceback is reported.
    """
    try:
        yield
    except KneedriveError:
        raise
    except MemoryError:
        raise ReadError("needs more memory than there is here", name=name) from None
    except Exception as error:  # the only broad one: whatever is wrong with one, the rest goes on
        if not quiet:
            from traceback import format_exception

            REPORT.get()(name, "".join(format_exception(error)))
        raise Fault(name=name) from error
