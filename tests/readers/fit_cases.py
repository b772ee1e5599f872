"""Small FIT files for the reader's tests: a run of a few records, to be varied one thing at a time."""

from collections.abc import Sequence

import numpy as np

from kneedrive.readers import read
from kneedrive.recording import Activity
from tests.fit_writer import TIMESTAMP, Column, Field, Message, Table, fit_bytes

START = 1_000_000_000  # FIT seconds, in September 2021
GARMIN, COROS = 1, 294

Item = Message | Table


def file_id(kind: int = 4, maker: int = GARMIN, product: int = 3992) -> Message:
    return Message(0, (Field(0, "enum", kind), Field(1, "uint16", maker), Field(2, "uint16", product)))


def records(count: int = 20, *columns: Column, first: int = START, step: int = 1) -> Table:
    """Records a second apart with cadence 85 (of one leg), and whatever columns are given."""
    times = (first + step * np.arange(count)).astype(np.uint32)
    cadence = Column(4, "uint8", np.full(count, 85, np.uint8))
    given = {column.number for column in columns}
    return Table(20, (Column(TIMESTAMP, "uint32", times), *([] if 4 in given else [cadence]), *columns))


def column(number: int, base: str, values: Sequence[int]) -> Column:
    kinds = {"uint8": np.uint8, "sint8": np.int8, "uint16": np.uint16, "uint32": np.uint32, "byte": np.uint8}
    return Column(number, base, np.array(values, kinds[base]))


def session(start: int = START, elapsed_s: float = 19.0, sport: int = 1, *more: Field) -> Message:
    return Message(
        18,
        (
            Field(TIMESTAMP, "uint32", start + int(elapsed_s)),
            Field(2, "uint32", start),
            Field(5, "enum", sport),
            Field(6, "enum", 0),
            Field(7, "uint32", int(elapsed_s * 1000)),
            Field(8, "uint32", int(elapsed_s * 1000)),
            *more,
        ),
    )


def timer(second: int, kind: int) -> Message:
    """The timer starts (kind 0) or stops (1, 4, 8, 9)."""
    return Message(21, (Field(TIMESTAMP, "uint32", START + second), Field(0, "enum", 0), Field(1, "enum", kind)))


def run(*items: Item) -> bytes:
    """A whole file: file_id, twenty records, a session; or file_id and what is given."""
    return fit_bytes((file_id(), *(items or (records(), session()))))


def only(octets: bytes) -> Activity:
    """The single activity of a file."""
    (activity,) = read(octets, "run.fit")
    return activity


def codes(activity: Activity) -> list[str]:
    return [note.code for note in activity.notes]
