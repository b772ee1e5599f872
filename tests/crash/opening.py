"""Has four processes open one store at the same moment where there is none yet, again and again.

A program of its own, because it forks: `python -m tests.crash.opening FOLDER TRIES`. Prints one JSON object: tries, and
what went wrong in which of them.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from kneedrive.store import Store

TOGETHER = 4


def main(folder: Path, tries: int) -> None:
    failed = [message for number in range(tries) for message in one_try(folder / f"{number}.sqlite")]
    print(json.dumps({"tries": tries, "failed": failed}))


def one_try(path: Path) -> Iterator[str]:
    """Open a store from several processes that wait for one signal; what those say that could not."""
    wait, start = os.pipe()
    said, say = os.pipe()
    children = [os.fork() or _open(path, (wait, start), say) for _ in range(TOGETHER)]
    os.close(wait)
    os.close(say)
    os.close(start)  # the end of this pipe is the signal: it reaches all at once
    with os.fdopen(said) as complaints:
        yield from (f"{path.name}: {line.rstrip()}" for line in complaints)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    yield from (f"{path.name}: exit {code}" for code in codes if code)


def _open(path: Path, signal: tuple[int, int], say: int) -> int:
    """The life of a child: it never returns."""
    wait, start = signal
    os.close(start)
    os.read(wait, 1)
    try:
        with Store.open(path) as store:
            store.runs()
    except BaseException:  # noqa: BLE001 - whatever it is, it goes to the parent
        os.write(say, traceback.format_exc().strip().rpartition("\n")[2].encode() + b"\n")
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
