"""Streams as Strava sends them, of a steady run, and what Strava would make of a file of the watch."""

from __future__ import annotations

from typing import Any

import numpy as np

from kneedrive.recording import Activity


def _stream(values: np.ndarray) -> dict[str, Any]:
    return {"data": values.tolist(), "series_type": "distance", "original_size": len(values), "resolution": "high"}


def steady(seconds: int = 2520, speed_mps: float = 2.913, strides_spm: int = 82) -> dict[str, Any]:
    """A steady run: speed and cadence with a little noise, heart rate, and positions that nobody asked for."""
    chance = np.random.default_rng(3)
    time_s = np.arange(seconds)
    speed = np.round(speed_mps + 0.05 * chance.standard_normal(seconds), 3)
    return {
        "time": _stream(time_s),
        "distance": _stream(np.round(np.cumsum(speed), 1)),
        "velocity_smooth": _stream(speed),
        "cadence": _stream(strides_spm + chance.integers(-1, 2, seconds)),
        "heartrate": _stream(np.full(seconds, 146)),
        "altitude": _stream(np.full(seconds, 412.0)),
        "latlng": {**_stream(np.zeros(seconds)), "data": [[0.5, -0.5]] * seconds},
    }


def as_strava_has_it(run: Activity, pattern: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Summary and streams of the same run: start, duration and distance alike, one leg's cadence, no dynamics."""
    samples, start = run.samples, run.started_at
    summary = {
        **pattern,
        "start_date": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "start_date_local": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "utc_offset": 0.0,
        "distance": run.distance_m,
        "moving_time": int(run.duration_s),
        "elapsed_time": int(run.elapsed_s),
    }
    assert samples.speed_mps is not None
    assert samples.cadence_spm is not None
    speed = np.nan_to_num(samples.speed_mps)
    streams = {
        "time": _stream(np.round(samples.time_s).astype(int)),
        "velocity_smooth": _stream(speed),
        "cadence": _stream(np.round(np.nan_to_num(samples.cadence_spm) / 2).astype(int)),
        "altitude": _stream(np.full(len(speed), 100.0)),
    }
    if samples.heart_rate_bpm is not None:
        streams["heartrate"] = _stream(np.nan_to_num(samples.heart_rate_bpm))
    return summary, streams
