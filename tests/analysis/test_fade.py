import numpy as np
import pytest

from kneedrive.analysis import fade
from kneedrive.analysis.gates import DYNAMICS, STEPS
from kneedrive.analysis.provenance import Provenance
from kneedrive.analysis.reference import Case
from kneedrive.analysis.resampling import Mask
from kneedrive.analysis.result import Epochs
from kneedrive.method import Method
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES
from tests.analysis.runs import RUNNER, activity

METHOD = Method()
COUNT = 120


def case(word: str = "garmin_strap", *, trusted: bool = True) -> Case:
    return Case(
        activity=activity(),
        runner=RUNNER,
        method=METHOD,
        sensor=Provenance(word=word, reason="", reference=REFERENCES[word]),
        surface="outdoor",
        speed_trusted=trusted,
    )


def hour(**late: float) -> Epochs:
    """An hour in which the last half differs by these amounts; a little noise, so that intervals have a width."""
    rng = np.random.default_rng(4)
    late_half = np.arange(COUNT) >= COUNT // 2
    start = {
        "speed_mps": (3.0, 0.01),
        "grade": (0.0, 0.001),
        "cadence_spm": (168.0, 0.3),
        "stance_time_s": (0.260, 0.001),
        "duty_factor": (0.364, 0.001),
        "vertical_oscillation_m": (0.09, 0.0005),
        "vertical_ratio": (0.084, 0.0005),
        "ln_k": (0.25, 0.004),
    }
    columns = {
        name: middle + rng.normal(0.0, noise, COUNT) + late.get(name, 0.0) * late_half
        for name, (middle, noise) in start.items()
    }
    return Epochs(
        start_s=30.0 * np.arange(float(COUNT)),
        weight=np.ones(COUNT),
        reason=np.full(COUNT, "", dtype="<U9"),
        columns=columns,
    )


COVERED = np.full(COUNT, 30.0)


def test_an_even_hour_shows_no_change() -> None:
    found = fade.fade(hour(), COVERED, DYNAMICS, case())
    assert found.verdict == "no change"
    assert set(found.changes) == set(fade.DIRECTIONS)
    assert found.pairs == 34  # the last third of the 52 minutes after the warm-up holds 34 whole epochs


@pytest.mark.parametrize(
    ("key", "by", "notable"),
    [
        ("stance_time_s", 0.008, True),
        ("stance_time_s", 0.004, False),
        ("stance_time_s", -0.008, False),
        ("cadence_spm", -2.5, True),
        ("cadence_spm", -1.5, False),
        ("cadence_spm", 2.5, False),
        ("duty_factor", 0.010, True),
        ("duty_factor", -0.010, False),
        ("vertical_oscillation_m", 0.005, True),
        ("vertical_oscillation_m", -0.005, True),
        ("vertical_ratio", -0.004, True),
        ("ln_k", 0.04, True),
        ("ln_k", -0.02, False),
    ],
)
def test_a_change_counts_beyond_its_threshold_and_in_its_direction(key: str, by: float, notable: bool) -> None:
    found = fade.fade(hour(**{key: by}), COVERED, DYNAMICS, case())
    assert found.changes[key].notable == notable
    assert found.changes[key].difference == pytest.approx(by, abs=0.15 * abs(by) + 1e-4)
    assert found.verdict == ("changed" if notable else "no change")


def test_a_change_within_its_own_noise_is_not_notable() -> None:
    epochs = hour()
    rng = np.random.default_rng(8)
    noisy = epochs.columns["stance_time_s"] + 0.05 * rng.normal(size=COUNT)
    found = fade.fade(epochs.replace(columns={**epochs.columns, "stance_time_s": noisy}), COVERED, DYNAMICS, case())
    change = found.changes["stance_time_s"]
    assert change.low < 0 < change.high
    assert not change.notable


@pytest.mark.parametrize(("scatter", "notable"), [(0.002, True), (0.03, False)])
def test_a_large_mean_needs_an_interval_that_leaves_zero_out(scatter: float, notable: bool) -> None:
    differences = 0.008 + scatter * np.array([-1.0, 1.0] * 6)
    change = fade.change("stance_time_s", differences, 60.0 * np.arange(12.0), 0.95, METHOD)
    assert change is not None
    assert change.difference == pytest.approx(0.008)
    assert change.notable == notable


def test_other_speeds_are_not_compared() -> None:
    found = fade.fade(hour(speed_mps=0.4), COVERED, DYNAMICS, case())
    assert (found.verdict, found.pairs) == ("not enough", 0)
    assert "no pairs" in found.reason


def test_other_slopes_are_not_compared() -> None:
    assert fade.fade(hour(grade=0.02), COVERED, DYNAMICS, case()).verdict == "not enough"


def test_a_guessed_speed_cannot_be_matched() -> None:
    found = fade.fade(hour(), COVERED, DYNAMICS, case(trusted=False))
    assert (found.verdict, found.reason[:5]) == ("not enough", "speed")


