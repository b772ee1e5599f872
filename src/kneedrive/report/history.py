"""A runner's weeks as blocks: who the runner is, where it is going, each week in a picture, what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import Protocol

from kneedrive.analysis.population import runners_at
from kneedrive.method import Method
from kneedrive.past.result import (
    BalanceHabit,
    Break,
    BreakKind,
    FadeHabit,
    Habit,
    PaceChange,
    SlowContrast,
    Trend,
    Verdict,
    Week,
    WeeklyView,
    WeekValue,
)
from kneedrive.patterns import AXES, Axis, Pattern
from kneedrive.record import Record
from kneedrive.recording import Runner
from kneedrive.report import numbers, screen, sections
from kneedrive.report.blocks import (
    Block,
    Column,
    Facts,
    Heading,
    Inline,
    Items,
    Mark,
    Picture,
    Prose,
    Role,
    Section,
    Span,
    Spark,
    Table,
    Tone,
    faint,
    spark,
    strong,
    words,
)
from kneedrive.report.words import capital, listed
from kneedrive.sensors import REFERENCES, SensorClass

MORE = ("kneedrive report", "kneedrive compare", "kneedrive advise")


class Tagged(Protocol):
    """A tag: its day in ISO form and its text."""

    @property
    def day(self) -> str:
        """Of the runner's clock."""

    @property
    def text(self) -> str:
        """What was noted."""


class Habits(Record, frozen=True, kw_only=True):
    """Three questions to the runs of some weeks."""

    slow: SlowContrast
    balance: BalanceHabit
    fade: FadeHabit


def weekly(
    found: WeeklyView,
    habits: Habits,
    tags: Sequence[Tagged] = (),
    *,
    miles: bool,
    name: str = "",
    opening: str = "",
) -> list[Section]:
    """The whole report of some weeks. name: the runner's, where there is one. opening: what to say above everything."""
    head, *rest = weeks_alone(found, habits, tags, miles=miles, name=name)
    return [
        [Prose(words(opening))] if opening else [],
        [*screen.runner(found.last_weeks), *head],
        *rest,
        screen.tail(screen.Context(more=MORE)),
    ]


def weeks_alone(
    found: WeeklyView, habits: Habits, tags: Sequence[Tagged] = (), *, miles: bool, name: str = ""
) -> list[Section]:
    """The weeks without the runner's sentence and the commands that follow."""
    return [
        [*title(found, miles=miles, name=name), *judgement(found, miles=miles)],
        *pictures(found, tags, miles=miles),
        over_the_weeks(found, miles=miles),
        finished(found),
        run_after_run(found, habits, miles=miles),
    ]


def moved_back(weeks: int, last: date) -> str:
    """What to say above weeks that do not end today, though no other day was asked for."""
    lately = "No run this week" if weeks == 1 else f"No run in the last {weeks} weeks"
    return f"{lately}: these are the weeks up to your last one, on {numbers.day(last)}."


def title(found: WeeklyView, *, miles: bool, name: str) -> list[Block]:
    """Whose weeks, which, how much running, and what measured it."""
    facts = (
        numbers.clean(name),
        f"{numbers.plural(len(found.weeks), 'week')} to {numbers.day(found.until)}",
        numbers.plural(sum(week.runs for week in found.weeks), "run"),
        numbers.distance(sum(week.distance_m for week in found.weeks), miles=miles),
    )
    sensor = (words(faint(REFERENCES[SensorClass(found.sensor)].dynamics)),) if found.trends else ()
    return [Facts((*(words(strong(fact)) for fact in facts if fact), *sensor))]


def sensor_words(sensor: str) -> str:
    """A sensor class in running text."""
    return REFERENCES[SensorClass(sensor)].words


def judgement(found: WeeklyView, *, miles: bool) -> list[Block]:
    """The verdict and what it means."""
    text = " ".join(sentences(found, miles=miles))
    return [Prose(words(Span(f"{trend_headline(found)}.", tone(found)))), Prose(words(text))]


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
TONES: dict[Verdict, Tone] = {
    Verdict.TOWARDS_DRIVE: Pattern.DRIVE,
    Verdict.TOWARDS_SHUFFLE: Pattern.SHUFFLE,
    Verdict.MORE_BOUNCE: Pattern.PISTON,
}
SERIES_WORDS = {"D": "between drive and shuffle", "P": "in bounce", "zSL": "in the length of your steps"}
COLUMNS = {"D": "drive", "P": "bounce", "zSL": "steps"}
UNIT = "That gap is how far two runners at one pace usually lie apart."
BROKEN = {
    BreakKind.SENSOR: "the sensor changed",
    BreakKind.FIRMWARE: "the sensor’s firmware changed",
    BreakKind.WATCH: "the watch changed",
    BreakKind.OSCILLATION: "the sensor’s oscillation jumped",
}
COMPUTED = "Only the length of your steps is followed: the watch works out the rest from speed and cadence."
TREND_ONLY_STEPS = {"none": "Only the length of your steps is followed, since no contact time was recorded."}
NO_REFERENCE = "Only the length of your steps is followed: for the rest this sensor has nothing to be held against."


