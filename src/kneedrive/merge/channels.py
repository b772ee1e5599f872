"""One activity from the recordings of one run, channel by channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from kneedrive.merge.coverage import RULES, coverage, dynamics
from kneedrive.method import MergeRules
from kneedrive.model import Activity, Array, Note, frozen

# What may come from another recording; speed and distance are one measurement. Running dynamics and cadence are not
# among them: contact time and cadence make the duty factor together, and the provenance must be true of both.
LENT = (("speed_mps", "distance_m"), ("altitude_m",), ("heart_rate_bpm",), ("power_w",))


class Merged(NamedTuple):
    """A run made of several recordings. sources: the id of the activity that gives each channel."""

    activity: Activity
    sources: Mapping[str, str]


def ranked(
    activities: Iterable[Activity], standing: Mapping[str, int] | None = None, rules: MergeRules = RULES
) -> tuple[Activity, ...]:
    """The recordings of one run, richest first; what has no records comes last.

    standing: how much the sensor of an activity may say, by id; it goes before the number of dynamics. Then the
    cadence, a FIT file before any other, the number of records; the id decides between equals.
    """
    worth = standing or {}
    return tuple(
        sorted(
            activities,
            key=lambda each: (
                not len(each.samples.time_s),
                -worth.get(each.id, 0),
                -dynamics(each, rules),
                -int(coverage(each.samples.cadence_spm) >= rules.min_coverage),
                each.format != "fit",
                -len(each.samples.time_s),
                each.id,
            ),
        )
    )


def merge(
    activities: Sequence[Activity], standing: Mapping[str, int] | None = None, rules: MergeRules = RULES
) -> Merged:
    """One activity from the recordings of one run.

    The richest gives its time axis, its identity and all running dynamics, so that the provenance stays true. What it
    lacks (speed with distance, altitude, heart rate, power) comes from the recording that covers it best, resampled.
    A single activity comes back as it is. Raises ValueError for none.
    """
    if not activities:
        message = "nothing to merge"
        raise ValueError(message)
    lead, *others = ranked(activities, standing, rules)
    lent = {name: giver for channels in LENT for name, giver in _lend(lead, others, channels, rules).items()}
    samples = lead.samples.replace(**{name: onto(lead, giver, name, rules) for name, giver in lent.items()})
    sources = {name: lent[name].id if name in lent else lead.id for name in samples.present()}
    offsets = (each.utc_offset_s for each in (lead, *others) if each.utc_offset_s is not None)
    distances = (each.distance_m for each in (lead, *others) if each.distance_m is not None)
    merged = lead.replace(
        samples=samples,
        utc_offset_s=next(offsets, None),
        distance_m=next(distances, None),
        positioned=any(each.positioned for each in activities),
        notes=(*lead.notes, *_notes(lead, others, lent)),
    )
    return Merged(merged, sources)


def onto(lead: Activity, giver: Activity, name: str, rules: MergeRules = RULES) -> Array:
    """A channel of `giver` at the times of `lead`: linear between its values, NaN beyond them and in its gaps."""
    values = giver.samples.channel(name)
    shift_s = (giver.started_at - lead.started_at).total_seconds()
    at_s = lead.samples.time_s
    there = np.isfinite(values) if values is not None else np.zeros(0, dtype=bool)
    if values is None or not there.any():
        return frozen(np.full(len(at_s), np.nan))
    known_s, first = np.unique(giver.samples.time_s[there] + shift_s, return_index=True)
    lent = np.interp(at_s, known_s, values[there][first], left=np.nan, right=np.nan)
    return frozen(np.where(_gap_s(known_s, at_s) <= rules.gap_s, lent, np.nan))


def _gap_s(known_s: Array, at_s: Array) -> Array:
    """Distance between the two known times around each time; 0 on a known one, infinite beyond the last."""
    after = np.searchsorted(known_s, at_s, side="left")
    edges = np.concatenate(([-np.inf], known_s, [np.inf]))
    exact = edges[after + 1] == at_s
    return np.where(exact, 0.0, edges[after + 1] - edges[after])


def _lend(
    lead: Activity, others: Sequence[Activity], channels: Sequence[str], rules: MergeRules
) -> dict[str, Activity]:
    """Which other recording gives these channels, by channel; nothing where the lead has them or nobody is better."""
    own = coverage(lead.samples.channel(channels[0]))
    # Without records of its own the lead has no time axis to lend to.
    if own >= rules.min_coverage or not others or not len(lead.samples.time_s):
        return {}
    best = max(others, key=lambda each: coverage(onto(lead, each, channels[0], rules)))
    if coverage(onto(lead, best, channels[0], rules)) <= own:
        return {}
    return {name: best for name in channels if best.samples.channel(name) is not None}


def _notes(lead: Activity, others: Sequence[Activity], lent: Mapping[str, Activity]) -> tuple[Note, ...]:
    if not others:
        return ()
    from_others = ", ".join(f"{name} from {giver.id}" for name, giver in lent.items())
    text = f"one run from {len(others) + 1} recordings, led by {lead.id}" + (f"; {from_others}" if lent else "")
    return (Note(code="merged", text=text),)
