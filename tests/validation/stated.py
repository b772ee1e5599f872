"""Part (g): true runners drawn from the model, seen through each class: are the odds that are stated true?"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from kneedrive.analysis.posterior import (
    RULED_OUT_ALOUD,
    RULES,
    at_most_leaning,
    axes,
    conditioned,
    measured_rows,
    prior_cov,
    regions,
    spread,
)
from kneedrive.patterns import Pattern
from kneedrive.recording import Array
from tests.seen_by import errors_in_z, scale_at
from tests.validation.page import Section, paragraph, percent, several, table, two
from tests.validation.sizes import Crew, Size

Mask = npt.NDArray[np.bool_]

RUNNERS = {"full": 40_000, "quick": 1_000}
AT_ONCE = 50  # runners whose points are in memory together; more fall out of the cache and take twice as long
FEW = 1_000  # cases below which a bin proves nothing
FEW_RUNNERS = 12_000  # fewer leave most bins with too few cases to judge the limits by
HONEST = 0.05  # how far the share of right ones may be from what was stated
UNTRUE_MAX, WRONG_MAX = 0.15, 0.02  # of the spoken; of what is ruled out
PATTERN_BINS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)
KNEE_BINS = (0.8, 0.85, 0.9, 0.95, 1.0)
OTHER_R = RULES.r_range


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Runners at one speed, seen by one class. r: the true correlation of zSL and zDF between runners."""

    sensor: str
    height_known: bool = True
    speed_mps: float = 2.8
    r: float = RULES.r_zSL_zDF
    runners: int = RUNNERS["full"]

    @property
    def name(self) -> str:
        """The row of the table."""
        what = "steps alone" if self.sensor == "none" else f"`{self.sensor}`"
        height = "" if self.height_known else ", height not known"
        speed = "" if self.speed_mps == 2.8 else f", {self.speed_mps} m/s"
        return f"{what}{height}{speed}"


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What was stated and what is true, one row a runner: columns in the order of `patterns`."""

    case: Case
    patterns: tuple[Pattern, ...]
    odds: Array  # runners x patterns
    true: Mask  # runners x patterns
    less: Array  # p(h < 0)
    truly_less: Mask
    measured: tuple[str, ...]
    seen: Array  # runners x measured, z


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """How often something was said, the mean of the odds stated with it, and how often it was true."""

    said: float
    stated: float
    right: float
    count: int


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was stated at odds from low to high."""

    low: float
    high: float
    stated: float
    right: float
    count: int

    @property
    def gap(self) -> float:
        """Right minus stated."""
        return self.right - self.stated


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """Of one case: what was spoken, leant to, said of the knee and ruled out (right: truly absent), and by bins.

    spoken and leaning are of the leading pattern other than neutral; the bins hold every pattern at 0.5 and more.
    """

    case: Case
    spoken: Share
    leaning: Share
    knee: Share
    ruled_out: Share
    timing_ruled_out: Share  # of drive and shuffle only; of drive where nobody shuffles
    bins: tuple[Bin, ...]
    knee_bins: tuple[Bin, ...]

    @property
    def largest_gap(self) -> float:
        """Over the bins with enough cases; NaN where there is none."""
        gaps = [abs(each.gap) for each in (*self.bins, *self.knee_bins) if each.count >= FEW]
        return max(gaps, default=math.nan)


# Shares that were expected of these errors before the code was written: spoken, right, leaning, right, knee.
EXPECTED: Mapping[tuple[str, bool], tuple[float | None, ...]] = {
    ("garmin_strap", True): (0.18, 0.91, 0.31, 0.62, 0.20),
    ("coros", True): (0.13, 0.89, 0.32, 0.61, 0.17),
    ("stryd", True): (0.11, 0.90, 0.29, 0.62, 0.17),
    ("none", True): (None, None, 0.275, 0.57, 0.10),
}
EXPECTED_RULED_OUT = {"garmin_strap": 0.56, "none": 0.46}


