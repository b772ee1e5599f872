"""What a posterior comes to, in a runner's words: the name of a pattern and how sure it is, the knee, what is open.

A watch sees timing and bounce, so nothing here speaks of angles, foot strike, economy or injury, and no pattern is good
or bad. A probability is said coarsely, with what it is for any runner beside it. What only leans is said to lean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from kneedrive import advice
from kneedrive.analysis.certainty import Certainty, Knee
from kneedrive.analysis.posterior import Basis
from kneedrive.analysis.result import Analysis, Finding
from kneedrive.history.result import LastWeeks, Verdict
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.report import numbers, odds
from kneedrive.report.blocks import Inline, Role, Span, Tone, strong, words
from kneedrive.sensors import SensorClass

STEPS_ALONE = "from your steps alone"
KNEE_LIFT = "Knee lift cannot be told by a watch."
VERY_SLOW = "So slow, what is usual is hardly known."


def tone_of(judgement: Finding | None) -> Tone:
    """The colour of a judgement: its pattern's, unless nothing is said of it."""
    if judgement is None or judgement.certainty is Certainty.OPEN:
        return Role.STRONG
    return judgement.pattern


def name(pattern: Pattern) -> str:
    """What a runner calls a pattern."""
    return PATTERNS[pattern].name


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]


