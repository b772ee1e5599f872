"""The first screen of a run or a sync: the runner, this run, what it rests on, a picture, what to do, what is open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from kneedrive import advice
from kneedrive.advice import Advice
from kneedrive.analysis.population import runners_at, share_beyond
from kneedrive.analysis.posterior import Basis, Certainty
from kneedrive.analysis.result import Analysis, Finding, PaceBand, Scope, Status
from kneedrive.histories.result import LastWeeks, OwnView, Verdict, WeeklyView
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.quantities import QUANTITIES
from kneedrive.record import Record
from kneedrive.recording import NoteCode
from kneedrive.report import blocks, numbers, sections
from kneedrive.report import words as said
from kneedrive.report.blocks import Block, Column, Inline, Prose, Section, Terms, faint, plain, strong, words
from kneedrive.report.numbers import TIE
from kneedrive.sensors import REFERENCES
from kneedrive.stats import median

MOST_BANDS = 6  # rows of the picture on the first screen
MOST_WORDS = 250  # of a first screen, as it stands on 80 columns
GROUND_SHARE = "step on the ground"


class Context(Record, frozen=True, kw_only=True):
    """What stands beside a run: the runner's last weeks, the run against them, the advice, commands that tell more."""

    weeks: LastWeeks | None = None
    own: OwnView | None = None
    advice: Advice | None = None
    remark: str = ""  # what has to be said of the advice
    week: str = ""  # the runner's week in a line
    strava: bool = False  # whether something shown came from Strava's API, so that it has to be named
    more: tuple[str, ...] = ("--full", "--explain")


def first_screen(analysis: Analysis, context: Context, *, miles: bool, new: str = "") -> list[Section]:
    """What is printed unless all is asked for: at most 40 lines and 250 words on 80 columns.

    new: what a sync took in, told above; the numbers that the verdict rests on are then left to `kneedrive report`.
    """
    rests_on: Section = [] if new else evidence(analysis, miles=miles)
    if not new and not rests_on and analysis.status != Status.NOT_A_RUN:
        rests_on = [*sections.measured(analysis)]
    less = context.replace(own=None)
    least = less.replace(week="")
    # Where words are many the paces with the least running are left to --full, then the numbers, what stands against
    # the runner's own, the weeks, and at last the picture.
    sizes = [(most, rests_on, context) for most in range(MOST_BANDS, 0, -1)]
    sizes += [(1, [], context), (1, [], less), (1, [], least), (0, [], least)]
    screen: list[Section] = []
    for most, cited, beside in sizes:
        screen = [
            [Prose(new)] if new else [],
            opening(analysis, beside, miles=miles),
            cited,
            pace_picture(analysis, miles=miles, most=most),
            sections.do_next(beside.advice, beside.remark),
            tail(beside, analysis),
        ]
        if words_of(screen) <= MOST_WORDS:
            break
    return screen


def words_of(screen: Iterable[Section]) -> int:
    """How many words a reader meets on 80 columns; the marks of a picture are none."""
    from kneedrive.report.terminal import render  # a page needs no rich

    return sum(any(map(str.isalnum, word)) for word in render(screen, blocks.Style()).split())


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
        sections.do_next(context.advice, context.remark),
        tail(context.replace(own=None, more=tuple(each for each in context.more if each != "--full")), analysis),
    ]


def gone(reason: str, context: Context) -> list[Section]:
    """A run whose original is gone: what its results still tell."""
    return [[*runner(context.weeks), Prose(f"Not judged again: {reason}.")], tail(context)]


def opening(analysis: Analysis, context: Context, *, miles: bool) -> Section:
    """The runner's sentence, and the verdict of the run, which says of which of the two it speaks."""
    above = runner(context.weeks)
    return [*above, *verdict(analysis, miles=miles, apart=bool(above))]


def runner(weeks: LastWeeks | None) -> list[Block]:
    """The runner's own sentence, above a line."""
    if weeks is None or weeks.runs < advice.LEAST_RUNS:
        return []
    return [Prose(said.runner_sentence(weeks)), blocks.Rule()]


def facts(analysis: Analysis, *, miles: bool) -> blocks.Facts:
    """Whose run where that is known, when, how far, how long, how fast; what recorded it and whose dynamics count."""
    run, name = analysis.activity, numbers.clean(analysis.runner.name)
    shown = [*([name] if name else []), numbers.start(run.started_at, run.utc_offset_s)]
    if run.distance_m:
        shown.append(numbers.distance(run.distance_m, miles=miles))
    shown.append(numbers.clock(run.duration_s))
    if run.distance_m and run.duration_s:
        shown.append(numbers.pace(run.distance_m / run.duration_s, miles=miles))
    device = numbers.device(run.device) if run.device.maker or run.device.product else ""
    worn = analysis.reference.worn
    sensor = "" if worn in device else worn
    if analysis.instead_of:
        sensor += f" instead of the {REFERENCES[analysis.instead_of].worn}"
    device = "" if worn.startswith(device) else device  # "Stryd" beside "Stryd foot pod"
    told = [", ".join(filter(None, (device, sensor, "indoors" if analysis.surface == "indoor" else "")))]
    if analysis.height_from == "file":
        told.append(f"height {numbers.number(analysis.runner.height_m, 2)}{TIE}m from your watch")
    return blocks.Facts((*map(strong, shown), *map(faint, told)))


