"""What --explain owes to every run: the rules that decided, the numbers, and where they come from."""

import pytest

from kneedrive.analysis.gates import SHORT as GATES
from kneedrive.analysis.result import Analysis
from kneedrive.method import Method
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.report import explain, terminal
from kneedrive.report.blocks import Style
from tests.conftest import Golden
from tests.report.runs import JUDGED, RUNS

WIDE = Style(width=92)


def render(analysis: Analysis) -> str:
    return terminal.render(explain.sections(analysis, miles=False), WIDE)


def flat(name: str, method: Method | None = None) -> str:
    """The explanation without line breaks."""
    run = RUNS[name]()
    return " ".join(render(run.replace(method=method) if method else run).split())


def test_explanation_of_a_slow_shuffle(golden: Golden) -> None:
    rules, heading, knobs = render(RUNS["demo"]()).partition("NUMBERS OF THE METHOD")

    golden.check("explain-demo.txt", rules)
    assert heading
    assert "[design]" in knobs


@pytest.mark.parametrize("pattern", list(Pattern))
def test_a_rule_reads_as_it_decides(pattern: Pattern) -> None:
    text = explain.region(pattern, Method().posterior, miles=False)

    for bound in PATTERNS[pattern].region:
        assert f"{bound.axis} {'≥' if bound.side > 0 else '≤'} " in text
    assert ("slower than 5:33" in text) == (pattern is Pattern.SHUFFLE)


def test_a_changed_rule_changes_what_is_explained() -> None:
    method = Method()
    stricter = method.replace(posterior=method.posterior.replace(score=0.9, part=0.3, spoken=0.85, r_zSL_zDF=-0.4))
    text = flat("piston", stricter)

    assert "P ≥ 0.9, zB ≥ 0.3, zSL ≤ 0.3" in text
    assert "Said from 85 %" in text
    assert "r(zSL, zDF) = -0.4" in text


@pytest.mark.parametrize("name", JUDGED)
def test_every_probability_stands_beside_that_of_any_runner(name: str) -> None:
    run, text = RUNS[name](), flat(name)
    assert run.posterior

    for pattern, probability in run.posterior.odds.items():
        shown = [f"{100 * p:.0f} %" for p in (probability, run.posterior.base_rates[pattern])]
        if 0.01 < probability < 0.99:
            assert f"{PATTERNS[pattern].name} {shown[0]} (any runner: {shown[1]}), where" in text


@pytest.mark.parametrize("name", JUDGED)
def test_from_steps_alone_the_doubt_about_the_correlation_is_shown(name: str) -> None:
    assert ("With a correlation of steps and contact from -0.5 to 0" in flat(name)) == bool(RUNS[name]().odds_range)


@pytest.mark.parametrize("name", RUNS)
def test_reference_and_its_basis_are_always_named(name: str) -> None:
    run, text = RUNS[name](), flat(name)

    assert run.reference.basis in text
    assert run.provenance_reason.rstrip(".") in text
    assert run.status in text


def test_every_gate_is_shown_with_its_count() -> None:
    text = flat("demo").split("GATES")[1]

    assert all(f"{count} {GATES[gate]}" in text for gate, count in RUNS["demo"]().quality.excluded.items())
    assert "Coverage of half-minutes: speed_mps" in text


def test_the_knee_is_told_in_degrees_or_why_it_is_not() -> None:
    assert "° from the mean at this speed, less with a probability of" in flat("demo")
    reason = RUNS["drive-steps"]().knee.reason
    assert reason
    assert reason[1:] in flat("drive-steps")


def test_every_knob_has_a_value_a_unit_and_a_source() -> None:
    rows = list(explain.knobs(Method()))

    assert ("posterior", "spoken", 0.8, "probability", "design") in rows
    assert all(unit and source for _, _, _, unit, source in rows)
    assert "Vernillo 2017" in flat("neutral")


def test_the_clash_with_the_words_of_research_is_stated() -> None:
    assert "“forward” or “terrestrial” running means long contact" in flat("neutral")