def listed(parts: Sequence[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    *first, end = parts
    return f"{', '.join(first)} {last} {end}" if first else end


# Patterns.


def of_scope(findings: Sequence[Finding], *scopes: str) -> tuple[Finding, ...]:
    """The findings about a run, its slow part or weeks, the headline first."""
    return tuple(each for each in findings if each.scope in scopes)


def phrase(findings: Sequence[Finding]) -> str:
    """What findings of one scope come to in a few words: "leans towards shuffle-like", "nothing stands out"."""
    first = findings[0]
    if first.pattern is Pattern.NEUTRAL:
        return {
            Certainty.SPOKEN: name(Pattern.NEUTRAL),
            Certainty.LEANING: f"probably {name(Pattern.NEUTRAL)}",
        }.get(first.certainty, "nothing stands out")
    if first.certainty is Certainty.OPEN:
        hints = [name(each.pattern) for each in findings if each.pattern is not Pattern.NEUTRAL]
        if len(hints) == 1:
            return f"at most a hint of {hints[0]}"
        return f"no clear pattern: perhaps {listed(hints, 'or')}"
    return "; also ".join(map(_sure, certain(findings)))


def certain(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those that are said, or leant to."""
    return tuple(each for each in findings if each.certainty is not Certainty.OPEN)


def _sure(judgement: Finding) -> str:
    if judgement.certainty is Certainty.LEANING:
        return f"leans towards {name(judgement.pattern)}"
    return f"{'markedly ' if judgement.marked else ''}{name(judgement.pattern)}"


def headline(analysis: Analysis) -> str:
    """The verdict in a few words, without a full stop."""
    if analysis.status == "too few epochs" and "cadence_spm" not in analysis.channels:
        return "No cadence was recorded"
    return in_short(analysis.findings, analysis.status)


def slow_apart(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings about slow running, where they say something else than those about the run."""
    run, slow = of_scope(findings, "run"), of_scope(findings, "slow")
    return () if run and slow and run[0].pattern is slow[0].pattern else slow


def in_short(findings: Sequence[Finding], status: str) -> str:
    """What the findings of a run come to, or what its status says where there are none."""
    run, slow, apart = of_scope(findings, "run"), of_scope(findings, "slow"), slow_apart(findings)
    if not run:
        return UNASSESSED.get(status, "Nothing to judge")
    text = f"{phrase(apart)} when slow, {phrase(run)} otherwise" if apart else phrase(run)
    if slow and not apart and slow[0].certainty is not run[0].certainty:
        text += ", most clearly when slow"
    return capital(f"{text}, {STEPS_ALONE}" if run[0].basis is Basis.STEPS else text)


UNASSESSED = {
    "assessed": "Measured, but not comparable with other runners",
    "too few epochs": "Too little steady running to judge",
    "walk": "A walk, not a run",
    "not a run": "Not a run",
    "no samples": "Averages only, nothing to judge",
}


def likely(judgement: Finding) -> Inline:
    """ "about 3 in 5 likely (any runner: 1 in 5)"."""
    p, base = odds.about(judgement.probability), odds.in_words(judgement.base_rate)
    return words(strong(p), f" likely (any runner: {base})")


def each_likely(findings: Sequence[Finding]) -> Inline:
    """Several patterns with their odds: "shuffle-like about 2 in 5, piston-like 1 in 5 (any runner: 1 in 5)"."""
    findings = [each for each in findings if each.pattern is not Pattern.NEUTRAL] or findings
    bases = [odds.in_words(each.base_rate) for each in findings]
    said: Inline = ()
    for place, each in enumerate(findings):
        base = "" if bases[place + 1 : place + 2] == [bases[place]] else f" (any runner: {bases[place]})"
        said += words(", " if place else "", f"{name(each.pattern)} ", strong(odds.about(each.probability)), base)
    return said


def ruled_out(patterns: Sequence[Pattern], leading: Finding) -> str:
    """Which patterns are ruled out, where that is news: from steps alone, and where another pattern leads."""
    if not patterns or (leading.pattern is Pattern.NEUTRAL and leading.basis is not Basis.STEPS):
        return ""
    many = len(patterns) > 1
    return capital(f"{listed([name(each) for each in patterns])} {'are' if many else 'is'} ruled out.")


# The swing knee.


def knee_sentence(knee: Knee, *, at: str = "at this pace") -> Inline:
    """How far the knee probably bends as the leg swings through; nothing where that is even or cannot be told."""
    if knee.probability_less is None or knee.certainty is Certainty.OPEN:
        return ()
    less = knee.probability_less >= 0.5
    sure = knee.probability_less if less else 1.0 - knee.probability_less
    probably = "probably bends" if knee.certainty is Certainty.SPOKEN else "may bend"
    return words(
        f"As the leg swings through, your knee {probably} {'less' if less else 'more'} than usual {at} (",
        strong(odds.about(sure)),
        ").",
    )


KNEE_GROUND = (
    "Swing knee bend goes with timing in filmed runners (26 on a treadmill, 25 of them men, contact by force plate); "
    "outdoors that is untested. “Usual” is the mean of runners at that speed. "
)


# The runner over the last weeks.


TRENDS = {"steady": "steady", "too early to tell": "no trend can be told yet"}


def runner_sentence(weeks: LastWeeks) -> Inline:
    """What the runner is over the last weeks: "You, since 5 Jun 2026: shuffle-like, about 9 in 10 likely ..."."""
    found = of_scope(weeks.findings, "weeks")
    steps = f", {STEPS_ALONE}" if found[0].basis is Basis.STEPS else ""
    told = words(Span(phrase(found), tone_of(found[0])), ", ", likely(found[0]))
    if len(certain(found)) > 1:
        told = each_likely(certain(found))
    elif found[0].certainty is Certainty.OPEN and found[0].pattern is not Pattern.NEUTRAL:
        told = words("no clear pattern, at most ", each_likely(found))
    slow = ""
    if weeks.share_of_slow:
        slow = f" {numbers.percent(weeks.share_of_slow)} of your slow running is shuffle-like."
    called = f"going {weeks.verdict}" if weeks.verdict.startswith("towards") else f"{weeks.verdict} than before"
    trend = TRENDS.get(weeks.verdict, called)
    began = weeks.verdict_since
    if began and began < weeks.first - timedelta(weeks=1) and weeks.verdict != Verdict.TOO_EARLY:
        trend += f" (since {numbers.short_day(began)}{numbers.TIE}{began.year})"  # it rests on more than these weeks
    since = f"You, since {numbers.short_day(weeks.first)}{numbers.TIE}{weeks.first.year}{steps}: "
    return words(since, told, f".{slow} {numbers.plural(weeks.runs, 'run')}, {trend}.")


# What is open, and what would settle it.

STRAVA_CREDIT = "Powered by Strava"  # their terms ask for it wherever their data are shown


def from_strava(formats: Iterable[str]) -> bool:
    """Whether one of these recordings came from Strava's API; the store lists several with commas between."""
    return any("strava" in each.split(",") for each in formats)


COMPUTED = "Your watch only computes contact and bounce."
NO_HEIGHT = "--height 1.78 would hold you against runners as tall."


def settling(analysis: Analysis) -> list[str]:
    """What keeps the judgement from being surer, and what would help; a sensor that the file holds is never advised."""
    if not analysis.findings:
        return []
    posterior, slowest_mps = analysis.posterior, analysis.method.posterior.leaning_under_mps
    points = {
        VERY_SLOW: posterior is not None and posterior.speed_mps < slowest_mps,
        COMPUTED: analysis.provenance is SensorClass.GARMIN_WRIST,
        advice.would_settle(analysis): True,
        NO_HEIGHT: analysis.runner.height_m is None,
    }
    return [point for point, holds in points.items() if point and holds]
