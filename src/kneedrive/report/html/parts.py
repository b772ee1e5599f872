"""The parts of the page in their order: each takes the content and returns a section, or nothing where it is empty."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kneedrive.findings import Analysis
from kneedrive.history import WeeklyView
from kneedrive.report import compare, own, sections, spoken, tables, trend_words, verdict, view, words
from kneedrive.report import habits as habit_words
from kneedrive.report.credit import credit
from kneedrive.report.habits import Habits
from kneedrive.report.html import pace, plane, plot, rows, series, weeks
from kneedrive.report.html.content import Content
from kneedrive.report.html.markup import Markup, el, join
from kneedrive.report.profile import band_role
from kneedrive.report.style import Style

_WIDE = Style(width=200)
_RIBBON = "The band is what is usual at that pace: about two in three runners lie in it."
_SURE = "The line through a mark shows how sure it is: two times in three the truth lies on it."
_POINT = "Point at a mark, or go from mark to mark with the arrow keys, to read its numbers."
ROLE_WORDS = {"drive": "drive-like", "piston": "piston-like", "shuffle": "shuffle-like", "": "nothing stands out"}


def section(name: str, title: str, remark: str, *inside: str | Iterable[str]) -> Markup:
    """A part of the page with its heading; nothing where it would be empty."""
    filled = "".join(join(each) for each in inside)
    if not filled:
        return Markup("")
    head = el("h2", title, el("small", remark) if remark else "", id=f"{name}-title")
    return el("section", head, Markup(filled), id=name, aria_labelledby=f"{name}-title")


def paragraphs(said: Iterable[str], kind: str | None = None) -> Markup:
    """Sentences, a paragraph each."""
    return join(el("p", text, class_=kind) for text in said if text)


def more(summary: str, inside: Markup) -> Markup:
    """Something that opens on demand; a table scrolls in itself where the screen is narrow."""
    if not inside:
        return Markup("")
    box = el("div", inside, class_="scroll", tabindex=0, role="region", aria_label=summary)
    return el("details", el("summary", summary), box)


def tabs(panels: Sequence[tuple[str, Markup]]) -> Markup:
    """Charts of which the script shows one at a time; without it all are there."""
    if not panels:
        return Markup("")
    figures = [el("figure", el("figcaption", spoken.capital(title)), drawn) for title, drawn in panels]
    return el("div", *figures, class_="tabs")


def head(content: Content) -> Markup:
    """When, how far, how fast, with what; for a page of weeks alone, which weeks."""
    if content.analysis is not None:
        facts = spoken.facts(content.analysis, miles=content.miles)
        return _facts(facts.run, facts.source)
    if content.weekly is None:
        return Markup("")
    found = content.weekly
    metres = sum(week.distance_m for week in found.weeks)
    facts_of_weeks = (
        f"{view.plural(len(found.weeks), 'week')} to {view.day(found.until)}",
        view.plural(sum(week.runs for week in found.weeks), "run"),
        view.distance(metres, miles=content.miles),
    )
    return _facts(facts_of_weeks, words.PROVENANCE[found.sensor])


def _facts(facts: Iterable[str], source: str) -> Markup:
    return join((el("ul", *(el("li", fact) for fact in facts), class_="facts"), el("p", source, class_="source")))


def judgement(content: Content) -> Markup:
    """The verdict, first and large."""
    analysis = content.analysis
    if analysis is None:
        return _trend_verdict(content, "h1")
    role = sections.role(analysis)
    told = verdict.slow_finding(analysis) or verdict.run_finding(analysis) if analysis.findings else None
    return el(
        "section",
        el("h1", swatch(role), verdict.headline(analysis) + ".", class_=role, id="verdict-title"),
        el("p", verdict.confidence(told), class_="sure") if told else "",
        paragraphs(verdict.sentences(analysis, miles=content.miles)),
        id="verdict",
        aria_labelledby="verdict-title",
    )


def _trend_verdict(content: Content, level: str) -> Markup:
    """What the weeks come to."""
    found = content.weekly
    if found is None:
        return Markup("")
    role = trend_words.role(found)
    title = el(level, swatch(role), trend_words.headline(found) + ".", class_=f"{role} trend-verdict")
    return join((title, paragraphs(trend_words.sentences(found, miles=content.miles))))


def swatch(role: str) -> Markup:
    """The mark of a pattern before its name."""
    return _shape(role) if role in plot.SHAPES else Markup("")


def _shape(role: str) -> Markup:
    shape = el("use", href=f"#{plot.SHAPES.get(role, plot.PLAIN)}", class_=f"symbol {role}".strip())
    return el("svg", shape, class_="swatch", viewBox="-9 -9 18 18", aria_hidden="true", focusable="false")


def key(analysis: Analysis) -> Markup:
    """Which shape is which pattern, of those on the page."""
    roles = {band_role(band) if band_role(band) in plot.SHAPES else "" for band in analysis.pace_profile}
    shown = [role for role in ROLE_WORDS if role in roles]
    return el("ul", *(el("li", _shape(role), ROLE_WORDS[role]) for role in shown), class_="key")


def profile(content: Content) -> Markup:
    """Scores and metrics by pace."""
    analysis = content.analysis
    if analysis is None:
        return Markup("")
    panels = pace.panels(analysis, content.ranges, miles=content.miles)
    if not panels:
        return Markup("")
    said = spoken.slow_running(analysis, miles=content.miles)
    table = more("All numbers by pace (yours / usual)", pace.numbers(analysis, miles=content.miles))
    note = el("p", f"{_RIBBON} {_SURE} {_POINT}", class_="note")
    drawn = (tabs(panels), key(analysis), note, table)
    return section("paces", "By pace", "slow at the left, fast at the right", paragraphs(said), *drawn)


def measured(content: Content) -> Markup:
    """Medians of the whole run, where there are no pace bands to show them by."""
    analysis = content.analysis
    found = tables.measured(analysis) if analysis and not analysis.pace_profile else None
    if analysis is None or found is None:
        return Markup("")
    heads, *lines = found.rows
    drawn = el(
        "table",
        el("thead", el("tr", *(el("th", text or "metric", scope="col") for text in heads))),
        el("tbody", *(el("tr", el("th", row[0], scope="row"), *(el("td", text) for text in row[1:])) for row in lines)),
    )
    box = el("div", drawn, class_="scroll", tabindex=0, role="region", aria_label=found.title)
    return section("measured", found.title, found.remark, box, paragraphs(tables.estimate_remark(analysis)))


def drive_map(content: Content) -> Markup:
    """The map of D and P."""
    drawn = plane.plane(content.analysis, content.weekly, miles=content.miles)
    if not drawn:
        return Markup("")
    said = ["Right: longer steps, less of each on the ground. Up: more bounce than the steps call for."]
    if content.analysis and content.analysis.pace_profile:
        said.append("A large mark is a pace of this run.")
    if plane.trail(content.weekly) and content.weekly:
        at = view.pace(content.weekly.reference_speed_mps, miles=content.miles)
        said.append(f"The small rings are your weeks at {at}, from pale to strong as they come closer to today.")
    said.append("In the dashed box lies what is usual among runners.")
    figure = el("figure", drawn, el("figcaption", " ".join(said), class_="note"))
    return section("map", "Map", "drive and bounce together", figure)


def over_time(content: Content) -> Markup:
    """The run from its start to its end."""
    analysis = content.analysis
    if analysis is None:
        return Markup("")
    drawn = series.series(analysis, miles=content.miles)
    note = el("p", f"Shaded: not scored. {_POINT}", class_="note")
    faded = spoken.fade(analysis, miles=content.miles)
    late = _titled("Late against early", [faded.opening], faded.changes, faded.closing) if faded else Markup("")
    bursts = _titled("Accelerations, not judged", spoken.accelerations(analysis, miles=content.miles))
    listed = more("What was left out, when and why", series.table(analysis))
    return section("time", "Over the run", "", el("figure", drawn, note) if drawn else "", listed, late, bursts)


def _titled(title: str, said: Iterable[str], items: Sequence[str] = (), closing: str = "") -> Markup:
    """A small heading, sentences and a list; nothing without sentences."""
    told = [text for text in said if text]
    if not told:
        return Markup("")
    listed = el("ul", *(el("li", item) for item in items)) if items else ""
    return join((el("h3", title), paragraphs(told), listed, paragraphs([closing])))


def up_and_down(content: Content) -> Markup:
    """Bounce, and left and right."""
    analysis = content.analysis
    if analysis is None:
        return Markup("")
    left_right = _titled("Left and right", spoken.balance(analysis))
    return section("bounce", "Up and down", "", paragraphs(spoken.bounce(analysis)), left_right)


def against_own(content: Content) -> Markup:
    """The run against the runner's own last weeks."""
    found = content.own
    if found is None:
        return Markup("")
    if found.reason or not found.rows:
        return section("own", "Against yourself", "", paragraphs([own.missing(found)]))
    note = "The band is what you vary by from run to run. This is the reliable comparison; the one with others is not."
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
        _trend_verdict(content, "h3") if content.analysis else "",
        drawn,
        _flags(content, found),
        el("p", _weeks_note(found, content), class_="note") if drawn else "",
        more("The weeks in numbers", weeks.table(found, miles=content.miles)),
        _titled("Run after run", _habits(content.habits)),
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
    return f"Each dot is a week at {at}; its line holds the truth 19 times in 20. {usual} {_POINT}"


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


def left_out(content: Content) -> Markup:
    """How much was scored, and what not and why."""
    analysis = content.analysis
    said = spoken.left_out(analysis) if analysis else []
    first = said[:1] if analysis and analysis.quality.epochs_total else []
    rest = said[len(first) :]
    listed = el("ul", *(el("li", text) for text in rest)) if rest else ""
    return section("left-out", "What was left out, and why", "", paragraphs(first), listed)


def limits(content: Content) -> Markup:
    """What a watch cannot know."""
    said = spoken.limits(content.analysis) if content.analysis else [words.KNEE]
    return section("limits", "What a watch cannot know", "", paragraphs(said))


def footer(content: Content) -> Markup:
    """Whence the page, and whom to name."""
    named = credit(content.formats, _WIDE)
    said = ["Made on this computer by kneedrive; the page sends nothing and fetches nothing.", *named]
    return el("footer", *(el("p", text) for text in said))
