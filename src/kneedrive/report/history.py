"""Weeks, own baselines, comparisons and the news of a sync, as text for somebody who knows no statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from kneedrive.errors import KneedriveError, RateLimited
from kneedrive.history.result import (
    BalanceHabit,
    Baseline,
    Break,
    Comparison,
    Difference,
    FadeHabit,
    OwnView,
    PersonalZ,
    SlowContrast,
    Trend,
    Week,
    WeeklyView,
    WeekValue,
)
from kneedrive.patterns import AXES
from kneedrive.quantities import CHANNELS
from kneedrive.record import Record
from kneedrive.report import lists, numbers
from kneedrive.report.numbers import TIE, change_percent, day, difference, from_ln, plural, quantity, value
from kneedrive.report.sections import FADED
from kneedrive.report.text import (
    INDENT,
    Style,
    columns_of,
    commands,
    ends,
    finish,
    flow,
    heading,
    interval_row,
    pad,
    scale_words,
    sparkline,
    table,
)
from kneedrive.sensors import REFERENCES

# What comes back in run after run, in sentences: slow running, left and right, what fades.

NO_FALL = -0.05  # of the drive score: what is shown as 0.0


class Habits(Record, frozen=True, kw_only=True):
    """Three questions to the runs of some weeks."""

    slow: SlowContrast
    balance: BalanceHabit
    fade: FadeHabit


def habit_lines(habits: Habits, style: Style) -> list[str]:
    """What can be said of them; nothing where no run could tell anything."""
    said = [text for text in (slow(habits.slow), balance(habits.balance), fade(habits.fade)) if text]
    if not said:
        return []
    return [*heading("Run after run", style), *(line for text in said for line in flow(text, style, hang=2))]


def slow(found: SlowContrast) -> str:
    """Whether slowing down takes more from the steps than from those of others."""
    if found.verdict == "not enough" or found.mean is None:
        return ""
    counted = numbers.plural(found.runs, "run")
    if found.mean > NO_FALL:
        return f"When you slow down, your drive score does not fall ({counted})."
    fall = f"falls by about {numbers.score(found.mean).lstrip('-')} ({counted})"
    if found.verdict == "more than slowing down":
        return (
            "When you slow down, your steps shorten and stay on the ground more than slowing down alone explains: your "
            f"drive score {fall}."
        )
    return f"When you slow down, your drive score {fall}: that may be no more than slowing down alone explains."


def balance(found: BalanceHabit) -> str:
    """Whether one foot is always longer on the ground: a number, never a diagnosis."""
    if found.verdict == "not enough" or found.left is None:
        return ""
    counted = numbers.plural(found.runs, "run")
    if found.verdict == "none":
        return f"Left and right: no constant difference (left {numbers.percent(found.left, 1)}, over {counted})."
    share = numbers.percent(max(found.left, 1.0 - found.left), 1)
    return (
        f"Left and right: a constant difference. The {found.side} foot has {share} of the contact time, in "
        f"{numbers.number(found.runs_beyond)} of {counted}. Why, a watch cannot tell; somebody who can look at you may."
    )


def fade(found: FadeHabit) -> str:
    """What changes late in most runs."""
    counted = numbers.plural(found.runs, "run")
    if found.verdict == "not enough":
        return ""
    if found.verdict == "none":
        return f"Late in your runs: nothing changes the same way again and again at the same speed ({counted})."
    return f"Late in your runs, at the same speed: {listed([_faded(key, found) for key in found.metrics])} ({counted})."


def _faded(key: str, found: FadeHabit) -> str:
    """ "contact lengthened by 8 ms"."""
    amount = found.median[key]
    shown = numbers.change_percent if key == "ln_k" else partial(numbers.difference, key)
    rose, fell = FADED[key]
    return f"{rose if amount > 0 else fell} by {shown(amount).lstrip('+-')}"


def listed(pieces: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(part for part in (", ".join(pieces[:-1]), *pieces[-1:]) if part)


# A trend in sentences, for somebody who knows no statistics: what changed, by how much, how small a change would
# show.
#
# Nothing is claimed that was not tested, and what is called comes with what else it could be.


CALLED = {
    "towards drive": "your steps have become longer for the pace, or less of each is spent on the ground, or both",
    "towards shuffle": "your steps have become shorter for the pace, or more of each is spent on the ground, or both",
    "more bounce": "you go up and down more than before for the steps that you take",
    "less bounce": "you go up and down less than before for the steps that you take",
    "longer steps": "your steps have become longer for the pace",
    "shorter steps": "your steps have become shorter for the pace",
}
ROLES = {
    "towards drive": "drive",
    "towards shuffle": "shuffle",
    "more bounce": "piston",
    "longer steps": "drive",
    "shorter steps": "shuffle",
}
SERIES_WORDS = {"D": "between drive and shuffle", "P": "in bounce", "zSL": "in the length of your steps"}
TOO_EARLY = "too early to tell"
COLUMNS = {"D": "drive", "P": "bounce", "zSL": "steps"}
MEANING = {
    "D": "longer steps with less of each on the ground (drive)",
    "P": "more up and down for steps of that length (bounce)",
    "zSL": "longer steps for the pace (steps)",
}
UNIT = "On this scale two runners at one pace usually lie about 1 apart."
TREND_OTHERWISE = "Season, shoes or fatigue can do the same."
BROKEN = {
    "sensor": "the sensor changed",
    "firmware": "the sensor’s firmware changed",
    "watch": "the watch changed",
    "oscillation": "the sensor’s oscillation jumped",
}
COMPUTED = "Only the length of your steps is followed: the watch works out the rest from speed and cadence."
TREND_ONLY_STEPS = {"none": "Only the length of your steps is followed, since no contact time was recorded."}
NO_REFERENCE = "Only the length of your steps is followed: for the rest this sensor has nothing to be held against."


def trend_headline(found: WeeklyView) -> str:
    """ "Towards drive and less bounce", "Steady", "Steady in bounce, too early to tell between drive and shuffle"."""
    text = listed(found.verdicts)
    blind = [trend for trend in found.trends if trend.verdict == TOO_EARLY]
    if found.verdicts == ("steady",) and blind:
        known = [SERIES_WORDS[trend.series] for trend in found.trends if trend.verdict != TOO_EARLY]
        text = f"steady {listed(known)}, too early to tell {listed([SERIES_WORDS[trend.series] for trend in blind])}"
    return text[:1].upper() + text[1:]


def role(found: WeeklyView) -> str:
    """The colour of the headline."""
    return next((ROLES[verdict] for verdict in found.verdicts if verdict in ROLES), "strong")


def sentences(found: WeeklyView, *, miles: bool) -> list[str]:
    """What the trends come to."""
    if not found.trends:
        return ["None of these weeks holds a run that could be judged."]
    said = [_since(found)] if found.breaks else []
    waiting = [trend for trend in found.trends if trend.verdict == TOO_EARLY]
    tested = [trend for trend in found.trends if not trend.weeks_missing]
    called = [trend for trend in tested if trend.called]
    at = numbers.pace(found.reference_speed_mps, miles=miles)
    said += [_called(trend, at) for trend in called]
    said += [TREND_OTHERWISE] if called else []
    said += [_blind(trend) if trend in waiting else _steady(trend) for trend in tested if not trend.called]
    said += [UNIT] if any(trend.called or trend.detectable is not None for trend in tested) else []
    said += _advised(tested) if tested else _too_early(waiting[:1])
    return [*said, *_only_steps(found)]


def _since(found: WeeklyView) -> str:
    last = found.breaks[-1]
    return f"Judged by the weeks since {numbers.day(last.date)} alone, when {BROKEN[last.kind]}."


def _only_steps(found: WeeklyView) -> list[str]:
    if {trend.series for trend in found.trends} != {"zSL"}:
        return []
    believed = found.computed is not None and found.computed.believed
    return [COMPUTED if believed else TREND_ONLY_STEPS.get(found.sensor, NO_REFERENCE)]


def _called(trend: Trend, at: str) -> str:
    since = numbers.day(trend.first) if trend.first else ""
    size = numbers.score(abs(trend.change)).lstrip("+") if trend.change is not None else numbers.MISSING
    return f"At {at}, since {since}, {CALLED[trend.verdict]}: a change of {size}{_range(trend)}."


def _range(trend: Trend) -> str:
    if trend.low is None or trend.high is None or trend.change is None:
        return ""
    low, high = sorted((abs(trend.low), abs(trend.high)))
    return f" (between {numbers.score(low).lstrip('+')} and {numbers.score(high).lstrip('+')})"


def _steady(trend: Trend) -> str:
    said = f"{_subject(trend)}: no change that stands out from the ups and downs of your runs."
    return f"{said} A change of {_visible(trend)} would most likely have been seen."


def _blind(trend: Trend) -> str:
    if trend.detectable is None:
        return f"{_subject(trend)}: these weeks cannot tell: they are too few, or drift too much from one to the next."
    return (
        f"{_subject(trend)}: these weeks cannot tell. Your runs go up and down so much that only a change of about "
        f"{_visible(trend)} would most likely have been seen."
    )


def _subject(trend: Trend) -> str:
    subject = SERIES_WORDS[trend.series]
    return subject[:1].upper() + subject[1:]


def _visible(trend: Trend) -> str:
    return numbers.score(trend.detectable).lstrip("+") if trend.detectable is not None else numbers.MISSING


def _advised(tested: Sequence[Trend]) -> list[str]:
    more = max(trend.weeks_advised for trend in tested)
    return [f"With {numbers.plural(more, 'more week', 'more weeks')} the answer gets firmer."] if more else []


def _too_early(waiting: Sequence[Trend]) -> list[str]:
    return [
        f"Not enough weeks yet: {numbers.plural(trend.weeks, 'week')} can be judged, about "
        f"{numbers.number(trend.weeks_missing)} more are needed, {numbers.number(trend.weeks_advised)} more are better."
        for trend in waiting
    ]


# A run against the runner's own last weeks, beside the comparison with others: one reliable, one uncertain.


_OWN_TABLE = 80  # columns from which the comparison is a table
_USUAL, _FAR = 1.0, 2.0  # spreads between runners, only for the words below
OWN_NAMES = {key: channel.name for key, channel in CHANNELS.items()} | {
    "stance_time_s": "contact",
    "vertical_oscillation_m": "oscillation",
    "ln_k": "torso bounce",
}
REASONS = {
    "no scored epochs": "Nothing of this run was scored.",
    "slower than the baseline": "This run was slower than all that it would be held against.",
    "faster than the baseline": "This run was faster than all that it would be held against.",
}
OWN_ONLY_STEPS = "The rest is not compared: on this sensor it follows from speed and cadence."


def own_lines(found: OwnView, style: Style) -> list[str]:
    """The block AGAINST YOURSELF; it says what is missing where nothing can be compared."""
    if found.reason or not found.rows:
        return [*heading("Against yourself", style), *flow(missing(found), style)]
    lines = _table(found, style) if style.columns >= _OWN_TABLE else _sentences(found, style)
    said = ["Against yourself is the reliable part; against other runners at this speed is uncertain."]
    if found.baseline.computed.believed:
        said.append(OWN_ONLY_STEPS)
    return [
        *heading("Against yourself", style, basis(found.baseline)),
        *lines,
        *(line for text in said for line in flow(text, style)),
    ]


def basis(usual: Baseline) -> str:
    """ "24 runs since 12 Sep 2026, same sensor"."""
    since = f" since {day(usual.first)}" if usual.first else ""
    return f"{plural(usual.runs, 'run')}{since}, same sensor"


def missing(found: OwnView) -> str:
    """Why there is nothing to compare."""
    if found.reason != "baseline not ready":
        return REASONS.get(found.reason, "Nothing of this run can be compared.")
    lacking = found.baseline.missing
    needed = [
        plural(lacking[key], one, many)
        for key, one, many in (
            ("runs", "more run", "more runs"),
            ("days", "more day", "more days"),
            ("epochs", "more scored half-minute", "more scored half-minutes"),
        )
        if key in lacking
    ]
    return (
        f"Not yet: the weeks before hold {plural(found.baseline.runs, 'run')} on this sensor. For a comparison "
        f"with yourself {' and '.join(needed)} are needed."
    )


def _table(found: OwnView, style: Style) -> list[str]:
    rows = [["", "this run", "usually", "off by", "for you", "others"]]
    rows += [[OWN_NAMES[row.metric], *own_numbers(row), row.level, others(row)] for row in found.rows]
    filled = [
        [*row[:4], *(cell.ljust(width) for cell, width in zip(row[4:], _widths(rows), strict=True))] for row in rows
    ]
    return table(filled, style)


def _widths(rows: list[list[str]]) -> list[int]:
    return [max(len(row[place]) for row in rows) for place in (4, 5)]


def _sentences(found: OwnView, style: Style) -> list[str]:
    lines = []
    for row in found.rows:
        value, usual, off = own_numbers(row)
        among = f"; among others {others(row)}" if others(row) else ""
        lines += flow(f"{OWN_NAMES[row.metric]} {value}, usually {usual} ({off}): {row.level}{among}", style, hang=2)
    return lines


def own_numbers(row: PersonalZ) -> tuple[str, str, str]:
    """The run's value with its unit, the usual one, and the difference."""
    if row.metric == "ln_k":
        return from_ln(row.value), from_ln(row.usual), change_percent(row.difference)
    shown = partial(value, row.metric)
    return quantity(row.metric, row.value), shown(row.usual), _bare(difference(row.metric, row.difference))