def trend_headline(found: WeeklyView) -> str:
    """ "Towards drive and less bounce", "Steady", "Too early to tell"."""
    return capital(listed(found.verdicts))


def tone(found: WeeklyView) -> Tone:
    """The colour of the headline."""
    return next((TONES[verdict] for verdict in found.verdicts if verdict in TONES), Role.STRONG)


def sentences(found: WeeklyView, *, miles: bool) -> list[str]:
    """What the trends come to."""
    if not found.trends:
        return ["None of these weeks holds a run that could be judged."]
    said = [_since(found)] if found.breaks else []
    waiting = [trend for trend in found.trends if trend.verdict is Verdict.TOO_EARLY]
    tested = [trend for trend in found.trends if not trend.weeks_missing]
    called = [trend for trend in tested if trend.called]
    at = numbers.pace(found.reference_speed_mps, miles=miles)
    said += [_called(trend, at) for trend in called]
    said += [_otherwise(called[0])] if called else []
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
    size = _gaps(trend.change)
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
        f"{_subject(trend)}: these weeks cannot tell. They differ so much, or drift so much from one to the next, that "
        f"only a change of about {_visible(trend)} would most likely have been seen."
    )


def _subject(trend: Trend) -> str:
    return capital(SERIES_WORDS[trend.series])


def _visible(trend: Trend) -> str:
    return _gaps(trend.detectable)


def _gaps(amount: float | None) -> str:
    """The size of a change with its unit."""
    return (
        f"{numbers.score(abs(amount)).lstrip('+')} times the gap between runners"
        if amount is not None
        else numbers.MISSING
    )


def _otherwise(trend: Trend) -> str:
    """What else a called trend can be, and of which months it speaks."""
    if trend.seasonal:
        return "Shoes or fatigue can do the same; the season is allowed for."
    span = ""
    if trend.first and trend.last:
        first, last = (numbers.short_day(*ends) for ends in ((trend.first, trend.last), (trend.last, trend.first)))
        span = f" (these weeks go from {first} to {last})"
    return f"Season, heat or shoes can do the same{span}."


def _advised(tested: Sequence[Trend]) -> list[str]:
    more = max(trend.weeks_advised for trend in tested)
    return [f"With {numbers.plural(more, 'more week', 'more weeks')} the answer gets firmer."] if more else []


def _too_early(waiting: Sequence[Trend]) -> list[str]:
    return [
        f"Not enough weeks yet: {numbers.plural(trend.weeks, 'week')} can be judged, about "
        f"{numbers.number(trend.weeks_missing)} more are needed, {numbers.number(trend.weeks_advised)} more are better."
        for trend in waiting
    ]


# Each week in a picture, one for every stretch between breaks.

MOST_WEEKS_APART = 3  # so many weeks in a row without a run share a line
LEAST_SPAN = 2.0  # a line of scores spans at least a spread to each side: what hardly moves looks steady
LEAST_WEEKS = 3  # with runs: fewer make no line
SHOWN_WEEKS = 40  # columns that a line of weeks has at most
SPAN = 3.0  # spreads between runners; what lies beyond is drawn at the edge
WEEK = timedelta(days=6)
HALF_MINUTE_S = 30.0  # of slow running: less is shown as none


class Stretch(Record, frozen=True):
    """Weeks between two breaks, and the breaks that they come after."""

    breaks: tuple[Break, ...]
    weeks: tuple[Week, ...]


def stretches(found: WeeklyView, last: int | None = None) -> list[Stretch]:
    """The weeks cut at the breaks; the week of a break belongs to what comes after it."""
    parts: list[Stretch] = []
    ends = [*(each.date for each in found.breaks), None]
    pending: list[Break] = []
    weeks = list(found.weeks if last is None else found.weeks[-last:])
    for place, end in enumerate(ends):
        here = [week for week in weeks if end is None or week.monday + WEEK < end]
        weeks = weeks[len(here) :]
        if here or end is None:
            parts.append(Stretch(tuple(pending), tuple(here)))
            pending = []
        if end is not None:
            pending.append(found.breaks[place])
    return parts


