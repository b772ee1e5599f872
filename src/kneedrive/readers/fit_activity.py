"""One FIT file to activities: one per session, or one from the records where no session was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from kneedrive.errors import Malformed, NoActivity, ReadError, Truncated
from kneedrive.model import Activity, Array, Note, Sensor
from kneedrive.readers import fit_devices
from kneedrive.readers import fit_profile as profile
from kneedrive.readers import fit_summary as summary
from kneedrive.readers.fit_bounds import check_sessions
from kneedrive.readers.fit_clock import axis
from kneedrive.readers.fit_columns import Columns, Wanted, columns, native, times
from kneedrive.readers.fit_developer import Descriptions, developer, undescribed
from kneedrive.readers.fit_layouts import Layout
from kneedrive.readers.fit_messages import Message, messages
from kneedrive.readers.fit_samples import Source, alternatives, samples
from kneedrive.readers.fit_walk import Part
from kneedrive.value import Value

_TIMER = 0
_STILL_ACTIVITIES = frozenset({4, 20})


class _Contents(Value):
    """What the activities of one file share."""

    columns: Columns
    fit_times: Array
    watch: Sensor
    sensors: tuple[Sensor, ...]
    utc_offset_s: int | None
    laps: summary.LapColumns
    stops: Array
    notes: tuple[Note, ...]


class _Session(Value):
    """One session's message (None where none was written) and which records are its own.

    until: the FIT time at which the next session begins, infinite for the last one.
    """

    message: Message | None
    sport: str
    sub_sport: str
    own: npt.NDArray[np.bool_]
    until: float


def record_columns(part: Part, fields: Sequence[profile.Field] = profile.RECORD_FIELDS) -> Columns:
    """The record messages of a file as columns in FIT's own units, known apps' fields as "maker:field name"."""
    descriptions = Descriptions(part)
    from_fields, from_apps = native(fields), developer(descriptions)

    def wanted(layout: Layout) -> list[Wanted]:
        return [*from_fields(layout), *from_apps(layout)] if layout.app_fields else from_fields(layout)

    found = columns(part, profile.RECORD, wanted)
    return found._replace(values={**found.values, "timestamp": times(part, found)})


def activities(part: Part) -> Iterator[Activity]:
    """The activities of one file, without id and name. Raises ReadError where it holds none."""
    found = record_columns(part)
    check_sessions(sum(len(layout.starts) for layout in part.of(profile.SESSION)))
    sessions = messages(part, profile.SESSION)
    problem = _no_activity(part, len(found.starts), len(sessions))
    if problem is not None:
        raise problem
    contents = _contents(part, found)
    for session in _sessions(part, sessions, found):
        yield _activity(session, contents)


def _no_activity(part: Part, records: int, sessions: int) -> ReadError | None:
    """Why a file holds no activity, None where it does."""
    kinds = [message.whole("type") for message in messages(part, profile.FILE_ID)]
    kind = kinds[0] if kinds else None
    if kind is not None and kind in profile.FILE_TYPES and kind not in _STILL_ACTIVITIES:
        what = profile.FILE_TYPES[kind].replace("_", " ")
        return NoActivity(f"is a FIT file of the kind {what!r} and holds no activity")
    if records or sessions:
        return None
    if part.damage is not None and part.damage.code == "truncated":
        problem = "ends before the first record"
        return Truncated(problem, offset=part.damage.offset, expected=part.stated_end, got=part.end)
    if part.damage is not None:
        return Malformed(f"holds {part.damage.text}, and no record before it", offset=part.damage.offset)
    return NoActivity("is a FIT file without records and without a session")


def _contents(part: Part, found: Columns) -> _Contents:
    infos = messages(part, profile.DEVICE_INFO)
    file_ids = messages(part, profile.FILE_ID)
    timer = [event for event in messages(part, profile.EVENT) if event.whole("event") == _TIMER]
    damage = () if part.damage is None else (part.damage,)
    return _Contents(
        columns=found,
        fit_times=found.values["timestamp"],
        watch=fit_devices.device(file_ids[0] if file_ids else None, infos),
        sensors=fit_devices.sensors(infos),
        utc_offset_s=summary.utc_offset_s(messages(part, profile.ACTIVITY)),
        laps=summary.lap_columns(messages(part, profile.LAP)),
        stops=summary.stops(timer),
        notes=(*part.notes, *damage, *undescribed(part, Descriptions(part))),
    )


def _sessions(part: Part, told: Sequence[Message], found: Columns) -> list[_Session]:
    """The sessions in order of their start; a record belongs to the last session that began before it."""
    everything = np.ones(len(found.starts), np.bool_)
    if len(told) < 2:
        message = told[0] if told else None
        return [_session(message or _sport_message(part), message, everything, np.inf)]
    ordered = sorted(told, key=lambda message: message.number("start_time") or 0)
    begins = np.array([message.number("start_time") or 0 for message in ordered])
    index = np.searchsorted(begins, _filled(found.values["timestamp"]), side="right") - 1
    ends = [*begins[1:].tolist(), np.inf]
    rows = enumerate(zip(ordered, ends, strict=True))
    return [_session(message, message, np.maximum(index, 0) == i, until) for i, (message, until) in rows]


def _filled(fit_times: Array) -> Array:
    """Times with the last known one where a record has none."""
    last = np.maximum.accumulate(np.where(np.isnan(fit_times), -1, np.arange(len(fit_times))))
    return np.where(last < 0, 0.0, fit_times[last])


def _session(teller: Message | None, message: Message | None, own: npt.NDArray[np.bool_], until: float) -> _Session:
    sport = teller.whole("sport") if teller else None
    sub_sport = teller.whole("sub_sport") if teller else None
    return _Session(
        message=message,
        sport=profile.UNKNOWN if sport is None else profile.SPORTS.get(sport, f"sport {sport}"),
        sub_sport="generic" if sub_sport is None else profile.SUB_SPORTS.get(sub_sport, f"sub-sport {sub_sport}"),
        own=own,
        until=until,
    )


def _sport_message(part: Part) -> Message | None:
    """Where no session tells the sport, the sport message or a lap does."""
    told = [*messages(part, profile.SPORT), *messages(part, profile.LAP)]
    return next((message for message in told if message.whole("sport") is not None), None)


def _activity(session: _Session, contents: _Contents) -> Activity:
    message, own = session.message, session.own
    begin = message.number("start_time") if message else None
    stated_s = message.number("total_elapsed_time") if message else None
    starts = contents.columns.starts[own]
    line = axis(contents.fit_times[own], starts, begin, stated_s)
    values = {name: column[own][line.keep] for name, column in contents.columns.values.items()}
    read, computed = samples(line.time_s, values, Source(contents.watch.maker_id, session.sport))
    sport, guessed = summary.sport_of(session.sport, read)
    elapsed_s = summary.elapsed_s(line.time_s, stated_s)
    # Overlapping sessions share no pauses and laps, as they share no records.
    end_s = float(np.clip(line.clock.seconds(session.until), 0.0, elapsed_s))
    pauses = summary.pauses(contents.stops, line.clock, end_s)
    return Activity(
        id="",
        format="fit",
        name="",
        started_at=_utc(line.clock.zero),
        utc_offset_s=contents.utc_offset_s,
        sport=sport,
        sub_sport=session.sub_sport,
        device=contents.watch,
        sensors=contents.sensors,
        duration_s=summary.duration_s(message, elapsed_s, pauses),
        elapsed_s=elapsed_s,
        distance_m=summary.distance_m(message, read),
        records=int(own.sum()),
        positioned=not bool(np.isnan(values.get("position_lat", np.nan)).all()),
        samples=read,
        alternatives=alternatives(line.time_s, values),
        averages=summary.averages(message, sport),
        laps=summary.laps(contents.laps, line.clock, elapsed_s, end_s),
        pauses=pauses,
        notes=(*contents.notes, *_missing_session(message), *line.notes, *computed, *guessed),
    )


def _utc(fit_time: float) -> datetime:
    return datetime.fromtimestamp(fit_time + profile.FIT_EPOCH_S, UTC)


def _missing_session(message: Message | None) -> tuple[Note, ...]:
    if message is not None:
        return ()
    return (Note(code="missing_session", text="the file has no summary: totals were taken from its records"),)