def _bare(text: str) -> str:
    return text.split(TIE, maxsplit=1)[0]


def others(row: PersonalZ) -> str:
    """Where the value lies among other runners at that speed, in words; "" where that is not known."""
    if row.others is None:
        return ""
    if abs(row.others) < _USUAL:
        return "usual"
    size = "much " if abs(row.others) >= _FAR else ""
    return f"{size}{'higher' if row.others > 0 else 'lower'}"


# The weeks on one screen: the verdict first, then a line a week, sparklines, and what comes back in run after run.


_ROOMY = 100  # columns from which each week's interval is drawn, not only written
_ABREAST, _WEEKLY_TABLE = 2, 80  # so many series have room with their ranges in narrower tables
_PICTURE = (21, 41)  # narrowest and widest
_WEEK = timedelta(days=6)
_AROUND = 36  # columns that a sparkline leaves to its name and its range
_LEAST_WEEKS = 3  # with runs: fewer make no line
_GAP_WEEKS = 3  # so many weeks in a row without a run share a line
_WEEKLY_NEXT = (
    ("kneedrive report", "the latest run with these weeks"),
    ("kneedrive compare", "before and after a day that you tagged"),
    ("kneedrive advise", "what to work on"),
)


def weekly_text(
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
        weekly_title(found, style),
        weekly_judgement(found, style),
        weeks_table(found, style, tags),
        lines(found, style),
        habit_lines(habits, style),
    ]
    last = [[*heading("Next", style), *commands(_WEEKLY_NEXT, style)]] if closing is None else closing
    return finish([*body, *last], style)


