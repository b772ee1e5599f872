"""Analyses made by hand: one per kind of report, with invented numbers that fit together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from kneedrive.analysis.result import (
    Acceleration,
    Analysis,
    Balance,
    Change,
    ChannelSummary,
    Epochs,
    Fade,
    Finding,
    PaceBand,
    Quality,
    Score,
    Scores,
    ShuffleOnset,
    Slow,
    Spread,
    Unjudged,
    VrSplit,
)
from kneedrive.method import Method
from kneedrive.recording import Activity, Note, Runner, Samples, Sensor, frozen
from kneedrive.sensors import REFERENCES

UNKNOWN = Score(reason="not measured")


def usual_at(speed_mps: float) -> dict[str, float]:
    """What is usual at a speed for a runner of 1.78 m with a Garmin strap."""
    cadence = 167.5 + 6.5 * (speed_mps - 3.0)
    duty = 0.237 + 0.390 / speed_mps
    step = 60.0 / cadence
    oscillation = 1.28 * 9.81 * step**2 * (0.125 - 0.18169 * duty)
    return measured(speed_mps, cadence, 2 * step * duty, oscillation)


def measured(speed_mps: float, cadence_spm: float, stance_s: float, oscillation_m: float) -> dict[str, float]:
    """The metrics that follow from four numbers."""
    step = 60.0 / cadence_spm
    return {
        "speed_mps": speed_mps,
        "cadence_spm": cadence_spm,
        "step_length_m": speed_mps * step,
        "stance_time_s": stance_s,
        "flight_time_s": step - stance_s,
        "duty_factor": stance_s / (2 * step),
        "vertical_oscillation_m": oscillation_m,
        "vertical_ratio": oscillation_m / (speed_mps * step),
    }


def scores(d: float | None, p: float | None, **z: float) -> Scores:
    """D and P with their usual errors; G and K neutral."""

    def score(amount: float | None, se: float) -> Score:
        return UNKNOWN if amount is None else Score(value=amount, se=se)

    return Scores(
        D=score(d, 0.57), P=score(p, 0.45), G=score(0.1 if d is not None else None, 0.57), K=score(0.2, 0.9), z=z
    )


def band(low_mps: float, epochs: int, label: str, d: float | None, p: float | None, **change: float) -> PaceBand:
    """A pace band whose metrics are the usual ones, multiplied by `change`."""
    speed = low_mps + 0.13
    usual = usual_at(speed)
    metrics = {key: amount * change.get(key, 1.0) for key, amount in usual.items()}
    return PaceBand(
        low_mps=low_mps,
        high_mps=low_mps + 0.25,
        speed_mps=speed,
        epochs=epochs,
        seconds=epochs * 30.0,
        scores=scores(d, p, zSL=change.get("zSL", 0.0)),
        label=label,
        probability=0.93 if label != "neutral" else None,
        metrics=metrics,
        usual=usual,
    )


def spreads(metrics: Mapping[str, float], n: int) -> dict[str, Spread]:
    """A tenth to each side."""
    return {key: Spread(median=v, p10=v * 0.95, p90=v * 1.05, n=n) for key, v in metrics.items()}


def activity(**given: Any) -> Activity:
    """A run of 12.4 km on a Sunday morning."""
    time_s = frozen(np.arange(0.0, 40.0))
    defaults: dict[str, Any] = {
        "id": "3f2a9c01b7de",
        "format": "fit",
        "name": "morning.fit",
        "started_at": datetime(2026, 11, 8, 6, 42, 10, tzinfo=UTC),
        "utc_offset_s": 3600,
        "sport": "running",
        "sub_sport": "generic",
        "device": Sensor(maker="garmin", product="fr965", maker_id=1, product_id=4315, firmware="22.26"),
        "sensors": (Sensor(maker="garmin", product="hrm_pro_plus", ant_device_type=30, source="antplus"),),
        "duration_s": 4351.0,
        "elapsed_s": 4460.0,
        "distance_m": 12403.0,
        "records": 4351,
        "positioned": True,
        "samples": Samples(
            time_s=time_s,
            speed_mps=frozen(np.full(40, 2.8)),
            cadence_spm=frozen(np.full(40, 168.0)),
            stance_time_s=frozen(np.r_[np.full(10, np.nan), np.full(30, 0.27)]),
        ),
    }
    return Activity(**(defaults | given))


def no_epochs() -> Epochs:
    """An analysis without a single epoch."""
    return Epochs(start_s=frozen([]), weight=frozen([]), reason=np.array([], dtype=np.str_), columns={})


FINDING = Finding(
    scope="run", label="neutral", strength="mild", certainty="spoken", probability=None, confidence="moderate"
)
QUALITY = Quality(
    epochs_total=142,
    epochs_scored=96,
    excluded={"hilly": 24, "walking": 9, "accelerating": 8, "no stance time": 5},
    coverage={"stance_time_s": 0.97, "vertical_oscillation_m": 0.97},
    notes=(),
)


def analysis(**given: Any) -> Analysis:
    """A neutral run on a Garmin strap, with every part filled."""
    metrics = measured(2.85, 168.0, 0.268, 0.092)
    defaults: dict[str, Any] = {
        "activity": activity(),
        "runner": Runner(height_m=1.78),
        "method": Method(),
        "status": "assessed",
        "status_reason": "",
        "provenance": "garmin_strap",
        "provenance_reason": "ANT+ device type 30 with product hrm_pro_plus",
        "reference": REFERENCES["garmin_strap"],
        "surface": "outdoor",
        "quality": QUALITY,
        "metrics": spreads(metrics, 96),
        "metrics_over": "scored epochs",
        "usual": usual_at(2.85),
        "scores": scores(0.1, 0.3, zSL=0.1, zDF=-0.1, zB=0.5, zk=0.2),
        "findings": (FINDING,),
        "unjudged": (Unjudged(what="leg stiffness", reason="the runner's mass is not known"),),
        "pace_profile": (
            band(2.25, 18, "neutral", -0.4, 0.1),
            band(2.50, 29, "neutral", -0.1, 0.2),
            band(2.75, 36, "neutral", 0.2, 0.4),
            band(3.00, 9, "neutral", 0.3, 0.4),
            band(3.25, 4, "neutral", 0.6, 0.2),
        ),
        "shuffle_onset": ShuffleOnset(verdict="none"),
        "slow": Slow(speed_mps=2.49, epochs=24, share_flight_under_40ms=0.04),
        "vr_split": VrSplit(ln_VR=0.012, ln_T=0.004, ln_B=0.003, ln_k=0.005),
        "balance": Balance(left=0.493, same_side=0.91, epochs=96),
        "accelerations": (
            Acceleration(start_s=2410, end_s=2432, from_mps=2.9, to_mps=4.4, cadence_spm=186, stance_time_s=0.21),
            Acceleration(start_s=2690, end_s=2711, from_mps=2.8, to_mps=4.5, cadence_spm=187, stance_time_s=0.21),
        ),
        "fade": Fade(verdict="no change", blocks=14, speed_mps=2.83, changes={"stance_time_s": change(0.002, 0.006)}),
        "channels": {
            "speed_mps": ChannelSummary(coverage=1.0, median=2.84),
            "stance_time_s": ChannelSummary(coverage=0.97, median=0.269),
            "vertical_oscillation_m": ChannelSummary(coverage=0.97, median=0.092),
            "power_w": ChannelSummary(coverage=0.0, median=None),
        },
        "epochs": no_epochs(),
    }
    return Analysis(**(defaults | given))


def change(difference: float, threshold: float, *, notable: bool = False) -> Change:
    """A change with an interval of half its threshold to each side."""
    return Change(
        difference=difference,
        low=difference - threshold / 2,
        high=difference + threshold / 2,
        threshold=threshold,
        notable=notable,
    )


def finding(label: str, **given: Any) -> Finding:
    """A spoken, mild finding about the run."""
    defaults: dict[str, Any] = {
        "scope": "run",
        "label": label,
        "strength": "mild",
        "certainty": "spoken",
        "probability": 0.91,
        "confidence": "moderate",
    }
    return Finding(**(defaults | given))


def shuffle_when_slow() -> Analysis:
    """Neutral at most paces, shuffle-like below 6:40 /km; contact lengthens late in the run."""
    slow = {
        "cadence_spm": 1.06,
        "stance_time_s": 1.05,
        "flight_time_s": 0.5,
        "step_length_m": 0.94,
        "duty_factor": 1.11,
    }
    plain = analysis()
    return plain.replace(
        findings=(FINDING, finding("shuffle-like", scope="slow", probability=0.93, evidence={"D": -1.7})),
        pace_profile=(
            band(2.25, 18, "shuffle-like", -1.7, 0.6, **slow),
            band(2.50, 29, "neutral", -0.7, 0.4),
            *plain.pace_profile[2:],
        ),
        shuffle_onset=ShuffleOnset(verdict="at", speed_mps=2.5),
        slow=Slow(speed_mps=2.49, epochs=24, share_flight_under_40ms=0.34),
        fade=Fade(
            verdict="changed",
            blocks=14,
            speed_mps=2.83,
            changes={
                "stance_time_s": change(0.009, 0.006, notable=True),
                "cadence_spm": change(-2.6, 2.0, notable=True),
                "vertical_oscillation_m": change(0.001, 0.004),
                "ln_k": change(0.05, 0.03, notable=True),
            },
        ),
    )


def piston() -> Analysis:
    """More bounce than the steps call for, at every pace."""
    lift = {"vertical_oscillation_m": 1.2, "vertical_ratio": 1.2, "step_length_m": 0.97, "cadence_spm": 1.03}
    usual = usual_at(2.85)
    return analysis(
        findings=(finding("piston-like", strength="marked", probability=0.97, qualifiers=("extra torso bounce",)),),
        scores=scores(-0.3, 2.1, zSL=-0.6, zDF=-0.2, zB=2.4, zk=2.2),
        metrics=spreads({key: amount * lift.get(key, 1.0) for key, amount in usual.items()}, 96),
        pace_profile=(
            band(2.50, 29, "piston-like", -0.4, 2.2, **lift),
            band(2.75, 36, "piston-like", -0.3, 2.1, **lift),
            band(3.00, 9, "piston-like", 0.1, 1.9, **lift),
        ),
        accelerations=(),
        balance=None,
    )


def drive(certainty: str = "spoken") -> Analysis:
    """Long steps that leave the ground early."""
    lift = {
        "step_length_m": 1.06,
        "stance_time_s": 0.93,
        "flight_time_s": 1.35,
        "cadence_spm": 0.94,
        "duty_factor": 0.88,
    }
    usual = usual_at(2.85)
    return analysis(
        findings=(finding("drive-like", certainty=certainty, probability=0.9 if certainty == "spoken" else 0.66),),
        scores=scores(1.6, 0.2, zSL=1.2, zDF=-1.1, zB=1.4, zk=0.2),
        metrics=spreads({key: amount * lift.get(key, 1.0) for key, amount in usual.items()}, 96),
        pace_profile=(band(2.75, 36, "drive-like", 1.6, 0.2, **lift), band(3.50, 9, "drive-like", 3.4, 0.1, **lift)),
    )


def wrist() -> Analysis:
    """A watch that computes its dynamics: steps only."""
    none = Score(reason="the contact time and oscillation of this watch are computed from speed and cadence")
    judged = Scores(D=none, P=none, G=none, K=none, z={"zSL": -0.9})
    plain = analysis()
    return plain.replace(
        activity=activity(sensors=()),
        provenance="garmin_wrist",
        provenance_reason="a Garmin watch with oscillation and no strap or pod",
        reference=REFERENCES["garmin_wrist"],
        findings=(finding("short-steps", certainty="spoken", confidence="low", evidence={"zSL": -0.9}),),
        scores=judged,
        pace_profile=tuple(band.replace(scores=judged, label="short-steps") for band in plain.pace_profile[:3]),
        usual={
            key: amount for key, amount in plain.usual.items() if key in ("speed_mps", "cadence_spm", "step_length_m")
        },
        unjudged=(Unjudged(what="drive, piston and shuffle", reason=none.reason),),
        shuffle_onset=ShuffleOnset(verdict="unjudged"),
        slow=Slow(speed_mps=2.49, epochs=24, share_flight_under_40ms=None, reason=none.reason),
        vr_split=None,
        balance=None,
        fade=Fade(verdict="no change", blocks=14, speed_mps=2.83),
    )


def stryd() -> Analysis:
    """Contact time and no oscillation of its own: drive and shuffle, bounce unknown."""
    unknown = Score(reason="Stryd computes oscillation from its own contact time and cadence")
    plain = analysis()
    timing = ("cadence_spm", "step_length_m", "stance_time_s", "flight_time_s", "duty_factor")
    return plain.replace(
        provenance="stryd",
        provenance_reason="recorded by Stryd itself",
        reference=REFERENCES["stryd"],
        runner=Runner(),
        scores=plain.scores.replace(P=unknown, K=unknown),
        findings=(
            finding("drive-like", certainty="leaning", probability=0.7, confidence="low", also=("long-grounded",)),
        ),
        pace_profile=tuple(
            one.replace(
                scores=one.scores.replace(P=unknown, K=unknown),
                usual={key: one.usual[key] for key in timing},
                label=label,
                probability=probability,
            )
            for one, label, probability in zip(
                plain.pace_profile,
                ("neutral", "neutral", "drive-like", "drive-like", "long-grounded"),
                (0.9, 0.8, 0.66, 0.88, 0.4),
                strict=True,
            )
        ),
        unjudged=(Unjudged(what="piston-like", reason=unknown.reason),),
        vr_split=None,
        shuffle_onset=ShuffleOnset(verdict="every"),
        slow=Slow(speed_mps=2.49, epochs=24, share_flight_under_40ms=0.0),
    )


def oscillation_only() -> Analysis:
    """Speed, cadence and oscillation: bounce, and neither drive nor shuffle."""
    unknown = Score(reason="contact time was not recorded")
    plain = piston()
    kept = ("cadence_spm", "step_length_m", "vertical_oscillation_m", "vertical_ratio")
    return plain.replace(
        scores=plain.scores.replace(D=unknown, G=unknown, K=unknown),
        pace_profile=tuple(
            one.replace(
                scores=one.scores.replace(D=unknown, G=unknown, K=unknown),
                metrics={key: one.metrics[key] for key in kept},
                label="neutral",
                probability=None,
            )
            for one in plain.pace_profile
        ),
        unjudged=(Unjudged(what="drive and shuffle", reason=unknown.reason),),
        fade=Fade(verdict="not enough", blocks=3, reason="3 pairs match in speed; 6 are needed"),
        shuffle_onset=ShuffleOnset(verdict="unjudged"),
        slow=Slow(speed_mps=None, epochs=0, share_flight_under_40ms=None, reason=unknown.reason),
    )


def _bare(metrics: Mapping[str, float], n: int, reason: str) -> dict[str, Any]:
    """What an analysis without scores has in common."""
    none = Score(reason=reason)
    return {
        "scores": Scores(D=none, P=none, G=none, K=none),
        "findings": (),
        "metrics": spreads(metrics, n),
        "metrics_over": "all running epochs",
        "pace_profile": (),
        "shuffle_onset": ShuffleOnset(verdict="unjudged"),
        "slow": Slow(speed_mps=None, epochs=0, share_flight_under_40ms=None, reason=reason),
        "vr_split": None,
        "balance": None,
        "accelerations": (),
        "fade": Fade(verdict="not enough", blocks=0, reason=reason),
        "unjudged": (Unjudged(what="drive, piston and shuffle", reason=reason),),
    }


def speed_and_cadence() -> Analysis:
    """A GPX or Strava run: speed and cadence, no offset, no device."""
    reason = "this recording holds no contact time and no oscillation"
    metrics = {
        key: amount for key, amount in usual_at(2.85).items() if key in ("speed_mps", "cadence_spm", "step_length_m")
    }
    return analysis(
        **_bare(metrics, 90, reason)
        | {
            "activity": activity(format="gpx", utc_offset_s=None, device=Sensor(maker=""), sensors=()),
            "provenance": "none",
            "provenance_reason": "no channel of running dynamics",
            "reference": REFERENCES["none"],
            "metrics_over": "scored epochs",
            "findings": (finding("usual-steps", probability=None, confidence="low"),),
            "usual": metrics,
        }
    )


def treadmill() -> Analysis:
    """Indoors without a foot pod: timing without step length."""
    reason = "the speed of a treadmill run is a guess without a foot pod (--speed-calibrated says it is not)"
    return analysis(
        **_bare(measured(2.8, 170.0, 0.26, 0.09), 88, reason)
        | {
            "surface": "indoor",
            "activity": activity(sub_sport="treadmill", positioned=False),
            "metrics_over": "scored epochs",
            "usual": {},
        }
    )


def walk() -> Analysis:
    """Walking with dynamics."""
    reason = "the cadence stays under 135 steps a minute: this is walking"
    return analysis(
        **_bare(measured(1.5, 112.0, 0.479, 0.045), 60, reason)
        | {
            "status": "walk",
            "status_reason": reason,
            "quality": QUALITY.replace(epochs_scored=0, excluded={"walking": 140, "gap": 2}),
            "metrics_over": "all epochs",
            "usual": {},
            "activity": activity(sport="walking"),
        }
    )


def too_few() -> Analysis:
    """Four steady half-minutes."""
    reason = "4 steady half-minutes where 10 are needed"
    return analysis(
        **_bare(measured(2.8, 170.0, 0.26, 0.09), 31, reason)
        | {
            "status": "too few epochs",
            "status_reason": reason,
            "quality": QUALITY.replace(
                epochs_total=44, epochs_scored=4, excluded={"hilly": 27, "unsteady": 11, "start": 2}
            ),
        }
    )


def averages_only() -> Analysis:
    """A file whose session has averages and no samples."""
    reason = "the file holds averages and no samples"
    return analysis(
        **_bare({}, 0, reason)
        | {
            "status": "no samples",
            "status_reason": reason,
            "activity": activity(records=0, averages={"cadence_spm": 166.0, "stance_time_s": 0.281}),
            "quality": Quality(epochs_total=0, epochs_scored=0, excluded={}, coverage={}),
            "usual": {},
            "channels": {},
        }
    )


def not_a_run() -> Analysis:
    """A bike ride."""
    reason = "the file says cycling"
    return analysis(
        **_bare({}, 0, reason)
        | {
            "status": "not a run",
            "status_reason": reason,
            "activity": activity(sport="cycling", device=Sensor(maker="wahoo_fitness", product="elemnt")),
            "quality": Quality(
                epochs_total=0,
                epochs_scored=0,
                excluded={},
                coverage={},
                notes=(Note(code="crc", text="the checksum of the file does not match", offset=48213),),
            ),
            "provenance": "none",
            "usual": {},
        }
    )


CASES = {
    case.__name__: case
    for case in (
        analysis,
        shuffle_when_slow,
        piston,
        drive,
        wrist,
        stryd,
        oscillation_only,
        speed_and_cadence,
        treadmill,
        walk,
        too_few,
        averages_only,
        not_a_run,
    )
}
