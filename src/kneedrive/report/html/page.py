"""One self-contained HTML page about a run and the weeks around it. Pure: the same content gives the same text.

The first screen holds the runner's sentence, the verdict, the pace picture and what to do next. What stands below is
one picture a question; sentences and tables open on demand, from the same blocks that the terminal prints.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from itertools import repeat

from kneedrive.analysis.posterior import Basis
from kneedrive.analysis.result import Analysis
from kneedrive.histories.result import Comparison, Difference, Level, Outcome, PersonalZ, WeeklyView
from kneedrive.patterns import AXES, PATTERNS, Pattern
from kneedrive.quantities import QUANTITIES
from kneedrive.record import Record
from kneedrive.report import blocks, comparison, history, numbers, screen, sections, words
from kneedrive.report.blocks import Block, Inline, Picture, Role, Section
from kneedrive.report.comparison import Periods
from kneedrive.report.history import Tagged
from kneedrive.report.html import charts, svg
from kneedrive.report.html.svg import Markup, Scale, el, join
from kneedrive.report.numbers import TIE, WHOLE
from kneedrive.report.words import capital


class LastRun(Record, frozen=True, kw_only=True):
    """One of the last runs: a line of the list, and the report that it opens."""

    day: str
    facts: tuple[str, ...]
    pattern: Pattern | None
    hollow: bool
    finding: str
    report: Section


class Content(Record, frozen=True, kw_only=True):
    """What the page holds, whichever there is of it."""

    analysis: Analysis
    context: screen.Context = screen.Context()  # what stands beside the run on the first screen
    weekly: WeeklyView | None = None
    tags: tuple[Tagged, ...] = ()
    runs: tuple[LastRun, ...] = ()
    comparison: Comparison | None = None  # with the periods that it is of
    periods: Periods | None = None
    credit: str = ""  # whom to name
    miles: bool = False


# Blocks as HTML.

_ROLE_TAGS = {Role.STRONG: "strong", Role.FAINT: "small", Role.COMMAND: "code"}
# On a terminal an option belongs to the command that was typed; the reader of a page typed none.
_OPTIONS = {f"--height{TIE}METRES": f"kneedrive report --html --height{TIE}METRES"}
_APART = re.compile(rf"(\w+-like|{'|'.join(_OPTIONS)})")


def inline(text: Inline) -> Markup:
    """Text with its tones. Bars and sparklines are the terminal's: a page has charts."""
    return join(_span(piece) for piece in blocks.words(text) if isinstance(piece, blocks.Span))


def _span(piece: blocks.Span) -> Markup:
    parts: list[str] = []
    for text in _APART.split(piece.text.replace(WHOLE, "")):
        if text in _OPTIONS:
            parts.append(el("code", _OPTIONS[text]))
        else:
            # The name of a pattern is not parted at its hyphen.
            parts.append(el("span", text, class_="whole") if _APART.fullmatch(text) else text)
    if isinstance(piece.tone, Pattern):
        return el("b", *parts, class_=svg.tint(piece.tone))
    tag = _ROLE_TAGS.get(piece.tone)
    return el(tag, *parts) if tag else join(parts)


def block(given: Block) -> Markup:
    """One block."""
    match given:
        case blocks.Heading():
            return el("h3", given.title, el("small", given.remark) if given.remark else "")
        case blocks.Prose():
            return note(inline(given.text)) if given.faint else el("p", inline(given.text))
        case blocks.Facts():
            return el("ul", *(el("li", inline(fact)) for fact in given.facts), class_="facts")
        case blocks.Items():
            return el("ul", *(el("li", inline(item)) for item in given.items))
        case blocks.Terms():
            return el("dl", *((el("dt", inline(a)), el("dd", inline(b))) for a, b in given.rows))
        case blocks.Rule():
            return el("hr")
        case blocks.Table():
            return _table(given)
        case Picture():
            return join((charts.picture(given, slim=True), note(inline(given.key)) if given.key else ""))


