"""A runner's weeks, from epochs to a verdict."""

from datetime import date, timedelta

import numpy as np
import pytest

from kneedrive.analysis.posterior import conditioned, measured_rows, prior_cov
from kneedrive.analysis.reference import Against
from kneedrive.analysis.scores import scale_at
from kneedrive.histories.result import LastWeeks, PastRun, Setting, Verdict, WeeklyView
from kneedrive.histories.weeks import posterior_of, verdicts, weekly
from kneedrive.sensors import REFERENCES
from tests.analysis.runs_of_a_runner import START, Form, days, past_run

SETTING = Setting()
STRAP = Against(reference=REFERENCES["garmin_strap"], runner=SETTING.runner, method=SETTING.method)
NIGHTLY = 0.4 * 0.03 / np.sqrt(0.5)  # of DF: gives D a scatter of about 0.4 from run to run


def history(weeks: int, change: float = 0.0, sensor: str = "garmin_strap", seed: int = 1) -> list[PastRun]:
    """Three runs a week; D rises by `change`, half by longer steps and half by a lower duty factor."""
    random = np.random.default_rng(seed)
    share = np.linspace(0.0, change / np.sqrt(2.0), 3 * weeks)
    return [
        past_run(
            day,
            Form(ln_T=0.055 * share[place], DF=-0.03 * share[place] + NIGHTLY * random.normal()),
            sensor=sensor,
            seed=seed,
        )
        for place, day in enumerate(days(weeks))
    ]


def last_day(weeks: int) -> date:
    return START.date() + timedelta(days=7 * weeks - 1)


def view(runs: list[PastRun], weeks: int) -> WeeklyView:
    return weekly(runs, last_day(weeks), weeks, SETTING)


def test_every_week_has_a_row_from_monday_on() -> None:
    found = view(history(12), 12)
    assert [week.monday for week in found.weeks] == [START.date() + timedelta(weeks=week) for week in range(12)]
    assert {week.runs for week in found.weeks} == {3}


def test_a_week_without_runs_is_missing_and_not_filled() -> None:
    runs = [run for run in history(12) if not 35 <= (run.started_at - START).days < 42]
    found = view(runs, 12)
    assert (found.weeks[5].runs, found.weeks[5].values, found.weeks[5].segment) == (0, {}, None)
    assert found.trends[0].weeks == 11


def test_d_and_p_come_back_at_the_reference_speed() -> None:
    runs = [past_run(day, Form(ln_T=0.055, DF=-0.03)) for day in days(10)]
    found = view(runs, 10)
    assert found.reference_speed_mps == pytest.approx(3.0, abs=0.05)
    for week in found.weeks:
        assert week.values["D"].value == pytest.approx(np.sqrt(2.0), abs=0.15)
        assert week.values["D"].low < week.values["D"].value < week.values["D"].high


def test_faster_running_is_not_taken_for_another_form() -> None:
    own_slope = 0.03  # of ln T per m/s, more than the population's

    def run(place: int, day: float) -> PastRun:
        plain = past_run(day, speeds=(2.7 + 0.01 * place, 2.9 + 0.01 * place, 3.1 + 0.01 * place))
        steeper = np.exp(own_slope * (plain.epochs["speed_mps"] - 3.0))
        columns = dict(plain.epochs.columns) | {"cadence_spm": plain.epochs["cadence_spm"] / steeper}
        return plain.replace(epochs=plain.epochs.replace(columns=columns))

    found = view([run(place, day) for place, day in enumerate(days(14))], 14)
    assert found.verdicts == ("steady",)
    assert abs(found.trends[0].change or 0.0) < 0.1


@pytest.mark.parametrize(("change", "word"), [(2.0, "towards drive"), (-2.0, "towards shuffle")])
def test_a_planted_change_is_called(change: float, word: str) -> None:
    found = view(history(16, change), 16)
    assert word in found.verdicts
    assert found.trends[0].change == pytest.approx(change, abs=0.6)


