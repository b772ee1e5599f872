"""FIT messages to activities: the clock of a session, what it says of itself, and who recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from kneedrive.errors import Malformed, NoActivity, ReadError, Truncated
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


_UNJUMPED = Clock(zero=0.0)


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
        """Keep of the records kept so far those that stay; a note says how many went, and where the first stood."""
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
    if jump:
        text = f"the watch's clock was set forward by {_lasting(jump.jump_s)} during the run: the gap was closed"
        notes.append(Note(code="clock_set", text=text))
    else:
        far = "half a day or more away from the rest"
        narrow(motion.largest_stretch(fit_times[keep], RULES.stray_gap_s), "time_far", far)
    times = fit_times[keep]
    # The session's own start where the records agree with it, else the first record's time.
    agrees = start is not None and 0 <= times[0] - start <= RULES.stray_gap_s
    clock = (jump or _UNJUMPED).replace(zero=start if agrees else float(times[0]))
    if clock.zero < profile.SMALLEST_TIME:
        notes.append(Note(code="clock_unset", text="the watch did not know the date: the start is counted from 1989"))
    return Axis(clock=clock, keep=keep, time_s=clock.seconds(times), notes=tuple(notes))


def _lasting(seconds: float) -> str:
    """A time in the unit that suits its length."""
    for unit, length in (("days", 86_400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:,.0f} s"


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
    return _UNJUMPED.replace(jump_after=float(times[largest]), jump_s=min(excess_s, float(gaps[largest])))


# What a session says about itself as a whole: times, totals, pauses, laps, averages; checked against its records.

# Event types of the profile: start; stop, stop_all, stop_disable and stop_disable_all, which makers mix freely.
_STARTS = frozenset({0})
_STOPS = frozenset({1, 4, 8, 9})


def utc_offset_s(told: Sequence[Message]) -> int | None:
    """Local time minus UTC from the activity message, to the quarter of an hour; None where it cannot be one."""
    for message in told:
        local, utc = message.number("local_timestamp"), message.number("timestamp")
        if local is not None and utc is not None:
            offset_s = round((local - utc) / RULES.offset_step_s) * RULES.offset_step_s
            return offset_s if abs(offset_s) <= RULES.offset_max_s else None
    return None


def wearer(told: Sequence[Message]) -> Runner:
    """Height and mass as the watch's own profile has them, where a grown person can have them."""

    def first(name: str, allowed: tuple[float, float]) -> float | None:
        values = (message.number(name) for message in told)
        return next((value for value in values if value and allowed[0] <= value <= allowed[1]), None)

    return Runner(height_m=first("height", RULES.height_m), mass_kg=first("weight", RULES.mass_kg))


def elapsed_time_s(time_s: Array, stated_s: float | None) -> float:
    """From the start to the end with pauses: as stated, where that is not shorter than the records nor absurd."""
    span_s = float(time_s[-1]) if len(time_s) else 0.0
    most_s = span_s + RULES.stray_gap_s if len(time_s) else TrackRules().max_timer_s
    return stated_s if stated_s is not None and span_s <= stated_s <= most_s else span_s


def duration_s(message: Message, elapsed_s: float, pauses: Sequence[Interval]) -> float:
    """Timer time: as stated where it fits into the elapsed time, else elapsed time without pauses."""
    stated_s = message.number("total_timer_time")
    # A second more is no contradiction: the elapsed time may come from records, whose times are whole seconds.
    if stated_s is not None and 0 < stated_s <= elapsed_s + 1:
        return stated_s
    return elapsed_s - sum(pause.end_s - pause.start_s for pause in pauses)


def distance_m(message: Message, samples: Samples) -> float | None:
    """The total as stated, else what the records add up to."""
    stated_m = message.number("total_distance")
    if stated_m is not None and stated_m >= 0:
        return stated_m
    if samples.distance_m is None:
        return None
    # In a file of several sessions the distance may run on from the one before.
    return float(np.nanmax(samples.distance_m) - np.nanmin(samples.distance_m))