def _table(given: blocks.Table, links: Sequence[str] = ()) -> Markup:
    """A table that scrolls in itself where the screen is narrow. links: what the first cells lead to, "" nothing."""
    heads = [", ".join(filter(None, (column.head, column.unit))) for column in given.columns]
    kinds = ["left" if column.left else None for column in given.columns]
    above = [
        el("th", text, scope="col", class_=kind) if text else el("td") for text, kind in zip(heads, kinds, strict=True)
    ]
    rows = []
    for (first, *rest), link in zip(given.rows, links or repeat(""), strict=False):
        name = el("a", inline(first), href=link) if link else inline(first)
        cells = (el("td", inline(cell), class_=kind) for cell, kind in zip(rest, kinds[1:], strict=True))
        rows.append(el("tr", el("th", name, scope="row"), *cells))
    table = el("table", el("thead", el("tr", *above)), el("tbody", *rows))
    # Reachable by keyboard, or what lies beyond the edge could not be scrolled into view.
    return el("div", table, class_="scroll", tabindex=0, role="region", aria_label=heads[0] or "Numbers")


def flowing(given: Iterable[Block]) -> Markup:
    """Blocks one after the other."""
    return join(map(block, given))


def note(*inside: str) -> Markup:
    """A paragraph that may be passed over."""
    return el("p", *inside, class_="note")


def span(kind: str, *inside: str | Iterable[str]) -> Markup:
    """A part of a line that the style knows by its class."""
    return el("span", *inside, class_=kind)


def details(title: str, *inside: str | Iterable[str], **given: str | bool) -> Markup:
    """What opens where its title is clicked."""
    return el("details", el("summary", title), *inside, **given)


def opened(section: Section, *, at_once: bool = False) -> Markup:
    """A section that opens on demand, its heading as what is clicked. at_once: it is open from the start."""
    first, *rest = section
    if not isinstance(first, blocks.Heading):
        return details("More", flowing(section), open=at_once)
    remark = note(f"{capital(first.remark)}.") if first.remark else ""
    return details(first.title, remark, flowing(rest), open=at_once) if rest else Markup("")


# The parts of the page, in its order; each is empty where it has nothing to show.


def _part(name: str, title: str, *inside: str, kind: str = "") -> Markup:
    filled = join(inside)
    if not filled:
        return filled
    head = el("h2", title, id=f"{name}-title")
    return el("section", head, filled, id=name, class_=kind or None, aria_labelledby=f"{name}-title")


def first_screen(content: Content) -> Markup:
    """Who this is, what this run was and how sure that is, the picture, what to do."""
    analysis, context, miles = content.analysis, content.context, content.miles
    runner = [each for each in screen.runner(context.weeks) if not isinstance(each, blocks.Rule)]
    facts, headline, *meaning = screen.verdict(analysis, miles=miles, apart=bool(runner), onset=False)
    title = el("h1", inline(headline.text) if isinstance(headline, blocks.Prose) else "", id="run-title")
    you = el("div", flowing(runner), class_="you") if runner else ""
    todo, hero = Markup(""), []
    for picture in screen.pace_picture(analysis, miles=miles, most=screen.MOST_BANDS):
        speed = analysis.shuffle_onset.speed_mps
        # The line lies below the rows that are faster; with none above it, it would say so of every pace.
        above = sum(band.speed_mps >= speed for band in screen.shown_bands(analysis, screen.MOST_BANDS)) if speed else 0
        onset = (above, f"shuffle-onset {numbers.pace(speed, miles=miles)}") if above else None
        marks = "○ inferred" if any(row.hollow for row in picture.rows) else "● you"
        legend = el("figcaption", f"{marks}, ── how sure", class_="note")
        hero.append(el("figure", charts.picture(picture, onset=onset), legend, class_="hero"))
    if context.advice:
        focus = context.advice.plan.focus
        head = el("h2", f"Do next: {focus[:1].lower()}{focus[1:]}")
        todo = el("div", head, flowing(sections.do_next(context.advice, context.remark)[1:]), class_="next")
    side = el("div", todo, odds_list(analysis), map(evidence, screen.evidence(analysis, miles=miles)), class_="side")
    # The style sets the meaning above the picture: whoever reads from top to bottom meets the picture early.
    verdict = el("div", you, block(facts), title, hero, el("div", flowing(meaning), class_="meaning"), class_="verdict")
    return el("section", verdict, side, id="run", class_="first", aria_labelledby="run-title")


