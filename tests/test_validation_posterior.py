"""Parts (g) and (h): stated odds are true, and the knee of filmed runners is told as it should be."""

from __future__ import annotations

import csv
from functools import cache

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from kneedrive.analysis.posterior import Basis, knee, posterior, ruled_out
from kneedrive.patterns import Pattern
from kneedrive.sensors import REFERENCES
from tests.conftest import DATA, FIXTURES, needs_data
from tests.seen_by import scale_at, seen_by
from tests.validation import filmed, hidden, stated
from tests.validation.stated import Case, Truth, truth_of

RUNNERS = 12_000
SENSORS = ("garmin_strap", "coros", "stryd", "none")
KINDS = [
    pytest.param(sensor, height, id=f"{sensor}-{'with' if height else 'without'}-height")
    for sensor in SENSORS
    for height in (True, False)
]
HOPED = [pytest.param(*key, id=key[0]) for key in stated.EXPECTED]


@cache
def truth(sensor: str, height_known: bool = True, r: float = -0.30, speed_mps: float = 2.8) -> Truth:
    return truth_of(Case(sensor=sensor, height_known=height_known, r=r, speed_mps=speed_mps, runners=RUNNERS))


def test_the_classes_that_are_drawn_stand_for_all() -> None:
    errors = {sensor: (row.sd_DF, row.sd_ln_k) for sensor, row in REFERENCES.items()}

    assert {errors[sensor] for sensor in SENSORS} == set(errors.values())


@pytest.mark.slow
@pytest.mark.parametrize(("sensor", "height_known"), KINDS)
def test_stated_odds_are_true_by_class_and_from_steps(sensor: str, height_known: bool) -> None:
    found = truth(sensor, height_known)

    judged = [each.count for each in found.bins if each.count >= stated.FEW]
    assert sum(judged) >= 0.7 * sum(each.count for each in found.bins)
    assert found.largest_gap <= stated.HONEST
    assert found.ruled_out.right >= 1.0 - stated.WRONG_MAX
    assert found.knee.right == pytest.approx(found.knee.stated, abs=stated.HONEST)
    if sensor == "none":
        assert found.spoken.count == 0
    else:
        assert found.spoken.right >= 1.0 - stated.UNTRUE_MAX


@pytest.mark.slow
@pytest.mark.parametrize("speed_mps", [2.3, 4.5])
def test_stated_odds_are_true_at_other_speeds(speed_mps: float) -> None:
    found = truth("garmin_strap", speed_mps=speed_mps)

    assert found.largest_gap <= stated.HONEST
    assert found.spoken.right >= 1.0 - stated.UNTRUE_MAX


@pytest.mark.slow
@pytest.mark.parametrize(("sensor", "height_known"), HOPED)
def test_as_much_is_said_as_was_expected(sensor: str, height_known: bool) -> None:
    found, hoped = truth(sensor, height_known), stated.EXPECTED[sensor, height_known]
    shares = (found.spoken.said, found.spoken.right, found.leaning.said, found.leaning.right, found.knee.said)

    for share, expected in zip(shares, hoped, strict=True):
        assert expected is None or share == pytest.approx(expected, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("sensor", "expected"), stated.EXPECTED_RULED_OUT.items())
def test_drive_and_shuffle_are_ruled_out_as_often_as_expected(sensor: str, expected: float) -> None:
    assert truth(sensor).timing_ruled_out.said == pytest.approx(expected, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("r", "true"), [(0.0, 0.39), (-0.5, 0.70)])
def test_what_a_wrong_correlation_costs_from_steps(r: float, true: float) -> None:
    found = truth("none", r=r).leaning

    assert found.stated == pytest.approx(0.58, abs=0.02)
    assert found.right == pytest.approx(true, abs=0.03)


@pytest.mark.parametrize("sensor", ["garmin_strap", "stryd", "none"])
def test_what_is_drawn_in_bulk_is_what_the_posterior_of_one_says(sensor: str) -> None:
    bulk, scale = stated.drawn(Case(sensor=sensor, runners=5)), scale_at(2.8, sensor)

    for row, z in enumerate(bulk.seen.tolist()):
        one = posterior(seen_by(sensor, dict(zip(bulk.measured, z, strict=True)), scale), scale)
        assert list(one.odds) == list(bulk.patterns)
        assert list(one.odds.values()) == pytest.approx(bulk.odds[row].tolist(), abs=2 / 4096)
        assert knee(one, height_known=True).probability_less == pytest.approx(bulk.less[row])


