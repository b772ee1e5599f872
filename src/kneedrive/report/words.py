"""Every word a report chooses, in tables: labels, reasons, sensors, limits. Rules of speech:

A watch sees timing and bounce, so a label ends in "-like". Nothing is called good or bad. Every comparison is at the
same speed. A low vertical ratio is never part of drive, and much bounce alone is a note, not a verdict.
"""

from __future__ import annotations

from typing import NamedTuple

# Long steps may have longer contact than usual and still spend less of each step on the ground. So a label's evidence
# is the share of time on the ground, which it is made of, and not the contact time alone.
SPOKEN_METRICS = {"duty_factor": "each foot on the ground {} of the time"}


class Label(NamedTuple):
    """A label's words. role: its colour. cites: the metrics that show it best, in order."""

    name: str
    meaning: str
    role: str
    cites: tuple[str, ...]


LABELS = {
    "piston-like": Label(
        "piston-like",
        "you go up and down more than the length of your steps calls for at that speed",
        "piston",
        ("step_length_m", "cadence_spm"),
    ),
    "drive-like": Label(
        "drive-like",
        "your steps are longer than usual for that speed, and less of each is spent on the ground",
        "drive",
        ("step_length_m", "duty_factor", "flight_time_s"),
    ),
    "shuffle-like": Label(
        "shuffle-like",
        "your steps are shorter than usual for that speed, and more of each is spent on the ground",
        "shuffle",
        ("duty_factor", "flight_time_s", "cadence_spm"),
    ),
    "short-grounded": Label(
        "short, grounded steps",
        "your steps are shorter than usual for that speed, and more of each is spent on the ground",
        "shuffle",
        ("duty_factor", "flight_time_s", "cadence_spm"),
    ),
    "long-grounded": Label(
        "long, grounded steps",
        "your steps are longer than usual for that speed, and more of each is spent on the ground",
        "note",
        ("step_length_m", "duty_factor", "stance_time_s"),
    ),
    "short-airy": Label(
        "short, quick, light steps",
        "your steps are shorter and quicker than usual for that speed, and less of each is spent on the ground",
        "note",
        ("cadence_spm", "duty_factor", "stance_time_s"),
    ),
    "short-bounce": Label(
        "short steps with bounce",
        "your steps are shorter than usual for that speed, and you go up and down more than they call for",
        "piston",
        ("step_length_m", "duty_factor"),
    ),
    "neutral": Label(
        "neutral",
        "neither piston-like nor drive-like nor shuffle-like",
        "",
        ("cadence_spm", "stance_time_s", "vertical_oscillation_m"),
    ),
    "short-steps": Label(
        "short steps", "your steps are shorter than usual for that speed", "shuffle", ("step_length_m", "cadence_spm")
    ),
    "usual-steps": Label(
        "usual steps", "your steps are as long as usual for that speed", "", ("step_length_m", "cadence_spm")
    ),
    "long-steps": Label(
        "long steps", "your steps are longer than usual for that speed", "drive", ("step_length_m", "cadence_spm")
    ),
}

# A neutral run one part of which is far from usual: what it is called, and how it is said.
APART = {
    "short steps": ("short steps", "your steps are shorter than usual for that speed"),
    "long steps": ("long steps", "your steps are longer than usual for that speed"),
    "low duty factor": ("little time on the ground", "less of each step than usual is spent on the ground"),
    "high duty factor": ("much time on the ground", "more of each step than usual is spent on the ground"),
}

SCORES = {
    "D": "drive or shuffle",
    "P": "piston",
    "G": "long on the ground or short in the air",
    "K": "torso bounce",
}

SCORE_ENDS = {
    "D": ("shuffle-like", "drive-like"),
    "P": ("less bounce", "piston-like"),
    "zSL": ("shorter", "longer"),
}

CONFIDENCE = {
    "high": "the same runner on the same sensor",
    "moderate": "compared with other runners, with a sensor that measures and a known height",
    "low": "compared with other runners, and the sensor or the runner's height leaves room for doubt",
}

# Why a verdict that holds a runner against others is no surer.
OTHERS = "you are held against other runners"
DOUBTS = {
    "steps": "only the length of your steps can be judged",
    "sensor": "what is usual on this sensor is known less well than on a Garmin chest strap",
    "strap": "the file does not say which strap it was",
    "indoor": "speed indoors is less sure",
    "height": "your height is not known",
}
MARKEDLY = "“Markedly” says how far from usual you are, not how sure that is."
NO_SHUFFLE = "At this speed that is not called a shuffle; the word is kept for slower running."

OVER = {
    "scored epochs": "over the half-minutes that were scored",
    "all running epochs": "over all half-minutes of running",
    "all epochs": "over all half-minutes",
    "single seconds": "over single seconds",
    "session averages": "averages of the whole activity",
}

GATES = {
    "walking": "walking",
    "ambiguous": "between walking and running",
    "mixed": "part walking, part running",
    "gap": "gap in the recording",
    "few samples": "too few records",
    "start": "start of the run",
    "pause": "around a pause",
    "unsteady": "changing speed",
    "accelerating": "accelerating",
    "hilly": "too steep",
    "slow": "too slow to compare",
    "fast": "too fast to compare",
    "no speed": "no speed",
    "no cadence": "no cadence",
    "no stance time": "no contact time",
    "implausible": "impossible values",
    "flat line": "a sensor that stood still",
    "sensor jump": "a sensor whose level jumped",
    "cadence lock": "half or double cadence",
}