def stops(timer: Sequence[Message]) -> Array:
    """FIT times of each stop of the timer and of the start after it, shape (stops, 2).

    A stop that no start follows is the end, and not among them.
    """
    found: list[tuple[float, float]] = []
    stopped: float | None = None
    for event in timer:
        when = event.number("timestamp")
        if when is None:
            continue
        if event.whole("event_type") in _STOPS and stopped is None:
            stopped = when
        elif event.whole("event_type") in _STARTS and stopped is not None:
            found.append((stopped, when))
            stopped = None
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def timer_pauses(stops: Array, clock: Clock, end_s: float) -> tuple[Interval, ...]:
    """The part of each stop that lies between the start of the session and `end_s`, seconds after it."""
    inside = np.clip(clock.seconds(stops), 0.0, end_s)
    paused = inside[inside[:, 1] > inside[:, 0]].tolist()
    return tuple(Interval(start_s=start_s, end_s=until_s) for start_s, until_s in paused)


def lap_table(told: Sequence[Message]) -> Array:
    """What the laps of a file say, in their order: FIT times of start and end, how long and how far, shape (4, laps).

    NaN for what they do not say. Read once for all sessions: many sessions with many laps would take too long.
    """
    names = ("start_time", "timestamp", "total_elapsed_time", "total_distance")
    return np.array([[message.number(name) for message in told] for name in names], dtype=np.float64)


def laps(table: Array, clock: Clock, elapsed_s: float, end_s: float) -> tuple[Lap, ...]:
    """The laps that began between the start of the session and `end_s`, seconds after it.

    A lap that does not say its end lasts as long as it says, and none beyond `elapsed_s`.
    """
    start_s, stated_s = clock.seconds(table[:2])
    lasted_s, distance_m = np.nan_to_num(table[2]), table[3]
    # Some watches stamp all laps with one moment, that of the whole recording's start or end.
    agrees = np.abs(stated_s - start_s - lasted_s) <= RULES.clock_agree_s
    known = ~np.isnan(stated_s) & (agrees | (lasted_s == 0))
    until_s = np.clip(np.where(known, stated_s, start_s + lasted_s), start_s, elapsed_s)
    began = (start_s >= 0) & (start_s < end_s)
    return tuple(
        Lap(start_s=start, end_s=until, distance_m=distance if distance >= 0 else None)
        for start, until, distance in np.stack([start_s, until_s, distance_m], axis=1)[began].tolist()
    )


def averages(message: Message, sport: str) -> dict[str, float]:
    """Session averages by channel in SI units. An average of zero is no average: makers write it for "no value"."""
    found: dict[str, float] = {}
    for field in profile.SESSION_FIELDS:
        value = message.number(field.name)
        if field.channel and value is not None and value > 0:
            found[field.channel] = value / field.divisor
    # The fraction of a turn stands in a field of its own, and counts one leg as the whole turns do.
    if "cadence_spm" in found:
        found["cadence_spm"] += 2 * (message.number("avg_fractional_cadence") or 0.0)
    return {name: value for name, value in found.items() if name != "cadence_spm" or sport in profile.ON_FOOT}


# Who recorded: the watch and what talked to it, from file_id and device_info messages.

_CREATOR = (0, None)  # some makers do not number the watch itself


def device(file_ids: Sequence[Message], infos: Sequence[Message]) -> Sensor:
    """The watch: what file_id says, completed by the device_info of the creator."""
    creators = [info for info in infos if info.whole("device_index") in _CREATOR]
    told = [*file_ids[:1], *creators]

    def first(name: str) -> int | None:
        return next((value for message in told if (value := message.whole(name)) is not None), None)

    name = next((message.text("product_name") for message in told if message.text("product_name")), "")
    firmware = next((_firmware(creator) for creator in creators if _firmware(creator)), "")
    return _named(first("manufacturer"), first("product"), name).replace(firmware=firmware)


def sensors(infos: Sequence[Message]) -> tuple[Sensor, ...]:
    """What talked to the watch, each once, in the order of the file.

    Left out: the watch itself, its own parts (source "local": GPS, barometer, optical pulse), and entries that repeat
    a sensor with less said about it.
    """
    told = [_sensor(info) for info in infos if info.whole("device_index") not in _CREATOR]
    worn = [
        sensor
        for sensor in told
        if sensor.source != "local" and (sensor.maker_id, sensor.product_id, sensor.ant_device_type) != (None,) * 3
    ]
    once = list(dict.fromkeys(worn))[: RULES.max_devices]
    facts: list[_Facts] = [
        (one.maker_id, one.product_id, one.ant_device_type, one.source or None, one.firmware or None) for one in once
    ]
    return tuple(
        sensor for sensor, mine in zip(once, facts, strict=True) if not any(_repeats(mine, other) for other in facts)
    )


