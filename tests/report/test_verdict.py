"""The verdict's sentences."""

import pytest

from kneedrive.analysis.result import Finding
from kneedrive.report import verdict
from kneedrive.report.numbers import TIE
from kneedrive.sensors import REFERENCES
from tests.report import cases


@pytest.mark.parametrize(
    ("label", "strength", "certainty", "headline"),
    [
        ("drive-like", "mild", "spoken", "Drive-like"),
        ("piston-like", "marked", "spoken", "Markedly piston-like"),
        ("shuffle-like", "marked", "leaning", "Leans towards shuffle-like"),
        ("long-grounded", "mild", "unclear", "Unclear, at most a hint of long, grounded steps"),
        ("neutral", "mild", "spoken", "Neutral"),
        ("neutral", "mild", "leaning", "Probably neutral"),
        ("neutral", "mild", "unclear", "Unclear, near neutral"),
        ("short-steps", "mild", "spoken", "Short steps"),
    ],
)
def test_headline_says_the_label_as_surely_as_it_is_known(
    label: str, strength: str, certainty: str, headline: str
) -> None:
    found = cases.finding(label, strength=strength, certainty=certainty)

    assert verdict.headline(cases.analysis(findings=(found,))) == headline


def test_a_shuffle_at_slow_paces_comes_before_the_rest_of_the_run() -> None:
    assert verdict.headline(cases.shuffle_when_slow()) == "Shuffle-like when slow, neutral otherwise"


@pytest.mark.parametrize(
    ("case", "headline"),
    [
        (cases.walk, "A walk, not a run"),
        (cases.not_a_run, "Not a run"),
        (cases.too_few, "Too little steady running to judge"),
        (cases.averages_only, "Averages only, nothing to judge"),
    ],
)
def test_an_activity_that_is_not_judged_says_what_it_is(case: object, headline: str) -> None:
    assert verdict.headline(case()) == headline  # type: ignore[operator]


def test_evidence_names_measured_and_usual() -> None:
    said = verdict.comparisons(
        ["stance_time_s", "power_w"], {"stance_time_s": 0.306, "power_w": 250}, {"stance_time_s": 0.291}
    )

    assert said == [f"ground contact time 306{TIE}ms (usual{TIE}291)"]


def test_slow_finding_is_shown_on_a_band_at_or_below_the_onset() -> None:
    text = " ".join(verdict.sentences(cases.shuffle_when_slow())).replace(TIE, " ")

    assert "Slower than about 6:40 /km" in text
    assert "Around 7:00 /km: each foot on the ground 44.5 % of the time (usual 40.1)" in text


def test_wrist_run_hears_that_its_dynamics_are_computed() -> None:
    assert verdict.sentences(cases.wrist())[0] == verdict.WRIST


@pytest.mark.parametrize("certainty", ["leaning", "unclear"])
def test_what_is_not_sure_is_not_said_as_a_fact(certainty: str) -> None:
    (first, *_) = verdict.sentences(cases.drive(certainty))

    assert "your steps are longer" in first
    assert "not sure" in first or "cannot be told" in first


def test_other_labels_that_qualified_are_named() -> None:
    found = cases.finding("piston-like", also=("short-airy",))

    assert "A weaker pattern is there too: “short, quick, light steps”." in verdict.sentences(
        cases.analysis(findings=(found,))
    )


@pytest.mark.parametrize(
    ("qualifier", "certainty", "head"),
    [
        ("short steps", "unclear", "Short steps, no clear pattern"),
        ("short steps", "leaning", "Probably neutral, with short steps"),
        ("low duty factor", "unclear", "Little time on the ground, no clear pattern"),
        ("long steps", "spoken", "Neutral, with long steps"),
    ],
)
def test_one_part_far_from_usual_is_named_where_no_pattern_follows(qualifier: str, certainty: str, head: str) -> None:
    found = cases.finding("neutral", certainty=certainty, qualifiers=(qualifier,))
    run = cases.analysis(findings=(found,))

    assert verdict.headline(run) == head
    assert verdict.APART[qualifier][1] in verdict.sentences(run)[0]
    assert "nothing" not in verdict.sentences(run)[0]
    assert "the drive score" in verdict.sentences(run)[1]


def test_short_steps_with_bounce_do_not_repeat_their_parts() -> None:
    found = cases.finding("short-bounce", also=("piston-like", "shuffle-like"))

    assert not any("also" in text for text in verdict.sentences(cases.analysis(findings=(found,))))


@pytest.mark.parametrize(("case", "line"), [("piston", "Markedly piston-like (97 %)"), ("analysis", "Neutral")])
def test_one_line_verdict_adds_the_probability_of_what_stands_out(case: str, line: str) -> None:
    assert verdict.line(cases.CASES[case]()).replace(TIE, " ") == line


