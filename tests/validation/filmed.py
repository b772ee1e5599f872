"""Part (h): filmed runners. Does timing go with the knee, and is what would be said of the knee right?

RBDS (Fukuchi, Fukuchi, Duarte 2017, PeerJ 5:e3298; CC BY 4.0), see fixtures/lab/README.md.
"""

from __future__ import annotations

import csv

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from kneedrive.analysis.posterior import RULES, SCORE_WEIGHTS, conditioned, measured_rows, prior_cov
from kneedrive.analysis.reference import usual_cadence_spm, usual_duty_factor
from kneedrive.method import Population
from kneedrive.recording import Array
from tests.conftest import FIXTURES
from tests.seen_by import errors_in_z, scale_at
from tests.validation.page import Section, paragraph, percent, several, signed, table, two
from tests.validation.sizes import Crew, Size

Mask = npt.NDArray[np.bool_]

FILE = FIXTURES / "lab" / "rbds.csv"
SPEEDS = (2.5, 3.5, 4.5)
DRAWS = {"full": 400, "quick": 50}
RESAMPLED = {"full": 4_000, "quick": 100}
STRAP, STEPS, EXACT = "garmin_strap", "none", ""  # EXACT: the laboratory's timing, believed to be without error
NEAR_R, R_D = 0.02, 0.66
USUAL = Population()
AUC_MIN = {STRAP: 0.74, STEPS: 0.72}


class Filmed(msgspec.Struct, frozen=True, kw_only=True):
    """One row a runner and speed, all arrays of one length; angles in degrees."""

    runner: npt.NDArray[np.int64]
    speed_mps: Array
    height_m: Array
    step_time_s: Array
    duty_factor: Array
    knee_deg: Array
    hip_deg: Array


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Where the filmed runners stand: timing in z, and whether the knee bends less than the mean at that speed."""

    runner: npt.NDArray[np.int64]
    speed_mps: Array
    zSL: Array
    zDF: Array
    knee_deg: Array  # against that mean
    hip_deg: Array  # likewise

    @property
    def drive(self) -> Array:
        """The score D."""
        weights = SCORE_WEIGHTS["D"]
        return weights[0] * self.zSL + weights[1] * self.zDF


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What would be said of the knee, as means over draws of the sensor's error."""

    auc: float
    said: float
    right: float


def filmed() -> Filmed:
    """The runners of the file."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    column = {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name != "sex"}
    return Filmed(
        runner=column["runner"].astype(np.int64),
        speed_mps=column["speed_mps"],
        height_m=column["height_m"],
        step_time_s=column["step_time_s"],
        duty_factor=column["stance_time_s"] / (2.0 * column["step_time_s"]),
        knee_deg=column["knee_flexion_swing_peak_deg"],
        hip_deg=column["hip_flexion_peak_deg"],
    )


def residuals(values: Array, of: Filmed, *, height: bool) -> Array:
    """What the mean at each speed, and there a line in height where asked for, leave of these values."""
    left = np.empty_like(values)
    for speed in SPEEDS:
        here = of.speed_mps == speed
        known = np.column_stack([np.ones(here.sum()), of.height_m[here] * height])
        left[here] = values[here] - known @ np.linalg.lstsq(known, values[here], rcond=None)[0]
    return left


def by_residuals(of: Filmed) -> Timing:
    """Against these runners' own mean at each speed and height: the axis alone is judged, not the reference's level."""
    return Timing(
        runner=of.runner,
        speed_mps=of.speed_mps,
        zSL=residuals(np.log(of.step_time_s), of, height=True) / USUAL.sd_ln_T,
        zDF=residuals(of.duty_factor, of, height=True) / usual_duty_factor(of.speed_mps, USUAL)[1],
        knee_deg=residuals(of.knee_deg, of, height=True),
        hip_deg=residuals(of.hip_deg, of, height=True),
    )


def by_reference(of: Filmed) -> Timing:
    """Against the reference, as a recording would be; the angles against the mean of these runners at the speed."""
    cadence_spm = [usual_cadence_spm(v, h, USUAL) for v, h in zip(of.speed_mps, of.height_m.tolist(), strict=True)]
    usual = 60.0 / np.array(cadence_spm)
    usual_DF, sd_DF = usual_duty_factor(of.speed_mps, USUAL)
    return Timing(
        runner=of.runner,
        speed_mps=of.speed_mps,
        zSL=np.log(of.step_time_s / usual) / USUAL.sd_ln_T,
        zDF=(of.duty_factor - usual_DF) / sd_DF,
        knee_deg=residuals(of.knee_deg, of, height=False),
        hip_deg=residuals(of.hip_deg, of, height=False),
    )


def correlation(first: Array, second: Array) -> float:
    """Pearson's r."""
    return float(np.corrcoef(first, second)[0, 1])