_Facts = tuple[int | str | None, ...]  # what a sensor's entry says of it, firmware last


def _repeats(mine: _Facts, other: _Facts) -> bool:
    """Whether another entry says all that this one says, and more.

    Of two that differ in firmware alone, the one that tells it stays; both stay where both tell one.
    """
    more = mine.count(None) > other.count(None)
    return more and all(said in (None, theirs) for said, theirs in zip(mine[:-1], other[:-1], strict=True))


def _sensor(info: Message) -> Sensor:
    told = info.whole("source_type")
    source = "" if told is None else profile.SOURCES.get(told, "")
    return _named(info.whole("manufacturer"), info.whole("product"), info.text("product_name")).replace(
        # The number counts ANT+ profiles only for ANT+ sensors; watches before 2014 do not name the source.
        ant_device_type=info.whole("device_type") if source in ("antplus", "") else None,
        source=source,
        firmware=_firmware(info),
    )


def _named(maker_id: int | None, product_id: int | None, name: str) -> Sensor:
    """A device; its product is the name that it gives itself, else what Garmin sells under the number."""
    if not name and product_id is not None and maker_id in (profile.GARMIN, profile.DYNASTREAM, profile.DYNASTREAM_OEM):
        name = GARMIN_PRODUCTS.get(product_id, f"product {product_id}")
    maker = "" if maker_id is None else profile.MAKERS.get(maker_id, f"maker {maker_id}")
    return Sensor(maker=maker, maker_id=maker_id, product=name, product_id=product_id)


def _firmware(info: Message) -> str:
    version = info.number("software_version")
    return "" if version is None else str(version)


# One FIT file to activities: one per session, or one from the records where no session was written.

_TIMER = 0
_STILL_ACTIVITIES = frozenset({4, 20})  # file types "activity" and "activity_summary"
_NO_MESSAGE = Message(start=0, values={})


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


class _Session(Record, frozen=True, kw_only=True):
    """One session of a file."""

    message: Message  # _NO_MESSAGE where none was written
    sport: str
    sub_sport: str
    own: Flags  # which records are its own
    until: float  # the FIT time at which the next session begins, infinite for the last one


def activities(part: Part) -> Iterator[Activity]:
    """The activities of one file, without id and name. Raises ReadError where it holds none."""
    found = record_columns(part)
    claimed = sum(len(layout.starts) for layout in part.of(profile.SESSION))
    if claimed > RULES.max_sessions:  # to read some of them would mix up their records
        raise Malformed(f"claims {claimed:,} sessions; more than {RULES.max_sessions} are no recording")
    sessions = messages(part, profile.SESSION)
    problem = _no_activity(part, len(found.starts), len(sessions))
    if problem is not None:
        raise problem
    infos = messages(part, profile.DEVICE_INFO)
    timer = [event for event in messages(part, profile.EVENT) if event.whole("event") == _TIMER]
    contents = _Contents(
        columns=found,
        watch=device(messages(part, profile.FILE_ID), infos),
        sensors=sensors(infos),
        utc_offset_s=utc_offset_s(messages(part, profile.ACTIVITY)),
        wearer=wearer(messages(part, profile.USER_PROFILE)),
        laps=lap_table(messages(part, profile.LAP)),
        stops=stops(timer),
        notes=(*part.notes, *([part.damage] if part.damage else []), *found.notes),
    )
    for session in _sessions(part, sessions, found):
        yield _activity(session, contents)


def _no_activity(part: Part, records: int, sessions: int) -> ReadError | None:
    """Why a file holds no activity, None where it does."""
    kinds = [message.whole("type") for message in messages(part, profile.FILE_ID)]
    kind = kinds[0] if kinds else None
    if kind is not None and kind in profile.FILE_TYPES and kind not in _STILL_ACTIVITIES:
        what = profile.FILE_TYPES[kind]
        told = "daily monitoring" if what.startswith("monitoring") else what.replace("_", " ")
        return NoActivity(f"is a watch's file of another kind ({told}), and holds no activity")
    if records or sessions:
        return None
    if part.damage is not None and part.damage.code == NoteCode.TRUNCATED:
        problem = "ends before the first record"
        return Truncated(problem, offset=part.damage.offset, expected=part.stated_end, got=part.end)
    if part.damage is not None:
        return Malformed(f"holds {part.damage.text}, and no record before it", offset=part.damage.offset)
    return NoActivity("is a FIT file without records and without a session")