@pytest.mark.parametrize("label", verdict.LABELS)
def test_no_label_speaks_of_good_or_bad_or_of_the_knee(label: str) -> None:
    text = f"{verdict.LABELS[label].name} {verdict.LABELS[label].meaning}"

    assert not any(word in text for word in ("good", "bad", "better", "worse", "knee", "efficient", "correct"))


def test_every_label_of_a_finding_has_its_words() -> None:
    documented = (Finding.__doc__ or "").split("label:")[1].split("strength")[0]
    named = {word.strip(" .;\n") for word in documented.replace(" or ", ",").replace(";", ",").split(",")}

    assert {label for label in named if "-" in label or label == "neutral"} - {"short-bounce\n    neutral"} <= {
        *verdict.LABELS,
        *(name for name in named if " where " in name),
    }


def test_piston_is_shown_against_what_steps_so_short_call_for() -> None:
    """Quick short steps call for less bounce than usual ones, so the usual oscillation would mislead."""
    usual = {"vertical_oscillation_m": 0.096, "step_length_m": 1.32}
    found = {"vertical_oscillation_m": 0.088, "step_length_m": 1.19}
    spread = cases.spreads(found, 60)
    (first, *_) = verdict.sentences(
        cases.analysis(findings=(cases.finding("piston-like"),), metrics=spread, usual=usual)
    )

    assert "vertical oscillation 8.8 cm where your steps call for 7.8 cm" in first.replace(TIE, " ")


def test_piston_without_a_usual_oscillation_shows_its_steps_only() -> None:
    run = cases.analysis(findings=(cases.finding("piston-like"),), usual={"step_length_m": 1.1})

    assert "call for" not in verdict.sentences(run)[0].split(": ")[1]


def test_a_slow_finding_without_a_band_to_show_still_ends_its_sentence() -> None:
    run = cases.shuffle_when_slow().replace(pace_profile=())

    assert verdict.sentences(run)[0].replace(TIE, " ").endswith("spent on the ground (93 % likely).")


def test_how_likely_stands_with_what_stands_out_and_not_beside_the_confidence() -> None:
    run = cases.piston()
    (first, *_) = verdict.sentences(run)

    assert "calls for at that speed (97 % likely): " in first.replace(TIE, " ")
    assert verdict.confidence(run.findings[0]) == f"confidence: {run.findings[0].confidence}"
    assert not any("likely" in said for said in verdict.sentences(cases.analysis()))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "Confidence is moderate, since you are held against other runners."),
        ({"height": None}, "Confidence is low, since you are held against other runners and your height is not known."),
        ({"surface": "indoor"}, "speed indoors is less sure."),
        ({"provenance": "coros"}, "what is usual on this sensor is known less well than on a Garmin chest strap."),
        ({"reference": REFERENCES["garmin_strap"].replace(sd_zB=0.9)}, "the file does not say which strap it was."),
    ],
)
def test_confidence_comes_with_what_limits_it(change: dict[str, object], reason: str) -> None:
    run = cases.analysis(findings=(cases.finding("drive-like", confidence="low" if change else "moderate"),))
    rest = {key: value for key, value in change.items() if key != "height"}
    runner = run.runner.replace(height_m=None) if "height" in change else run.runner

    assert verdict.sentences(run.replace(runner=runner, **rest))[-1].endswith(reason)


def test_several_doubts_are_clauses_of_one_sentence() -> None:
    low = (cases.finding("drive-like", confidence="low"),)
    run = cases.analysis(findings=low, surface="indoor", runner=cases.analysis().runner.replace(height_m=None))

    assert verdict.sentences(run)[-1].endswith(
        "other runners, speed indoors is less sure, and your height is not known."
    )


@pytest.mark.parametrize(
    ("strength", "certainty", "said"),
    [("marked", "spoken", True), ("mild", "spoken", False), ("marked", "leaning", False)],
)
def test_markedly_is_told_apart_from_sure_where_it_is_said(strength: str, certainty: str, *, said: bool) -> None:
    found = cases.finding("drive-like", strength=strength, certainty=certainty)

    assert (verdict.MARKEDLY in verdict.sentences(cases.analysis(findings=(found,)))) is said


def test_fast_short_steps_hear_in_a_sentence_of_its_own_that_they_are_no_shuffle() -> None:
    (first, second, *_) = verdict.sentences(cases.analysis(findings=(cases.finding("short-grounded"),)))

    assert "shuffle" not in first
    assert second == verdict.NO_SHUFFLE