def test_a_steady_runner_is_steady_and_told_what_could_have_been_seen() -> None:
    found = view(history(16), 16)
    assert found.verdicts == ("steady",)
    assert all(0.2 <= (trend.detectable or 0.0) < 3.0 for trend in found.trends)


def test_few_weeks_are_too_early() -> None:
    found = view(history(6), 6)
    assert found.verdicts == ("too early to tell",)
    assert found.trends[0].weeks_missing == 2


def test_no_trend_crosses_a_new_sensor() -> None:
    other = history(16, sensor="coros")
    runs = [*history(6), *other[18:]]
    found = view(runs, 16)
    assert [(each.date, each.before, each.after) for each in found.breaks] == [
        (runs[18].started_at.date(), "garmin_strap", "coros")
    ]
    assert {trend.weeks for trend in found.trends} == {10}
    assert [week.segment for week in found.weeks] == [0] * 6 + [1] * 10


def test_a_finished_stretch_keeps_its_own_verdict_with_its_dates_and_sensor() -> None:
    before, after = history(12, 2.0), history(24, sensor="coros")[36:]
    found = view([*before, *after], 24)
    drive, bounce = found.finished
    assert (drive.series, drive.verdict, drive.sensor) == ("D", "towards drive", "garmin_strap")
    assert (drive.first, drive.last) == (before[0].started_at.date(), before[-1].started_at.date())
    assert bounce.verdict != "more bounce"
    assert found.verdicts == ("too early to tell",)


def test_steady_is_said_only_where_every_series_is() -> None:
    trend = view(history(24), 24).trends[0]
    steady, early = trend.replace(verdict=Verdict.STEADY), trend.replace(verdict=Verdict.TOO_EARLY)
    assert verdicts([steady, steady]) == (Verdict.STEADY,)
    assert verdicts([steady, early]) == verdicts([]) == (Verdict.TOO_EARLY,)
    assert verdicts([early, trend.replace(verdict=Verdict.MORE_BOUNCE)]) == (Verdict.MORE_BOUNCE,)


def test_a_short_finished_stretch_says_nothing() -> None:
    assert view([*history(7, 2.0), *history(20, sensor="coros")[21:]], 20).finished == ()


def test_no_trend_and_no_last_weeks_cross_a_new_watch_where_the_watch_makes_the_numbers() -> None:
    runs = [run.replace(device="old" if place < 30 else "new") for place, run in enumerate(history(16, sensor="none"))]
    found = view(runs, 16)
    assert [(each.kind, each.before, each.after) for each in found.breaks] == [("watch", "old", "new")]
    assert found.trends[0].weeks == 6
    assert found.last_weeks is not None
    assert (found.last_weeks.device, found.last_weeks.first) == ("new", runs[30].started_at.date())


def test_where_a_break_falls_inside_a_week_the_later_sensor_speaks_for_it() -> None:
    runs = [past_run(day) for day in days(3)] + [past_run(day, sensor="stryd") for day in (20.2, 20.4, 20.6)]
    last = view(sorted(runs, key=lambda run: run.started_at), 3).weeks[2]
    assert (last.segment, set(last.values)) == (1, {"D"})


def test_a_runner_who_also_got_faster_keeps_the_whole_change() -> None:
    share = np.linspace(0.0, 1.5 / np.sqrt(2.0), 42)
    runs = [
        past_run(day, Form(ln_T=0.055 * each, DF=-0.03 * each), speeds=(2.7 + 0.01 * place,))
        for place, (day, each) in enumerate(zip(days(14), share, strict=True))
    ]
    assert view(runs, 14).trends[0].change == pytest.approx(1.42, abs=0.1)


@pytest.mark.parametrize(
    "odd",
    [
        past_run(8.5, speeds=(3.9,)),
        past_run(8.5, n=3),
        past_run(8.5, grade=np.full(30, 0.04)),
    ],
    ids=["far from the reference speed", "too short", "all uphill"],
)
def test_a_run_without_enough_flat_epochs_near_the_reference_speed_has_no_value(odd: PastRun) -> None:
    assert view([*history(3), odd], 3).weeks[1].values["D"].runs == 3