def test_the_file_is_the_published_one_and_names_its_authors() -> None:
    with (FIXTURES / "lab" / "rbds.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    words = (FIXTURES / "lab" / "README.md").read_text(encoding="utf-8")

    assert len(rows) == 78
    assert sum(row["sex"] == "M" for row in rows) == 75
    assert {int(row["runner"]) for row in rows} == set(range(1, 29)) - {6, 7}
    assert all(text in words for text in ("Fukuchi", "PeerJ 5:e3298", "CC BY 4.0", "figshare 4543435"))
    assert all(
        column in words for column in rows[0] if column.endswith(("time_s", "deg", "rise_m", "body_m", "pelvis_m"))
    )


@pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real recordings is not on this machine")
def test_the_file_is_the_one_that_was_given() -> None:
    assert (FIXTURES / "lab" / "rbds.csv").read_bytes() == (DATA / "lab" / "rbds.csv").read_bytes()


def test_the_knee_goes_with_timing_in_filmed_runners_and_the_hip_does_not() -> None:
    timing = filmed.by_residuals(filmed.filmed())

    assert filmed.correlation(timing.drive, timing.knee_deg) == pytest.approx(0.66, abs=0.02)
    assert filmed.correlation(timing.zSL, timing.knee_deg) == pytest.approx(0.57, abs=0.01)
    assert filmed.correlation(timing.zDF, timing.knee_deg) == pytest.approx(-0.59, abs=0.01)
    assert filmed.correlation(timing.drive, timing.hip_deg) == pytest.approx(0.25, abs=0.02)
    low, high = filmed.interval(timing.drive, timing.hip_deg, timing.runner, 500)
    assert low < 0.0 < high


@pytest.mark.parametrize(("speed_mps", "r"), [(2.5, 0.69), (3.5, 0.63), (4.5, 0.67)])
def test_the_knee_goes_with_timing_at_every_speed(speed_mps: float, r: float) -> None:
    timing = filmed.by_residuals(filmed.filmed())
    here = timing.speed_mps == speed_mps

    assert filmed.correlation(timing.drive[here], timing.knee_deg[here]) == pytest.approx(r, abs=0.02)


@pytest.mark.parametrize(("sensor", "expected"), [(filmed.STRAP, 0.78), (filmed.STEPS, 0.76)])
def test_the_knee_is_told_from_errors_of_a_sensor(sensor: str, expected: float) -> None:
    told = filmed.told(filmed.by_residuals(filmed.filmed()), sensor, 100)

    assert told.auc >= filmed.AUC_MIN[sensor]
    assert told.auc == pytest.approx(expected, abs=0.015)
    assert told.right >= 0.84
    if sensor == filmed.STRAP:
        assert 0.20 <= told.said <= 0.24


def test_the_knee_is_told_against_the_reference_too() -> None:
    told = filmed.told(filmed.by_reference(filmed.filmed()), filmed.STRAP, 100)

    assert told.auc >= 0.74
    assert told.right >= 0.80


def test_the_knee_in_bulk_is_the_knee_of_one() -> None:
    """A sensor without error, through the library, row by row."""
    timing = filmed.by_residuals(filmed.filmed())
    bulk = filmed.knee_less(timing, filmed.EXACT, np.random.default_rng(0))
    for row in (0, 25, 77):
        scale = scale_at(float(timing.speed_mps[row]))
        measured = seen_by("garmin_strap", {"zSL": float(timing.zSL[row]), "zDF": float(timing.zDF[row])}, scale)
        parts = {name: type(part)(z=part.z) for name, part in measured.parts().items()}
        one = knee(posterior(type(measured)(**parts), scale), height_known=True)
        assert one.probability_less == pytest.approx(bulk[row])


def test_auc_is_the_statistic_of_mann_and_whitney() -> None:
    random = np.random.default_rng(4)
    score, true = random.normal(size=50).round(1), random.random(50) < 0.4
    u = mannwhitneyu(score[true], score[~true]).statistic

    assert filmed.auc(score, true) == pytest.approx(u / (true.sum() * (~true).sum()))


def test_bins_hold_everything_that_was_stated_once() -> None:
    odds = np.array([0.5, 0.59, 0.6, 0.95, 1.0, 0.85])
    right = np.array([True, False, True, True, True, False])
    found = stated.binned(odds, right, stated.PATTERN_BINS)

    assert [(each.low, each.count) for each in found] == [(0.5, 2), (0.6, 1), (0.85, 1), (0.95, 2)]
    assert found[0].gap == pytest.approx(0.5 - 0.545)


def test_neutral_is_no_pattern_of_the_shares() -> None:
    found = truth_of(Case(sensor="none", runners=500))

    assert found.leaning.said < 0.4
    assert Pattern.NEUTRAL in stated.drawn(found.case).patterns


@needs_data
def test_what_steps_rule_out_of_real_runners_the_whole_recording_hardly_ever_leans_towards() -> None:
    found = hidden.runs()
    out = [(each, pattern) for each in found for pattern in ruled_out(each.steps)]
    against = [each.whole.odds[pattern] >= 0.5 for each, pattern in out]

    assert len(found) > 500
    assert {each.steps.basis for each in found} == {Basis.STEPS}
    assert len(out) > 100
    assert np.mean(against) <= 0.05
