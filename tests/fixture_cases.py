"""The recordings of a simulated runner that become fixtures: one for each label, gate, missing metric and sensor."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from kneedrive.recording import Activity, Runner
from kneedrive.simulate import DEMO_SEED, simulate_demo
from kneedrive.simulate.gait import PATTERNS, Offsets, true_scores
from kneedrive.simulate.scene import KITS, PLANS, Fault, Scene, Segment, simulate
from tests.fit_activity import activity_fit

SEED = 20
DYNAMICS = KITS["garmin_strap"].dynamics
SHORT = (Segment(400, 2.7), Segment(320, 2.6))
EASY = (Segment(420, 2.75), Segment(360, 2.55), Segment(300, 2.85))
FAST = (Segment(240, 3.2), Segment(840, 3.5))


class Case(NamedTuple):
    """One fixture: path without ending, a sentence about it, its bytes, and what is true of it."""

    name: str
    about: str
    body: bytes
    truth: dict[str, Any]
    ending: str = ".fit"


def recordings() -> Iterator[Case]:
    """All recordings, in a fixed order."""
    yield from _labels()
    yield from _gates()
    yield from _missing()
    yield from _sensors()


def _case(name: str, about: str, pattern: str, scene: Scene, **expected: Any) -> Case:
    activity = simulate(PATTERNS[pattern], SEED, scene=scene)
    return Case(name, about, activity_fit(activity), _truth(activity, pattern, scene, expected))


def _truth(activity: Activity, pattern: str, scene: Scene, expected: dict[str, Any]) -> dict[str, Any]:
    speed_mps = _running_speed(activity)
    # A run that fades is on the whole where it is half-way.
    whole = PATTERNS[pattern].moved(Offsets(*(offset / 2 for offset in scene.fade)))
    scores = true_scores(whole, speed_mps, scene.frame)
    runner = {"height_m": scene.runner.height_m, "mass_kg": scene.runner.mass_kg}
    planted = {"pattern": pattern, "seed": SEED, "sensor": scene.sensor, "runner": runner, "speed_mps": speed_mps}
    rounded = {name: round(value, 3) + 0.0 for name, value in scores.items()}
    return {
        "planted": planted | {"true_scores": rounded},
        "expected": {"provenance": scene.sensor, "records": activity.records, **expected},
    }


def _running_speed(activity: Activity) -> float:
    samples = activity.samples
    assert samples.speed_mps is not None
    running = samples.speed_mps[samples.speed_mps > 1.9]
    return round(float(np.median(running)), 2) if running.size else round(float(np.median(samples.speed_mps)), 2)


_LABELS = (
    ("piston", "piston-like", EASY),
    ("drive", "drive-like", EASY),
    ("shuffle", "shuffle-like", EASY),
    ("long-grounded", "long-grounded", EASY),
    ("short-airy", "short-airy", EASY),
    ("short-bounce", "shuffle-like", EASY),
    ("short-grounded", "short-grounded", FAST),
    ("neutral", "neutral", EASY),
)


def _labels() -> Iterator[Case]:
    for pattern, label, plan in _LABELS:
        about = f"a run whose timing is {label} at every pace, by more than every bound of the pattern"
        both = {"labels": [label, "piston-like"]} if pattern == "short-bounce" else {}
        yield _case(f"labels/{pattern}", about, pattern, Scene(plan=plan), label=label, **both)
    bouncy = "long steps with much bounce: no pattern"
    yield _case("labels/bouncy", bouncy, "bouncy", Scene(plan=EASY), label="neutral")
    slow = "neutral at most paces, shuffle-like when slow, getting faster all the way"
    progressive = Scene(plan=PLANS["progressive"])
    yield _case("labels/shuffle-when-slow", slow, "shuffle-when-slow", progressive, slow_label="shuffle-like")
    tired = "contact gets longer at the same speed towards the end"
    faded = Scene(plan=PLANS["long"], fade=Offsets(0.0, 0.75, 0.0))
    yield _case("labels/fading", tired, "neutral", faded, fade="changed")
    yield _demo()


def _demo() -> Case:
    demo = simulate_demo()
    about = "the run of `kneedrive demo`: paces, hills, a light, a walk, three accelerations"
    expected = {"slow_label": "shuffle-like", "accelerations": 3, "fade": "no change"}
    truth = _truth(demo, "shuffle-when-slow", Scene(plan=PLANS["demo"]), expected)
    truth["planted"]["seed"] = DEMO_SEED
    return Case("labels/demo", about, activity_fit(demo), truth)


def _between(kind: str, *channels: str, value: float = 0.0) -> tuple[Fault, ...]:
    """A fault of these channels from the fifth to the eighth minute."""
    return tuple(Fault(kind=kind, channel=channel, start_s=300, end_s=480, value=value) for channel in channels)


_STANCE, _OSCILLATION = "stance_time_s", "vertical_oscillation_m"
_FAULTS = {
    "gap": (
        "two seconds in three are lost for three minutes",
        tuple(Fault(kind="hidden", channel="", start_s=s, end_s=s + 12) for s in range(300, 480, 15)),
    ),
    "ambiguous": ("cadence between walking and running", _between("set", "cadence_spm", value=137)),
    "cadence-lock": ("the watch doubles the cadence", _between("scaled", "cadence_spm", value=2.0)),
    "no-cadence": ("no cadence for three minutes", _between("lost", "cadence_spm")),
    "flat-line": ("contact time and oscillation frozen", _between("frozen", _STANCE, "duty_factor", _OSCILLATION)),
    "implausible": ("contact and bounce that no runner has", _between("scaled", _STANCE, _OSCILLATION, value=0.3)),
    "no-stance-time": ("no dynamics for three minutes", _between("lost", *DYNAMICS)),
    "no-speed": ("no speed for three minutes: a tunnel", _between("lost", "speed_mps", "distance_m")),
    "strap-slipped": (
        "the strap slips: bounce jumps by a quarter",
        (Fault(kind="scaled", channel=_OSCILLATION, start_s=360, end_s=9999, value=1.25),),
    ),
    "oscillation-unit": (
        "oscillation ten times too small",
        (Fault(kind="scaled", channel=_OSCILLATION, start_s=0, end_s=9999, value=0.1),),
    ),
}
_COURSES = {
    "walking": ("walking breaks between running", "sauntering"),
    "hilly": ("slopes of 4.5 % (half weight) and 8 % (left out)", "hilly"),
    "accelerating": ("six accelerations", "sprints"),
    "unsteady": ("the pace changes every half minute", "surges"),
    "slow": ("eight minutes slower than anything scored", "crawl"),
    "fast": ("four minutes faster than anything scored", "track"),
    "pause": ("a pause every four minutes", "interrupted"),
    "start": ("nothing odd: the first minute is left out of every run", "steady"),
    "too-short": ("six minutes: too few epochs to judge", "short"),
    "a-walk": ("a walk from beginning to end", "walk"),
}
_EXPECTED: dict[str, dict[str, Any]] = {
    "too-short": {"status": "too few epochs"},
    "a-walk": {"status": "walk", "gate": "walking", "provenance": "none"},
    "strap-slipped": {},
    "oscillation-unit": {"analysis_notes": ["oscillation_unit"]},
}


def _gates() -> Iterator[Case]:
    for name, (about, faults) in _FAULTS.items():
        yield _case(
            f"gates/{name}",
            about,
            "neutral",
            Scene(plan=SHORT, faults=faults),
            **_gate(name),
        )
    for name, (about, plan) in _COURSES.items():
        yield _case(f"gates/{name}", about, "neutral", Scene(plan=PLANS[plan]), **_gate(name))
    smart = "smart recording: a record every 2 to 9 seconds, scored all the same"
    yield _case("gates/smart-recording", smart, "shuffle", Scene(plan=EASY, smart=True), label="shuffle-like")
    treadmill = Scene(plan=EASY, indoor=True)
    yield _case(
        "gates/treadmill", "a treadmill: no step-length axis", "neutral", treadmill, surface="indoor", scores=[]
    )
    pod = Scene(plan=EASY, indoor=True, foot_pod=True)
    about = "a treadmill with a foot pod that measures the speed"
    yield _case("gates/treadmill-foot-pod", about, "drive", pod, surface="indoor", label="drive-like")
    tall = Scene(plan=EASY, runner=Runner())
    yield _case("gates/unknown-height", "height is not known: wider spreads", "drive", tall, label="drive-like")


def _gate(name: str) -> dict[str, Any]:
    return _EXPECTED.get(name, {"gate": name.replace("-", " ")})


_WITHOUT = {
    "cadence_spm": "",
    "stance_time_s": "P",
    "vertical_oscillation_m": "DG",
    "speed_mps": "",
    "altitude_m": "DGKP",
    "balance_left": "DGKP",
    "heart_rate_bpm": "DGKP",
    "step_length_m": "DGKP",
}
# What a reader or the analysis would make the missing channel from.
_IMPLIED = {"speed_mps": ("distance_m", "step_length_m", "vertical_ratio"), "stance_time_s": ("duty_factor",)}


def _missing() -> Iterator[Case]:
    for channel, scores in _WITHOUT.items():
        yield _without(channel, scores)
    silent = Scene(plan=SHORT, missing=DYNAMICS)
    about = "a strap was there and gave no dynamics"
    yield _case("missing/dynamics", about, "shuffle", silent, provenance="none", scores=[])
    late = Scene(plan=SHORT, faults=tuple(Fault(kind="lost", channel=name, start_s=0, end_s=300) for name in DYNAMICS))
    yield _case("missing/late-dynamics", "dynamics begin after five minutes", "neutral", late)


def _without(channel: str, scores: str) -> Case:
    whole = Scene(plan=SHORT)
    scene = whole.replace(missing=(channel, *_IMPLIED.get(channel, ())))
    activity = simulate(PATTERNS["neutral"], SEED, scene=scene)
    expected = {"scores": list(scores), "missing": channel}
    # The planted scores are told at the speed of the run, also where the speed is what is missing.
    truth = _truth(simulate(PATTERNS["neutral"], SEED, scene=whole), "neutral", scene, expected)
    return Case(f"missing/{channel.replace('_', '-')}", f"a run without {channel}", activity_fit(activity), truth)


_SENSORS = {
    "garmin_strap": "DPGK",
    "garmin_strap_ble": "DG",
    "garmin_pod": "DPGK",
    "garmin_wrist": "",
    "coros": "DPGK",
    "coros_pod": "DG",
    "apple": "DG",
    "stryd": "DG",
    "model_derived": "DG",
    "other": "DG",
    "none": "",
}


def _sensors() -> Iterator[Case]:
    for sensor, scores in _SENSORS.items():
        about = f"a shuffle-like runner recorded by class {sensor}"
        scene = Scene(plan=SHORT, sensor=sensor)
        yield _case(f"sensors/{sensor.replace('_', '-')}", about, "shuffle", scene, scores=sorted(scores))