def interval(first: Array, second: Array, runner: npt.NDArray[np.int64], draws: int) -> tuple[float, float]:
    """95 % interval of r over resampled runners, each with all of their speeds."""
    random = np.random.default_rng(1)
    rows = [np.flatnonzero(runner == one) for one in np.unique(runner)]
    found = []
    for _ in range(draws):
        again = np.concatenate([rows[k] for k in random.integers(0, len(rows), len(rows))])
        found.append(correlation(first[again], second[again]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def knee_less(timing: Timing, sensor: str, random: np.random.Generator) -> Array:
    """p(h < 0) of each row through a sensor whose error is drawn once a runner and part."""
    _, person = np.unique(timing.runner, return_inverse=True)
    error = random.standard_normal((person.max() + 1, 2))[person]
    z = np.column_stack([timing.zSL, timing.zDF])
    less = np.empty(len(z))
    for speed in SPEEDS:
        here, scale = timing.speed_mps == speed, scale_at(speed)
        systematic = errors_in_z(sensor, scale, height_known=True) if sensor else {"zSL": 0.0, "zDF": 0.0}
        names = tuple(name for name in ("zSL", "zDF") if name in systematic)
        sd = np.array([systematic[name] for name in names])
        gain, cov = conditioned(prior_cov(), measured_rows(names, scale), sd**2)
        mean = (z[here, : len(names)] + sd * error[here, : len(names)]) @ gain[3]
        less[here] = norm.cdf(-mean / np.sqrt(cov[3, 3]))
    return less


def auc(stated: Array, true: Mask) -> float:
    """Chance that a true case was stated higher than an untrue one."""
    n = int(true.sum())
    return float((rankdata(stated)[true].sum() - n * (n + 1) / 2) / (n * (len(true) - n)))


def told(timing: Timing, sensor: str, draws: int) -> Told:
    """What a sensor would say of these runners' knees, and how right it is."""
    random = np.random.default_rng(2)
    truly_less = timing.knee_deg < 0.0
    areas, said, right = [], 0, 0
    for _ in range(draws):
        less = knee_less(timing, sensor, random)
        sure = np.maximum(less, 1.0 - less) >= RULES.spoken
        areas.append(auc(less, truly_less))
        said += int(sure.sum())
        right += int(((less > 0.5) == truly_less)[sure].sum())
    return Told(auc=float(np.mean(areas)), said=said / (draws * len(truly_less)), right=right / said)


def part(size: Size, crew: Crew) -> Section:
    """The section."""
    people = filmed()
    return Section(
        "h",
        "Filmed runners: the knee",
        (
            "26 runners on a treadmill at 2.5, 3.5 and 4.5 m/s, contact by force plate, angles by cameras (RBDS: "
            "Fukuchi, Fukuchi, Duarte 2017, PeerJ 5:e3298, CC BY 4.0). 25 of them are men, none ran outdoors, and the "
            "weights of the knee come from these same runners. Here the claims about the knee end.",
            *_correlations(people, RESAMPLED[size.name]),
            *_knees(people, DRAWS[size.name]),
        ),
    )


def _correlations(people: Filmed, draws: int) -> tuple[str, ...]:
    timing, raw = by_residuals(people), by_reference(people)
    pairs = (
        ("D", timing.drive, raw.drive, timing.knee_deg, raw.knee_deg, "swing knee bend"),
        ("zSL", timing.zSL, raw.zSL, timing.knee_deg, raw.knee_deg, "swing knee bend"),
        ("zDF", timing.zDF, raw.zDF, timing.knee_deg, raw.knee_deg, "swing knee bend"),
        ("D", timing.drive, raw.drive, timing.hip_deg, raw.hip_deg, "peak hip flexion"),
    )
    rows = []
    for name, z, raw_z, angle, raw_angle, words in pairs:
        low, high = interval(z, angle, timing.runner, draws)
        rows.append(
            (
                name,
                words,
                signed(correlation(z, angle)),
                f"{two(low)} to {two(high)}",
                two(correlation(raw_z, raw_angle)),
            )
        )
    r = correlation(timing.drive, timing.knee_deg)
    text = paragraph(
        "**Does timing go with the leg?** Correlations at matched speed and height over runners and speeds, with 95 % "
        "intervals over resampled runners; in the last column against the reference instead, as a watch would be.",
        f"D goes with swing knee bend at r = {two(r)} ({'within' if abs(r - R_D) <= NEAR_R else 'beyond'} {NEAR_R} of "
        f"the {R_D} that the method rests on). It does not go with hip flexion, so knee lift is not told, by any "
        "sensor: it stays null.",
    )
    return text, table(("timing", "angle", "r", "95 % interval", "r against the reference"), rows)


def _knees(people: Filmed, draws: int) -> tuple[str, ...]:
    seen = ((EXACT, "the laboratory itself"), (STRAP, "a chest strap"), (STEPS, "steps alone, height known"))
    rows: list[tuple[str, ...]] = []
    areas: dict[str, float] = {}
    for words, timing in (
        ("matched speed and height", by_residuals(people)),
        ("the reference", by_reference(people)),
    ):
        for sensor, name in seen:
            found = told(timing, sensor, draws if sensor else 1)
            areas.setdefault(sensor, found.auc)
            rows.append((name, words, two(found.auc), percent(found.said), two(found.right)))
    held = all(areas[sensor] >= least for sensor, least in AUC_MIN.items())
    text = paragraph(
        f"**What would be said.** Mean of {several(draws, 'draw')} of the sensor's error, one a runner. AUC: the "
        "chance that a knee that bends less than the mean was stated as likelier to than one that does not; said: "
        f"probability {RULES.spoken} and more either way.",
        f"AUC at matched speed and height: {two(areas[STRAP])} through a strap (at least {AUC_MIN[STRAP]}), "
        f"{two(areas[STEPS])} from steps (at least {AUC_MIN[STEPS]}): {'both hold' if held else 'not both hold'}.",
    )
    return text, table(("seen by", "against", "AUC", "said", "right"), rows)
