"""From timed points to an Activity: what GPX and TCX have in common. Positions become distance and speed and go."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from kneedrive.errors import ReadError
from kneedrive.method import TrackRules
from kneedrive.readers import ON_FOOT, UNKNOWN, Kind, motion, sport_of, sub_sport_of
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Interval, Lap, Note, NoteCode, Samples, Sensor, frozen
from kneedrive.stats import median

RULES = TrackRules()
MAX_SESSIONS = 1_000
_DAY_S = 86_400
_EARLIEST_UNIX_S, _LATEST_UNIX_S = 315_532_800.0, 4_102_444_800.0  # 1980 and 2100
# What lies outside was not measured. Longitudes may run on past 180 degrees where a track crosses the date line.
_BOUNDS = {
    "latitude_deg": (-90.0, 90.0),
    "longitude_deg": (-360.0, 360.0),
    "altitude_m": (-500.0, 9_000.0),  # from below the Dead Sea to above Everest
    "distance_m": (0.0, np.inf),
    "speed_mps": (0.0, 60.0),
    "heart_rate_bpm": (20.0, 250.0),
    "power_w": (0.0, 3_000.0),
}


# What a recorded point may say, by column; NaN where it does not.
POINT = (
    "unix_s",  # seconds since 1970, UTC
    "part",  # a number that changes where the file itself begins a new stretch
    "latitude_deg",
    "longitude_deg",
    "altitude_m",
    "distance_m",
    "speed_mps",
    "cadence",  # as written, of one leg or of both
    "heart_rate_bpm",
    "power_w",
)
COLUMN = {name: place for place, name in enumerate(POINT)}
_NAN = float("nan")


def empty_point(part: int) -> list[float]:
    """A row of `POINT` that says nothing yet."""
    return [_NAN, part, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN]


class LapRow(Record, frozen=True, kw_only=True):
    """A lap as written, NaN where it does not say something."""

    unix_s: float  # its start
    timer_s: float
    distance_m: float


class Session:
    """One activity as a reader fills it."""

    def __init__(self, sport: str = "", product: str = "") -> None:
        self.sport = sport  # the file's own words, "" for none
        self.product = product
        self.points = array("d")  # rows of `POINT` behind one another
        self.laps: list[LapRow] = []
        self.first_s = self.last_s = _NAN  # its first and last time (unix seconds)
        # The first zone told that is not UTC: UTC says nothing about where the runner is.
        self.utc_offset_s: int | None = None

    def time(self, unix_s: float, offset_s: int) -> float:
        """Take a time that the file tells, NaN for none, and its zone's offset; gives the time back."""
        if unix_s == unix_s:  # not NaN; isnan() would be a call for every point
            self.first_s = unix_s if self.first_s != self.first_s else self.first_s
            self.last_s = unix_s
        self.utc_offset_s = self.utc_offset_s or offset_s or None
        return unix_s


def activities(sessions: Sequence[Session], kind: Kind) -> list[Activity]:
    """The activities of a file's sessions that hold a time, without id and name. Raises ReadError for too many."""
    if len(sessions) > MAX_SESSIONS:
        raise ReadError(f"holds more than {MAX_SESSIONS:,} activities; export them one by one")
    found = (_of_points(session, kind) or _of_laps(session, kind) for session in sessions)
    return [activity for activity in found if activity is not None]


def _of_points(session: Session, kind: Kind) -> Activity | None:
    """The activity of a session's points, None where none has a time; what is left out of them, notes say."""
    written = np.array(session.points, dtype=np.float64).reshape(-1, len(POINT))
    table, forgiven = cleaned(written)
    if not len(table):
        return None
    started_s = float(table[0, 0])
    columns, elapsed_s = columns_of(table, started_s), float(table[-1, 0] - started_s)
    # Planners let their routes begin at midnight sharp, and measure nothing.
    measured = (columns.channels[name] for name in ("cadence", "heart_rate_bpm", "power_w"))
    invented = started_s % _DAY_S == 0 and not any(np.any(np.isfinite(channel)) for channel in measured)
    samples, sport, noted = _samples(columns, session.sport, invented=invented)
    # The laps' own timer time where they are told and fit into the elapsed time, else elapsed time without pauses.
    moved_s = elapsed_s - sum(pause.end_s - pause.start_s for pause in columns.pauses)
    told_s = float(sum(lap.timer_s for lap in session.laps))
    fits = 0 < told_s <= elapsed_s + RULES.pause_gap_s and told_s >= moved_s / RULES.agreement
    # The last distance of the points, else the sum of the laps.
    told_m = float(sum(lap.distance_m for lap in session.laps))
    distance_m = told_m if told_m > 0 else None
    if samples.distance_m is not None:
        distance_m = float(np.nanmax(samples.distance_m))
    return _activity(
        session,
        kind,
        started_s,
        sport=sport,
        duration_s=told_s if fits else moved_s,
        elapsed_s=elapsed_s,
        distance_m=distance_m,
        records=len(written),
        positioned=bool(np.any(np.isfinite(table[:, 2]) & np.isfinite(table[:, 3]))),
        samples=samples,
        laps=_laps(session.laps, started_s, elapsed_s),
        pauses=columns.pauses,
        notes=(*forgiven, *noted),
    )