def pictures(found: WeeklyView, tags: Sequence[Tagged], *, miles: bool) -> list[Section]:
    """Heading and weeks: a picture a stretch, under the sensor that measured it or what broke before it."""
    cut = stretches(found)
    remark = f"slow: {numbers.pace(found.slow_speed_mps, miles=miles)} or slower" if found.slow_speed_mps else ""
    report: list[Section] = []
    for place, stretch in enumerate(cut):
        blocks: list[Block] = [Prose(words(strong(break_words(each)))) for each in stretch.breaks]
        if len(cut) > 1 and not place:
            blocks.append(Prose(words(strong(capital(sensor_words(sensor_of(stretch, found)))))))
        drawn = picture(stretch, found, tags, miles=miles, last=place == len(cut) - 1)
        report.append([*([] if place else [Heading("Week by week", remark)]), *blocks, drawn])
    return [[block for section in report for block in section]]


def sensor_of(stretch: Stretch, found: WeeklyView) -> str:
    """What measured a stretch: said by the break that ended it, else by its weeks."""
    later = found.breaks[found.breaks.index(stretch.breaks[-1]) + 1 :] if stretch.breaks else found.breaks
    ended = next((each for each in later if not stretch.weeks or each.date > stretch.weeks[0].monday), None)
    before = ended.sensors[0] if ended else ""
    return before or next((week.sensor for week in stretch.weeks if week.runs and week.sensor), found.sensor)


def break_words(each: Break) -> str:
    """The day of a break, and what changed on it."""
    return f"{numbers.day(each.date)}: {_broke(each)}"


def _broke(each: Break) -> str:
    if each.kind is BreakKind.SENSOR:
        return f"{sensor_words(each.before)} → {sensor_words(each.after)}"
    if each.kind is BreakKind.FIRMWARE:
        return f"firmware {numbers.clean(each.before, 12)} → {numbers.clean(each.after, 12)}"
    if each.kind is BreakKind.WATCH:
        return f"{numbers.clean(each.before, 24)} → {numbers.clean(each.after, 24)}"
    return "oscillation jumped: the sensor, not form"


def series_in(weeks: Iterable[Week]) -> list[str]:
    """The series that any of these weeks has, in a fixed order."""
    known = {name for week in weeks for name in week.values}
    return [name for name in COLUMNS if name in known]


def drawn_series(stretch: Stretch, found: WeeklyView, *, last: bool) -> str:
    """What is drawn of a stretch: the series of the headline, else the first that it has, "" for none."""
    called = [trend.series for trend in found.trends if trend.called] if last else []
    return next(iter([*called, *series_in(stretch.weeks)]), "")


def picture(stretch: Stretch, found: WeeklyView, tags: Sequence[Tagged], *, miles: bool, last: bool) -> Picture:
    """A row a week: runs, distance and slow minutes, the series with its range, and the share that was shuffle-like."""
    name = drawn_series(stretch, found, last=last)
    axis = AXES.get(name, Axis("", ""))
    return Picture(
        heads=("week of", "runs", "miles" if miles else "km", "slow min"),
        low=axis.low,
        middle="usual" if name else "",
        high=axis.high,
        rows=tuple(_rows(stretch, name, tags, miles=miles)),
        ticks=_ticks(name, stretch, found) if name else (),
        span=SPAN,
        key=_key(found, miles=miles) if last and series_in(found.weeks) else (),
    )


def _ticks(name: str, stretch: Stretch, found: WeeklyView) -> tuple[float, ...]:
    """Beyond which 1 runner in 5 and 1 in 25 lie."""
    if found.reference_speed_mps is None:
        return ()
    reference = REFERENCES[SensorClass(sensor_of(stretch, found))]
    return screen.ticks(runners_at(found.reference_speed_mps, reference, Runner(), Method())[name])


def _key(found: WeeklyView, *, miles: bool) -> Inline:
    at = f" at {numbers.pace(found.reference_speed_mps, miles=miles)}" if found.reference_speed_mps else ""
    share = any(week.shuffle_share for week in found.weeks)
    behind = "; at the end how much of slow running was shuffle-like" if share else ""
    return words(f"● that week{at}, ── its 95 % range; {screen.BEYOND}{behind}")


