"""How the run stands at each of its paces, from which pace down it is shuffle-like, and what its slow part is like."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kneedrive.analysis import features, posterior, scores
from kneedrive.analysis.posterior import Certainty
from kneedrive.analysis.reference import OF_BOUNCE, OF_DYNAMICS, OF_STEPS, Case, expected
from kneedrive.analysis.result import Balance, Epochs, OnsetVerdict, PaceBand, ShuffleOnset, Slow, VrSplit
from kneedrive.patterns import Pattern
from kneedrive.stats import Mask, below, medians, middle

METRICS = (*OF_STEPS, *OF_DYNAMICS, *OF_BOUNCE, "balance_left", "heart_rate_bpm", "power_w")


def pace_profile(epochs: Epochs, reasons: Mapping[str, str], case: Case) -> tuple[PaceBand, ...]:
    """The bands of speed with enough scored epochs, slow to fast; reasons: why a score would have no value."""
    rules = case.method.profile
    if not case.speed_trusted:
        return ()
    number = np.floor(np.where(epochs.scored, epochs["speed_mps"], np.nan) / rules.band_mps)
    bands, counts = np.unique(number[np.isfinite(number)], return_counts=True)
    made = []
    # Bands of too few epochs are left out, not joined to their neighbours: that would move their speed.
    for band in bands[counts >= rules.band_epochs].tolist():
        where = number == band
        at = scores.standing(epochs, where, rules.band_epochs, case)
        found = None if at is None else at.posterior
        named = () if found is None else posterior.leading(found, case.method.posterior)
        table = medians(np.array([epochs[key][where] for key in METRICS]))
        speed = middle(epochs["speed_mps"][where])
        made.append(
            PaceBand(
                low_mps=band * rules.band_mps,
                high_mps=(band + 1.0) * rules.band_mps,
                speed_mps=speed,
                epochs=int(where.sum()),
                seconds=float(where.sum() * case.method.epochs.length_s),
                scores=scores.scores_of(at, reasons),
                metrics={k: v for k, v in zip(METRICS, table.tolist(), strict=True) if np.isfinite(v)},
                usual=scores.usual_at(speed, case),
                posterior=found,
                leading=named,
                certainty=posterior.certainty(named[0], found, case.method.posterior) if found else Certainty.OPEN,
            )
        )
    return tuple(made)


def shuffle_onset(bands: tuple[PaceBand, ...], epochs: Epochs, case: Case) -> ShuffleOnset:
    """The upper edge of the fastest band such that it and every slower one are shuffle-like and a faster one is not."""
    if case.by_steps or not any(band.scores.D.value is not None for band in bands):
        return ShuffleOnset(verdict=OnsetVerdict.UNJUDGED)
    odds = [band.posterior.odds.get(Pattern.SHUFFLE, 0.0) if band.posterior else 0.0 for band in bands]
    shuffles = [each >= case.method.posterior.spoken for each in odds]
    slower = [*shuffles, False].index(False)
    if slower == 0:
        return ShuffleOnset(verdict=OnsetVerdict.NONE)
    if slower == len(bands):
        return ShuffleOnset(verdict=OnsetVerdict.EVERY)
    edge = bands[slower - 1].high_mps
    fall = drive_fall(epochs, edge, case)
    if fall is None or below(fall[0] / max(fall[1], 1e-12)) < case.method.profile.fall_sure:
        # D does not fall towards the slow bands surely: no pace is where it begins.
        return ShuffleOnset(verdict=OnsetVerdict.ALIKE)
    return ShuffleOnset(verdict=OnsetVerdict.AT, speed_mps=edge)


def drive_fall(epochs: Epochs, edge_mps: float, case: Case) -> tuple[float, float] | None:
    """How much lower D is in the scored epochs slower than `edge_mps` than in the faster ones, and its error."""
    D, speed, start_s, rules = epochs["D"], epochs["speed_mps"], epochs.start_s, case.method.epochs
    sides = [np.where(side, epochs.weight, 0.0) for side in (speed < edge_mps, speed >= edge_mps)]
    slow, fast = (scores.run_values(D[None], weights, start_s, rules)[0] for weights in sides)
    if slow is None or fast is None:
        return None
    near = [float(np.average(speed[w > 0], weights=w[w > 0])) for w in sides]
    scale = scores.scale_at(near[0], case)
    # A systematic error is the same on both sides, except for what the sensor's tilt may be off over their speeds.
    tilt = case.reference.sd_tilt_DF * (near[1] - near[0]) / scale.sd_DF / posterior.ROOT_2
    return fast.value - slow.value, math.hypot(slow.random_se, fast.random_se, tilt)


def slow_running(epochs: Epochs, case: Case) -> Slow:
    """Scored epochs at what is slow for the runner (or the run), and how much of them hardly leaves the ground."""
    rules = case.method.profile
    speeds = epochs["speed_mps"][epochs.scored]
    speeds = speeds[np.isfinite(speeds)]
    if not case.speed_trusted or not len(speeds):
        return Slow(reason="no scored epoch with a speed")
    limit = float(np.percentile(speeds, rules.slow_percentile)) if case.slow_mps is None else case.slow_mps
    slow = epochs.scored & (epochs["speed_mps"] <= limit)
    if not slow.any():
        return Slow(speed_mps=limit, reason="nothing in this run was slow for this runner")
    found = Slow(speed_mps=limit, epochs=int(slow.sum()))
    flight = epochs["flight_time_s"][slow]
    flight = flight[np.isfinite(flight)]
    if case.by_steps or not len(flight):  # a contact time that a watch computed is none
        return found.replace(reason="contact time was not measured, so the time in the air is not known")
    return found.replace(share_flight_under_40ms=float(np.mean(flight < rules.short_flight_s)))


def vr_split(epochs: Epochs, case: Case) -> VrSplit | None:
    """How far ln VR is from usual, split into step time, air and torso bounce; None where oscillation is not judged."""
    if case.by_steps or not case.reference.measures_bounce or not case.speed_trusted:
        return None
    whole = epochs.scored & np.isfinite(epochs["ln_k"]) & np.isfinite(epochs["speed_mps"])
    if whole.sum() < case.method.epochs.min_epochs:
        return None
    # Epoch by epoch: a run at several paces has several usual ratios.
    there = expected(epochs["speed_mps"][whole], case, epochs["grade"][whole])
    B, usual_B = features.bounce_shape(epochs["duty_factor"][whole]), features.bounce_shape(there.DF)
    deviations = (
        np.log(epochs["step_time_s"][whole] / there.T_s),
        features.log(B / usual_B),
        epochs["ln_k"][whole] - there.ln_k,
    )
    # Means over scored epochs, since means add up and medians do not.
    ln_T, ln_B, ln_k = (float(np.average(part, weights=epochs.weight[whole])) for part in deviations)
    return VrSplit(ln_VR=ln_T + ln_B + ln_k, ln_T=ln_T, ln_B=ln_B, ln_k=ln_k)


def balance(epochs: Epochs, where: Mask, case: Case) -> Balance | None:
    """Ground contact balance over these epochs: a number, never a diagnosis. None where it was not recorded."""
    rules = case.method.series
    left = epochs["balance_left"]
    (found,) = scores.run_values(left[None], where.astype(np.float64), epochs.start_s, case.method.epochs)
    if found is None:
        return None
    # Measured towards the side that the mean leans to, so that left and right are judged alike.
    side = 1.0 if found.value >= 0.5 else -1.0
    off = side * (found.value - 0.5) - rules.balance_run
    probability = below(off / found.random_se) if found.random_se > 0 else float(off > 0)
    return Balance(
        left=found.value,
        same_side=float(np.mean(side * (left[where & np.isfinite(left)] - 0.5) > 0)),
        epochs=found.epochs,
        se=found.random_se,
        probability=probability,
        said=off > 0 and probability >= rules.balance_sure,
    )