def verdict(analysis: Analysis, *, miles: bool, apart: bool, onset: bool = True) -> list[Block]:
    """Day and distance, the headline, and a sentence with the odds and what the pattern means.

    apart: the runner's own sentence stands above, and may point elsewhere: the headline says that it is the run's.
    onset: tell the shuffle-onset pace, which a page draws.
    """
    run, slow = said.of_scope(analysis.findings, Scope.RUN), said.slow_apart(analysis.findings)
    cut_off = any(note.code == NoteCode.TRUNCATED for note in analysis.quality.notes)
    early = said.CUT_OFF if cut_off else ""
    if not run:  # why nothing is judged
        status = said.headline(analysis)
        reason = said.capital(analysis.status_reason.strip() or analysis.scores.D.reason).rstrip(".")
        first, *more = [reason] if reason.startswith(status) else [status, reason]
        why = [*(f"{each}." for each in more if each), early]
        return [facts(analysis, miles=miles), Prose(strong(f"{first}.")), *(Prose(each) for each in why if each)]
    # The colour is that of the slow part, so it ends where the headline turns to the rest of the run.
    found, slowly, otherwise = said.headline(analysis).partition(" when slow")
    if apart:
        found = f"{found[:1].lower()}{found[1:]}"
    whose, lead = strong("This run: ") if apart else (), (slow or run)[0]
    tone = blocks.Role.STRONG if lead.certainty is Certainty.OPEN else lead.pattern
    headline = words(whose, blocks.Span(found + slowly, tone), strong(f"{otherwise}."))
    ruled, knee = said.ruled_out(analysis.ruled_out, run[0]), said.knee_sentence(analysis.knee)
    if slow and analysis.posterior:
        # The knee is judged at the mean speed of the run, and the sentence before this one speaks of slow running.
        pace = numbers.pace(analysis.posterior.speed_mps, miles=miles)
        knee = said.knee_sentence(analysis.knee, at=f"at the mean pace of this run, {pace}")
    text = words(meaning(analysis, miles=miles, onset=onset), f" {ruled}" if ruled else "", " " if knee else "", knee)
    told: list[Inline] = [" ".join(filter(None, [early, said.little(analysis)])), text, " ".join(said.limits(analysis))]
    return [facts(analysis, miles=miles), Prose(headline), *(Prose(each) for each in told if plain(each))]


def meaning(analysis: Analysis, *, miles: bool, onset: bool) -> Inline:
    """At which pace the headline's pattern is how likely, and what it means."""
    # The odds of slow running are those at its mean pace and no other's. From which pace on every pace by itself is
    # surely shuffle-like, the shuffle-onset pace, is therefore a sentence of its own.
    slow, run = said.slow_apart(analysis.findings), said.of_scope(analysis.findings, Scope.RUN)
    speed, begins = (slow or run)[0].evidence.get("speed_mps"), analysis.shuffle_onset.speed_mps
    pace = numbers.pace(speed, miles=miles)
    if not slow:
        return said.meant(run, f"At {pace}" if speed else "In this run")
    told = onset and slow[0].pattern is Pattern.SHUFFLE and slow[0].certainty is not Certainty.OPEN
    from_there = f" It begins at {numbers.pace(begins, miles=miles)}." if begins and told else ""
    return words(said.meant(slow, f"When slow (around {pace})" if speed else "When slow"), from_there)


