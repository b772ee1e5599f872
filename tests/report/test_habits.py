"""What comes back in run after run, in sentences."""

import pytest

from kneedrive.history.result import BalanceHabit, FadeHabit, SlowContrast
from kneedrive.report import history
from kneedrive.report.history import Habits
from kneedrive.report.text import Style

NO_SLOW = SlowContrast(verdict="not enough", runs=0)
NO_BALANCE = BalanceHabit(verdict="not enough", runs=2, runs_beyond=0)
NO_FADE = FadeHabit(verdict="not enough", runs=1)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_nothing_is_printed_where_nothing_can_be_told() -> None:
    assert history.habit_lines(Habits(slow=NO_SLOW, balance=NO_BALANCE, fade=NO_FADE), Style()) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            SlowContrast(verdict="more than slowing down", runs=5, mean=-1.2, se=0.1),
            "more than slowing down alone explains: your drive score falls by about 1.2 (5 runs).",
        ),
        (
            SlowContrast(verdict="not shown", runs=5, mean=-0.7, se=0.2),
            "falls by about 0.7 (5 runs): that may be no more than slowing down alone explains.",
        ),
        (SlowContrast(verdict="not shown", runs=5, mean=-0.05, se=0.1), "falls by about 0.1"),
        (SlowContrast(verdict="not shown", runs=5, mean=-0.04, se=0.1), "does not fall (5 runs)"),
        (SlowContrast(verdict="not shown", runs=5, mean=0.4, se=0.1), "does not fall (5 runs)"),
    ],
)
def test_slow_contrast_in_words(found: SlowContrast, words: str) -> None:
    assert words in plain(history.slow(found))


def test_a_contrast_that_is_not_shown_claims_none() -> None:
    text = history.slow(SlowContrast(verdict="not shown", runs=5, mean=-0.2, se=0.1))

    assert "shorten" not in text


@pytest.mark.parametrize(
    ("left", "side", "words"),
    [(0.522, "left", "The left foot has 52.2 %"), (0.478, "right", "The right foot has 52.2 %")],
)
def test_constant_difference_names_the_foot_that_is_longer_on_the_ground(left: float, side: str, words: str) -> None:
    found = BalanceHabit(verdict="constant difference", runs=9, runs_beyond=8, left=left, side=side)

    assert words in plain(history.balance(found))
    assert "8 of 9 runs" in plain(history.balance(found))


def test_balance_without_a_constant_difference_is_said() -> None:
    found = BalanceHabit(verdict="none", runs=9, runs_beyond=1, left=0.502)

    assert "no constant difference (left 50.2 %, over 9 runs)" in plain(history.balance(found))


def test_fade_habit_says_what_changes_and_by_how_much() -> None:
    found = FadeHabit(
        verdict="habit",
        runs=6,
        metrics=("cadence_spm", "ln_k", "stance_time_s"),
        median={"cadence_spm": -3.0, "ln_k": 0.04, "stance_time_s": 0.008},
    )

    assert "cadence fell by 3 steps/min, torso bounce grew by 4 % and contact lengthened by 8 ms" in plain(
        history.fade(found)
    )


def test_no_fade_habit_is_a_result() -> None:
    assert "nothing changes the same way" in history.fade(FadeHabit(verdict="none", runs=6))


@pytest.mark.parametrize(
    ("pieces", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists_in_words(pieces: list[str], text: str) -> None:
    assert history.listed(pieces) == text
