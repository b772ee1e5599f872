"""A runner's weeks as blocks: who the runner is, where it is going, each week in a picture, what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import Protocol

from kneedrive.analysis.population import runners_at
from kneedrive.histories import result
from kneedrive.histories.result import Break, BreakKind, Habit, Trend, Verdict, Week, WeeklyView, WeekValue
from kneedrive.patterns import AXES, Pattern
from kneedrive.quantities import SECONDS_PER_MINUTE
from kneedrive.record import Record
from kneedrive.report import blocks, numbers, screen
from kneedrive.report.blocks import Block, Column, Heading, Mark, Prose, Section, Span, Table, faint, strong
from kneedrive.report.words import capital, listed, moved
from kneedrive.sensors import REFERENCES, SensorClass

MORE = ("kneedrive report", "kneedrive compare", "kneedrive advise")
WEEK = timedelta(weeks=1)


class Tagged(Protocol):
    """A tag: its day in ISO form and its text."""

    @property
    def day(self) -> str:
        """Of the runner's clock."""

    @property
    def text(self) -> str:
        """What was noted."""


def weekly(
    view: WeeklyView, tags: Sequence[Tagged], *, miles: bool, name: str = "", opening: str = ""
) -> list[Section]:
    """The whole report of some weeks. name: the runner's, where there is one. opening: what to say above everything."""
    head, *rest = weeks_alone(view, tags, miles=miles, name=name)
    return [
        [Prose(opening)] if opening else [],
        [*screen.runner(view.last_weeks), *head],
        *rest,
        screen.tail(screen.Context(more=MORE)),
    ]


def weeks_alone(view: WeeklyView, tags: Sequence[Tagged], *, miles: bool, name: str = "") -> list[Section]:
    """The weeks without the runner's sentence and the commands that follow: whose, how much running, what measured."""
    facts = (
        numbers.clean(name),
        f"{numbers.plural(len(view.weeks), 'week')} to {numbers.day(view.until)}",
        numbers.plural(sum(week.runs for week in view.weeks), "run"),
        numbers.distance(sum(week.distance_m for week in view.weeks), miles=miles),
    )
    sensor = [faint(REFERENCES[view.sensor].dynamics)] if view.trends else []
    return [
        [blocks.Facts([*(strong(fact) for fact in facts if fact), *sensor]), *judgement(view, miles=miles)],
        pictures(view, tags, miles=miles),
        over_the_weeks(view, miles=miles),
        finished(view),
        run_after_run(view, miles=miles),
    ]


def moved_back(weeks: int, last: date) -> str:
    """What to say above weeks that do not end today, though no other day was asked for."""
    lately = "No run this week" if weeks == 1 else f"No run in the last {weeks} weeks"
    return f"{lately}: these are the weeks up to your last one, on {numbers.day(last)}."


def judgement(view: WeeklyView, *, miles: bool) -> list[Prose]:
    """The verdict and what it means."""
    tone = next((TONES[verdict] for verdict in view.verdicts if verdict in TONES), blocks.Role.STRONG)
    return [Prose(Span(f"{capital(listed(view.verdicts))}.", tone)), Prose(" ".join(sentences(view, miles=miles)))]


# Where it is going, for somebody who knows no statistics: what changed, by how much, how small a change would show.
# Nothing is claimed that was not tested, and what is called comes with what else it could be.

CALLED = {
    Verdict.TOWARDS_DRIVE: "your steps have become longer for the pace, or less of each is spent on the ground, "
    "or both",
    Verdict.TOWARDS_SHUFFLE: "your steps have become shorter for the pace, or more of each is spent on the ground, "
    "or both",
    Verdict.MORE_BOUNCE: "you go up and down more than before for the steps that you take",
    Verdict.LESS_BOUNCE: "you go up and down less than before for the steps that you take",
    Verdict.LONGER_STEPS: "your steps have become longer for the pace",
    Verdict.SHORTER_STEPS: "your steps have become shorter for the pace",
}
TONES: Mapping[Verdict, blocks.Tone] = {
    Verdict.TOWARDS_DRIVE: Pattern.DRIVE,
    Verdict.TOWARDS_SHUFFLE: Pattern.SHUFFLE,
    Verdict.MORE_BOUNCE: Pattern.PISTON,
}
BROKEN = {
    BreakKind.SENSOR: "the sensor changed",
    BreakKind.FIRMWARE: "the sensor’s firmware changed",
    BreakKind.WATCH: "the watch changed",
    BreakKind.OSCILLATION: "the sensor’s oscillation jumped",
}


