"""Many runs of one runner: what the store returns, the days and weeks they fall on, and what is made of them.

Facts only: a verdict is a key, words and rounding are made in report/. Comparisons inside one sensor class carry no
systematic error of the sensor; the level of D and P against other runners still does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from kneedrive.analysis.posterior import Knee, Posterior
from kneedrive.analysis.reference import Against
from kneedrive.analysis.result import Epochs, Finding
from kneedrive.method import Method
from kneedrive.patterns import Pattern
from kneedrive.record import Record
from kneedrive.recording import Array, Runner
from kneedrive.sensors import REFERENCES


class PastRun(Record, frozen=True, kw_only=True):
    """One stored run, as the analysis of a history sees it."""

    id: str
    started_at: datetime  # aware UTC
    utc_offset_s: int | None  # that plus this is local time; None: the configured zone
    sensor: str  # the provenance word
    device: str  # name of the watch
    surface: str  # "outdoor" or "indoor"
    distance_m: float | None
    duration_s: float
    epochs: Epochs
    firmware: str = ""  # class of what measured the dynamics, "" where of no matter; a new one starts a new baseline
    height_m: float | None = None  # the runner's, as the run was judged by


class Setting(Record, frozen=True, kw_only=True):
    """What every question about a history needs besides the runs."""

    method: Method = Method()
    runner: Runner = Runner()
    # Seconds that local time is ahead of UTC at a moment (aware UTC), for runs that do not say; None means UTC.
    zone: Callable[[datetime], int] | None = None

    def of(self, runs: Sequence[PastRun]) -> Setting:
        """The same with the height that the latest of these runs (in order of time) was judged by, if one knew it."""
        known = next((run.height_m for run in reversed(runs) if run.height_m is not None), None)
        return self if known is None else self.replace(runner=self.runner.replace(height_m=known))

    def against(self, sensor: str) -> Against:
        """What the epochs of this sensor class are held against."""
        return Against(reference=REFERENCES[sensor], runner=self.runner, method=self.method)


# Days and weeks as the runner lived them: a run belongs to the day of its local time, whatever day it was in UTC.

EPOCH_DAY = date(1970, 1, 1)
DAYS_TO_MONDAY = 3  # the epoch was a Thursday
WEEK_S = 604_800.0


def offset_s(moment: datetime, said_s: int | None, zone: Callable[[datetime], int] | None) -> int:
    """Seconds that the runner's clock was ahead of UTC: what the file says, else the configured zone, else 0."""
    if said_s is not None:
        return said_s
    return zone(moment) if zone else 0


def local_day(moment: datetime, said_s: int | None, zone: Callable[[datetime], int] | None) -> date:
    """The day it was by the runner's own clock, which was so far ahead of UTC as `offset_s` says."""
    return (moment + timedelta(seconds=offset_s(moment, said_s, zone))).date()


def local_date(run: PastRun, setting: Setting) -> date:
    """The day of a run by the runner's own clock."""
    return local_day(run.started_at, run.utc_offset_s, setting.zone)


def weeks_since_epoch(runs: Sequence[PastRun], setting: Setting) -> Array:
    """Local start times in weeks since 1970, as fractions."""
    starts = ((run.started_at, offset_s(run.started_at, run.utc_offset_s, setting.zone)) for run in runs)
    return np.array([(at.timestamp() + ahead_s) / WEEK_S for at, ahead_s in starts])


def week_number(day: date) -> int:
    """Number of the ISO week that holds a day, counted from the week of 1 January 1970."""
    return ((day - EPOCH_DAY).days + DAYS_TO_MONDAY) // 7


def week_numbers(runs: Sequence[PastRun], setting: Setting) -> npt.NDArray[np.int64]:
    """The week of each run, by its local date."""
    return np.array([week_number(local_date(run, setting)) for run in runs], dtype=np.int64)


def monday(week: int) -> date:
    """First day of a numbered week."""
    return EPOCH_DAY + timedelta(days=7 * week - DAYS_TO_MONDAY)


def day_of(at_weeks: float) -> date:
    """The date of a time in weeks since 1970."""
    return EPOCH_DAY + timedelta(days=int(np.floor(7.0 * at_weeks)))


def moments(first: date, last: date) -> tuple[datetime, datetime]:
    """The moments in UTC between which these local days lie, whatever the zone; a day more at both ends."""
    midnight, day = time(tzinfo=UTC), timedelta(days=1)  # no clock on earth is further from UTC than a day
    return datetime.combine(first - day, midnight), datetime.combine(last + 2 * day, midnight)