PROVENANCE = {
    "garmin_strap": "dynamics from a Garmin chest strap",
    "garmin_strap_ble": "dynamics from a Garmin HRM 600",
    "garmin_pod": "dynamics from a Garmin running dynamics pod",
    "garmin_wrist": "dynamics estimated at the wrist",
    "coros": "dynamics from COROS",
    "coros_pod": "dynamics from a COROS POD",
    "apple": "dynamics from an Apple Watch",
    "stryd": "dynamics from a Stryd pod",
    "model_derived": "dynamics from a sensor whose oscillation follows from its own timing",
    "other": "dynamics from a sensor kneedrive does not know",
    "none": "no running dynamics recorded",
}

_ANY_SENSOR = (
    "A Garmin chest strap or pod that measures running dynamics (HRM-Run, HRM-Tri, HRM-Pro), a COROS watch or a Stryd "
    "pod would say more."
)
_REAL_BOUNCE = (
    "Bounce takes a sensor that measures it and whose usual values are known: Garmin HRM-Run, HRM-Tri, HRM-Pro, the "
    "running dynamics pod, or a COROS watch."
)
MORE = {
    "garmin_strap": "",
    "garmin_pod": "",
    "coros": "",
    "garmin_wrist": _ANY_SENSOR,
    "none": _ANY_SENSOR,
    "stryd": _REAL_BOUNCE,
    "model_derived": _REAL_BOUNCE,
    "garmin_strap_ble": _REAL_BOUNCE,
    "coros_pod": _REAL_BOUNCE,
    "apple": _REAL_BOUNCE,
    "other": _REAL_BOUNCE,
}
HISTORY_HELPS = "No other sensor would say more; your own history would, since that comparison is far closer."

KNEE = (
    "It sees when your feet touch the ground and how your torso bounces, not the knee: “-like” means the timing that "
    "goes with such running. It tells nothing of angles, foot strike, economy or injury, and no pattern is good or bad."
)

NO_HEIGHT = "With --height 1.78 (metres) your steps would be held against those of runners as tall as you."
WRIST = (
    "Your watch works out contact time and oscillation from speed and cadence; they add nothing to those two, so "
    "neither drive nor bounce nor shuffle can be read from them."
)
SPEED_AND_CADENCE = (
    "This recording holds speed and cadence but no contact time, so only the length of the steps can be judged."
)
STRAVA_CREDIT = "Powered by Strava"  # their terms ask for it wherever their data are shown
STRAVA_STREAM = (
    "Strava hands on speed and cadence but no contact time and no oscillation, so whether this run was piston-like, "
    "drive-like or shuffle-like cannot be said from it; the file of the watch can tell: from the watch itself, through "
    "intervals.icu, or in Strava's bulk export."
)
SHORT_WHEN_SLOW = (
    "Short steps at a slow pace are compatible with a shuffle; only contact time from a sensor that measures it can "
    "tell."
)

FADED = {
    "cadence_spm": ("cadence rose", "cadence fell"),
    "step_length_m": ("steps lengthened", "steps shortened"),
    "stance_time_s": ("contact lengthened", "contact shortened"),
    "flight_time_s": ("time in the air grew", "time in the air shrank"),
    "duty_factor": ("more of each step was spent on the ground", "less of each step was spent on the ground"),
    "vertical_oscillation_m": ("oscillation grew", "oscillation shrank"),
    "vertical_ratio": ("vertical ratio rose", "vertical ratio fell"),
    "ln_k": ("torso bounce grew", "torso bounce shrank"),
}

CLASH = (
    "Words that clash: in the research on running styles, “forward” or “terrestrial” running means long contact and "
    "little bounce, and “aerial” running means the opposite. Coaches, and kneedrive with them, call it drive when the "
    "step is long and the contact short. What the research calls forward is closest to “long, grounded steps” here."
)

SPREADS = (
    "A spread is as far as runners at one speed usually lie apart (one standard deviation): about two in three lie "
    "within one spread of usual, 19 in 20 within two. Every score counts in spreads, and what stands behind ± is its "
    "standard error: two times in three the truth lies within it. What is scored is half-minutes of running; the "
    "numbers of the method call them epochs."
)
LETTERS = (
    "D, the drive score: long steps with little time on the ground are above zero, short steps that stay on the "
    "ground below. P, the piston score: bounce beyond the length of the step. G: long steps with long contact are "
    "above zero, short light ones below. K, torso bounce: the up and down that the timing of the feet does not explain."
)
STEP = (
    "A step goes from one foot to the other. Garmin, Apple and Polar call its length stride length. Cadence counts the "
    "steps of both feet. The duty factor is the share of a stride (two steps) that one foot is on the ground; flight "
    "time is what is left of a step."
)
SPLIT = (
    "Oscillation is how far the torso goes up and down in a step. The vertical ratio (oscillation per step length) "
    "can differ from usual for three reasons that add up exactly as logarithms, "
    "ln VR = ln T + ln B + ln k: longer steps, more air in a step (B = 1/8−0.18169·DF), torso bounce. At one speed "
    "longer steps and shorter contact raise it, so a low vertical ratio is never taken for drive."
)
