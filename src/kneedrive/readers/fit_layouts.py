"""Definitions of FIT messages: how each kind is laid out, and which messages had which definition."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kneedrive.errors import Malformed
from kneedrive.method import FitRules

RULES = FitRules()
FIELD_DESCRIPTION = 206
DEVELOPER = 0x20
COMPRESSED = 0x80

Places = npt.NDArray[np.int64]
_NOWHERE: Places = np.empty(0, np.int64)


class Slot(NamedTuple):
    """One field in a layout: its number, where it stands in the message, its size in bytes and its base type.

    developer: the developer data index, None for a native field (its base type is then in its description).
    """

    number: int
    place: int
    size: int
    base: int
    developer: int | None = None


class Layout(NamedTuple):
    """One definition and where its messages start. Definitions of equal bytes share a layout.

    order: "<" or ">". size: bytes of a message with its header byte. fields: three bytes each, as they stand in the
    definition; most layouts are never asked for theirs. offset: where the definition stands in the file.
    """

    message: int
    order: str
    size: int
    fields: bytes
    app_fields: bytes
    offset: int
    starts: Places = _NOWHERE

    def native(self) -> dict[int, Slot]:
        """The native fields by number; the first where a number comes twice."""
        found: dict[int, Slot] = {}
        place = 1
        for number, size, base in _triples(self.fields):
            found.setdefault(number, Slot(number, place, size, base))
            place += size
        return found

    def developer(self) -> list[Slot]:
        """The developer fields, which stand after the native ones."""
        found = []
        place = 1 + sum(self.fields[1::3])
        for number, size, app in _triples(self.app_fields):
            found.append(Slot(number, place, size, -1, app))
            place += size
        return found


def _triples(octets: bytes) -> Iterator[tuple[int, int, int]]:
    return zip(octets[::3], octets[1::3], octets[2::3], strict=True)


class Changes(NamedTuple):
    """When local message numbers got definitions, one row each.

    local: the number. layout: index of the layout it got. offset: where the definition stands. before: how many
    messages came before it.
    """

    local: array[int]
    layout: array[int]
    offset: array[int]
    before: array[int]


def local_number(head: int) -> int:
    """The local message number in a header byte: four bits, or two in a compressed timestamp header."""
    return head >> 5 & 0x03 if head & COMPRESSED else head & 0x0F


def layout_of(definition: bytes, offset: int) -> Layout:
    """The layout that a definition message describes, given its bytes without the header byte."""
    big = definition[1] != 0
    message = int.from_bytes(definition[2:4], "big" if big else "little")
    native_to = 5 + 3 * definition[4]
    fields, app_fields = definition[5:native_to], definition[native_to + 1 :]
    size = 1 + sum(fields[1::3]) + sum(app_fields[1::3])
    return Layout(message, ">" if big else "<", size, fields, app_fields, offset)


def grouped(octets: bytes, starts: Places, changes: Changes, layouts: Sequence[Layout]) -> list[Layout]:
    """The layouts with the starts of their messages, given where all messages start and when definitions changed."""
    index = np.frombuffer(changes.layout, np.int64)
    found = _by_layout(octets, starts, changes, index, layouts)
    with_apps = [i for i, layout in enumerate(layouts) if layout.app_fields]
    if not with_apps or np.bincount(index)[with_apps].max() == 1:
        return found
    # A developer field means what its description said before this definition: more descriptions, new layout.
    described = [layout.starts for layout in found if layout.message == FIELD_DESCRIPTION]
    offsets = np.frombuffer(changes.offset, np.int64)
    before = np.searchsorted(np.sort(np.concatenate([_NOWHERE, *described])), offsets)
    keys = np.stack([index, np.where(np.isin(index, with_apps), before, 0)], axis=1)
    dated, first, again = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    if len(dated) > RULES.max_layouts:
        problem = f"describes its apps' fields in {len(dated):,} ways; more than {RULES.max_layouts:,} are no recording"
        raise Malformed(problem, offset=layouts[0].offset)
    split = [layouts[i]._replace(offset=int(at)) for i, at in zip(dated[:, 0], offsets[first], strict=True)]
    return _by_layout(octets, starts, changes, again.ravel(), split)


def _by_layout(
    octets: bytes, starts: Places, changes: Changes, index: Places, layouts: Sequence[Layout]
) -> list[Layout]:
    kinds = _kinds(octets, starts, changes, index)
    # Sorted by kind, and within a kind by place: the messages of a layout are one slice.
    order = np.argsort(kinds, kind="stable")
    edges = np.searchsorted(kinds[order], np.arange(len(layouts) + 1)).tolist()
    places = starts[order]
    return [layout._replace(starts=places[edges[i] : edges[i + 1]]) for i, layout in enumerate(layouts)]


def _kinds(octets: bytes, starts: Places, changes: Changes, index: Places) -> npt.NDArray[np.signedinteger]:
    """For each message the index of its layout: the last one that its local number got before it."""
    heads = np.frombuffer(octets, np.uint8)[starts]
    local_numbers = np.where(heads & COMPRESSED, heads >> 5 & 0x03, heads & 0x0F)
    got = np.frombuffer(changes.local, np.int64)
    before = np.frombuffer(changes.before, np.int64)
    # Numbers of two bytes are sorted by counting, wider ones by comparing.
    kinds: npt.NDArray[np.signedinteger] = np.empty(len(starts), np.int16 if len(index) < 1 << 15 else np.int32)
    for local in set(changes.local):
        mine, times = np.flatnonzero(local_numbers == local), np.flatnonzero(got == local)
        given = index[times]
        kinds[mine] = given[0] if len(times) == 1 else given[np.searchsorted(before[times], mine, side="right") - 1]
    return kinds
