"""What a posterior comes to, in a runner's words: the name of a pattern and how sure it is, the knee, what is open.

A watch sees timing and bounce, so nothing here speaks of angles, foot strike, economy or injury, and no pattern is good
or bad. A probability is said coarsely, with what it is for any runner beside it. What only leans is said to lean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from kneedrive.analysis.gates import SHORT
from kneedrive.analysis.posterior import Basis, Bend, Certainty, Knee
from kneedrive.analysis.result import Analysis, Finding, Scope, Status
from kneedrive.histories.result import LastWeeks, Verdict
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.quantities import QUANTITIES
from kneedrive.recording import NoteCode
from kneedrive.report import numbers
from kneedrive.report.blocks import Inline, Piece, Span, strong, words
from kneedrive.report.numbers import TIE

STEPS_ALONE = "from your steps alone"
KNEE_LIFT = "Knee lift cannot be told by a watch."
VERY_SLOW = "So slow, what is usual is hardly known."


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]


def listed(parts: Sequence[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    *first, end = parts
    return f"{', '.join(first)} {last} {end}" if first else end


def moved(key: str, amount: float) -> str:
    """What a quantity did: "contact lengthened by 9 ms"."""
    row = QUANTITIES[key]
    return f"{row.rose if amount > 0 else row.fell} by {numbers.change(key, amount).lstrip('+-')}"


def of_scope(findings: Sequence[Finding], scope: Scope) -> tuple[Finding, ...]:
    """The findings about a "run", its "slow" part or "weeks", the headline first."""
    return tuple(each for each in findings if each.scope is scope)


def slow_apart(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings about slow running, where they say something else than those about the run."""
    run, slow = of_scope(findings, Scope.RUN), of_scope(findings, Scope.SLOW)
    return () if run and slow and run[0].pattern is slow[0].pattern else slow


