import math

import pytest

from kneedrive.analysis import scores
from kneedrive.analysis.scores import Standing
from kneedrive.method import LabelRules

RULES = LabelRules()
SE = {"D": 0.5, "P": 0.5, "G": 0.5, "K": 0.9, "zSL": 0.4, "zDF": 0.6, "zB": 0.5}


def at(speed: float = 2.6, duty_factor: float = 0.40, **values: float) -> Standing:
    return Standing(values=values, se=SE, speed_mps=speed, duty_factor=duty_factor)


def earned(standing: Standing) -> list[str]:
    return [one.label for one in scores.earned(standing, RULES)]


PISTON = {"P": 1.0, "zB": 0.5, "zSL": 0.25}
DRIVE = {"D": 1.0, "zSL": 0.25, "zDF": -0.25}
SHUFFLE = {"D": -1.0, "zDF": 0.5, "zSL": -0.25}
PUSH = {"G": 1.0, "zSL": 0.26, "zDF": 0.26}
AIRY = {"G": -1.0, "zSL": -0.26, "zDF": -0.26}


@pytest.mark.parametrize(
    ("values", "label"),
    [
        (PISTON, ["piston-like"]),
        (PISTON | {"P": 0.99}, []),
        (PISTON | {"zB": 0.49}, []),
        (PISTON | {"zSL": 0.26}, []),
        (DRIVE, ["drive-like"]),
        (DRIVE | {"D": 0.99}, []),
        (DRIVE | {"zSL": 0.24}, []),
        (DRIVE | {"zDF": -0.24}, []),
        (SHUFFLE, ["shuffle-like"]),
        (SHUFFLE | {"D": -0.99}, []),
        (SHUFFLE | {"zDF": 0.49}, []),
        (SHUFFLE | {"zSL": -0.24}, []),
        (PUSH, ["long-grounded"]),
        (PUSH | {"G": 0.99}, []),
        (PUSH | {"zSL": 0.25}, []),
        (PUSH | {"zDF": 0.25}, []),
        (AIRY, ["short-airy"]),
        (AIRY | {"G": -0.99}, []),
        (AIRY | {"zSL": -0.25}, []),
        (AIRY | {"zDF": -0.25}, []),
        ({"D": 5.0}, []),
        ({}, []),
    ],
)
def test_every_cut_of_a_label_must_hold(values: dict[str, float], label: list[str]) -> None:
    assert earned(at(**values)) == label


@pytest.mark.parametrize(("speed", "label"), [(2.99, "shuffle-like"), (3.0, "short-grounded")])
def test_a_shuffle_is_slow(speed: float, label: str) -> None:
    assert earned(at(speed, **SHUFFLE)) == [label]


def test_the_largest_score_is_the_label_and_the_others_are_also() -> None:
    both = at(P=1.2, zB=1.0, G=-1.8, zSL=-1.0, zDF=-0.5)
    found = scores.named(both, RULES)
    assert (found.label, found.also) == ("short-airy", ("piston-like",))


SHORT_BOUNCE = {"D": -1.5, "P": 1.8, "zB": 1.0, "zSL": -1.5, "zDF": 0.6}


def test_piston_with_shuffle_is_short_steps_with_bounce() -> None:
    found = scores.named(at(**SHORT_BOUNCE), RULES)
    assert (found.label, found.also) == ("short-bounce", ("piston-like", "shuffle-like"))


def test_short_steps_with_bounce_are_less_sure_where_long_contact_should_leave_less_bounce() -> None:
    alone, tied = (scores.named(at(**SHORT_BOUNCE).replace(timing_share=share), RULES) for share in (0.0, 0.78))
    either = min(scores.probability(SHORT_BOUNCE[letter], 0.5, RULES.truth) for letter in "DP")
    assert alone.probability is not None
    assert tied.probability is not None
    assert 0.5 < tied.probability < alone.probability - 0.02 < either


@pytest.mark.parametrize(("D", "strength"), [(-1.99, "mild"), (-2.0, "marked")])
def test_two_spreads_are_marked(D: float, strength: str) -> None:
    assert scores.named(at(**(SHUFFLE | {"D": D})), RULES).strength == strength