@pytest.mark.parametrize(
    ("word", "mode", "keys"),
    [
        ("garmin_wrist", STEPS, {"cadence_spm"}),
        ("stryd", DYNAMICS, {"cadence_spm", "stance_time_s", "duty_factor"}),
        ("apple", DYNAMICS, set(fade.DIRECTIONS)),
    ],
)
def test_only_measured_metrics_can_fade(word: str, mode: str, keys: set[str]) -> None:
    assert set(fade.fade(hour(), COVERED, mode, case(word)).changes) == keys


def test_ten_minutes_are_not_enough() -> None:
    covered = np.where(np.arange(COUNT) < 20, 30.0, 0.0)
    assert fade.fade(hour(), covered, DYNAMICS, case()).verdict == "not enough"


def mask(*numbers: int, n: int = 6) -> Mask:
    return np.isin(np.arange(n), numbers)


def test_pairs_take_the_nearest_speeds_first_and_each_epoch_once() -> None:
    speed = np.array([3.00, 3.05, 9.0, 3.051, 3.01, 3.02])
    pairs = fade.match(speed, np.zeros(6), mask(0, 1), mask(3, 4, 5), METHOD.fade)
    assert (pairs.early, pairs.late) == ([0, 1], [4, 3])


def nearest_first(speed: Array, grade: Array, early: Mask, late: Mask) -> dict[int, int]:
    """The same from a table of all pairs, sorted by distance and then by place."""
    rules = METHOD.fade
    table = sorted(
        (abs(speed[b] / speed[a] - 1.0), a, b)
        for a in np.flatnonzero(early).tolist()
        for b in np.flatnonzero(late).tolist()
        if abs(speed[b] / speed[a] - 1.0) <= rules.speed_match and abs(grade[b] - grade[a]) <= rules.grade_match
    )
    pairs: dict[int, int] = {}
    for _, a, b in table:
        if a not in pairs and b not in pairs.values():
            pairs[a] = b
    return pairs


@pytest.mark.parametrize("seed", range(20))
def test_pairs_are_those_of_a_table_of_all_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    speed = np.round(rng.normal(2.8, 0.08, 60), 2 if seed % 2 else 6)  # rounded speeds have ties
    grade, place = rng.choice([0.0, 0.01, 0.03], 60), np.arange(60)
    early, late = place < 20, place >= 40

    pairs = fade.match(speed, grade, early, late, METHOD.fade)

    assert dict(zip(pairs.early, pairs.late, strict=True)) == nearest_first(speed, grade, early, late)


def test_an_unknown_grade_counts_as_flat() -> None:
    pairs = fade.match(np.full(6, 3.0), np.full(6, np.nan), mask(0), mask(5), METHOD.fade)
    assert (pairs.early, pairs.late) == ([0], [5])


def test_pauses_do_not_count_as_moving_time() -> None:
    epochs = hour()
    reason = np.array(epochs.reason)
    reason[10:20] = "pause"
    assert fade.moving_time_s(epochs.replace(reason=reason), COVERED)[30] == 600.0


@pytest.mark.parametrize("level", [0.80, 0.95])
def test_the_interval_covers_the_truth_as_often_as_it_says(level: float) -> None:
    rng = np.random.default_rng(2)
    missed = 0
    for _ in range(600):
        change = fade.change("stance_time_s", rng.normal(0.0, 0.004, 20), 30.0 * np.arange(20.0), level, METHOD)
        assert change is not None
        missed += not change.low < 0 < change.high
    assert missed / 600 == pytest.approx(1.0 - level, abs=0.03)


@pytest.mark.parametrize(
    ("word", "mode", "level"),
    [
        ("garmin_strap", DYNAMICS, 1.0 - 0.05 / 3.0),
        ("stryd", DYNAMICS, 1.0 - 0.05 / 2.0),
        ("garmin_wrist", STEPS, 0.95),
    ],
)
def test_every_independent_quantity_makes_the_intervals_wider(word: str, mode: str, level: float) -> None:
    assert fade.fade(hour(), COVERED, mode, case(word)).level == pytest.approx(level)


def test_an_unchanged_run_is_called_changed_in_one_of_twenty_at_most() -> None:
    """Six pairs, the fewest allowed, and noise that reaches every threshold easily."""
    rng, changed, runs = np.random.default_rng(6), 0, 400
    start_s = 60.0 * np.arange(6.0)
    sizes = {"cadence_spm": 4.0, "duty_factor": 0.02, "vertical_oscillation_m": 0.01}
    level = fade.level_of(tuple(fade.DIRECTIONS), METHOD.fade)
    for _ in range(runs):
        found = [fade.change(key, rng.normal(0.0, sd, 6), start_s, level, METHOD) for key, sd in sizes.items()]
        changed += any(one is not None and one.notable for one in found)
    assert changed / runs <= 0.05 + 2.0 * (0.05 * 0.95 / runs) ** 0.5