def moved_back(weeks: int, last: date, style: Style) -> list[str]:
    """What to say above weeks that do not end today, though no other day was asked for."""
    lately = "No run this week" if weeks == 1 else f"No run in the last {weeks} weeks"
    return [*flow(f"{lately}: these are the weeks up to your last one, on {numbers.day(last)}.", style, indent=0), ""]


def weekly_title(found: WeeklyView, style: Style) -> list[str]:
    """Which weeks, how much running, and what measured it."""
    runs, metres = sum(week.runs for week in found.weeks), sum(week.distance_m for week in found.weeks)
    pieces = (
        f"{numbers.plural(len(found.weeks), 'week')} to {numbers.day(found.until)}",
        numbers.plural(runs, "run"),
        numbers.distance(metres, miles=style.miles),
    )
    head = flow("   ".join(pieces).replace(" ", numbers.TIE), style, indent=0)
    sensor = flow(REFERENCES[found.sensor].dynamics, style, indent=0) if found.trends else []
    return [
        *(style.paint.apply("strong", line) for line in head),
        *(style.paint.apply("faint", line) for line in sensor),
    ]


def weekly_judgement(found: WeeklyView, style: Style) -> list[str]:
    """The verdict and what it means."""
    head = style.paint.apply(role(found), style.spell(trend_headline(found) + "."))
    judged = max((trend.runs for trend in found.trends), default=0)
    weeks = max((trend.weeks for trend in found.trends), default=0)
    counted = f"{numbers.plural(judged, 'run')} in {numbers.plural(weeks, 'week')} judged".replace(numbers.TIE, " ")
    shown = ends(head, style.paint.apply("faint", counted), style) if judged else [head]
    for sentence in sentences(found, miles=style.miles):
        shown += flow(sentence, style, indent=0)
    return shown


