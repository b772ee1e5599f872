"""One self-contained HTML page about a run and the weeks around it. Pure: the same content gives the same text."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from kneedrive.advice import Advice, Entry
from kneedrive.history.result import Comparison, Difference, OwnView, PersonalZ, WeeklyView
from kneedrive.report import history, numbers, run, verdict
from kneedrive.report import history as habit_words
from kneedrive.report.focus import DISCLAIMER, IF_YOU_LIKE, TITLES
from kneedrive.report.history import Habits
from kneedrive.report.html import run_charts, svg, week_charts
from kneedrive.report.html.blocks import Content, facts_list, more, paragraphs, pointed, section, swatch, tabs, titled
from kneedrive.report.html.svg import Markup, Scale, at, el, join
from kneedrive.report.numbers import TIE
from kneedrive.report.run import capital, credit
from kneedrive.report.text import Style
from kneedrive.sensors import REFERENCES

# One line per metric with its numbers, a small picture and a word: before and after, this run and usually.

_SPREADS = 3.0  # of the runner, to each side
_THRESHOLDS = 4.0  # changes worth a word, to each side: a scale for all metrics alike


def comparison(found: Comparison) -> Markup:
    """Each metric after minus before: its interval against the change that is worth a word."""
    return el("ul", *(_difference(row) for row in found.rows), class_="rows") if found.rows else Markup("")


def _difference(row: Difference) -> Markup:
    before, after, off = history.amounts(row, interval=True)
    x = Scale(low=-_THRESHOLDS, high=_THRESHOLDS)
    low, middle, high = (x.percent(x.inside(amount / row.threshold)) for amount in (row.low, row.difference, row.high))
    picture = _picture((low, middle, high), x, strong=row.verdict == "changed")
    numbers = f"{before} → {after}"
    return _row(capital(history.COMPARED_NAMES[row.metric]), numbers, off, picture, history.difference_verdict(row))


def personal(found: OwnView) -> Markup:
    """Each metric of the run against what is usual for the runner."""
    return el("ul", *(_own_comparison(row) for row in found.rows), class_="rows") if found.rows else Markup("")


def _own_comparison(row: PersonalZ) -> Markup:
    value, usual, off = history.own_numbers(row)
    x = Scale(low=-_SPREADS, high=_SPREADS)
    among = history.others(row)
    word = row.level + (f"; among others {among}" if among else "")
    picture = _needle(x.percent(x.inside(row.z)), x, strong=row.level == "clearly different")
    return _row(capital(history.OWN_NAMES[row.metric]), f"{value}, usually {usual}", off, picture, word)


def _needle(place: float, x: Scale, *, strong: bool) -> Markup:
    """A thin needle on the two ranges that the words stand for: a dot would hide on which side of an edge it is."""
    return _strip(
        svg.area(x.percent(-2), 20, x.percent(2), 80, "once"),
        svg.area(x.percent(-1), 20, x.percent(1), 80, "ribbon"),
        svg.line(50, 10, 50, 90, "zero"),
        svg.line(place, 0, place, 100, "needle told" if strong else "needle"),
    )


def _picture(interval: tuple[float, float, float], x: Scale, *, strong: bool) -> Markup:
    low, middle, high = interval
    kind = "told" if strong else "quiet"
    return _strip(
        svg.area(x.percent(-1), 20, x.percent(1), 80, "ribbon"),
        svg.line(50, 10, 50, 90, "zero"),
        svg.line(low, 50, high, 50, f"error {kind}"),
        el("circle", cx=at(middle), cy="50%", r=4.5, class_=f"dot {kind}"),
    )


def _strip(*drawn: Markup) -> Markup:
    """A small picture beside numbers, which say the same."""
    return el("span", el("svg", *drawn, aria_hidden="true", focusable="false"), class_="strip")


def _row(name: str, numbers: str, difference: str, picture: Markup, word: str) -> Markup:
    return el(
        "li",
        el("span", name, class_="what"),
        el("span", numbers, class_="numbers"),
        el("span", difference, class_="difference"),
        picture,
        el("span", word, class_="word"),
    )


# What to work on: the focus, its reasons, and each exercise in the order coaches give.


def to_work_on(content: Content) -> Markup:
    """The plan; nothing where there is no advice."""
    advice = content.advice
    if advice is None:
        return Markup("")
    return section(
        "work",
        "What to work on",
        advice.plan.focus,
        paragraphs([advice.why, advice.today, advice.besides, *advice.remarks]),
        [_kind(kind, title, advice) for kind, title in TITLES.items()],
        el("p", DISCLAIMER, class_="note"),
    )


def _kind(kind: str, title: str, advice: Advice) -> Markup:
    chosen = [entry for entry in advice.entries if entry.kind == kind]
    if not chosen:
        return Markup("")
    named = title if advice.calls_for_work else IF_YOU_LIKE
    return join((el("h3", named), *(_entry(entry) for entry in chosen)))


def _entry(entry: Entry) -> Markup:
    rows = (
        ("What for", entry.purpose),
        ("How", entry.how),
        ("How often", entry.often),
        ("Common mistake", entry.mistake),
        ("Care", entry.avoid),
    )
    listed = [join((el("dt", head), el("dd", text))) for head, text in rows if text]
    return el("details", el("summary", entry.name), el("dl", *listed))


# The parts of the page about one run, in its order: each returns a section, or nothing where it is empty.


_WIDE = Style(width=200)
_RIBBON = "The band is what is usual at that pace: about two in three runners lie in it."
_SURE = "The line through a mark shows how sure it is: two times in three the truth lies on it."


def run_head(content: Content) -> Markup:
    """When, how far, how fast, with what; for a page of weeks alone, which weeks."""
    if content.analysis is not None:
        facts = run.facts(content.analysis, miles=content.miles)
        return facts_list(facts.run, facts.source)
    if content.weekly is None:
        return Markup("")
    found = content.weekly
    metres = sum(week.distance_m for week in found.weeks)
    facts_of_weeks = (
        f"{numbers.plural(len(found.weeks), 'week')} to {numbers.day(found.until)}",
        numbers.plural(sum(week.runs for week in found.weeks), "run"),
        numbers.distance(metres, miles=content.miles),
    )
    return facts_list(facts_of_weeks, REFERENCES[found.sensor].dynamics)


def judgement(content: Content) -> Markup:
    """The verdict, first and large."""
    analysis = content.analysis
    if analysis is None:
        return trend_verdict(content, "h1")
    role = run.role(analysis)
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
    panels = run_charts.panels(analysis, content.ranges, miles=content.miles)
    if not panels:
        return Markup("")
    said = run.slow_running_sentences(analysis, miles=content.miles)
    table = more("All numbers by pace (yours / usual)", run_charts.number_table(analysis, miles=content.miles))
    note = pointed(" ".join(filter(None, (_RIBBON, _SURE, run_charts.doubt(analysis)))))
    drawn = (tabs(panels), run_charts.key(analysis), note, table)
    return section("paces", "By pace", "slow at the left, fast at the right", paragraphs(said), *drawn)


def measured(content: Content) -> Markup:
    """Medians of the whole run, where there are no pace bands to show them by."""
    analysis = content.analysis
    found = run.measured(analysis) if analysis and not analysis.pace_profile else None
    if analysis is None or found is None:
        return Markup("")
    heads, *lines = found.rows
    drawn = el(
        "table",
        el("thead", el("tr", *(el("th", text or "metric", scope="col") for text in heads))),
        el("tbody", *(el("tr", el("th", row[0], scope="row"), *(el("td", text) for text in row[1:])) for row in lines)),
    )
    box = el("div", drawn, class_="scroll", tabindex=0, role="region", aria_label=found.title)
    return section("measured", found.title, found.remark, box, paragraphs(run.estimate_remark(analysis)))


def drive_map(content: Content) -> Markup:
    """The map of D and P."""
    drawn = run_charts.plane(content.analysis, content.weekly, miles=content.miles)
    if not drawn:
        return Markup("")
    said = ["Right: longer steps, less of each on the ground. Up: more bounce than steps of that length call for."]
    if content.analysis and content.analysis.pace_profile:
        said.append("A large mark is a pace of this run.")
        said.append(run_charts.doubt(content.analysis))
    if run_charts.trail(content.weekly) and content.weekly:
        at = numbers.pace(content.weekly.reference_speed_mps, miles=content.miles)
        said.append(f"The small rings are your weeks at {at}, from pale to strong as they come closer to today.")
    said.append("In the dashed box lies what is usual among runners.")
    figure = el("figure", drawn, el("figcaption", " ".join(filter(None, said)), class_="note"))
    return section("map", "Map", "drive and bounce together", figure)


def over_time(content: Content) -> Markup:
    """The run from its start to its end."""
    analysis = content.analysis
    if analysis is None:
        return Markup("")
    drawn = run_charts.series(analysis, miles=content.miles)
    note = pointed("Shaded: not scored.")
    faded = run.fade_sentences(analysis, miles=content.miles)
    late = titled("Late against early", [faded.opening], faded.changes, faded.closing) if faded else Markup("")
    bursts = titled("Accelerations, not judged", run.accelerations_sentences(analysis, miles=content.miles))
    listed = more("What was left out, when and why", run_charts.table(analysis))
    return section("time", "Over the run", "", el("figure", drawn, note) if drawn else "", listed, late, bursts)


def up_and_down(content: Content) -> Markup:
    """Bounce, and left and right."""
    analysis = content.analysis
    if analysis is None:
        return Markup("")
    left_right = titled("Left and right", run.balance_sentences(analysis))
    return section("bounce", "Up and down", "", paragraphs(run.bounce_sentences(analysis)), left_right)


def left_out(content: Content) -> Markup:
    """How much was scored, and what not and why."""
    analysis = content.analysis
    said = run.left_out_sentences(analysis) if analysis else []
    first = said[:1] if analysis and analysis.quality.epochs_total else []
    rest = said[len(first) :]
    listed = el("ul", *(el("li", text) for text in rest)) if rest else ""
    return section("left-out", "What was left out, and why", "", paragraphs(first), listed)


def limits(content: Content) -> Markup:
    """What a watch cannot know."""
    said = run.limits_sentences(content.analysis) if content.analysis else [verdict.KNEE]
    return section("limits", "What a watch cannot know", "", paragraphs(said))


def footer(content: Content) -> Markup:
    """Whence the page, and whom to name."""
    named = credit(content.formats, _WIDE)
    said = ["Made on this computer by kneedrive; the page sends nothing and fetches nothing.", *named]
    return el("footer", *(el("p", text) for text in said))


# The parts of the page about more than one run: against oneself, the weeks, before and after.


_WIDE_WEEKS = Style(width=200)


def trend_verdict(content: Content, level: str) -> Markup:
    """What the weeks come to."""
    found = content.weekly
    if found is None:
        return Markup("")
    role = history.role(found)
    title = el(level, swatch(role), history.trend_headline(found) + ".", class_=f"{role} trend-verdict")
    return join((title, paragraphs(history.sentences(found, miles=content.miles))))


def against_own(content: Content) -> Markup:
    """The run against the runner's own last weeks."""
    found = content.own
    if found is None:
        return Markup("")
    if found.reason or not found.rows:
        return section("own", "Against yourself", "", paragraphs([history.missing(found)]))
    note = (
        "The band is what you vary by from run to run: within it a run is as always, up to twice as far worth noting, "
        "further off clearly different. This is the reliable comparison; the one with others is not."
    )
    said = paragraphs([history.OWN_ONLY_STEPS] if found.baseline.computed.believed else [])
    drawn = (personal(found), said, el("p", note, class_="note"))
    return section("own", "Against yourself", history.basis(found.baseline), *drawn)


