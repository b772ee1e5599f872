"""The pace profile: scores by pace with the shuffle-onset pace, and each metric against its usual range."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kneedrive.channels import CHANNELS
from kneedrive.findings import Analysis, PaceBand
from kneedrive.report import profile, view
from kneedrive.report.html import plot
from kneedrive.report.html.content import Ranges
from kneedrive.report.html.looks import look
from kneedrive.report.html.markup import Markup, el, join
from kneedrive.report.html.plot import Beside, Scale
from kneedrive.report.profile import band_words
from kneedrive.report.spoken import capital
from kneedrive.report.words import SCORE_ENDS, SCORES

METRICS = ("step_length_m", "cadence_spm", "stance_time_s", "flight_time_s", "vertical_oscillation_m")
COMPUTED = "garmin_wrist"  # its contact time and bounce are no measurements, and are marked so
_MARGIN = 0.12
BAND = plot.words(100, 0, "band: usual", Beside(0, -8, "end"), "tick")  # above the drawing, where no dot is
_RIGHT = 55.0  # percent from which words turn to the left


def panels(analysis: Analysis, ranges: Ranges, *, miles: bool) -> list[tuple[str, Markup]]:
    """Title and drawing of each panel: scores first, then metrics; none without pace bands."""
    if not analysis.pace_profile:
        return []
    x = plot.spanning([band.speed_mps for band in analysis.pace_profile], margin=_MARGIN, least=0.5, up=False)
    scored = [(score_title(letter), score_panel(letter, analysis, x, miles=miles)) for letter in profile.axes(analysis)]
    measured = [
        (capital(CHANNELS[key].name), metric_panel(key, analysis, (x, ranges), miles=miles))
        for key in METRICS
        if any(key in band.usual and key in band.metrics for band in analysis.pace_profile)
    ]
    return scored + measured


def score_title(letter: str) -> str:
    """What a score's panel is called."""
    return {"D": "Drive or shuffle", "P": "Bounce", "zSL": "Long or short steps"}[letter]


def score_panel(letter: str, analysis: Analysis, x: Scale, *, miles: bool) -> Markup:
    """One score by pace with its error, the usual range as a ribbon, the shuffle-onset pace as a line."""
    found = [(band, profile.band_score(band, letter, analysis)) for band in analysis.pace_profile]
    shown = [(band, score) for band, score in found if score.value is not None]
    ends = [(score.value or 0.0) + side * (score.se or 0.0) for _, score in shown for side in (-1, 1)]
    y = plot.spreads(ends)
    low, high = SCORE_ENDS[letter]
    dots = [_dot(band, letter, (x, y), analysis, miles=miles) for band, _ in shown]
    return plot.drawing(
        "scores",
        f"{score_title(letter)} by pace; the table below has its numbers.",
        plot.area(0, y.percent(1), 100, y.percent(-1), "ribbon"),
        plot.line(0, y.percent(0), 100, y.percent(0), "zero"),
        BAND,
        plot.ends(low, high),
        plot.y_axis(y, plot.spread_ticks(y)),
        plot.x_axis(x, plot.pace_ticks(x, miles=miles)),
        _onset(analysis, x, miles=miles) if letter == "D" else "",
        dots,
        marked=True,
    )


def _dot(band: PaceBand, letter: str, scales: tuple[Scale, Scale], analysis: Analysis, *, miles: bool) -> Markup:
    x, y = scales
    score = profile.band_score(band, letter, analysis)
    amount, se = score.value or 0.0, score.se or 0.0
    place = x.percent(band.speed_mps)
    role, named = shown = look(band, analysis.method.labels)
    told = (
        f"{view.pace(band.speed_mps, miles=miles)}, {view.minutes(band.seconds)}: "
        f"{view.with_error(score.value, score.se)}" + (f", {named}" if named else "")
    )
    return plot.mark(
        told,
        plot.area(place - 2, 0, place + 2, 100, "reach"),
        plot.line(place, y.percent(amount - se), place, y.percent(amount + se), f"error {role}".strip()),
        plot.symbol(place, y.percent(amount), role, unsure=shown.unsure),
        plot.words(place, y.percent(amount), "?", Beside(10, 5, "start"), "doubt") if shown.unsure else "",
    )


