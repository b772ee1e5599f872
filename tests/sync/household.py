"""A runner's household for the tests: folders of its own, the fakes' addresses, and the command line in three ways."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from kneedrive import config
from kneedrive.app.accounts import Desk, chosen, login
from kneedrive.app.sync import Order, Pulled, pull_all, store_for, told
from kneedrive.config import Secret
from kneedrive.report.blocks import Style
from kneedrive.sources.oauth import Application
from kneedrive.store import Store
from tests.conftest import ROOT
from tests.fakes.garmin import KEY as GARMIN_KEY
from tests.fakes.garmin import FakeGarmin
from tests.fakes.intervals import KEY, FakeIntervals
from tests.fakes.strava import CLIENT_ID, CLIENT_SECRET, FakeStrava
from tests.sources.desk import click

Wait = Callable[[datetime], object]
APPLICATION = Application(client_id=CLIENT_ID, client_secret=Secret(CLIENT_SECRET))


class Said(NamedTuple):
    """What a command ended in."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Household:
    """Configuration and store in a folder; services are added by their fakes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment: dict[str, str] = {
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "HOME": str(folder),
            "KNEEDRIVE_WATCH": "no",  # a watch that happens to be plugged into this machine
            **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
        }

    @property
    def store_file(self) -> Path:
        return self.folder / "data" / "kneedrive" / "kneedrive.sqlite"

    @property
    def token_file(self) -> Path:
        return self.folder / "config" / "kneedrive" / "strava-token.json"

    @property
    def garmin_folder(self) -> Path:
        return self.folder / ".config" / "garmin"

    def with_strava(self, fake: FakeStrava) -> Household:
        self.environment |= {
            "KNEEDRIVE_STRAVA_URL": fake.api_url,
            "KNEEDRIVE_STRAVA_OAUTH_URL": fake.oauth_url,
            "STRAVA_CLIENT_ID": CLIENT_ID,
            "STRAVA_CLIENT_SECRET": CLIENT_SECRET,
        }
        return self

    def with_intervals(self, fake: FakeIntervals) -> Household:
        self.environment |= {"KNEEDRIVE_INTERVALS_URL": fake.api_url, "INTERVALS_ICU_API_KEY": KEY}
        return self

    def with_garmin(self, fake: FakeGarmin) -> Household:
        """A household with a key in its environment."""
        self.environment |= {"GARMIN_PERSONAL_API_BASE_URL": fake.url, "GARMIN_PERSONAL_API_KEY": GARMIN_KEY}
        return self

    def with_folders(self, *folders: Path) -> Household:
        self.environment["KNEEDRIVE_FOLDERS"] = os.pathsep.join(map(str, folders))
        return self

    def desk(self, clock: Callable[[], datetime], wait: Wait | None = None, runner: str | None = None) -> Desk:
        settings = config.load(self.environment, {"runner.name": runner, "display.zone": "Europe/Zurich"})
        return Desk(
            settings=settings,
            folder=config.config_folder(self.environment),
            garmin_folder=self.garmin_folder,
            clock=clock,
            wait=wait,
        )

    def log_in(self, fake: FakeStrava) -> None:
        """A login by the pasted address, without a terminal."""
        from kneedrive.app.setup import by_pasting

        by_pasting(self.desk(fake.clock), APPLICATION, click, remember=False)

    def log_out(self, fake: FakeStrava) -> None:
        """Revoke the login and leave the rest."""
        login(self.desk(fake.clock), APPLICATION).end()

    def pull(self, clock: Callable[[], datetime], wait: Wait | None = None, **order: Any) -> tuple[Pulled, ...]:
        return pull(self.desk(clock, wait), Order(**order))

    def run(self, *arguments: str, **changes: str) -> Said:
        """The command as a process of its own, without a terminal."""
        done = subprocess.run(
            command(*arguments),
            cwd=ROOT,
            env=self.environment | changes,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def store(self, runner: str = "") -> Store:
        return Store.open(self.store_file, runner=runner)

    def ask(self, sql: str) -> list[Any]:
        """What the store's file says."""
        db = sqlite3.connect(self.store_file)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def held(self) -> dict[str, int]:
        """How many rows each table holds; nothing where there is no store."""
        if not self.store_file.exists():
            return {}
        db = sqlite3.connect(self.store_file)
        try:
            names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
        finally:
            db.close()

    def whole(self) -> bool:
        """Whether each recording has its activities, each activity its run, and each run its epochs and detail."""
        db = sqlite3.connect(self.store_file)
        try:
            questions = (
                "SELECT count(*) FROM recording WHERE id NOT IN (SELECT recording FROM activity)",
                "SELECT count(*) FROM activity WHERE is_run AND run IS NULL",
                "SELECT count(*) FROM run WHERE id NOT IN (SELECT run FROM epochs)",
                "SELECT count(*) FROM run WHERE id NOT IN (SELECT run FROM detail)",
                "SELECT count(*) FROM recording WHERE id NOT IN (SELECT coalesce(recording, 0) FROM origin)",
            )
            found = [db.execute(question).fetchone()[0] for question in questions]
            return found == [0] * len(questions) and db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        finally:
            db.close()

    def stored_text(self) -> bytes:
        """Every byte of the store's files, and every compressed block unpacked."""
        files = b"".join(path.read_bytes() for path in self.store_file.parent.iterdir())
        db = sqlite3.connect(self.store_file)
        try:
            blocks = [
                row[0]
                for table, column in (("recording", "body"), ("detail", "json"))
                for row in db.execute(f"SELECT {column} FROM {table} WHERE {column} NOT NULL")
            ]
        finally:
            db.close()
        return files + b"".join(map(zlib.decompress, blocks))


def pull(desk: Desk, order: Order) -> tuple[Pulled, ...]:
    """A sync without its report."""
    named = order.replace(names=chosen(desk, order.names))
    with store_for(desk, named) as store:
        return pull_all(desk, store, named)


def code_of(pulled: Sequence[Pulled], desk: Desk) -> int:
    """The exit code that a sync ends with."""
    return told(pulled, desk, Style(), dry_run=False, elapsed_s=0).code


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "kneedrive", *arguments]


def counts(pulled: Sequence[Pulled]) -> Mapping[str, int]:
    """Outcomes by verdict, those of all sources together."""
    found: dict[str, int] = {}
    for outcome in (outcome for each in pulled for outcome in each.outcomes):
        found[outcome.verdict] = found.get(outcome.verdict, 0) + 1
    return found