def odds_list(analysis: Analysis) -> Markup:
    """How likely each pattern is, beside what it is for any runner."""
    posterior, rows = analysis.posterior, []
    if posterior is None:
        return Markup("")
    for pattern in sorted(posterior.odds, key=lambda pattern: -posterior.odds[pattern])[:3]:
        share, base = 100 * posterior.odds[pattern], 100 * posterior.base_rates[pattern]
        bar = charts.strip(
            None,
            svg.area(0, 100, "ground", "30%", "40%"),
            svg.area(0, share, f"share {svg.tint(pattern)}", "30%", "40%"),
            svg.line(base, "14%", base, "86%", "base"),
        )
        name = span("what", svg.chip(pattern, hollow=posterior.basis is Basis.STEPS), PATTERNS[pattern].name)
        rows.append(el("li", name, span("word", numbers.odds(posterior.odds[pattern])), bar))
    return el("div", el("h2", "The whole run"), el("ul", *rows), note("Tick: any runner."), class_="odds")


def evidence(given: blocks.Table) -> Markup:
    """Numbers of the run, what is usual, and how many runners lie beyond; set like the odds above."""
    rows = []
    for name, yours, usual, beyond in given.rows:
        beside = el("small", "usual ", inline(usual)), el("small", inline(beyond))
        rows.append(el("li", span("what", inline(name)), span("word", inline(yours)), *beside))
    head = el("h2", capital(given.columns[0].head), el("small", given.columns[-1].head))
    return el("div", head, el("ul", *rows), class_="odds")


def against_own(content: Content) -> Markup:
    """The run against the runner's own last weeks: what is furthest off, the rest on demand."""
    own = content.context.own
    if own is None:
        return Markup("")
    if own.reason or not own.rows:
        return _part("own", "Against yourself", el("p", sections.not_compared(own)))
    first = sorted(own.rows, key=lambda row: -abs(row.z))[:3]
    rest = [row for row in own.rows if row not in first]
    furthest, others = (el("ul", *map(_own_row, rows), class_="rows") for rows in (first, rest))
    key = note(f"Band: your last {numbers.plural(own.baseline.runs, 'run')}.")
    return _part("own", "Against yourself", furthest, details("The rest", others) if rest else "", key)


def _own_row(row: PersonalZ) -> Markup:
    value, usual, _ = sections.own_values(row)
    # On the strip what is usual is 0, and the end of what is not clearly different is 1, or -1 below.
    end, share = row.high if row.difference > 0 else row.low, row.z / 2
    if end is not None:
        share = math.copysign(row.difference / (end - row.usual), row.difference)
    x = Scale(low=-1.6, high=1.6)
    place = x.percent(x.inside(share))
    # Not a dot, which would hide on which side of an edge it is.
    needle = svg.line(place, 0, place, "100%", f"needle{' told' * (row.level is Level.DIFFERENT)}")
    name, strip = capital(QUANTITIES[row.metric].in_short), charts.strip(x, needle)
    return _row(name, value, f"usually {usual}", strip, row.level)


def _row(name: str, value: str, beside: str, strip: Markup, word: str) -> Markup:
    told = span("numbers", el("strong", value), " ", el("small", beside))
    return el("li", span("what", name), told, strip, span("word", word))


def by_pace(content: Content) -> Markup:
    """A small chart for each quantity."""
    cards = charts.metric_cards(content.analysis, miles=content.miles)
    return _part("paces", "What was measured", el("div", *cards, class_="cards")) if cards else Markup("")


