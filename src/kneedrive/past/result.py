"""Many runs of one runner: what the store returns, and what the analysis of weeks and baselines makes of it.

Facts only, as in findings.py: a verdict is a key, words and rounding are made in report/. Comparisons inside one
sensor class carry no systematic error of the sensor; the level of D and P against other runners still does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

from kneedrive.analysis.posterior import Knee, Posterior
from kneedrive.analysis.reference import Against
from kneedrive.analysis.result import Epochs, Finding
from kneedrive.method import Method
from kneedrive.patterns import Pattern
from kneedrive.record import Record
from kneedrive.recording import Runner
from kneedrive.sensors import REFERENCES


class PastRun(Record, frozen=True, kw_only=True):
    """One stored run, as the analysis of a history sees it.

    started_at is aware UTC; local time is that plus utc_offset_s (None: the configured zone). sensor is the
    provenance word of form analysis; device names the watch. surface: "outdoor" or "indoor". firmware: the class of
    whatever measured the dynamics, "" where unknown or of no matter; a new one starts a new baseline. height_m: the
    runner's, as the run was judged by.
    """

    id: str
    started_at: datetime
    utc_offset_s: int | None
    sensor: str
    device: str
    surface: str
    distance_m: float | None
    duration_s: float
    epochs: Epochs
    firmware: str = ""
    height_m: float | None = None


class Setting(Record, frozen=True, kw_only=True):
    """What every question about a history needs besides the runs.

    zone: seconds that local time is ahead of UTC at a moment (aware UTC), for runs that do not say; None means UTC.
    """

    method: Method = Method()
    runner: Runner = Runner()
    zone: Callable[[datetime], int] | None = None

    def of(self, runs: Sequence[PastRun]) -> Setting:
        """The same with the height that the latest of these runs (in order of time) was judged by, if one knew it."""
        known = next((run.height_m for run in reversed(runs) if run.height_m is not None), None)
        return self if known is None else self.replace(runner=self.runner.replace(height_m=known))

    def against(self, sensor: str) -> Against:
        """What the epochs of this sensor class are held against."""
        return Against(reference=REFERENCES[sensor], runner=self.runner, method=self.method)


class Curve(Record, frozen=True, kw_only=True):
    """How one quantity of one runner departs from the population over speed and grade.

    departure = level + slope * dv + bend * dv^2 + grade * grade, dv = speed - centre_mps. Slopes are already shrunk.
    """

    centre_mps: float
    level: float
    slope: float
    bend: float
    grade: float


class Contact(StrEnum):
    """Where the contact time of a sensor class comes from."""

    COMPUTED = "computed"  # from speed and cadence, as these runs show
    MEASURED = "measured"
    ASSUMED = "assumed"  # to be computed: a Garmin wrist, whatever these runs say
    UNTESTED = "untested"


class Computed(Record, frozen=True, kw_only=True):
    """Whether contact time says more than speed and cadence do.

    residual_DF: robust SD of what a polynomial in speed and cadence, fitted on half of the runs, leaves of the duty
    factor on the other half.
    """

    sensor: str
    verdict: Contact
    runs: int
    epochs: int
    residual_DF: float | None = None

    @property
    def believed(self) -> bool:
        """Whether the class is to be treated as computed."""
        return self.verdict in (Contact.COMPUTED, Contact.ASSUMED)


class Baseline(Record, frozen=True, kw_only=True):
    """What is usual for this runner on one sensor class and surface.

    ready: enough to judge a run by; else `missing` says how many runs, days and epochs more.
    speed_low_mps to speed_high_mps: the speeds it was made of.
    """

    sensor: str
    surface: str
    ready: bool
    missing: Mapping[str, int]
    runs: int
    epochs: int
    days: int
    first: datetime | None
    last: datetime | None
    speed_mps: float | None
    speed_low_mps: float | None
    speed_high_mps: float | None
    computed: Computed


class Level(StrEnum):
    """How far a run is from what is usual for the runner."""

    AS_ALWAYS = "as always"
    NOTING = "worth noting"
    DIFFERENT = "clearly different"


class PersonalZ(Record, frozen=True, kw_only=True):
    """One metric of one run against the runner's own baseline at the same speed and grade.

    spread: SD of a new run about its prediction, z: difference in units of it. low, high: the values between which a
    run is not clearly different; the intervals of all metrics together hold an unchanged run with 0.95. others: the
    same against other runners (a population z), None where the sensor does not allow it; that one is uncertain.
    """

    metric: str
    value: float
    usual: float
    difference: float
    spread: float
    z: float
    level: Level
    epochs: int
    others: float | None = None
    low: float | None = None
    high: float | None = None


class Unjudged(StrEnum):
    """Why a run is not held against the runner's own weeks; empty, and so false, where it is."""

    NOT = ""
    NOT_READY = "baseline not ready"
    NOTHING_SCORED = "no scored epochs"
    SLOWER = "slower than the baseline"
    FASTER = "faster than the baseline"