def test_four_flat_epochs_near_the_reference_speed_give_a_run_its_value() -> None:
    assert view([*history(3), past_run(8.5, n=4, speeds=(3.0,))], 3).weeks[1].values["D"].runs == 4


def test_slow_looks_back_eight_weeks_and_no_day_further() -> None:
    runs = [past_run(0, speeds=(2.2,)), past_run(40, speeds=(3.0,))]
    assert weekly(runs, START.date() + timedelta(days=56), 4, SETTING).slow_speed_mps == pytest.approx(3.0, abs=0.1)
    assert weekly(runs, START.date() + timedelta(days=55), 4, SETTING).slow_speed_mps == pytest.approx(2.2, abs=0.1)


def test_a_jump_between_sensors_is_no_trend() -> None:
    strap = [past_run(day) for day in days(10)]
    coros = [past_run(day, Form(ln_T=0.1, DF=-0.05), sensor="coros") for day in days(10, first=10)]
    assert view([*strap, *coros], 20).verdicts == ("steady",)


@pytest.mark.parametrize(
    ("sensor", "series"), [("garmin_strap", ["D", "P"]), ("stryd", ["D"]), ("garmin_wrist", ["zSL"]), ("none", ["zSL"])]
)
def test_a_sensor_is_tested_by_what_it_measures(sensor: str, series: list[str]) -> None:
    assert [trend.series for trend in view(history(9, sensor=sensor), 9).trends] == series


def test_a_sensor_found_to_compute_is_tested_by_steps_alone() -> None:
    runs = [past_run(day, Form(noise_DF=0.001), sensor="other") for day in days(9)]
    found = view(runs, 9)
    assert found.computed is not None
    assert found.computed.verdict == "computed"
    assert [trend.series for trend in found.trends] == ["zSL"]


def test_the_slow_minutes_are_those_at_the_slowest_quarter_of_the_last_eight_weeks() -> None:
    found = view([past_run(day, speeds=(2.6, 2.8, 3.0, 3.2), n=40) for day in days(8)], 8)
    assert found.slow_speed_mps == pytest.approx(2.7, abs=0.05)
    assert sum(week.slow_s for week in found.weeks) == pytest.approx(0.25 * 24 * 40 * 30, rel=0.02)


def test_slow_minutes_indoors_are_not_among_those_outdoors() -> None:
    outdoors = [past_run(day, speeds=(2.6, 2.8, 3.0, 3.2), n=40) for day in days(8)]
    indoors = [past_run(day + 0.3, speeds=(2.4,), surface="indoor") for day in days(8)[::3]]
    alone, both = view(outdoors, 8), view([*outdoors, *indoors], 8)
    assert [week.slow_s for week in both.weeks] == [week.slow_s for week in alone.weeks]


@pytest.mark.parametrize(
    ("form", "share"),
    [
        (Form(ln_T=-0.1, DF=0.06), 1.0),
        (Form(), 0.0),
        (Form(ln_T=-0.044, DF=0.024, noise_ln_T=0.0, noise_DF=0.0), 0.0),
        (Form(ln_T=-0.2), 0.0),
    ],
    ids=["surely", "not at all", "the rule holds but not surely", "short steps that fly"],
)
def test_the_share_of_slow_running_that_was_shuffle_like(form: Form, share: float) -> None:
    found = view([past_run(day, form) for day in days(3)], 3)
    assert [week.shuffle_share for week in found.weeks] == pytest.approx([share] * 3, abs=0.02)


def test_without_contact_time_nobody_knows_the_share_that_was_shuffle_like() -> None:
    found = view([past_run(day, Form(ln_T=-0.1, DF=0.06), sensor="garmin_wrist") for day in days(3)], 3)
    assert {week.shuffle_share for week in found.weeks} == {None}