def certain(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those that are said, or leant to."""
    return tuple(each for each in findings if each.certainty is not Certainty.OPEN)


def as_likely(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Of findings that are open, those whose odds are said in the same words as the first one's."""
    # Odds that read alike are alike: 0.41 before 0.39 is no order that a recording can tell.
    first = numbers.coarse(findings[0].probability)
    return tuple(each for each in findings if numbers.coarse(each.probability) == first)


def quiet(findings: Sequence[Finding]) -> bool:
    """Whether nothing stands out: of open findings, that there is no pattern is as likely as any of them."""
    return findings[0].certainty is Certainty.OPEN and Pattern.NEUTRAL in {each.pattern for each in as_likely(findings)}


def named(findings: Sequence[Finding]) -> tuple[Pattern, ...]:
    """The patterns that the headline of these findings names."""
    shown = as_likely(findings) if findings and quiet(findings) else findings  # a hint is as likely as nothing
    return tuple(each.pattern for each in shown if each.pattern is not Pattern.NEUTRAL)


def phrase(findings: Sequence[Finding], *, hints: bool = True) -> str:
    """What findings of one scope come to: "leans towards shuffle-like". hints: name what is as likely as nothing."""
    names = [PATTERNS[pattern].name for pattern in named(findings)]
    if quiet(findings):
        hint = f", at most a hint of {listed(names, 'or')}" if names and hints else ""
        return f"nothing stands out{hint}"
    if findings[0].certainty is Certainty.OPEN:
        several = f"no clear pattern: perhaps {listed(names, 'or')}"
        return f"at most a hint of {names[0]}" if len(names) == 1 else several
    if findings[0].pattern is Pattern.NEUTRAL:
        probably = "probably " if findings[0].certainty is Certainty.LEANING else ""
        return f"{probably}{PATTERNS[Pattern.NEUTRAL].name}"
    said = []
    for each in certain(findings):
        how = "markedly " if each.marked else ""
        how = "leans towards " if each.certainty is Certainty.LEANING else how
        said.append(f"{how}{PATTERNS[each.pattern].name}")
    return "; also ".join(said)


def headline(analysis: Analysis) -> str:
    """The verdict in a few words, without a full stop."""
    if analysis.status == Status.TOO_FEW and "cadence_spm" not in analysis.channels:
        return "No cadence was recorded"
    return in_short(analysis.findings, analysis.status)


def in_short(findings: Sequence[Finding], status: str) -> str:
    """What the findings of a run come to, or what its status says where there are none."""
    run, slow, apart = of_scope(findings, Scope.RUN), of_scope(findings, Scope.SLOW), slow_apart(findings)
    if not run:
        return UNASSESSED.get(status, "Nothing to judge")
    text = f"{phrase(apart)} when slow, {phrase(run, hints=False)} otherwise" if apart else phrase(run)
    if slow and not apart and slow[0].certainty is not run[0].certainty:
        text += ", most clearly when slow"
    return capital(f"{text}, {STEPS_ALONE}" if run[0].basis is Basis.STEPS else text)


UNASSESSED: dict[str, str] = {
    Status.ASSESSED: "Measured, but not comparable with other runners",
    Status.TOO_FEW: "Too little steady running to judge",
    Status.WALK: "A walk, not a run",
    Status.NOT_A_RUN: "Not a run",
    Status.NO_SAMPLES: "Averages only, nothing to judge",
}


def likely(judgement: Finding) -> Inline:
    """ "about 3 in 5 likely (any runner: 1 in 5)"."""
    base = numbers.odds(judgement.base_rate)
    return words(strong(numbers.about(judgement.probability)), f" likely (any runner: {base})")


def each_likely(findings: Sequence[Finding]) -> Inline:
    """Several patterns: "shuffle-like about 3 in 5 (any runner: 1 in 5); piston-like about 2 in 5 (1 in 10)"."""
    said: list[Piece] = []
    for each in findings:
        base = f" ({'' if said else 'any runner: '}{numbers.odds(each.base_rate)})"
        name = f"{'; ' if said else ''}{PATTERNS[each.pattern].name} "
        said += words(name, strong(numbers.about(each.probability)), base)
    return tuple(said)


def meant(findings: Sequence[Finding], where: str) -> Inline:
    """A sentence: where it is, how likely, and what the pattern means; the odds of each pattern where it is several."""
    sure = certain(findings)
    if len(sure) == 1:  # several, or none, are told by their odds alone
        return words(f"{where} it is ", likely(sure[0]), f": {PATTERNS[sure[0].pattern].meaning}.")
    return words(f"{where}: ", each_likely(sure or findings), ".")


def ruled_out(patterns: Sequence[Pattern], leading: Finding) -> str:
    """Which patterns are ruled out, where that is news: from steps alone, and where another pattern leads."""
    # Almost every runner has something ruled out: said always, it would be no news.
    if not patterns or (leading.pattern is Pattern.NEUTRAL and leading.basis is not Basis.STEPS):
        return ""
    are = "are" if len(patterns) > 1 else "is"
    return capital(f"{listed([PATTERNS[each].name for each in patterns])} {are} ruled out.")


def knee_sentence(knee: Knee, *, at: str = "at this pace") -> Inline:
    """How far the knee probably bends as the leg swings through at some pace; nothing where that is even or unknown."""
    if knee.probability_less is None or knee.bends is Bend.UNSAID:
        return ()
    sure = max(knee.probability_less, 1.0 - knee.probability_less)  # of the side that it is said to bend to
    probably = "probably bends" if knee.certainty is Certainty.SPOKEN else "may bend"
    bends = f"As the leg swings through, your knee {probably} {knee.bends} than usual {at} ("
    return words(bends, strong(numbers.about(sure)), ").")


# The runners of RBDS, filmed at 2.5, 3.5 and 4.5 m/s. The odds of the knee stand beside this wherever they are told in
# full, since they come from other people and from no sensor on this one.
KNEE_GROUND = (
    "Swing knee bend goes with timing in filmed runners (26 on a treadmill, 25 of them men, contact by force plate); "
    "outdoors that is untested. “Usual” is the mean of runners at that speed. "
)


def runner_sentence(weeks: LastWeeks) -> Inline:
    """What the runner is over the last weeks: "You, since 5 Jun 2026: shuffle-like, about 9 in 10 likely ..."."""
    found = of_scope(weeks.findings, Scope.WEEKS)
    steps = f", {STEPS_ALONE}" if found[0].basis is Basis.STEPS else ""
    if len(certain(found)) > 1:
        told = each_likely(certain(found))
    elif found[0].certainty is Certainty.OPEN:
        hints = [each for each in found if each.pattern is not Pattern.NEUTRAL] or found
        told = words(strong("nothing stands out" if quiet(found) else "no clear pattern"), "; ", each_likely(hints))
    else:
        told = words(Span(phrase(found), found[0].pattern), ", ", likely(found[0]))
    slow = ""
    if weeks.share_of_slow:
        slow = f" {numbers.percent(weeks.share_of_slow)} of your slow running is shuffle-like."
    since = f"{numbers.short_day(weeks.first)}{TIE}{weeks.first.year}"
    return words(f"You, since {since}{steps}: ", told, f".{slow} {numbers.plural(weeks.runs, 'run')}, {_trend(weeks)}.")


def _trend(weeks: LastWeeks) -> str:
    """ "steady", "going towards drive (since 5 Jun 2026)"."""
    if Verdict.TOO_EARLY in weeks.verdicts:
        return "no trend can be told yet"
    trend = " and ".join(weeks.verdicts)
    if weeks.verdicts[0] in (Verdict.TOWARDS_DRIVE, Verdict.TOWARDS_SHUFFLE):
        trend = f"going {trend}"
    elif Verdict.STEADY not in weeks.verdicts:
        trend = f"{trend} than before"
    began = weeks.verdict_since
    if began and began < weeks.first - timedelta(weeks=1):  # it rests on more than the weeks of the sentence
        trend += f" (since {numbers.short_day(began)}{TIE}{began.year})"
    return trend


STRAVA_CREDIT = "Powered by Strava"  # their terms ask for it wherever their data are shown


def from_strava(formats: Iterable[str]) -> bool:
    """Whether one of these recordings came from Strava's API; the store lists several with commas between."""
    return any("strava" in each.split(",") for each in formats)


NO_HEIGHT = f"--height{TIE}METRES would hold you against runners as tall."
ON_HEIGHT = f"Judged without your height: --height{TIE}METRES may change this."
NO_BOUNCE = "Bounce was not measured: the odds of piston-like follow from the rest."
CUT_OFF = "The file ends early, so the end of this run is missing."
DRIFTED = "Less sure than others: the sensor drifted within this run."


def rests_on_height(analysis: Analysis) -> bool:
    """Whether a pattern is named without the height that would tell how long a step is for this runner."""
    return analysis.runner.height_m is None and any(
        named(of_scope(analysis.findings, each)) for each in (Scope.RUN, Scope.SLOW)
    )


def limits(analysis: Analysis) -> list[str]:
    """What belongs beside the verdict: that it hangs on the height, that bounce was not measured, that it drifted."""
    piston = any(each.pattern is Pattern.PISTON for each in analysis.findings)
    unmeasured = piston and (analysis.posterior is None or not analysis.posterior.bounce_measured)
    drifted = any(note.code == NoteCode.DRIFT for note in analysis.quality.notes)
    return [ON_HEIGHT] * rests_on_height(analysis) + [NO_BOUNCE] * unmeasured + [DRIFTED] * drifted


def little(analysis: Analysis) -> str:
    """How little of the run counts, and mostly why; nothing where much does."""
    quality = analysis.quality
    # Design: where fewer than a third of the half-minutes count, that is said beside the verdict.
    if not quality.epochs_total or quality.epochs_scored >= 1 / 3 * quality.epochs_total:
        return ""
    gates = sorted(quality.excluded, key=lambda gate: (-quality.excluded[gate], gate))[:2]
    why = f" (left out: mostly {', '.join(SHORT.get(gate, gate) for gate in gates)})" if gates else ""
    half_minutes = numbers.plural(quality.epochs_total, "half-minute")
    return f"Only {numbers.number(quality.epochs_scored)}{TIE}of {half_minutes} count{why}."