def series_of(found: WeeklyView) -> list[str]:
    """The series that any week or trend has, in a fixed order."""
    known = {name for week in found.weeks for name in week.values} | {trend.series for trend in found.trends}
    return [name for name in COLUMNS if name in known]


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
    return f"Above 0 means {', '.join(MEANING[name] for name in shown)}."


def _without_gaps(drawn: Sequence[tuple[Week, list[str], str]], style: Style) -> list[str]:
    """The lines of the weeks; many weeks in a row without a run are one line."""
    body: list[str] = []
    for empty, group in groupby(drawn, key=lambda each: not each[0].runs and not each[1]):
        weeks = list(group)
        if empty and len(weeks) >= _GAP_WEEKS:
            text = f"{weeks[0][0].monday.isoformat()} and the weeks after: {numbers.number(len(weeks))} without a run"
            body.append(" " * INDENT + style.paint.apply("faint", text))
        else:
            body += [line for _, marks, row in weeks for line in (*marks, row)]
    return body


def _remark(found: WeeklyView, shown: Sequence[str], style: Style) -> str:
    said = []
    if shown and found.reference_speed_mps:
        names = listed([COLUMNS[name] for name in shown])
        ranges = "" if _crowded(shown, style) else ", ± is the 95 % range"
        said.append(f"{names} at {numbers.pace(found.reference_speed_mps, miles=style.miles)}{ranges}")
    if found.slow_speed_mps:
        said.append(f"slow: {numbers.pace(found.slow_speed_mps, miles=style.miles)} or slower")
    return "; ".join(said)