def test_runs_after_the_last_day_do_not_count() -> None:
    found = weekly(history(12), last_day(10) - timedelta(days=1), 10, SETTING)
    assert found.weeks[-1].runs == 2


def test_distance_and_runs_are_of_all_surfaces_but_scores_of_one() -> None:
    outdoor, indoor = [past_run(day) for day in days(3)], [past_run(day + 0.5, surface="indoor") for day in days(3)]
    found = view([*outdoor, *indoor], 3)
    assert found.weeks[0].runs == 6
    assert found.weeks[0].values["D"].runs == 3
    assert found.weeks[0].distance_m == pytest.approx(
        sum(run.distance_m or 0.0 for run in [*outdoor, *indoor]) / 3, rel=0.02
    )


def test_a_run_without_scored_epochs_is_counted_and_not_judged() -> None:
    runs = history(9)
    unscored = runs[0].replace(id="x", epochs=runs[0].epochs.replace(reason=np.full(30, "hilly")))
    found = view([*runs, unscored], 9)
    assert found.weeks[0].runs == 4
    assert found.weeks[0].values["D"].runs == 3


def test_no_runs_at_all_are_an_empty_view() -> None:
    found = view([], 4)
    assert (len(found.weeks), found.trends, found.verdicts) == (4, (), ("too early to tell",))
    assert found.reference_speed_mps is None


def test_the_order_of_the_runs_does_not_matter() -> None:
    runs = history(10, 1.0)
    assert view(runs[::-1], 10) == view(runs, 10)


def last(runs: list[PastRun], weeks: int = 8) -> LastWeeks:
    found = view(runs, weeks).last_weeks
    assert found is not None
    return found


def test_over_the_last_weeks_the_systematic_error_stays_and_the_noise_goes() -> None:
    few, many = (last(history(8)[-runs:]) for runs in (2, 24))
    sure = many.posterior.scores["D"].sd
    # With the errors of a strap alone: zSL 0.46 without height, zDF 0.021/0.026.
    prior = prior_cov()
    rows = measured_rows(("zSL", "zDF"), scale_at(3.0, STRAP))
    variances = np.square([0.46, 0.021 / 0.026])
    cov = conditioned(prior, rows, variances)[1]
    least = float(np.sqrt([1, -1, 0, 0] @ cov @ [1, -1, 0, 0] / 2.0))
    assert sure == pytest.approx(least, rel=0.05)
    assert few.posterior.scores["D"].sd > sure > least


def wandering(day: float, by: float) -> PastRun:
    """A run whose sensor read contact time longer and longer, by this much of the step in all."""
    run = past_run(day, n=60, seed=3)
    off = by * np.linspace(-0.5, 0.5, 60)
    columns = dict(run.epochs.columns)
    return run.replace(
        epochs=run.epochs.replace(
            columns=columns
            | {"duty_factor": columns["duty_factor"] + off, "zDF": columns["zDF"] + off / (0.010 + 0.048 / 3.0)}
        )
    )


def test_a_sensor_that_wandered_within_runs_is_believed_less_as_far_as_these_count() -> None:
    none, half, all_ = (
        last([wandering(day, 0.05 if place % 24 < count else 0.0) for place, day in enumerate(days(8))]).posterior
        for count in (0, 12, 24)
    )
    scale = scale_at(none.speed_mps, STRAP)
    rows = measured_rows(("zSL", "zDF", "zk"), scale)
    for found, doubt in ((none, 1.0), (all_, 1.5)):
        errors = [0.46, doubt * 0.021 / scale.sd_DF, doubt * 0.068 / scale.sd_ln_k]
        cov = conditioned(prior_cov(), rows, np.square(errors))[1]
        assert found.scores["K"].sd == pytest.approx(float(np.sqrt(cov[2, 2])), rel=0.02)
        assert found.scores["D"].sd == pytest.approx(float(np.sqrt([1, -1, 0, 0] @ cov @ [1, -1, 0, 0] / 2)), rel=0.05)
    assert none.scores["K"].sd < half.scores["K"].sd < all_.scores["K"].sd


