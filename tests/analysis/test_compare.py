"""Before and after, at matched speed and grade."""

import numpy as np
import pytest

from kneedrive.histories.compare import compare, week_rows
from kneedrive.histories.result import Comparison, Difference, PastRun, Setting
from tests.analysis.runs_of_a_runner import SPEEDS, Form, past_run

SETTING = Setting()


def period(
    runs: int,
    form: Form = Form(),  # noqa: B008 - frozen
    *,
    first: int = 0,
    sensor: str = "garmin_strap",
    speeds: tuple[float, ...] = SPEEDS,
    scatter: float = 1.0,
    seed: int = 0,
) -> list[PastRun]:
    """Runs every other day whose form scatters from day to day as real ones do."""
    random = np.random.default_rng([seed, first])
    return [
        past_run(
            first + 2 * place,
            form._replace(
                ln_T=form.ln_T + scatter * 0.010 * random.normal(),
                DF=form.DF + scatter * 0.006 * random.normal(),
                ln_k=form.ln_k + scatter * 0.025 * random.normal(),
            ),
            sensor=sensor,
            speeds=speeds,
            seed=seed,
        )
        for place in range(runs)
    ]


def row(found: Comparison, metric: str) -> Difference:
    return next(each for each in found.rows if each.metric == metric)


def test_a_change_of_step_time_is_found_in_what_it_changes() -> None:
    found = compare(period(15), period(15, Form(ln_T=-0.04), first=40), SETTING)
    cadence = row(found, "cadence_spm")
    assert cadence.verdict == "changed"
    assert cadence.difference == pytest.approx(0.04 * cadence.before, rel=0.35)
    assert cadence.low < cadence.difference < cadence.high
    assert row(found, "step_length_m").difference < 0
    assert row(found, "duty_factor").verdict == "no change"
    assert row(found, "ln_k").verdict != "changed"


def test_no_change_names_its_bound() -> None:
    found = row(compare(period(40, scatter=0.3), period(40, first=100, scatter=0.3), SETTING), "stance_time_s")
    assert found.verdict == "no change"
    assert found.bound == pytest.approx(max(abs(found.low), abs(found.high)))
    assert found.bound < 0.006
    assert found.more_weeks == 0


def test_few_weeks_with_much_scatter_ask_for_more() -> None:
    found = compare(period(12, scatter=2.0), period(12, first=40, scatter=2.0), SETTING)
    asking = [each for each in found.rows if each.verdict == "not enough weeks"]
    assert asking
    assert all(each.more_weeks is None or each.more_weeks >= 1 for each in asking)
    assert all(each.high - each.low > 3.0 * each.threshold for each in asking)


def test_a_change_that_is_sure_but_too_small_to_matter_is_no_change() -> None:
    found = compare(period(40, scatter=0.05), period(40, Form(ln_T=-0.008), first=100, scatter=0.05), SETTING)
    cadence = row(found, "cadence_spm")
    assert 0.0 < cadence.low < cadence.difference < cadence.threshold
    assert cadence.verdict == "no change"


@pytest.mark.parametrize(("before", "after", "more"), [(7, 30, 1), (30, 3, 2), (0, 30, 3)])
def test_fewer_than_three_weeks_on_a_side_are_not_compared(before: int, after: int, more: int) -> None:
    found = compare(period(before), period(after, first=70), SETTING)
    assert (found.status, found.more_weeks, found.rows) == ("not enough weeks", more, ())


def test_runs_of_one_week_count_as_one_week() -> None:
    crowded = [past_run(70 + 0.4 * place) for place in range(12)]
    found = compare(period(30), crowded, SETTING)
    assert (found.status, found.weeks_after, found.runs_after) == ("not enough weeks", 1, 12)


def test_a_week_with_both_sides_has_a_row_for_each_and_missing_weeks_keep_theirs() -> None:
    week = np.array([7, 7, 8, 8, 11, 12])
    row_of, after = week_rows(week, np.array([False, False, False, True, True, True]))
    assert list(row_of) == [0, 0, 1, 2, 5, 6]
    assert list(after) == [0, 0, 1, 0, 0, 1, 1]


def test_what_follows_from_step_time_changes_only_with_it() -> None:
    found = compare(period(15), period(15, Form(DF=0.02), first=40), SETTING)
    changed = {each.metric for each in found.rows if each.verdict == "changed"}
    assert "duty_factor" in changed
    assert not changed & {"cadence_spm", "step_length_m"}


def test_groups_that_take_turns_are_compared_too() -> None:
    every = [past_run(2 * place, Form(ln_T=-0.04 * (place % 2))) for place in range(40)]
    found = compare(every[::2], every[1::2], SETTING)
    assert (found.status, row(found, "cadence_spm").verdict) == ("compared", "changed")
    assert found.weeks_before >= 10


def test_another_mixture_of_paces_is_not_a_change_of_form() -> None:
    slow, fast = (2.6, 2.6, 2.6, 2.8, 3.0), (2.6, 2.8, 3.0, 3.0, 3.0)
    found = compare(period(15, speeds=slow), period(15, first=40, speeds=fast), SETTING)
    assert "changed" not in {each.verdict for each in found.rows}


