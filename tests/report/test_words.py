"""What findings come to in words: the same odds in the same words, and what limits them at the verdict."""

from __future__ import annotations

import numpy as np
import pytest

from kneedrive.advice import ground_of
from kneedrive.analysis import analyze
from kneedrive.analysis.posterior import Basis, Certainty
from kneedrive.analysis.result import Analysis, Finding, Scope
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.recording import Note, Runner, Samples
from kneedrive.report import screen, words
from kneedrive.report.blocks import Style, Table, plain
from kneedrive.report.numbers import TIE
from kneedrive.report.terminal import render
from tests.analysis.runs import RUNNER, activity, samples
from tests.report.runs import RUNS

DRIVE, PISTON, SHUFFLE = Pattern.DRIVE, Pattern.PISTON, Pattern.SHUFFLE
LIGHT, NEUTRAL = Pattern.SHORT_AIRY, Pattern.NEUTRAL


def findings(odds: dict[Pattern, float], certainty: Certainty = Certainty.OPEN) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            scope=Scope.RUN, pattern=pattern, certainty=certainty, probability=p, base_rate=0.2, basis=Basis.MEASURED
        )
        for pattern, p in odds.items()
    )


def verdict(analysis: Analysis, *, apart: bool = False) -> str:
    return " ".join(render([screen.verdict(analysis, miles=False, apart=apart)], Style(width=200)).split())


@pytest.mark.parametrize(
    ("odds", "said"),
    [
        ({DRIVE: 0.41, NEUTRAL: 0.39}, "nothing stands out, at most a hint of drive-like"),
        ({NEUTRAL: 0.41, DRIVE: 0.39}, "nothing stands out, at most a hint of drive-like"),
        (
            {NEUTRAL: 0.41, DRIVE: 0.39, LIGHT: 0.3},
            "nothing stands out, at most a hint of drive-like or quick, light steps",
        ),
        ({NEUTRAL: 0.42, DRIVE: 0.2}, "nothing stands out"),
        ({DRIVE: 0.42, NEUTRAL: 0.2}, "at most a hint of drive-like"),
        (
            {SHUFFLE: 0.41, PISTON: 0.4, LIGHT: 0.35},
            "no clear pattern: perhaps shuffle-like, piston-like or quick, light steps",
        ),
    ],
)
def test_the_same_odds_are_said_alike_whichever_is_ahead_by_a_hair(odds: dict[Pattern, float], said: str) -> None:
    assert words.phrase(findings(odds)) == said


def test_open_odds_are_those_of_every_pattern_named() -> None:
    told = plain(words.each_likely(findings({NEUTRAL: 0.42, DRIVE: 0.2}))).replace(TIE, " ")

    assert told == ("nothing unusual about 2 in 5 (any runner: 1 in 5); drive-like about 1 in 5 (1 in 5)")


@pytest.mark.parametrize(("ahead", "behind"), [(0.41, 0.39), (0.39, 0.41)])
def test_advice_follows_the_words(ahead: float, behind: float) -> None:
    run = RUNS["drive-steps"]()
    assert run.posterior
    odds = {**dict.fromkeys(run.posterior.odds, 0.0), DRIVE: ahead, NEUTRAL: behind}
    open_run = run.replace(
        posterior=run.posterior.replace(odds=odds), findings=findings({DRIVE: ahead, NEUTRAL: behind})
    )
    apart = run.posterior.replace(odds=odds | {NEUTRAL: 0.29})

    assert words.quiet(open_run.findings)
    assert ground_of(open_run).finding == NEUTRAL
    assert ground_of(open_run.replace(posterior=apart)).finding == "long-steps"


def rows_of(analysis: Analysis) -> list[str]:
    (table,) = screen.evidence(analysis, miles=False)
    assert isinstance(table, Table)
    return [plain(row[0]) for row in table.rows]


@pytest.mark.parametrize("name", ["demo", "drive-coros", "light-pod", "shuffle-stryd"])
def test_the_share_of_a_step_on_the_ground_is_shown_where_it_decides(name: str) -> None:
    assert screen.GROUND_SHARE in rows_of(RUNS[name]())


