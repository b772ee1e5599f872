"""What --explain knows of the method: rules by label and formulas in words. The numbers come from Method alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, get_type_hints

from kneedrive.method import Method
from kneedrive.report.view import exact
from kneedrive.value import Value


class Condition(NamedTuple):
    """One bound of a label's rule: a score or part, a comparison, and the knob of LabelRules it is held against."""

    part: str
    relation: str
    knob: str
    sign: int = 1


RULES: dict[str, tuple[Condition, ...]] = {
    "piston-like": (
        Condition("P", "≥", "score"),
        Condition("zB", "≥", "piston_zB_min"),
        Condition("zSL", "≤", "piston_zSL_max"),
    ),
    "drive-like": (
        Condition("D", "≥", "score"),
        Condition("zSL", "≥", "drive_zSL_min"),
        Condition("zDF", "≤", "drive_zDF_max"),
    ),
    "shuffle-like": (
        Condition("D", "≤", "score", -1),
        Condition("zDF", "≥", "shuffle_zDF_min"),
        Condition("zSL", "≤", "shuffle_zSL_max"),
    ),
    "long-grounded": (
        Condition("G", "≥", "score"),
        Condition("zSL", ">", "corner_over"),
        Condition("zDF", ">", "corner_over"),
    ),
    "short-airy": (
        Condition("G", "≤", "score", -1),
        Condition("zSL", "<", "corner_over", -1),
        Condition("zDF", "<", "corner_over", -1),
    ),
}
RULES["short-grounded"] = RULES["shuffle-like"]
RULES["short-bounce"] = RULES["piston-like"] + RULES["shuffle-like"]

SCORED_BY = {
    "piston-like": ("P", 1),
    "drive-like": ("D", 1),
    "shuffle-like": ("D", -1),
    "short-grounded": ("D", -1),
    "long-grounded": ("G", 1),
    "short-airy": ("G", -1),
    "short-bounce": ("P", 1),
}

PARTS = {
    "zSL": "how long a step is for its speed: ln(T/T_exp)/s_T, T the time of a step (60/cadence)",
    "zDF": "how much of a stride a foot is on the ground: (DF−DF_exp)/s_DF, DF = contact time/(2T)",
    "zB": "bounce for the time of a step: ln(β/β_exp)/s_B, β = oscillation/(gT²)",
    "zk": "bounce that timing does not explain: ln(k/k_exp)/s_k, k = oscillation/(gT²(1/8−0.18169·DF))",
}

SCORES = {
    "D": "D = (zSL−zDF)/√2: long steps with short contact are above zero, short steps that stay on the ground below",
    "P": "P = (zB−zSL)/√2: bounce that does not buy step length is above zero",
    "G": "G = (zSL+zDF)/√2: long steps with long contact are above zero, short quick steps below",
    "K": "K = zk: torso bounce beyond timing",
}

PROBABILITY = "p = Φ((S/(1+s²) − {truth})/(s/√(1+s²)))"

_ONE_RUN = ("resampling", "epochs", "gait", "steady", "grade", "plausible", "population", "labels", "profile", "fade")


def usual(method: Method) -> tuple[str, ...]:
    """How what is usual at a speed v (m/s) and height h (m) is computed, each with its source."""
    known, sources = method.population, _sources(method.population)
    cadence = (
        f"usual cadence {exact(known.cadence_at_3_spm)} + {exact(known.cadence_per_mps)}·(v−3) "
        f"− {exact(-known.cadence_per_m)}·(h−{exact(known.height_m)}) steps/min [{sources['cadence_at_3_spm']}]"
    )
    duty = f"usual duty factor {exact(known.duty_base)} + {exact(known.duty_per_slowness)}/v [{sources['duty_base']}]"
    spreads = (
        f"spreads between runners: s_T {exact(known.sd_ln_T)}, without a known height {exact(known.sd_ln_T_no_height)} "
        f"[{sources['sd_ln_T']}]; s_DF {exact(known.sd_DF)} [{sources['sd_DF']}]; s_k {exact(known.sd_ln_k)} "
        f"[{sources['sd_ln_k']}]"
    )
    return cadence, duty, spreads


def _sources(rules: Value) -> dict[str, str]:
    hints = get_type_hints(type(rules), include_extras=True)
    return {name: hints[name].__metadata__[1] for name in rules._fields}


def knobs(method: Method) -> Iterator[tuple[str, str, Any, str, str]]:
    """Group, name, value, unit and source of every number that the analysis of one run uses, in order of definition."""
    for group in _ONE_RUN:
        rules = getattr(method, group)
        hints = get_type_hints(type(rules), include_extras=True)
        for name in rules._fields:
            unit, source = hints[name].__metadata__
            yield group, name, getattr(rules, name), unit, source
