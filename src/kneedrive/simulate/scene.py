"""One simulated run: a pattern, a scene with its faults, and a seed become an activity."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from kneedrive.method import Method
from kneedrive.quantities import METRES_PER_KM
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Lap, Runner, Samples
from kneedrive.simulate.course import PLANS, Course, Segment, lay, stretches
from kneedrive.simulate.gait import Frame, Gait, Offsets, Pattern, planted_gait, shifted_gait
from kneedrive.simulate.sensors import FOOT_POD, KITS, Body, as_recorded, read_gait

# What goes wrong with recordings: a sensor that slips, freezes or stops, a watch that loses its signal.


class Fault(Record, frozen=True, kw_only=True):
    """Between two seconds a channel is "lost", "scaled" or "set" by `value`, or "frozen" at its first value.

    "hidden" leaves out the records themselves, without a pause; the channel does not matter then.
    """

    kind: str
    channel: str
    start_s: float
    end_s: float
    value: float = 0.0


def damaged(channels: dict[str, Array], time_s: Array, faults: tuple[Fault, ...]) -> dict[str, Array]:
    """The channels after all faults; those that a sensor does not record are left out in silence."""
    after = dict(channels)
    for fault in faults:
        if fault.channel in after:
            inside = (time_s >= fault.start_s) & (time_s < fault.end_s)
            after[fault.channel] = np.where(inside, _effect(fault, after[fault.channel], inside), after[fault.channel])
    return after


def visible(time_s: Array, faults: tuple[Fault, ...]) -> npt.NDArray[np.bool_]:
    """Which records were written at all."""
    seen = np.ones(len(time_s), dtype=bool)
    for fault in faults:
        if fault.kind == "hidden":
            seen &= (time_s < fault.start_s) | (time_s >= fault.end_s)
    return seen


def _effect(fault: Fault, values: Array, inside: npt.NDArray[np.bool_]) -> Array | float:
    effects: dict[str, Array | float] = {
        "lost": np.nan,
        "set": fault.value,
        "scaled": values * fault.value,
        "frozen": values[np.argmax(inside)],
        "hidden": values,
    }
    return effects[fault.kind]


# One simulated run: a pattern, a scene and a seed become an activity.


_SOME_MORNING = datetime(2026, 11, 8, 6, 42, tzinfo=UTC)
_BURST = Offsets(-0.8, 0.0, 0.8)  # accelerating is piston-like, and normal
_DROPOUT_S = 20
_SMART_STEPS_S = (2, 10)


class Scene(Record, frozen=True, kw_only=True):
    """Where and how a simulated run is recorded.

    sensor: a provenance class. shift: systematic errors of what is read, in SD of zSL, zDF and (third) zB. fade:
    offsets reached at the end of the run. dropout: share of seconds without dynamics. missing: channels that are not
    recorded. smart: a record every 2 to 9 s. indoor: a treadmill, without position; foot_pod: a sensor of its speed.
    """

    plan: tuple[Segment, ...] = PLANS["easy"]
    runner: Runner = Runner(height_m=1.78, mass_kg=70.0)
    sensor: str = "garmin_strap"
    started_at: datetime = _SOME_MORNING
    utc_offset_s: int = 3600
    shift: Offsets = Offsets()
    fade: Offsets = Offsets()
    balance_left: float = 0.497
    dropout: float = 0.01
    missing: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    smart: bool = False
    indoor: bool = False
    foot_pod: bool = False

    def frame(self, method: Method) -> Frame:
        """What the scores of this scene are measured against."""
        return Frame(runner=self.runner, sensor=self.sensor, method=method)


_SCENE, _METHOD = Scene(), Method()


def simulate(pattern: Pattern, seed: int, *, scene: Scene = _SCENE, method: Method = _METHOD) -> Activity:
    """One run of a runner with this pattern, as a reader would return it. Deterministic by all arguments."""
    rng = np.random.default_rng(seed)
    course = lay(scene.plan, rng)
    gait = _gait(pattern, course, scene, method)
    body = Body(frame=scene.frame(method), balance_left=scene.balance_left, indoor=scene.indoor)
    # The order is that of the world: a body moves, sensors read it, the air loses some, faults come on top, and the
    # watch writes what is left. Each step draws from the generator in turn, so a new step goes to the end.
    channels = _received(read_gait(gait, course, body, rng), scene, rng)
    channels = damaged(channels, course.time_s, scene.faults)
    kept = visible(course.time_s, scene.faults) & _written(len(course), scene, rng)
    samples, alternatives = as_recorded(
        KITS[scene.sensor], course.time_s[kept], {name: values[kept] for name, values in channels.items()}
    )
    identity = hashlib.sha256(repr((pattern, seed, scene)).encode()).hexdigest()[:12]
    activity = _activity(f"{pattern.name}-{seed}", course, scene, samples)
    return activity.replace(id=identity, alternatives=alternatives)


def _gait(pattern: Pattern, course: Course, scene: Scene, method: Method) -> Gait:
    frame = scene.frame(method)
    progress = course.time_s / course.elapsed_s
    offsets = pattern.at(course.speed_mps) + np.outer([*scene.fade], progress) + np.outer([*_BURST], course.bursting)
    # Walking pace lies outside the reference; its gait is replaced where it is read.
    speed_mps = np.maximum(course.speed_mps, 1.0)
    return shifted_gait(planted_gait(offsets, speed_mps, course.grade, frame), scene.shift, speed_mps, frame)


def _received(channels: dict[str, Array], scene: Scene, rng: np.random.Generator) -> dict[str, Array]:
    """Without the channels that are missing, and without the moments at which the sensor was not heard."""
    silent = stretches(rng, len(channels["speed_mps"]), share=scene.dropout, length=_DROPOUT_S)
    dynamics = KITS[scene.sensor].dynamics
    return {
        name: np.where(silent, np.nan, values) if name in dynamics else values
        for name, values in channels.items()
        if name not in scene.missing
    }


def _written(n: int, scene: Scene, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which seconds become records: all, or with smart recording one in every few."""
    if not scene.smart:
        return np.ones(n, dtype=bool)
    low, high = _SMART_STEPS_S
    written = np.zeros(n, dtype=bool)
    # The shortest steps possible would need this many draws; the rest falls off the end.
    at = np.cumsum(rng.integers(low, high, size=n // low))
    written[at[at < n]] = True
    return written


def _activity(name: str, course: Course, scene: Scene, samples: Samples) -> Activity:
    kit = KITS[scene.sensor]
    paused_s = sum(pause.end_s - pause.start_s for pause in course.pauses)
    return Activity(
        id="",
        format="simulated",
        name=name,
        started_at=scene.started_at,
        utc_offset_s=scene.utc_offset_s,
        sport="running",
        sub_sport="treadmill" if scene.indoor else "generic",
        device=kit.device,
        sensors=(*kit.sensors, FOOT_POD) if scene.foot_pod else kit.sensors,
        duration_s=course.elapsed_s - paused_s,
        elapsed_s=course.elapsed_s,
        distance_m=float(course.distance_m[-1]),
        records=len(samples.time_s),
        positioned=not scene.indoor,
        samples=samples,
        laps=_laps(course),
        pauses=course.pauses,
        averages=_averages(samples),
    )


def _laps(course: Course) -> tuple[Lap, ...]:
    """A lap for every kilometre."""
    crossings = np.arange(METRES_PER_KM, course.distance_m[-1], METRES_PER_KM)
    ends = [*course.time_s[np.searchsorted(course.distance_m, crossings)].tolist(), course.elapsed_s]
    starts = [0.0, *ends[:-1]]
    lengths = np.diff([0.0, *crossings.tolist(), float(course.distance_m[-1])]).tolist()
    return tuple(
        Lap(start_s=start, end_s=end, distance_m=length)
        for start, end, length in zip(starts, ends, lengths, strict=True)
    )


def _averages(samples: Samples) -> Mapping[str, float]:
    skipped = ("distance_m", "altitude_m")
    present = {name: values for name, values in samples.present().items() if name not in skipped}
    return {name: float(np.nanmean(values)) for name, values in present.items() if not np.isnan(values).all()}