def _rows(stretch: Stretch, name: str, tags: Sequence[Tagged], *, miles: bool) -> Iterable[Mark]:
    """A row a week, what was tagged in it before it; many weeks in a row without a run are one row."""

    def tagged(week: Week) -> list[Tagged]:
        return [tag for tag in tags if week.monday <= date.fromisoformat(tag.day) <= week.monday + WEEK]

    for empty, group in groupby(stretch.weeks, key=lambda week: not week.runs and not tagged(week)):
        weeks = list(group)
        if empty and len(weeks) >= MOST_WEEKS_APART:
            text = f"{weeks[0].monday.isoformat()} and the weeks after: {numbers.number(len(weeks))} without a run"
            yield Mark(across=words(faint(text)))
            continue
        for week in weeks:
            yield from (
                Mark(across=words(faint(f"◆ {tag.day}  {numbers.clean(tag.text, 80)}"))) for tag in tagged(week)
            )
            yield _row(week, name, miles=miles)


def _row(week: Week, name: str, *, miles: bool) -> Mark:
    told = week.values.get(name)
    if not week.runs:
        return Mark(before=(week.monday.isoformat(), numbers.MISSING, "", ""))
    return Mark(
        before=(
            week.monday.isoformat(),
            numbers.number(week.runs),
            numbers.length(week.distance_m, miles=miles),
            numbers.whole_minutes(week.slow_s) if week.slow_s >= HALF_MINUTE_S else "",
        ),
        mean=told.value if told else None,
        sd=half(told) if told else None,
        behind=words(Span(numbers.percent(week.shuffle_share), Pattern.SHUFFLE)) if week.shuffle_share else (),
    )


def half(told: WeekValue) -> float:
    """Half of the 95 % interval."""
    return (told.high - told.low) / 2


# Lines of weeks.


def over_the_weeks(found: WeeklyView, *, miles: bool) -> Section:
    """Distance and each series, a letter a week, cut where they cannot be compared."""
    cut = stretches(found, SHOWN_WEEKS)
    weeks = [week for stretch in cut for week in stretch.weeks]
    if sum(week.runs > 0 for week in weeks) < LEAST_WEEKS:
        return []
    km = [week.distance_m or None for week in weeks]
    most = max(each for each in km if each)
    far = [Spark(tuple(week.distance_m or None for week in stretch.weeks), 0.0, most) for stretch in cut]
    rows = [(words("distance"), _joined(far), words(faint(_span(km, partial(numbers.distance, miles=miles)))))]
    for name in series_in(weeks):
        told = [[week.values[name].value if name in week.values else None for week in s.weeks] for s in cut]
        latest = next(part for part in reversed(told) if any(amount is not None for amount in part))
        lines = _joined([spark(part, LEAST_SPAN) for part in told])
        rows.append((words(COLUMNS[name]), lines, words(faint(_span(latest, numbers.score)))))
    remark = f"the last {SHOWN_WEEKS}" if len(found.weeks) > SHOWN_WEEKS else ""
    columns = Column(left=True), Column(left=True), Column(left=True, drop=1)
    return [Heading("Over the weeks", remark), Table(columns, tuple(rows))]


def _joined(lines: Sequence[Spark]) -> Inline:
    return words(*(piece for place, line in enumerate(lines) for piece in ((faint("│"), line) if place else (line,))))


def _span(amounts: Sequence[float | None], shown: Callable[[float], str]) -> str:
    """ "12 km to 45 km"."""
    known = [amount for amount in amounts if amount is not None]
    low, high = shown(min(known)), shown(max(known))
    return low if low == high else f"{low} to {high}"


# What was true before, and what comes back in run after run, in sentences.

NO_FALL = -0.05  # of the drive score: what is shown as 0.0


def finished(found: WeeklyView) -> Section:
    """The verdicts of earlier stretches, each once with its days and its sensor."""
    items = []
    for (sensor, first, last), group in groupby(found.finished, key=lambda each: (each.sensor, each.first, each.last)):
        if first and last and (told := _verdicts(list(group))):
            days = f"{numbers.day(first)} to {numbers.day(last)}"
            items.append(words(f"{days}, {sensor_words(sensor) if sensor else 'another sensor'}: {told}."))
    return [Heading("Before that"), Items(tuple(items))] if items else []


