"""Files that are odd or broken: what readers have to forgive, and what they have to refuse with a sentence."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from kneedrive.recording import Activity
from kneedrive.simulate.gait import PATTERNS
from kneedrive.simulate.scene import Scene, Segment, simulate
from tests.fit_activity import activity_fit, activity_messages, closing, describe, fit_time, opening, session_messages
from tests.fit_writer import Column, Field, Message, Table, fit_bytes
from tests.fixture_cases import SEED, Case

FEW_MINUTES = Scene(plan=(Segment(300, 2.7),))
RECORD, TIMESTAMP = 20, 253
Seconds = npt.NDArray[Any]


def oddities() -> Iterator[Case]:
    """All odd files, in a fixed order."""
    yield from _formats()
    yield from _broken()
    yield from _no_activity()


def _run(scene: Scene = FEW_MINUTES) -> Activity:
    return simulate(PATTERNS["neutral"], SEED, scene=scene)


def _odd(name: str, about: str, body: bytes, **expected: Any) -> Case:
    return Case(name, about, body, {"expected": expected})


def _formats() -> Iterator[Case]:
    run = _run()
    later = run.replace(started_at=run.started_at.replace(hour=9))
    smart = _run(FEW_MINUTES.replace(smart=True))
    paused = _run(Scene(plan=(Segment(120, 2.7), Segment(50, kind="pause"), Segment(150, 2.7))))
    legs = ["cycling", "transition", "running"]
    whole: dict[str, tuple[str, bytes, dict[str, Any]]] = {
        "big-endian": ("all numbers big-endian", activity_fit(run, endian=">"), {}),
        "header-12": ("the old header of 12 bytes", activity_fit(run, header=12), {}),
        "compressed-timestamps": ("times in headers", activity_fit(paused, compressed=True), {"records": 270}),
        "smart-recording": ("a record every 2 to 9 s", activity_fit(smart), {"records": smart.records}),
        "chained": ("two files, one after the other", activity_fit(run) + activity_fit(later), {"activities": 2}),
        "multisport": ("a bike leg, a change and a run", _multisport(), {"sports": legs}),
        "changed-definitions": ("one local number takes four definitions in turn", _redefined(run), {}),
        "unknown-messages": ("messages and fields of no profile, arrays and strings", _unknown(run), {}),
        "summary-only": ("a summary with averages and no records", _without(run, 20), {"records": 0}),
        "summary-first": ("the summary before the records", _summary_first(run), {}),
        "hostile-strings": ("markup and control characters in names", _hostile(run), {}),
        "bike-ride": ("an activity, no run", activity_fit(run.replace(sport="cycling")), {"status": "not a run"}),
    }
    for name, (about, body, expected) in whole.items():
        yield _odd(f"formats/{name}", about, body, **{"records": 300, "notes": [], **expected})
    for name, (about, body, note) in _forgiven(run).items():
        yield _odd(f"formats/{name}", about, body, records=300, notes=[note])


def _forgiven(run: Activity) -> dict[str, tuple[str, bytes, str]]:
    """By name: what it is, its bytes, and the code of the note that has to be there."""
    return {
        "undescribed-developer-field": ("a developer field of nobody", _undescribed(run), "undescribed_field"),
        "no-session": ("records and no summary: the watch died", _without(run, 18, 19, 34), "missing_session"),
        "time-jump": ("the clock jumps ahead by 20 days", _retimed(run, _jumped), "clock_set"),
        "time-backwards": ("one record is ten seconds too early", _retimed(run, _backwards), "time_backwards"),
        "no-times": ("half of the records have no valid time", _retimed(run, _timeless), "time_invalid"),
    }


def _multisport() -> bytes:
    start = _run().started_at
    legs = [_run().replace(sport=sport, started_at=start.replace(minute=minute), laps=())
            for sport, minute in (("cycling", 0), ("transition", 6), ("running", 12))]  # fmt: skip
    messages: list[Message | Table] = [*opening(legs[0])]
    for leg in legs:
        messages += session_messages(leg)
    return fit_bytes([*messages, closing(legs)])


def _redefined(run: Activity) -> bytes:
    table, before, after = _split(run)
    thirds = [
        Table(RECORD, [Column(c.number, c.base, c.values[rows]) for c in table.columns], local=5)
        for rows in np.array_split(np.arange(300), 3)
    ]
    # The middle third lacks the last three columns; between the thirds an event takes the same local number.
    thirds[1] = thirds[1]._replace(columns=thirds[1].columns[:-3])
    event = Message(21, (Field(TIMESTAMP, "uint32", fit_time(run)), Field(0, "enum", 12), Field(1, "enum", 3)), local=5)
    return fit_bytes([*before, thirds[0], event, thirds[1], event, thirds[2], *after])


def _unknown(run: Activity) -> bytes:
    table, before, after = _split(run)
    odd = [
        Message(0xFF00, (Field(0, "uint16", (1, None, 3)), Field(1, "string", "no profile knows me"))),
        Message(534, (Field(7, "float64", 0.5), Field(8, "sint64", -1), Field(9, "byte", b"\x00\x01\x02"))),
    ]
    wide = Column(250, "uint16", np.tile(np.arange(4), (300, 1)))
    name = Column(251, "uint8z", np.frombuffer(b"leg" * 300, np.uint8).reshape(300, 3))
    return fit_bytes([*before, *odd, table._replace(columns=[*table.columns, wide, name]), *odd, *after])


def _undescribed(run: Activity) -> bytes:
    table, before, after = _split(run)
    described = describe(0, 1, "uint16", "Fine", "m")
    columns = [
        *table.columns,
        Column(1, "uint16", np.full(300, 7), app=0),
        Column(9, "uint8", np.full((300, 5), 1), app=3),
    ]
    return fit_bytes([*before, described, table._replace(columns=columns), *after])


def _without(run: Activity, *numbers: int) -> bytes:
    return fit_bytes([message for message in activity_messages(run) if message.number not in numbers])


def _summary_first(run: Activity) -> bytes:
    messages = activity_messages(run)
    summary = [message for message in messages if message.number in (18, 19, 34)]
    return fit_bytes([messages[0], *summary, *(message for message in messages[1:] if message not in summary)])


def _jumped(seconds: Seconds) -> Seconds:
    return np.where(np.arange(300) < 150, seconds, seconds + 20 * 86_400)


def _backwards(seconds: Seconds) -> Seconds:
    return np.where(np.arange(300) == 100, seconds - 10, seconds)


def _timeless(seconds: Seconds) -> Seconds:
    return np.where(np.arange(300) % 2 == 1, 0xFFFF_FFFF, seconds)


def _retimed(run: Activity, change: Callable[[Seconds], Seconds]) -> bytes:
    table, before, after = _split(run)
    times = table.columns[0]
    assert times.number == TIMESTAMP
    retimed = table._replace(columns=[times._replace(values=change(times.values)), *table.columns[1:]])
    return fit_bytes([*before, retimed, *after])


def _split(run: Activity) -> tuple[Table, list[Message | Table], list[Message | Table]]:
    """The records of a run without pauses, and what stands before and after them."""
    messages = activity_messages(run)
    at = next(index for index, message in enumerate(messages) if isinstance(message, Table))
    table = messages[at]
    assert isinstance(table, Table)
    return table, messages[:at], messages[at + 1 :]


def _broken() -> Iterator[Case]:
    whole = activity_fit(_run())
    half = len(whole) // 2
    errors = {
        "empty": ("no bytes at all", b"", "unknown_format", None),
        "zeros": ("4,000 zeros: a full disk", bytes(4000), "unknown_format", 0),
        "text": ("a web page", b"<!doctype html><p>Please log in", "unknown_format", 0),
        "cut-in-header": ("the first 10 bytes", whole[:10], "unknown_format", 0),
        "header-only": ("a header and nothing after it", whole[:14], "truncated", 14),
        "cut-in-definition": ("cut inside the first definition", whole[:20], "truncated", 14),
        "garbage-after-header": ("the header of a FIT file, then noise", whole[:14] + _noise(3000), "malformed", 279),
        "undefined-local": ("a message of a kind that was never defined", _undefined(), "malformed", 171),
    }
    for name, (about, body, code, offset) in errors.items():
        yield _odd(f"malformed/{name}", about, body, error={"code": code, "offset": offset})
    for name, (about, body, records, *notes) in _damaged(whole, half).items():
        yield _odd(f"malformed/{name}", about, body, records=records, notes=notes)


def _damaged(whole: bytes, half: int) -> dict[str, tuple[Any, ...]]:
    """By name: what it is, its bytes, the records that can still be read, and codes of notes that have to be there."""
    messages = activity_messages(_run())
    bad_crc = whole[:-2] + bytes(byte ^ 0xFF for byte in whole[-2:])
    bad_header = whole[:12] + b"\x12\x34" + whole[14:]
    garbage = whole[:half] + _noise(400) + whole[half + 400 :]
    return {
        "cut-in-records": ("cut in the middle", whole[:half], 149, "truncated"),
        "bad-crc": ("the check sum is wrong, all else is right", bad_crc, 300, "crc"),
        "bad-header-crc": ("the check sum of the header is wrong", bad_header, 300, "header_crc"),
        "size-zero": ("the header says that there are no data", fit_bytes(messages, size=0), 300, "unterminated"),
        "size-huge": ("the header says 4 GB of data", fit_bytes(messages, size=0xFFFF_FFFF), 300, "truncated"),
        "garbage-inside": ("400 bytes of noise in the middle", garbage, 150, "damaged"),
        "bytes-after-end": ("a kilobyte of noise after a good file", whole + _noise(1000), 300, "trailing_bytes"),
    }


def _undefined() -> bytes:
    head = fit_bytes(opening(_run()))[14:-2]
    whole = head + bytes([0x0F]) + bytes(40)
    return fit_bytes([], size=len(whole))[:14] + whole + b"\0\0"


def _noise(size: int) -> bytes:
    return np.random.default_rng(SEED).bytes(size)


def _hostile(run: Activity) -> bytes:
    named = run.replace(device=run.device.replace(product="<script>alert(1)</script>\x1b[31m"))
    return fit_bytes([*activity_messages(named), describe(0, 0, "uint8", "<img src=x onerror=alert(1)>", "\u202e")])


def _no_activity() -> Iterator[Case]:
    run = _run()
    for name, file_type, number in (("settings", 2, 3), ("weight", 9, 30), ("monitoring", 32, 55)):
        other = Message(number, (Field(TIMESTAMP, "uint32", fit_time(run)), Field(0, "uint16", 700)))
        body = fit_bytes([*opening(run, file_type=file_type), other, other])
        refused = {"code": "no_activity", "offset": None}
        yield _odd(f"malformed/not-an-activity-{name}", f"a good FIT file of {name}", body, error=refused)