def sentences(view: WeeklyView, *, miles: bool) -> list[str]:
    """What the trends come to."""
    if not view.trends:
        return ["None of these weeks holds a run that could be judged."]
    texts = []
    if view.breaks:
        last = view.breaks[-1]
        texts.append(f"Judged by the weeks since {numbers.day(last.date)} alone, when {BROKEN[last.kind]}.")
    tested = [trend for trend in view.trends if not trend.weeks_missing]  # of the others nothing is claimed
    texts += _called([trend for trend in tested if trend.called], numbers.pace(view.reference_speed_mps, miles=miles))
    texts += [_not_called(trend) for trend in tested if not trend.called]
    if any(trend.called or trend.detectable is not None for trend in tested):
        texts.append("That gap is how far two runners at one pace usually lie apart.")
    if not tested:  # no series has weeks enough
        first = view.trends[0]
        judged = f"{numbers.plural(first.weeks, 'week')} can be judged"
        needed, better = numbers.number(first.weeks_missing), numbers.number(first.weeks_advised)
        texts.append(f"Not enough weeks yet: {judged}, about {needed} more are needed, {better} more are better.")
    elif more := max(trend.weeks_advised for trend in tested):
        texts.append(f"With {numbers.plural(more, 'more week')} the answer gets firmer.")
    if {trend.series for trend in view.trends} == {"zSL"}:  # step length for the pace, which any watch can tell
        why = ": for the rest this sensor has nothing to be held against"
        if view.computed is not None and view.computed.believed:
            why = ": the watch works out the rest from speed and cadence"
        elif view.sensor == SensorClass.NONE:
            why = ", since no contact time was recorded"
        texts.append(f"Only the length of your steps is followed{why}.")
    return texts


def _called(trends: Sequence[Trend], at: str) -> list[str]:
    """What changed and by how much, what else it can be, and of which months it speaks."""
    texts = []
    for trend in trends:
        since, between = numbers.day(trend.first) if trend.first else "", ""
        if trend.low is not None and trend.high is not None:
            low, high = sorted((abs(trend.low), abs(trend.high)))  # of a falling trend the low end is the larger
            between = f" (between {numbers.number(low, 1)} and {numbers.number(high, 1)})"
        texts.append(f"At {at}, since {since}, {CALLED[trend.verdict]}: a change of {_gaps(trend.change)}{between}.")
    if trends and trends[0].seasonal:
        texts.append("Shoes or fatigue can do the same; the season is allowed for.")
    elif trends:
        span, first, last = "", trends[0].first, trends[0].last
        if first and last:
            span = f" (these weeks go from {numbers.short_day(first, last)} to {numbers.short_day(last, first)})"
        texts.append(f"Season, heat or shoes can do the same{span}.")
    return texts


def _gaps(amount: float | None) -> str:
    return f"{numbers.number(abs(amount), 1)} times the gap between runners" if amount is not None else numbers.MISSING


def _not_called(trend: Trend) -> str:
    """A trend that was tested and not called: with no change, or in weeks that differ too much to tell."""
    subject, seen = capital(AXES[trend.series].where), f"{_gaps(trend.detectable)} would most likely have been seen."
    if trend.verdict is not Verdict.TOO_EARLY:
        return f"{subject}: no change that stands out from the ups and downs of your runs. A change of {seen}"
    if trend.detectable is None:
        return f"{subject}: these weeks cannot tell: they are too few, or drift too much from one to the next."
    why = "They differ so much, or drift so much from one to the next, that only a change of about"
    return f"{subject}: these weeks cannot tell. {why} {seen}"


# Each week in a picture, one for every stretch between breaks.

LEAST_SPAN = 2.0  # a line of scores spans at least a spread to each side: what hardly moves looks steady
SHOWN_WEEKS = 40  # columns that a line of weeks has at most


class Stretch(Record, frozen=True):
    """Weeks between two breaks, the breaks that they come after, and the class of what measured them."""

    breaks: tuple[Break, ...]
    weeks: tuple[Week, ...]
    sensor: str


def stretches(view: WeeklyView, last: int = 0) -> list[Stretch]:
    """The weeks cut at the breaks; the week of a break belongs to what comes after it. last: so many weeks alone."""
    parts: list[Stretch] = []
    pending: list[Break] = []
    weeks = view.weeks[-last:]  # 0 leaves all of them
    for end in (*view.breaks, None):
        here = tuple(week for week in weeks if end is None or week.monday + WEEK <= end.date)
        weeks = weeks[len(here) :]
        if here or end is None:
            # A break says what measured before it; a week names the sensor of its last run, which may be another.
            seen = next((week.sensor for week in here if week.runs and week.sensor), view.sensor)
            parts.append(Stretch(tuple(pending), here, (end.sensors[0] if end else "") or seen))
            pending = []
        if end is not None:
            pending.append(end)
    return parts


