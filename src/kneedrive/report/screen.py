"""The first screen of a run: who you are, this run, what it rests on, the picture, what to do, what is open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from kneedrive import advice
from kneedrive.advice import Advice
from kneedrive.analysis.population import runners_at, share_beyond
from kneedrive.analysis.posterior import Basis, Certainty
from kneedrive.analysis.result import Analysis, Finding, PaceBand
from kneedrive.past.result import LastWeeks, OwnView
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.quantities import CHANNELS
from kneedrive.record import Record
from kneedrive.report import focus, numbers, odds, own, sections
from kneedrive.report import words as said
from kneedrive.report.blocks import (
    Block,
    Column,
    Facts,
    Inline,
    Mark,
    Note,
    Picture,
    Prose,
    Rule,
    Section,
    Span,
    Style,
    Table,
    Terms,
    command,
    faint,
    plain,
    strong,
    words,
)
from kneedrive.sensors import REFERENCES
from kneedrive.stats import median

MOST_BANDS = 6  # rows of the picture on the first screen
MOST_WORDS = 250  # of a first screen, as it stands on 80 columns
MOST_CITED = 3
TICKS = (0.04, 0.20, 0.80, 0.96)  # shares of runners: 1 in 25 and 1 in 5 lie beyond


class Context(Record, frozen=True, kw_only=True):
    """What stands beside a run: the runner's last weeks, the run against them, the advice, commands that tell more.

    remark: what has to be said of the advice. week: the runner's week in a line. strava: whether something shown came
    from its API, so that it has to be named.
    """

    weeks: LastWeeks | None = None
    own: OwnView | None = None
    advice: Advice | None = None
    remark: str = ""
    week: Inline = ()
    strava: bool = False
    more: tuple[str, ...] = ("--full", "--explain")


def first_screen(analysis: Analysis, context: Context, *, miles: bool) -> list[Section]:
    """What is printed unless all is asked for: at most 40 lines of 80 columns."""
    above = [
        opening(analysis, context, miles=miles),
        evidence(analysis, miles=miles) or measured(analysis),
    ]
    return around_picture(above, analysis, [next_step(context), tail(context, analysis)], miles=miles)


def around_picture(
    above: Sequence[Section], analysis: Analysis, below: Sequence[Section], *, miles: bool
) -> list[Section]:
    """A screen with the picture in its middle; paces with the least running are left to --full where words are many."""
    from kneedrive.report.terminal import render  # a page needs no rich

    for most in range(MOST_BANDS, 0, -1):
        screen = [*above, pace_picture(analysis, miles=miles, most=most), *below]
        if len(render(screen, Style()).split()) <= MOST_WORDS:
            break
    return screen


def all_sections(
    analysis: Analysis, context: Context, *, miles: bool, history: Iterable[Section] = ()
) -> list[Section]:
    """The first screen with every pace, and every other section in it. history: what the store adds."""
    return [
        opening(analysis, context, miles=miles),
        evidence(analysis, miles=miles),
        pace_picture(analysis, miles=miles),
        *sections.sections(analysis, miles=miles),
        *history,
        next_step(context),
        tail(context.replace(own=None, more=tuple(each for each in context.more if each != "--full")), analysis),
    ]


def gone(reason: str, context: Context) -> list[Section]:
    """A run whose original is gone: what its results still tell."""
    return [[*runner(context.weeks), Prose(words(f"Not judged again: {reason}."))], tail(context)]


# The runner, and the verdict of this run.

DRIFTED = "Less sure than others: the sensor drifted within this run."


def opening(analysis: Analysis, context: Context, *, miles: bool) -> Section:
    """The runner's sentence, and the verdict of the run, which says of which of the two it speaks."""
    above = runner(context.weeks)
    return [*above, *verdict(analysis, miles=miles, apart=bool(above))]


def runner(weeks: LastWeeks | None) -> list[Block]:
    """The runner's own sentence, above a line."""
    if weeks is None or weeks.runs < advice.LEAST_RUNS:
        return []
    return [Prose(said.runner_sentence(weeks)), Rule()]