def over_weeks(content: Content) -> Markup:
    """The weeks: their verdict, the picture, and more on demand."""
    view, miles = content.weekly, content.miles
    if view is None or not any(week.runs for week in view.weeks):
        return Markup("")
    verdict, *meaning = history.judgement(view, miles=miles)
    activity = content.analysis.activity
    day = numbers.local_time(activity.started_at, activity.utc_offset_s).date()
    now = {trend.series for trend in view.trends}  # what is followed now comes first
    names = sorted(history.series_in(view.weeks), key=lambda name: name not in now)
    drawn = {name: charts.by_week(name, view, content.tags, day, miles=miles) for name in names}
    below: list[Section] = [
        history.noted(view, content.tags),
        history.finished(view),
        history.run_after_run(view, miles=miles),
        history.weeks_in_numbers(view, miles=miles),
    ]
    more = (
        opened([blocks.Heading("What that means"), *meaning]),
        *(details(f"{capital(AXES[name].short)} by week", drawn[name]) for name in names[1:]),
        *(opened(section) for section in below if section),
        before_after(content),
    )
    first = el("div", *(drawn[name] for name in names[:1]))
    return _part("weeks", "Your weeks", el("div", block(verdict), class_="told"), first, el("div", *more), kind="split")


def last_runs(content: Content) -> Markup:
    """A line a run, each of which opens its own small report."""
    listed = []
    for run in content.runs:
        facts = span("numbers", *(el("span", fact) for fact in run.facts))
        found = span(f"finding {svg.tint(run.pattern)}", svg.chip(run.pattern, hollow=run.hollow), run.finding)
        line = el("summary", span("when", run.day), facts, found)
        listed.append(el("details", line, el("div", flowing(run.report), class_="small"), class_="run"))
    return _part("runs", "Your last runs", *listed)


def before_after(content: Content) -> Markup:
    """The comparison since the last tag, on demand."""
    compared, periods = content.comparison, content.periods
    if compared is None or periods is None:
        return Markup("")
    title = f"Since “{numbers.clean(periods.name, 40)}”" if periods.name else "Before and after"
    rows = el("ul", *map(_difference, compared.rows), class_="rows") if compared.rows else ""
    verdict = flowing(comparison.judgement(compared, miles=content.miles))
    return details(title, verdict, rows, map(note, comparison.closing(compared)), id="compare")


def _difference(row: Difference) -> Markup:
    before, after = (numbers.value(row.metric, amount) for amount in (row.before, row.after))
    # In changes that are worth a word, 4 to each side: a scale for all metrics alike.
    x, kind = Scale(low=-4.0, high=4.0), "told" if row.verdict is Outcome.CHANGED else "quiet"
    ends = (amount / row.threshold for amount in (row.low, row.difference, row.high))
    low, middle, high = (x.percent(x.inside(end)) for end in ends)
    whisker = svg.line(low, "50%", high, "50%", f"whisker {kind}")
    strip = charts.strip(x, whisker, el("circle", cx=svg.at(middle), cy="50%", r=4.5, class_=f"dot {kind}"))
    name = capital(comparison.name_of(row.metric))
    return _row(name, after, f"before {before}", strip, comparison.difference_verdict(row))


def to_work_on(content: Content) -> Markup:
    """The plan: why, and what goes with it on demand."""
    advice = content.context.advice
    if advice is None:
        return Markup("")
    (head, *rest), *others = sections.plan(advice)
    why = el("p", el("strong", head.remark or head.title)) if isinstance(head, blocks.Heading) else ""
    # What has a heading first: exercises and drills before what limits them.
    ordered = sorted(others, key=lambda section: not isinstance(section[0], blocks.Heading))
    plan = details("The whole plan", map(flowing, ordered))
    return _part("work", "What to work on", why, flowing(rest[:1]), plan)