def break_words(each: Break) -> str:
    """The day of a break, and what changed on it."""
    if each.kind is BreakKind.OSCILLATION:
        what = "oscillation jumped: the sensor, not form"
    elif each.kind is BreakKind.SENSOR:
        what = f"{REFERENCES[each.before].words} → {REFERENCES[each.after].words}"
    else:
        kind, longest = ("firmware ", 12) if each.kind is BreakKind.FIRMWARE else ("", 24)
        what = f"{kind}{numbers.clean(each.before, longest)} → {numbers.clean(each.after, longest)}"
    return f"{numbers.day(each.date)}: {what}"


def series_in(weeks: Sequence[Week]) -> list[str]:
    """The series that any of these weeks has, in a fixed order."""
    return [name for name in AXES if any(name in week.values for week in weeks)]


def pictures(view: WeeklyView, tags: Sequence[Tagged], *, miles: bool) -> Section:
    """A picture a stretch, a row a week in it, under the sensor that measured it or what broke before it."""
    cut, against = stretches(view), result.Setting().against
    slow = f"slow: {numbers.pace(view.slow_speed_mps, miles=miles)} or slower" if view.slow_speed_mps else ""
    drawn: list[Block] = [Heading("Week by week", slow)]
    at = f" at {numbers.pace(view.reference_speed_mps, miles=miles)}" if view.reference_speed_mps else ""
    share = any(week.shuffle_share for week in view.weeks)
    behind = "; at the end how much of slow running was shuffle-like" if share else ""
    key = f"● that week{at}, ── its 95 % range; {blocks.BEYOND}{behind}" if series_in(view.weeks) else ""
    for place, stretch in enumerate(cut):
        last = place == len(cut) - 1
        above = [break_words(each) for each in stretch.breaks]
        above += [capital(REFERENCES[stretch.sensor].words)] if len(cut) > 1 and not place else []
        # The series is that of the headline, which speaks of the last stretch, else the first that there is.
        called = [trend.series for trend in view.trends if trend.called and last]
        name = next(iter([*called, *series_in(stretch.weeks)]), "")
        ticks: tuple[float, ...] = ()
        if name and view.reference_speed_mps is not None:
            ticks = screen.ticks(runners_at(view.reference_speed_mps, against(stretch.sensor))[name])
        heads = ("week of", "runs", "miles" if miles else "km", "slow min")
        rows = list(_rows(stretch, name, tags, miles=miles))
        picture = blocks.Picture(heads=heads, axis=name, rows=rows, ticks=ticks, key=key if last else "")
        drawn += [*(Prose(strong(text)) for text in above), picture]
    return drawn


def _rows(stretch: Stretch, name: str, tags: Sequence[Tagged], *, miles: bool) -> Iterable[Mark]:
    """A row a week, what was tagged in it before it; many weeks in a row without a run are one row."""

    def tagged(week: Week) -> list[Tagged]:
        return [tag for tag in tags if week.monday <= date.fromisoformat(tag.day) < week.monday + WEEK]

    # Three weeks in a row without a run, or more, share a line.
    for empty, group in groupby(stretch.weeks, key=lambda week: not week.runs and not tagged(week)):
        weeks = list(group)
        if empty and len(weeks) >= 3:
            text = f"{weeks[0].monday.isoformat()} and the weeks after: {numbers.number(len(weeks))} without a run"
            yield Mark(across=faint(text))
            continue
        for week in weeks:
            for tag in tagged(week):
                yield Mark(across=faint(f"◆ {tag.day}  {numbers.clean(tag.text, 80)}"))
            yield _row(week, name, miles=miles)


def _row(week: Week, name: str, *, miles: bool) -> Mark:
    value = week.values.get(name)
    if not week.runs:
        return Mark(before=(week.monday.isoformat(), numbers.MISSING, "", ""))
    slow = numbers.number(week.slow_s / SECONDS_PER_MINUTE) if week.slow_s >= 30.0 else ""  # less is shown as none
    before = (week.monday.isoformat(), numbers.number(week.runs), numbers.length(week.distance_m, miles=miles), slow)
    behind = Span(numbers.percent(week.shuffle_share), Pattern.SHUFFLE) if week.shuffle_share else ()
    # A week is drawn with half of its 95 % range, where a pace of a run has one SD; the key says so.
    mean, sd = (value.value, (value.high - value.low) / 2) if value else (None, None)
    return Mark(before=before, mean=mean, sd=sd, behind=behind)


