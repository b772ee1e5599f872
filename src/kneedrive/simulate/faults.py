"""What goes wrong with recordings: a sensor that slips, freezes or stops, a watch that loses its signal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kneedrive.model import Array


class Fault(NamedTuple):
    """Between two seconds a channel is "lost", "scaled" or "set" by `value`, or "frozen" at its first value.

    "hidden" leaves out the records themselves, without a pause; the channel does not matter then.
    """

    kind: str
    channel: str
    start_s: float
    end_s: float
    value: float = 0.0


def damaged(channels: dict[str, Array], time_s: Array, faults: tuple[Fault, ...]) -> dict[str, Array]:
    """The channels after all faults; those that a sensor does not record are left out in silence."""
    after = dict(channels)
    for fault in faults:
        if fault.channel in after:
            inside = (time_s >= fault.start_s) & (time_s < fault.end_s)
            after[fault.channel] = np.where(inside, _effect(fault, after[fault.channel], inside), after[fault.channel])
    return after


def visible(time_s: Array, faults: tuple[Fault, ...]) -> npt.NDArray[np.bool_]:
    """Which records were written at all."""
    seen = np.ones(len(time_s), dtype=bool)
    for fault in faults:
        if fault.kind == "hidden":
            seen &= (time_s < fault.start_s) | (time_s >= fault.end_s)
    return seen


def _effect(fault: Fault, values: Array, inside: npt.NDArray[np.bool_]) -> Array | float:
    effects: dict[str, Array | float] = {
        "lost": np.nan,
        "set": fault.value,
        "scaled": values * fault.value,
        "frozen": values[np.argmax(inside)],
        "hidden": values,
    }
    return effects[fault.kind]
