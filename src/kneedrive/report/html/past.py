"""The parts of the page about more than one run: against oneself, the weeks, before and after."""

from __future__ import annotations

from collections.abc import Sequence

from kneedrive.history import WeeklyView
from kneedrive.report import compare, own, trend_words, view
from kneedrive.report import habits as habit_words
from kneedrive.report.habits import Habits
from kneedrive.report.html import rows, weeks
from kneedrive.report.html.blocks import more, paragraphs, pointed, section, swatch, tabs, titled
from kneedrive.report.html.content import Content
from kneedrive.report.html.markup import Markup, el, join
from kneedrive.report.style import Style

_WIDE = Style(width=200)


def trend_verdict(content: Content, level: str) -> Markup:
    """What the weeks come to."""
    found = content.weekly
    if found is None:
        return Markup("")
    role = trend_words.role(found)
    title = el(level, swatch(role), trend_words.headline(found) + ".", class_=f"{role} trend-verdict")
    return join((title, paragraphs(trend_words.sentences(found, miles=content.miles))))


def against_own(content: Content) -> Markup:
    """The run against the runner's own last weeks."""
    found = content.own
    if found is None:
        return Markup("")
    if found.reason or not found.rows:
        return section("own", "Against yourself", "", paragraphs([own.missing(found)]))
    note = (
        "The band is what you vary by from run to run: within it a run is as always, up to twice as far worth noting, "
        "further off clearly different. This is the reliable comparison; the one with others is not."
    )
    said = paragraphs([own.ONLY_STEPS] if found.baseline.computed.believed else [])
    drawn = (rows.personal(found), said, el("p", note, class_="note"))
    return section("own", "Against yourself", own.basis(found.baseline), *drawn)


def over_weeks(content: Content) -> Markup:
    """The weekly trend."""
    found = content.weekly
    if found is None or not any(week.runs for week in found.weeks):
        return Markup("")
    drawn = tabs(weeks.charts(found, content.events))
    inside = (
        trend_verdict(content, "h3") if content.analysis else "",
        drawn,
        _flags(content, found),
        pointed(_weeks_note(found, content)) if drawn else "",
        more("The weeks in numbers", weeks.table(found, miles=content.miles)),
        titled("Run after run", _habits(content.habits)),
    )
    span = f"{view.plural(len(found.weeks), 'week')} to {view.day(found.until)}"
    return section("weeks", "Your weeks", span, *inside)


def _flags(content: Content, found: WeeklyView) -> Markup:
    """What the numbered flags above the charts stand for."""
    numbered = weeks.numbered(found, content.events)
    told = [el("li", f"{view.day(event.day)}: {view.clean(event.text)}") for _, event in numbered]
    return el("ol", *told, class_="flags") if told else Markup("")


def _weeks_note(found: WeeklyView, content: Content) -> str:
    at = view.pace(found.reference_speed_mps, miles=content.miles)
    usual = "The band is what is usual among runners."
    return f"Each dot is a week at {at}; its line holds the truth 19 times in 20. {usual}"


def _habits(habits: Habits | None) -> list[str]:
    if habits is None:
        return []
    return [habit_words.slow(habits.slow), habit_words.balance(habits.balance), habit_words.fade(habits.fade)]


def before_after(content: Content) -> Markup:
    """The comparison since the last tag."""
    found, periods = content.comparison, content.periods
    if found is None or periods is None:
        return Markup("")
    said = _one_line(compare.judgement(found, _WIDE)).removeprefix(f"{compare.headline(found)}.").strip()
    between = "; ".join(
        f"{word} {view.day(first)} to {view.day(last)}"
        for word, (first, last) in (("before:", periods.before), ("after:", periods.after))
    )
    note = "The band is a change too small to matter; the line holds the truth 19 times in 20." if found.rows else ""
    return section(
        "compare",
        f"Before and after “{view.clean(periods.name)}”" if periods.name else "Before and after",
        between,
        el("h3", f"{compare.headline(found)}."),
        paragraphs([said]),
        rows.comparison(found),
        paragraphs([note], "note"),
        paragraphs([_one_line(compare.closing(found, _WIDE))]),
    )


def _one_line(lines: Sequence[str]) -> str:
    """Wrapped lines as one paragraph again."""
    return " ".join(line.strip() for line in lines)
