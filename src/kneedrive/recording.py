"""What a reader returns: an activity as it was recorded, in SI units, with nothing added or judged.

None, NaN and 0 are three statements: no such channel, not measured here, measured zero.
All values are frozen; arrays are read-only float64.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from msgspec.structs import asdict

from kneedrive.record import Record

Array = npt.NDArray[np.float64]


class Recording(Record, frozen=True, kw_only=True):
    """A file as it came: its bytes are its identity. sport: what an export's own list calls it, in its words."""

    sha256: str
    format: str
    name: str
    body: bytes
    sport: str = ""


class Interval(Record, frozen=True, kw_only=True):
    """Half-open [start_s, end_s), in seconds since the start of the activity."""

    start_s: float
    end_s: float


class NoteCode(StrEnum):
    """Codes of notes that something is decided by; the others are only told."""

    TRUNCATED = "truncated"  # the end of the file is missing
    DAMAGED = "damaged"  # what follows some place cannot be read
    SPORT_ASSUMED = "sport_assumed"  # the file names no sport: running, by its speed and cadence
    SPORT_UNKNOWN = "sport_unknown"  # the file names no sport, and it does not look like running
    TOO_FAST = "too_fast"  # what the file calls running cannot be that
    DRIFT = "drift"  # a sensor's values slid away during the run


class Note(Record, frozen=True, kw_only=True):
    """What a reader forgave or the analysis corrected: `code` for programs, `text` for people, `offset` in bytes."""

    code: str
    text: str
    offset: int | None = None


class Sensor(Record, frozen=True, kw_only=True):
    """One device_info entry: the watch itself or something that talked to it. Serial numbers are not kept."""

    maker: str
    maker_id: int | None = None
    product: str = ""
    product_id: int | None = None
    ant_device_type: int | None = None
    source: str = ""
    firmware: str = ""

    @property
    def name(self) -> str:
        """Maker and product as the file says them, the maker once: "Garmin HRM-Pro", "COROS PACE 3"."""
        said = self.product.casefold().startswith(f"{self.maker} ".casefold())
        return self.product if said else f"{self.maker} {self.product}".strip()


class Lap(Record, frozen=True, kw_only=True):
    """A lap as the watch closed it."""

    start_s: float
    end_s: float
    distance_m: float | None = None


class Samples(Record, frozen=True, kw_only=True):
    """The recorded time axis and one array per channel, each of the length of `time_s`, or None.

    time_s: seconds since the start, non-decreasing, as recorded (not resampled). Cadence counts both feet. Ratios
    (duty_factor, vertical_ratio, balance_left) are fractions of 1. duty_factor is the device's own stance
    percentage where it writes one. NaN: not measured at that moment.
    """

    time_s: Array
    distance_m: Array | None = None
    speed_mps: Array | None = None
    altitude_m: Array | None = None
    cadence_spm: Array | None = None
    stance_time_s: Array | None = None
    duty_factor: Array | None = None
    vertical_oscillation_m: Array | None = None
    vertical_ratio: Array | None = None
    step_length_m: Array | None = None
    balance_left: Array | None = None
    power_w: Array | None = None
    heart_rate_bpm: Array | None = None
    step_speed_loss_mps: Array | None = None

    def channel(self, name: str) -> Array | None:
        """The array of a channel by its name, or None where it was not recorded."""
        return getattr(self, name)  # type: ignore[no-any-return]

    def present(self) -> dict[str, Array]:
        """The recorded channels by name, without time."""
        return {name: values for name, values in asdict(self).items() if name != "time_s" and values is not None}


class Runner(Record, frozen=True, kw_only=True):
    """What the runner tells about themselves; everything is optional and widens or narrows what can be said."""

    name: str = ""
    height_m: float | None = None
    mass_kg: float | None = None
    age: int | None = None


class Activity(Record, frozen=True, kw_only=True):
    """One session of a recording. Positions themselves are not kept."""

    id: str = ""  # 12 hex digits of the recording's hash, "-2" and so on behind them for later sessions; readers.read
    format: str
    name: str = ""  # of the file; given by readers.read
    started_at: datetime
    utc_offset_s: int | None  # local time minus UTC, None where the file does not say
    sport: str  # FIT's words: "running", "walking"
    sub_sport: str
    device: Sensor
    sensors: tuple[Sensor, ...] = ()
    duration_s: float  # timer time, without pauses
    elapsed_s: float  # with them
    distance_m: float | None
    records: int  # record messages seen, with or without a usable time
    positioned: bool  # at least one position was recorded
    samples: Samples
    alternatives: Mapping[str, Samples] = {}  # of apps, by maker ("stryd"), on the same time axis; never mixed in
    averages: Mapping[str, float] = {}  # of the session by channel name, for files without samples
    wearer: Runner = Runner()
    laps: tuple[Lap, ...] = ()
    pauses: tuple[Interval, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def is_run(self) -> bool:
        """Whether the file calls it a run; old files call a treadmill run a gym session on a treadmill."""
        return self.sport == "running" or self.sub_sport in ("treadmill", "indoor_running")


class Outline(Record, frozen=True, kw_only=True):
    """What of an activity tells whether another recording is of the same run."""

    id: str
    format: str
    device: str  # maker and product of the watch
    started_at: datetime  # aware UTC, whole milliseconds
    duration_s: float
    elapsed_s: float
    distance_m: float | None
    heart_rate_bpm: float | None  # median, None where not recorded
    dynamics: int  # how many running dynamics were measured in at least half of the records


def coverage(values: Array | None) -> float:
    """Share of records that have a value, 0 to 1; 0 where there is no such channel or no record."""
    return float(np.isfinite(values).mean()) if values is not None and len(values) else 0.0


def frozen(values: npt.ArrayLike) -> Array:
    """A read-only float64 array of these values."""
    array = np.asarray(values, dtype=np.float64)
    array.flags.writeable = False
    return array
