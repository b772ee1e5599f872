"""Every real file and every fixture, value by value, against two decoders that share nothing with ours.

All values of all record fields must be equal to the last bit, for as many records as each decoder reads. Where a
decoder stops early, the file stands in a table with the reason.
"""

from pathlib import Path

import numpy as np
import pytest

from kneedrive.errors import Malformed
from kneedrive.readers.fit.fields import Columns
from kneedrive.readers.fit.profile import RECORD_FIELDS
from kneedrive.recording import Array
from tests.conftest import FIXTURES, real_files
from tests.readers.fit_oracles import Told, by_fitdecode, by_fitparse, column, contents, decode, keys

EVERY = 16  # of the histories: one file in sixteen, all of one kind; the rest were compared once and agree
FILES = [
    *real_files("fit/*", "fit-bad/*"),
    *real_files("history-coros/*")[::EVERY],
    *real_files("history-strap-then-wrist/*")[::EVERY],
    *sorted(FIXTURES.rglob("*.fit")),
]
LARGE = 30_000  # bytes; the two decoders take half a second for so many, and all sorts of files are smaller too

NUMBERS = {field.name: field.number for field in RECORD_FIELDS}
OUR_SUFFIX = " SPM"  # tells a cadence of both feet, which its unit alone says, from one of one leg
PACKED = "compressed_speed_distance"  # the decoders give its bytes in shapes of their own; tested by its parts

# fitparse refuses a definition whose field is narrower than its type and loses the rest of the file; COROS writes such.
NARROW = "Invalid field size 1 for type 'uint32'"
UNFILLED = "believes the header, which was never filled in and says that there is nothing"
UNDESCRIBED = "gives the file up where a developer field was not described"
# Which decoder reads how many records fewer (or more) than we do, and why.
KNOWN = {
    "ELEMNT_ROAM_Unterminated.fit": {"fitparse": "counts the message that the end of the file cuts in two"},
    "empty-activities.fit": {"fitdecode": UNFILLED, "fitparse": UNFILLED},
    "size-zero.fit": {"fitdecode": UNFILLED, "fitparse": UNFILLED},
    "undescribed-developer-field.fit": {"fitdecode": UNDESCRIBED, "fitparse": UNDESCRIBED},
}


def label(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def parameters() -> list[object]:
    slow = pytest.mark.slow
    return [pytest.param(p, id=label(p), marks=[slow] if p.stat().st_size > LARGE else []) for p in FILES]


def ours(parts: tuple[Columns, ...], name: str) -> Array:
    """One column over all chained files; the first value where a record holds several."""
    pieces = [part.values.get(name, np.full(len(part.starts), np.nan)) for part in parts]
    return np.concatenate([piece if piece.ndim == 1 else piece[:, 0] for piece in pieces] or [np.empty(0)])


def differing(parts: tuple[Columns, ...], told: Told) -> list[str]:
    """The fields in which we and a decoder differ, over the records that both have."""
    names = {name for part in parts for name in part.values} - {PACKED}
    both = min(sum(len(part.starts) for part in parts), len(told.rows))
    pairs = {name: NUMBERS.get(name, name.partition(":")[2].removesuffix(OUR_SUFFIX)) for name in names}
    return [
        name
        for name, key in sorted(pairs.items())
        if not np.array_equal(ours(parts, name)[:both], column(told.rows[:both], key), equal_nan=True)
    ]


def missed(parts: tuple[Columns, ...], told: Told) -> set[object]:
    """Fields of our table that a decoder found a number in, and we have no column for."""
    found = {NUMBERS.get(name) for part in parts for name in part.values}
    wanted = {key for key in keys(told.rows) if isinstance(key, int)} - found
    return {key for key in wanted if not np.isnan(column(told.rows, key)).all()}


@pytest.mark.parametrize("path", parameters())
def test_all_values_equal_those_of_two_other_decoders(path: Path) -> None:
    octets = contents(path)
    try:
        parts = decode(octets)
    except Malformed:
        parts = ()
    told = {"fitdecode": by_fitdecode(octets), "fitparse": by_fitparse(octets)}
    count = sum(len(part.starts) for part in parts)

    assert {name: differing(parts, other) for name, other in told.items()} == {"fitdecode": [], "fitparse": []}
    assert {name: missed(parts, other) for name, other in told.items()} == {"fitdecode": set(), "fitparse": set()}
    other_count = {name for name, other in told.items() if len(other.rows) != count and NARROW not in other.stopped}
    assert other_count == KNOWN.get(path.name, {}).keys()
