"""What the odds of a posterior allow to be said."""

from __future__ import annotations

import math

import msgspec
import pytest
from scipy.stats import norm

from kneedrive.analysis.posterior import (
    Basis,
    Certainty,
    Estimate,
    Measurement,
    Part,
    Posterior,
    at_most_leaning,
    certainty,
    knee,
    leading,
    marked,
    posterior,
    ruled_out,
)
from kneedrive.patterns import Pattern
from tests.seen_by import scale_at, seen_by

AT = scale_at(2.8)
ALL = ("zSL", "zDF", "zk")


def stated(odds: dict[Pattern, float], speed_mps: float = 2.8, measured: tuple[str, ...] = ALL) -> Posterior:
    """A posterior with these odds, the others 0."""
    rest = dict.fromkeys((Pattern.SHUFFLE, Pattern.DRIVE, Pattern.PISTON, Pattern.NEUTRAL), 0.0)
    return Posterior(
        speed_mps=speed_mps,
        measured=measured,
        mean=(0.0,) * 4,
        cov=((1.0, 0.0, 0.0, 0.0),) * 4,
        scores={name: Estimate(mean=0.0, sd=1.0) for name in "DPGK"},
        odds=rest | odds,
        base_rates=rest,
    )


def steps(z: float, speed_mps: float = 2.8, *, height_known: bool = True) -> Posterior:
    scale = scale_at(speed_mps)
    return posterior(seen_by("none", {"zSL": z}, scale, height_known=height_known), scale)


def strap(zSL: float, zDF: float, zk: float = 0.0, speed_mps: float = 2.8) -> Posterior:
    scale = scale_at(speed_mps)
    return posterior(seen_by("garmin_strap", {"zSL": zSL, "zDF": zDF, "zk": zk}, scale), scale)


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.49, Certainty.OPEN),
        (0.50, Certainty.LEANING),
        (0.79, Certainty.LEANING),
        (0.80, Certainty.SPOKEN),
        (1.0, Certainty.SPOKEN),
    ],
)
@pytest.mark.parametrize("pattern", [Pattern.DRIVE, Pattern.NEUTRAL, Pattern.PISTON])
def test_words_begin_at_their_probability(pattern: Pattern, probability: float, word: Certainty) -> None:
    assert certainty(pattern, stated({pattern: probability})) is word


@pytest.mark.parametrize(
    ("pattern", "measured", "speed_mps", "held_back"),
    [
        (Pattern.SHUFFLE, ("zSL",), 2.8, True),
        (Pattern.NEUTRAL, ("zSL",), 2.8, True),
        (Pattern.SHUFFLE, (), 2.8, True),
        (Pattern.SHUFFLE, ("zSL", "zDF"), 2.8, False),
        (Pattern.PISTON, ("zSL", "zDF"), 2.8, True),
        (Pattern.PISTON, ALL, 2.8, False),
        (Pattern.PISTON, ("zSL", "zB"), 2.8, False),
        (Pattern.SHUFFLE, ALL, 1.99, True),
        (Pattern.SHUFFLE, ALL, 2.0, False),
    ],
)
def test_some_things_are_never_spoken(
    pattern: Pattern, measured: tuple[str, ...], speed_mps: float, held_back: bool
) -> None:
    assert at_most_leaning(pattern, measured, speed_mps) is held_back
    word = certainty(pattern, stated({pattern: 0.99}, speed_mps, measured))
    assert word is (Certainty.LEANING if held_back else Certainty.SPOKEN)


def test_steps_alone_never_speak_however_far_from_usual() -> None:
    at_the_end = steps(-4.0)
    sure = posterior(Measurement(zSL=Part(z=-9.0)), AT)

    assert certainty(Pattern.SHUFFLE, at_the_end) is Certainty.LEANING
    assert sure.odds[Pattern.SHUFFLE] > 0.8
    assert certainty(Pattern.SHUFFLE, sure) is Certainty.LEANING


