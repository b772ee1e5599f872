"""Made recordings on a shelf, and what a store holds of them."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from kneedrive import config
from kneedrive.config import Config
from kneedrive.simulate.gait import PATTERNS
from kneedrive.simulate.scene import Scene, Segment, simulate
from tests import track_writer
from tests.fit_activity import activity_fit

FIRST = datetime(2026, 3, 2, 6, tzinfo=UTC)
MPS = 3.0
LIST = (
    "Activity ID,Activity Date,Activity Name,Activity Type,Filename\n"
    '1,"Mar 2, 2026, 6:00:00 AM",Morning,{sport},activities/1.gpx\n'
)


class Shelf:
    """A folder that fills with recordings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def put(self, name: str, body: bytes | str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        return path

    def runs(self, count: int, minutes: int = 15) -> list[Path]:
        """Runs on as many days, each a FIT file."""
        return [self.put(f"{day:03}.fit", run_fit(day, minutes)) for day in range(count)]

    def copies(self) -> list[Path]:
        """One run as FIT without heart rate, and as GPX and TCX with it."""
        spots = track_writer.spots(900, speed=MPS)
        return [
            self.put("copy.fit", _fit_without_heart()),
            self.put("copy.gpx", track_writer.gpx(track_writer.trk(track_writer.points(spots)))),
            self.put("copy.tcx", track_writer.tcx(track_writer.lap(spots, timer_s=900))),
        ]

    def export(self, sport: str, *, track_sport: str = "") -> Path:
        """A Strava export of one GPX file, whose sport its list says."""
        spots = track_writer.spots(900, speed=MPS)
        body = track_writer.gpx(track_writer.trk(track_writer.points(spots), sport=track_sport))
        return self.put("export_1.zip", zipped({"activities.csv": LIST.format(sport=sport), "activities/1.gpx": body}))


@cache
def run_fit(day: int = 0, minutes: int = 15) -> bytes:
    """The FIT file of a run with a chest strap; another day, another run."""
    scene = Scene(plan=(Segment(60 * minutes, MPS),), started_at=FIRST + timedelta(days=day))
    return activity_fit(simulate(PATTERNS["neutral"], day, scene=scene))


@cache
def _fit_without_heart() -> bytes:
    scene = Scene(plan=(Segment(900, MPS),), started_at=track_writer.START, missing=("heart_rate_bpm",))
    return activity_fit(simulate(PATTERNS["neutral"], 1, scene=scene))


@cache
def ride_fit() -> bytes:
    """The FIT file of a ride."""
    scene = Scene(plan=(Segment(900, MPS),), started_at=FIRST - timedelta(days=1))
    return activity_fit(simulate(PATTERNS["neutral"], 1, scene=scene).replace(sport="cycling"))


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    """A zip of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return out.getvalue()


def settings(**flags: Any) -> Config:
    """The configuration of this test's home; `runner_height_m=1.8` sets runner.height_m."""
    return config.load(os.environ, {key.replace("_", ".", 1): value for key, value in flags.items()})


def store_file() -> Path:
    """Where the store of this test's home lies."""
    return Path(settings()["paths.store"])
