"""One run from several recordings: which belong together, and which of them gives which channel.

Nothing here depends on the order in which recordings came: the same set always gives the same runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import combinations
from typing import TypeVar

import numpy as np

from kneedrive.method import MergeRules
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Note, Outline, Runner, coverage, frozen
from kneedrive.stats import median

MEASURED = ("stance_time_s", "vertical_oscillation_m", "balance_left", "step_speed_loss_mps")
RULES = MergeRules()

T = TypeVar("T")


def dynamics(activity: Activity) -> int:
    """How many running dynamics were measured in enough records, by the watch or by the best developer fields."""
    sets = (activity.samples, *activity.alternatives.values())
    return max(sum(coverage(each.channel(name)) >= RULES.min_coverage for name in MEASURED) for each in sets)


# Which recordings are of one run: by start, duration, distance and heart rate.

Pair = frozenset[str]


class Alike(StrEnum):
    """Whether two recordings are of one run."""

    SAME = "same"
    OVERLAPPING = "overlapping"  # in time, but not alike
    SEPARATE = "separate"


class Against(StrEnum):
    """What tells two recordings apart; empty, and so false, for those of one run."""

    NOTHING = ""
    FILE = "same file"
    START = "start"
    DURATION = "duration"
    DISTANCE = "distance"
    HEART_RATE = "heart rate"
    NO_HEART_RATE = "heart rate unknown"
    NO_DISTANCE = "distance unknown"


# Reasons that keep two recordings apart even where a third is like both.
CONFLICTS = (Against.HEART_RATE, Against.NO_HEART_RATE, Against.FILE)


class Match(Record, frozen=True, kw_only=True):
    """How two recordings compare. Differences are absolute; None where one of the two does not say."""

    verdict: Alike
    reason: Against
    start_s: float
    duration_s: float
    distance: float | None  # relative to the longer one
    heart_rate_bpm: float | None


def outline(activity: Activity) -> Outline:
    """What of an activity is compared with others."""
    beats = activity.samples.heart_rate_bpm
    known = beats[np.isfinite(beats)] if beats is not None else np.zeros(0)
    sensor = activity.device
    return Outline(
        id=activity.id,
        format=activity.format,
        device=sensor.name if sensor.product else f"{sensor.maker} {sensor.product_id or ''}".strip(),
        # The store keeps milliseconds; a borderline pair must not depend on whether one was read back.
        started_at=activity.started_at.replace(microsecond=activity.started_at.microsecond // 1000 * 1000),
        duration_s=activity.duration_s,
        elapsed_s=activity.elapsed_s,
        distance_m=activity.distance_m,
        heart_rate_bpm=median(known) if len(known) else None,
        dynamics=dynamics(activity),
    )


def alike(a: Outline, b: Outline) -> Match:
    """Whether two recordings are of one run; symmetric.

    Start within `start_s`, duration and distance alike, and similar heart rate where both have it. Two watches that
    started together may belong to two people: two FIT files need heart rate on both sides, unless they agree so
    closely that one is a copy of the other.
    """
    both = None if a.distance_m is None or b.distance_m is None else (a.distance_m, b.distance_m)
    hearts = None if a.heart_rate_bpm is None or b.heart_rate_bpm is None else a.heart_rate_bpm - b.heart_rate_bpm
    match = Match(
        verdict=Alike.SAME,
        reason=Against.NOTHING,
        start_s=abs((a.started_at - b.started_at).total_seconds()),
        # Sources differ in whether pauses count, so the times that agree best are the ones compared.
        duration_s=min(abs(x - y) for x in (a.duration_s, a.elapsed_s) for y in (b.duration_s, b.elapsed_s)),
        distance=None if both is None else abs(both[0] - both[1]) / max(*both, 1.0),
        heart_rate_bpm=None if hearts is None else abs(hearts),
    )
    reason = _reason(a, b, match)
    if not reason:
        return match
    ends = (each.started_at + timedelta(seconds=each.elapsed_s) for each in (a, b))
    overlap_s = (min(ends) - max(a.started_at, b.started_at)).total_seconds()
    beside = reason is Against.FILE or overlap_s < RULES.overlap_s
    return match.replace(verdict=Alike.SEPARATE if beside else Alike.OVERLAPPING, reason=reason)


def _reason(a: Outline, b: Outline, match: Match) -> Against:
    longest_s = max(a.duration_s, b.duration_s)
    longest_m = max(a.distance_m or 0.0, b.distance_m or 0.0)
    apart_m = 0.0 if match.distance is None else match.distance * longest_m
    near = max(match.start_s, match.duration_s) <= RULES.twin_s
    # One recording written twice, not two people who ran together.
    twins = near and (match.distance or 0.0) <= RULES.twin_share
    unknown = match.heart_rate_bpm is None and not twins
    # Only a watch writes FIT; GPX, TCX and Strava answers are mostly copies of what one wrote.
    two_watches = a.format == b.format == "fit"
    against = {
        Against.FILE: a.id.partition("-")[0] == b.id.partition("-")[0],
        Against.START: match.start_s > RULES.start_s,
        Against.DURATION: match.duration_s > _allowed(longest_s, RULES.duration_s, RULES.duration_share),
        Against.DISTANCE: apart_m > _allowed(longest_m, RULES.distance_m, RULES.distance_share),
        Against.HEART_RATE: (match.heart_rate_bpm or 0.0) > RULES.heart_rate_bpm,
        Against.NO_HEART_RATE: two_watches and unknown,
        Against.NO_DISTANCE: match.distance is None and unknown,
    }
    return next((reason for reason, holds in against.items() if holds), Against.NOTHING)


def _allowed(longest: float, fixed: float, share: float) -> float:
    """How far two may differ: a fixed amount or a share of the longer, but never most of a short one."""
    return max(share * longest, min(fixed, RULES.most_share * longest))


def groups(outlines: Iterable[Outline], apart: frozenset[Pair] = frozenset()) -> tuple[tuple[str, ...], ...]:
    """The runs that these recordings are of: ids by run, both levels sorted.

    What is like the same third recording belongs together, closest pairs first, unless the runner split the two
    (`apart`: pairs of ids) or their heart rates say that they are two people.
    """
    known = {each.id: each for each in sorted(outlines, key=lambda each: each.id)}
    matches = {pair: alike(known[pair[0]], known[pair[1]]) for pair in combinations(known, 2)}
    barred = {frozenset(pair) for pair, match in matches.items() if match.reason in CONFLICTS} | apart
    # The most alike first; ids decide between equals.
    closest = sorted(
        (match.start_s, match.duration_s, match.distance or 0.0, pair)
        for pair, match in matches.items()
        if match.verdict is Alike.SAME
    )
    run_of = {name: {name} for name in known}
    for *_, pair in closest:
        left, right = (run_of[name] for name in pair)
        if left is not right and not any(frozenset((x, y)) in barred for x in left for y in right):
            # All recordings of a run share one set, so that what joins one of them joins all.
            left |= right
            run_of.update(dict.fromkeys(right, left))
    return tuple(sorted({tuple(sorted(run)) for run in run_of.values()}))


def strangers(outlines: Iterable[Outline], apart: frozenset[Pair] = frozenset()) -> tuple[tuple[str, str, Match], ...]:
    """Pairs that overlap in time and are not of one run: perhaps somebody else's file. Splits are left out."""
    known = {each.id: each for each in outlines}
    run_of = {name: run for run in groups(known.values(), apart) for name in run}
    pairs = (pair for pair in combinations(sorted(known), 2) if run_of[pair[0]] != run_of[pair[1]])
    compared = ((*pair, alike(known[pair[0]], known[pair[1]])) for pair in pairs if frozenset(pair) not in apart)
    return tuple(each for each in compared if each[2].verdict is not Alike.SEPARATE)