def _heads(shown: Sequence[str], style: Style) -> list[list[str]]:
    unit = "miles" if style.miles else "km"
    first = ["week of", "runs", unit, "slow", *(COLUMNS[name] for name in shown), "shuffle"]
    return [first, ["", "", "", "min", *("" for _ in shown), "of slow"]]


def _cells(week: Week, shown: Sequence[str], style: Style) -> list[str]:
    if not week.runs:
        return [week.monday.isoformat(), numbers.MISSING, *[""] * (len(shown) + 3)]
    return [
        week.monday.isoformat(),
        numbers.number(week.runs),
        numbers.length(week.distance_m, miles=style.miles),
        numbers.whole_minutes(week.slow_s) if week.slow_s else "",
        *(_value(week.values.get(name), alone=_crowded(shown, style)) for name in shown),
        numbers.percent(week.shuffle_share) if week.shuffle_share is not None else "",
    ]


def _value(told: WeekValue | None, *, alone: bool) -> str:
    return numbers.with_error(told.value, None if alone else half(told)) if told else ""


def _crowded(shown: Sequence[str], style: Style) -> bool:
    """Whether there are more series than have room with their ranges."""
    return len(shown) > _ABREAST and style.columns < _WEEKLY_TABLE


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
    low, high = AXES[drawn].low, AXES[drawn].high
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
    text = f"{style.glyphs.run} {tag.day}  {numbers.clean(tag.text, room)}"
    return " " * INDENT + style.paint.apply("note", style.spell(text))