def _onset(analysis: Analysis, x: Scale, *, miles: bool) -> Markup:
    """The shuffle-onset pace, and the paces below it."""
    speed = analysis.shuffle_onset.speed_mps
    if speed is None:
        return Markup("")
    place = x.percent(x.inside(speed))
    beside = Beside(-6, 16, "end") if place > _RIGHT else Beside(6, 16, "start")
    text = f"shuffle-onset {view.pace(speed, miles=miles)}"
    return join(
        (
            plot.area(0, 0, place, 100, "below"),
            plot.line(place, 0, place, 100, "onset"),
            plot.words(place, 0, text, beside, "edge shuffle"),
        )
    )


def metric_panel(key: str, analysis: Analysis, drawn: tuple[Scale, Ranges], *, miles: bool) -> Markup:
    """A metric by pace, a dot for each band, on the ribbon of what is usual."""
    x, ranges = drawn
    bands = [band for band in analysis.pace_profile if key in band.metrics]
    ribbon = _ribbon_points(key, ranges)
    y = plot.spanning([*(band.metrics[key] for band in bands), *(value for _, value in ribbon)], margin=0.15)
    title = CHANNELS[key].name
    return plot.drawing(
        "scores",
        f"{capital(title)} by pace; the table below has its numbers.",
        plot.stretched(plot.path(x, y, ribbon, "ribbon", closed=True)) if ribbon else "",
        plot.y_axis(y, plot.quantity_ticks(key, y, 5)),
        plot.x_axis(x, plot.pace_ticks(x, miles=miles)),
        plot.words(0, 0, f"{title}, {view.unit(key)}", Beside(0, -8, "start"), "edge"),
        BAND if ribbon else "",
        [_metric_dot(key, band, (x, y), analysis, miles=miles) for band in bands],
        marked=True,
    )


def _ribbon_points(key: str, ranges: Ranges) -> list[tuple[float, float]]:
    """Along the lower edge and back along the upper one; nothing where nothing is known to be usual."""
    if key not in ranges.low:
        return []
    there = zip(ranges.speed_mps.tolist(), ranges.low[key].tolist(), strict=True)
    back = zip(np.flip(ranges.speed_mps).tolist(), np.flip(ranges.high[key]).tolist(), strict=True)
    return [*there, *back]


def _metric_dot(key: str, band: PaceBand, scales: tuple[Scale, Scale], analysis: Analysis, *, miles: bool) -> Markup:
    x, y = scales
    usual = f", usual {view.quantity(key, band.usual[key])}" if key in band.usual else ""
    told = f"{view.pace(band.speed_mps, miles=miles)}: {view.quantity(key, band.metrics[key])}{usual}"
    place, shown = x.percent(band.speed_mps), look(band, analysis.method.labels)
    return plot.mark(
        told,
        plot.area(place - 2, 0, place + 2, 100, "reach"),
        plot.symbol(place, y.percent(band.metrics[key]), shown.role, unsure=shown.unsure),
    )


def numbers(analysis: Analysis, *, miles: bool) -> Markup:
    """Everything by pace as a table, fastest first: yours, and what is usual behind a slash."""
    bands = analysis.pace_profile
    letters = [letter for letter in "DPGK" if any(getattr(band.scores, letter).value is not None for band in bands)]
    keys = [key for key in METRICS if any(key in band.metrics for band in bands)]
    head = [
        f"pace, {view.pace_unit(miles=miles)}",
        "time",
        *map(_score_head, letters),
        *(_head(key, analysis) for key in keys),
        "label",
    ]
    rows = [_row(band, letters, keys, analysis, miles=miles) for band in reversed(bands)]
    return el(
        "table",
        el("thead", el("tr", *(el("th", text, scope="col") for text in head))),
        el("tbody", *rows),
    )


def _score_head(letter: str) -> str:
    return f"{SCORES[letter]} ({letter})"


def _head(key: str, analysis: Analysis) -> str:
    estimate = analysis.provenance == COMPUTED and key not in analysis.usual
    return f"{CHANNELS[key].name}, {view.unit(key)}" + (" (the watch’s estimate)" if estimate else "")


def _row(band: PaceBand, letters: Sequence[str], keys: Sequence[str], analysis: Analysis, *, miles: bool) -> Markup:
    scores = [view.with_error(score.value, score.se) for score in (getattr(band.scores, name) for name in letters)]
    cells = [view.clock(band.seconds), *scores, *(_against(key, band) for key in keys)]
    named = band_words(band, analysis.method.labels)
    return el(
        "tr",
        el("th", view.bare_pace(band.speed_mps, miles=miles), scope="row"),
        *(el("td", cell) for cell in (*cells, named)),
    )


def _against(key: str, band: PaceBand) -> str:
    found = view.value(key, band.metrics.get(key))
    return f"{found} / {view.value(key, band.usual[key])}" if key in band.usual else found
