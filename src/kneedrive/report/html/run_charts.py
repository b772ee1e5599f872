"""The charts of one run: where it stands at each pace, quantities by pace and over time, and strips beside numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

import numpy as np

from kneedrive.analysis.gates import SHORT
from kneedrive.analysis.result import Analysis, Epochs, PaceBand
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.quantities import QUANTITIES
from kneedrive.record import Record
from kneedrive.recording import Array
from kneedrive.report import numbers
from kneedrive.report.blocks import SPAN, Mark, Picture, plain
from kneedrive.report.html import svg
from kneedrive.report.html.svg import Markup, Scale, Tick, el, join
from kneedrive.report.sections import claimed
from kneedrive.report.words import capital

# The pace picture: a row a pace on the bell of all runners at that pace.

_HEAD_PX, _FOOT_PX = 66.0, 8.0
_ROWS_PX, _LEAST_ROW_PX, _MOST_ROW_PX = 192.0, 32.0, 52.0  # all rows together, and one: a phone's first screen holds it
_SLIM_HEAD_PX, _SLIM_ROW_PX = 24.0, 25.0
GUTTER_PX = 88.0  # to the left of the drawing, for the words of a row
_BELL_TOP_PX, _BELL_PX = 20.0, 40.0
_BELL_POINTS = 33
_FIFTH = 0.8416  # SDs of a normal beyond which one in five lies
_CLOSE = 16.0  # percent between two ticks whose words touch on a phone
_X = Scale(low=-SPAN, high=SPAN)
_TICKS = ("1 in 25", "1 in 5", "1 in 5", "1 in 25")  # what the ticks of a pace picture stand for, left to right


def picture(block: Picture, *, slim: bool = False, onset: tuple[int, str] | None = None) -> Markup:
    """The picture of a block. slim: for a run in a list. onset: rows above the shuffle-onset pace, and its words."""
    roomy = min(max(_ROWS_PX / len(block.rows), _LEAST_ROW_PX), _MOST_ROW_PX)
    step, head = (_SLIM_ROW_PX, _SLIM_HEAD_PX) if slim else (roomy, _HEAD_PX)
    bottom, (left, right), (low, high) = head + step * len(block.rows), block.ends, ends_of(block.axis)
    parts = [
        svg.words(0, 12, f"← {left}", f"end {svg.tint(low)}"),
        svg.words(100, 12, f"{right} →", f"end {svg.tint(high)}", text_anchor="end"),
        svg.words(0, head - 8, block.heads[0], "tick", dx=-GUTTER_PX),
        _bell(block.ticks, low, high) if len(block.ticks) == len(_TICKS) and not slim else "",
        _guides(block, head - 6, bottom),
        _onset(onset, head, step, len(block.rows)) if onset else "",
        *(_row(row, block, head + step * (place + 0.5), step) for place, row in enumerate(block.rows)),
    ]
    name = f"From {left} to {right}, a row for each pace"
    return svg.drawing(f"paces{' slim' * slim}", name, *parts, height=bottom + _FOOT_PX)


def ends_of(letter: str) -> tuple[Pattern | None, Pattern | None]:
    """The patterns that lie at the low and at the high end of a score; None where there is none."""
    sides: dict[int, Pattern] = {}
    for pattern, row in PATTERNS.items():
        if row.axis == letter:
            sides.setdefault(row.side, pattern)
    return sides.get(-1), sides.get(1)


def _bell(ticks: Sequence[float], left: Pattern | None, right: Pattern | None) -> Markup:
    """All runners at a pace: the middle grey, the outer fifth of either side in the colour of its pattern."""
    x, y, (_, low, high, _) = _X, Scale(low=0.0, high=1.05, up=True), ticks
    middle, spread = (low + high) / 2, (high - low) / 2 / _FIFTH
    pieces = ((x.low, low, f"tail {svg.tint(left)}"), (low, high, "ribbon"), (high, x.high, f"tail {svg.tint(right)}"))
    drawn = []
    for begin, end, kind in pieces:
        along = np.linspace(begin, end, _BELL_POINTS).tolist()
        edge = [(place, math.exp(-0.5 * ((place - middle) / spread) ** 2)) for place in along]
        drawn.append(svg.path(x, y, [(begin, 0.0), *edge, (end, 0.0)], kind, closed=True))
    return svg.stretched(*drawn, y=f"{_BELL_TOP_PX:.0f}", height=f"{_BELL_PX:.0f}")


def _guides(block: Picture, top: float, bottom: float) -> Iterator[Markup]:
    """The middle, and beyond which one runner in 5 and one in 25 lie."""
    x = _X
    yield svg.line(x.percent(0), top, x.percent(0), bottom, "zero")
    yield svg.words(x.percent(0), "100%", block.middle, "tick", dy=10, text_anchor="middle")
    texts = _TICKS if len(block.ticks) == len(_TICKS) else [""] * len(block.ticks)
    close = any(0 < x.percent(b) - x.percent(a) < _CLOSE for a, b in pairwise(block.ticks))
    for place, text in zip(block.ticks, texts, strict=True):
        kind = "tick near" if close and text == _TICKS[1] else "tick"
        yield svg.line(x.percent(place), top, x.percent(place), bottom, "guide")
        yield svg.words(x.percent(place), "100%", text, kind, dy=10, text_anchor="middle")


def _row(row: Mark, block: Picture, y: float, step: float) -> Markup:
    """A pace: its words at the left, the mark on the line of its error, the pattern's name at the right."""
    x, (pace, time, *_) = _X, (*row.before, "", "")
    behind, pattern = plain(row.behind), row.tone if isinstance(row.tone, Pattern) else None
    hollow = " hollow" * row.hollow
    drawn: list[Markup] = []
    if row.mean is not None:
        middle, sd = x.percent(x.inside(row.mean)), row.sd or 0.0
        low, high = (x.percent(x.inside(row.mean + side * sd)) for side in (-1, 1))
        drawn = [
            svg.line(low, y, high, y, f"error {svg.tint(pattern)}{hollow}"),
            svg.disc(svg.at(middle), y, pattern, hollow=row.hollow),
        ]
    named = behind or (PATTERNS[pattern].name if pattern else "nothing stands out")
    return svg.mark(
        f"{pace}{numbers.TIE}{block.heads[0]} for {time}: {named}",
        svg.area(0, 100, "reach", y - step / 2, step),
        svg.words(0, y, pace, "pace", dx=-GUTTER_PX, dy=5),
        svg.words(0, y, time, "tick time", dx=-12, dy=5, text_anchor="end"),
        *drawn,
        svg.words(100, y, behind, f"named {svg.tint(pattern)}", dx=12, dy=5),
    )