def _verdicts(trends: Sequence[Trend]) -> str:
    """ "less bounce and steady between drive and shuffle"."""
    known = [trend for trend in trends if trend.series in SERIES_WORDS]
    quiet = {
        verdict: [SERIES_WORDS[each.series] for each in known if each.verdict == verdict]
        for verdict in dict.fromkeys(trend.verdict for trend in known if not trend.called)
    }
    called = [trend.verdict for trend in known if trend.called]
    return listed([*called, *(f"{verdict} {listed(series)}" for verdict, series in quiet.items())])


def run_after_run(found: WeeklyView, habits: Habits, *, miles: bool) -> Section:
    """What comes back in many runs; nothing where no run could tell anything."""
    said = (
        slow(habits.slow),
        balance(habits.balance),
        fade(habits.fade),
        pace_change(found.pace_change),
        heart_rate(found.heart_rate, found, miles=miles),
    )
    items = tuple(words(text) for text in said if text)
    return [Heading("Run after run"), Items(items)] if items else []


def slow(found: SlowContrast) -> str:
    """Whether slowing down takes more from the steps than from those of others."""
    if found.verdict is Habit.NOT_ENOUGH or found.mean is None:
        return ""
    counted = numbers.plural(found.runs, "run")
    if found.mean > NO_FALL:
        return f"When you slow down, your drive score does not fall ({counted})."
    fall = f"falls by about {numbers.score(found.mean).lstrip('-')} ({counted})"
    if found.verdict is Habit.MORE:
        return (
            "When you slow down, your steps shorten and stay on the ground more than slowing down alone explains: your "
            f"drive score {fall}."
        )
    return f"When you slow down, your drive score {fall}: that may be no more than slowing down alone explains."


def balance(found: BalanceHabit) -> str:
    """Whether one foot is always longer on the ground: a number, never a diagnosis."""
    if found.verdict is Habit.NOT_ENOUGH or found.left is None:
        return ""
    counted = numbers.plural(found.runs, "run")
    if found.verdict is Habit.NONE:
        return f"Left and right: no constant difference (left {numbers.percent(found.left, 1)}, over {counted})."
    share = numbers.percent(max(found.left, 1.0 - found.left), 1)
    return (
        f"Left and right: a constant difference. The {found.side} foot has {share} of the contact time, in "
        f"{numbers.number(found.runs_beyond)} of {counted}. Why, a watch cannot tell; somebody who can look at you may."
    )


def fade(found: FadeHabit) -> str:
    """What changes late in most runs."""
    counted = numbers.plural(found.runs, "run")
    if found.verdict is Habit.NOT_ENOUGH:
        return ""
    if found.verdict is Habit.NONE:
        return f"Late in your runs: nothing changes the same way again and again at the same speed ({counted})."
    return f"Late in your runs, at the same speed: {listed([_faded(key, found) for key in found.metrics])} ({counted})."


def _faded(key: str, found: FadeHabit) -> str:
    """ "contact lengthened by 8 ms"."""
    amount = found.median[key]
    shown = numbers.change_percent if key == "ln_k" else partial(numbers.difference, key)
    rose, fell = sections.FADED[key]
    return f"{rose if amount > 0 else fell} by {shown(amount).lstrip('+-')}"


def pace_change(found: PaceChange | None) -> str:
    """How the runner goes faster: a description, beside the few runners it is known of."""
    if found is None or found.longer is None or found.quicker is None:
        return ""
    slopes = found.people[0], found.usual, found.people[1]
    few, usual, many = (numbers.percent((1.0 + found.faster) ** slope - 1.0) for slope in slopes)
    turned = "quicken" if found.quicker >= 0.0 else "slow"
    return (
        f"To run {numbers.percent(found.faster)} faster you lengthen the step by {numbers.percent(found.longer)} and "
        f"{turned} it by {numbers.percent(abs(found.quicker))} ({numbers.plural(found.runs, 'run')}); {usual} "
        f"is usual, {few} to {many} in the few runners of whom it is known."
    )


def heart_rate(found: Trend | None, view: WeeklyView, *, miles: bool) -> str:
    """Heart rate at the reference pace, as context: it says nothing of why."""
    if found is None or found.verdict is Verdict.TOO_EARLY or view.reference_speed_mps is None:
        return ""
    at = f"Heart rate at {numbers.pace(view.reference_speed_mps, miles=miles)}, as context"
    if found.change is None or not found.called:
        return f"{at}: no change that stands out."
    beats = numbers.plural(round(abs(found.change)), "beat")
    since = f" since {numbers.day(found.first)}" if found.first else ""
    return f"{at}: {beats} {found.verdict}{since}. It may be heat, rest or fitness; form is another matter."
