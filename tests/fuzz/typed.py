"""FIT files whose fields have other types than the profile says, with the values that these types make possible."""

from __future__ import annotations

import random
import struct

from kneedrive.readers.fit.fields import APP_FIELDS
from kneedrive.readers.fit.profile import (
    ACTIVITY,
    DEVELOPER_DATA_ID,
    DEVICE_INFO,
    EVENT,
    FIELD_DESCRIPTION,
    LAP,
    MESSAGE_FIELDS,
    RECORD,
    SESSION,
)
from tests.fit_writer import BASES, Developer, Field, Message, Raw, fit_bytes

START = 1_000_000_000
NUMERIC = tuple(name for name in BASES if name != "string")
USUAL = {"timestamp": "uint32", "start_time": "uint32", "local_timestamp": "uint32"}
FLOATS = (float("nan"), float("inf"), float("-inf"), -0.0, -1.0, 1e-40, 1e10, 3e12, 1e18, 3e38)
DOUBLES = (*FLOATS, 1e-320, 1e300, -1e300)
APPS = tuple(name.partition(":")[2] for name in APP_FIELDS)


def typed_fit(chance: random.Random) -> bytes:
    """A file_id, an app's field, and messages of all kinds that are read, with fields of one type in each kind."""
    messages = [_file_id(), *_app(chance)]
    for kind, most in ((RECORD, 30), (SESSION, 2), (LAP, 3), (EVENT, 6), (ACTIVITY, 1), (DEVICE_INFO, 3)):
        fields = [(field.number, *_type(chance, field.name)) for field in MESSAGE_FIELDS[kind] if chance.random() < 0.8]
        developer = chance.choice(NUMERIC) if kind == RECORD and chance.random() < 0.5 else ""
        for second in range(chance.randint(0, most)):
            told = [Field(number, base, _raw(chance, base, when, second)) for number, base, when in fields]
            apps = [Developer(0, developer, _raw(chance, developer, False, second))] if developer else []
            messages.append(Message(kind, told, apps))
    return fit_bytes(messages, endian=chance.choice("<>"))


def _file_id() -> Message:
    return Message(0, (Field(0, "enum", 4), Field(1, "uint16", 1), Field(2, "uint16", 3992)))


def _app(chance: random.Random) -> list[Message]:
    name, scale = chance.choice(APPS), chance.choice(NUMERIC)
    return [
        Message(DEVELOPER_DATA_ID, (Field(3, "uint8", 0),)),
        Message(FIELD_DESCRIPTION, (Field(0, "uint8", 0), Field(1, "uint8", 9), Field(3, "string", "Ground Time"))),
        Message(
            FIELD_DESCRIPTION,
            (
                Field(0, "uint8", 0),
                Field(1, "uint8", 0),
                Field(2, "uint8", BASES[chance.choice(NUMERIC)].code),
                Field(3, "string", name),
                *((Field(6, scale, _raw(chance, scale, False, 0)),) if chance.random() < 0.3 else ()),
                *((Field(7, scale, _raw(chance, scale, False, 1)),) if chance.random() < 0.3 else ()),
            ),
        ),
    ]


def _type(chance: random.Random, name: str) -> tuple[str, bool]:
    """A type for a field, and whether it is to hold a time."""
    usual = name in USUAL and chance.random() < 0.4
    return (USUAL[name] if usual else chance.choice(NUMERIC)), name in USUAL


def _raw(chance: random.Random, base: str, when: bool, second: int) -> Raw:
    """A value: mostly a sensible one, else one that only this type can hold, or any bytes."""
    letter = BASES[base].letter
    odd = chance.random()
    if odd < 0.05:
        return chance.randbytes(struct.calcsize("<" + letter))
    if letter in "fd":
        far = chance.choice(FLOATS if letter == "f" else DOUBLES)
        return far + second if odd < 0.3 else float(START + second if when else second % 200)
    bits = 8 * struct.calcsize("<" + letter)
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if letter.islower() else (0, (1 << bits) - 1)
    if odd < 0.3:
        return max(low, min(high, chance.choice((low, -1, 0, high, high - 1 - second, (high >> 1) + second))))
    return max(low, min(high, START + second if when else second % 200))
