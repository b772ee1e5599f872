"""FIT messages to activities: the clock of a session, what it says of itself, and who recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from kneedrive.errors import Malformed, NoActivity, Truncated
from kneedrive.method import FitRules, TrackRules
from kneedrive.products import GARMIN_PRODUCTS
from kneedrive.readers import UNKNOWN, Kind, motion
from kneedrive.readers.fit import profile
from kneedrive.readers.fit.fields import Columns, Message, alternatives, messages, record_columns, samples
from kneedrive.readers.fit.wire import Part
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Interval, Lap, Note, NoteCode, Runner, Samples, Sensor

# The time axis of one session: FIT times made seconds since the start, with what had to be forgiven.

Flags = npt.NDArray[np.bool_]

RULES = FitRules()


class Clock(Record, frozen=True, kw_only=True):
    """Seconds since the start from FIT times; `jump_s` was put onto the clock right after `jump_after`."""

    zero: float
    jump_after: float = np.inf
    jump_s: float = 0.0

    def seconds(self, fit_times: ArrayLike) -> Array:
        """Seconds since the start of the session, of the shape of `fit_times`."""
        times = np.asarray(fit_times, np.float64)
        return times - self.zero - np.where(times > self.jump_after, self.jump_s, 0.0)


class Axis(Record, frozen=True, kw_only=True):
    """When the records of a session were made."""

    clock: Clock
    keep: Flags  # which records have a usable time
    time_s: Array  # theirs, non-decreasing, since the clock's zero
    notes: tuple[Note, ...]


def axis(fit_times: Array, starts: npt.NDArray[np.int64], start: float | None, elapsed_s: float | None) -> Axis:
    """The axis of one session's records.

    fit_times: FIT seconds, NaN where invalid, shape (records,). starts: byte offset of each record, for the notes.
    start, elapsed_s: what the session says, None where it says nothing. Left out, each with a note: records without a
    time, records that run backwards, and what stands half a day away from the rest.
    """
    keep = np.ones(len(fit_times), np.bool_)
    notes: list[Note] = []

    def narrow(stay: Flags, code: str, text: str) -> None:
        # Of the records kept so far those that stay; a note says how many went, and where the first stood.
        if not stay.all():
            gone = starts[keep][~stay]
            text = f"{len(gone):,} records {text} were left out"
            notes.append(Note(code=code, text=text, offset=int(gone[0])))
            keep[np.flatnonzero(keep)] = stay

    narrow(~np.isnan(fit_times), "time_invalid", "without a valid time")
    if not keep.any():
        return Axis(clock=Clock(zero=start or 0.0), keep=keep, time_s=np.empty(0), notes=tuple(notes))
    narrow(motion.in_order(fit_times[keep]), "time_backwards", "whose time runs backwards")
    jump = _jump(fit_times[keep], elapsed_s)
    if jump:  # of an hour at least
        lengths = (("days", 86_400.0), ("hours", 3600.0), ("minutes", 60.0))
        lasting = next(
            f"{jump.jump_s / length:,.0f} {unit}" for unit, length in lengths if jump.jump_s >= 2 * length
        )  # an hour at least
        text = f"the watch's clock was set forward by {lasting} during the run: the gap was closed"
        notes.append(Note(code="clock_set", text=text))
    else:
        far = "half a day or more away from the rest"
        narrow(motion.largest_stretch(fit_times[keep], RULES.stray_gap_s), "time_far", far)
    times = fit_times[keep]
    # The session's own start where the records agree with it, else the first record's time.
    agrees = start is not None and 0 <= times[0] - start <= RULES.stray_gap_s
    clock = (jump or Clock(zero=0.0)).replace(zero=start if agrees else float(times[0]))
    if clock.zero < profile.SMALLEST_TIME:
        notes.append(Note(code="clock_unset", text="the watch did not know the date: the start is counted from 1989"))
    return Axis(clock=clock, keep=keep, time_s=clock.seconds(times), notes=tuple(notes))


def _jump(times: Array, elapsed_s: float | None) -> Clock | None:
    """A clock set during the run: one long gap that the session's elapsed time knows nothing of."""
    if elapsed_s is None or len(times) < 2:
        return None
    gaps = np.diff(times)
    largest = int(np.argmax(gaps))
    excess_s = float(times[-1] - times[0] - elapsed_s)
    if gaps[largest] < RULES.clock_jump_s or abs(excess_s - gaps[largest]) > RULES.clock_agree_s:
        return None
    # The gap shrinks to what the elapsed time leaves for it.
    return Clock(zero=0.0, jump_after=float(times[largest]), jump_s=min(excess_s, float(gaps[largest])))


# What a session says about itself as a whole: times, totals, pauses, laps, averages; checked against its records.

