"""Many inputs on several processes, each of which may take 300 MB more than it had when it began."""

import resource
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz.inputs import make
from tests.fuzz.outcome import Outcome, judge

MEMORY_BYTES = 300 * 1024 * 1024
BATCH = 250


def limit_memory() -> None:
    """From here on this process may take so much more, or gets a MemoryError, which counts as a failure."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def batch(first: int, last: int) -> list[Outcome]:
    """The outcomes of the inputs from first up to last."""
    return [judge(make(number)) for number in range(first, last)]


def outcomes(first: int, count: int, processes: int) -> Iterator[Outcome]:
    """The outcome of every input, in order."""
    starts = range(first, first + count, BATCH)
    ends = [min(start + BATCH, first + count) for start in starts]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=limit_memory) as pool:
        for done in pool.map(batch, starts, ends):
            yield from done