def test_no_number_under_a_verdict_speaks_against_it() -> None:
    run = RUNS["shuffle-stryd"]()
    (found,) = run.findings
    against = {key: 1.2 * found.evidence[f"usual_{key}"] for key in ("step_length_m", "flight_time_s")}
    found = found.replace(evidence={**found.evidence, **against})
    odd = run.replace(findings=(found,))
    open_odds = run.replace(findings=(found.replace(certainty=Certainty.OPEN),))

    assert rows_of(odd) == [screen.GROUND_SHARE, "cadence"]
    assert rows_of(open_odds) == ["step length", screen.GROUND_SHARE, "flight time"]


def test_shuffling_and_short_grounded_steps_differ_by_the_pace() -> None:
    assert "slow pace" in PATTERNS[SHUFFLE].meaning
    assert "too quick to be called a shuffle" in PATTERNS[Pattern.SHORT_GROUNDED].meaning


def test_a_sensor_without_bounce_says_so_where_it_names_piston() -> None:
    pod, strap = RUNS["light-pod"](), RUNS["piston"]()
    both = findings({SHUFFLE: 0.4, PISTON: 0.4})

    assert words.NO_BOUNCE in verdict(pod.replace(findings=both))
    assert words.NO_BOUNCE not in verdict(pod.replace(findings=findings({SHUFFLE: 0.4, LIGHT: 0.4})))
    assert words.NO_BOUNCE not in verdict(strap.replace(findings=both))


def test_a_height_that_is_not_known_is_named_at_a_verdict_about_step_length_and_else_in_what_is_open() -> None:
    run = RUNS["drive-coros"]()
    on_height = words.ON_HEIGHT.replace(TIE, " ")
    quiet = run.replace(findings=findings({NEUTRAL: 0.6}, Certainty.LEANING))

    assert on_height in verdict(run)
    assert words.NO_HEIGHT not in screen.open_points(run)
    assert on_height not in verdict(quiet)
    assert words.NO_HEIGHT in screen.open_points(quiet)
    assert on_height not in verdict(run.replace(runner=Runner(height_m=1.8)))
    assert not any(char.isdigit() for char in words.ON_HEIGHT + words.NO_HEIGHT)


@pytest.mark.parametrize("name", ["demo", "walk"])
def test_a_file_that_ends_early_says_so_on_the_first_screen(name: str) -> None:
    run = RUNS[name]()
    cut = run.quality.replace(notes=(Note(code="truncated", text="the file ends 10 bytes too early", offset=9),))

    assert words.CUT_OFF in verdict(run.replace(quality=cut))
    assert words.CUT_OFF not in verdict(run)


def test_how_little_of_a_run_counts_is_said_before_its_odds() -> None:
    run = RUNS["demo"]()
    quality = run.quality.replace(epochs_total=156, epochs_scored=21, excluded={"walking": 90, "hilly": 40, "start": 5})
    told = verdict(run.replace(quality=quality)).replace(TIE, " ")

    little = "Only 21 of 156 half-minutes count (left out: mostly walking, too steep)."
    assert told.index(little) < told.index("likely")
    assert "half-minutes count" not in screen.open_points(run.replace(quality=quality))
    assert not words.little(run)


def test_under_the_runners_own_sentence_the_headline_says_that_it_is_the_runs() -> None:
    assert "This run: markedly shuffle-like when slow" in verdict(RUNS["demo"](), apart=True)
    assert "This run" not in verdict(RUNS["demo"]())


# What makes one run less sure than others is said beside its verdict.

TIME = np.arange(2400.0)


def analysed(recorded: Samples) -> Analysis:
    return analyze(activity(recorded), runner=RUNNER)


def points(recorded: Samples) -> str:
    return screen.open_points(analysed(recorded))


def test_a_sensor_that_drifts_is_named_at_the_verdict() -> None:
    drifting = samples(2400, stance_time_s=0.255 + 0.020 * TIME / 2400 + 0.001 * np.sin(TIME * 2.0))

    assert verdict(analysed(drifting)).count("drifted") == 1
    assert "drifted" not in points(drifting)  # said at the verdict, and so not again
    assert "drifted" not in verdict(analysed(samples(2400)))


def test_a_very_slow_run_says_that_usual_is_hardly_known() -> None:
    stance = 0.33 + 0.001 * np.sin(TIME * 2.0)

    assert words.VERY_SLOW in points(samples(2400, speed_mps=1.8, cadence_spm=160.0, stance_time_s=stance))
    assert words.VERY_SLOW not in points(samples(2400, speed_mps=2.1, cadence_spm=160.0, stance_time_s=stance))