# Event types of the profile: start; stop, stop_all, stop_disable and stop_disable_all, which makers mix freely.
_START, _STOPS = 0, frozenset({1, 4, 8, 9})


def _utc_offset_s(told: Sequence[Message]) -> int | None:
    """Local time minus UTC from the activity message, to the quarter of an hour; None where it cannot be one."""
    for message in told:
        local, utc = message.number("local_timestamp"), message.number("timestamp")
        if local is not None and utc is not None:
            offset_s = round((local - utc) / RULES.offset_step_s) * RULES.offset_step_s
            return offset_s if abs(offset_s) <= RULES.offset_max_s else None
    return None


def _wearer(told: Sequence[Message]) -> Runner:
    """Height and mass as the watch's own profile has them, where a grown person can have them."""

    def first(name: str, allowed: tuple[float, float]) -> float | None:
        values = (message.number(name) for message in told)
        return next((value for value in values if value and allowed[0] <= value <= allowed[1]), None)

    return Runner(height_m=first("height", RULES.height_m), mass_kg=first("weight", RULES.mass_kg))


def _timer_s(message: Message, elapsed_s: float, pauses: Sequence[Interval]) -> float:
    """As stated where it fits into the elapsed time, else elapsed time without pauses."""
    stated_s = message.number("total_timer_time")
    # A second more is no contradiction: the elapsed time may come from records, whose times are whole seconds.
    if stated_s is not None and 0 < stated_s <= elapsed_s + 1:
        return stated_s
    return elapsed_s - sum(pause.end_s - pause.start_s for pause in pauses)


def _distance_m(message: Message, samples: Samples) -> float | None:
    """The total as stated, else what the records add up to."""
    stated_m = message.number("total_distance")
    if stated_m is not None and stated_m >= 0:
        return stated_m
    if samples.distance_m is None:
        return None
    # In a file of several sessions the distance may run on from the one before.
    return float(np.nanmax(samples.distance_m) - np.nanmin(samples.distance_m))


def _stops(events: Sequence[Message]) -> Array:
    """FIT times of each stop of the timer and of the start after it, shape (stops, 2); not of the stop at the end."""
    found: list[tuple[float, float]] = []
    stopped: float | None = None
    for event in events:
        if event.whole("event") != _TIMER or (when := event.number("timestamp")) is None:
            continue
        kind = event.whole("event_type")
        if kind in _STOPS and stopped is None:
            stopped = when
        elif kind == _START and stopped is not None:
            found.append((stopped, when))
            stopped = None
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def _laps(table: Array, clock: Clock, elapsed_s: float, end_s: float) -> tuple[Lap, ...]:
    """The laps that began between the start of the session and `end_s`; table: one row for each of _LAP."""
    start_s, stated_s = clock.seconds(table[:2])
    lasted_s, distance_m = np.nan_to_num(table[2]), table[3]
    # Some watches stamp all laps with one moment, that of the whole recording's start or end.
    agrees = np.abs(stated_s - start_s - lasted_s) <= RULES.clock_agree_s
    known = ~np.isnan(stated_s) & (agrees | (lasted_s == 0))
    # A lap that does not say its end lasts as long as it says, and none beyond the session.
    until_s = np.clip(np.where(known, stated_s, start_s + lasted_s), start_s, elapsed_s)
    began = (start_s >= 0) & (start_s < end_s)
    return tuple(
        Lap(start_s=start, end_s=until, distance_m=distance if distance >= 0 else None)
        for start, until, distance in np.stack([start_s, until_s, distance_m], axis=1)[began].tolist()
    )


def _averages(message: Message, sport: str) -> dict[str, float]:
    """Session averages by channel in SI units. An average of zero is no average: makers write it for "no value"."""
    found: dict[str, float] = {}
    for field in profile.SESSION_FIELDS:
        value = message.number(field.name)
        counts = field.channel != "cadence_spm" or sport in profile.ON_FOOT
        if field.channel and counts and value is not None and value > 0:
            found[field.channel] = value / field.divisor
    # The fraction of a turn stands in a field of its own, and counts one leg as the whole turns do.
    if "cadence_spm" in found:
        found["cadence_spm"] += 2 * (message.number("avg_fractional_cadence") or 0.0)
    return found


# Who recorded: the watch and what talked to it, from file_id and device_info messages.

_CREATOR = (0, None)  # some makers do not number the watch itself


def _watch(file_ids: Sequence[Message], infos: Sequence[Message]) -> Sensor:
    """The watch: what file_id says, completed by the device_info of the creator."""
    creators = [info for info in infos if info.whole("device_index") in _CREATOR]
    told = [*file_ids[:1], *creators]

    def first(name: str) -> int | None:
        return next((value for message in told if (value := message.whole(name)) is not None), None)

    product = next((name for message in told if (name := message.text("product_name"))), "")
    firmware = next((version for creator in creators if (version := _firmware(creator))), "")
    return _named(first("manufacturer"), first("product"), product, firmware)


