"""Before and after, as a table with a verdict in words for each line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from kneedrive.channels import CHANNELS
from kneedrive.history import Comparison, Difference
from kneedrive.report import view, words
from kneedrive.report.closing import commands
from kneedrive.report.habits import listed
from kneedrive.report.layout import finish, flow, heading, table
from kneedrive.report.library import SENSORS
from kneedrive.report.style import Style

SCORES = {"D": "drive score", "P": "bounce score", "zSL": "step length score"}
NAMES = (
    {key: channel.name for key, channel in CHANNELS.items()}
    | {"stance_time_s": "contact", "vertical_oscillation_m": "oscillation", "ln_k": "torso bounce"}
    | SCORES
)
CHANGED = words.FADED | {
    "D": ("steps moved towards drive", "steps moved towards shuffle"),
    "P": ("bounce grew for the steps taken", "bounce shrank for the steps taken"),
    "zSL": ("steps lengthened for the pace", "steps shortened for the pace"),
}
REFUSED = {
    "another sensor": "The two periods were measured by different sensors ({} and {}).",
    "another firmware": "The sensor’s firmware changed between the two periods.",
    "oscillation jumped": "Oscillation jumped between the two periods while timing stayed: the sensor, not form.",
}
ACROSS = "Compared over a change of sensor, as asked: any difference may be the sensor’s."
EXAGGERATED = "Bounce went up while cadence went down: the knee lift is being exaggerated. Less height, more forward."
OTHERWISE = "What changed may also be season, shoes or fatigue: a comparison does not know why."
_TABLE, _WIDE = 80, 100  # columns from which there is a table, and one with intervals
_NEXT = (
    ("kneedrive weekly", "week by week"),
    ('kneedrive tag today "..."', "note what you change, to compare by it"),
)


class Periods(NamedTuple):
    """The days compared, both ends included, and what lies between them ("" for two bare periods)."""

    before: tuple[date, date]
    after: tuple[date, date]
    name: str = ""


def render(found: Comparison, periods: Periods, style: Style) -> str:
    """The whole comparison."""
    following = [*heading("Next", style), *commands(_NEXT, style)]
    return finish(
        [title(periods, style), judgement(found, style), rows(found, style), closing(found, style), following], style
    )


def title(periods: Periods, style: Style) -> list[str]:
    """What is compared."""
    head = f"Before and after “{view.clean(periods.name)}”" if periods.name else "Before and after"
    spans = [f"{view.day(first)} to {view.day(last)}" for first, last in (periods.before, periods.after)]
    return [
        *(style.paint.apply("strong", line) for line in flow(head, style, indent=0)),
        *(
            style.paint.apply("faint", f"{word:<8}{span}")
            for word, span in zip(("before", "after"), spans, strict=True)
        ),
    ]


def judgement(found: Comparison, style: Style) -> list[str]:
    """What it comes to, in a sentence or two."""
    said = [f"{headline(found)}."]
    if found.status == "compared":
        said.append(_matched(found, miles=style.miles))
    if found.status == "refused":
        said.append(REFUSED[found.reason].format(SENSORS[found.sensor_before], SENSORS[found.sensor_after]))
        said.append(
            "A difference would be the sensor’s as likely as yours. --across-sensors compares them all the same."
        )
    if found.status == "not enough runs":
        said.append(_few(found))
    if found.status == "no overlap":
        said.append("The runs before and after have no pace and slope in common, so there is nothing to match.")
    lines = flow(said[0], style, indent=0)
    strong = [style.paint.apply("strong", line) for line in lines]
    return [*strong, *(line for text in said[1:] for line in flow(text, style, indent=0))]


def headline(found: Comparison) -> str:
    """ "Changed: contact shortened and cadence rose", "No change that can be told", "Not enough runs yet"."""
    if found.status != "compared":
        return {"refused": "Not compared", "no overlap": "Nothing to compare"}.get(found.status, "Not enough runs yet")
    changed = [row for row in found.rows if row.verdict == "changed" and row.metric not in SCORES]
    changed = changed or [row for row in found.rows if row.verdict == "changed"]
    if changed:
        opening = "Different across the sensors" if found.across_sensors else "Changed at the same pace"
        return f"{opening}: {listed([change_words(row) for row in changed])}"
    if all(row.verdict == "no change" for row in found.rows):
        return "No change at the same pace"
    return "No change shown, and not enough runs yet to rule one out"


def change_words(row: Difference) -> str:
    """ "contact shortened"."""
    rose, fell = CHANGED[row.metric]
    return rose if row.difference > 0 else fell


def _matched(found: Comparison, *, miles: bool) -> str:
    runs = f"{view.plural(found.runs_before, 'run')} before and {view.number(found.runs_after)} after"
    between = f"{view.pace(found.speed_high_mps, miles=miles)} and {view.pace(found.speed_low_mps, miles=miles)}"
    others = f"; {view.plural(found.left_out, 'run')} left out: another sensor or surface, or nothing scored"
    left = others if found.left_out else ""
    return f"{runs}, matched on pace and slope between {between}{left}."


def _few(found: Comparison) -> str:
    counted = f"{view.plural(found.runs_before, 'run')} before and {view.number(found.runs_after)} after can be used"
    if not found.more_runs:
        return f"{counted}; too few of them share a pace and a slope."
    more = view.plural(found.more_runs, "more run", "more runs")
    return f"{counted}; the shorter side takes about {more}."


def rows(found: Comparison, style: Style) -> list[str]:
    """A line a metric: a table where there is room, else sentences."""
    if not found.rows:
        return []
    at = f"at {view.pace(found.speed_mps, miles=style.miles)} on the flat"
    if style.columns < _TABLE:
        told = [
            f"{NAMES[row.metric]} {bare(shown(row, row.before))} before, {shown(row, row.after)} after: {verdict(row)}"
            for row in found.rows
        ]
        return [*heading("Side by side", style, at), *(line for text in told for line in flow(text, style, hang=2))]
    wide = style.columns >= _WIDE
    cells = [[NAMES[row.metric], *amounts(row, interval=wide), verdict(row)] for row in found.rows]
    heads = ["", "before", "after", "difference", ""]
    widest = max(len(row[-1]) for row in cells)
    filled = [[*row[:-1], row[-1].ljust(widest)] for row in (heads, *cells)]
    remark = f"{at}; in brackets the range that the runs allow" if wide else at
    return [*heading("Side by side", style, remark), *table(filled, style)]


def amounts(row: Difference, *, interval: bool) -> tuple[str, str, str]:
    """Before and after without a unit, the difference with it, and with its interval where asked for."""
    off, low, high = (difference(row, amount) for amount in (row.difference, row.low, row.high))
    told = f"{off} ({bare(low)} to {bare(high)})" if interval else off
    return bare(shown(row, row.before)), bare(shown(row, row.after)), told


def shown(row: Difference, amount: float) -> str:
    """A value of the row's metric."""
    if row.metric in SCORES:
        return view.score(amount)
    return view.from_ln(amount) if row.metric == "ln_k" else view.quantity(row.metric, amount)