def facts(analysis: Analysis, *, miles: bool) -> Facts:
    """Whose run where that is known, when, how far, how long, how fast, with what."""
    run, name = analysis.activity, numbers.clean(analysis.runner.name)
    shown = [*([name] if name else []), numbers.start(run.started_at, run.utc_offset_s)]
    if run.distance_m:
        shown.append(numbers.distance(run.distance_m, miles=miles))
    shown.append(numbers.clock(run.duration_s))
    if run.distance_m and run.duration_s:
        shown.append(numbers.pace(run.distance_m / run.duration_s, miles=miles))
    told = [source(analysis)]
    if analysis.height_from == "file":
        told.append(f"height {numbers.number(analysis.runner.height_m, 2)}{numbers.TIE}m from your watch")
    return Facts((*(words(strong(fact)) for fact in shown), *(words(faint(fact)) for fact in told)))


def source(analysis: Analysis) -> str:
    """What recorded the run: the watch, and the sensor whose dynamics are judged."""
    run = analysis.activity
    device = numbers.device(run.device) if run.device.maker or run.device.product else ""
    indoor = "indoors" if analysis.surface == "indoor" else ""
    worn = analysis.reference.worn
    sensor = "" if worn in device else worn
    device = "" if worn.startswith(device) else device  # "Stryd" beside "Stryd foot pod"
    if analysis.instead_of:
        sensor += f" instead of the {REFERENCES[analysis.instead_of].worn}"
    return ", ".join(each for each in (device, sensor, indoor) if each)


def verdict(analysis: Analysis, *, miles: bool, apart: bool = False) -> list[Block]:
    """Day and distance, the headline, and a sentence with the odds and what the pattern means.

    apart: the runner's own sentence stands above, and may point elsewhere: the headline says that it is the run's.
    """
    run, slow = said.of_scope(analysis.findings, "run"), said.slow_apart(analysis.findings)
    if not run:
        return [facts(analysis, miles=miles), *unjudged(analysis)]
    found, slowly, otherwise = said.headline(analysis).partition(" when slow")
    found = f"{found[:1].lower()}{found[1:]}" if apart else found
    whose = strong("This run: ") if apart else ""
    headline = words(whose, Span(found + slowly, said.tone_of((slow or run)[0])), strong(f"{otherwise}."))
    text = _slow_sentence(slow, analysis, miles=miles) if slow else _run_sentence(run, miles=miles)
    ruled = said.ruled_out(analysis.ruled_out, run[0])
    knee = said.knee_sentence(analysis.knee)
    text = words(text, f" {ruled}" if ruled else "", " " if knee else "", knee)
    early = [each for each in (said.cut_off(analysis), said.little(analysis)) if each]
    drifted = any(note.code == "drift" for note in analysis.quality.notes)
    limits = said.at_the_verdict(analysis) + [DRIFTED] * drifted
    told = [words(" ".join(early)), text, words(" ".join(limits))]
    return [facts(analysis, miles=miles), Prose(headline), *(Prose(each) for each in told if plain(each))]


def unjudged(analysis: Analysis) -> list[Block]:
    """Why nothing is judged."""
    headline = said.headline(analysis)
    reason = said.capital(analysis.status_reason.strip() or analysis.scores.D.reason).rstrip(".")
    cut = [Prose(words(text))] if (text := said.cut_off(analysis)) else []
    if reason.startswith(headline):
        return [Prose(words(strong(f"{reason}."))), *cut]
    return [Prose(words(strong(f"{headline}."))), *([Prose(words(f"{reason}."))] if reason else []), *cut]


def _run_sentence(run: Sequence[Finding], *, miles: bool) -> Inline:
    speed = run[0].evidence.get("speed_mps")
    at = f"At {numbers.pace(speed, miles=miles)}" if speed else "In this run"
    if run[0].certainty is Certainty.OPEN:
        return words(f"{at}: ", said.each_likely(run), ".")
    if len(said.certain(run)) > 1:
        return words(f"{at}: ", said.each_likely(said.certain(run)), ".")
    return words(f"{at} it is ", said.likely(run[0]), f": {PATTERNS[run[0].pattern].meaning}.")