def test_another_mixture_of_paces_does_not_hide_a_change() -> None:
    slow, fast = (2.60, 2.62, 2.64, 2.66, 3.0), (2.6, 2.96, 2.98, 3.00, 3.02)
    after = period(15, Form(ln_T=-0.04), first=40, speeds=fast, scatter=0.0)
    cadence = row(compare(period(15, speeds=slow, scatter=0.0), after, SETTING), "cadence_spm")
    assert cadence.difference == pytest.approx(np.expm1(0.04) * cadence.before, rel=0.04)


def test_runs_at_different_paces_do_not_scatter_by_their_pace() -> None:
    still = Form(noise_ln_T=0.0, noise_DF=0.0, noise_ln_k=0.0)

    def at_paces(first: int) -> list[PastRun]:
        return [past_run(first + 3 * day, still, speeds=(2.6 + 0.1 * day,)) for day in range(8)]

    cadence = row(compare(at_paces(0), at_paces(40), SETTING), "cadence_spm")
    assert cadence.high - cadence.low < 0.3


def test_across_sensors_each_period_is_held_against_its_own_class() -> None:
    found = compare(period(12), period(12, first=40, sensor="coros"), SETTING, across_sensors=True)
    assert row(found, "D").difference == pytest.approx(0.0, abs=0.25)
    assert row(found, "duty_factor").difference == pytest.approx(
        -0.021, abs=0.008
    )  # shift and tilt of both classes at 3 m/s


def test_only_paces_of_both_periods_count() -> None:
    found = compare(period(10, speeds=(2.6, 3.0)), period(10, first=40, speeds=(3.0, 3.4)), SETTING)
    assert found.speed_low_mps == pytest.approx(3.0, abs=0.25)
    assert found.speed_high_mps == pytest.approx(3.0, abs=0.25)
    assert found.epochs_before < 10 * 30 * 0.6


def test_paces_that_never_meet_cannot_be_compared() -> None:
    found = compare(period(10, speeds=(2.4,)), period(10, first=40, speeds=(3.6,)), SETTING)
    assert (found.status, found.rows) == ("no overlap", ())


def test_hills_are_matched_with_hills() -> None:
    flat = period(10)
    hilly = [past_run(40 + 2 * day, grade=np.full(30, 0.04)) for day in range(10)]
    assert compare(flat, hilly, SETTING).status == "no overlap"


@pytest.mark.parametrize("across", [False, True])
def test_a_change_of_sensor_is_refused_unless_asked_for_and_then_labelled(across: bool) -> None:
    found = compare(period(12), period(12, first=40, sensor="coros"), SETTING, across_sensors=across)
    assert found.reason == "another sensor"
    assert (found.status, found.across_sensors) == (("compared", True) if across else ("refused", False))
    assert bool(found.rows) == across


def test_across_sensors_only_what_both_measure_is_compared() -> None:
    wrist = period(12, Form(noise_DF=0.0005), first=40, sensor="garmin_wrist", scatter=0.0)
    found = compare(period(12), wrist, SETTING, across_sensors=True)
    assert {each.metric for each in found.rows} == {"cadence_spm", "step_length_m"}


def test_an_oscillation_that_jumped_between_the_periods_is_refused_as_the_sensor() -> None:
    found = compare(period(8, scatter=0.3), period(8, Form(ln_k=0.2), first=40, scatter=0.3), SETTING)
    assert (found.status, found.reason) == ("refused", "oscillation jumped")


def test_a_new_firmware_class_is_refused() -> None:
    before = [run.replace(firmware="11") for run in period(8)]
    after = [run.replace(firmware="12") for run in period(8, first=40)]
    assert compare(before, after, SETTING).reason == "another firmware"


def test_a_stray_run_on_another_sensor_is_left_out_and_counted() -> None:
    stray = past_run(15, sensor="garmin_wrist")
    found = compare([*period(12), stray], period(12, first=40), SETTING)
    assert (found.status, found.left_out, found.runs_before) == ("compared", 1, 12)


@pytest.mark.parametrize(
    ("form", "exaggerated"),
    [
        (Form(ln_T=0.04, ln_k=0.16), True),
        (Form(ln_T=0.04), False),
        (Form(ln_T=-0.04, ln_k=0.05), False),
        (Form(), False),
    ],
    ids=["more bounce and fewer steps", "fewer steps alone", "more bounce and more steps", "nothing"],
)
def test_bounce_up_and_cadence_down_is_over_exaggeration(form: Form, exaggerated: bool) -> None:
    found = compare(period(12, scatter=0.5), period(12, form, first=40, scatter=0.5), SETTING)
    assert found.over_exaggeration == exaggerated


def test_nothing_against_nothing_is_a_sentence_and_no_error() -> None:
    assert compare([], [], SETTING).status == "not enough weeks"


@pytest.mark.parametrize(
    ("sensor", "watch", "reason"), [("none", "new", "another watch"), ("coros", "new", ""), ("none", "", "")]
)
def test_another_watch_is_refused_where_the_watch_makes_the_numbers(sensor: str, watch: str, reason: str) -> None:
    after = [run.replace(device=watch) for run in period(15, first=40, sensor=sensor)]
    assert compare(period(15, sensor=sensor), after, SETTING).reason == reason
