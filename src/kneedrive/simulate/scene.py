"""A simulated run as it is recorded: a course, sensors, faults, a scene; and weeks of runs with a change planted."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from kneedrive.quantities import GRAVITY_MPS2, METRES_PER_KM, SECONDS_PER_MINUTE
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Interval, Lap, Runner, Samples, Sensor, frozen
from kneedrive.sensors import SensorClass
from kneedrive.simulate.gait import (
    PATTERNS,
    SINE,
    Frame,
    Gait,
    Offsets,
    Pattern,
    oscillation_m,
    planted_gait,
    shifted_gait,
    usual_gait,
)


def ar1(rng: np.random.Generator, n: int, *, sd: float, rho: float) -> Array:
    """First-order autoregressive noise, shape (n,): standard deviation `sd`, correlation `rho` from second to second.

    White noise is convolved with the cut-off impulse response: stationary from the first second, and without a loop.
    """
    reach = math.ceil(math.log(1e-3) / math.log(rho))  # smaller weights are left out of the response
    response = rho ** np.arange(reach, dtype=np.float64)
    white = rng.standard_normal(n + reach - 1)
    return np.convolve(white, sd * response / np.linalg.norm(response), mode="valid")


def stretches(rng: np.random.Generator, n: int, *, share: float, length: int) -> npt.NDArray[np.bool_]:
    """Which of `n` seconds fall into random stretches of `length` seconds that cover about `share` of them."""
    hit = np.zeros(n, dtype=bool)
    for start in rng.integers(0, max(n - length, 1), size=round(share * n / length)):
        hit[start : start + length] = True
    return hit


# The course: a plan of segments laid out second by second.

_CHANGE_S = 20  # that a change of pace or slope takes
_BURST_RAMP_S = 6.0  # fast enough to be found as an acceleration


class Segment(Record, frozen=True):
    """A stretch of the plan. kind: "run", "walk", "burst" (an acceleration up to the speed) or "pause"."""

    seconds: int
    speed_mps: float = 0.0
    grade: float = 0.0
    kind: str = "run"  # text and no enum: ids of simulated runs are hashes of how plans print


class Course(Record, frozen=True, kw_only=True):
    """The true course of a run at each recorded second; arrays of one length."""

    time_s: Array
    speed_mps: Array
    grade: Array
    distance_m: Array
    altitude_m: Array
    walking: npt.NDArray[np.bool_]
    bursting: npt.NDArray[np.bool_]
    pauses: tuple[Interval, ...]
    elapsed_s: float

    def __len__(self) -> int:
        return len(self.time_s)


def lay(plan: tuple[Segment, ...], rng: np.random.Generator) -> Course:
    """The course of a plan. Pauses leave a hole in the time axis, as automatic pause does."""
    seconds = [segment.seconds for segment in plan]
    ends = np.cumsum(seconds)
    kinds = np.repeat([segment.kind for segment in plan], seconds)
    moving = kinds != "pause"
    rests_mps: list[float] = []
    rises: list[Array] = []
    for segment in plan:
        # A burst rests on the speed of the segment before it, and so does a pause.
        own = segment.kind in ("run", "walk") or not rests_mps
        rests_mps.append(segment.speed_mps if own else rests_mps[-1])
        second = np.arange(segment.seconds, dtype=np.float64)
        ramp = np.clip(np.minimum(second, segment.seconds - second) / _BURST_RAMP_S, 0.0, 1.0)
        rises.append(ramp * (segment.speed_mps - rests_mps[-1] if segment.kind == "burst" else 0.0))
    # Bursts ride on top of the smoothed pace, or smoothing would take away what makes them bursts.
    bumps, base = np.concatenate(rises), _smooth(np.repeat(rests_mps, seconds)[moving])
    # Nobody holds a pace exactly.
    speed = base + bumps[moving] + ar1(rng, int(moving.sum()), sd=0.04, rho=0.98)
    grade = _smooth(np.repeat([segment.grade for segment in plan], seconds)[moving])
    pauses = [(end - segment.seconds, end) for segment, end in zip(plan, ends, strict=True) if segment.kind == "pause"]
    return Course(
        time_s=np.flatnonzero(moving).astype(np.float64),
        speed_mps=speed,
        grade=grade,
        distance_m=np.cumsum(speed),  # a second each
        altitude_m=110.0 + np.cumsum(speed * grade),
        walking=kinds[moving] == "walk",
        bursting=bumps[moving] > 0,
        pauses=tuple(Interval(start_s=float(start), end_s=float(end)) for start, end in pauses),
        elapsed_s=float(ends[-1]),
    )


def _smooth(values: npt.NDArray[np.float64]) -> Array:
    # Slowly enough that a change of pace is not taken for an acceleration.
    padded = np.pad(values, (_CHANGE_S // 2, _CHANGE_S - _CHANGE_S // 2 - 1), mode="edge")
    return np.convolve(padded, np.full(_CHANGE_S, 1 / _CHANGE_S), mode="valid")


def _bursts(count: int, rest_mps: float) -> tuple[Segment, ...]:
    # Accelerations of 18 s, each after 80 s of easy running.
    return (Segment(80, rest_mps), Segment(18, 5.4, kind="burst")) * count


# Plans of runs: which paces, slopes and interruptions, in seconds and m/s.
PLANS = {
    "easy": (Segment(480, 2.75), Segment(420, 2.6), Segment(420, 2.9), Segment(480, 2.75)),
    "short": (Segment(300, 2.7),),
    "steady": (Segment(1200, 2.7),),
    "fast": (Segment(300, 3.2), Segment(900, 3.5), Segment(300, 3.2)),
    "long": (Segment(900, 2.75), Segment(900, 2.65), Segment(900, 2.75), Segment(900, 2.65)),
    "progressive": (Segment(420, 2.4), Segment(420, 2.7), Segment(420, 3.0), Segment(420, 3.35)),
    "hilly": (*(Segment(150, 2.6, 0.045), Segment(150, 2.8, -0.045), Segment(240, 2.7)) * 2, Segment(90, 2.4, 0.08)),
    "varied": (
        Segment(300, 2.65), Segment(120, 2.6, 0.04), Segment(120, 2.75, -0.04), Segment(60, kind="pause"),
        Segment(300, 2.7), Segment(90, 1.5, kind="walk"), *_bursts(2, 2.7), Segment(300, 2.55),
    ),
    "walk": (Segment(1200, 1.5, kind="walk"),),
    # From here on each plan is made for one gate.
    "sauntering": (Segment(120, 2.7), *(Segment(150, 1.5, kind="walk"), Segment(150, 2.5)) * 4),
    "crawl": (Segment(420, 2.6), Segment(480, 1.8), Segment(420, 2.6)),
    "sprints": (Segment(600, 2.7), *_bursts(6, 2.7), Segment(120, 2.7)),
    "surges": (Segment(400, 2.7), *(Segment(24, 2.2), Segment(24, 3.8)) * 10, Segment(300, 2.7)),
    "track": (Segment(420, 2.7), Segment(240, 6.4), Segment(480, 2.7)),
    "interrupted": (*(Segment(240, 2.7), Segment(45, kind="pause")) * 4, Segment(240, 2.7)),
    # A town run with everything: 6:20 to 5:30 /km, a traffic light, a tempo part at 4:50, a walk, strides, a hill, and
    # slow running at 7:00 near both ends.
    "demo": (
        Segment(300, 2.62), Segment(480, 2.38), Segment(480, 2.78), Segment(420, 3.03), Segment(75, kind="pause"),
        Segment(420, 3.45), Segment(100, 1.5, kind="walk"), *_bursts(3, 2.78), Segment(150, 2.62, 0.04),
        Segment(60, 2.40, 0.085), Segment(150, 2.95, -0.04), Segment(480, 2.78), Segment(540, 2.38), Segment(120, 2.62),
    ),
}  # fmt: skip


# What each class of sensor records: its device entries and its channels.

# Noise of one second, as measured on public files: it has a memory, so an epoch of 30 s averages little of it away.
_RHO = 0.9
_CADENCE_SD_SPM = 2.4
_STANCE_SD_S = 0.007
_OSCILLATION_SD_M = 0.0047
_SPEED_SD_MPS = 0.08
_STANCE_PERCENT_STEP = 0.0025  # straps write stance time percent in quarters of a percent


class Kit(Record, frozen=True):
    """A watch with its sensors: device entries, dynamics channels, and the app that records them where it is one."""

    device: Sensor
    dynamics: tuple[str, ...]
    sensors: tuple[Sensor, ...] = ()
    app: str = ""


_STANCE, _DUTY, _RATIO, _STEP, _LEFT = "stance_time_s", "duty_factor", "vertical_ratio", "step_length_m", "balance_left"
_OSCILLATION, _LOSS = "vertical_oscillation_m", "step_speed_loss_mps"
_STRAP = (_STANCE, _DUTY, _OSCILLATION, _RATIO, _STEP, _LEFT)
_WATCH = (_STANCE, _OSCILLATION, _RATIO, _STEP)


def _device(product: str, product_id: int, maker: str = "garmin", maker_id: int = 1, **given: Any) -> Sensor:
    given = {"source": "local"} | given
    return Sensor(maker=maker, maker_id=maker_id, product=product, product_id=product_id, **given)


# Product numbers are those of the FIT profile; they are what a reader tells the sensor class by. The FR255 can measure
# at the wrist, so it stands for the wrist.
_FR965, _FR255 = _device("Forerunner 965", 4315), _device("Forerunner 255", 3992)
_APEX, _PACE = _device("COROS APEX Pro", 841, "coros", 294), _device("COROS PACE 3", 804, "coros", 294)
_FITNESS = _device("FITNESS", 0, "wahoo_fitness", 32)
_HRM_600 = _device("HRM 600", 4607, source="bluetooth_low_energy")
_HRM_PRO = _device("HRM-Pro", 3300, ant_device_type=30, source="antplus")
_POD = _device("Running Dynamics Pod", 2593, ant_device_type=30, source="antplus")
FOOT_POD = _device("Foot Pod", 0, ant_device_type=124, source="antplus")

KITS: Mapping[str, Kit] = {
    SensorClass.GARMIN_STRAP: Kit(_FR965, _STRAP, (_HRM_PRO,)),
    SensorClass.GARMIN_STRAP_BLE: Kit(_FR965, (*_STRAP, _LOSS), (_HRM_600,)),
    SensorClass.GARMIN_POD: Kit(_FR965, _STRAP, (_POD,)),
    SensorClass.GARMIN_WRIST: Kit(_FR255, _WATCH),
    SensorClass.COROS: Kit(_PACE, _WATCH),
    SensorClass.COROS_POD: Kit(_APEX, (*_WATCH, _LEFT)),
    SensorClass.APPLE: Kit(_device("Watch6,14", 0, "development", 255), (_STANCE, _OSCILLATION, _STEP)),
    SensorClass.STRYD: Kit(_FR255, (_STANCE, _OSCILLATION), app="stryd"),
    SensorClass.MODEL_DERIVED: Kit(_FITNESS, (_STANCE, _OSCILLATION)),
    SensorClass.OTHER: Kit(_FITNESS, (_STANCE, _OSCILLATION)),
    SensorClass.NONE: Kit(_device("Forerunner 245", 3076), ()),
}


# What goes wrong with recordings: a sensor that slips, freezes or stops, a watch that loses its signal.


class Fault(Record, frozen=True, kw_only=True):
    """Between two seconds a channel is "lost", "scaled" or "set" by `value`, or "frozen" at its first value."""

    kind: str  # text and no enum: the id of a run is a hash of how its scene prints, and fixtures are named by it
    channel: str  # does not matter where "hidden" leaves out the records themselves, without a pause
    start_s: float
    end_s: float
    value: float = 0.0

    def covers(self, time_s: Array) -> npt.NDArray[np.bool_]:
        """Which of these moments it falls on."""
        return (time_s >= self.start_s) & (time_s < self.end_s)


def damaged(channels: Mapping[str, Array], time_s: Array, faults: tuple[Fault, ...]) -> dict[str, Array]:
    """The channels after all faults; those that a sensor does not record are left out in silence."""
    after = dict(channels)
    for fault in faults:
        if fault.channel in after:
            inside, values = fault.covers(time_s), after[fault.channel]
            effects: dict[str, Array | float] = {
                "lost": np.nan,
                "set": fault.value,
                "scaled": values * fault.value,
                "frozen": values[np.argmax(inside)],
                "hidden": values,
            }
            after[fault.channel] = np.where(inside, effects[fault.kind], values)
    return after


def visible(time_s: Array, faults: tuple[Fault, ...]) -> npt.NDArray[np.bool_]:
    """Which records were written at all."""
    seen = np.ones(len(time_s), dtype=bool)
    for fault in faults:
        if fault.kind == "hidden":
            seen &= ~fault.covers(time_s)
    return seen


DEMO_RUNNER = Runner(height_m=1.78, mass_kg=70.0)
DEMO_SEED = 8
_BURST = Offsets(-0.8, 0.0, 0.8)  # accelerating is piston-like, and normal


class Scene(Record, frozen=True, kw_only=True):
    """Where and how a simulated run is recorded."""

    plan: tuple[Segment, ...] = PLANS["easy"]
    runner: Runner = DEMO_RUNNER
    sensor: str = "garmin_strap"  # a provenance class
    started_at: datetime = datetime(2026, 11, 8, 6, 42, tzinfo=UTC)
    utc_offset_s: int = 3600
    shift: Offsets = Offsets()  # systematic errors of what is read, in SD of zSL, zDF and (third) zB
    fade: Offsets = Offsets()  # reached at the end of the run
    balance_left: float = 0.497
    dropout: float = 0.01  # share of seconds without dynamics
    missing: tuple[str, ...] = ()  # channels that are not recorded
    faults: tuple[Fault, ...] = ()
    smart: bool = False  # a record every 2 to 9 s
    indoor: bool = False  # a treadmill, without position
    foot_pod: bool = False  # a sensor of its speed

    @property
    def frame(self) -> Frame:
        """What the scores of this scene are measured against."""
        return Frame(runner=self.runner, sensor=self.sensor)


# What the sensors make of a gait.


def read_gait(gait: Gait, course: Course, scene: Scene, rng: np.random.Generator) -> dict[str, Array]:
    """Every channel that the sensor class records, with its noise; each shape (n,), NaN where it has no value."""
    n, frame, recorded = len(course), scene.frame, KITS[scene.sensor].dynamics
    cadence = SECONDS_PER_MINUTE / gait.step_time_s + ar1(rng, n, sd=_CADENCE_SD_SPM, rho=_RHO)
    # Half the noise is left: a walk has a steady beat, and must stay below the cadence of running.
    cadence = np.where(course.walking, 112.0 + (cadence - np.median(cadence)) / 2, cadence)
    stance = 2 * gait.step_time_s * gait.duty_factor + ar1(rng, n, sd=_STANCE_SD_S, rho=_RHO)
    oscillation = oscillation_m(gait) + ar1(rng, n, sd=_OSCILLATION_SD_M, rho=_RHO)
    speed = np.maximum(course.speed_mps + ar1(rng, n, sd=_SPEED_SD_MPS, rho=_RHO), 0.0)
    # Some sensors measure nothing of their own: whatever the runner does, they say speed and cadence again.
    step_time = SECONDS_PER_MINUTE / cadence
    if scene.sensor == SensorClass.GARMIN_WRIST:
        usual = usual_gait(np.clip(speed, 1.5, None), frame)
        # A little duty factor is added for each step a minute.
        duty = usual.duty_factor + 0.0008 * (cadence - SECONDS_PER_MINUTE / usual.step_time_s)
        stance = 2 * step_time * duty
        oscillation = frame.k_ref * GRAVITY_MPS2 * step_time**2 * (1 / 8 - SINE * duty)
    if scene.sensor in (SensorClass.STRYD, SensorClass.MODEL_DERIVED):
        oscillation = 0.98 * GRAVITY_MPS2 * step_time**2 * (1 / 8 - SINE * stance / (2 * step_time))
    # Devices give no contact time or oscillation while walking.
    stance, oscillation = (np.where(course.walking, np.nan, values) for values in (stance, oscillation))
    step = speed * SECONDS_PER_MINUTE / cadence
    dynamics = {
        _STANCE: stance,
        _DUTY: np.round(stance * cadence / (2 * SECONDS_PER_MINUTE) / _STANCE_PERCENT_STEP) * _STANCE_PERCENT_STEP,
        _OSCILLATION: oscillation,
        _STEP: step,
        # A strap's vertical ratio is filtered by itself and reads a little low.
        _RATIO: oscillation / np.where(step > 0, step, np.nan) * (0.975 if _DUTY in recorded else 1.0),
        _LEFT: np.where(np.isnan(stance), np.nan, scene.balance_left + ar1(rng, n, sd=0.008, rho=_RHO)),
        _LOSS: np.where(np.isnan(stance), np.nan, 0.1 * course.speed_mps),
    }
    channels = {"speed_mps": speed, "distance_m": np.cumsum(speed), "cadence_spm": cadence}
    if not scene.indoor:
        channels["altitude_m"] = course.altitude_m + ar1(rng, n, sd=0.1, rho=_RHO)
    # Heart rate and power look like a run; nothing is judged by them.
    pulse: Array = 80 + 24 * course.speed_mps + 0.15 * (course.time_s / SECONDS_PER_MINUTE)
    power: Array = (scene.runner.mass_kg or 70.0) * course.speed_mps * (1.04 + 4.0 * course.grade)
    channels |= {"heart_rate_bpm": np.minimum(pulse, 188.0).round(), "power_w": np.maximum(power, 0.0).round()}
    return channels | {name: dynamics[name] for name in recorded}


# One run: a pattern, a scene and a seed become an activity.

_SCENE = Scene()


def simulate(pattern: Pattern, seed: int, *, scene: Scene = _SCENE) -> Activity:
    """One run of a runner with this pattern, as a reader would return it. Deterministic by all arguments."""
    rng = np.random.default_rng(seed)
    course, kit = lay(scene.plan, rng), KITS[scene.sensor]
    # The order is that of the world: a body moves, sensors read it, the air loses some, faults come on top, and the
    # watch writes what is left. Each step draws from the generator in turn, so a new step goes to the end.
    channels = read_gait(_gait(pattern, course, scene), course, scene, rng)
    silent = stretches(rng, len(course), share=scene.dropout, length=20)
    channels |= {name: np.where(silent, np.nan, channels[name]) for name in kit.dynamics}
    channels = {name: values for name, values in channels.items() if name not in scene.missing}
    channels = damaged(channels, course.time_s, scene.faults)
    kept = visible(course.time_s, scene.faults)
    if scene.smart:
        # The shortest steps possible would need this many draws; the rest falls off the end.
        at = np.cumsum(rng.integers(2, 10, size=len(course) // 2))
        kept &= np.isin(np.arange(len(course)), at)
    time_s, given = frozen(course.time_s[kept]), {name: frozen(values[kept]) for name, values in channels.items()}
    # Where an app records the dynamics, they are its own and stand beside what the watch has.
    own = kit.dynamics if kit.app else ()
    theirs = {name: values for name, values in given.items() if name in (*own, "cadence_spm", "power_w")}
    samples = Samples(time_s=time_s, **{name: values for name, values in given.items() if name not in own})
    activity = _activity(f"{pattern.name}-{seed}", course, scene, samples)
    # The id is that of the text of all that was asked for: the same run has the same one, in every process.
    identity = hashlib.sha256(repr((pattern, seed, scene)).encode()).hexdigest()[:12]
    return activity.replace(id=identity, alternatives={kit.app: Samples(time_s=time_s, **theirs)} if kit.app else {})


def simulate_demo() -> Activity:
    """The run of `kneedrive demo`: neutral at most paces, shuffle-like when slow."""
    scene = Scene(plan=PLANS["demo"], runner=DEMO_RUNNER, balance_left=0.488)
    return simulate(PATTERNS["shuffle-when-slow"], DEMO_SEED, scene=scene).replace(name="demo")


def _gait(pattern: Pattern, course: Course, scene: Scene) -> Gait:
    progress = course.time_s / course.elapsed_s
    offsets = pattern.at(course.speed_mps) + np.outer([*scene.fade], progress) + np.outer([*_BURST], course.bursting)
    # Walking pace lies outside the reference; its gait is replaced where it is read.
    speed_mps = np.maximum(course.speed_mps, 1.0)
    planted = planted_gait(offsets, speed_mps, course.grade, scene.frame)
    return shifted_gait(planted, scene.shift, speed_mps, scene.frame)


def _activity(name: str, course: Course, scene: Scene, samples: Samples) -> Activity:
    kit, whole_m = KITS[scene.sensor], float(course.distance_m[-1])
    # A lap a kilometre, as watches have them.
    marks = np.arange(METRES_PER_KM, whole_m, METRES_PER_KM)
    ends = [0.0, *course.time_s[np.searchsorted(course.distance_m, marks)].tolist(), course.elapsed_s]
    lengths = np.diff([0.0, *marks.tolist(), whole_m]).tolist()
    averaged = {each: values for each, values in samples.present().items() if each not in ("distance_m", "altitude_m")}
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
        duration_s=course.elapsed_s - sum(pause.end_s - pause.start_s for pause in course.pauses),
        elapsed_s=course.elapsed_s,
        distance_m=whole_m,
        records=len(samples.time_s),
        positioned=not scene.indoor,
        samples=samples,
        laps=tuple(Lap(start_s=a, end_s=b, distance_m=m) for (a, b), m in zip(pairwise(ends), lengths, strict=True)),
        pauses=course.pauses,
        averages={each: float(np.nanmean(v)) for each, v in averaged.items() if not np.isnan(v).all()},
    )


# Weeks of runs.

_TURNS = (("easy", 6), ("progressive", 17), ("fast", 12))  # the week's runs in turn, and at which hour (UTC)


class History(Record, frozen=True, kw_only=True):
    """A runner over weeks. The pattern at the start moves by `change_D` along the drive axis."""

    pattern: Pattern
    first_at: datetime  # aware UTC, some time on the Monday of the first week
    weeks: int = 16
    runs_a_week: int = 3
    change_D: float = 0.0  # linear over the weeks
    step_week: int | None = None  # before which the change comes at once instead; 0 is the first
    run_sd: float = 0.4  # of D, from run to run
    week_sd: float = 0.0  # slow drift of the weeks, AR(1)
    week_rho: float = 0.5
    sensor_week: int | None = None  # from which on the runs are recorded by the next sensor
    next_sensor: str = "garmin_wrist"
    scene: Scene = Scene()


def simulate_history(history: History, seed: int) -> Iterator[Activity]:
    """The runs of a history in order of time. Deterministic by both arguments."""
    rng = np.random.default_rng(seed)
    drift = ar1(rng, history.weeks, sd=history.week_sd, rho=history.week_rho)
    each_week = history.runs_a_week
    for week in range(history.weeks):
        changed = history.sensor_week is not None and week >= history.sensor_week
        sensor = history.next_sensor if changed else history.scene.sensor
        for run in range(each_week):
            reached = (week * each_week + run) / max(history.weeks * each_week - 1, 1)
            if history.step_week is not None:
                reached = float(week >= history.step_week)
            D = history.change_D * reached + drift[week] + history.run_sd * rng.standard_normal()
            # The same spread across the drive axis, as runners have it; it moves G and leaves D alone.
            G = history.run_sd * rng.standard_normal()
            # Half a turn apart, D and G mix the deviations of step time and duty factor.
            off = Offsets((G + D) / math.sqrt(2), (G - D) / math.sqrt(2))
            plan, hour = _TURNS[run % 3]
            at = history.first_at.replace(hour=hour) + timedelta(weeks=week, days=run * 7 // each_week)
            scene = history.scene.replace(started_at=at, plan=PLANS[plan], sensor=sensor)
            yield simulate(history.pattern.moved(off), int(rng.integers(2**32)), scene=scene)