def _break_line(each: Break, style: Style) -> str:
    rule = style.glyphs.across
    text = style.spell(f"{each.date.isoformat()}  {break_words(each)}")
    drawn = f"{rule * 2} {text} ".ljust(style.measure - INDENT, rule)
    return " " * INDENT + style.paint.apply("note", drawn[: style.measure - INDENT])


def break_words(each: Break) -> str:
    """What changed on the day of a break."""
    if each.kind == "sensor":
        return f"{REFERENCES[each.before].short} → {REFERENCES[each.after].short}"
    if each.kind == "firmware":
        return f"firmware {numbers.clean(each.before, 12)} → {numbers.clean(each.after, 12)}"
    if each.kind == "watch":
        return f"{numbers.clean(each.before, 24)} → {numbers.clean(each.after, 24)}"
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
        (
            "distance",
            _cut(sparkline(km, style), cut, style),
            _span(km, lambda x: numbers.distance(x, miles=style.miles)),
        )
    ]
    for name in series_of(found):
        told = [[_middle(week.values, name) for week in part] for part in parts]
        if any(value is not None for part in told for value in part):
            drawn = style.glyphs.down.join(sparkline(part, style) for part in told)
            rows.append((COLUMNS[name], drawn, _span(_last_known(told), numbers.score)))
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


# Before and after, as a table with a verdict in words for each line.


SCORES = {"D": "drive score", "P": "bounce score", "zSL": "step length score"}
COMPARED_NAMES = (
    {key: channel.name for key, channel in CHANNELS.items()}
    | {"stance_time_s": "contact", "vertical_oscillation_m": "oscillation", "ln_k": "torso bounce"}
    | SCORES
)
CHANGED = FADED | {
    "D": ("steps moved towards drive", "steps moved towards shuffle"),
    "P": ("bounce grew for the steps taken", "bounce shrank for the steps taken"),
    "zSL": ("steps lengthened for the pace", "steps shortened for the pace"),
}
REFUSED = {
    "another sensor": "The two periods were measured by different sensors ({} and {}).",
    "another firmware": "The sensor’s firmware changed between the two periods.",
    "another watch": "The two periods were recorded by different watches, and speed and cadence are the watch’s own.",
    "oscillation jumped": "Oscillation jumped between the two periods while timing stayed: the sensor, not form.",
}
ACROSS = "Compared over a change of sensor, as asked: any difference may be the sensor’s."
EXAGGERATED = "Bounce went up while cadence went down: the knee lift is being exaggerated. Less height, more forward."
COMPARISON_OTHERWISE = "What changed may also be season, shoes or fatigue: a comparison does not know why."
_COMPARISON_TABLE, _WIDE = 80, 100  # columns from which there is a table, and one with intervals
_COMPARISON_NEXT = (
    ("kneedrive weekly", "week by week"),
    ('kneedrive tag today "..."', "note what you change, to compare by it"),
)


class Periods(Record, frozen=True, kw_only=True):
    """The days compared, both ends included, and what lies between them ("" for two bare periods)."""

    before: tuple[date, date]
    after: tuple[date, date]
    name: str = ""


def comparison_text(found: Comparison, periods: Periods, style: Style) -> str:
    """The whole comparison."""
    following = [*heading("Next", style), *commands(_COMPARISON_NEXT, style)]
    return finish(
        [
            comparison_title(found, periods, style),
            comparison_judgement(found, style),
            rows(found, style),
            closing(found, style),
            following,
        ],
        style,
    )