def _onset(onset: tuple[int, str], head: float, step: float, rows: int) -> Markup:
    """The shuffle-onset pace as a line between two rows, and the rows below it shaded."""
    above, text = onset
    y = head + step * above
    words = svg.words(100, y, text, "onset-words", dy=-5, text_anchor="end")
    return join((svg.area(0, 100, "below", y, step * (rows - above)), svg.line(0, y, 100, y, "onset"), words))


# One small chart a quantity by pace: the runner's own on the ribbon of what is usual.

METRICS = ("step_length_m", "cadence_spm", "stance_time_s", "vertical_oscillation_m")
_MARGIN = 0.12


class Ranges(Record, frozen=True, kw_only=True):
    """What is usual along the speeds of a run, one spread to each side: low and high by metric key."""

    speed_mps: Array = np.empty(0)
    low: Mapping[str, Array] = {}
    high: Mapping[str, Array] = {}


def metric_cards(analysis: Analysis, ranges: Ranges, *, miles: bool) -> list[Markup]:
    """A card for each quantity; what a watch worked out by itself is faint, as its claim, beside nothing."""
    bands = analysis.pace_profile
    if not bands:
        return []
    x = svg.spanning([band.speed_mps for band in bands], margin=_MARGIN, least=0.5, up=False)
    keys = [key for key in METRICS if any(key in band.metrics for band in bands)]
    return [_card(key, analysis, x, ranges, miles=miles) for key in keys]


def _card(key: str, analysis: Analysis, x: Scale, ranges: Ranges, *, miles: bool) -> Markup:
    claim, spread, usual = claimed(analysis, key), analysis.metrics.get(key), analysis.usual.get(key)
    beside = "your watch’s estimate" if claim else f"usual {numbers.value(key, usual)}" if usual else ""
    head = el(
        "figcaption",
        el("span", capital(QUANTITIES[key].name), class_="what"),
        el("strong", numbers.quantity(key, spread.median if spread else None)),
        el("small", beside),
    )
    drawn = _metric_chart(key, [band for band in analysis.pace_profile if key in band.metrics], x, ranges, miles=miles)
    return el("figure", head, drawn, class_=f"card{' claimed' * claim}")


