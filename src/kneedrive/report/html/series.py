"""A run over its time: one small chart per quantity over one time axis, with what was not scored shaded in all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

import numpy as np

from kneedrive.channels import CHANNELS
from kneedrive.findings import Analysis, Epochs
from kneedrive.model import Array
from kneedrive.report import view
from kneedrive.report.html import plot
from kneedrive.report.html.markup import Markup, at, el, join
from kneedrive.report.html.pace import COMPUTED
from kneedrive.report.html.plot import Beside, Scale, Tick
from kneedrive.report.spoken import gate_words

KEYS = ("speed_mps", "cadence_spm", "stance_time_s", "vertical_oscillation_m")
_GAP = 6.0  # percent between two charts
_LEAST = {"speed_mps": 0.6, "cadence_spm": 12.0, "stance_time_s": 0.03, "vertical_oscillation_m": 0.012}
_TIME_STEPS_S = (60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400)
_MOST_TICKS = 6
_MOSTLY = 0.5  # of what was recorded: where less was scored, the scale is made for the bulk of all instead
_FENCE = 1.5  # quartile ranges beyond the quartiles, as in a box plot


class Span(NamedTuple):
    """Neighbouring epochs that were left out for one reason."""

    start_s: float
    end_s: float
    reason: str


def spans(epochs: Epochs, length_s: float) -> Iterator[Span]:
    """The stretches that were not scored, in order."""
    rows = zip(epochs.start_s.tolist(), map(str, epochs.reason), strict=True)
    for reason, group in groupby(rows, key=lambda row: row[1]):
        starts = [start for start, _ in group]
        if reason:
            yield Span(starts[0], starts[-1] + length_s, reason)


def series(analysis: Analysis, *, miles: bool) -> Markup:
    """The charts; empty where the run has no epochs."""
    epochs = analysis.epochs
    keys = [key for key in KEYS if key in epochs.columns and np.isfinite(epochs[key]).any()]
    if not keys or not len(epochs):
        return Markup("")
    length_s = float(analysis.method.epochs.length_s)
    x = Scale(0.0, max(float(epochs.start_s[-1]) + length_s, analysis.activity.elapsed_s))
    left_out = list(spans(epochs, length_s))
    height = (100.0 + _GAP) / len(keys) - _GAP
    charts = [
        _chart(key, epochs, x, (place * (height + _GAP), height), analysis, miles=miles)
        for place, key in enumerate(keys)
    ]
    return plot.drawing(
        f"series rows{len(keys)}",
        "The run over its time; what was left out is shaded and listed in the table below.",
        [_shade(span, x) for span in left_out],
        plot.x_axis(x, time_ticks(x)),
        charts,
        [_reading(place, keys, epochs, x, length_s, miles=miles) for place in np.flatnonzero(epochs.scored).tolist()],
        [_mark(span, x) for span in left_out],
        marked=True,
    )


def time_ticks(x: Scale) -> list[Tick]:
    """Round times since the start."""
    step = next((step for step in _TIME_STEPS_S if x.high / step <= _MOST_TICKS), _TIME_STEPS_S[-1])
    return [Tick(float(second), view.clock(second)) for second in range(0, int(x.high) + 1, step)]


def _chart(key: str, epochs: Epochs, x: Scale, room: tuple[float, float], analysis: Analysis, *, miles: bool) -> Markup:
    """One quantity: its ticks, a faint line for everything, a strong one for what was scored. room: top and height."""
    top, height = room
    values = epochs[key]
    y = plot.spanning(_shown(values, epochs).tolist(), margin=0.12, least=_LEAST[key])
    ticks = plot.pace_ticks(y, miles=miles, most=4) if key == "speed_mps" else plot.quantity_ticks(key, y, 4)
    middle = analysis.method.epochs.length_s / 2
    scored = np.where(epochs.scored, values, np.nan)
    drawn = ((values, "faint"), (scored, "strong"))
    lines = [plot.path(x, y, _points(epochs.start_s + middle, each), kind) for each, kind in drawn]
    return join(
        (
            plot.y_axis(y, ticks, top=top, height=height),
            plot.stretched(lines, y=top, height=height),
            plot.words(0, top, _title(key, analysis, miles=miles), Beside(0, -6, "start"), "edge"),
        )
    )


def _shown(values: Array, epochs: Epochs) -> Array:
    """What the scale is made for. A walk or a sprint would flatten everything else, and may be cut off."""
    known = np.isfinite(values)
    scored: Array = values[epochs.scored & known]
    if len(scored) >= _MOSTLY * known.sum():
        return scored
    lower, upper = np.percentile(values[known], (25, 75))
    reach = _FENCE * (upper - lower)
    bulk: Array = values[known & (values >= lower - reach) & (values <= upper + reach)]
    return bulk


def _title(key: str, analysis: Analysis, *, miles: bool) -> str:
    if key == "speed_mps":
        return f"pace, {view.pace_unit(miles=miles)}"
    estimate = analysis.provenance == COMPUTED and key in ("stance_time_s", "vertical_oscillation_m")
    return f"{CHANNELS[key].name}, {view.unit(key)}" + (" (the watch’s estimate)" if estimate else "")


def _points(time_s: Array, values: Array) -> list[tuple[float, float] | None]:
    """The places of a line; None where nothing is known."""
    pairs = zip(time_s.tolist(), values.tolist(), np.isfinite(values).tolist(), strict=True)
    return [(second, value) if known else None for second, value, known in pairs]


def _shade(span: Span, x: Scale) -> Markup:
    return plot.area(x.percent(span.start_s), 0, x.percent(span.end_s), 100, "left-out")


def _when(span: Span) -> str:
    return f"{view.clock(span.start_s)} to {view.clock(span.end_s)}"


def _mark(span: Span, x: Scale) -> Markup:
    return plot.mark(
        f"{_when(span)}: {gate_words(span.reason)}, not scored",
        plot.area(x.percent(span.start_s), 0, x.percent(span.end_s), 100, "reach"),
    )


def _reading(place: int, keys: list[str], epochs: Epochs, x: Scale, length_s: float, *, miles: bool) -> Markup:
    """The numbers of one scored epoch, for those who point; the tables hold them for everybody else."""
    start = float(epochs.start_s[place])
    shown = [
        view.pace(float(epochs[key][place]), miles=miles)
        if key == "speed_mps"
        else f"{CHANNELS[key].short.lower()} {view.quantity(key, float(epochs[key][place]))}"
        for key in keys
    ]
    left = x.percent(start)
    # Not a mark: two hundred of them would bury the stretches that a keyboard or a screen reader looks for.
    return el(
        "g",
        el("title", f"{view.clock(start)}: {', '.join(shown)}"),
        el("rect", x=at(left), width=at(x.percent(start + length_s) - left), height="100%", class_="reach"),
        class_="reading",
        aria_hidden="true",
    )


def table(analysis: Analysis) -> Markup:
    """What was left out and when."""
    left_out = spans(analysis.epochs, float(analysis.method.epochs.length_s))
    rows = [el("tr", el("th", _when(span), scope="row"), el("td", gate_words(span.reason))) for span in left_out]
    head = el("thead", el("tr", el("th", "time", scope="col"), el("th", "not scored because", scope="col")))
    return el("table", head, el("tbody", *rows)) if rows else Markup("")