def over_the_weeks(view: WeeklyView, *, miles: bool) -> Section:
    """Distance and each series, a letter a week, cut where they cannot be compared."""
    cut = stretches(view, SHOWN_WEEKS)
    weeks = [week for stretch in cut for week in stretch.weeks]
    if sum(week.runs > 0 for week in weeks) < 3:  # with runs: fewer make no line
        return []
    # The name of each, a line a stretch, the values that are told beside it, and how.
    drawn: list[tuple[str, list[blocks.Spark], Sequence[float], Callable[[float], str]]] = []
    if far := [week.distance_m for week in weeks if week.distance_m]:  # a sensor indoors may tell none
        heights = [tuple(week.distance_m / max(far) if week.distance_m else None for week in s.weeks) for s in cut]
        drawn.append(
            ("distance", [blocks.Spark(each) for each in heights], far, partial(numbers.distance, miles=miles))
        )
    for name in series_in(weeks):
        parts = [[week.values[name].value if name in week.values else None for week in s.weeks] for s in cut]
        known = [[amount for amount in part if amount is not None] for part in parts]
        latest = next(part for part in reversed(known) if part)  # across a break the numbers cannot be compared
        drawn.append((AXES[name].short, [blocks.spark(part, LEAST_SPAN) for part in parts], latest, numbers.score))
    rows = []
    for name, lines, told, shown in drawn:
        low, high = shown(min(told)), shown(max(told))
        joined = blocks.words(*(piece for line in lines for piece in (faint("│"), line)))[1:]
        rows.append((name, joined, faint(low if low == high else f"{low} to {high}")))
    if not rows:
        return []
    remark = f"the last {SHOWN_WEEKS}" if len(view.weeks) > SHOWN_WEEKS else ""
    columns = Column(left=True), Column(left=True), Column(left=True, drop=1)
    return [Heading("Over the weeks", remark), Table(columns, rows)]


def finished(view: WeeklyView) -> Section:
    """The verdicts of earlier stretches, each once with its days and its sensor."""
    items = []
    for (sensor, first, last), group in groupby(view.finished, key=lambda each: (each.sensor, each.first, each.last)):
        known = [trend for trend in group if trend.series in AXES]  # heart rate is no score
        if not first or not last or not known:
            continue
        verdicts: list[str] = [trend.verdict for trend in known if trend.called]
        for verdict in dict.fromkeys(trend.verdict for trend in known if not trend.called):
            series = [AXES[each.series].where for each in known if each.verdict is verdict]
            verdicts.append(f"{verdict} {listed(series)}")
        where = REFERENCES[sensor].words if sensor else "another sensor"
        items.append(f"{numbers.day(first)} to {numbers.day(last)}, {where}: {listed(verdicts)}.")
    return [Heading("Before that"), blocks.Items(items)] if items else []


def run_after_run(view: WeeklyView, *, miles: bool) -> Section:
    """What comes back in many runs; nothing where no run could tell anything."""
    habits = view.habits
    texts = [slow(habits.slow), balance(habits.balance), fade(habits.fade), pace_change(view.pace_change)]
    items = [text for text in (*texts, heart_rate(view, miles=miles)) if text]
    return [Heading("Run after run"), blocks.Items(items)] if items else []


def slow(habit: result.SlowContrast) -> str:
    """Whether slowing down takes more from the steps than from those of others."""
    if habit.verdict is Habit.NOT_ENOUGH or habit.mean is None:  # too few runs are no result
        return ""
    counted = numbers.plural(habit.runs, "run")
    if habit.mean > -0.05:  # what is shown as 0.0
        return f"When you slow down, your drive score does not fall ({counted})."
    fall = f"your drive score falls by about {numbers.number(abs(habit.mean), 1)} ({counted})"
    if habit.verdict is Habit.MORE:
        more = "your steps shorten and stay on the ground more than slowing down alone explains"
        return f"When you slow down, {more}: {fall}."
    return f"When you slow down, {fall}: that may be no more than slowing down alone explains."


