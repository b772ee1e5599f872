"""The parts of the page about one run, in its order: each returns a section, or nothing where it is empty."""

from __future__ import annotations

from kneedrive.report import sections, spoken, tables, verdict, view, words
from kneedrive.report.credit import credit
from kneedrive.report.html import looks, pace, past, plane, series
from kneedrive.report.html.blocks import facts_list, more, paragraphs, pointed, section, swatch, tabs, titled
from kneedrive.report.html.content import Content
from kneedrive.report.html.markup import Markup, el
from kneedrive.report.style import Style

_WIDE = Style(width=200)
_RIBBON = "The band is what is usual at that pace: about two in three runners lie in it."
_SURE = "The line through a mark shows how sure it is: two times in three the truth lies on it."


def head(content: Content) -> Markup:
    """When, how far, how fast, with what; for a page of weeks alone, which weeks."""
    if content.analysis is not None:
        facts = spoken.facts(content.analysis, miles=content.miles)
        return facts_list(facts.run, facts.source)
    if content.weekly is None:
        return Markup("")
    found = content.weekly
    metres = sum(week.distance_m for week in found.weeks)
    facts_of_weeks = (
        f"{view.plural(len(found.weeks), 'week')} to {view.day(found.until)}",
        view.plural(sum(week.runs for week in found.weeks), "run"),
        view.distance(metres, miles=content.miles),
    )
    return facts_list(facts_of_weeks, words.PROVENANCE[found.sensor])


def judgement(content: Content) -> Markup:
    """The verdict, first and large."""
    analysis = content.analysis
    if analysis is None:
        return past.trend_verdict(content, "h1")
    role = sections.role(analysis)
    told = verdict.slow_finding(analysis) or verdict.run_finding(analysis) if analysis.findings else None
    return el(
        "section",
        el(
            "h1",
            swatch(role, unsure=told is not None and told.certainty != "spoken"),
            verdict.headline(analysis) + ".",
            class_=role,
            id="verdict-title",
        ),
        el("p", verdict.confidence(told), class_="sure") if told else "",
        paragraphs(verdict.sentences(analysis, miles=content.miles)),
        id="verdict",
        aria_labelledby="verdict-title",
    )


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
    note = pointed(" ".join(filter(None, (_RIBBON, _SURE, looks.doubt(analysis)))))
    drawn = (tabs(panels), looks.key(analysis), note, table)
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
    said = ["Right: longer steps, less of each on the ground. Up: more bounce than steps of that length call for."]
    if content.analysis and content.analysis.pace_profile:
        said.append("A large mark is a pace of this run.")
        said.append(looks.doubt(content.analysis))
    if plane.trail(content.weekly) and content.weekly:
        at = view.pace(content.weekly.reference_speed_mps, miles=content.miles)
        said.append(f"The small rings are your weeks at {at}, from pale to strong as they come closer to today.")
    said.append("In the dashed box lies what is usual among runners.")
    figure = el("figure", drawn, el("figcaption", " ".join(filter(None, said)), class_="note"))
    return section("map", "Map", "drive and bounce together", figure)


def over_time(content: Content) -> Markup:
    """The run from its start to its end."""
    analysis = content.analysis
    if analysis is None:
        return Markup("")
    drawn = series.series(analysis, miles=content.miles)
    note = pointed("Shaded: not scored.")
    faded = spoken.fade(analysis, miles=content.miles)
    late = titled("Late against early", [faded.opening], faded.changes, faded.closing) if faded else Markup("")
    bursts = titled("Accelerations, not judged", spoken.accelerations(analysis, miles=content.miles))
    listed = more("What was left out, when and why", series.table(analysis))
    return section("time", "Over the run", "", el("figure", drawn, note) if drawn else "", listed, late, bursts)


def up_and_down(content: Content) -> Markup:
    """Bounce, and left and right."""
    analysis = content.analysis
    if analysis is None:
        return Markup("")
    left_right = titled("Left and right", spoken.balance(analysis))
    return section("bounce", "Up and down", "", paragraphs(spoken.bounce(analysis)), left_right)


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