def _slow_sentence(slow: Sequence[Finding], analysis: Analysis, *, miles: bool) -> Inline:
    onset = analysis.shuffle_onset.speed_mps
    where = f"Slower than {numbers.pace(onset, miles=miles)}" if onset else "When you run slowly"
    return words(f"{where} it is ", said.likely(slow[0]), f": {PATTERNS[slow[0].pattern].meaning}.")


# What it rests on.


def evidence(analysis: Analysis, *, miles: bool) -> list[Block]:
    """Yours, usual, and how many runners in ten lie beyond: for the quantities that show the headline best."""
    first = headliner(analysis)
    if first is None or "speed_mps" not in first.evidence:
        return []
    there, speed_mps = first.evidence, first.evidence["speed_mps"]
    among = runners_at(speed_mps, analysis.against)
    cites = {
        key: side
        for key, side in PATTERNS[first.pattern].cites.items()
        if {key, f"usual_{key}"} <= there.keys() and key in among
    }
    if first.certainty is not Certainty.OPEN:  # no number that speaks against what is said stands below it
        cites = {key: side for key, side in cites.items() if side * (there[key] - median(among[key])) >= 0}
    rows = [
        (
            words(GROUND_SHARE if key == "duty_factor" else CHANNELS[key].name),
            words(strong(_shown(key, there[key]))),
            words(_shown(key, there[f"usual_{key}"]).split(numbers.TIE, maxsplit=1)[0]),
            words(beyond(key, there[key], among[key])),
        )
        for key in list(cites)[:MOST_CITED]
    ]
    columns = (
        Column(head=f"at {numbers.pace(speed_mps, miles=miles)}", left=True),
        Column(head="yours"),
        Column(head="usual"),
        Column(head="runners beyond you", left=True, drop=1),
    )
    return [Table(columns, tuple(rows))] if rows else []


GROUND_SHARE = "step on the ground"


def _shown(key: str, amount: float) -> str:
    """A quantity with its unit; the duty factor, which is of a stride, as the share of a step."""
    return numbers.percent(2.0 * amount) if key == "duty_factor" else numbers.quantity(key, amount)


def measured(analysis: Analysis) -> Section:
    """What there is where nothing is judged; nothing of what is no run."""
    return [] if analysis.status == "not a run" else sections.measured(analysis)


def beyond(key: str, amount: float, among: np.ndarray) -> str:
    """ "1 in 10 shorter"."""
    more = amount >= median(among)
    return f"{odds.in_words(share_beyond(amount, among))} {CHANNELS[key].more if more else CHANNELS[key].less}"


# The picture.


def headliner(analysis: Analysis) -> Finding | None:
    """The judgement that the headline is about: its first, but a hint before that nothing stands out."""
    found = said.slow_apart(analysis.findings) or said.of_scope(analysis.findings, "run")
    if not found or found[0].certainty is not Certainty.OPEN:
        return found[0] if found else None
    return next((each for each in said.as_likely(found) if each.pattern is not Pattern.NEUTRAL), found[0])


def axis_of(analysis: Analysis) -> str:
    """The score that the picture shows: the one that the headline is about."""
    first = headliner(analysis)
    return (PATTERNS[first.pattern].axis if first else "") or "D"