def drawn(case: Case) -> Drawn:
    """Draw the true runners and their errors, and state what the posterior states. The same case draws the same."""
    random = np.random.default_rng(zlib.crc32(msgspec.json.encode(case)))
    scale = scale_at(case.speed_mps, case.sensor)
    truth = random.multivariate_normal(
        np.zeros(4), prior_cov(RULES.replace(r_zSL_zDF=case.r)), case.runners, method="cholesky"
    )
    systematic = errors_in_z(case.sensor, scale, height_known=case.height_known)
    rows, sd = measured_rows(tuple(systematic), scale), np.array(list(systematic.values()))
    seen = truth @ rows.T + sd * random.standard_normal((case.runners, len(sd)))
    gain, cov = conditioned(prior_cov(), rows, sd**2)
    mean = seen @ gain.T
    held = regions(axes(truth, scale), case.speed_mps)
    odds = [
        [
            mass.mean(axis=-1)
            for mass in regions(axes(spread(mean[start : start + AT_ONCE], cov), scale), case.speed_mps).values()
        ]
        for start in range(0, case.runners, AT_ONCE)
    ]
    return Drawn(
        case=case,
        patterns=tuple(held),
        odds=np.concatenate([np.array(some).T for some in odds]),
        true=np.array(list(held.values())).T,
        less=norm.cdf(-mean[:, 3] / np.sqrt(cov[3, 3])),
        truly_less=truth[:, 3] < 0.0,
        measured=tuple(systematic),
        seen=seen,
    )


def truth_of(case: Case) -> Truth:
    """All that is asked of one case."""
    what = drawn(case)
    place = {pattern: column for column, pattern in enumerate(what.patterns)}
    best = what.odds.argmax(axis=1)
    stated, right = (each[np.arange(len(best)), best] for each in (what.odds, what.true))
    held_back = np.array(
        [at_most_leaning(pattern, what.measured, case.speed_mps) for pattern in what.patterns], dtype=bool
    )
    named = best != place[Pattern.NEUTRAL]
    spoken = named & (stated >= RULES.spoken) & ~held_back[best]
    leaning = named & (stated >= RULES.leaning) & ~spoken
    sure = np.maximum(what.less, 1.0 - what.less)
    knee_right = np.where(what.less > 0.5, what.truly_less, ~what.truly_less)
    aloud = [pattern for pattern in RULED_OUT_ALOUD if pattern in place]
    every = what.odds >= RULES.leaning
    return Truth(
        case=case,
        spoken=share(spoken, stated, right),
        leaning=share(leaning, stated, right),
        knee=share(sure >= RULES.spoken, sure, knee_right),
        ruled_out=_absent(what, [place[pattern] for pattern in aloud]),
        timing_ruled_out=_absent(what, [place[pattern] for pattern in aloud if pattern is not Pattern.PISTON]),
        bins=binned(what.odds[every], what.true[every], PATTERN_BINS),
        knee_bins=binned(sure, knee_right, KNEE_BINS),
    )


def share(said: Mask, stated: Array, right: Mask) -> Share:
    """Over what was said; NaN where nothing was."""
    count = int(said.sum())
    means = (float(stated[said].mean()), float(right[said].mean())) if count else (math.nan, math.nan)
    return Share(said=float(said.mean()), stated=means[0], right=means[1], count=count)


def _absent(what: Drawn, columns: Sequence[int]) -> Share:
    """Of all pairs of a runner and one of these patterns: how many were ruled out, and how many of those are absent."""
    odds = what.odds[:, columns]
    return share(odds <= RULES.ruled_out, 1.0 - odds, ~what.true[:, columns])


def binned(stated: Array, right: Mask, edges: Sequence[float]) -> tuple[Bin, ...]:
    """Right ones by what was stated; empty bins are left out, the last one includes its end."""
    found = []
    for low, high in pairwise(edges):
        inside = (stated >= low) & ((stated < high) | (high == edges[-1]))
        one = share(inside, stated, right)
        if one.count:
            found.append(Bin(low=low, high=high, stated=one.stated, right=one.right, count=one.count))
    return tuple(found)


def cases(runners: int) -> list[Case]:
    """Every kind of error with and without the height, and a strap at other speeds."""
    kinds = ("garmin_strap", "coros", "stryd", "none")
    known = [Case(sensor=sensor, height_known=height, runners=runners) for height in (True, False) for sensor in kinds]
    return known + [Case(sensor="garmin_strap", speed_mps=speed, runners=runners) for speed in (2.3, 3.5, 4.5)]


