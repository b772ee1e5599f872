"""How much an archive may hold and unfold to. Real exports stay far below; bombs do not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from kneedrive.errors import ReadError
from kneedrive.value import Value

_MIB = 1024 * 1024
Guard = Callable[[str], AbstractContextManager[object]]


class Limits(Value):
    """Bounds of one file given by the user, with all archives inside it.

    members: entries in all archives together. depth: archives inside one another, gzip counted. member_bytes: one
    entry, unfolded, which is also what is held in memory. ratio: unfolded bytes per byte of the outermost file, once
    free_bytes are used up (text of a run packs at most 30 to 1). total_bytes: everything unfolded. directory_bytes:
    the list of members of one zip.

    guard: entered with a file's name for the work on it; what it raises as a ReadError is said of that file alone.
    the list of members of one zip. list_bytes: the lists of activities of all exports inside.
    """

    members: int = 200_000
    depth: int = 5
    member_bytes: int = 256 * _MIB
    ratio: int = 100
    free_bytes: int = 64 * _MIB
    total_bytes: int = 64 * 1024 * _MIB
    directory_bytes: int = 16 * _MIB
    guard: Guard = nullcontext
    list_bytes: int = 16 * _MIB


class Budget:
    """What is left of the limits while one file unfolds. `spent` once any of them is reached: nothing more comes."""

    def __init__(self, limits: Limits, outer_bytes: int) -> None:
        self.limits = limits
        self.spent = False
        self._members = limits.members
        self._list_bytes = limits.list_bytes
        self._bytes = min(limits.total_bytes, max(limits.free_bytes, limits.ratio * outer_bytes))

    def enter(self, depth: int, members: int, name: str) -> None:
        """Take an archive at this depth with so many members; raises ReadError where that is too much."""
        if depth > self.limits.depth:
            raise ReadError(f"holds archives more than {self.limits.depth} deep; unpack it once", name=name)
        self._members -= members
        if self._members < 0:
            self._refuse(f"holds more than {self.limits.members:,} files", name)

    def spend(self, count: int, name: str) -> None:
        """Take unfolded bytes; raises ReadError where they are more than an archive of this size should hold."""
        self._bytes -= count
        if self._bytes < 0:
            self._refuse("unfolds to far more than an archive of its size should; kneedrive stops here", name)

    def allows_list(self, count: int) -> bool:
        """Whether a list of activities of so many bytes may still be read; it is then taken."""
        self._list_bytes -= count
        return self._list_bytes >= 0

    def _refuse(self, problem: str, name: str) -> None:
        self.spent = True
        raise ReadError(problem, name=name)
