"""The tables of a run: metrics by pace band against what is usual, or over the whole run."""

from __future__ import annotations

from typing import NamedTuple

from kneedrive.channels import CHANNELS
from kneedrive.findings import Analysis, PaceBand
from kneedrive.report import view, words
from kneedrive.report.layout import flow, heading, table
from kneedrive.report.style import Style

_COMPUTED = "garmin_wrist"

BAND_COLUMNS = (
    "cadence_spm",
    "stance_time_s",
    "step_length_m",
    "flight_time_s",
    "vertical_oscillation_m",
    "vertical_ratio",
)
_HEADS = {
    "cadence_spm": ("cadence", "/min"),
    "stance_time_s": ("contact", "ms"),
    "step_length_m": ("step", "m"),
    "flight_time_s": ("air", "ms"),
    "vertical_oscillation_m": ("bounce", "cm"),
    "vertical_ratio": ("ratio", "%"),
}
_ROOMY = 72  # columns from which the slash between yours and usual gets its blanks


def numbers(analysis: Analysis, style: Style) -> list[str]:
    """Metrics by pace band against what is usual at that speed; over the whole run where there are no bands."""
    if not analysis.pace_profile:
        return _run_numbers(analysis, style)
    shown = [key for key in BAND_COLUMNS if any(key in band.metrics for band in analysis.pace_profile)]
    rows = [["pace", *(_HEADS[key][0] for key in shown)]]
    rows.append([view.pace_unit(miles=style.miles), *(_HEADS[key][1] for key in shown)])
    between = " / " if style.columns >= _ROOMY else "/"
    for band in reversed(analysis.pace_profile):
        cells = [_against(key, band, between) for key in shown]
        rows.append([view.bare_pace(band.speed_mps, miles=style.miles), *cells])
    remark = "yours / usual at that speed"
    return [
        *heading("Numbers by pace", style, remark),
        *table(rows, style, heads=2),
        *(line for text in estimate_remark(analysis) for line in flow(text, style)),
    ]


def _against(key: str, band: PaceBand, between: str) -> str:
    """ "306 / 291", or the value alone where nothing is known to be usual."""
    found, usual = band.metrics.get(key), band.usual.get(key)
    if found is None or usual is None:
        return view.value(key, found)
    return f"{view.value(key, found)}{between}{view.value(key, usual)}"


class Measured(NamedTuple):
    """What was measured over a whole run: a title, what it is over, and rows of text with their heading."""

    title: str
    remark: str
    rows: list[list[str]]


def measured(analysis: Analysis) -> Measured | None:
    """Medians and what most of the run lay between, beside what is usual where that is known; None without any.

    A file without samples has the averages of its session.
    """
    rows = [["", "median", "mostly", "usual"]]
    for key, spread in analysis.metrics.items():
        if key in ("speed_mps", "distance_m", "altitude_m") or not spread.n:
            continue
        usual = view.quantity(key, analysis.usual[key]) if key in analysis.usual else ""
        between = f"{view.value(key, spread.p10)}–{view.value(key, spread.p90)}"
        rows.append([CHANNELS[key].name, view.quantity(key, spread.median), between, usual])
    if len(rows) == 1:
        return _averages(analysis)
    if not analysis.usual:
        rows = [row[:-1] for row in rows]
    return Measured("What was measured", words.OVER.get(analysis.metrics_over, analysis.metrics_over), rows)


def _averages(analysis: Analysis) -> Measured | None:
    known = {key: amount for key, amount in analysis.activity.averages.items() if key in view.SHOWN}
    if not known:
        return None
    rows = [["", "average"], *([CHANNELS[key].name, view.quantity(key, known[key])] for key in known)]
    return Measured("What the file says", "averages of the whole activity", rows)


def _run_numbers(analysis: Analysis, style: Style) -> list[str]:
    found = measured(analysis)
    if found is None:
        return []
    remark = estimate_remark(analysis) if found.title != "What the file says" else []
    lines = [line for text in remark for line in flow(text, style)]
    return [*heading(found.title, style, found.remark), *table(found.rows, style), *lines]


def estimate_remark(analysis: Analysis) -> list[str]:
    """That what a watch computes from speed and cadence is no measurement; nothing where it is one."""
    if analysis.provenance != _COMPUTED:
        return []
    return ["Contact, air, oscillation and ratio are the watch’s estimate from speed and cadence, not measurements."]
