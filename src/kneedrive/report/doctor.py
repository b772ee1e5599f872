"""What a file holds: session, devices, channels with their coverage, odd things and where, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from kneedrive import advice
from kneedrive.analysis.result import Analysis, ChannelSummary
from kneedrive.quantities import PARTS, QUANTITIES
from kneedrive.recording import Activity, Sensor
from kneedrive.report import blocks, numbers
from kneedrive.report.blocks import Column, Heading, Inline, Items, Prose, Section, Table
from kneedrive.report.words import UNASSESSED, capital, listed
from kneedrive.stats import median


def examination(analyses: Sequence[Analysis], *, miles: bool) -> list[Section]:
    """All sessions of a file: a row each where there are several, then the runs among them in full."""
    runs = [analysis for analysis in analyses if analysis.activity.is_run]
    shown = analyses if len(analyses) == 1 else runs
    name = numbers.path(numbers.clean(analyses[0].activity.name, 200)) or "File"
    head: list[blocks.Block] = [blocks.Rule(), Prose(blocks.strong(name))]
    if len(analyses) > 1:
        among = f"{len(runs) or 'none'} of them {'a run' if len(runs) < 2 else 'runs'}"
        columns = (
            Column(head="session", left=True), Column(head="sport", left=True, drop=1), Column(head="start", left=True),
            Column(head="time"), Column(head="miles" if miles else "km", drop=2),
        )  # fmt: skip
        rows = []
        for activity in (analysis.activity for analysis in analyses):
            start = numbers.start(activity.started_at, activity.utc_offset_s)
            far = numbers.length(activity.distance_m, miles=miles)
            rows.append((activity.id, _sport(activity), start, numbers.clock(activity.duration_s), far))
        head += [Prose(f"{len(analyses)} sessions, {among}."), Table(columns, rows)]
    return [head, *(section for analysis in shown for section in session(analysis, miles=miles))]


def session(analysis: Analysis, *, miles: bool) -> list[Section]:
    """One session of a file, examined."""
    activity = analysis.activity
    worn = [f"With {_sensor(sensor)}." for sensor in activity.sensors]
    reason = numbers.clean(analysis.provenance_reason, 200).rstrip(".")
    judged = f"Judged as {analysis.reference.words}: {reason}."
    channels: Section = [Heading("Channels"), Prose("None: the file holds no samples.")]
    if analysis.channels:
        head = Heading("Channels", "share of the records that have a value")
        channels = [head, _coverage(analysis.channels, miles=miles)]
    averages = {key: amount for key, amount in activity.averages.items() if key in QUANTITIES}
    listed_averages = ", ".join(f"{_name(key)} {_shown(key, averages[key], miles=miles)}" for key in averages)
    odd = []
    for note in dict.fromkeys((*activity.notes, *analysis.quality.notes)):
        where = f" (at byte {numbers.number(note.offset)})" if note.offset else ""
        odd.append(f"{capital(numbers.clean(note.text, 300).rstrip('.'))}{where}.")
    return [
        [_recorded(activity, miles=miles)],
        [Heading("Devices"), Items([f"Recorded by {_sensor(activity.device)}.", *worn, judged])],
        channels,
        *_alternatives(analysis, miles=miles),
        [Heading("Averages in the file"), Prose(f"{listed_averages}.")] if averages else [],
        [Heading("Odd things"), Items(odd or ["None found."])],
        [Heading("What can be said from it"), Items(_sayable(analysis))],
    ]


def _recorded(activity: Activity, *, miles: bool) -> blocks.Terms:
    dense, steps = "no time axis", np.diff(activity.samples.time_s)
    if len(steps):
        dense = f"one every {numbers.exact(median(steps))} s, the longest gap {numbers.minutes(float(steps.max()))}"
    never = "recorded: never shown, exported or put on a page; the store keeps the file as it is, with them"
    rows = (
        ("session", f"{activity.id}, {activity.format.upper()}, {_sport(activity)}"),
        ("start", numbers.start(activity.started_at, activity.utc_offset_s)),
        ("time", f"{numbers.clock(activity.duration_s)} running clock, {numbers.clock(activity.elapsed_s)} in all"),
        ("distance", numbers.distance(activity.distance_m, miles=miles)),
        ("records", f"{numbers.number(activity.records)}, {dense}"),
        ("laps, pauses", f"{len(activity.laps)}, {len(activity.pauses)}"),
        ("positions", never if activity.positioned else "none"),
    )
    return blocks.Terms(rows)


def _sport(activity: Activity) -> str:
    named = " ".join(part for part in (activity.sport, activity.sub_sport) if part not in ("", "generic", "unknown"))
    return numbers.clean(named) or "no sport named"


# What a sensor is by its ANT+ device type (as ANT+ device profiles number them), and how FIT says it is reached.
KINDS = {11: "power meter", 30: "running dynamics", 120: "heart rate", 124: "foot pod"}
LINKS = {"ant": "ANT", "antplus": "ANT+", "bluetooth": "Bluetooth", "bluetooth_low_energy": "Bluetooth", "local": ""}


def _sensor(sensor: Sensor) -> str:
    details = [
        f"product {sensor.product_id}" if sensor.product_id is not None else "",
        KINDS.get(kind, f"kind {kind}") if (kind := sensor.ant_device_type) is not None else "",
        LINKS.get(sensor.source, numbers.clean(sensor.source)),
        f"firmware {numbers.clean(sensor.firmware)}" if sensor.firmware else "",
    ]
    shown = ", ".join(detail for detail in details if detail)
    return numbers.device(sensor) + (f" ({shown})" if shown else "")


def _coverage(channels: Mapping[str, ChannelSummary], *, miles: bool) -> Table:
    columns = (Column(left=True), Column(head="coverage"), Column(head="median"), Column(left=True, drop=1))
    rows = []
    for key, channel in channels.items():
        # What is shown as 100 % needs no bar.
        drawn: Inline = blocks.Bar(channel.coverage, 16) if channel.coverage < 0.995 else ""
        rows.append((_name(key), numbers.percent(channel.coverage), _shown(key, channel.median, miles=miles), drawn))
    return Table(columns, rows)


def _name(key: str) -> str:
    """A channel as a runner names it: speed is told as a pace."""
    if key == "speed_mps":
        return "pace"
    return QUANTITIES[key].name if key in QUANTITIES else key


def _shown(key: str, amount: float | None, *, miles: bool) -> str:
    """A value with its unit, in the units that were asked for."""
    if key == "speed_mps":
        return numbers.pace(amount, miles=miles)
    if key == "distance_m":
        return numbers.distance(amount, miles=miles)
    return numbers.quantity(key, amount) if key in QUANTITIES else numbers.number(amount, 2)


def _alternatives(analysis: Analysis, *, miles: bool) -> Iterable[Section]:
    """The same channels from developer fields, by their maker."""
    for maker, samples in analysis.activity.alternatives.items():
        summaries = {}
        for key, values in samples.present().items():
            known = values[np.isfinite(values)]
            coverage = len(known) / len(values) if len(values) else 0.0
            summaries[key] = ChannelSummary(coverage=coverage, median=median(known) if len(known) else None)
        # Which of the two sets was judged is told by the reason alone: it names the maker whose fields were taken.
        judged = maker in analysis.provenance_reason.casefold()
        other = "native judges by those above" if judged else f"{numbers.clean(maker)} judges by them"
        remark = f"{'judged here; ' if judged else ''}--dynamics {other}; never mixed"
        yield [Heading(f"Alternative: {numbers.clean(maker)}", remark), _coverage(summaries, miles=miles)]


def _sayable(analysis: Analysis) -> list[str]:
    """Which findings this file allows, which not and why, and what would help."""
    said = ["Nothing is judged; what was measured is shown." if analysis.metrics else "Nothing is judged."]
    if analysis.posterior is not None:
        said = [f"Judged for its speed: {listed([PARTS[part] for part in analysis.posterior.measured])}."]
    if analysis.status_reason:
        status = UNASSESSED.get(analysis.status, capital(analysis.status))
        said.append(f"{status}: {analysis.status_reason.rstrip('.')}.")
    rest = [item for item in analysis.unjudged if item.reason != analysis.status_reason]
    said += [f"{capital(item.what)}: {item.reason.rstrip('.')}." for item in rest]
    helps = advice.would_settle(analysis)
    return [*said, *([helps] if helps and analysis.status != "not a run" else [])]
