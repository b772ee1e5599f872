"""The classes of sensors: how each one reads, how far it may be off, what may be said from it, and its words.

One row a class, and nowhere else. A sensor class is part of every number: a runner's series ends where it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from kneedrive.quantities import QUANTITIES
from kneedrive.record import Record


class SensorClass(StrEnum):
    """What made the running dynamics, by the keys that JSON and the store use."""

    GARMIN_STRAP = "garmin_strap"
    GARMIN_STRAP_BLE = "garmin_strap_ble"
    GARMIN_POD = "garmin_pod"
    GARMIN_WRIST = "garmin_wrist"
    COROS = "coros"
    COROS_POD = "coros_pod"
    APPLE = "apple"
    STRYD = "stryd"
    MODEL_DERIVED = "model_derived"
    OTHER = "other"
    NONE = "none"


class Reference(Record, frozen=True, kw_only=True):
    """One sensor class. Readings stand from a force plate's by shift_DF + tilt_DF*(v - 2.8 m/s), of 1.

    sd_DF, sd_ln_k: SD of its systematic error (None: it does not measure that part). k_ref: usual VO/VO_model at
    2.8 m/s, s_k: change of its logarithm per m/s. sd_tilt_DF: how sure the tilt is, 1 per m/s. basis: what the row
    rests on. words: in running text; worn: where; short: in lists. open: why bounce (or contact) is not judged, ""
    where all is; settles: which sensor would settle that.
    """

    name: SensorClass
    k_ref: float | None = None
    shift_DF: float = 0.0
    tilt_DF: float = 0.0
    sd_tilt_DF: float = 0.010
    s_k: float = 0.0
    sd_DF: float | None = None
    sd_ln_k: float | None = None
    basis: str
    words: str
    worn: str
    short: str
    open: str = ""
    settles: str = ""

    @property
    def measures_contact(self) -> bool:
        """Whether contact time is a measurement of this runner."""
        return self.sd_DF is not None

    @property
    def measures_bounce(self) -> bool:
        """Whether oscillation is one, beyond what the timing implies."""
        return self.k_ref is not None

    @property
    def timing_again(self) -> bool:
        """Whether its oscillation is computed from its own contact time and cadence, and says nothing new."""
        return self.name in (SensorClass.STRYD, SensorClass.MODEL_DERIVED)

    @property
    def dynamics(self) -> str:
        """Where contact and bounce come from, in a phrase."""
        said = {
            SensorClass.GARMIN_WRIST: "dynamics estimated at the wrist",
            SensorClass.NONE: "no running dynamics recorded",
        }
        return said.get(self.name, f"dynamics from {self.words}")

    @property
    def scores(self) -> str:
        """The letters of the scores that can be measured."""
        contact, bounce = self.measures_contact, self.measures_bounce
        measured = {"D": contact, "P": bounce, "G": contact, "K": bounce}
        return "".join(letter for letter, there in measured.items() if there)

    def shows(self, key: str) -> bool:
        """Whether a change of this quantity, or of the score with this letter, would show in what it measures."""
        if key in ("D", "P", "G", "K"):
            return key in self.scores
        if key == "vertical_oscillation_m" and self.timing_again:
            return False
        return self.measures_contact or not QUANTITIES[key].computed


_ANY = "A chest strap or pod with running dynamics, a COROS watch or a Stryd would settle what is open."
_TELL = "Garmin HRM-Run, HRM-Tri, HRM-Pro, HRM-Fit or running dynamics pod, or a COROS watch, would tell"
_BOUNCE = f"A {_TELL} the bounce."
_FEW = "one to three files or runners"
_UNKNOWN = "what oscillation is usual on {} is not known yet: too few files to say"
_SAID_AGAIN = (
    "its oscillation is its own timing said again; strap minus Stryd in the same run: DF +0.9 (2.6) over 8 files"
)

_ROWS = (
    Reference(
        name=SensorClass.GARMIN_STRAP, k_ref=1.28, tilt_DF=0.014, sd_DF=0.021, sd_ln_k=0.068,
        basis="17 runners: k 1.29 (SD of ln k 0.065), DF +0.6 (2.8)",
        words="a Garmin chest strap", worn="chest strap", short="Garmin strap",
    ),
    Reference(
        name=SensorClass.COROS, k_ref=1.27, shift_DF=-0.015, tilt_DF=-0.018, sd_tilt_DF=0.015, s_k=-0.08, sd_DF=0.027,
        sd_ln_k=0.09,
        basis="8 runners, 644 runs: k 1.23 at their own speeds, DF -1.7 (1.1); may compress differences of contact",
        words="COROS", worn="COROS watch", short="COROS",
    ),
    Reference(
        name=SensorClass.GARMIN_POD, k_ref=1.24, shift_DF=-0.008, tilt_DF=0.014, sd_DF=0.027, sd_ln_k=0.09,
        basis="3 runners, 136 runs: k 1.20 (0.044), DF -1.6; no run supports the 1.42 of the maker's table",
        words="a Garmin running dynamics pod", worn="running dynamics pod, in place of a strap", short="Garmin pod",
    ),
    Reference(
        name=SensorClass.GARMIN_STRAP_BLE, tilt_DF=0.014, sd_DF=0.030, basis="one file",
        words="a Garmin HRM 600", worn="chest strap (HRM 600)", short="HRM 600",
        open=_UNKNOWN.format("an HRM 600"),
        # It is such a strap itself, so without the reason the advice would puzzle.
        settles=f"What bounce is usual on an HRM 600 is not known yet; a {_TELL} it.",
    ),
    Reference(
        name=SensorClass.COROS_POD, sd_DF=0.030, basis=_FEW,
        words="a COROS POD", worn="COROS POD", short="COROS POD",
        open=_UNKNOWN.format("a COROS POD"),
        # Whoever wears the pod has the watch, which measures the bounce itself where no pod is worn.
        settles="What bounce is usual on a COROS POD is not known yet; your COROS watch without the pod would tell it.",
    ),
    Reference(
        name=SensorClass.APPLE, sd_DF=0.030, basis=_FEW,
        words="an Apple Watch", worn="Apple Watch", short="Apple",
        open=_UNKNOWN.format("an Apple Watch"),
        settles=_BOUNCE,
    ),
    Reference(
        name=SensorClass.STRYD, tilt_DF=0.010, sd_DF=0.030, basis=_SAID_AGAIN,
        words="Stryd", worn="Stryd foot pod", short="Stryd",
        open="Stryd computes oscillation from its own contact time and cadence, so it says nothing new about bounce",
        settles=_BOUNCE,
    ),
    Reference(
        name=SensorClass.MODEL_DERIVED, tilt_DF=0.010, sd_DF=0.030, basis=_SAID_AGAIN,
        words="a sensor that models oscillation", worn="a sensor whose oscillation follows from its timing",
        short="modelled",
        open="this sensor computes oscillation from contact time and cadence, so it says nothing about bounce",
        settles=_BOUNCE,
    ),
    Reference(
        name=SensorClass.OTHER, tilt_DF=0.010, sd_DF=0.030, basis=_FEW,
        words="a sensor kneedrive does not know", worn="another sensor", short="other",
        open="what oscillation is usual on this sensor is not known",
        settles=_BOUNCE,
    ),
    Reference(
        name=SensorClass.GARMIN_WRIST,
        basis="1,079 runs of 16 runners and 8 models: contact and oscillation follow from speed, cadence and height",
        words="a Garmin watch at the wrist", worn="wrist", short="wrist",
        open="this watch works out contact time and oscillation from speed, cadence and the height in its profile, "
        "so they add nothing to those",
        settles=_ANY,
    ),
    Reference(
        name=SensorClass.NONE, basis="nothing recorded",
        words="no running dynamics", worn="no dynamics", short="none",
        open="contact time was not recorded; from speed and cadence alone a pattern can only be leant to",
        settles=_ANY,
    ),
)  # fmt: skip

REFERENCES: Mapping[str, Reference] = {row.name: row for row in _ROWS}