# One activity from the recordings of one run, channel by channel.

# What may come from another recording; speed and distance are one measurement. Running dynamics and cadence are not
# among them: contact time and cadence make the duty factor together, and the provenance must be true of both.
LENT = (("speed_mps", "distance_m"), ("altitude_m",), ("heart_rate_bpm",), ("power_w",))


class Merged(Record, frozen=True, kw_only=True):
    """A run made of several recordings."""

    activity: Activity
    sources: Mapping[str, str]  # the id of the activity that gives each channel


def ranked(activities: Iterable[Activity], standing: Mapping[str, int] | None = None) -> tuple[Activity, ...]:
    """The recordings of one run, richest first; what has no records comes last.

    standing: how much the sensor of an activity may say, by id; it goes before the number of dynamics. Then the
    cadence, a FIT file before any other, the number of records; the id decides between equals.
    """
    worth = standing or {}

    def place(each: Activity) -> tuple[object, ...]:
        paced = coverage(each.samples.cadence_spm) >= RULES.min_coverage
        records = len(each.samples.time_s)
        richness = (worth.get(each.id, 0), dynamics(each), paced, each.format == "fit", records)
        return (not records, *(-rank for rank in richness), each.id)

    return tuple(sorted(activities, key=place))


def merge(activities: Sequence[Activity], standing: Mapping[str, int] | None = None) -> Merged:
    """One activity from the recordings of one run.

    The richest gives its time axis, its identity and all running dynamics, so that the provenance stays true. What it
    lacks (speed with distance, altitude, heart rate, power) comes from the recording that covers it best, resampled.
    A single activity comes back as it is. Raises ValueError for none.
    """
    if not activities:
        raise ValueError("nothing to merge")
    lead, *others = everybody = ranked(activities, standing)
    lent = {name: giver for channels in LENT for name, giver in _lend(lead, others, channels).items()}
    samples = lead.samples.replace(**{name: onto(lead, giver, name) for name, giver in lent.items()})
    sources = {name: lent[name].id if name in lent else lead.id for name in samples.present()}
    from_others = ", ".join(f"{name} from {giver.id}" for name, giver in lent.items())
    text = f"one run from {len(everybody)} recordings, led by {lead.id}" + (f"; {from_others}" if lent else "")
    merged = lead.replace(
        samples=samples,
        utc_offset_s=_first(each.utc_offset_s for each in everybody),
        distance_m=_first(each.distance_m for each in everybody),
        positioned=any(each.positioned for each in everybody),
        wearer=Runner(
            height_m=_first(each.wearer.height_m for each in everybody),
            mass_kg=_first(each.wearer.mass_kg for each in everybody),
        ),
        notes=(*lead.notes, Note(code="merged", text=text)) if others else lead.notes,
    )
    return Merged(activity=merged, sources=sources)


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def onto(lead: Activity, giver: Activity, name: str) -> Array:
    """A channel of `giver` at the times of `lead`: linear between its values, NaN beyond them and in its gaps."""
    values = giver.samples.channel(name)
    shift_s = (giver.started_at - lead.started_at).total_seconds()
    at_s = lead.samples.time_s
    there = np.isfinite(values) if values is not None else np.zeros(0, dtype=bool)
    if values is None or not there.any():
        return frozen(np.full(len(at_s), np.nan))
    known_s, first = np.unique(giver.samples.time_s[there] + shift_s, return_index=True)
    lent = np.interp(at_s, known_s, values[there][first], left=np.nan, right=np.nan)
    # The gap between the two known times around each time: none on a known one, infinite beyond the last.
    after = np.searchsorted(known_s, at_s, side="left")
    edges = np.concatenate(([-np.inf], known_s, [np.inf]))
    gap_s = np.where(edges[after + 1] == at_s, 0.0, edges[after + 1] - edges[after])
    return frozen(np.where(gap_s <= RULES.gap_s, lent, np.nan))


def _lend(lead: Activity, others: Sequence[Activity], channels: Sequence[str]) -> dict[str, Activity]:
    """Which other recording gives these channels, by channel; nothing where the lead has them or nobody is better."""
    own = coverage(lead.samples.channel(channels[0]))
    # Without records of its own the lead has no time axis to lend to.
    if own >= RULES.min_coverage or not others or not len(lead.samples.time_s):
        return {}
    best = max(others, key=lambda each: coverage(onto(lead, each, channels[0])))
    if coverage(onto(lead, best, channels[0])) <= own:
        return {}
    return {name: best for name in channels if best.samples.channel(name) is not None}