def _of_laps(session: Session, kind: Kind) -> Activity | None:
    """The activity of a session without points, from the totals of its laps; None where these hold no time either."""
    laps = [lap for lap in session.laps if lap.timer_s > 0 and dated(np.array(lap.unix_s))]
    timer_s = sum(lap.timer_s for lap in laps)
    if not 0 < timer_s <= RULES.max_timer_s:
        return None
    span_s = laps[-1].unix_s + laps[-1].timer_s - laps[0].unix_s
    told_m = sum(lap.distance_m for lap in laps)
    distance_m = told_m if 0 < told_m <= RULES.credible_mps * timer_s else None
    return _activity(
        session,
        kind,
        laps[0].unix_s,
        sport=sport_of(session.sport),
        duration_s=timer_s,
        elapsed_s=span_s if timer_s <= span_s <= RULES.max_timer_s else timer_s,
        distance_m=distance_m,
        records=0,
        positioned=False,
        samples=Samples(time_s=frozen([])),
        averages={"speed_mps": distance_m / timer_s} if distance_m else {},
        notes=(Note(code="no_points", text="the file holds totals of laps and no recorded points"),),
    )


def _activity(session: Session, kind: Kind, started_s: float, **measured: Any) -> Activity:
    """An activity of what the session says of itself and what was measured, by the names of Activity's fields."""
    return Activity(
        format=kind,
        started_at=datetime.fromtimestamp(started_s, UTC),
        utc_offset_s=session.utc_offset_s,
        sub_sport=sub_sport_of(session.sport),
        device=Sensor(maker="", product=" ".join(session.product.split())[:60], source="file"),
        **measured,
    )


class Columns(Record, frozen=True, kw_only=True):
    """The points by column, in order of time."""

    time_s: Array
    starts: motion.Flags  # where a stretch begins that no distance is counted across
    pauses: tuple[Interval, ...]
    channels: Mapping[str, Array]  # the others of POINT, without what cannot be measured


def cleaned(table: Array) -> tuple[Array, tuple[Note, ...]]:
    """The rows with a time, in order, without strays; and a note for each kind that was left out."""
    notes: list[Note] = []

    def keep(flags: motion.Flags, code: str, text: str) -> None:
        nonlocal table
        lost = int(np.count_nonzero(~flags))
        if lost:
            notes.append(Note(code=code, text=f"{lost} of {len(table)} points {text} were left out"))
            table = table[flags]

    keep(dated(table[:, 0]), "untimed_points", "without a time")
    if len(table):
        # Whole parts in order of their first time; the points inside a part stay as they are.
        parts, first = np.unique(table[:, 1], return_index=True)
        rank = np.argsort(np.argsort(table[first, 0], kind="stable"), kind="stable")
        table = table[np.argsort(rank[np.searchsorted(parts, table[:, 1])], kind="stable")]
        keep(motion.in_order(table[:, 0]), "time_backwards", "whose time runs backwards")
        keep(motion.largest_stretch(table[:, 0], RULES.split_gap_s), "stray_points", "half a day or more away")
    return table, tuple(notes)


def dated(unix_s: Array) -> motion.Flags:
    """Which times can be those of a recording: between the first GPS satellites and the year 2100."""
    return (unix_s >= _EARLIEST_UNIX_S) & (unix_s < _LATEST_UNIX_S)


def columns_of(table: Array, started_s: float) -> Columns:
    """The columns of a cleaned table (a row per point, in the order of POINT), without what cannot be measured.

    Paused: the file begins a new part after more than its usual step, or was silent while the runner stood still. A
    silence while the runner went on is a gap in the recording, not a pause: timer and distance run on. A new part
    without a silence is a lap, nothing more.
    """
    said = {name: table[:, place] for name, place in COLUMN.items()}
    for name, (least, most) in _BOUNDS.items():
        said[name] = np.where((said[name] >= least) & (said[name] <= most), said[name], np.nan)
    time_s, part = said.pop("unix_s") - started_s, said.pop("part")
    # Metres between consecutive points: by position, else by recorded distance, else NaN.
    straight_m = motion.haversine_m(said["latitude_deg"], said["longitude_deg"])
    moved_m = np.where(np.isfinite(straight_m), straight_m, np.diff(said["distance_m"]))
    gap_s = np.diff(time_s)
    usual_s = median(gap_s) if len(gap_s) else 0.0
    silent = gap_s > max(RULES.pause_gap_s, RULES.pause_gap_steps * usual_s)
    told = (np.diff(part) != 0) & (gap_s > RULES.part_gap_steps * usual_s)
    paused = told | (silent & (moved_m < RULES.pause_speed_mps * gap_s))
    pauses = tuple(Interval(start_s=float(time_s[row]), end_s=float(time_s[row + 1])) for row in np.flatnonzero(paused))
    if not np.any(said["distance_m"] > 0):
        said["distance_m"] = np.full(len(time_s), np.nan)
    return Columns(time_s=time_s, starts=np.concatenate(([True], paused)), pauses=pauses, channels=said)


