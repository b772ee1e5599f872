"""What an analysis is made of: the single result of `analyze`, and its parts. Facts only; words are made in report/.

Scores: 0 is usual at that speed, 1 is one spread between runners. A value of None always comes with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from kneedrive.analysis.posterior import Basis, Certainty, Knee, Posterior
from kneedrive.analysis.reference import Against
from kneedrive.method import Method
from kneedrive.patterns import Pattern
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Note, Runner, frozen
from kneedrive.sensors import Reference, SensorClass

ESTIMATE = "what is shown is the watch's estimate from your speed, cadence and height"
NOTHING, NO_WORDS = frozen([]), np.empty(0, dtype="<U1")


class Epochs(Record, frozen=True, kw_only=True):
    """One row per 30-s epoch, all arrays of one length; NaN where not measured."""

    start_s: Array = NOTHING  # seconds since the start of the activity
    weight: Array = NOTHING  # 1 on the flat, 0.5 on hills, 0 where not scored
    reason: npt.NDArray[np.str_] = NO_WORDS  # "" where scored, else the name of the gate that left it out
    # Medians by metric key (speed_mps, cadence_spm ...), grade, ln_k, beta, zSL, zDF, zB, zk and the scores D, P, G, K.
    columns: Mapping[str, Array] = {}

    def __len__(self) -> int:
        return len(self.start_s)

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    @property
    def scored(self) -> npt.NDArray[np.bool_]:
        """Which epochs count."""
        return np.equal(self.reason, "")


class Spread(Record, frozen=True, kw_only=True):
    """A metric over the epochs: median, 10th and 90th percentile, number of epochs that have it."""

    median: float
    p10: float
    p90: float
    n: int


class Score(Record, frozen=True, kw_only=True):
    """A score with its standard error, or None with the reason why it is not judged."""

    value: float | None = None
    se: float | None = None
    reason: str = ""


class Scores(Record, frozen=True, kw_only=True):
    """The four scores of a run or a part of it."""

    D: Score = Score()  # drive (+) or shuffle (-)
    P: Score = Score()  # piston (+)
    G: Score = Score()  # long-grounded (+) or short-airy (-)
    K: Score = Score()  # torso bounce
    z: Mapping[str, float] = {}  # the parts as run values: zSL, zDF, zB, zk where they are defined

    def items(self) -> tuple[tuple[str, Score], ...]:
        """The four scores by letter, in order."""
        return (("D", self.D), ("P", self.P), ("G", self.G), ("K", self.K))


class Scope(StrEnum):
    """What a finding is about: a whole run, its part up to the slow speed, or the runner's last weeks."""

    RUN = "run"
    SLOW = "slow"
    WEEKS = "weeks"


class Finding(Record, frozen=True, kw_only=True):
    """What may be said of one pattern, and how surely."""

    scope: Scope
    pattern: Pattern
    certainty: Certainty
    probability: float
    base_rate: float  # the same for any runner, before anything was measured
    basis: Basis
    marked: bool = False  # spoken, and its score large
    evidence: Mapping[str, float] = {}  # the numbers behind it, keys with units

    def __str__(self) -> str:
        where = "" if self.scope is Scope.RUN else f"when {self.scope}: "
        sure = f"{self.certainty}, probability {self.probability:.2f}, any runner {self.base_rate:.2f}"
        return f"{where}{self.pattern} ({sure}, {self.basis})"


class Unjudged(Record, frozen=True, kw_only=True):
    """Something a runner might expect to be told, and why it is not."""

    what: str
    reason: str


class PaceBand(Record, frozen=True, kw_only=True):
    """One band [low, high) of the pace profile. metrics: what was measured; usual: the reference at that speed."""

    low_mps: float
    high_mps: float
    speed_mps: float
    epochs: int
    seconds: float
    scores: Scores
    metrics: Mapping[str, float]
    usual: Mapping[str, float]
    posterior: Posterior | None = None  # of this band's epochs; D, P, G, K with their SDs in .scores
    leading: tuple[Pattern, ...] = ()  # the patterns to name, the likeliest first
    certainty: Certainty = Certainty.OPEN  # of the first of them


class OnsetVerdict(StrEnum):
    """Where shuffling begins: at a pace, at every pace of the run, at no pace in particular, or nowhere."""

    AT = "at"
    EVERY = "every"
    ALIKE = "alike"  # slow paces shuffle, and D does not fall towards them
    NONE = "none"
    UNJUDGED = "unjudged"


class ShuffleOnset(Record, frozen=True, kw_only=True):
    """The pace from which slower bands are shuffle-like: `at`, "every" pace of the run, or "none"; "unjudged"."""

    verdict: OnsetVerdict = OnsetVerdict.UNJUDGED
    speed_mps: float | None = None


class Slow(Record, frozen=True, kw_only=True):
    """Running at or below `speed_mps`. contrast is null for one run: it needs a history."""

    speed_mps: float | None = None
    epochs: int = 0
    share_flight_under_40ms: float | None = None
    contrast: float | None = None
    reason: str = ""


class VrSplit(Record, frozen=True, kw_only=True):
    """ln VR against the reference, split exactly: dln VR = dln T + dln B + dln k."""

    ln_VR: float
    ln_T: float
    ln_B: float
    ln_k: float


class Balance(Record, frozen=True, kw_only=True):
    """Ground contact balance of one run: a number, never a diagnosis."""

    left: float  # mean share of the left foot
    same_side: float  # share of epochs that lean as the mean does
    epochs: int
    se: float | None = None  # of left
    probability: float | None = None  # that the true share is more than 2 points from the middle on that side
    said: bool = False  # it is, surely enough


