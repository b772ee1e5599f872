"""A trend in sentences, for somebody who knows no statistics: what changed, by how much, how small a change would show.

Nothing is claimed that was not tested, and what is called comes with what else it could be.
"""

from __future__ import annotations

from collections.abc import Sequence

from kneedrive.history import Trend, WeeklyView
from kneedrive.report import view
from kneedrive.report.habits import listed

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
SERIES = {"D": "between drive and shuffle", "P": "in bounce", "zSL": "in the length of your steps"}
TOO_EARLY = "too early to tell"
COLUMNS = {"D": "drive", "P": "bounce", "zSL": "steps"}
MEANING = {
    "D": "longer steps with less of each on the ground (drive)",
    "P": "more up and down for steps of that length (bounce)",
    "zSL": "longer steps for the pace (steps)",
}
UNIT = "On this scale two runners at one pace usually lie about 1 apart."
OTHERWISE = "Season, shoes or fatigue can do the same."
BROKEN = {
    "sensor": "the sensor changed",
    "firmware": "the sensor’s firmware changed",
    "oscillation": "the sensor’s oscillation jumped",
}
COMPUTED = "Only the length of your steps is followed: the watch works out the rest from speed and cadence."
ONLY_STEPS = {"none": "Only the length of your steps is followed, since no contact time was recorded."}
NO_REFERENCE = "Only the length of your steps is followed: for the rest this sensor has nothing to be held against."


def headline(found: WeeklyView) -> str:
    """ "Towards drive and less bounce", "Steady", "Steady in bounce, too early to tell between drive and shuffle"."""
    text = listed(found.verdicts)
    blind = [trend for trend in found.trends if trend.verdict == TOO_EARLY]
    if found.verdicts == ("steady",) and blind:
        known = [SERIES[trend.series] for trend in found.trends if trend.verdict != TOO_EARLY]
        text = f"steady {listed(known)}, too early to tell {listed([SERIES[trend.series] for trend in blind])}"
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
    at = view.pace(found.reference_speed_mps, miles=miles)
    said += [_called(trend, at) for trend in called]
    said += [OTHERWISE] if called else []
    said += [_blind(trend) if trend in waiting else _steady(trend) for trend in tested if not trend.called]
    said += [UNIT] if any(trend.called or trend.detectable is not None for trend in tested) else []
    said += _advised(tested) if tested else _too_early(waiting[:1])
    return [*said, *_only_steps(found)]


def _since(found: WeeklyView) -> str:
    last = found.breaks[-1]
    return f"Judged by the weeks since {view.day(last.date)} alone, when {BROKEN[last.kind]}."


def _only_steps(found: WeeklyView) -> list[str]:
    if {trend.series for trend in found.trends} != {"zSL"}:
        return []
    believed = found.computed is not None and found.computed.believed
    return [COMPUTED if believed else ONLY_STEPS.get(found.sensor, NO_REFERENCE)]


def _called(trend: Trend, at: str) -> str:
    since = view.day(trend.first) if trend.first else ""
    size = view.score(abs(trend.change)).lstrip("+") if trend.change is not None else view.MISSING
    return f"At {at}, since {since}, {CALLED[trend.verdict]}: a change of {size}{_range(trend)}."


def _range(trend: Trend) -> str:
    if trend.low is None or trend.high is None or trend.change is None:
        return ""
    low, high = sorted((abs(trend.low), abs(trend.high)))
    return f" (between {view.score(low).lstrip('+')} and {view.score(high).lstrip('+')})"


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
    subject = SERIES[trend.series]
    return subject[:1].upper() + subject[1:]


def _visible(trend: Trend) -> str:
    return view.score(trend.detectable).lstrip("+") if trend.detectable is not None else view.MISSING


def _advised(tested: Sequence[Trend]) -> list[str]:
    more = max(trend.weeks_advised for trend in tested)
    return [f"With {view.plural(more, 'more week', 'more weeks')} the answer gets firmer."] if more else []


def _too_early(waiting: Sequence[Trend]) -> list[str]:
    return [
        f"Not enough weeks yet: {view.plural(trend.weeks, 'week')} can be judged, about "
        f"{view.number(trend.weeks_missing)} more are needed, {view.number(trend.weeks_advised)} more are better."
        for trend in waiting
    ]
