"""Kills a process that writes to a store, goes on with another, and compares what comes of it.

A program of its own, because it forks: `python -m tests.crash.killing FOLDER statements|moments|changes|upgrade`.
Prints one JSON object: rounds, how many were killed, and which ended otherwise than an undisturbed run.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kneedrive.store import Store
from kneedrive.store import database as store_file
from kneedrive.store.rows import Origin
from tests.store.cases import Application, contents, told

Action = Callable[[Store], object]
FILE = Origin(source="file")
STREAM = Origin(source="strava", key="17")
RUN = told(start_s=0)
COPY = told(start_s=5, format="strava", channels={"heart_rate_bpm": 150.0})
OTHERS = [told(start_s=day * 86_400.0, padding="x" * 30_000) for day in range(1, 4)]


def fill(store: Store) -> None:
    """What an import does; the same again adds nothing."""
    derive = Application(store)
    store.add(OTHERS[0], FILE, derive, version="1")
    store.add(COPY, STREAM, derive, version="1")
    store.add(RUN, FILE, derive, version="1")
    for each in OTHERS[1:]:
        store.add(each, FILE, derive, version="1")


def split(store: Store) -> None:
    store.split(RUN.sha256[:12])


def forget(store: Store) -> None:
    store.forget(OTHERS[0].sha256[:12])


def purge(store: Store) -> None:
    store.purge_source("strava")


def derive_again(store: Store) -> None:
    store.rebuild(Application(store), version="2")


def settle(store: Store, version: str = "1") -> None:
    """What every command does first: derive what has no results of this version."""
    store.rebuild(Application(store), version=version)


def killed(path: Path, action: Action, *, statement: int | None = None, after_s: float | None = None) -> bool:
    """Run an action in a child that is killed before its nth statement, or after a time; False where it was faster."""
    child = os.fork()
    if child == 0:
        _act(path, action, statement)
        os._exit(0)
    if after_s is not None:
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _act(path: Path, action: Action, statement: int | None) -> None:
    left = statement if statement is not None else sys.maxsize

    def count(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    real = sqlite3.connect

    def connect(*args: Any, **how: Any) -> sqlite3.Connection:
        db = real(*args, **how)
        db.set_trace_callback(count)
        return db

    sqlite3.connect = connect  # type: ignore[assignment]
    with Store.open(path) as store:
        action(store)


def whole(path: Path) -> dict[str, Any]:
    """The contents of a store that SQLite itself finds whole."""
    db = sqlite3.connect(path)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
        assert db.execute("PRAGMA foreign_key_check").fetchall() == [], path
    finally:
        db.close()
    return contents(path)


def done(path: Path, *actions: Action) -> dict[str, Any]:
    """The contents after these actions, undisturbed."""
    for action in actions:
        with Store.open(path) as store:
            action(store)
    return whole(path)


def statements(folder: Path) -> Iterator[tuple[str, bool, bool]]:
    """An import killed before each of its statements, the making of the store included."""
    expected = done(folder / "undisturbed", fill)
    number, was_killed = 0, True
    while was_killed:
        number += 1
        path = folder / f"statement-{number}"
        was_killed = killed(path, fill, statement=number)
        yield f"statement {number}", was_killed, done(path, fill) == expected


def moments(folder: Path) -> Iterator[tuple[str, bool, bool]]:
    """An import killed at fifty random moments, up to five times in a row on the same store."""
    expected = done(folder / "undisturbed", fill)
    chance = random.Random(20260524)
    began = time.perf_counter()
    killed(folder / "timed", fill)
    whole_s = time.perf_counter() - began
    for number in range(10):
        path = folder / f"moment-{number}"
        kills = [killed(path, fill, after_s=chance.uniform(0.0, whole_s)) for _ in range(5)]
        equal = done(path, fill) == expected
        for kill in kills:
            yield f"store {number}", kill, equal


def changes(folder: Path) -> Iterator[tuple[str, bool, bool]]:
    """Each change killed before each of its statements: as before, or as after, never between."""
    template = folder / "template"
    done(template, fill)
    for change in (split, forget, purge):
        for number in range(1, 200):
            path, path_after = folder / f"{change.__name__}-{number}", folder / f"{change.__name__}-after"
            for each in (path, path_after):
                shutil.copy(template, each)
            outcomes = [done(template, settle), done(path_after, change, settle)]
            was_killed = killed(path, change, statement=number)
            yield path.name, was_killed, done(path, settle) in outcomes
            if not was_killed:
                break


def upgrade(folder: Path) -> Iterator[tuple[str, bool, bool]]:
    """A change of schema and the rebuild after it, killed before each statement."""
    template = folder / "template"
    done(template, fill)
    store_file.SCHEMA_VERSION += 1
    after = folder / "undisturbed"
    shutil.copy(template, after)
    expected = done(after, derive_again)
    number, was_killed = 0, True
    while was_killed:
        number += 1
        path = folder / f"upgrade-{number}"
        shutil.copy(template, path)
        was_killed = killed(path, derive_again, statement=number)
        yield path.name, was_killed, done(path, derive_again) == expected


KINDS = {"statements": statements, "moments": moments, "changes": changes, "upgrade": upgrade}


def main(folder: str, kind: str) -> None:
    rounds = list(KINDS[kind](Path(folder)))
    said = {
        "rounds": len(rounds),
        "killed": sum(was_killed for _, was_killed, _ in rounds),
        "different": [name for name, _, equal in rounds if not equal],
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