def _sessions(part: Part, told: Sequence[Message], found: Columns) -> list[_Session]:
    """The sessions in order of their start; a record belongs to the last session that began before it."""
    if len(told) < 2:
        message = told[0] if told else _NO_MESSAGE
        # Where no session tells the sport, the sport message or a lap does.
        others = [*messages(part, profile.SPORT), *messages(part, profile.LAP)] if not told else []
        teller = next((other for other in others if other.whole("sport") is not None), message)
        return [_session(teller, message, np.ones(len(found.starts), np.bool_), np.inf)]
    ordered = sorted(told, key=lambda message: message.number("start_time") or 0)
    begins = [message.number("start_time") or 0 for message in ordered]
    # A record without a time goes where the one before it goes.
    last = motion.last_known(~np.isnan(found.values["timestamp"]))
    times = np.where(last < 0, 0.0, found.values["timestamp"][last])
    index = np.maximum(np.searchsorted(begins, times, side="right") - 1, 0)
    ends = [*begins[1:], np.inf]
    return [
        _session(message, message, index == number, until)
        for number, (message, until) in enumerate(zip(ordered, ends, strict=True))
    ]


def _session(teller: Message, message: Message, own: Flags, until: float) -> _Session:
    sport, sub_sport = teller.whole("sport"), teller.whole("sub_sport")
    return _Session(
        message=message,
        sport=UNKNOWN if sport is None else profile.SPORTS.get(sport, f"sport {sport}"),
        sub_sport="generic" if sub_sport is None else profile.SUB_SPORTS.get(sub_sport, f"sub-sport {sub_sport}"),
        own=own,
        until=until,
    )


def _activity(session: _Session, contents: _Contents) -> Activity:
    message, own = session.message, session.own
    stated_s = message.number("total_elapsed_time")
    fit_times, starts = contents.columns.values["timestamp"][own], contents.columns.starts[own]
    line = axis(fit_times, starts, message.number("start_time"), stated_s)
    values = {name: column[own][line.keep] for name, column in contents.columns.values.items()}
    read, computed = samples(line.time_s, values, maker_id=contents.watch.maker_id, sport=session.sport)
    missing = "the file has no summary: totals were taken from its records"
    unsummed = (Note(code="missing_session", text=missing),) if message is _NO_MESSAGE else ()
    sport = session.sport
    guessed: tuple[Note, ...] = ()
    if sport == UNKNOWN:
        sport, guessed = motion.guessed_sport(read.speed_mps, read.cadence_spm, "the file does not name a sport")
    elapsed_s = elapsed_time_s(line.time_s, stated_s)
    # Overlapping sessions share no pauses and laps, as they share no records.
    end_s = float(np.clip(line.clock.seconds(session.until), 0.0, elapsed_s))
    pauses = timer_pauses(contents.stops, line.clock, end_s)
    return Activity(
        format=Kind.FIT,
        started_at=datetime.fromtimestamp(line.clock.zero + profile.FIT_EPOCH_S, UTC),
        utc_offset_s=contents.utc_offset_s,
        sport=sport,
        sub_sport=session.sub_sport,
        device=contents.watch,
        sensors=contents.sensors,
        duration_s=duration_s(message, elapsed_s, pauses),
        elapsed_s=elapsed_s,
        distance_m=distance_m(message, read),
        records=int(own.sum()),
        positioned=not bool(np.isnan(values.get("position_lat", np.nan)).all()),
        samples=read,
        alternatives=alternatives(line.time_s, values),
        averages=averages(message, sport),
        wearer=contents.wearer,
        laps=laps(contents.laps, line.clock, elapsed_s, end_s),
        pauses=pauses,
        notes=(*contents.notes, *unsummed, *line.notes, *computed, *guessed),
    )
