"""The timing patterns: one row each, with where its region lies, what it is called and what it means.

Everything that differs from pattern to pattern stands here: regions (read by the posterior), the axis and side that a
picture shows it on, names, meanings, and the name of its colour. Texts of advice are in advice/advice.json, by key.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from kneedrive.record import Record


class Pattern(StrEnum):
    """The timing patterns, by the keys that JSON uses."""

    SHUFFLE = "shuffle-like"
    SHORT_GROUNDED = "short-grounded"  # the region of shuffle-like, at speeds that nobody shuffles at
    DRIVE = "drive-like"
    PISTON = "piston-like"
    LONG_GROUNDED = "long-grounded"
    SHORT_AIRY = "short-airy"
    NEUTRAL = "neutral"


class Bound(Record, frozen=True):
    """One side of a region: side * value of the axis is at least the limit.

    limit: "score" or "part" of the method's rules; "-part" is the same below zero ("not clearly beyond usual").
    """

    axis: str  # D, P, G, zSL, zDF or zB
    side: int  # +1 or -1
    limit: str


class Row(Record, frozen=True, kw_only=True):
    """What there is to know about one pattern."""

    region: tuple[Bound, ...]  # all of them hold; () for neutral, which is where no other region is
    axis: str  # the score that carries it: D, P or G; "" for neutral
    side: int  # on which side of it: +1 or -1; 0 for neutral
    name: str  # as a runner reads it: "shuffle-like"
    meaning: str  # in plain words, fits behind a colon
    # The quantities that show it best, in order, and on which side of usual they do; 0: either.
    cites: Mapping[str, int]
    colour: str  # one colour a pattern, everywhere; a name that rich and CSS know
    mark: str  # one character, so that nothing depends on colour

    @property
    def rests_on_bounce(self) -> bool:
        """Whether its region is one of bounce, so that it may not be spoken where none was measured."""
        return any(bound.axis == "zB" for bound in self.region)


_SHUFFLE = Row(
    region=(Bound("D", -1, "score"), Bound("zSL", -1, "part"), Bound("zDF", 1, "part")),
    axis="D", side=-1, name="shuffle-like", meaning="short steps for a slow pace, with more of each on the ground",
    cites={"step_length_m": -1, "duty_factor": 1, "flight_time_s": -1, "cadence_spm": 1},
    colour="orange", mark="S",
)  # fmt: skip

PATTERNS: Mapping[Pattern, Row] = {
    Pattern.SHUFFLE: _SHUFFLE,
    Pattern.SHORT_GROUNDED: _SHUFFLE.replace(
        name="short, grounded steps",
        meaning="short steps, with more of each on the ground, at a pace too quick to be called a shuffle",
    ),
    Pattern.DRIVE: Row(
        region=(Bound("D", 1, "score"), Bound("zSL", 1, "part"), Bound("zDF", -1, "part")),
        axis="D", side=1, name="drive-like", meaning="long steps for the pace, with less of each on the ground",
        cites={"step_length_m": 1, "duty_factor": -1, "flight_time_s": 1, "cadence_spm": -1},
        colour="green", mark="D",
    ),
    Pattern.PISTON: Row(
        region=(Bound("P", 1, "score"), Bound("zB", 1, "part"), Bound("zSL", -1, "-part")),
        axis="P", side=1, name="piston-like", meaning="more up and down than steps of this length call for",
        cites={"vertical_oscillation_m": 1, "vertical_ratio": 1, "step_length_m": 0, "cadence_spm": 0},
        colour="magenta", mark="P",
    ),
    Pattern.LONG_GROUNDED: Row(
        region=(Bound("G", 1, "score"), Bound("zSL", 1, "part"), Bound("zDF", 1, "part")),
        axis="G", side=1, name="long, grounded steps",
        meaning="long steps for the pace, with more of each on the ground",
        cites={"step_length_m": 1, "duty_factor": 1, "stance_time_s": 1, "cadence_spm": -1},
        colour="blue", mark="L",
    ),
    Pattern.SHORT_AIRY: Row(
        region=(Bound("G", -1, "score"), Bound("zSL", -1, "part"), Bound("zDF", -1, "part")),
        axis="G", side=-1, name="quick, light steps",
        meaning="short, quick steps for the pace, with less of each on the ground",
        cites={"cadence_spm": 1, "duty_factor": -1, "stance_time_s": -1},
        colour="cyan", mark="Q",
    ),
    Pattern.NEUTRAL: Row(
        region=(),
        axis="", side=0, name="nothing unusual", meaning="none of the patterns that timing tells apart",
        cites={"cadence_spm": 0, "stance_time_s": 0, "vertical_oscillation_m": 0},
        colour="grey", mark="o",
    ),
}  # fmt: skip


class Axis(Record, frozen=True, kw_only=True):
    """A score: what lies at its two ends, and its words; "" where weeks are not followed and compared by it."""

    low: str  # at its ends, as a picture says it
    high: str
    short: str = ""  # over a column
    name: str = ""
    meaning: str = ""  # of plus and minus
    where: str = ""  # behind "steady", or "no change"
    rose: str = ""  # what is said where it rose, and where it fell
    fell: str = ""
    watched: str = ""  # what a runner who works on it keeps an eye on


AXES: Mapping[str, Axis] = {
    "D": Axis(
        low="shuffle", high="drive", short="drive", name="drive score", meaning="+ towards drive, - towards shuffle",
        where="between drive and shuffle", rose="steps moved towards drive", fell="steps moved towards shuffle",
        watched="longer steps with less of each on the ground (drive) or the other way round (shuffle)",
    ),
    "P": Axis(
        low="little bounce", high="much bounce", short="bounce", name="bounce score",
        meaning="+ more up and down than steps of that length call for",
        where="in bounce", rose="bounce grew for the steps taken", fell="bounce shrank for the steps taken",
        watched="bounce for steps of that length",
    ),
    "G": Axis(
        low="quick and light", high="long and grounded",
        watched="long steps on the ground or short ones in the air",
    ),
    "zSL": Axis(
        low="short steps", high="long steps", short="steps", name="step length score",
        meaning="+ longer steps for the pace",
        where="in the length of your steps", rose="steps lengthened for the pace", fell="steps shortened for the pace",
    ),
}  # fmt: skip