def evidence(analysis: Analysis, *, miles: bool) -> list[blocks.Table]:
    """Yours, usual, and how many runners in ten lie beyond: for the quantities that show the headline best."""
    first = headliner(analysis)
    if first is None or "speed_mps" not in first.evidence:
        return []
    there, speed_mps = first.evidence, first.evidence["speed_mps"]
    among = runners_at(speed_mps, analysis.against)
    rows = []
    for key, side in PATTERNS[first.pattern].cites.items():
        if not {key, f"usual_{key}"} <= there.keys() or key not in among:
            continue
        yours, usual, middle = there[key], there[f"usual_{key}"], median(among[key])
        if first.certainty is not Certainty.OPEN and side * (yours - middle) < 0:
            continue  # no number that speaks against what is said stands below it
        # The duty factor is of a stride, and is told as the share of a step.
        is_share = key == "duty_factor"
        shown = [numbers.percent(2.0 * each) if is_share else numbers.quantity(key, each) for each in (yours, usual)]
        name = GROUND_SHARE if is_share else QUANTITIES[key].name
        where = QUANTITIES[key].more if yours >= middle else QUANTITIES[key].less
        beyond = f"{numbers.odds(share_beyond(yours, among[key]))} {where}"  # "1 in 10 shorter"
        rows.append((name, strong(shown[0]), numbers.bare(shown[1]), beyond))
    columns = (
        Column(head=f"at {numbers.pace(speed_mps, miles=miles)}", left=True), Column(head="yours"),
        Column(head="usual"), Column(head="runners beyond you", left=True, drop=1),
    )  # fmt: skip
    return [blocks.Table(columns, rows[:3])] if rows else []


def headliner(analysis: Analysis) -> Finding | None:
    """The judgement that the headline is about: its first, but a hint before that nothing stands out."""
    found = said.slow_apart(analysis.findings) or said.of_scope(analysis.findings, Scope.RUN)
    if not found or found[0].certainty is not Certainty.OPEN:
        return found[0] if found else None
    return next((each for each in said.as_likely(found) if each.pattern is not Pattern.NEUTRAL), found[0])