def _metric_chart(key: str, bands: Sequence[PaceBand], x: Scale, ranges: Ranges, *, miles: bool) -> Markup:
    ribbon = _ribbon_points(key, ranges)
    y = svg.spanning([*(band.metrics[key] for band in bands), *(value for _, value in ribbon)], margin=0.15)
    return svg.drawing(
        "metric",
        f"{capital(QUANTITIES[key].name)} by pace, slow at the left",
        svg.stretched(svg.path(x, y, ribbon, "ribbon", closed=True)) if ribbon else "",
        svg.y_axis(y, svg.quantity_ticks(key, y, 2)),
        svg.x_axis(x, svg.pace_ticks(x, miles=miles, most=3)),
        [_metric_dot(key, band, x, y, miles=miles) for band in bands],
    )


def _ribbon_points(key: str, ranges: Ranges) -> list[tuple[float, float]]:
    """Along the lower edge and back along the upper one; nothing where nothing is known to be usual."""
    if key not in ranges.low:
        return []
    there = zip(ranges.speed_mps.tolist(), ranges.low[key].tolist(), strict=True)
    back = zip(np.flip(ranges.speed_mps).tolist(), np.flip(ranges.high[key]).tolist(), strict=True)
    return [*there, *back]


def _metric_dot(key: str, band: PaceBand, x: Scale, y: Scale, *, miles: bool) -> Markup:
    usual = f", usual {numbers.quantity(key, band.usual[key])}" if key in band.usual else ""
    told = f"{numbers.pace(band.speed_mps, miles=miles)}: {numbers.quantity(key, band.metrics[key])}{usual}"
    place = x.percent(band.speed_mps)
    dot = el("circle", cx=svg.at(place), cy=svg.at(y.percent(band.metrics[key])), r=4.5, class_="dot")
    return svg.mark(told, svg.area(place - 4, place + 4, "reach"), dot)


# A run over its time: one small chart per quantity over one time axis, with what was not scored shaded in all.

KEYS = ("speed_mps", "cadence_spm", "stance_time_s", "vertical_oscillation_m")
_GAP = 7.0  # percent between two charts
_LEAST = {"speed_mps": 0.6, "cadence_spm": 12.0, "stance_time_s": 0.03, "vertical_oscillation_m": 0.012}
_TIME_STEPS_S = (60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400)
_MOST_TICKS = 6
_MOSTLY = 0.5  # of what was recorded: where less was scored, the scale is made for the bulk of all instead
_FENCE = 1.5  # quartile ranges beyond the quartiles, as in a box plot


class Span(Record, frozen=True, kw_only=True):
    """Neighbouring epochs that were left out for one reason."""

    start_s: float
    end_s: float
    reason: str

    @property
    def when(self) -> str:
        """From when to when, in words."""
        return f"{numbers.clock(self.start_s)} to {numbers.clock(self.end_s)}"


def spans(epochs: Epochs, length_s: float) -> Iterator[Span]:
    """The stretches that were not scored, in order."""
    rows = zip(epochs.start_s.tolist(), map(str, epochs.reason), strict=True)
    for reason, group in groupby(rows, key=lambda row: row[1]):
        starts = [start for start, _ in group]
        if reason:
            yield Span(start_s=starts[0], end_s=starts[-1] + length_s, reason=reason)


def series(analysis: Analysis, *, miles: bool) -> Markup:
    """The charts; empty where the run has no epochs."""
    epochs = analysis.epochs
    keys = [key for key in KEYS if key in epochs.columns and np.isfinite(epochs[key]).any()]
    if not keys or not len(epochs):
        return Markup("")
    length_s = float(analysis.method.epochs.length_s)
    x = Scale(low=0.0, high=max(float(epochs.start_s[-1]) + length_s, analysis.activity.elapsed_s))
    left_out = list(spans(epochs, length_s))
    height = (100.0 + _GAP) / len(keys) - _GAP
    tops = [place * (height + _GAP) for place in range(len(keys))]
    return svg.drawing(
        f"series rows{len(keys)}",
        "The run over its time; what was not scored is shaded",
        [svg.area(x.percent(span.start_s), x.percent(span.end_s), "left-out") for span in left_out],
        svg.x_axis(x, time_ticks(x)),
        [_chart(key, analysis, x, (top, height), miles=miles) for key, top in zip(keys, tops, strict=True)],
        [_reason(span, x) for span in left_out],
    )


