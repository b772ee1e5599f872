"""Activities made by hand for the tests of the analysis: steady running unless told otherwise."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from kneedrive.analysis.reference import Case
from kneedrive.method import Method
from kneedrive.recording import Activity, Array, Runner, Samples, Sensor, frozen
from kneedrive.sensors import REFERENCES

RUNNER = Runner(height_m=1.78, mass_kg=70.0)
WATCH = Sensor(maker="Garmin", maker_id=1, product="Forerunner 965", product_id=4315)
STRAP = Sensor(maker="Garmin", maker_id=1, product="HRM-Pro", product_id=3300, ant_device_type=30)
COROS = Sensor(maker="COROS", maker_id=294, product="PACE 3")
STRYD = Sensor(maker="Stryd", maker_id=95)
APPLE = Sensor(maker="development", maker_id=255, product="Watch6,14")
OTHER = Sensor(maker="Wahoo", maker_id=32)
FOOT_POD = Sensor(maker="Garmin", maker_id=1, product="SDM4", product_id=10007, ant_device_type=124)

ROW = {"speed_mps": 3.0, "cadence_spm": 168.0, "stance_time_s": 0.260, "vertical_oscillation_m": 0.0942813}
"""The first worked row, with k at the strap's 1.28."""


def samples(seconds: int = 900, *, step_s: float = 1.0, **channels: Any) -> Samples:
    """Constant running with a little jitter, so that nothing looks frozen; channels replace it or, None, remove it."""
    time_s = np.arange(0.0, seconds, step_s)
    wave = np.sin(time_s * 2.0)
    made: dict[str, Array | None] = {name: np.full(len(time_s), value) for name, value in ROW.items()}
    for name, size in (("stance_time_s", 0.001), ("vertical_oscillation_m", 0.0005), ("cadence_spm", 0.5)):
        made[name] = np.asarray(made[name]) + size * wave
    made["altitude_m"] = np.full(len(time_s), 100.0)
    for name, value in channels.items():
        made[name] = value if value is None else np.broadcast_to(np.asarray(value, dtype=np.float64), time_s.shape)
    kept = {name: value if value is None else frozen(value) for name, value in made.items()}
    return Samples(time_s=frozen(time_s), **kept)


def activity(recorded: Samples | None = None, **changes: Any) -> Activity:
    """A run with a chest strap outdoors."""
    recorded = samples() if recorded is None else recorded
    duration_s = float(recorded.time_s[-1] - recorded.time_s[0]) if len(recorded.time_s) else 0.0
    base = Activity(
        id="0123456789ab",
        format="fit",
        name="made.fit",
        started_at=datetime(2026, 5, 1, 6, 0, tzinfo=UTC),
        utc_offset_s=7200,
        sport="running",
        sub_sport="generic",
        device=WATCH,
        sensors=(STRAP,),
        duration_s=duration_s,
        elapsed_s=duration_s,
        distance_m=None,
        records=len(recorded.time_s),
        positioned=True,
        samples=recorded,
    )
    return base.replace(**changes)


def case(
    sensor: str = "garmin_strap", runner: Runner = RUNNER, *, trusted: bool = True, by_steps: bool = False
) -> Case:
    """What is known about such a run before its numbers are looked at."""
    return Case(
        activity=activity(),
        runner=runner,
        method=Method(),
        reference=REFERENCES[sensor],
        sensor_reason="",
        surface="outdoor",
        speed_trusted=trusted,
        by_steps=by_steps,
    )


def with_values(at: slice | list[int], value: float, name: str, seconds: int = 900) -> Samples:
    """Constant running in which one channel takes another value at some seconds."""
    made = samples(seconds)
    values = np.array(made.channel(name))
    values[at] = value
    return made.replace(**{name: frozen(values)})