def the_rest(content: Content) -> Markup:
    """The run over its time, and the whole report of the run, a section at a time."""
    analysis, miles = content.analysis, content.miles
    # Where nothing was judged there is no other picture, and the first of them are open.
    drawn, bare = charts.series(analysis, miles=miles), not analysis.findings
    why = note("Shaded: not scored. Point at it to see why.")
    time = details("Through the run", drawn, why, open=bare) if drawn else ""
    # The first screen cuts short what it tells of the paces and of what is open; here is all of it.
    whole = [each for each in sections.sections(analysis, miles=miles) if each]
    if len(screen.shown_bands(analysis)) > screen.MOST_BANDS:
        whole.insert(0, [blocks.Heading("Every pace"), *screen.pace_picture(analysis, miles=miles)])
    if points := screen.open_points(analysis):
        whole.append([blocks.Heading("What is open"), blocks.Prose(points)])
    shown = [opened(each, at_once=bare and not place) for place, each in enumerate(whole)]
    return _part("more", "Everything else" if not bare else "What was recorded", time, *shown)


# Every part by its place in the page, and the short name of those that the navigation leads to.
PARTS = {
    "run": (first_screen, "Run"),
    "own": (against_own, ""),
    "paces": (by_pace, ""),
    "weeks": (over_weeks, "Weeks"),
    "runs": (last_runs, "Runs"),
    "work": (to_work_on, "Work"),
    "more": (the_rest, "More"),
}


def render(content: Content) -> str:
    """The whole page. It asks nothing of any network, and whatever came from a file is escaped."""
    name = numbers.clean(content.analysis.runner.name)
    title = " – ".join(filter(None, (name, words.headline(content.analysis), "kneedrive"))).replace(TIE, " ")
    drawn = {part: draw(content) for part, (draw, _) in PARTS.items()}
    links = (el("a", PARTS[part][1], href=f"#{part}") for part in PARTS if drawn[part] and PARTS[part][1])
    brand = span("brand", "kneedrive", el("b", name) if name else "")
    header = el("header", brand, el("nav", *links, aria_label="Parts of this page"))
    return _document(title, header, drawn.values(), content.credit)


def index(title: str, listed: blocks.Table, links: Sequence[str], below: Iterable[Block]) -> str:
    """A page that leads to others, from the rows of a table ("": from none)."""
    brand = el("header", el("span", "kneedrive", class_="brand"))
    parts = (el("h1", title, id="run-title"), _table(listed, links), flowing(below))
    return _document(f"{title} – kneedrive", brand, [el("section", *parts, id="run", aria_labelledby="run-title")])


def shown(analysis: Analysis) -> str:
    """The first screen alone, for a notebook. Its style holds inside its own box only."""
    style = _own_asset("page.css").replace(":root", ":scope").replace("body {", ":scope {")
    scoped = el("style", Markup(f"@scope (.kneedrive-run) {{ {style} }}"))
    return el("div", scoped, first_screen(Content(analysis=analysis)), class_="kneedrive-run")


def _document(title: str, header: Markup, main: Iterable[Markup], credit: str = "") -> str:
    """Everything around the parts of a page."""
    # Both are the same in every page, so their hashes can be named and nothing else needs to be allowed.
    style, script = _own_asset("page.css"), _own_asset("page.js")
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    policy = (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    body = el(
        "body",
        el("a", "Skip", href="#run", class_="skip"),
        header,
        el("main", *main),
        el("footer", el("p", "Made on this computer; works offline. ", credit)),
        el("div", id="tip", aria_hidden="true", hidden=True),
        el("script", script),
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="generator", content="kneedrive"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", title),
        el("style", style),
    )
    return join((Markup("<!doctype html>\n"), el("html", head, body, lang="en"), "\n"))


@cache
def _own_asset(name: str) -> Markup:
    """A file of ours, put into the page as it is."""
    return Markup(files("kneedrive.report.html").joinpath(name).read_text(encoding="utf-8"))