class OwnView(Record, frozen=True, kw_only=True):
    """A run against the runner's own last weeks. reason says why rows is empty."""

    baseline: Baseline
    speed_mps: float | None
    epochs: int
    rows: tuple[PersonalZ, ...] = ()
    reason: Unjudged = Unjudged.NOT


class WeekValue(Record, frozen=True, kw_only=True):
    """A series in one week: weighted mean of its run values, with a 95 % interval. at: mean time of the runs."""

    value: float
    low: float
    high: float
    runs: int
    at: datetime


class Week(Record, frozen=True, kw_only=True):
    """One ISO week of local time. values by series (D, P, zSL), empty where nothing could be judged: never filled in.

    slow_s: scored time at or below the slow speed; shuffle_share: share of it in runs whose slow part was surely
    shuffle-like, None where it cannot be told. segment: index of the stretch between breaks that `values` are of.
    """

    monday: date
    runs: int
    distance_m: float
    duration_s: float
    slow_s: float
    shuffle_share: float | None
    values: Mapping[str, WeekValue]
    sensor: str
    segment: int | None


class BreakKind(StrEnum):
    """Why values before and after a day cannot be compared."""

    SENSOR = "sensor"
    FIRMWARE = "firmware"
    WATCH = "watch"
    OSCILLATION = "oscillation"


class Break(Record, frozen=True, kw_only=True):
    """Values before and after `date` cannot be compared.

    before, after: provenance words, firmware classes or names of watches, as `kind` says; a watch counts only where it
    makes the numbers itself. OSCILLATION: it jumped, timing stayed. sensors: the provenance words.
    """

    date: date
    kind: BreakKind
    before: str
    after: str
    sensors: tuple[str, str] = ("", "")


class Verdict(StrEnum):
    """What a series of weeks comes to."""

    TOWARDS_DRIVE = "towards drive"
    TOWARDS_SHUFFLE = "towards shuffle"
    MORE_BOUNCE = "more bounce"
    LESS_BOUNCE = "less bounce"
    LONGER_STEPS = "longer steps"
    SHORTER_STEPS = "shorter steps"
    HIGHER = "higher"
    LOWER = "lower"
    STEADY = "steady"
    TOO_EARLY = "too early to tell"


class Trend(Record, frozen=True, kw_only=True):
    """One tested series of one stretch between breaks: D, P or zSL, or heart_rate_bpm as context.

    verdict: STEADY where a change as large as runners differ would most likely have been seen. change, low, high: over
    the span, in SD between runners (heart rate: 1/min), at the level of Holm's procedure (None: too few weeks). p is
    before, p_holm after it. rho: lag-1 correlation that p allows for. worthwhile: the least that is called. detectable:
    the change over the span that would have been called four times out of five. seasonal: the season was fitted along;
    without that a called trend can also be the season. weeks_missing: weeks with runs still needed for a test;
    weeks_advised: to reach the advised number.
    """

    series: str
    verdict: Verdict
    weeks: int
    runs: int
    weeks_missing: int
    weeks_advised: int
    first: date | None = None
    last: date | None = None
    slope_per_week: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    p: float | None = None
    p_holm: float | None = None
    rho: float | None = None
    run_sd: float | None = None
    worthwhile: float | None = None
    detectable: float | None = None
    seasonal: bool = False
    sensor: str = ""

    @property
    def called(self) -> bool:
        """Whether a change was found."""
        return self.verdict not in (Verdict.STEADY, Verdict.TOO_EARLY)


class LastWeeks(Record, frozen=True, kw_only=True):
    """The runner over the last eight weeks, on the sensor of the latest stretch: the posterior of the run means.

    first, last: days of the first and last run that count. The systematic error of the sensor stays in the posterior,
    the noise of single runs goes. findings have scope "weeks", the headline first. odds_range: from steps alone,
    over the thinkable correlations. verdict: what the trend over the weeks of the view says, "steady", "too early to
    tell" or a called change; several called ones have " and " between them; verdict_since: the day it begins with.
    device: the watch's name.
    """

    first: date
    last: date
    runs: int
    sensor: str
    surface: str
    posterior: Posterior
    findings: tuple[Finding, ...]
    ruled_out: tuple[Pattern, ...]
    knee: Knee
    verdict: str
    verdict_since: date | None = None
    share_of_slow: float | None = None  # share of slow running that was shuffle-like, None where it cannot be told
    slow_speed_mps: float | None = None
    odds_range: Mapping[Pattern, tuple[float, float]] = {}
    device: str = ""


