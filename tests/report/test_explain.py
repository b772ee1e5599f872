"""What --explain owes to every finding."""

import pytest

from kneedrive.method import Method
from kneedrive.report import explain
from kneedrive.report.text import Style
from tests.conftest import Golden
from tests.report import cases

WIDE = Style(width=92)


def flat(text: str) -> str:
    """The text without line breaks."""
    return " ".join(text.split())


def test_explanation_of_a_slow_shuffle(golden: Golden) -> None:
    golden.check("explain-shuffle_when_slow.txt", explain.render(cases.shuffle_when_slow(), WIDE))


def test_the_formula_is_worked_with_the_numbers_of_the_run() -> None:
    text = flat(explain.render(cases.piston(), WIDE))

    assert "here S = 2.1, s = 0.45" in text
    assert "Rule: P ≥ 1, zB ≥ 0.5, zSL ≤ 0.25." in text


def test_a_negative_score_is_signed_towards_its_label() -> None:
    run = cases.analysis(findings=(cases.finding("shuffle-like"),), scores=cases.scores(-1.7, 0.1))

    assert "here S = 1.7, s = 0.57" in flat(explain.render(run, WIDE))


def test_a_neutral_finding_explains_its_probability_by_the_range() -> None:
    run = cases.analysis(findings=(cases.finding("neutral", probability=0.9),))

    assert "lies between −1 and 1" in flat(explain.render(run, WIDE))


@pytest.mark.parametrize("name", cases.CASES)
def test_reference_and_its_basis_are_always_named(name: str) -> None:
    run = cases.CASES[name]()
    text = flat(explain.render(run, WIDE))

    assert run.reference.basis in text
    assert run.provenance_reason in text


def test_every_gate_is_shown_with_its_count() -> None:
    text = flat(explain.render(cases.analysis(), WIDE))

    assert all(f"{count} left out: " in text for count in cases.QUALITY.excluded.values())


def test_a_score_that_is_not_judged_gives_its_reason() -> None:
    assert "P, piston: not judged: the contact time and oscillation of this watch" in flat(
        explain.render(cases.wrist(), WIDE)
    )


def test_every_knob_has_a_value_a_unit_and_a_source() -> None:
    rows = list(explain.knobs(Method()))

    assert ("labels", "spoken", 0.85, "probability", "design") in rows
    assert all(unit and source for _, _, _, unit, source in rows)
    assert "Vernillo 2017" in flat(explain.render(cases.analysis(), WIDE))


def test_a_changed_knob_changes_what_is_explained() -> None:
    method = Method()
    stricter = method.replace(labels=method.labels.replace(piston_zB_min=0.7))

    assert "zB ≥ 0.7" in explain.render(cases.piston().replace(method=stricter), WIDE)


def test_the_clash_with_the_words_of_research_is_stated() -> None:
    assert "“forward” or “terrestrial” running means long contact" in flat(explain.render(cases.analysis(), WIDE))