def _sensors(infos: Sequence[Message]) -> tuple[Sensor, ...]:
    """What talked to the watch, each once, in the order of the file.

    Left out: the watch itself, its own parts (source "local": GPS, barometer, optical pulse), and entries that repeat
    a sensor with less said about it.
    """
    told = []
    for info in infos:
        maker_id, product_id, source_type = (info.whole(name) for name in ("manufacturer", "product", "source_type"))
        source = "" if source_type is None else profile.SOURCES.get(source_type, "")
        # The number counts ANT+ profiles only for ANT+ sensors; watches before 2014 do not name the source.
        ant_type = info.whole("device_type") if source in ("antplus", "") else None
        apart = info.whole("device_index") not in _CREATOR and source != "local"
        if apart and (maker_id, product_id, ant_type) != (None, None, None):
            sensor = _named(maker_id, product_id, info.text("product_name"), _firmware(info))
            told.append(sensor.replace(ant_device_type=ant_type, source=source))
    once = list(dict.fromkeys(told))[: RULES.max_devices]
    facts = [
        (one.maker_id, one.product_id, one.ant_device_type, one.source or None, one.firmware or None) for one in once
    ]

    def repeated(mine: tuple[int | str | None, ...]) -> bool:
        # Of two that differ in firmware alone, the one that tells it stays; both stay where both tell one.
        more = (other for other in facts if other.count(None) < mine.count(None))
        return any(all(said in (None, other[at]) for at, said in enumerate(mine[:-1])) for other in more)

    return tuple(sensor for sensor, mine in zip(once, facts, strict=True) if not repeated(mine))


def _named(maker_id: int | None, product_id: int | None, name: str, firmware: str) -> Sensor:
    """A device; its product is the name that it gives itself, else what Garmin sells under the number."""
    if not name and product_id is not None and maker_id in (profile.GARMIN, profile.DYNASTREAM, profile.DYNASTREAM_OEM):
        name = GARMIN_PRODUCTS.get(product_id, f"product {product_id}")
    maker = "" if maker_id is None else profile.MAKERS.get(maker_id, f"maker {maker_id}")
    return Sensor(maker=maker, maker_id=maker_id, product=name, product_id=product_id, firmware=firmware)


def _firmware(info: Message) -> str:
    version = info.number("software_version")
    return "" if version is None else str(version)


# One FIT file to activities: one per session, or one from the records where no session was written.

_TIMER = 0
_LAP = ("start_time", "timestamp", "total_elapsed_time", "total_distance")
_STILL_ACTIVITIES = frozenset({4, 20})  # file types "activity" and "activity_summary"
_UNSUMMED = Note(code="missing_session", text="the file has no summary: totals were taken from its records")


class _Contents(Record, frozen=True, kw_only=True):
    """What the activities of one file share."""

    columns: Columns
    watch: Sensor
    sensors: tuple[Sensor, ...]
    utc_offset_s: int | None
    wearer: Runner
    laps: Array
    stops: Array
    notes: tuple[Note, ...]


def activities(part: Part) -> Iterator[Activity]:
    """The activities of one file, without id and name. Raises ReadError where it holds none."""
    found = record_columns(part)
    _refuse(part, len(found.starts))
    infos, laps = messages(part, profile.DEVICE_INFO), messages(part, profile.LAP)
    contents = _Contents(
        columns=found,
        watch=_watch(messages(part, profile.FILE_ID), infos),
        sensors=_sensors(infos),
        utc_offset_s=_utc_offset_s(messages(part, profile.ACTIVITY)),
        wearer=_wearer(messages(part, profile.USER_PROFILE)),
        # Read once for all sessions: many sessions with many laps would take too long.
        laps=np.array([[lap.number(name) for lap in laps] for name in _LAP], dtype=np.float64),
        stops=_stops(messages(part, profile.EVENT)),
        notes=(*part.notes, *([part.damage] if part.damage else []), *found.notes),
    )
    for session, own, until in _sessions(part, found):
        yield _activity(session, own, until, contents)