class PaceChange(Record, frozen=True, kw_only=True):
    """How cadence goes with speed over the last eight weeks on one watch: d ln cadence / d ln v; None with its reason.

    low, high: 95 % interval. longer, quicker: by which share step length and cadence rise when the runner goes `faster`
    by that share. runs: those in which the speed varied enough to tell. usual: the slope of the reference; people:
    range of the runners it is known of. A description, never a verdict.
    """

    slope: float | None
    low: float | None
    high: float | None
    runs: int
    reason: str = ""
    faster: float = 0.10
    longer: float | None = None
    quicker: float | None = None
    usual: float = 0.11
    people: tuple[float, float] = (0.01, 0.22)


class WeeklyView(Record, frozen=True, kw_only=True):
    """Weeks, breaks between them, and the trends since the last break. verdicts: the called ones, else one word."""

    until: date
    weeks: tuple[Week, ...]
    breaks: tuple[Break, ...]
    trends: tuple[Trend, ...]
    verdicts: tuple[Verdict, ...]
    sensor: str
    surface: str
    reference_speed_mps: float | None
    slow_speed_mps: float | None
    computed: Computed | None
    last_weeks: LastWeeks | None = None
    pace_change: PaceChange | None = None
    finished: tuple[Trend, ...] = ()  # verdicts of earlier stretches, each with its dates and sensor
    heart_rate: Trend | None = None  # at the reference speed, as context, never as a verdict


class Outcome(StrEnum):
    """What a comparison, or one row of it, comes to."""

    COMPARED = "compared"
    REFUSED = "refused"
    NO_OVERLAP = "no overlap"
    CHANGED = "changed"
    NO_CHANGE = "no change"
    NOT_ENOUGH = "not enough weeks"


class Apart(StrEnum):
    """Why two sides are not of one sensor; empty, and so false, where they are."""

    NOT = ""
    SENSOR = "another sensor"
    WATCH = "another watch"
    FIRMWARE = "another firmware"
    JUMPED = "oscillation jumped"


class Difference(Record, frozen=True, kw_only=True):
    """After minus before in one metric, at matched speed and grade, with its interval.

    verdict: CHANGED, NO_CHANGE (larger than `bound`), or NOT_ENOUGH: about `more_weeks` more of the later side (None:
    no number of them would do, the earlier side is too short).
    """

    metric: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    threshold: float
    verdict: Outcome
    bound: float
    more_weeks: int | None = 0


class Comparison(Record, frozen=True, kw_only=True):
    """Two periods or groups of runs; the week is the unit.

    status: COMPARED, NOT_ENOUGH weeks, REFUSED (the sensor or watch changed between) or NO_OVERLAP of speeds.
    weeks_*: weeks that hold runs with matched epochs, runs_*: those runs. left_out: runs on another sensor or surface
    than the rest of their side. across_sensors: compared over a change of sensor because it was asked for; differences
    may be the sensor's. more_weeks: weeks needed on the shorter side before anything can be said.
    over_exaggeration: bounce up and cadence down, both changed. level: probability that all intervals hold. group: what
    groups were made by, "shoe" or "tag", with their names; "" where two periods are compared.
    """

    status: Outcome
    reason: Apart
    surface: str
    sensor_before: str
    sensor_after: str
    weeks_before: int
    weeks_after: int
    runs_before: int
    runs_after: int
    epochs_before: int
    epochs_after: int
    left_out: int
    across_sensors: bool
    level: float
    speed_mps: float | None = None
    speed_low_mps: float | None = None
    speed_high_mps: float | None = None
    rows: tuple[Difference, ...] = ()
    more_weeks: int = 0
    over_exaggeration: bool = False
    group: str = ""
    names: tuple[str, str] = ("", "")


class Habit(StrEnum):
    """What many runs say together."""

    NOT_ENOUGH = "not enough"
    NONE = "none"
    FADES = "habit"
    UNEVEN = "constant difference"
    NOT_SHOWN = "not shown"
    MORE = "more than slowing down"


class SlowContrast(Record, frozen=True, kw_only=True):
    """D when slow minus D at the usual pace, over runs: MORE than slowing down explains, NOT_SHOWN or NOT_ENOUGH.

    se holds what the sensor may misread from pace to pace. probability: that the true contrast is beyond the limit.
    """

    verdict: Habit
    runs: int
    mean: float | None = None
    se: float | None = None
    probability: float | None = None


class BalanceHabit(Record, frozen=True, kw_only=True):
    """Ground contact balance over runs: UNEVEN, NONE or NOT_ENOUGH.

    left: mean share of the left foot, se: from run to run. probability: that the true share is beyond the limit on its
    side. runs_beyond: runs that are.
    """

    verdict: Habit
    runs: int
    runs_beyond: int
    left: float | None = None
    side: str = ""
    se: float | None = None
    probability: float | None = None


class FadeHabit(Record, frozen=True, kw_only=True):
    """What changes the same way late in run after run: it FADES, NONE or NOT_ENOUGH; the usual change by metric."""

    verdict: Habit
    runs: int
    metrics: tuple[str, ...] = ()
    median: Mapping[str, float] = {}