def between(runs: Iterable[PastRun], first: date, last: date, setting: Setting) -> list[PastRun]:
    """The runs from the first day to the last, both included, in order of time."""
    # Most of a long history is told apart by UTC alone, which is what makes ten years cheap.
    low, high = moments(first, last)
    kept = (run for run in runs if low <= run.started_at <= high and first <= local_date(run, setting) <= last)
    return sorted(kept, key=lambda run: run.started_at)


class Contact(StrEnum):
    """Where the contact time of a sensor class comes from."""

    COMPUTED = "computed"  # from speed and cadence, as these runs show
    MEASURED = "measured"
    ASSUMED = "assumed"  # to be computed: a Garmin wrist, whatever these runs say
    UNTESTED = "untested"


class Computed(Record, frozen=True, kw_only=True):
    """Whether contact time says more than speed and cadence do."""

    sensor: str
    verdict: Contact
    runs: int
    epochs: int
    # Robust SD of what a polynomial in speed and cadence, fitted on half of the runs, leaves of the duty factor on the
    # other half.
    residual_DF: float | None = None

    @property
    def believed(self) -> bool:
        """Whether the class is to be treated as computed."""
        return self.verdict in (Contact.COMPUTED, Contact.ASSUMED)


class Baseline(Record, frozen=True, kw_only=True):
    """What is usual for this runner on one sensor class and surface, and the speeds that is known for."""

    sensor: str
    surface: str
    ready: bool  # enough to judge a run by
    missing: Mapping[str, int]  # how many runs, days and epochs more it takes
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
    """One metric of one run against the runner's own baseline at the same speed and grade."""

    metric: str
    value: float
    usual: float
    difference: float
    spread: float  # SD of a new run about its prediction
    z: float  # difference in units of spread
    level: Level
    epochs: int
    others: float | None = None  # population z, less certain; None where the sensor does not allow it
    # A run between these is not clearly different; all intervals together hold an unchanged run with 0.95.
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
    """One ISO week of local time. values by series (D, P, zSL); empty, never filled in, where nothing was judged."""

    monday: date
    runs: int
    distance_m: float
    duration_s: float
    slow_s: float  # scored time at or below the slow speed
    shuffle_share: float | None  # share of it in runs that shuffled surely when slow; None where it cannot be told
    values: Mapping[str, WeekValue]
    sensor: str
    segment: int | None  # index of the stretch between breaks that `values` are of


class BreakKind(StrEnum):
    """Why values before and after a day cannot be compared."""

    SENSOR = "sensor"
    FIRMWARE = "firmware"
    WATCH = "watch"  # that makes the numbers itself
    OSCILLATION = "oscillation"  # it jumped, timing stayed


