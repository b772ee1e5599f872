"""Record messages as columns: ours, and what two independent FIT decoders find.

fitdecode and fitparse share nothing with our reader. Each gives one row per record message; a column is keyed by field
number, or "name" for a developer field. Values are theirs; unknown fields and times are raw.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import fitdecode
import fitparse
import fitparse.records
import numpy as np

from kneedrive.readers.fit.fields import Columns, record_columns
from kneedrive.readers.fit.profile import RECORD_FIELDS, TIMESTAMP, Field
from kneedrive.readers.fit.wire import parts
from kneedrive.recording import Array

Row = dict[int | str, Any]

NUMBERS = {field.number: field for field in RECORD_FIELDS}


class Told(NamedTuple):
    """What a decoder found: one row per record, and why it stopped ("" where it reached the end)."""

    rows: list[Row]
    stopped: str


def decode(octets: bytes, fields: Sequence[Field] = RECORD_FIELDS) -> tuple[Columns, ...]:
    """The record messages of each chained file as columns, in FIT's units and in the order of the file."""
    return tuple(record_columns(part, fields) for part in parts(octets))


def contents(path: Path) -> bytes:
    """The FIT bytes of a real file; the first member where it is a zip."""
    octets = path.read_bytes()
    if octets[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            octets = archive.read(archive.namelist()[0])
    return octets


def by_fitdecode(octets: bytes) -> Told:
    """The records as fitdecode reads them, checksums not checked."""
    rows: list[Row] = []
    ignore = {"check_crc": fitdecode.CrcCheck.DISABLED, "error_handling": fitdecode.ErrorHandling.IGNORE}
    try:
        with fitdecode.FitReader(io.BytesIO(octets), processor=None, **ignore) as frames:
            rows += (_row(f.fields) for f in frames if f.frame_type == fitdecode.FIT_FRAME_DATA and f.name == "record")
    except (fitdecode.FitError, AssertionError) as error:
        return Told(rows, f"{type(error).__name__}: {error}")
    return Told(rows, "")


def by_fitparse(octets: bytes) -> Told:
    """The records as fitparse reads them. It keeps developer types in a module global, which is emptied first."""
    fitparse.records.DEV_TYPES.clear()
    rows: list[Row] = []
    try:
        with fitparse.FitFile(io.BytesIO(octets), check_crc=False) as file:
            rows += (_row(message.fields) for message in file.get_messages("record"))
    except fitparse.FitParseError as error:
        return Told(rows, f"{type(error).__name__}: {error}")
    return Told(rows, "")


def column(rows: Sequence[Row], key: int | str) -> Array:
    """One field of all rows as numbers, NaN where a row lacks it; arrays give their first value."""
    return np.array([_number(row.get(key)) for row in rows], dtype=np.float64)


def keys(rows: Iterable[Row]) -> set[int | str]:
    """All fields that occur."""
    return {key for row in rows for key in row}


def _row(fields: Iterable[Any]) -> Row:
    row: Row = {}
    for key, value in _values(fields):
        row.setdefault(key, value)
    return row


def _values(fields: Iterable[Any]) -> Iterator[tuple[int | str, Any]]:
    for data in fields:
        definition = data.field_def
        if definition is None:
            # Only a compressed timestamp is looked at here; other expanded components are no fields of the file.
            if data.field is not None and data.field.def_num == TIMESTAMP:
                yield TIMESTAMP, data.raw_value
        elif type(definition).__name__ == "DevFieldDefinition":
            yield data.name, data.value
        elif definition.def_num in NUMBERS:
            yield definition.def_num, _value(data, NUMBERS[definition.def_num])


def _value(data: Any, ours: Any) -> Any:
    """The decoder's own value, except for times (it makes dates) and fields that its profile lacks."""
    if ours.number == TIMESTAMP:
        return data.raw_value
    if data.field is None:
        raw = data.raw_value
        return raw / ours.scale if isinstance(raw, int) and ours.scale else raw
    return data.value


def _number(value: Any) -> float:
    first = value[0] if isinstance(value, tuple) and value else value
    return float(first) if isinstance(first, (int, float)) else float("nan")