def test_a_clear_shuffle_is_spoken_on_a_strap() -> None:
    assert certainty(Pattern.SHUFFLE, strap(-2.0, 2.0)) is Certainty.SPOKEN


@pytest.mark.parametrize(
    ("odds", "named"),
    [
        ({Pattern.PISTON: 0.55, Pattern.SHORT_AIRY: 0.60, Pattern.NEUTRAL: 0.1}, (Pattern.SHORT_AIRY, Pattern.PISTON)),
        ({Pattern.PISTON: 0.50, Pattern.SHORT_AIRY: 0.49}, (Pattern.PISTON,)),
        (
            {Pattern.SHUFFLE: 0.40, Pattern.SHORT_AIRY: 0.30, Pattern.NEUTRAL: 0.2},
            (Pattern.SHUFFLE, Pattern.SHORT_AIRY),
        ),
        ({Pattern.SHUFFLE: 0.30, Pattern.NEUTRAL: 0.45}, (Pattern.NEUTRAL, Pattern.SHUFFLE)),
        ({Pattern.SHUFFLE: 0.20, Pattern.DRIVE: 0.10, Pattern.NEUTRAL: 0.45}, (Pattern.NEUTRAL, Pattern.SHUFFLE)),
        (
            {Pattern.SHUFFLE: 0.41, Pattern.PISTON: 0.38, Pattern.SHORT_AIRY: 0.36, Pattern.NEUTRAL: 0.29},
            (Pattern.SHUFFLE, Pattern.PISTON, Pattern.SHORT_AIRY),
        ),
        ({Pattern.NEUTRAL: 0.9}, (Pattern.NEUTRAL,)),
        ({Pattern.SHUFFLE: 0.40, Pattern.NEUTRAL: 0.35}, (Pattern.SHUFFLE, Pattern.NEUTRAL)),
    ],
)
def test_what_is_named_is_what_reaches_a_half_or_the_likeliest(
    odds: dict[Pattern, float], named: tuple[Pattern, ...]
) -> None:
    assert leading(stated(odds)) == named


def test_short_airy_is_named_beside_shuffle_where_steps_fit_both() -> None:
    found = steps(-1.0)

    assert leading(found)[0] is Pattern.SHUFFLE
    assert found.odds[Pattern.SHORT_AIRY] > 0.2


@pytest.mark.parametrize(
    ("zSL", "absent"),
    [
        (-2.0, (Pattern.DRIVE,)),
        (-1.0, (Pattern.DRIVE,)),
        (0.0, ()),
        (1.0, (Pattern.SHUFFLE, Pattern.PISTON)),
    ],
)
def test_steps_rule_out_what_the_page_says(zSL: float, absent: tuple[Pattern, ...]) -> None:
    assert ruled_out(steps(zSL)) == absent


def test_only_the_three_patterns_of_the_question_are_ruled_out() -> None:
    """A corner is not news, and where nobody shuffles there is no shuffle to rule out."""
    odds = {Pattern.DRIVE: 0.05, Pattern.LONG_GROUNDED: 0.0, Pattern.SHUFFLE: 0.051, Pattern.PISTON: 0.2}

    assert ruled_out(stated(odds)) == (Pattern.DRIVE,)
    assert Pattern.SHUFFLE not in ruled_out(strap(1.5, -1.5, speed_mps=3.5))


@pytest.mark.parametrize(
    ("D", "probability", "is_marked"),
    [(-1.6, 0.8, True), (-1.59, 0.8, False), (1.6, 0.8, False), (-1.6, 0.79, False)],
)
def test_marked_is_spoken_and_far(D: float, probability: float, is_marked: bool) -> None:
    found = msgspec.structs.replace(stated({Pattern.SHUFFLE: probability}), scores={"D": Estimate(mean=D, sd=0.3)})

    assert marked(Pattern.SHUFFLE, found) is is_marked