def over_weeks(content: Content) -> Markup:
    """The weekly trend."""
    found = content.weekly
    if found is None or not any(week.runs for week in found.weeks):
        return Markup("")
    drawn = tabs(week_charts.charts(found, content.events))
    inside = (
        trend_verdict(content, "h3") if content.analysis else "",
        drawn,
        _flags(content, found),
        pointed(_weeks_note(found, content)) if drawn else "",
        more("The weeks in numbers", week_charts.table(found, miles=content.miles)),
        titled("Run after run", _habits(content.habits)),
    )
    span = f"{numbers.plural(len(found.weeks), 'week')} to {numbers.day(found.until)}"
    return section("weeks", "Your weeks", span, *inside)


def _flags(content: Content, found: WeeklyView) -> Markup:
    """What the numbered flags above the charts stand for."""
    numbered = week_charts.numbered(found, content.events)
    told = [el("li", f"{numbers.day(event.day)}: {numbers.clean(event.text)}") for _, event in numbered]
    return el("ol", *told, class_="flags") if told else Markup("")


def _weeks_note(found: WeeklyView, content: Content) -> str:
    at = numbers.pace(found.reference_speed_mps, miles=content.miles)
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
    said = (
        _one_line(history.comparison_judgement(found, _WIDE_WEEKS))
        .removeprefix(f"{history.comparison_headline(found)}.")
        .strip()
    )
    between = "; ".join(
        f"{word} {numbers.day(first)} to {numbers.day(last)}"
        for word, (first, last) in (("before:", periods.before), ("after:", periods.after))
    )
    note = "The band is a change too small to matter; the line holds the truth 19 times in 20." if found.rows else ""
    return section(
        "compare",
        f"Before and after “{numbers.clean(periods.name)}”" if periods.name else "Before and after",
        between,
        el("h3", f"{history.comparison_headline(found)}."),
        paragraphs([said]),
        comparison(found),
        paragraphs([note], "note"),
        paragraphs([_one_line(history.closing(found, _WIDE_WEEKS))]),
    )