def _refuse(part: Part, records: int) -> None:
    """Raise ReadError where a file holds no activity, or claims more than can be."""
    sessions = sum(len(layout.starts) for layout in part.of(profile.SESSION))
    if sessions > RULES.max_sessions:  # to read some of them would mix up their records
        raise Malformed(f"claims {sessions:,} sessions; more than {RULES.max_sessions} are no recording")
    kinds = [message.whole("type") for message in messages(part, profile.FILE_ID)]
    kind = kinds[0] if kinds else None
    if kind is not None and kind in profile.FILE_TYPES and kind not in _STILL_ACTIVITIES:
        what = profile.FILE_TYPES[kind]
        told = "daily monitoring" if what.startswith("monitoring") else what.replace("_", " ")
        raise NoActivity(f"is a watch's file of another kind ({told}), and holds no activity")
    if records or sessions:
        return
    if part.damage is None:
        raise NoActivity("is a FIT file without records and without a session")
    if part.damage.code == NoteCode.TRUNCATED:
        problem = "ends before the first record"
        raise Truncated(problem, offset=part.damage.offset, expected=part.stated_end, got=part.end)
    raise Malformed(f"holds {part.damage.text}, and no record before it", offset=part.damage.offset)


def _sessions(part: Part, found: Columns) -> Iterator[tuple[Message, Flags, float]]:
    """The sessions in order of their start, with each which records are its own, and the FIT time at which the next
    begins, infinite for the last. A record belongs to the last session that began before it.
    """
    told = messages(part, profile.SESSION)
    if not told:
        # Where no session tells the sport, the sport message or a lap does. No message starts at 0.
        others = [*messages(part, profile.SPORT), *messages(part, profile.LAP)]
        values = next((other.values for other in others if other.number("sport") is not None), {})
        kept = {name: values[name] for name in ("sport", "sub_sport") if name in values}
        told = [Message(start=0, values=kept)]
    if len(told) == 1:
        yield told[0], np.ones(len(found.starts), np.bool_), np.inf
        return
    told.sort(key=lambda message: message.number("start_time") or 0)
    begins = [message.number("start_time") or 0 for message in told]
    # A record without a time goes where the one before it goes.
    last = motion.last_known(~np.isnan(found.values["timestamp"]))
    times = np.where(last < 0, 0.0, found.values["timestamp"][last])
    index = np.maximum(np.searchsorted(begins, times, side="right") - 1, 0)
    for number, until in enumerate([*begins[1:], np.inf]):
        yield told[number], index == number, until


def _activity(message: Message, own: Flags, until: float, contents: _Contents) -> Activity:
    stated_s = message.number("total_elapsed_time")
    sport_id, sub_sport = message.whole("sport"), message.whole("sub_sport")
    sport = UNKNOWN if sport_id is None else profile.SPORTS.get(sport_id, f"sport {sport_id}")
    fit_times, starts = contents.columns.values["timestamp"][own], contents.columns.starts[own]
    line = axis(fit_times, starts, message.number("start_time"), stated_s)
    values = {name: column[own][line.keep] for name, column in contents.columns.values.items()}
    read, notes = samples(line.time_s, values, maker_id=contents.watch.maker_id, sport=sport)
    if sport == UNKNOWN:
        sport, guessed = motion.guessed_sport(read.speed_mps, read.cadence_spm, "the file does not name a sport")
        notes += guessed
    # As stated, where that is not shorter than the records nor absurd.
    span_s = float(line.time_s[-1]) if len(line.time_s) else 0.0
    most_s = span_s + RULES.stray_gap_s if len(line.time_s) else TrackRules().max_timer_s
    elapsed_s = stated_s if stated_s is not None and span_s <= stated_s <= most_s else span_s
    # Overlapping sessions share no pauses and laps, as they share no records.
    end_s = float(np.clip(line.clock.seconds(until), 0.0, elapsed_s))
    paused = np.clip(line.clock.seconds(contents.stops), 0.0, end_s)
    pauses = [Interval(start_s=first, end_s=last) for first, last in paused.tolist() if last > first]
    return Activity(
        format=Kind.FIT,
        started_at=datetime.fromtimestamp(line.clock.zero + profile.FIT_EPOCH_S, UTC),
        utc_offset_s=contents.utc_offset_s,
        sport=sport,
        sub_sport="generic" if sub_sport is None else profile.SUB_SPORTS.get(sub_sport, f"sub-sport {sub_sport}"),
        device=contents.watch,
        sensors=contents.sensors,
        duration_s=_timer_s(message, elapsed_s, pauses),
        elapsed_s=elapsed_s,
        distance_m=_distance_m(message, read),
        records=int(own.sum()),
        positioned=not bool(np.isnan(values.get("position_lat", np.nan)).all()),
        samples=read,
        alternatives=alternatives(line.time_s, values),
        averages=_averages(message, sport),
        wearer=contents.wearer,
        laps=_laps(contents.laps, line.clock, elapsed_s, end_s),
        pauses=tuple(pauses),
        notes=(*contents.notes, *([] if message.start else [_UNSUMMED]), *line.notes, *notes),
    )
