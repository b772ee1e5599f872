"""What comes back in run after run, in sentences: slow running, left and right, what fades."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from kneedrive.history import BalanceHabit, FadeHabit, SlowContrast
from kneedrive.report import view, words
from kneedrive.report.layout import flow, heading
from kneedrive.report.style import Style

NO_FALL = -0.05  # of the drive score: what is shown as 0.0


class Habits(NamedTuple):
    """Three questions to the runs of some weeks."""

    slow: SlowContrast
    balance: BalanceHabit
    fade: FadeHabit


def render(habits: Habits, style: Style) -> list[str]:
    """What can be said of them; nothing where no run could tell anything."""
    said = [text for text in (slow(habits.slow), balance(habits.balance), fade(habits.fade)) if text]
    if not said:
        return []
    return [*heading("Run after run", style), *(line for text in said for line in flow(text, style, hang=2))]


def slow(found: SlowContrast) -> str:
    """Whether slowing down takes more from the steps than from those of others."""
    if found.verdict == "not enough" or found.mean is None:
        return ""
    counted = view.plural(found.runs, "run")
    if found.mean > NO_FALL:
        return f"When you slow down, your drive score does not fall ({counted})."
    fall = f"falls by about {view.score(found.mean).lstrip('-')} ({counted})"
    if found.verdict == "more than slowing down":
        return (
            "When you slow down, your steps shorten and stay on the ground more than slowing down alone explains: your "
            f"drive score {fall}."
        )
    return f"When you slow down, your drive score {fall}: that may be no more than slowing down alone explains."


def balance(found: BalanceHabit) -> str:
    """Whether one foot is always longer on the ground: a number, never a diagnosis."""
    if found.verdict == "not enough" or found.left is None:
        return ""
    counted = view.plural(found.runs, "run")
    if found.verdict == "none":
        return f"Left and right: no constant difference (left {view.percent(found.left, 1)}, over {counted})."
    share = view.percent(max(found.left, 1.0 - found.left), 1)
    return (
        f"Left and right: a constant difference. The {found.side} foot has {share} of the contact time, in "
        f"{view.number(found.runs_beyond)} of {counted}. Why, a watch cannot tell; somebody who can look at you may."
    )


def fade(found: FadeHabit) -> str:
    """What changes late in most runs."""
    counted = view.plural(found.runs, "run")
    if found.verdict == "not enough":
        return ""
    if found.verdict == "none":
        return f"Late in your runs: nothing changes the same way again and again at the same speed ({counted})."
    return f"Late in your runs, at the same speed: {listed([_faded(key, found) for key in found.metrics])} ({counted})."


def _faded(key: str, found: FadeHabit) -> str:
    """ "contact lengthened by 8 ms"."""
    amount = found.median[key]
    shown = view.change_percent if key == "ln_k" else partial(view.difference, key)
    rose, fell = words.FADED[key]
    return f"{rose if amount > 0 else fell} by {shown(amount).lstrip('+-')}"


def listed(pieces: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(part for part in (", ".join(pieces[:-1]), *pieces[-1:]) if part)
