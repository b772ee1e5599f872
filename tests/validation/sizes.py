"""How much is simulated: the whole page, and a small one that tests regenerate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Size(NamedTuple):
    """Counts of everything that is drawn, always more than the tests draw. real_every: one real file in so many.

    nulls, histories: without and with a planted change, of each kind.
    knobs: groups of Method to move.
    """

    name: str
    planted: int
    people: int
    condition: int
    nulls: int
    histories: int
    sensor_runs: int
    splits: int
    moved_runs: int
    moved_histories: int
    real_every: int
    knobs: tuple[str, ...]


GROUPS = (
    "posterior",
    "sensors",
    "population",
    "epochs",
    "resampling",
    "gait",
    "steady",
    "grade",
    "plausible",
    "profile",
    "fade",
)
FULL = Size("full", 600, 4096, 64, 2000, 500, 24, 200, 16, 300, 1, GROUPS)
QUICK = Size("quick", 2, 64, 8, 40, 20, 2, 10, 4, 10, 8, ("posterior",))


class Crew:
    """Does one thing to many items, in order, on several processes or in this one."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool

    def over(self, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """The results in the order of the items."""
        if self._pool is None:
            return [work(item) for item in items]
        return list(self._pool.map(work, items, chunksize=8))


@contextmanager
def crew(hands: int) -> Iterator[Crew]:
    """A crew of so many processes; 1 works here."""
    if hands <= 1:
        yield Crew(None)
        return
    with ProcessPoolExecutor(hands, mp_context=get_context("spawn")) as pool:
        yield Crew(pool)
