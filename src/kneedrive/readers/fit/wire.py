"""The bytes of a FIT file: base types, bounds, definitions, the CRC, and one walk that finds where each message
starts.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from kneedrive.errors import Malformed
from kneedrive.method import FitRules
from kneedrive.readers.fit.profile import FIELD_DESCRIPTION, MESSAGE_FIELDS, RECORD
from kneedrive.record import Record
from kneedrive.recording import Note, NoteCode

# The base types of FIT: how wide, read how, and which value says "nothing measured".


class BaseType(Record, frozen=True):
    """How values of a type are read."""

    letter: str  # of struct and of numpy, without byte order; numpy reads no text here
    size: int
    invalid: int | None  # None where NaN says it already


STRING = 0x07
BYTE = 0x0D

BASE_TYPES = {
    0x00: BaseType("B", 1, 0xFF),
    0x01: BaseType("b", 1, 0x7F),
    0x02: BaseType("B", 1, 0xFF),
    0x83: BaseType("h", 2, 0x7FFF),
    0x84: BaseType("H", 2, 0xFFFF),
    0x85: BaseType("i", 4, 0x7FFF_FFFF),
    0x86: BaseType("I", 4, 0xFFFF_FFFF),
    STRING: BaseType("s", 1, None),
    0x88: BaseType("f", 4, None),
    0x89: BaseType("d", 8, None),
    0x0A: BaseType("B", 1, 0),
    0x8B: BaseType("H", 2, 0),
    0x8C: BaseType("I", 4, 0),
    BYTE: BaseType("B", 1, 0xFF),
    0x8E: BaseType("q", 8, 0x7FFF_FFFF_FFFF_FFFF),
    0x8F: BaseType("Q", 8, 0xFFFF_FFFF_FFFF_FFFF),
    0x90: BaseType("Q", 8, 0),
}


def base_type(number: int, size: int) -> tuple[BaseType, int]:
    """The type of a field of `size` bytes and how many values it holds; plain bytes where it is none that we know."""
    kind = BASE_TYPES.get(number, BASE_TYPES[BYTE])
    if size % kind.size:  # there is nothing better to say of it
        kind = BASE_TYPES[BYTE]
    return kind, size // kind.size


RULES = FitRules()
_DEFINITION, DEVELOPER, COMPRESSED = 0x40, 0x20, 0x80  # bits of a header byte

Places = npt.NDArray[np.int64]
_NOWHERE: Places = np.empty(0, np.int64)


class Slot(Record, frozen=True, kw_only=True):
    """One field in a layout."""

    number: int
    place: int  # where it stands in the message
    size: int  # in bytes
    base: int
    developer: int | None = None  # developer data index, None for a native field; its base type is in its description


class Layout(Record, frozen=True, kw_only=True):
    """One definition and where its messages start. Definitions of equal bytes share a layout."""

    message: int
    order: str  # "<" or ">"
    size: int  # bytes of a message with its header byte
    fields: bytes  # three bytes each, as they stand in the definition; most layouts are never asked for theirs
    app_fields: bytes
    offset: int  # where the definition stands in the file
    starts: Places = _NOWHERE

    def native(self) -> dict[int, Slot]:
        """The native fields by number; the first where a number comes twice."""
        found: dict[int, Slot] = {}
        place = 1
        for number, size, base in zip(self.fields[::3], self.fields[1::3], self.fields[2::3], strict=True):
            found.setdefault(number, Slot(number=number, place=place, size=size, base=base))
            place += size
        return found

    def developer(self) -> list[Slot]:
        """The developer fields, which stand after the native ones."""
        found = []
        place = 1 + sum(self.fields[1::3])
        for number, size, app in zip(self.app_fields[::3], self.app_fields[1::3], self.app_fields[2::3], strict=True):
            found.append(Slot(number=number, place=place, size=size, base=-1, developer=app))
            place += size
        return found


# CRC-16 of the FIT protocol over whole files at once.
#
# The protocol defines it byte by byte. But it is the remainder of the bytes, read as a polynomial, by one of degree
# 16, and modulo that polynomial x**32767 is 1: bits that stand a multiple of 32,767 places apart can be added
# (exclusive or) before any division. Then 4,096 bytes remain of any file, and a table by position does the rest.

Octets = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint16]

PERIOD = 32_767  # places after which a bit, or a byte, weighs the same: the order of x modulo the polynomial
_POLYNOMIAL = 0xA001  # x^16 + x^15 + x^2 + 1, lowest bit first
_ROW = 64
_FIRST_OF_PLACE = np.arange(_ROW) * 256
_FOLDS = tuple((periods * PERIOD, (1 << periods * PERIOD) - 1) for periods in (4, 2, 1))


def crc16(data: bytes | memoryview) -> int:
    """The CRC of these bytes; 0 for bytes that end in their own CRC (little-endian)."""
    octets = np.frombuffer(data, np.uint8)
    if len(octets) > PERIOD:
        head = len(octets) % PERIOD
        folded: Octets = np.bitwise_xor.reduce(octets[head:].reshape(-1, PERIOD), axis=0)
        folded[PERIOD - head :] ^= octets[:head]
        octets = folded
    if len(octets) > PERIOD // 8:
        # Eight periods of bits in one whole number; the bit of highest weight comes first, so it is the lowest.
        bits = int.from_bytes(_lengthen(octets, PERIOD - len(octets)).tobytes(), "little")
        for half, lower in _FOLDS:
            bits = (bits >> half) ^ (bits & lower)
        whole_bytes = bits << 1  # one zero bit in front makes 4,096 bytes of 32,767 bits
        octets = np.frombuffer(whole_bytes.to_bytes(PERIOD // 8 + 1, "little"), np.uint8)
    by_position, low, high = _tables()
    rows = _lengthen(octets, -len(octets) % _ROW).reshape(-1, _ROW)
    crc = 0
    for remainder in np.bitwise_xor.reduce(by_position[rows + _FIRST_OF_PLACE], axis=1).tolist():
        crc = low[crc & 0xFF] ^ high[crc >> 8] ^ remainder
    return crc


def _lengthen(octets: Octets, zeros: int) -> Octets:
    # Zeros in front do not change a CRC that starts at zero.
    return np.concatenate([np.zeros(zeros, np.uint8), octets]) if zeros else octets


@cache
def _tables() -> tuple[Words, list[int], list[int]]:
    """What a byte adds to the CRC by its place in a row, at 256 * place + byte; and what `_ROW` zeros make of a CRC, by
    its low and by its high byte.

    A CRC after n zero bytes is the sum of what its low and its high byte become, so two small tables say it; applied
    to themselves they say it for 2n, and the tables of n places become those of 2n.
    """
    one: Words = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        one = ((one >> 1) ^ np.where(one & 1, _POLYNOMIAL, 0)).astype(np.uint16)
    places, low, high = one[np.newaxis], one, np.arange(256, dtype=np.uint16)
    while len(places) < _ROW:
        places = np.concatenate([low[places & 0xFF] ^ high[places >> 8], places])
        low, high = low[low & 0xFF] ^ high[low >> 8], low[high & 0xFF] ^ high[high >> 8]
    return places.ravel(), low.tolist(), high.tolist()


# One walk over the message headers of a FIT file: where each message starts.
#
# Nothing is converted here. Messages of one layout are rows of one size, which fields.py turns into arrays and values.
# A walk never fails: it stops where the bytes stop making sense and notes the place.

SIGNATURE = b".FIT"

_MIN_HEADER = 12  # bytes; headers of 14 end in a checksum of their own
_CRC_BYTES = 2


class Part(Record, frozen=True, kw_only=True):
    """One FIT file, alone or in a chain: its layouts, and what was wrong with it."""

    octets: bytes
    start: int
    end: int  # of its messages: the checksum stands behind
    stated_end: int  # where its header says that it ends
    layouts: tuple[Layout, ...]
    notes: tuple[Note, ...]
    damage: Note | None  # about the place where reading stopped early, None where the part is whole

    def of(self, message: int) -> list[Layout]:
        """The layouts of a message that hold at least one."""
        return [layout for layout in self.layouts if layout.message == message and len(layout.starts)]


def parts(octets: bytes) -> Iterator[Part]:
    """The FIT files chained in these bytes. Raises Malformed when they do not begin with one."""
    if not _is_header(octets, 0):
        raise Malformed("is not a FIT file: the header lacks its mark", offset=0)
    at, count = 0, 0
    while _is_header(octets, at) and count < RULES.max_parts:
        part = _part(octets, at)
        at, count = part.end + _CRC_BYTES, count + 1
        left, notes = len(octets) - at, part.notes
        if left > 0 and not _is_header(octets, at):
            notes += (Note(code="trailing_bytes", text=f"{left:,} bytes after the end were ignored", offset=at),)
        elif left > 0 and count == RULES.max_parts:
            text = f"more than {count} files are chained here: the last {left:,} bytes were left out"
            notes += (Note(code="chain_too_long", text=text, offset=at),)
        yield part.replace(notes=notes)


def _is_header(octets: bytes, at: int) -> bool:
    return octets[at + 8 : at + 12] == SIGNATURE and octets[at] >= _MIN_HEADER


def _part(octets: bytes, start: int) -> Part:
    """The file whose header stands at `start`."""
    notes = []
    stated_crc = int.from_bytes(octets[start + 12 : start + 14], "little") if octets[start] > _MIN_HEADER + 1 else 0
    # A header CRC of zero means that none was computed.
    if stated_crc and stated_crc != crc16(octets[start : start + _MIN_HEADER]):
        notes.append(Note(code="header_crc", text="the header's checksum is wrong", offset=start + _MIN_HEADER))
    body, size = start + octets[start], int.from_bytes(octets[start + 4 : start + 8], "little")
    stated_end = body + size
    if size == 0 and len(octets) > body + _CRC_BYTES and not _is_header(octets, body + _CRC_BYTES):
        text = "the recording was never closed: its size is not stated"
        notes.append(Note(code="unterminated", text=text, offset=start))
        stated_end = len(octets)
    end = min(stated_end, len(octets))
    walk = _Walk(octets, end)
    damage = walk.run(body) if body <= end else _cut(end, "the header")
    # Nothing is said of a checksum where the messages themselves are cut off before it.
    stated = octets[stated_end : stated_end + _CRC_BYTES]
    if stated_end > len(octets):
        text = f"the file ends {stated_end - len(octets):,} bytes too early"
        damage = damage or Note(code=NoteCode.TRUNCATED, text=text, offset=len(octets))
    elif len(stated) == _CRC_BYTES and crc16(memoryview(octets)[start : stated_end + _CRC_BYTES]):
        text = "the file's checksum is wrong: some values may be damaged"
        notes.append(Note(code="crc", text=text, offset=stated_end))
    elif len(stated) < _CRC_BYTES and size > 0:
        notes.append(Note(code="crc_missing", text="the file ends before its checksum", offset=len(octets)))
    layouts, cut = _bounded(walk.layouts())
    notes += cut
    return Part(
        octets=octets, start=start, end=end, stated_end=stated_end, layouts=layouts, notes=tuple(notes), damage=damage
    )


def _bounded(layouts: Sequence[Layout]) -> tuple[tuple[Layout, ...], list[Note]]:
    """The layouts without the messages that are too many of their kind, and a note for each kind that was cut."""
    counts: Counter[int] = Counter()
    for layout in layouts:
        counts[layout.message] += len(layout.starts)
    notes, ends = [], {}
    for kind, count in counts.items():
        most = RULES.max_records if kind == RECORD else RULES.max_told
        # Only kinds that are read count: of the others nothing is kept but where they start.
        if kind in MESSAGE_FIELDS and count > most:
            places = np.concatenate([layout.starts for layout in layouts if layout.message == kind])
            ends[kind] = int(np.partition(places, most)[most])  # where the first one too many starts
            text = f"{count:,} messages of kind {kind}, more than a recording holds: the first {most:,} were read"
            notes.append(Note(code="too_many", text=text, offset=ends[kind]))
    kept = tuple(
        layout.replace(starts=layout.starts[layout.starts < ends[layout.message]]) if layout.message in ends else layout
        for layout in layouts
    )
    return kept, notes


class _Walk:
    """Where the messages start, and which definitions came between them.

    The loop only looks up sizes: `_sizes` holds the size of a message by its header byte, 0 where the byte needs a
    closer look. Which definition a message had is found for all of them at once afterwards, in `layouts`.
    """

    def __init__(self, octets: bytes, end: int) -> None:
        self._octets = octets
        self._end = end
        self._starts = array("q")
        self._sizes = [0] * 256
        self._unusual: dict[int, set[tuple[int, int]]] = {}
        self._defined: dict[int, int] = {}
        self._known: dict[bytes, int] = {}
        self._layouts: list[Layout] = []
        # Of each definition: its local number, the index of its layout, where it stands, how many messages came before.
        self._changes = array("q")

    def run(self, start: int) -> Note | None:
        """Walk from `start` to the end; a note says where and why it stopped before."""
        octets, end, sizes, append = self._octets, self._end, self._sizes, self._starts.append
        at = start
        while at < end:
            # A message has at least one byte, so up to here there cannot be too many; nothing to count in the loop.
            safe = min(end, at + RULES.max_messages - len(self._starts))
            while at < safe and (size := sizes[octets[at]]):
                append(at)
                at += size
            if at >= safe:
                if at < end and len(self._starts) >= RULES.max_messages:
                    return _full(at, f"{RULES.max_messages:,} messages")
                continue
            head = octets[at]
            if head & (_DEFINITION | COMPRESSED) == _DEFINITION:
                after = self._define(at, head)
                if after > end:
                    return _cut(at)
                if len(self._layouts) > RULES.max_layouts:
                    return _full(at, f"{RULES.max_layouts:,} kinds of messages")
                at = after
            # The local number has four bits, or two in the header of a compressed time.
            elif (local := head >> 5 & 0x03 if head & COMPRESSED else head & 0x0F) in self._defined:
                # From now on expect header bytes like this one: a compressed time, or reserved bits set.
                heads = (COMPRESSED | local << 5, 32) if head & COMPRESSED else (head, 1)
                self._unusual.setdefault(local, set()).add(heads)
                self._enter(local, self._defined[local])
            else:
                text = "what follows is in a form that the file does not describe, and was left out"
                return Note(code=NoteCode.DAMAGED, text=text, offset=at)
        return _cut(self._starts.pop()) if at > end else None

    def layouts(self) -> list[Layout]:
        """The layouts met, each with the starts of its messages."""
        index, offsets = np.frombuffer(self._changes, np.int64).reshape(-1, 4)[:, 1:3].T
        found = self._by_layout(index, self._layouts)
        with_apps = [i for i, layout in enumerate(self._layouts) if layout.app_fields]
        if not with_apps or np.bincount(index)[with_apps].max() == 1:
            return found
        # A developer field means what its description said before this definition: more descriptions, new layout.
        described = [layout.starts for layout in found if layout.message == FIELD_DESCRIPTION]
        before = np.searchsorted(np.sort(np.concatenate([_NOWHERE, *described])), offsets)
        keys = np.stack([index, np.where(np.isin(index, with_apps), before, 0)], axis=1)
        dated, first, again = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        if len(dated) > RULES.max_layouts:
            most = f"{RULES.max_layouts:,} are no recording"
            problem = f"describes its apps' fields in {len(dated):,} ways; more than {most}"
            raise Malformed(problem, offset=self._layouts[0].offset)
        split = [self._layouts[i].replace(offset=int(at)) for i, at in zip(dated[:, 0], offsets[first], strict=True)]
        return self._by_layout(again.ravel(), split)

    def _by_layout(self, index: Places, layouts: Sequence[Layout]) -> list[Layout]:
        """The layouts with their messages; index: which of them each definition gave."""
        # A message has the last one that its local number got before it.
        starts = np.frombuffer(self._starts, np.int64)
        heads = np.frombuffer(self._octets, np.uint8)[starts]
        local_numbers = np.where(heads & COMPRESSED, heads >> 5 & 0x03, heads & 0x0F)
        got, before = np.frombuffer(self._changes, np.int64).reshape(-1, 4)[:, ::3].T
        # Numbers of two bytes are sorted by counting, wider ones by comparing.
        kinds: npt.NDArray[np.signedinteger] = np.empty(len(starts), np.int16 if len(index) < 1 << 15 else np.int32)
        for local in set(got.tolist()):
            mine, times = np.flatnonzero(local_numbers == local), np.flatnonzero(got == local)
            given = index[times]
            kinds[mine] = given[0] if len(times) == 1 else given[np.searchsorted(before[times], mine, side="right") - 1]
        # Sorted by kind, and within a kind by place: the messages of a layout are one slice.
        order = np.argsort(kinds, kind="stable")
        edges = np.searchsorted(kinds[order], np.arange(len(layouts) + 1)).tolist()
        places = starts[order]
        return [layout.replace(starts=places[edges[i] : edges[i + 1]]) for i, layout in enumerate(layouts)]

    def _define(self, at: int, head: int) -> int:
        """Learn the definition at `at`; return the offset after it, which may be beyond the end."""
        octets = self._octets
        if at + 6 > self._end:
            return at + 6
        after = at + 6 + 3 * octets[at + 5]
        if head & DEVELOPER:
            after += 1 + 3 * int.from_bytes(octets[after : after + 1], "little")
        if after > self._end:
            return after
        definition = octets[at + 1 : after]
        index = self._known.get(definition)
        if index is None:
            index = self._known[definition] = len(self._layouts)
            native_to = 5 + 3 * definition[4]
            fields, app_fields = definition[5:native_to], definition[native_to + 1 :]
            layout = Layout(
                message=int.from_bytes(definition[2:4], "big" if definition[1] else "little"),
                order=">" if definition[1] else "<",
                size=1 + sum(fields[1::3]) + sum(app_fields[1::3]),
                fields=fields,
                app_fields=app_fields,
                offset=at,
            )
            self._layouts.append(layout)
        local = head & 0x0F
        add = self._changes.append  # four calls are quicker than to extend by a tuple
        add(local)
        add(index)
        add(at)
        add(len(self._starts))
        self._enter(local, self._layouts[index].size)
        return after

    def _enter(self, local: int, size: int) -> None:
        self._defined[local] = self._sizes[local] = size
        for first, count in self._unusual.get(local, ()):
            self._sizes[first : first + count] = [size] * count


def _full(at: int, what: str) -> Note:
    return Note(code="too_many", text=f"more than {what} are no recording: what follows was left out", offset=at)


def _cut(at: int, what: str = "the last message") -> Note:
    return Note(code=NoteCode.TRUNCATED, text=f"{what} is cut off", offset=at)