def pace_picture(analysis: Analysis, *, miles: bool, most: int | None = None) -> list[Block]:
    """One row per pace band, fastest first, on the axis of the headline; hollow where inferred from steps."""
    judged, shown = shown_bands(analysis), shown_bands(analysis, most)
    if not judged or not analysis.findings:
        return []
    letter = axis_of(analysis)
    middle = shown[len(shown) // 2].speed_mps
    among = runners_at(middle, analysis.against)[letter]
    hollow = shown[0].posterior.basis is Basis.STEPS if shown[0].posterior else False
    return [
        Picture(
            heads=(numbers.pace_unit(miles=miles), "time"),
            axis=letter,
            rows=tuple(_row(band, letter, miles=miles) for band in reversed(shown)),
            ticks=ticks(among),
            key=words(*_key(len(judged) - len(shown), hollow=hollow), _undrawn(analysis, judged)),
        )
    ]


def ticks(among: np.ndarray) -> tuple[float, ...]:
    """Beyond which 1 of these runners in 5 and 1 in 25 lie, on either side."""
    return tuple(np.quantile(among, TICKS).tolist())


def shown_bands(analysis: Analysis, most: int | None = None) -> list[PaceBand]:
    """The judged bands, slow to fast; with `most`, those with most running."""
    bands = [band for band in analysis.pace_profile if band.posterior]
    kept = sorted(bands, key=lambda band: -band.seconds)[:most]
    return [band for band in bands if band in kept]


def _row(band: PaceBand, letter: str, *, miles: bool) -> Mark:
    found = band.posterior.scores[letter] if band.posterior else None
    mark = Mark(
        before=(numbers.bare_pace(band.speed_mps, miles=miles), numbers.clock(band.seconds)),
        mean=found.mean if found else None,
        sd=found.sd if found else None,
        hollow=band.posterior is not None and band.posterior.basis is Basis.STEPS,
    )
    return named(mark, band.leading[0] if band.leading else Pattern.NEUTRAL, band.certainty)


def named(mark: Mark, pattern: Pattern, certainty: Certainty) -> Mark:
    """A row with its pattern behind it, with a question mark where it only leans; as it is where nothing is clear."""
    if pattern is Pattern.NEUTRAL or certainty is Certainty.OPEN:
        return mark
    brief = said.name(pattern).removesuffix(" steps") + ("?" if certainty is Certainty.LEANING else "")
    return mark.replace(tone=pattern, behind=words(Span(brief, pattern)))


BEYOND = "dots: 1 runner in 5 and 1 in 25 lie beyond"


def _key(left_out: int, *, hollow: bool) -> Inline:
    mark = "○ inferred" if hollow else "● you"
    more = f"; {left_out} more in full" if left_out else ""
    return words(f"{mark}, ── how sure; {BEYOND}{more}")


def _undrawn(analysis: Analysis, judged: Sequence[PaceBand]) -> str:
    """That paces run for too short are not drawn, where that is more than what is."""
    rules, length_s = analysis.method.profile, analysis.method.epochs.length_s
    if 2 * sum(band.epochs for band in judged) > analysis.quality.epochs_scored:
        return ""
    return f"; paces run for less than {numbers.clock(rules.band_epochs * length_s)} are not drawn"


# What to do, and what is left to say.


def next_step(context: Context) -> Section:
    """One cue and one exercise or drill, each with what it takes; nothing where nothing was judged."""
    if context.advice is None:
        return []
    remark = [Prose(words(context.remark))] if context.remark else []
    return [*focus.do_next(context.advice), *remark]


def tail(context: Context, analysis: Analysis | None = None) -> Section:
    """Against yourself, what is open and what would settle it, where the rest is."""
    rows = []
    if context.own is not None and (analysis is None or analysis.findings):
        rows.append((words(faint("Yourself")), own.in_a_line(context.own)))
    if context.week:
        rows.append((words(faint("Weeks")), context.week))
    if analysis is not None and (points := open_points(analysis)):
        rows.append((words(faint("Open")), words(points)))
    strava = context.strava or (analysis is not None and analysis.activity.format == "strava")
    credit = [Note(words(said.STRAVA_CREDIT))] if strava else []
    return [Terms((*rows, (words(faint("More")), _commands(context.more)))), *credit]


def open_points(analysis: Analysis) -> str:
    """What cannot be told, what would settle it, and how much was counted."""
    if not analysis.findings:
        return ""
    quality, of = analysis.quality, numbers.plural(analysis.quality.epochs_total, "half-minute")
    counted = (
        ""
        if said.little(analysis)
        else f"{numbers.number(quality.epochs_scored)}{numbers.TIE}of{numbers.TIE}{of} counted."
    )
    return " ".join(filter(None, [said.KNEE_LIFT, *said.settling(analysis), counted]))


def _commands(more: Sequence[str]) -> Inline:
    parts: list[str | Span] = []
    for place, each in enumerate(more):
        parts += (
            ["   ", command(each.replace(" ", numbers.TIE))] if place else [command(each.replace(" ", numbers.TIE))]
        )
    return words(*parts)