class Acceleration(Record, frozen=True, kw_only=True):
    """A burst that was found and kept out of every score."""

    start_s: float
    end_s: float
    from_mps: float
    to_mps: float
    cadence_spm: float | None
    stance_time_s: float | None


class Change(Record, frozen=True, kw_only=True):
    """Late minus early at matched speed, with its interval; notable: beyond the threshold and surely not zero."""

    difference: float
    low: float
    high: float
    threshold: float
    notable: bool


class FadeVerdict(StrEnum):
    """Whether form changed within a run."""

    CHANGED = "changed"
    NO_CHANGE = "no change"
    NOT_ENOUGH = "not enough"


class Fade(Record, frozen=True, kw_only=True):
    """Late against early within a run: the last third of its blocks against the first."""

    verdict: FadeVerdict = FadeVerdict.NOT_ENOUGH
    blocks: int = 0  # of 3 minutes, after the warm-up
    speed_mps: float | None = None  # usual speed in them
    changes: Mapping[str, Change] = {}  # by metric key (cadence_spm, stance_time_s, ln_k ...)
    reason: str = ""
    level: float = 0.95  # probability that all intervals together hold
    suppressed: Mapping[str, str] = {}  # why a metric is not judged, by key


class Quality(Record, frozen=True, kw_only=True):
    """What was counted, what was left out and why. excluded: epochs by gate. coverage: share of epochs by metric."""

    epochs_total: int = 0
    epochs_scored: int = 0
    excluded: Mapping[str, int] = {}
    coverage: Mapping[str, float] = {}
    notes: tuple[Note, ...] = ()


class ChannelSummary(Record, frozen=True, kw_only=True):
    """A channel as recorded, unfiltered: share of records that have it, and its median (None where never)."""

    coverage: float
    median: float | None


class Status(StrEnum):
    """What became of an activity. Assessed: scores, or odds from steps; indoors without a measured speed, metrics."""

    ASSESSED = "assessed"
    TOO_FEW = "too few epochs"
    WALK = "walk"
    NOT_A_RUN = "not a run"
    NO_SAMPLES = "no samples"


class HeightFrom(StrEnum):
    """Who said how tall the runner is."""

    SETTINGS = "settings"
    FILE = "file"
    NOBODY = ""


class Over(StrEnum):
    """What the metrics of a run are medians of."""

    SCORED = "scored epochs"
    RUNNING = "all running epochs"
    ALL = "all epochs"
    SECONDS = "single seconds"
    SESSION = "session averages"
    NOTHING = ""


class Analysis(Record, frozen=True, kw_only=True):
    """Everything kneedrive can say about one activity."""

    activity: Activity
    runner: Runner
    method: Method
    status: Status = Status.NO_SAMPLES
    status_reason: str = ""
    provenance: SensorClass
    provenance_reason: str
    reference: Reference
    surface: str  # "outdoor" or "indoor"
    quality: Quality = Quality()
    metrics: Mapping[str, Spread] = {}
    metrics_over: Over = Over.NOTHING
    usual: Mapping[str, float] = {}  # the reference at the run's median scored speed, by metric key
    scores: Scores = Scores()
    # None, () or {} where nothing could be judged.
    posterior: Posterior | None = None  # of the run: odds, base_rates, scores (means and SDs), basis
    findings: tuple[Finding, ...] = ()  # the headline first; scope "slow" after scope "run"
    ruled_out: tuple[Pattern, ...] = ()
    odds_range: Mapping[Pattern, tuple[float, float]] = {}  # from steps alone: over the thinkable correlations
    knee: Knee = Knee(reason="nothing was judged")
    height_from: HeightFrom = HeightFrom.NOBODY  # the height itself is runner.height_m
    instead_of: SensorClass | None = None  # of the watch's own dynamics, where a source that measures was judged
    unjudged: tuple[Unjudged, ...] = ()
    pace_profile: tuple[PaceBand, ...] = ()
    shuffle_onset: ShuffleOnset = ShuffleOnset()
    slow: Slow = Slow()
    vr_split: VrSplit | None = None
    balance: Balance | None = None
    accelerations: tuple[Acceleration, ...] = ()
    fade: Fade = Fade()
    channels: Mapping[str, ChannelSummary] = {}
    epochs: Epochs = Epochs()

    @property
    def against(self) -> Against:
        """What the run was held against."""
        return Against(reference=self.reference, runner=self.runner, method=self.method)

    as_html: ClassVar[Callable[[Analysis], str] | None] = None  # set by the library: pages stand above this floor

    def _repr_html_(self) -> str | None:
        """What a notebook shows: the first screen of the page; None, and so the lines below, without the library."""
        return None if Analysis.as_html is None else Analysis.as_html(self)

    def __str__(self) -> str:
        """Two or three plain lines: what it is, what was found with its certainty, what was scored."""
        run = self.activity
        head = f"{run.sport} {run.started_at:%Y-%m-%d %H:%M} UTC, {run.duration_s / 60:.0f} min, {self.provenance}"
        counted = f"{self.quality.epochs_scored} of {self.quality.epochs_total} epochs scored"
        if self.status is not Status.ASSESSED:
            return f"{head}\n{self.status}: {self.status_reason}\n{counted}"
        said = "; ".join(map(str, self.findings)) or "nothing judged"
        judged = (
            f"{name} {score.value:+.1f} +-{score.se:.1f}"
            for name, score in self.scores.items()
            if score.value is not None
        )
        return f"{head}\n{said}\n{', '.join((*judged, counted))}"