def misspecified(runners: int) -> list[Case]:
    """Truths whose correlation is not the one that is believed."""
    return [Case(sensor=sensor, r=r, runners=runners) for sensor in ("none", "garmin_strap") for r in OTHER_R]


def part(size: Size, crew: Crew) -> Section:
    """The section."""
    runners = RUNNERS[size.name]
    honest = crew.over(truth_of, cases(runners))
    other = crew.over(truth_of, misspecified(runners))
    return Section("g", "Stated odds, by sensor and from steps alone", (*_by_sensor(honest, runners), *_other_r(other)))


def _by_sensor(found: Sequence[Truth], runners: int) -> tuple[str, ...]:
    gap = max((each.largest_gap for each in found if not math.isnan(each.largest_gap)), default=math.nan)
    untrue = max((1.0 - each.spoken.right for each in found if each.spoken.count >= FEW), default=math.nan)
    wrong = max((1.0 - each.ruled_out.right for each in found if each.ruled_out.count >= FEW), default=math.nan)
    held = gap <= HONEST and untrue <= UNTRUE_MAX and wrong <= WRONG_MAX
    text = paragraph(
        f"{several(runners, 'true runner')} a row, drawn from the joint distribution that the posterior assumes, each "
        "with one systematic error per part, at 2.8 m/s where the row names no other. This proves the arithmetic and "
        "the words, not the distribution. Spoken and leaning are of the leading pattern other than neutral.",
        f"Where there are {FEW:,} cases and more, the largest gap between stated and true in a bin is {two(gap)} "
        f"(limit {HONEST}); of what was spoken at most {percent(untrue)} is untrue (limit {percent(UNTRUE_MAX)}), of "
        f"what was ruled out at most {percent(wrong)} is true (limit {percent(WRONG_MAX)}).",
        "" if runners < FEW_RUNNERS else "All three limits hold." if held else "Not every limit holds.",
        "In brackets what was expected of these errors before the code was written.",
    )
    head = ("seen by", "spoken", "right", "leaning", "right", "knee said", "right", "drive, shuffle ruled out", "wrong")
    return text, table(head, [_row(each) for each in found])


def _row(of: Truth) -> tuple[str, ...]:
    key = (of.case.sensor, of.case.height_known)
    at_base = of.case.speed_mps == 2.8
    hoped = EXPECTED.get(key, (None,) * 5) if at_base else (None,) * 5
    ruled_out = EXPECTED_RULED_OUT.get(of.case.sensor) if at_base and of.case.height_known else None
    return (
        of.case.name,
        _beside(percent(of.spoken.said), hoped[0], percent),
        _beside(two(of.spoken.right), hoped[1], two),
        _beside(percent(of.leaning.said), hoped[2], percent),
        _beside(two(of.leaning.right), hoped[3], two),
        _beside(percent(of.knee.said), hoped[4], percent),
        two(of.knee.right),
        _beside(percent(of.timing_ruled_out.said), ruled_out, percent),
        percent(1.0 - of.ruled_out.right),
    )


def _beside(found: str, hoped: float | None, write: Callable[[float], str]) -> str:
    return found if hoped is None else f"{found} ({write(hoped)})"


def _other_r(found: Sequence[Truth]) -> tuple[str, ...]:
    worst = max(found, key=lambda each: abs(each.leaning.right - each.leaning.stated))
    text = paragraph(
        f"**If the correlation is wrong.** The posterior believes r(zSL, zDF) = {two(RULES.r_zSL_zDF)}; here the true "
        "runners have another. What is said of a leading pattern other than neutral, and how often it is true:",
        f"the largest gap is {two(abs(worst.leaning.right - worst.leaning.stated))} ({worst.case.name}, r = "
        f"{two(worst.case.r)}). That is why odds from steps alone are said in fifths, with their range.",
    )
    rows = [
        (
            each.case.name,
            two(each.case.r),
            two(each.leaning.stated),
            two(each.leaning.right),
            two(each.spoken.stated),
            two(each.spoken.right),
        )
        for each in found
    ]
    return text, table(("seen by", "true r", "leaning, stated", "true", "spoken, stated", "true"), rows)
