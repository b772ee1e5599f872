"""Kills `kneedrive import` at random moments and goes on with another, as a runner would.

A program of its own: `python -m tests.crash.importing FOLDER`. Prints one JSON object: rounds, how many imports were
killed, how many of those had stored something already, and the stores that ended otherwise than an undisturbed one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.app.shelf import Shelf
from tests.cli.calling import PROGRAM, home
from tests.store.cases import contents

STORES, KILLS, RUNS = 10, 5, 30


def main(folder: Path) -> None:
    shelf = Shelf(folder / "shelf")
    shelf.runs(RUNS, minutes=6)
    shelf.copies()
    shelf.put("zzz-broken.fit", b"broken")
    undisturbed, whole_s = imported(folder, "undisturbed")
    chance = random.Random(20260524)
    killed = begun = 0
    different = []
    for number in range(STORES):
        name = f"store-{number}"
        for _ in range(KILLS):
            if not kill(folder, name, chance.uniform(0.1, 0.6 * whole_s)):
                place(folder, name).unlink()  # it was faster: the next one has work to do again
                continue
            killed += 1
            begun += 0 < stored(folder, name) < RUNS
        if imported(folder, name)[0] != undisturbed:
            different.append(name)
    print(json.dumps({"rounds": STORES * KILLS, "killed": killed, "begun": begun, "different": different}))


def place(folder: Path, name: str) -> Path:
    return folder / f"{name}.sqlite"


def command(folder: Path, name: str) -> dict[str, Any]:
    """How the import of the shelf is started; its own group, so that a test that is stopped leaves nothing behind."""
    return {
        "args": [PROGRAM, "import", str(folder / "shelf")],
        "env": home(folder) | {"KNEEDRIVE_STORE": str(place(folder, name))},
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }


def imported(folder: Path, name: str) -> tuple[dict[str, Any], float]:
    """What is in the store after a whole import, and how long that took."""
    began = time.perf_counter()
    assert subprocess.run(**command(folder, name), check=False, timeout=120).returncode == 6  # one file is broken
    return contents(place(folder, name)), time.perf_counter() - began


def kill(folder: Path, name: str, after_s: float) -> bool:
    """Start an import and kill it after so long; False where it was faster."""
    run = subprocess.Popen(**command(folder, name))
    time.sleep(after_s)
    os.kill(run.pid, signal.SIGKILL)
    return run.wait(30) == -signal.SIGKILL


def stored(folder: Path, name: str) -> int:
    """How many recordings a store holds; it must be whole."""
    path = place(folder, name)
    if not path.exists() or not path.stat().st_size:
        return 0
    db = sqlite3.connect(path)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
        there = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'recording'").fetchone()[0]
        return int(db.execute("SELECT count(*) FROM recording").fetchone()[0]) if there else 0
    finally:
        db.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
