"""What comes back in run after run, in sentences."""

from datetime import date

import pytest

from kneedrive.histories.result import BalanceHabit, FadeHabit, Habit, Habits, PaceChange, SlowContrast, Trend, Verdict
from kneedrive.report import history
from tests.report.histories import STORIES

NO_SLOW = SlowContrast(verdict=Habit.NOT_ENOUGH, runs=0)
NO_BALANCE = BalanceHabit(verdict=Habit.NOT_ENOUGH, runs=2, runs_beyond=0)
NO_FADE = FadeHabit(verdict=Habit.NOT_ENOUGH, runs=1)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_nothing_is_printed_where_nothing_can_be_told() -> None:
    habits = Habits(slow=NO_SLOW, balance=NO_BALANCE, fade=NO_FADE)
    view = STORIES["no_running"]().view.replace(pace_change=None, heart_rate=None, habits=habits)

    assert history.run_after_run(view, miles=False) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            SlowContrast(verdict=Habit.MORE, runs=5, mean=-1.2, se=0.1),
            "more than slowing down alone explains: your drive score falls by about 1.2 (5 runs).",
        ),
        (
            SlowContrast(verdict=Habit.NOT_SHOWN, runs=5, mean=-0.7, se=0.2),
            "falls by about 0.7 (5 runs): that may be no more than slowing down alone explains.",
        ),
        (SlowContrast(verdict=Habit.NOT_SHOWN, runs=5, mean=-0.05, se=0.1), "falls by about 0.1"),
        (SlowContrast(verdict=Habit.NOT_SHOWN, runs=5, mean=-0.04, se=0.1), "does not fall (5 runs)"),
        (SlowContrast(verdict=Habit.NOT_SHOWN, runs=5, mean=0.4, se=0.1), "does not fall (5 runs)"),
    ],
)
def test_slow_contrast_in_words(found: SlowContrast, words: str) -> None:
    assert words in plain(history.slow(found))


def test_a_contrast_that_is_not_shown_claims_none() -> None:
    text = history.slow(SlowContrast(verdict=Habit.NOT_SHOWN, runs=5, mean=-0.2, se=0.1))

    assert "shorten" not in text


@pytest.mark.parametrize(
    ("left", "side", "words"),
    [(0.522, "left", "The left foot has 52.2 %"), (0.478, "right", "The right foot has 52.2 %")],
)
def test_constant_difference_names_the_foot_that_is_longer_on_the_ground(left: float, side: str, words: str) -> None:
    found = BalanceHabit(verdict=Habit.UNEVEN, runs=9, runs_beyond=8, left=left, side=side)

    assert words in plain(history.balance(found))
    assert "8 of 9 runs" in plain(history.balance(found))


def test_balance_without_a_constant_difference_is_said() -> None:
    found = BalanceHabit(verdict=Habit.NONE, runs=9, runs_beyond=1, left=0.502)

    assert "no constant difference (left 50.2 %, over 9 runs)" in plain(history.balance(found))


def test_fade_habit_says_what_changes_and_by_how_much() -> None:
    found = FadeHabit(
        verdict=Habit.FADES,
        runs=6,
        metrics=("cadence_spm", "ln_k", "stance_time_s"),
        median={"cadence_spm": -3.0, "ln_k": 0.04, "stance_time_s": 0.008},
    )

    assert "cadence fell by 3 steps/min, torso bounce grew by 4 % and contact lengthened by 8 ms" in plain(
        history.fade(found)
    )


def test_no_fade_habit_is_a_result() -> None:
    assert "nothing changes the same way" in history.fade(FadeHabit(verdict=Habit.NONE, runs=6))


def test_how_the_runner_goes_faster_is_a_description() -> None:
    found = PaceChange(
        slope=0.2, low=0.1, high=0.3, runs=12, faster=0.10, longer=0.08, quicker=0.02, usual=0.11, people=(0.01, 0.22)
    )

    assert plain(history.pace_change(found)) == (
        "To run 10 % faster you lengthen the step by 8 % and quicken it by 2 % (12 runs); 1 % is usual, 0 % to 2 % in "
        "the few runners of whom it is known."
    )
    assert "lengthen the step by 11 % and slow it by 1 %" in plain(
        history.pace_change(found.replace(longer=0.11, quicker=-0.01))
    )
    assert history.pace_change(found.replace(longer=None)) == ""


@pytest.mark.parametrize(
    ("verdict", "change", "words"),
    [
        ("lower", -3.2, "3 beats lower since Mon 6 Jan 2025. It may be heat, rest or fitness"),
        ("steady", 0.4, "no change that stands out"),
        ("too early to tell", None, ""),
    ],
)
def test_heart_rate_stands_beside_the_weeks_as_context(verdict: str, change: float | None, words: str) -> None:
    trend = Trend(
        series="heart_rate_bpm",
        verdict=Verdict(verdict),
        weeks=12,
        runs=30,
        weeks_missing=0,
        weeks_advised=0,
        first=date(2025, 1, 6),
        change=change,
    )
    text = plain(history.heart_rate(STORIES["steady"]().view.replace(heart_rate=trend), miles=False))

    assert words in text
    assert bool(words) == bool(text)
