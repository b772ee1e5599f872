"""Small activities, analyses and a stand-in for the analysis, for the tests of the store and of merging."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from kneedrive.analysis.posterior import Basis, Certainty
from kneedrive.analysis.result import (
    Analysis,
    Epochs,
    Fade,
    FadeVerdict,
    Finding,
    OnsetVerdict,
    Over,
    Quality,
    Scope,
    Score,
    Scores,
    ShuffleOnset,
    Slow,
    Status,
)
from kneedrive.errors import DamagedOriginal
from kneedrive.histories.merge import groups, merge, outline
from kneedrive.method import MergeRules, Method
from kneedrive.patterns import Pattern
from kneedrive.recording import Activity, Array, Recording, Runner, Samples, Sensor, frozen
from kneedrive.sensors import REFERENCES, SensorClass
from kneedrive.store import Store
from kneedrive.store.rows import NewActivity, NewRun, Placed
from tests.conftest import ROOT

START = datetime(2026, 5, 24, 6, 30, tzinfo=UTC)
RULES = MergeRules()


def activity(name: str = "a" * 12, **changes: Any) -> Activity:
    """Ten minutes of running at 3 m/s with contact time and oscillation; `channels` replaces those of the samples."""
    start_s, seconds = changes.pop("start_s", 0.0), changes.pop("seconds", 600)
    channels = changes.pop("channels", None)
    if channels is None:
        channels = {"cadence_spm": 168.0, "stance_time_s": 0.25, "vertical_oscillation_m": 0.09, "speed_mps": 3.0}
    time_s = frozen(np.arange(seconds))
    samples = Samples(
        time_s=time_s, **{key: value if np.ndim(value) else constant(value, seconds) for key, value in channels.items()}
    )
    given: dict[str, Any] = {
        "id": name,
        "format": "fit",
        "name": f"{name}.fit",
        "started_at": START + timedelta(seconds=start_s),
        "utc_offset_s": 7200,
        "sport": "running",
        "sub_sport": "",
        "device": Sensor(maker="garmin", product="fr955"),
        "sensors": (),
        "duration_s": float(seconds),
        "elapsed_s": float(seconds),
        "distance_m": 3.0 * seconds,
        "records": seconds,
        "positioned": True,
        "samples": samples,
    }
    return Activity(**{**given, **changes})


def constant(value: float, seconds: int = 600) -> Array:
    """One value at every second."""
    return frozen(np.full(seconds, value))


def epochs(count: int = 20, seed: int = 1) -> Epochs:
    """Epochs with noise, two reasons, and a column that is empty."""
    noise = np.random.default_rng(seed)
    reason = np.where(np.arange(count) % 5 == 4, "hilly", "")
    return Epochs(
        start_s=frozen(np.arange(count) * 30.0),
        weight=frozen(np.where(reason == "", 1.0, 0.0)),
        reason=reason,
        columns={
            "speed_mps": frozen(noise.normal(3.0, 0.2, count)),
            "vertical_oscillation_m": frozen(np.full(count, np.nan)),
            "D": frozen(np.where(noise.random(count) < 0.1, np.nan, noise.normal(0.0, 1.0, count))),
        },
    )


def analysis(of: Activity, block: Epochs | None = None) -> Analysis:
    """An analysis with a little of everything that the store keeps."""
    unjudged = Score(reason="no oscillation")
    return Analysis(
        activity=of,
        runner=Runner(height_m=1.78),
        method=Method(),
        status=Status.ASSESSED,
        status_reason="",
        provenance=SensorClass.GARMIN_STRAP,
        provenance_reason="",
        reference=REFERENCES["garmin_strap"],
        surface="outdoor",
        quality=quality(),
        metrics={},
        metrics_over=Over.SCORED,
        usual={},
        scores=Scores(D=Score(value=-1.5, se=0.5), P=unjudged, G=Score(value=0.1, se=0.4), K=unjudged),
        findings=(_finding(Scope.SLOW, "neutral"), _finding(Scope.RUN, "shuffle-like")),
        unjudged=(),
        pace_profile=(),
        shuffle_onset=ShuffleOnset(verdict=OnsetVerdict.NONE),
        slow=Slow(speed_mps=None, epochs=0, share_flight_under_40ms=None),
        vr_split=None,
        balance=None,
        accelerations=(),
        fade=Fade(verdict=FadeVerdict.NOT_ENOUGH, blocks=0),
        channels={},
        epochs=epochs() if block is None else block,
    )


def quality() -> Quality:
    """Nothing was odd."""
    return Quality(epochs_total=20, epochs_scored=16, excluded={"hilly": 4}, coverage={})


def _finding(scope: Scope, pattern: str) -> Finding:
    return Finding(
        scope=scope,
        pattern=Pattern(pattern),
        certainty=Certainty.SPOKEN,
        probability=0.9,
        base_rate=0.2,
        basis=Basis.MEASURED,
    )


def recording(body: str | bytes, kind: str = "fit", name: str = "run.fit") -> Recording:
    """A recording of these bytes."""
    raw = body.encode() if isinstance(body, str) else body
    return Recording(sha256=hashlib.sha256(raw).hexdigest(), format=kind, name=name, body=raw)


def told(**facts: Any) -> Recording:
    """A recording whose bytes are the JSON of what `told_activity` is to make of them, padding included."""
    return recording(json.dumps(facts, sort_keys=True), facts.get("format", "fit"))


def told_activity(of: Recording) -> Activity:
    """What `told` put into a recording."""
    facts = json.loads(of.body)
    channels: Mapping[str, float] | None = facts.pop("channels", None)
    facts.pop("padding", None)
    return activity(of.sha256[:12], channels=channels, **facts)


def alone(*activities: Activity, block: Epochs | None = None) -> Placed:
    """Each of these a run of its own."""
    return Placed(
        activities=tuple(NewActivity(activity=each, outline=outline(each), provenance="coros") for each in activities),
        runs=tuple(NewRun(analysis=analysis(each, block), members=(each.id,)) for each in activities),
    )


class Application:
    """What the application does with a recording, with a constant for the analysis: read, group, merge, analyse."""

    def __init__(self, store: Store, read: Callable[[Recording], Activity] = told_activity) -> None:
        self.store = store
        self.read = read
        self.calls = 0

    def __call__(self, of: Recording) -> Placed:
        self.calls += 1
        new = self.read(of)
        if new.id in self.store.forgotten(of.sha256):
            return Placed()
        mine = outline(new)
        near = self.store.near(mine, RULES.start_s)
        ids = [mine.id, *(each.id for each in near)]
        runs = groups([mine, *near], self.store.apart(ids))
        unchanged = self.store.together(ids)
        return Placed(
            activities=(NewActivity(activity=new, outline=mine, provenance=SensorClass.GARMIN_STRAP),),
            runs=tuple(
                run
                for members in runs
                if members not in unchanged and (run := self._run(members, new, self._others(members, new)))
            ),
        )

    def _others(self, members: Sequence[str], new: Activity) -> list[Activity]:
        """The neighbours that the store still has; damaged ones lend nothing."""
        others = []
        for each in members:
            with suppress(DamagedOriginal):
                if each != new.id and (original := self.store.recording(each)) is not None:
                    others.append(self.read(original))
        return others

    def _run(self, members: Sequence[str], new: Activity, others: Sequence[Activity]) -> NewRun | None:
        there = [*([new] if new.id in members else []), *others]
        if not there:
            return None
        merged = merge(there)
        return NewRun(
            analysis=analysis(merged.activity),
            members=tuple(members),
            sources=merged.sources,
            verdicts={each: "alike" for each in members if each != merged.activity.id},
            detail=json.dumps({"channels": sorted(merged.sources)}),
        )


def contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that a store says, without row numbers: equal for equal contents, however they came about."""
    said = {
        "recording": "runner, sha256, format, name, size, fetched_at_ms, expires_at_ms, derived, body",
        "origin": "runner, source, key, version, (SELECT sha256 FROM recording WHERE id = origin.recording)",
        "split": "runner, a, b",
        "forgotten": "runner, activity, sha256",
        "tag": "runner, day, text",
        "sync_state": "runner, source, cursor",
        "run": "runner, key, started_at_ms, device, sensor, duration_s, distance_m, dynamics, recordings, label, D, P",
        "activity": "runner, key, started_at_ms, ended_at_ms, distance_m, heart_rate_bpm, dynamics, is_run, verdict,"
        " (SELECT key FROM run WHERE id = activity.run)",
        "run_source": "(SELECT key FROM run WHERE id = run), channel, (SELECT key FROM activity WHERE id = activity)",
        "epochs": "(SELECT key FROM run WHERE id = run), length, columns, reasons, block",
        "detail": "(SELECT key FROM run WHERE id = run), json",
    }
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return {
            table: sorted(db.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
            for table, columns in said.items()
        }
    finally:
        db.close()


def mode(path: Path) -> int:
    """Who may read and write a file."""
    return stat.S_IMODE(path.stat().st_mode)


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code that imports us, and catch what it says."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
