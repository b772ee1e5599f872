"""The weeks on one screen: the verdict first, then a line a week, sparklines, and what comes back in run after run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from kneedrive.history import Break, Week, WeeklyView, WeekValue
from kneedrive.report import habits as habit_words
from kneedrive.report import trend_words, view, words
from kneedrive.report.closing import commands
from kneedrive.report.habits import Habits
from kneedrive.report.layout import INDENT, columns_of, ends, finish, flow, heading, pad, table
from kneedrive.report.library import SENSORS
from kneedrive.report.pictures import interval_row, scale_words, sparkline
from kneedrive.report.style import Style
from kneedrive.report.words import SCORE_ENDS

_ROOMY = 100  # columns from which each week's interval is drawn, not only written
_ABREAST, _TABLE = 2, 80  # so many series have room with their ranges in narrower tables
_PICTURE = (21, 41)  # narrowest and widest
_WEEK = timedelta(days=6)
_AROUND = 36  # columns that a sparkline leaves to its name and its range
_LEAST_WEEKS = 3  # with runs: fewer make no line
_GAP_WEEKS = 3  # so many weeks in a row without a run share a line
_NEXT = (
    ("kneedrive report", "the latest run with these weeks"),
    ("kneedrive compare", "before and after a day that you tagged"),
    ("kneedrive advise", "what to work on"),
)


def render(
    found: WeeklyView,
    habits: Habits,
    style: Style,
    tags: Sequence[Any] = (),
    closing: Sequence[Sequence[str]] | None = None,
) -> str:
    """The whole report of some weeks.

    tags: the store's, with `day` in ISO form and `text`. closing: the last blocks, where they are not the commands
    that follow the weeks alone.
    """
    body = [
        title(found, style),
        judgement(found, style),
        weeks_table(found, style, tags),
        lines(found, style),
        habit_words.render(habits, style),
    ]
    last = [[*heading("Next", style), *commands(_NEXT, style)]] if closing is None else closing
    return finish([*body, *last], style)


def moved_back(weeks: int, last: date, style: Style) -> list[str]:
    """What to say above weeks that do not end today, though no other day was asked for."""
    lately = "No run this week" if weeks == 1 else f"No run in the last {weeks} weeks"
    return [*flow(f"{lately}: these are the weeks up to your last one, on {view.day(last)}.", style, indent=0), ""]


def title(found: WeeklyView, style: Style) -> list[str]:
    """Which weeks, how much running, and what measured it."""
    runs, metres = sum(week.runs for week in found.weeks), sum(week.distance_m for week in found.weeks)
    pieces = (
        f"{view.plural(len(found.weeks), 'week')} to {view.day(found.until)}",
        view.plural(runs, "run"),
        view.distance(metres, miles=style.miles),
    )
    head = flow("   ".join(pieces).replace(" ", view.TIE), style, indent=0)
    sensor = flow(words.PROVENANCE[found.sensor], style, indent=0) if found.trends else []
    return [
        *(style.paint.apply("strong", line) for line in head),
        *(style.paint.apply("faint", line) for line in sensor),
    ]


def judgement(found: WeeklyView, style: Style) -> list[str]:
    """The verdict and what it means."""
    head = style.paint.apply(trend_words.role(found), style.spell(trend_words.headline(found) + "."))
    judged = max((trend.runs for trend in found.trends), default=0)
    weeks = max((trend.weeks for trend in found.trends), default=0)
    counted = f"{view.plural(judged, 'run')} in {view.plural(weeks, 'week')} judged".replace(view.TIE, " ")
    shown = ends(head, style.paint.apply("faint", counted), style) if judged else [head]
    for sentence in trend_words.sentences(found, miles=style.miles):
        shown += flow(sentence, style, indent=0)
    return shown


def series_of(found: WeeklyView) -> list[str]:
    """The series that any week or trend has, in a fixed order."""
    known = {name for week in found.weeks for name in week.values} | {trend.series for trend in found.trends}
    return [name for name in trend_words.COLUMNS if name in known]


def weeks_table(found: WeeklyView, style: Style, tags: Sequence[Any] = ()) -> list[str]:
    """A line a week, with breaks and tags drawn between."""
    shown = series_of(found)
    rows = _heads(shown, style) + [_cells(week, shown, style) for week in found.weeks]
    if all(week.shuffle_share is None for week in found.weeks):
        rows = [row[:-1] for row in rows]
    rows = _with_pictures(rows, found, shown, style)
    printed = table(rows, style, heads=2)
    marks = _marks(found, tags, style)
    body = _without_gaps([(week, marks(week), row) for week, row in zip(found.weeks, printed[2:], strict=True)], style)
    below = flow(_legend(shown), style) if shown else []
    return [*heading("Week by week", style, _remark(found, shown, style)), *printed[:2], *body, *below]


def _legend(shown: Sequence[str]) -> str:
    """What the series mean: "Above 0 means longer steps with less of each on the ground (drive), ..."."""
    return f"Above 0 means {', '.join(trend_words.MEANING[name] for name in shown)}."


def _without_gaps(drawn: Sequence[tuple[Week, list[str], str]], style: Style) -> list[str]:
    """The lines of the weeks; many weeks in a row without a run are one line."""
    body: list[str] = []
    for empty, group in groupby(drawn, key=lambda each: not each[0].runs and not each[1]):
        weeks = list(group)
        if empty and len(weeks) >= _GAP_WEEKS:
            text = f"{weeks[0][0].monday.isoformat()} and the weeks after: {view.number(len(weeks))} without a run"
            body.append(" " * INDENT + style.paint.apply("faint", text))
        else:
            body += [line for _, marks, row in weeks for line in (*marks, row)]
    return body


def _remark(found: WeeklyView, shown: Sequence[str], style: Style) -> str:
    said = []
    if shown and found.reference_speed_mps:
        names = habit_words.listed([trend_words.COLUMNS[name] for name in shown])
        ranges = "" if _crowded(shown, style) else ", ± is the 95 % range"
        said.append(f"{names} at {view.pace(found.reference_speed_mps, miles=style.miles)}{ranges}")
    if found.slow_speed_mps:
        said.append(f"slow: {view.pace(found.slow_speed_mps, miles=style.miles)} or slower")
    return "; ".join(said)


def _heads(shown: Sequence[str], style: Style) -> list[list[str]]:
    unit = "miles" if style.miles else "km"
    first = ["week of", "runs", unit, "slow", *(trend_words.COLUMNS[name] for name in shown), "shuffle"]
    return [first, ["", "", "", "min", *("" for _ in shown), "of slow"]]


def _cells(week: Week, shown: Sequence[str], style: Style) -> list[str]:
    if not week.runs:
        return [week.monday.isoformat(), view.MISSING, *[""] * (len(shown) + 3)]
    return [
        week.monday.isoformat(),
        view.number(week.runs),
        view.length(week.distance_m, miles=style.miles),
        view.whole_minutes(week.slow_s) if week.slow_s else "",
        *(_value(week.values.get(name), alone=_crowded(shown, style)) for name in shown),
        view.percent(week.shuffle_share) if week.shuffle_share is not None else "",
    ]


def _value(told: WeekValue | None, *, alone: bool) -> str:
    return view.with_error(told.value, None if alone else half(told)) if told else ""


def _crowded(shown: Sequence[str], style: Style) -> bool:
    """Whether there are more series than have room with their ranges."""
    return len(shown) > _ABREAST and style.columns < _TABLE


def half(told: WeekValue) -> float:
    """Half of the 95 % interval."""
    return (told.high - told.low) / 2


def _with_pictures(rows: list[list[str]], found: WeeklyView, shown: Sequence[str], style: Style) -> list[list[str]]:
    """The first series of the latest stretch drawn behind its numbers, where there is room."""
    drawn = found.trends[0].series if found.trends else next(iter(shown), "")
    natural = sum(max(columns_of(row[i]) for row in rows) + 3 for i in range(len(rows[0])))
    cells = min(style.columns - INDENT - natural, _PICTURE[1])
    if style.columns < _ROOMY or cells < _PICTURE[0] or not drawn:
        return rows
    low, high = SCORE_ENDS[drawn]
    heads = [[*rows[0], " " * cells], [*rows[1], scale_words(low, "usual", high, cells)]]
    pictures = [_interval(week.values.get(drawn), cells, style) if week.runs else "" for week in found.weeks]
    return heads + [[*row, pad(picture, cells)] for row, picture in zip(rows[2:], pictures, strict=True)]


def _interval(told: WeekValue | None, cells: int, style: Style) -> str:
    return interval_row(told.value, half(told), cells, style) if told else interval_row(None, None, cells, style)


def _marks(found: WeeklyView, tags: Sequence[Any], style: Style) -> Callable[[Week], list[str]]:
    """The lines to draw before a week: what was tagged in it, what broke in it."""

    def lines_before(week: Week) -> list[str]:
        tagged = [tag for tag in tags if week.monday <= date.fromisoformat(tag.day) <= week.monday + _WEEK]
        broken = [each for each in found.breaks if week.monday <= each.date <= week.monday + _WEEK]
        return [_tag_line(tag, style) for tag in tagged] + [_break_line(each, style) for each in broken]

    return lines_before


def _tag_line(tag: Any, style: Style) -> str:
    room = style.measure - INDENT - len(tag.day) - 4
    text = f"{style.glyphs.run} {tag.day}  {view.clean(tag.text, room)}"
    return " " * INDENT + style.paint.apply("note", style.spell(text))


def _break_line(each: Break, style: Style) -> str:
    rule = style.glyphs.across
    text = style.spell(f"{each.date.isoformat()}  {break_words(each)}")
    drawn = f"{rule * 2} {text} ".ljust(style.measure - INDENT, rule)
    return " " * INDENT + style.paint.apply("note", drawn[: style.measure - INDENT])


def break_words(each: Break) -> str:
    """What changed on the day of a break."""
    if each.kind == "sensor":
        return f"{SENSORS[each.before]} → {SENSORS[each.after]}"
    if each.kind == "firmware":
        return f"firmware {view.clean(each.before, 12)} → {view.clean(each.after, 12)}"
    return "oscillation jumped: the sensor, not form"


def lines(found: WeeklyView, style: Style) -> list[str]:
    """A sparkline for distance and each series, one column a week; breaks cut all of them at the same place."""
    room = style.columns - INDENT - _AROUND
    weeks = found.weeks[-max(room - len(found.breaks), 1) :]
    parts = _parts(weeks, found.breaks)
    if sum(week.runs > 0 for week in weeks) < _LEAST_WEEKS:
        return []
    cut = [len(part) for part in parts]
    km = [week.distance_m or None for week in weeks]
    rows = [
        ("distance", _cut(sparkline(km, style), cut, style), _span(km, lambda x: view.distance(x, miles=style.miles)))
    ]
    for name in series_of(found):
        told = [[_middle(week.values, name) for week in part] for part in parts]
        if any(value is not None for part in told for value in part):
            drawn = style.glyphs.down.join(sparkline(part, style) for part in told)
            rows.append((trend_words.COLUMNS[name], drawn, _span(_last_known(told), view.score)))
    wide = max(len(name) for name, _, _ in rows) + 2
    remark = "each line from its lowest to its highest week"
    if len(parts) > 1:
        remark += "; what lies on two sides of a break cannot be compared"
    shown = [
        f"{' ' * INDENT}{name:<{wide}}{drawn}  {style.paint.apply('faint', style.spell(told))}"
        for name, drawn, told in rows
    ]
    return [*heading("Over the weeks", style, remark), *shown]


def _parts(weeks: Sequence[Week], breaks: Sequence[Break]) -> list[list[Week]]:
    """The weeks cut at the breaks; the week of a break belongs to what comes after it."""
    parts: list[list[Week]] = [[] for _ in range(len(breaks) + 1)]
    for week in weeks:
        parts[sum(each.date <= week.monday + _WEEK for each in breaks)].append(week)
    return [part for part in parts if part]


def _cut(drawn: str, lengths: Sequence[int], style: Style) -> str:
    pieces, start = [], 0
    for length in lengths:
        pieces.append(drawn[start : start + length])
        start += length
    return style.glyphs.down.join(pieces)


def _middle(values: Mapping[str, WeekValue], name: str) -> float | None:
    return values[name].value if name in values else None


def _last_known(parts: Sequence[Sequence[float | None]]) -> Sequence[float | None]:
    return next(part for part in reversed(parts) if any(value is not None for value in part))


def _span(amounts: Sequence[float | None], shown: Callable[[float], str]) -> str:
    """ "from 12 km to 45 km"."""
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return ""
    low, high = shown(min(known)), shown(max(known))
    return low if low == high else f"{low} to {high}"