def _one_line(lines: Sequence[str]) -> str:
    """Wrapped lines as one paragraph again."""
    return " ".join(line.strip() for line in lines)


# One self-contained HTML page about a run and the weeks around it. Pure: the same content gives the same text.


SECTIONS = (
    judgement,
    profile,
    measured,
    drive_map,
    over_time,
    up_and_down,
    against_own,
    over_weeks,
    before_after,
    to_work_on,
    left_out,
    limits,
)


def render(content: Content) -> str:
    """The whole page. It asks nothing of any network, and whatever came from a file is escaped."""
    # Both are the same in every page, so their hashes can be named and nothing else needs to be allowed.
    style, script = _own_asset("page.css"), _own_asset("page.js")
    title = f"kneedrive: {_title(content)}"
    body = el(
        "body",
        el("a", "To the report", href="#main", class_="skip"),
        svg.shapes(),
        el("header", el("p", "kneedrive", class_="brand"), run_head(content)),
        el("main", *(part(content) for part in SECTIONS), id="main"),
        footer(content),
        el("div", id="tip", aria_hidden="true", hidden=True),
        el("script", script),
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="generator", content="kneedrive"),
        el("meta", http_equiv="Content-Security-Policy", content=policy(style, script)),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", title.replace(TIE, " ")),
        el("style", style),
    )
    return join((Markup("<!doctype html>\n"), el("html", head, body, lang="en"), "\n"))


def policy(style: str, script: str) -> str:
    """Nothing may be loaded, and nothing but this style and this script may act."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _own_asset(name: str) -> Markup:
    """A file of ours, put into the page as it is."""
    return Markup(files("kneedrive.report.html").joinpath(name).read_text(encoding="utf-8"))


def _title(content: Content) -> str:
    if content.analysis is not None:
        return verdict.line(content.analysis)
    return history.trend_headline(content.weekly) if content.weekly is not None else "no runs"