def _samples(columns: Columns, word: str, *, invented: bool) -> tuple[Samples, str, tuple[Note, ...]]:
    distance_m, speed_mps, moved = _motion(columns)
    cadence_spm, stepped = motion.steps_per_minute(columns.channels["cadence"], speed_mps)
    sport, guessed = _sport(word, speed_mps, cadence_spm, invented=invented)
    recorded = {name: columns.channels[name] for name in ("altitude_m", "power_w", "heart_rate_bpm")}
    channels = {"distance_m": distance_m, "speed_mps": speed_mps, **recorded}
    if sport not in ON_FOOT and sport != UNKNOWN:
        stepped = ()
    elif cadence_spm is not None:
        channels["cadence_spm"] = cadence_spm
    measured = {name: frozen(values) for name, values in channels.items() if np.any(np.isfinite(values))}
    return Samples(time_s=frozen(columns.time_s), **measured), sport, (*moved, *stepped, *guessed)


def _motion(columns: Columns) -> tuple[Array, Array, tuple[Note, ...]]:
    """Distance and speed: as recorded where that covers the run and agrees with the positions, else computed."""
    notes: list[Note] = []
    time_s, recorded_m, recorded_mps = columns.time_s, columns.channels["distance_m"], columns.channels["speed_mps"]
    stretches = motion.stretches(columns.starts)
    # Distance from positions is counted inside stretches and not across pauses.
    latitude_deg, longitude_deg = columns.channels["latitude_deg"], columns.channels["longitude_deg"]
    total_m, parts = 0.0, []
    for part in stretches:
        along_m = motion.path_m(time_s[part], latitude_deg[part], longitude_deg[part])
        parts.append(along_m + total_m)
        total_m += float(along_m[-1]) if np.isfinite(along_m[-1]) else 0.0
    walked_m, distance_m = np.concatenate(parts), motion.climbing_m(recorded_m)
    flies = time_s[-1] > 0 and np.nanmax(walked_m, initial=0.0) > RULES.credible_mps * time_s[-1]
    # Positions that fly cannot speak against what the file says.
    credible_m = np.full(len(walked_m), np.nan) if flies else walked_m
    if not _usable(recorded_m, distance_m, credible_m):
        if np.any(np.isfinite(recorded_m)):
            text = "the recorded distance has holes or contradicts the positions: taken from the positions"
            notes.append(Note(code="distance_from_positions", text=text))
        distance_m = walked_m
    elif np.any(np.diff(recorded_m[np.isfinite(recorded_m)]) < -RULES.restart_m):
        notes.append(Note(code="distance_restarts", text="the recorded distance falls: its parts were added up"))
    computed_mps = np.concatenate([motion.speed_mps(time_s[part], distance_m[part]) for part in stretches])
    if _usable(recorded_mps, recorded_mps, computed_mps):
        return distance_m, recorded_mps, tuple(notes)
    if np.any(np.isfinite(computed_mps)):
        notes.append(motion.SPEED_COMPUTED)
    return distance_m, computed_mps, tuple(notes)


def _usable(recorded: Array, values: Array, computed: Array) -> bool:
    """Whether a recorded channel covers enough of the points and agrees with what can be computed."""
    covered = float(np.mean(np.isfinite(recorded)))
    enough = covered >= RULES.min_coverage or (covered > 0 and not np.any(np.isfinite(computed)))
    return enough and motion.agrees(values, computed, RULES.agreement)


def _sport(word: str, speed_mps: Array, cadence_spm: Array | None, *, invented: bool) -> tuple[str, tuple[Note, ...]]:
    """What the file calls it, where that can be; where it calls it nothing, what speed and cadence look like."""
    sport = sport_of(word)
    typical_mps = motion.typical_mps(speed_mps)
    if sport == "running" and typical_mps > RULES.run_never_mps:
        text = f"the file calls it running, yet half of it is faster than {typical_mps:.1f} m/s: nobody runs so"
        return UNKNOWN, (Note(code=NoteCode.TOO_FAST, text=text),)
    if sport != UNKNOWN:
        return sport, ()
    if invented:
        text = "the file names no sport and its times begin at midnight sharp, as those of planned routes do"
        return UNKNOWN, (Note(code=NoteCode.SPORT_UNKNOWN, text=text),)
    return motion.guessed_sport(speed_mps, cadence_spm, "the file does not name a sport kneedrive knows")


def _laps(rows: Sequence[LapRow], started_s: float, elapsed_s: float) -> tuple[Lap, ...]:
    """Laps on the activity's time axis; a lap ends where the next begins, the last with the activity."""
    starts = [min(max(row.unix_s - started_s, 0.0), elapsed_s) for row in rows]
    if any(np.isnan(starts)) or starts != sorted(starts):
        return ()
    ends = [*starts[1:], elapsed_s][: len(starts)]
    return tuple(
        Lap(start_s=start, end_s=end, distance_m=row.distance_m if row.distance_m >= 0 else None)
        for start, end, row in zip(starts, ends, rows, strict=True)
    )
