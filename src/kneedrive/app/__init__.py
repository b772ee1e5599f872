"""Use cases: each joins the rooms for one thing a runner wants, and returns what to print. No printing here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar

from kneedrive.value import Value

OK, FAILED, USAGE, NOT_ENOUGH, NOT_AUTHORISED, TRY_LATER, PARTLY, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130

Counter = Callable[[int, int], None]
# Opening a store can mean minutes of work that nobody asked for. Who runs the commands sets here how that is told:
# given why, and who counts already, it returns what is to count while the work goes on.
Announce = Callable[[str, Counter | None], AbstractContextManager[Counter | None]]
ANNOUNCE: ContextVar[Announce] = ContextVar("announce", default=lambda _, count: nullcontext(count))
# What is to be known beside the answer, such as an original that cannot be read any more. Set as ANNOUNCE is.
NOTE: ContextVar[Callable[[str], None]] = ContextVar("note", default=lambda _: None)


class Answer(Value):
    """What a command has to say: `text` for stdout, `trouble` for stderr, and the exit code it asks for."""

    text: str = ""
    trouble: str = ""
    code: int = OK


def overall(codes: list[int]) -> int:
    """The exit code of several answers: their common one; 6 when some failed and some did not; else 0."""
    if len(set(codes)) <= 1:
        return codes[0] if codes else OK
    return PARTLY if FAILED in codes else OK