def pace_picture(analysis: Analysis, *, miles: bool, most: int | None = None) -> list[blocks.Picture]:
    """One row per pace band, fastest first, on the axis of the headline; hollow where inferred from steps."""
    judged, shown = shown_bands(analysis), shown_bands(analysis, most)
    first = headliner(analysis)
    if not shown or first is None:
        return []
    letter = PATTERNS[first.pattern].axis or "D"
    # Those of the middle pace serve for all: in SDs between runners the marks hardly move over the paces of one run.
    among = runners_at(shown[len(shown) // 2].speed_mps, analysis.against)[letter]
    rows = []
    for band, found in [(each, each.posterior) for each in reversed(shown) if each.posterior]:
        before = (numbers.bare_pace(band.speed_mps, miles=miles), numbers.clock(band.seconds))
        score = found.scores[letter]
        mark = blocks.Mark(before=before, mean=score.mean, sd=score.sd, hollow=found.basis is Basis.STEPS)
        rows.append(named(mark, band.leading[0] if band.leading else Pattern.NEUTRAL, band.certainty))
    left_out = len(judged) - len(shown)
    key = f"{'○ inferred' if rows[-1].hollow else '● you'}, ── how sure; {blocks.BEYOND}"
    key += f"; {left_out} more in full" if left_out else ""
    if 2 * sum(band.epochs for band in judged) <= analysis.quality.epochs_scored:
        least_s = analysis.method.profile.band_epochs * analysis.method.epochs.length_s
        key += f"; paces run for less than {numbers.clock(least_s)} are not drawn"
    heads = (numbers.pace_unit(miles=miles), "time")
    return [blocks.Picture(heads=heads, axis=letter, rows=rows, ticks=ticks(among), key=key)]


def ticks(among: np.ndarray) -> tuple[float, ...]:
    """Beyond which 1 of these runners in 5 and 1 in 25 lie, on either side."""
    return tuple(np.quantile(among, list(blocks.TICKS)).tolist())


def shown_bands(analysis: Analysis, most: int | None = None) -> list[PaceBand]:
    """The judged bands, slow to fast; with `most`, those with most running."""
    bands = [band for band in analysis.pace_profile if band.posterior]
    kept = sorted(bands, key=lambda band: -band.seconds)[:most]
    return [band for band in bands if band in kept]


def named(mark: blocks.Mark, pattern: Pattern, certainty: Certainty) -> blocks.Mark:
    """A row with its pattern behind it, with a question mark where it only leans; as it is where nothing is clear."""
    if pattern is Pattern.NEUTRAL or certainty is Certainty.OPEN:
        return mark
    brief = PATTERNS[pattern].name.removesuffix(" steps") + ("?" if certainty is Certainty.LEANING else "")
    return mark.replace(tone=pattern, behind=blocks.Span(brief, pattern))


def tail(context: Context, analysis: Analysis | None = None) -> Section:
    """Against yourself, what is open and what would settle it, where the rest is."""
    rows: list[tuple[Inline, Inline]] = []
    if context.own is not None and (analysis is None or analysis.findings):
        rows.append((faint("Yourself"), sections.own_line(context.own)))
    if context.week:
        rows.append((faint("Weeks"), context.week))
    if analysis is not None and (points := open_points(analysis)):
        rows.append((faint("Open"), points))
    strava = context.strava or (analysis is not None and analysis.activity.format == "strava")
    credit = [blocks.Note(said.STRAVA_CREDIT)] if strava else []
    commands = words(*(part for each in context.more for part in ("   ", blocks.command(each))))[1:]
    return [Terms((*rows, (faint("More"), commands))), *credit]


def open_points(analysis: Analysis) -> str:
    """What cannot be told, what would settle it, how much was counted; a sensor that the file holds is not advised."""
    if not analysis.findings:
        return ""
    points, found = [said.KNEE_LIFT], analysis.posterior
    if found is not None and found.speed_mps < analysis.method.posterior.leaning_under_mps:
        points.append(said.VERY_SLOW)
    points.append(advice.would_settle(analysis))
    # Where the verdict hangs on the height, that is said beside it, and so is how little was counted.
    if analysis.runner.height_m is None and not said.rests_on_height(analysis):
        points.append(said.NO_HEIGHT)
    if not said.little(analysis):
        of = numbers.plural(analysis.quality.epochs_total, "half-minute")
        points.append(f"{numbers.number(analysis.quality.epochs_scored)}{TIE}of{TIE}{of} counted.")
    return " ".join(filter(None, points))


# A sync: what is new, which run it is about, and the weeks in a line.

BEFORE = 4  # weeks that the last one is held against
Dated = tuple[date, Any]  # the runner's local day of a run, and its row in the store


def is_history(runs: Sequence[Dated]) -> bool:
    """Whether the new runs, oldest first, are a history that was taken in for the first time."""
    return len(runs) > 20 and runs[-1][0] - runs[0][0] > timedelta(weeks=8)  # design: so much is no news


def main_run(runs: Sequence[Dated]) -> int:
    """Which run the story is about: the longest of the last day, not the cool-down after it."""
    last = runs[-1][0]
    of_day = [place for place, (day, _) in enumerate(runs) if day == last]
    return max(of_day, key=lambda place: (runs[place][1].distance_m or 0.0, runs[place][1].duration_s))


def whats_new(runs: Sequence[Dated], today: date, *, miles: bool) -> str:
    """The new runs, oldest first: how many, how far, when."""
    count = numbers.plural(len(runs), "new run")
    if len(runs) > 4:  # fewer are named one by one
        total = numbers.distance(sum(row.distance_m or 0.0 for _, row in runs), miles=miles)
        return f"{count}, {total}, {numbers.short_day(runs[0][0], runs[-1][0])} to {numbers.day(runs[-1][0])}."
    named = []
    for day, row in runs:
        far = numbers.distance(row.distance_m, miles=miles) if row.distance_m else numbers.minutes(row.duration_s)
        named.append(f"{far} on {numbers.short_day(day, today)}")
    return f"{count}: {', '.join(named)}."


def years_at_once(new: str, weeks: Iterable[Section], context: Context) -> list[Section]:
    """A history that came in at once: what is new, the runner, the weeks, what to do next, where the rest is."""
    end = tail(context.replace(own=None, week=""))
    return [[Prose(new)], runner(context.weeks), *weeks, sections.do_next(context.advice, context.remark), end]


def week_line(view: WeeklyView, today: date, *, miles: bool) -> str:
    """The last week beside the four before it, how much slow running was shuffle-like, and where it is going."""
    *before, week = view.weeks[-BEFORE - 1 :]
    now = timedelta() <= today - week.monday < timedelta(weeks=1)
    which = "This week" if now else f"In the week of {numbers.day(week.monday)}"
    text = f"{which} {numbers.plural(week.runs, 'run')}, {numbers.distance(week.distance_m, miles=miles)}"
    if any(each.runs for each in before):
        mean = numbers.distance(sum(each.distance_m for each in before) / len(before), miles=miles)
        text += f"; a week of the {len(before)} before {mean}"
    told = [f"{text}."]
    # Shares compare on one sensor alone.
    then = [each for each in before if each.shuffle_share is not None and each.segment == week.segment and each.slow_s]
    if week.shuffle_share is not None and then:
        usual = sum((each.shuffle_share or 0.0) * each.slow_s for each in then) / sum(each.slow_s for each in then)
        if week.shuffle_share or usual:
            now_and_then = f"{numbers.percent(week.shuffle_share)}, before {numbers.percent(usual)}"
            told.append(f"Slow running shuffle-like: {now_and_then}.")
    return " ".join(filter(None, [*told, trend(view)]))


def trend(view: WeeklyView) -> str:
    """Where the weeks are going, in a few words."""
    called = [each for each in view.trends if each.called]
    if called:
        return " ".join(f"Since {numbers.day(each.first)} {each.verdict}." for each in called if each.first)
    if not view.trends:
        return ""
    if view.verdicts == (Verdict.STEADY,):
        return "Steady."
    more = max(each.weeks_missing or each.weeks_advised for each in view.trends)
    return f"No trend can be told yet: about {numbers.plural(more, 'more week')}." if more else ""