def test_neutral_is_never_marked() -> None:
    assert not marked(Pattern.NEUTRAL, stated({Pattern.NEUTRAL: 0.99}))


@pytest.mark.parametrize(
    ("pattern", "at"),
    [
        (Pattern.SHUFFLE, (-3.0, 3.0, 0.0)),
        (Pattern.DRIVE, (3.0, -3.0, 0.0)),
        (Pattern.PISTON, (-3.0, 0.0, 4.0)),
        (Pattern.LONG_GROUNDED, (4.0, 5.0, 0.0)),
        (Pattern.SHORT_AIRY, (-4.0, -5.0, 0.0)),
    ],
)
def test_every_pattern_is_marked_far_out_on_its_own_side(pattern: Pattern, at: tuple[float, float, float]) -> None:
    assert marked(pattern, strap(*at))


def test_the_knee_is_told_from_its_mean_and_spread() -> None:
    found = strap(-1.5, 1.5)
    mean, sd = found.mean[3], math.sqrt(found.cov[3][3])
    told = knee(found, height_known=False)

    assert told.probability_less == pytest.approx(norm.cdf(0.0, mean, sd))
    assert told.degrees == pytest.approx(9.5 * mean)
    assert told.se == pytest.approx(9.5 * sd)
    assert (told.certainty, told.basis, told.reason) == (Certainty.SPOKEN, Basis.MEASURED, "")
    assert mean < 0


@pytest.mark.parametrize(
    ("zSL", "certain"), [(-2.0, Certainty.LEANING), (2.0, Certainty.LEANING), (-1.0, Certainty.OPEN)]
)
def test_steps_with_a_height_lean_about_the_knee(zSL: float, certain: Certainty) -> None:
    told = knee(steps(zSL), height_known=True)

    assert told.probability_less is not None
    assert (told.probability_less > 0.5) is (zSL < 0)
    assert (told.certainty, told.basis) == (certain, Basis.STEPS)


def test_the_knee_from_steps_is_that_of_one_correlation() -> None:
    """h given zSL has slope 0.36 + 0.40 * 0.30, and zSL shrinks by its error."""
    told = knee(steps(-1.0), height_known=True)
    shrunk = -1.0 / (1.0 + 0.36**2)

    assert told.degrees == pytest.approx(9.5 * 0.48 * shrunk)


@pytest.mark.parametrize(
    ("found", "height_known", "reason"),
    [
        (steps(-2.0, height_known=False), False, "height"),
        (strap(-2.0, 2.0, speed_mps=1.9), True, "2.0 to 4.8 m/s"),
        (strap(-2.0, 2.0, speed_mps=4.9), True, "2.0 to 4.8 m/s"),
        (posterior(Measurement(zk=Part(z=1.0, systematic=0.9)), AT), True, "neither was measured"),
    ],
)
def test_the_knee_is_null_with_its_reason(found: Posterior, height_known: bool, reason: str) -> None:
    told = knee(found, height_known=height_known)

    assert (told.probability_less, told.degrees, told.se, told.certainty) == (None, None, None, Certainty.OPEN)
    assert reason in told.reason


def test_contact_time_makes_the_knee_measured_and_bounce_does_not() -> None:
    pod = posterior(seen_by("stryd", {"zSL": -2.0, "zDF": 2.0}, AT), AT)
    bounce = posterior(Measurement(zSL=Part(z=-2.0, systematic=0.36), zB=Part(z=1.0, systematic=0.5)), AT)

    assert (knee(pod, height_known=False).basis, bounce.basis) == (Basis.MEASURED, Basis.MEASURED)
    assert knee(bounce, height_known=True).basis is Basis.STEPS
    assert "height" in knee(bounce, height_known=False).reason


@pytest.mark.parametrize("speed_mps", [2.0, 4.8])
def test_the_knee_is_told_up_to_the_speeds_of_the_cameras(speed_mps: float) -> None:
    assert knee(strap(-2.0, 2.0, speed_mps=speed_mps), height_known=True).reason == ""