@pytest.mark.parametrize(
    ("values", "counted"),
    [
        ({"D": 0.0, "G": 0.0}, ("D", "G")),
        ({"D": 0.9, "G": 0.1}, ("D", "G")),
        ({"D": 0.3, "G": 0.1, "P": 0.6}, ("D", "P")),
        ({"D": 0.3, "G": 0.6, "P": 0.1}, ("D", "G")),
        ({"P": 0.4}, ("P",)),
        ({"D": 0.4}, ("D",)),
    ],
)
def test_neutral_is_as_probable_as_drive_times_the_less_sure_of_the_two_others(
    values: dict[str, float], counted: tuple[str, ...]
) -> None:
    found = scores.named(at(**values), RULES)
    expected = math.prod(scores.probability_within(values[letter], SE[letter], RULES.score) for letter in counted)
    assert found.label == "neutral"
    assert found.probability == pytest.approx(expected)


def test_what_is_not_judged_does_not_make_neutral_sure() -> None:
    assert scores.named(at(), RULES).probability is None


@pytest.mark.parametrize(
    ("z", "label", "strength"),
    [
        (-1.0, "short-steps", "mild"),
        (-2.0, "short-steps", "marked"),
        (1.0, "long-steps", "mild"),
        (0.99, "usual-steps", "mild"),
    ],
)
def test_steps_alone_are_short_usual_or_long(z: float, label: str, strength: str) -> None:
    found = scores.named_steps(at(zSL=z), RULES)
    assert (found.label, found.strength) == (label, strength)


@pytest.mark.parametrize(
    ("probability", "word"),
    [(0.85, "spoken"), (0.84, "leaning"), (0.50, "leaning"), (0.49, "unclear"), (None, "unclear")],
)
def test_certainty_goes_by_probability(probability: float | None, word: str) -> None:
    assert scores.certainty(probability, RULES) == word


@pytest.mark.parametrize(
    ("label", "values", "duty_factor", "added"),
    [
        ("drive-like", {"K": 1.0}, 0.3, ("extra torso bounce",)),
        ("drive-like", {"K": 0.9}, 0.3, ()),
        ("drive-like", {"K": -0.5}, 0.3, ("quiet torso",)),
        ("drive-like", {"K": -0.4}, 0.3, ()),
        ("neutral", {"K": 1.5}, 0.3, ()),
        ("shuffle-like", {}, 0.47, ("grounded",)),
        ("shuffle-like", {}, 0.46, ()),
        ("shuffle-like", {}, math.nan, ()),
        ("neutral", {}, 0.48, ()),
        ("neutral", {"zB": 1.0, "zSL": 0.26}, 0.3, ("bouncy",)),
        ("neutral", {"zB": 1.0, "zSL": 0.25}, 0.3, ()),
        ("neutral", {"zB": 0.9, "zSL": 0.5}, 0.3, ()),
        ("neutral", {"D": -0.9, "zSL": -1.0}, 0.3, ("short steps",)),
        ("neutral", {"D": -0.9, "zSL": -0.99}, 0.3, ()),
        ("neutral", {"D": 0.9, "zSL": 1.0}, 0.3, ("long steps",)),
        ("neutral", {"D": 0.9, "zDF": -1.0}, 0.3, ("low duty factor",)),
        ("neutral", {"D": -0.9, "zDF": 1.0}, 0.3, ("high duty factor",)),
        ("neutral", {"P": 0.9, "zSL": -1.0}, 0.3, ()),
        ("shuffle-like", {"D": -1.9, "zSL": -1.5, "zDF": 1.5}, 0.3, ()),
    ],
)
def test_qualifiers_are_added_to_labels(
    label: str, values: dict[str, float], duty_factor: float, added: tuple[str, ...]
) -> None:
    assert scores.qualifiers(at(duty_factor=duty_factor, **values), label, RULES) == added


def test_a_finding_of_steps_alone_is_made_without_scores() -> None:
    found = scores.finding(at(zSL=-1.5), RULES, scope="run", confidence="low", evidence={"zSL": -1.5})
    assert (found.label, found.certainty, found.confidence) == ("short-steps", "spoken", "low")


def test_a_bounce_score_alone_may_say_piston() -> None:
    found = scores.finding(at(**(PISTON | {"P": 2.0})), RULES, scope="run", confidence="low", evidence={})
    assert (found.label, found.certainty) == ("piston-like", "spoken")