def test_a_runner_who_drives_hears_so_over_the_last_weeks() -> None:
    found = last([past_run(day, Form(ln_T=0.12, DF=-0.07), speeds=(2.6, 2.8)) for day in days(8)])
    headline = found.findings[0]
    assert (headline.scope, headline.pattern, headline.certainty) == ("weeks", "drive-like", "spoken")
    assert headline.probability == found.posterior.odds[headline.pattern] > 0.8 > headline.base_rate
    assert {"shuffle-like", "piston-like"} <= set(found.ruled_out)
    assert (found.knee.probability_less or 1.0) < 0.3
    assert (found.runs, found.sensor, found.verdicts, found.odds_range) == (24, "garmin_strap", (Verdict.STEADY,), {})


def test_from_steps_alone_the_last_weeks_never_speak_and_name_their_range() -> None:
    for sensor, form in (("garmin_wrist", Form(ln_T=-0.15)), ("other", Form(ln_T=-0.15, noise_DF=0.001))):
        found = last([past_run(day, form, sensor=sensor) for day in days(8)])
        assert found.posterior.measured == ("zSL",)
        assert {each.certainty for each in found.findings} <= {"leaning", "open"}
        low, high = found.odds_range[found.findings[0].pattern]
        assert low < found.findings[0].probability <= high


def test_the_last_weeks_are_eight_whatever_is_looked_at() -> None:
    runs = history(20)
    for weeks in (4, 8, 20):
        found = weekly(runs, last_day(20), weeks, SETTING).last_weeks
        assert found is not None
        assert (found.runs, found.first) == (24, runs[-24].started_at.date())
    assert weekly(runs, last_day(30), 20, SETTING).last_weeks is None


def test_the_height_that_a_run_was_judged_by_is_that_of_its_weeks() -> None:
    short, tall = ([run.replace(height_m=height) for run in history(8)] for height in (1.65, 1.95))
    tall[-1] = tall[-1].replace(height_m=None)  # one that did not know it changes nothing
    knees = [last(runs).knee for runs in (short, tall)]
    trends = [view(runs, 8).weeks[-1].values["D"].value for runs in (short, tall)]
    assert all(knee.reason == "" for knee in knees)
    assert trends[0] - trends[1] == pytest.approx(50.0 * 0.30 / 170.0 / 0.05 / np.sqrt(2.0), rel=0.2)


@pytest.mark.parametrize(("change", "word"), [(-8.0, "lower"), (8.0, "higher"), (0.0, "steady")])
def test_heart_rate_at_one_pace_stands_beside_the_trends(change: float, word: str) -> None:
    random, runs = np.random.default_rng(9), []
    for share, run in zip(np.linspace(0.0, 1.0, 42), history(14), strict=True):
        # Thirty beats more per m/s, and a faster runner every week: neither may pass for a change at one pace.
        beats = 150.0 + change * share + 30.0 * (run.epochs["speed_mps"] - 3.0) + random.normal(size=30)
        runs.append(
            run.replace(epochs=run.epochs.replace(columns=dict(run.epochs.columns) | {"heart_rate_bpm": beats}))
        )
    found = view(runs, 14).heart_rate
    assert found is not None
    assert (found.series, found.verdict) == ("heart_rate_bpm", word)
    assert found.change == pytest.approx(change, abs=1.0)


def test_without_heart_rate_nothing_stands_beside_them() -> None:
    assert view(history(8), 8).heart_rate is None


def test_runs_without_a_scored_half_minute_have_no_posterior() -> None:
    run = past_run(0.0)
    unscored = run.replace(epochs=run.epochs.replace(weight=np.zeros(len(run.epochs))))

    assert posterior_of([unscored], STRAP, SETTING, steps=False) is None
    assert posterior_of([run, unscored], STRAP, SETTING, steps=False) is not None