def comparison_title(found: Comparison, periods: Periods, style: Style) -> list[str]:
    """What is compared."""
    head = f"Before and after “{numbers.clean(periods.name)}”" if periods.name else "Before and after"
    words = ("before", "after")
    if found.group:
        words = (numbers.clean(found.names[0], 24), numbers.clean(found.names[1], 24))
        head = f"“{words[1]}” (after) against “{words[0]}” (before)"
    spans = [f"{numbers.day(first)} to {numbers.day(last)}" for first, last in (periods.before, periods.after)]
    wide = max(8, *(len(word) + 2 for word in words))
    return [
        *(style.paint.apply("strong", line) for line in flow(head, style, indent=0)),
        *(
            style.paint.apply("faint", style.spell(f"{word:<{wide}}{span}"))
            for word, span in zip(words, spans, strict=True)
        ),
    ]


def comparison_judgement(found: Comparison, style: Style) -> list[str]:
    """What it comes to, in a sentence or two."""
    said = [f"{comparison_headline(found)}."]
    if found.status == "compared":
        said.append(_matched(found, miles=style.miles))
    if found.status == "refused":
        sensors = (REFERENCES[each].short for each in (found.sensor_before, found.sensor_after))
        said.append(REFUSED[found.reason].format(*sensors))
        said.append(
            "A difference would be the sensor’s as likely as yours. --across-sensors compares them all the same."
        )
    if found.status == "not enough weeks":
        said.append(_few(found))
    if found.status == "no overlap":
        said.append("The runs before and after have no pace and slope in common, so there is nothing to match.")
    lines = flow(said[0], style, indent=0)
    strong = [style.paint.apply("strong", line) for line in lines]
    return [*strong, *(line for text in said[1:] for line in flow(text, style, indent=0))]


def comparison_headline(found: Comparison) -> str:
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
    return "No change shown, and not enough weeks yet to rule one out"


def change_words(row: Difference) -> str:
    """ "contact shortened"."""
    rose, fell = CHANGED[row.metric]
    return rose if row.difference > 0 else fell


def _matched(found: Comparison, *, miles: bool) -> str:
    runs = f"{numbers.plural(found.runs_before, 'run')} before and {numbers.number(found.runs_after)} after"
    between = f"{numbers.pace(found.speed_high_mps, miles=miles)} and {numbers.pace(found.speed_low_mps, miles=miles)}"
    others = f"; {numbers.plural(found.left_out, 'run')} left out: another sensor or surface, or nothing scored"
    left = others if found.left_out else ""
    return f"{runs}, matched on pace and slope between {between}{left}."


def _few(found: Comparison) -> str:
    counted = (
        f"{numbers.plural(found.runs_before, 'run')} before and {numbers.number(found.runs_after)} after can be used"
    )
    if not found.more_weeks:
        return f"{counted}; too few of them share a pace and a slope."
    more = numbers.plural(found.more_weeks, "more week", "more weeks")
    return f"{counted}; the shorter side takes about {more}."


def rows(found: Comparison, style: Style) -> list[str]:
    """A line a metric: a table where there is room, else sentences."""
    if not found.rows:
        return []
    at = f"at {numbers.pace(found.speed_mps, miles=style.miles)} on the flat"
    if style.columns < _COMPARISON_TABLE:
        told = [
            f"{COMPARED_NAMES[row.metric]} {bare(shown(row, row.before))} before, {shown(row, row.after)} after: "
            f"{difference_verdict(row)}"
            for row in found.rows
        ]
        return [*heading("Side by side", style, at), *(line for text in told for line in flow(text, style, hang=2))]
    wide = style.columns >= _WIDE
    cells = [[COMPARED_NAMES[row.metric], *amounts(row, interval=wide), difference_verdict(row)] for row in found.rows]
    heads = ["", "before", "after", "difference", ""]
    widest = max(len(row[-1]) for row in cells)
    filled = [[*row[:-1], row[-1].ljust(widest)] for row in (heads, *cells)]
    remark = f"{at}; in brackets the range that the runs allow" if wide else at
    return [*heading("Side by side", style, remark), *table(filled, style)]


def amounts(row: Difference, *, interval: bool) -> tuple[str, str, str]:
    """Before and after without a unit, the difference with it, and with its interval where asked for."""
    off, low, high = (difference_text(row, amount) for amount in (row.difference, row.low, row.high))
    told = f"{off} ({bare(low)} to {bare(high)})" if interval else off
    return bare(shown(row, row.before)), bare(shown(row, row.after)), told


