"""What a file holds: session, devices, channels with their coverage, odd things and where, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kneedrive.analysis.result import Analysis, ChannelSummary
from kneedrive.quantities import CHANNELS
from kneedrive.recording import Activity, Note, Samples, Sensor
from kneedrive.report import numbers, text
from kneedrive.report.text import Style, finish, flow, heading, pad, table
from kneedrive.sensors import REFERENCES
from kneedrive.stats import median


def render_all(analyses: Sequence[Analysis], style: Style) -> str:
    """All sessions of a file as one answer: a line each, then the runs among them in full."""
    if len(analyses) == 1:
        return render(analyses[0], style)
    runs = [analysis for analysis in analyses if analysis.activity.is_run]
    return "\n".join([finish([_sessions(analyses, len(runs), style)], style), *(render(run, style) for run in runs)])


def _sessions(analyses: Sequence[Analysis], runs: int, style: Style) -> list[str]:
    name = numbers.clean(analyses[0].activity.name, style.columns) or "File"
    told = f"{len(analyses)} sessions, {runs or 'none'} of them {'a run' if runs < 2 else 'runs'}"
    rows = [["session", "sport", "start", "time", "distance"]]
    for analysis in analyses:
        activity = analysis.activity
        start = numbers.start(activity.started_at, activity.utc_offset_s)
        distance = numbers.distance(activity.distance_m, miles=style.miles)
        rows.append([activity.id, _sport(activity), start, numbers.clock(activity.duration_s), distance])
    return [style.paint.apply("strong", style.spell(f"{name}: {told}")), *table(rows, style, left=3)]


def render(analysis: Analysis, style: Style) -> str:
    """One session of a file, examined; no line wider than the style. Pure."""
    blocks = [
        _file(analysis, style),
        _devices(analysis, style),
        _channels(analysis, style),
        _alternatives(analysis, style),
        _averages(analysis, style),
        _oddities(analysis, style),
        _sayable(analysis, style),
    ]
    return finish(blocks, style)


def _file(analysis: Analysis, style: Style) -> list[str]:
    activity = analysis.activity
    rows = [
        ("session", f"{activity.id}, {activity.format.upper()}, {_sport(activity)}"),
        ("start", numbers.start(activity.started_at, activity.utc_offset_s)),
        ("time", f"{numbers.clock(activity.duration_s)} running clock, {numbers.clock(activity.elapsed_s)} in all"),
        ("distance", numbers.distance(activity.distance_m, miles=style.miles)),
        ("records", f"{numbers.number(activity.records)}, {_step(activity.samples)}"),
        ("laps, pauses", f"{len(activity.laps)}, {len(activity.pauses)}"),
        ("positions", "recorded (never kept)" if activity.positioned else "none"),
    ]
    name = style.paint.apply("strong", style.spell(numbers.clean(activity.name, style.columns) or "File"))
    return [name, *_pairs(rows, style)]


def _sport(activity: Activity) -> str:
    named = " ".join(part for part in (activity.sport, activity.sub_sport) if part not in ("", "generic", "unknown"))
    return numbers.clean(named) or "no sport named"


def _pairs(rows: list[tuple[str, str]], style: Style) -> list[str]:
    width = max(len(name) for name, _ in rows) + 2
    return [
        line
        for name, text in rows
        for line in flow(pad(name, width).replace(" ", numbers.TIE) + text, style, hang=width)
    ]


def _step(samples: Samples) -> str:
    """How densely the file was recorded."""
    if len(samples.time_s) < 2:
        return "no time axis"
    steps = np.diff(samples.time_s)
    return f"one every {numbers.exact(median(steps))} s, the longest gap {numbers.minutes(float(steps.max()))}"


def _devices(analysis: Analysis, style: Style) -> list[str]:
    activity = analysis.activity
    said = [f"Recorded by {_sensor(activity.device)}."]
    said += [f"With {_sensor(sensor)}." for sensor in activity.sensors]
    reason = numbers.clean(analysis.provenance_reason, 200).rstrip(".")
    said.append(f"Provenance of the dynamics: {analysis.provenance} ({reason}).")
    return [*heading("Devices", style), *(line for text in said for line in flow(text, style, hang=2))]


def _sensor(sensor: Sensor) -> str:
    details = [
        f"product {sensor.product_id}" if sensor.product_id is not None else "",
        f"ANT+ type {sensor.ant_device_type}" if sensor.ant_device_type is not None else "",
        numbers.clean(sensor.source),
        f"firmware {numbers.clean(sensor.firmware)}" if sensor.firmware else "",
    ]
    shown = ", ".join(detail for detail in details if detail)
    return numbers.device(sensor) + (f" ({shown})" if shown else "")


def _channels(analysis: Analysis, style: Style) -> list[str]:
    if not analysis.channels:
        return [*heading("Channels", style), *flow("None: the file holds no samples.", style)]
    return [
        *heading("Channels", style, "share of the records that have a value, and the median"),
        *_coverage(analysis.channels, style),
    ]


_BAR = 16
_WHOLE = 0.995  # what is shown as 100 % needs no bar


def _coverage(channels: Mapping[str, ChannelSummary], style: Style) -> list[str]:
    rows = [["", "coverage", "median", ""]]
    for key, channel in channels.items():
        drawn = text.bar(channel.coverage, _BAR, style) if channel.coverage < _WHOLE else ""
        rows.append(
            [_name(key), numbers.percent(channel.coverage), _shown(key, channel.median, style), pad(drawn, _BAR)]
        )
    return table(rows, style)


def _name(key: str) -> str:
    """A channel as a runner names it: speed is told as a pace."""
    if key == "speed_mps":
        return "pace"
    return CHANNELS[key].name if key in CHANNELS else key


def _shown(key: str, amount: float | None, style: Style) -> str:
    """A value in the units that were asked for."""
    if key == "speed_mps":
        return numbers.pace(amount, miles=style.miles)
    if key == "distance_m":
        return numbers.distance(amount, miles=style.miles)
    return numbers.quantity(key, amount) if key in numbers.SHOWN else numbers.number(amount, 2)


def _alternatives(analysis: Analysis, style: Style) -> list[str]:
    """The same channels from developer fields, by their maker."""
    lines: list[str] = []
    for maker, samples in analysis.activity.alternatives.items():
        summaries = {key: _summary(values) for key, values in samples.present().items()}
        remark = f"choose them with --dynamics {numbers.clean(maker)}; never mixed with the others"
        lines += [*heading(f"Alternative: {numbers.clean(maker)}", style, remark), *_coverage(summaries, style)]
    return lines


def _summary(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> ChannelSummary:
    known = values[np.isfinite(values)]
    coverage = len(known) / len(values) if len(values) else 0.0
    return ChannelSummary(coverage=coverage, median=median(known) if len(known) else None)


def _averages(analysis: Analysis, style: Style) -> list[str]:
    known = {key: amount for key, amount in analysis.activity.averages.items() if key in numbers.SHOWN}
    if not known:
        return []
    text = ", ".join(f"{_name(key)} {_shown(key, amount, style)}" for key, amount in known.items())
    return [*heading("Averages in the file", style), *flow(text + ".", style)]


def _oddities(analysis: Analysis, style: Style) -> list[str]:
    notes = tuple(dict.fromkeys((*analysis.activity.notes, *analysis.quality.notes)))
    if not notes:
        return [*heading("Odd things", style), *flow("None found.", style)]
    return [*heading("Odd things", style), *(line for note in notes for line in flow(_note(note), style, hang=2))]


def _note(note: Note) -> str:
    where = f", at byte {numbers.number(note.offset)}" if note.offset is not None else ""
    text = numbers.clean(note.text, 300).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}{where} [{note.code}]."


def _sayable(analysis: Analysis, style: Style) -> list[str]:
    """Which findings this file allows, which not and why, and what would help."""
    said = [_judged(analysis)]
    if analysis.status_reason:
        said.append(f"{analysis.status.capitalize()}: {analysis.status_reason.rstrip('.')}.")
    said += [f"{item.what[:1].upper()}{item.what[1:]}: {item.reason.rstrip('.')}." for item in analysis.unjudged]
    if REFERENCES[analysis.provenance].settles and analysis.status != "not a run":
        said.append(REFERENCES[analysis.provenance].settles)
    return [*heading("What can be said from it", style), *(line for text in said for line in flow(text, style, hang=2))]


JUDGED = {"D": "drive or shuffle", "P": "piston", "G": "long on the ground or short in the air", "K": "torso bounce"}


def _judged(analysis: Analysis) -> str:
    letters = [JUDGED[letter] for letter, score in analysis.scores.items() if score.value is not None]
    if letters:
        return f"Judged: {', '.join(letters)}."
    if analysis.findings:
        return "Judged: the length of the steps for their speed."
    return "Nothing is judged." if not analysis.metrics else "Nothing is judged; what was measured is shown."