def difference(row: Difference, amount: float) -> str:
    """A difference in the row's metric, signed."""
    if row.metric in SCORES:
        return view.score(amount)
    return view.change_percent(amount) if row.metric == "ln_k" else view.difference(row.metric, amount)


def bare(text: str) -> str:
    """A quantity without its unit."""
    return text.split(view.TIE, maxsplit=1)[0]


def verdict(row: Difference) -> str:
    """ "changed, by 4 to 9 ms", "no change larger than 6 ms", "not enough runs: about 5 more"."""
    if row.verdict == "changed":
        least, most = (difference(row, amount).lstrip("+-") for amount in sorted((row.low, row.high), key=abs))
        return f"changed, by {most}" if least == most else f"changed, by {bare(least)} to {most}"
    if row.verdict == "no change":
        return f"no change larger than {view.at_most('' if row.metric in SCORES else row.metric, row.bound)}"
    return f"not enough runs: about {view.number(row.more_runs)} more"


def closing(found: Comparison, style: Style) -> list[str]:
    """What has to be said besides."""
    changed = any(row.verdict == "changed" for row in found.rows)
    said: Sequence[str] = [
        *([ACROSS] if found.across_sensors else []),
        *([EXAGGERATED] if found.over_exaggeration else []),
        *([OTHERWISE] if changed and not found.across_sensors else []),
    ]
    return [line for text in said for line in flow(text, style)]