def shown(row: Difference, amount: float) -> str:
    """A value of the row's metric."""
    if row.metric in SCORES:
        return numbers.score(amount)
    return numbers.from_ln(amount) if row.metric == "ln_k" else numbers.quantity(row.metric, amount)


def difference_text(row: Difference, amount: float) -> str:
    """A difference in the row's metric, signed."""
    if row.metric in SCORES:
        return numbers.score(amount)
    return numbers.change_percent(amount) if row.metric == "ln_k" else numbers.difference(row.metric, amount)


def bare(text: str) -> str:
    """A quantity without its unit."""
    return text.split(numbers.TIE, maxsplit=1)[0]


def difference_verdict(row: Difference) -> str:
    """ "changed, by 4 to 9 ms", "no change larger than 6 ms", "not enough weeks: about 5 more"."""
    if row.verdict == "changed":
        least, most = (difference_text(row, amount).lstrip("+-") for amount in sorted((row.low, row.high), key=abs))
        return f"changed, by {most}" if least == most else f"changed, by {bare(least)} to {most}"
    if row.verdict == "no change":
        return f"no change larger than {numbers.at_most('' if row.metric in SCORES else row.metric, row.bound)}"
    if row.more_weeks is None:
        return "not enough weeks before"
    return f"not enough weeks: about {numbers.number(row.more_weeks)} more"


def closing(found: Comparison, style: Style) -> list[str]:
    """What has to be said besides."""
    changed = any(row.verdict == "changed" for row in found.rows)
    said: Sequence[str] = [
        *([ACROSS] if found.across_sensors else []),
        *([EXAGGERATED] if found.over_exaggeration else []),
        *([COMPARISON_OTHERWISE] if changed and not found.across_sensors else []),
    ]
    return [line for text in said for line in flow(text, style)]


# What a sync brought: the counts of all sources, and what stopped one.


def counts(summed: lists.Ledger, remarks: Sequence[str], style: Style, elapsed_s: float) -> str:
    """The ledger line with what needs a look, and remarks on the sources."""
    text = lists.render(summed, style, elapsed_s).rstrip("\n").split("\n")
    return finish([text, [line for said in remarks for line in flow(said, style, 0, hang=2)]], style)


def problem(error: KneedriveError, service: str, utc_offset_s: int) -> str:
    """What stopped a source, with the time to come back as the runner's clock shows it."""
    if not isinstance(error, RateLimited):
        return str(error)
    return (
        f"{service} asks for a pause: go on after {local_clock(error.retry_at, utc_offset_s)}, by the same command, or "
        "let --wait do it; what was fetched is kept"
    )


def local_clock(moment: datetime, utc_offset_s: int) -> str:
    """A moment of these days: "Sat 21 Nov 2026, 14:15"."""
    return numbers.start(moment, utc_offset_s)


def record(summed: lists.Ledger, sources: Sequence[Mapping[str, Any]], runs: Sequence[str]) -> dict[str, Any]:
    """For programs: the counts of all sources together, then each source with what stopped it."""
    told = lists.ledger_record(summed)
    new = {"schema_version": told.pop("schema_version"), "new": told.pop("added")}
    again = sorted(each["retry_at"] for each in sources if each["retry_at"])
    return {**new, **told, "retry_at": again[-1] if again else None, "sources": list(sources), "runs": list(runs)}


def source_record(name: str, counted: Mapping[str, int], error: KneedriveError | None) -> dict[str, Any]:
    """One source: its counts, and the error that stopped it with the time to come back."""
    verdicts = {"new" if each == "added" else each: counted.get(each, 0) for each in lists.VERDICTS}
    retry_at = error.retry_at if isinstance(error, RateLimited) else None
    return {
        "source": name,
        **verdicts,
        "error": {"code": error.code, "message": str(error)} if error else None,
        "retry_at": retry_at.isoformat().replace("+00:00", "Z") if retry_at else None,
    }
