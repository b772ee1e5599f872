"""The time axis of one session: FIT times made seconds since the start, with what had to be forgiven."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from kneedrive.method import FitRules
from kneedrive.model import Array, Note
from kneedrive.readers import motion
from kneedrive.readers.fit_profile import SMALLEST_TIME
from kneedrive.value import Value

Flags = npt.NDArray[np.bool_]

RULES = FitRules()


class Clock(NamedTuple):
    """Seconds since the start from FIT times; `jump_s` was put onto the clock right after `jump_after`."""

    zero: float
    jump_after: float = np.inf
    jump_s: float = 0.0

    def seconds(self, fit_times: ArrayLike) -> Array:
        """Seconds since the start of the session, of the shape of `fit_times`."""
        times = np.asarray(fit_times, np.float64)
        return times - self.zero - np.where(times > self.jump_after, self.jump_s, 0.0)


class Axis(Value):
    """keep: which records have a usable time. time_s: theirs, non-decreasing, since the clock's zero."""

    clock: Clock
    keep: Flags
    time_s: Array
    notes: tuple[Note, ...]


def axis(fit_times: Array, starts: npt.NDArray[np.int64], start: float | None, elapsed_s: float | None) -> Axis:
    """The axis of one session's records.

    fit_times: FIT seconds, NaN where invalid, shape (records,). starts: byte offset of each record, for the notes.
    start, elapsed_s: what the session says, None where it says nothing. Left out, each with a note: records without a
    time, records that run backwards, and what stands half a day away from the rest.
    """
    keep = ~np.isnan(fit_times)
    notes = _left_out(keep, starts, "time_invalid", "records without a valid time were left out")
    if not keep.any():
        return Axis(clock=Clock(start or 0.0), keep=keep, time_s=np.empty(0), notes=tuple(notes))
    keep, notes = _narrow(keep, motion.in_order(fit_times[keep]), starts, notes, "time_backwards")
    jump = _jump(fit_times[keep], elapsed_s)
    if jump:
        text = f"the watch's clock was set forward by {jump.jump_s:,.0f} s during the run: the gap was closed"
        notes.append(Note(code="clock_set", text=text))
    else:
        keep, notes = _narrow(
            keep, motion.largest_stretch(fit_times[keep], RULES.stray_gap_s), starts, notes, "time_far"
        )
    times = fit_times[keep]
    zero = _zero(times, start)
    clock = Clock(zero) if jump is None else jump._replace(zero=zero)
    if zero < SMALLEST_TIME:
        notes.append(Note(code="clock_unset", text="the watch did not know the date: the start is counted from 1989"))
    return Axis(clock=clock, keep=keep, time_s=clock.seconds(times), notes=tuple(notes))


_WHY = {
    "time_backwards": "records whose time runs backwards were left out",
    "time_far": "records half a day or more away from the rest were left out",
}


def _narrow(
    keep: Flags, stay: Flags, starts: npt.NDArray[np.int64], notes: list[Note], code: str
) -> tuple[Flags, list[Note]]:
    """Fewer records kept: `stay` says which of those so far. A note tells how many went, and where the first stood."""
    narrower = keep.copy()
    narrower[keep] = stay
    return narrower, notes + _left_out(stay, starts[keep], code, _WHY[code])


def _left_out(stay: Flags, starts: npt.NDArray[np.int64], code: str, text: str) -> list[Note]:
    gone = np.flatnonzero(~stay)
    return [Note(code=code, text=f"{len(gone):,} {text}", offset=int(starts[gone[0]]))] if len(gone) else []


def _jump(times: Array, elapsed_s: float | None) -> Clock | None:
    """A clock set during the run: one long gap that the session's elapsed time knows nothing of."""
    if elapsed_s is None or len(times) < 2:
        return None
    gaps = np.diff(times)
    largest = int(np.argmax(gaps))
    excess_s = float(times[-1] - times[0] - elapsed_s)
    if gaps[largest] < RULES.clock_jump_s or abs(excess_s - gaps[largest]) > RULES.clock_agree_s:
        return None
    # The gap shrinks to what the elapsed time leaves for it.
    return Clock(0.0, float(times[largest]), min(excess_s, float(gaps[largest])))


def _zero(times: Array, start: float | None) -> float:
    """The session's own start where the records agree with it, else the first record's time."""
    first = float(times[0])
    return start if start is not None and 0 <= first - start <= RULES.stray_gap_s else first
