"""A store of simulated runs, and a way to call commands on it, for tests of the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kneedrive import cli
from kneedrive.cli import options
from kneedrive.simulate.gait import PATTERNS
from kneedrive.simulate.scene import History, simulate_history
from tests.fit_activity import activity_fit

FIRST = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
MIDDLE = "2026-02-16"  # the first day of the seventh week
NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)  # the Sunday of the last week, two days after the last run

Capture = pytest.CaptureFixture[str]


class Said(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The object on stdout."""
        return dict(json.loads(self.out))


def make_history(folder: Path, **changes: object) -> Path:
    """FIT files of twelve weeks, three runs each, more and more towards drive. `changes` as in History."""
    told: dict[str, Any] = {"pattern": PATTERNS["neutral"], "first_at": FIRST, "weeks": 12, "change_D": 2.6}
    history = History(**{**told, "run_sd": 0.3, **changes})
    folder.mkdir(parents=True)
    for place, activity in enumerate(simulate_history(history, 5)):
        (folder / f"{place:03}.fit").write_bytes(activity_fit(activity))
    return folder


def make_store(folder: Path, *runs: Path) -> Path:
    """A store with these files in it."""
    store = folder / "kneedrive.sqlite"
    with at_home(folder, store):
        assert cli.main(["import", *map(str, runs)]) == 0
    return store


@contextmanager
def at_home(folder: Path, store: Path) -> Iterator[None]:
    """A home of its own: this store, no configuration, UTC, a fixed clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setenv("KNEEDRIVE_STORE", str(store))
        patch.setenv("KNEEDRIVE_ZONE", "UTC")
        patch.setenv("COLUMNS", "80")
        patch.setattr(options, "now", lambda: NOW)
        yield


def caller(folder: Path, store: Path, capsys: Capture) -> Callable[..., Said]:
    """A function that runs one command on a store; what was said before is forgotten."""
    capsys.readouterr()

    def call(*arguments: str) -> Said:
        with at_home(folder, store):
            code = cli.main(list(arguments))
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call