def _reason(span: Span, x: Scale) -> Markup:
    told = f"{span.when}: {SHORT.get(span.reason, span.reason)}, not scored"
    return svg.mark(told, svg.area(x.percent(span.start_s), x.percent(span.end_s), "reach"))


def time_ticks(x: Scale) -> list[Tick]:
    """Round times since the start."""
    step = next((step for step in _TIME_STEPS_S if x.high / step <= _MOST_TICKS), _TIME_STEPS_S[-1])
    return [Tick(value=float(second), text=numbers.clock(second)) for second in range(0, int(x.high) + 1, step)]


def _chart(key: str, analysis: Analysis, x: Scale, room: tuple[float, float], *, miles: bool) -> Markup:
    """One quantity: its ticks, a faint line for everything, a strong one for what was scored. room: top and height."""
    (top, height), epochs = room, analysis.epochs
    claim = claimed(analysis, key)
    y = svg.spanning(_shown(epochs[key], epochs).tolist(), margin=0.12, least=_LEAST[key])
    ticks = svg.pace_ticks(y, miles=miles, most=3) if key == "speed_mps" else svg.quantity_ticks(key, y, 3)
    middle = epochs.start_s + analysis.method.epochs.length_s / 2
    strong = np.where(epochs.scored & (not claim), epochs[key], np.nan)
    kinds = {"faint": epochs[key], "strong": strong}
    lines = [svg.path(x, y, _points(middle, values), kind) for kind, values in kinds.items()]
    name = "pace" if key == "speed_mps" else QUANTITIES[key].name
    title = f"{capital(name)}, {numbers.pace_unit(miles=miles) if key == 'speed_mps' else QUANTITIES[key].unit}"
    title += " (your watch’s estimate)" * claim
    drawn = svg.stretched(*lines, y=svg.at(top), height=svg.at(height))
    return join((svg.y_axis(y, ticks, top=top, height=height), drawn, svg.words(0, svg.at(top), title, "edge", dy=-6)))


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


def _points(time_s: Array, values: Array) -> list[tuple[float, float] | None]:
    """The places of a line; None where nothing is known."""
    pairs = zip(time_s.tolist(), values.tolist(), np.isfinite(values).tolist(), strict=True)
    return [(second, value) if known else None for second, value, known in pairs]


# Strips beside numbers, which say the same.

_NEEDLE_REACH = 1.6


def needle(share: float, *, strong: bool) -> Markup:
    """Where a run lies on the band of what is not clearly different, from -1 to 1 with what is usual at 0.

    A needle and not a dot: that would hide on which side of an edge it is.
    """
    x = Scale(low=-_NEEDLE_REACH, high=_NEEDLE_REACH)
    place = x.percent(x.inside(share))
    return _strip(
        svg.area(x.percent(-1), x.percent(1), "ribbon", "20%", "60%"),
        svg.line(50, "10%", 50, "90%", "zero"),
        svg.line(place, 0, place, "100%", f"needle{' told' * strong}"),
    )


def interval(ends: tuple[float, float, float], reach: float, *, strong: bool) -> Markup:
    """Low, middle and high of a difference between -reach and reach, on the range that is too small to matter."""
    x, kind = Scale(low=-reach, high=reach), "told" if strong else "quiet"
    low, middle, high = (x.percent(x.inside(end)) for end in ends)
    return _strip(
        svg.area(x.percent(-1), x.percent(1), "ribbon", "20%", "60%"),
        svg.line(50, "10%", 50, "90%", "zero"),
        svg.line(low, "50%", high, "50%", f"whisker {kind}"),
        el("circle", cx=svg.at(middle), cy="50%", r=4.5, class_=f"dot {kind}"),
    )


def odds_bar(share: float, base: float, pattern: Pattern) -> Markup:
    """How likely a pattern is, with a tick at what it is for any runner."""
    return _strip(
        svg.area(0, 100, "ground", "30%", "40%"),
        svg.area(0, 100 * share, f"share {svg.tint(pattern)}", "30%", "40%"),
        svg.line(100 * base, "14%", 100 * base, "86%", "base"),
    )


def _strip(*drawn: Markup) -> Markup:
    return el("span", el("svg", *drawn, aria_hidden="true", focusable="false"), class_="strip")