class Break(Record, frozen=True, kw_only=True):
    """Values before and after `date` cannot be compared."""

    date: date
    kind: BreakKind
    before: str  # provenance word, firmware class or name of a watch, as `kind` says
    after: str
    sensors: tuple[str, str] = ("", "")  # the provenance words


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

    A change is over the span, in SD between runners (heart rate: 1/min). None where there were too few weeks to test.
    """

    series: str
    verdict: Verdict  # STEADY only where a change as large as runners differ would most likely have been seen
    weeks: int
    runs: int
    weeks_missing: int  # weeks with runs that a test still needs
    weeks_advised: int  # to reach the advised number
    first: date | None = None
    last: date | None = None
    slope_per_week: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None  # that Holm's procedure held p against; low and high are at this one
    p: float | None = None
    p_holm: float | None = None
    rho: float | None = None  # lag-1 correlation of weeks that p allows for
    run_sd: float | None = None
    worthwhile: float | None = None  # the least that is called
    detectable: float | None = None  # would have been called four times out of five
    seasonal: bool = False  # the season was fitted along; without, a called trend can also be the season
    sensor: str = ""

    @property
    def called(self) -> bool:
        """Whether a change was found."""
        return self.verdict not in (Verdict.STEADY, Verdict.TOO_EARLY)


class LastWeeks(Record, frozen=True, kw_only=True):
    """The runner over the last eight weeks, on the sensor of the latest stretch: the posterior of the run means."""

    first: date  # of the runs that count
    last: date
    runs: int
    sensor: str
    surface: str
    posterior: Posterior  # the systematic error of the sensor stays in it, the noise of single runs goes
    findings: tuple[Finding, ...]  # of scope "weeks", the headline first
    ruled_out: tuple[Pattern, ...]
    knee: Knee
    verdicts: tuple[Verdict, ...]  # of the trends over the weeks of the view, as the view has them
    verdict_since: date | None = None
    share_of_slow: float | None = None  # share of slow running that was shuffle-like, None where it cannot be told
    slow_speed_mps: float | None = None
    odds_range: Mapping[Pattern, tuple[float, float]] = {}  # from steps alone, over the thinkable correlations
    device: str = ""  # name of the watch


class PaceChange(Record, frozen=True, kw_only=True):
    """How cadence goes with speed over the last eight weeks on one watch: a description, never a verdict."""

    slope: float | None = None  # d ln cadence / d ln v; None with its reason
    low: float | None = None  # 95 % interval
    high: float | None = None
    runs: int  # in which the speed varied enough to tell
    reason: str = ""
    faster: float  # when the runner goes faster by this share, the step is longer and quicker by those
    longer: float | None = None
    quicker: float | None = None
    usual: float  # the slope of the reference
    people: tuple[float, float]  # range of the runners it is known of


class Habit(StrEnum):
    """What many runs say together."""

    NOT_ENOUGH = "not enough"
    NONE = "none"
    FADES = "habit"
    UNEVEN = "constant difference"
    NOT_SHOWN = "not shown"
    MORE = "more than slowing down"


class SlowContrast(Record, frozen=True, kw_only=True):
    """D when slow minus D at the usual pace, over runs: MORE than slowing down explains, NOT_SHOWN or NOT_ENOUGH."""

    verdict: Habit
    runs: int
    mean: float | None = None
    se: float | None = None  # holds what the sensor may misread from pace to pace
    probability: float | None = None  # that the true contrast is beyond the limit


class BalanceHabit(Record, frozen=True, kw_only=True):
    """Ground contact balance over runs: UNEVEN, NONE or NOT_ENOUGH."""

    verdict: Habit
    runs: int
    runs_beyond: int  # whose share is beyond the limit
    left: float | None = None  # mean share of the left foot
    side: str = ""
    se: float | None = None  # from run to run
    probability: float | None = None  # that the true share is beyond the limit on its side


class FadeHabit(Record, frozen=True, kw_only=True):
    """What changes the same way late in run after run: it FADES, NONE or NOT_ENOUGH; the usual change by metric."""

    verdict: Habit
    runs: int
    metrics: tuple[str, ...] = ()
    median: Mapping[str, float] = {}


class Habits(Record, frozen=True, kw_only=True):
    """What comes back in many runs of the last weeks: when slow, between the feet, and late in runs."""

    slow: SlowContrast = SlowContrast(verdict=Habit.NOT_ENOUGH, runs=0)
    balance: BalanceHabit = BalanceHabit(verdict=Habit.NOT_ENOUGH, runs=0, runs_beyond=0)
    fade: FadeHabit = FadeHabit(verdict=Habit.NOT_ENOUGH, runs=0)


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
    habits: Habits = Habits()


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
    """After minus before in one metric, at matched speed and grade, with its interval."""

    metric: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    threshold: float
    verdict: Outcome  # CHANGED, NO_CHANGE (larger than `bound`), or NOT_ENOUGH
    bound: float
    more_weeks: int | None = 0  # of the later side, about; None: none would do, the earlier side is too short


class Comparison(Record, frozen=True, kw_only=True):
    """Two periods or groups of runs; the week is the unit."""

    status: Outcome  # COMPARED, NOT_ENOUGH weeks, REFUSED (the sensor or watch changed), NO_OVERLAP of speeds
    reason: Apart
    surface: str
    sensor_before: str
    sensor_after: str
    weeks_before: int  # that hold runs with matched epochs; runs_*: those runs
    weeks_after: int
    runs_before: int
    runs_after: int
    epochs_before: int = 0
    epochs_after: int = 0
    left_out: int  # runs on another sensor or surface than the rest of their side
    across_sensors: bool = False  # compared over a change of sensor as asked: differences may be the sensor's
    level: float  # probability that all intervals hold
    speed_mps: float | None = None
    speed_low_mps: float | None = None
    speed_high_mps: float | None = None
    rows: tuple[Difference, ...] = ()
    more_weeks: int = 0  # needed on the shorter side before anything can be said
    over_exaggeration: bool = False  # bounce up and cadence down, both changed
    group: str = ""  # what groups were made by, "shoe" or "tag"; "" where two periods are compared
    names: tuple[str, str] = ("", "")  # of the groups