def balance(habit: result.BalanceHabit) -> str:
    """Whether one foot is always longer on the ground: a number, never a diagnosis."""
    if habit.verdict is Habit.NOT_ENOUGH or habit.left is None:
        return ""
    counted = numbers.plural(habit.runs, "run")
    if habit.verdict is Habit.NONE:
        return f"Left and right: no constant difference (left {numbers.percent(habit.left, 1)}, over {counted})."
    share = numbers.percent(max(habit.left, 1.0 - habit.left), 1)
    return (
        f"Left and right: a constant difference. The {habit.side} foot has {share} of the contact time, in "
        f"{numbers.number(habit.runs_beyond)} of {counted}. Why, a watch cannot tell; somebody who can look at you may."
    )


def fade(habit: result.FadeHabit) -> str:
    """What changes late in most runs: "contact lengthened by 8 ms"."""
    if habit.verdict is Habit.NOT_ENOUGH:
        return ""
    counted = numbers.plural(habit.runs, "run")
    if habit.verdict is Habit.NONE:
        return f"Late in your runs: nothing changes the same way again and again at the same speed ({counted})."
    changes = listed([moved(key, habit.median[key]) for key in habit.metrics])
    return f"Late in your runs, at the same speed: {changes} ({counted})."


def pace_change(change: result.PaceChange | None) -> str:
    """How the runner goes faster: a description, beside the few runners it is known of."""
    if change is None or change.longer is None or change.quicker is None:
        return ""
    slopes = change.people[0], change.usual, change.people[1]
    few, usual, many = (numbers.percent((1.0 + change.faster) ** slope - 1.0) for slope in slopes)
    turned = "quicken" if change.quicker >= 0.0 else "slow"  # a longer step may take longer
    return (
        f"To run {numbers.percent(change.faster)} faster you lengthen the step by {numbers.percent(change.longer)} and "
        f"{turned} it by {numbers.percent(abs(change.quicker))} ({numbers.plural(change.runs, 'run')}); {usual} "
        f"is usual, {few} to {many} in the few runners of whom it is known."
    )


def heart_rate(view: WeeklyView, *, miles: bool) -> str:
    """Heart rate at the reference pace, as context: it says nothing of why."""
    trend = view.heart_rate
    if trend is None or trend.verdict is Verdict.TOO_EARLY or view.reference_speed_mps is None:
        return ""
    at = f"Heart rate at {numbers.pace(view.reference_speed_mps, miles=miles)}, as context"
    if trend.change is None or not trend.called:
        return f"{at}: no change that stands out."
    beats = numbers.plural(round(abs(trend.change)), "beat")
    since = f" since {numbers.day(trend.first)}" if trend.first else ""
    return f"{at}: {beats} {trend.verdict}{since}. It may be heat, rest or fitness; form is another matter."


def numbered(view: WeeklyView, tags: Sequence[Tagged]) -> list[tuple[date, str]]:
    """The tags of these weeks in order of time, each with its day: "2: Mon 6 Jul 2026, new shoes"."""
    weeks = view.weeks
    if not weeks:
        return []
    days = [(date.fromisoformat(tag.day), tag.text) for tag in tags]
    within = sorted((day, text) for day, text in days if weeks[0].monday <= day < weeks[-1].monday + WEEK)
    return [(day, f"{i}: {numbers.day(day)}, {numbers.clean(text)}") for i, (day, text) in enumerate(within, start=1)]


def noted(view: WeeklyView, tags: Sequence[Tagged]) -> Section:
    """The tags of these weeks by their numbers."""
    items = [text for _, text in numbered(view, tags)]
    return [Heading("What you noted"), blocks.Items(items)] if items else []


def value_words(value: WeekValue | None) -> str:
    """A value of a week with half of its 95 % range: "+1.4 ± 0.6"."""
    return numbers.with_error(value.value, (value.high - value.low) / 2) if value else numbers.MISSING


def weeks_in_numbers(view: WeeklyView, *, miles: bool) -> Section:
    """A table of the weeks, the latest first."""
    names = series_in(view.weeks)
    heads = ("week of", "runs", "miles" if miles else "km", *(AXES[name].short for name in names))
    rows = []
    for week in reversed(view.weeks):  # the latest is what is looked for
        amounts = numbers.number(week.runs), numbers.length(week.distance_m, miles=miles)
        values = [value_words(week.values.get(name)) for name in names]
        rows.append((week.monday.isoformat(), *amounts, *values, numbers.percent(week.shuffle_share)))
    columns = [Column(head=head) for head in (*heads, "slow and shuffle-like")]
    return [Heading("The weeks in numbers"), Table(columns, rows)]
