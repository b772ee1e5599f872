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
from kneedrive.readers.fit.profile import MESSAGE_FIELDS, RECORD
from kneedrive.record import Record
from kneedrive.recording import Note

# The base types of FIT: how wide, read how, and which value says "nothing measured".


class BaseType(Record, frozen=True):
    """letter: of struct; code: of numpy, without byte order; invalid: None where NaN says it already."""

    letter: str
    code: str
    size: int
    invalid: int | None

    @property
    def unbounded(self) -> bool:
        """Whether it holds values beyond all that is measured: floats, and whole numbers of 64 bits."""
        return self.invalid is None or self.size == 8


STRING = 0x07
BYTE = 0x0D

BASE_TYPES = {
    0x00: BaseType("B", "u1", 1, 0xFF),
    0x01: BaseType("b", "i1", 1, 0x7F),
    0x02: BaseType("B", "u1", 1, 0xFF),
    0x83: BaseType("h", "i2", 2, 0x7FFF),
    0x84: BaseType("H", "u2", 2, 0xFFFF),
    0x85: BaseType("i", "i4", 4, 0x7FFF_FFFF),
    0x86: BaseType("I", "u4", 4, 0xFFFF_FFFF),
    STRING: BaseType("s", "S", 1, None),
    0x88: BaseType("f", "f4", 4, None),
    0x89: BaseType("d", "f8", 8, None),
    0x0A: BaseType("B", "u1", 1, 0),
    0x8B: BaseType("H", "u2", 2, 0),
    0x8C: BaseType("I", "u4", 4, 0),
    BYTE: BaseType("B", "u1", 1, 0xFF),
    0x8E: BaseType("q", "i8", 8, 0x7FFF_FFFF_FFFF_FFFF),
    0x8F: BaseType("Q", "u8", 8, 0xFFFF_FFFF_FFFF_FFFF),
    0x90: BaseType("Q", "u8", 8, 0),
}


def base_type(number: int, size: int) -> tuple[BaseType, int]:
    """The type of a field of `size` bytes and how many values it holds.

    An unknown type, or a size that its type does not divide, is read as plain bytes: there is nothing better to say.
    """
    kind = BASE_TYPES.get(number, BASE_TYPES[BYTE])
    if size % kind.size:
        kind = BASE_TYPES[BYTE]
    return kind, size // kind.size


# How much one FIT file may hold. Two bytes can be a message, and each costs far more to keep than it takes on disk.


RULES = FitRules()


def bounded(layouts: Sequence[Layout]) -> tuple[tuple[Layout, ...], tuple[Note, ...]]:
    """The layouts without the messages that are too many of their kind, and a note for each kind that was cut.

    Only kinds that are read count: of the others nothing is kept but where they start.
    """
    counts: Counter[int] = Counter()
    for layout in layouts:
        counts[layout.message] += len(layout.starts)
    notes, ends = [], {}
    for kind, count in counts.items():
        if kind in MESSAGE_FIELDS and count > most(kind):
            ends[kind] = _place(layouts, kind, most(kind))
            text = f"{count:,} messages of kind {kind}, more than a recording holds: the first {most(kind):,} were read"
            notes.append(Note(code="too_many", text=text, offset=ends[kind]))
    return tuple(_until(layout, ends[layout.message]) if layout.message in ends else layout for layout in layouts), (
        *notes,
    )


def most(kind: int) -> int:
    """How many messages of a kind are read."""
    return RULES.max_records if kind == RECORD else RULES.max_told


def _place(layouts: Sequence[Layout], kind: int, number: int) -> int:
    """Where the message of a kind with this number, counted from 0, starts."""
    places = np.concatenate([layout.starts for layout in layouts if layout.message == kind])
    return int(np.partition(places, number)[number])


def _until(layout: Layout, end: int) -> Layout:
    return layout.replace(starts=layout.starts[layout.starts < end])


def check_sessions(count: int) -> None:
    """Raise Malformed for more sessions than a recording has; to read some of them would mix up their records."""
    if count > RULES.max_sessions:
        problem = f"claims {count:,} sessions; more than {RULES.max_sessions} are no recording"
        raise Malformed(problem)


# Definitions of FIT messages: how each kind is laid out, and which messages had which definition.


FIELD_DESCRIPTION = 206
DEVELOPER = 0x20
COMPRESSED = 0x80

Places = npt.NDArray[np.int64]
_NOWHERE: Places = np.empty(0, np.int64)


class Slot(Record, frozen=True, kw_only=True):
    """One field in a layout: its number, where it stands in the message, its size in bytes and its base type.

    developer: the developer data index, None for a native field (its base type is then in its description).
    """

    number: int
    place: int
    size: int
    base: int
    developer: int | None = None


class Layout(Record, frozen=True, kw_only=True):
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
            found.setdefault(number, Slot(number=number, place=place, size=size, base=base))
            place += size
        return found

    def developer(self) -> list[Slot]:
        """The developer fields, which stand after the native ones."""
        found = []
        place = 1 + sum(self.fields[1::3])
        for number, size, app in _triples(self.app_fields):
            found.append(Slot(number=number, place=place, size=size, base=-1, developer=app))
            place += size
        return found


def _triples(octets: bytes) -> Iterator[tuple[int, int, int]]:
    return zip(octets[::3], octets[1::3], octets[2::3], strict=True)


class Changes(Record, frozen=True, kw_only=True):
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
    return Layout(
        message=message, order=">" if big else "<", size=size, fields=fields, app_fields=app_fields, offset=offset
    )


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
    split = [layouts[i].replace(offset=int(at)) for i, at in zip(dated[:, 0], offsets[first], strict=True)]
    return _by_layout(octets, starts, changes, again.ravel(), split)


def _by_layout(
    octets: bytes, starts: Places, changes: Changes, index: Places, layouts: Sequence[Layout]
) -> list[Layout]:
    kinds = _kinds(octets, starts, changes, index)
    # Sorted by kind, and within a kind by place: the messages of a layout are one slice.
    order = np.argsort(kinds, kind="stable")
    edges = np.searchsorted(kinds[order], np.arange(len(layouts) + 1)).tolist()
    places = starts[order]
    return [layout.replace(starts=places[edges[i] : edges[i + 1]]) for i, layout in enumerate(layouts)]


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


# CRC-16 of the FIT protocol over whole files at once.
#
# The protocol defines it byte by byte. But it is the remainder of the bytes, read as a polynomial, by one of degree
# 16, and modulo that polynomial x**32767 is 1: bits that stand a multiple of 32,767 places apart can be added
# (exclusive or) before any division. Then 4,096 bytes remain of any file, and a table by position does the rest.


Octets = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint16]

PERIOD = 32_767
"""Places after which a bit, or a byte, weighs the same: the order of x modulo the polynomial."""

_POLYNOMIAL = 0xA001  # x^16 + x^15 + x^2 + 1, lowest bit first
_ROW = 64
_HEADER = 14  # bytes, up to which the definition itself is quicker
_FIRST_OF_PLACE = np.arange(_ROW) * 256
_FOLDS = tuple((periods * PERIOD, (1 << periods * PERIOD) - 1) for periods in (4, 2, 1))


def crc16(octets: bytes | memoryview) -> int:
    """The CRC of these bytes; 0 for bytes that end in their own CRC (little-endian)."""
    by_position, (low, high), one = _tables()
    if len(octets) <= _HEADER:
        return _by_definition(octets, one)
    folded = _fold_bits(_fold_bytes(np.frombuffer(octets, dtype=np.uint8)))
    rows = _lengthen(folded, -len(folded) % _ROW).reshape(-1, _ROW)
    remainders = np.bitwise_xor.reduce(by_position[rows + _FIRST_OF_PLACE], axis=1)
    crc = 0
    for remainder in remainders.tolist():
        crc = low[crc & 0xFF] ^ high[crc >> 8] ^ remainder
    return crc


def _by_definition(octets: bytes | memoryview, one: list[int]) -> int:
    crc = 0
    for octet in octets:
        crc = (crc >> 8) ^ one[(crc ^ octet) & 0xFF]
    return crc


def _lengthen(octets: Octets, zeros: int) -> Octets:
    """Zeros in front do not change a CRC that starts at zero."""
    return np.concatenate([np.zeros(zeros, np.uint8), octets]) if zeros else octets


def _fold_bytes(octets: Octets) -> Octets:
    if len(octets) <= PERIOD:
        return octets
    head = len(octets) % PERIOD
    folded: Octets = np.bitwise_xor.reduce(octets[head:].reshape(-1, PERIOD), axis=0)
    if head:
        folded[-head:] ^= octets[:head]
    return folded


def _fold_bits(octets: Octets) -> Octets:
    if len(octets) <= PERIOD // 8:
        return octets
    # Eight periods of bits in one whole number; the bit of highest weight comes first, so it is the lowest.
    bits = int.from_bytes(_lengthen(octets, PERIOD - len(octets)).tobytes(), "little")
    for half, lower in _FOLDS:
        bits = (bits >> half) ^ (bits & lower)
    whole_bytes = bits << 1  # one zero bit in front makes 4,096 bytes of 32,767 bits
    return np.frombuffer(whole_bytes.to_bytes(PERIOD // 8 + 1, "little"), np.uint8)


@cache
def _tables() -> tuple[Words, tuple[list[int], list[int]], list[int]]:
    """What a byte adds to the CRC by its place in a row, at 256 * place + byte; what `_ROW` zeros make of a CRC;
    and the table of the definition, for one byte.

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
    return places.ravel(), (low.tolist(), high.tolist()), one.tolist()


# One walk over the message headers of a FIT file: where each message starts.
#
# Nothing is converted here. Messages of one layout are rows of one size, which fit_columns turns into arrays and
# fit_messages into values. A walk never fails: it stops where the bytes stop making sense and notes the place.


SIGNATURE = b".FIT"

_MIN_HEADER = 12
_CRC_BYTES = 2
_DEFINITION = 0x40


class Part(Record, frozen=True, kw_only=True):
    """One FIT file, alone or in a chain: its layouts, and what was wrong with it.

    start, end: its bytes, without the checksum; stated_end: where its header says that it ends.
    damage: the note about the place where reading stopped early, None where the part is whole.
    """

    octets: bytes
    start: int
    end: int
    stated_end: int
    layouts: tuple[Layout, ...]
    notes: tuple[Note, ...]
    damage: Note | None

    def of(self, message: int) -> list[Layout]:
        """The layouts of a message that hold at least one."""
        return [layout for layout in self.layouts if layout.message == message and len(layout.starts)]


class _Header(Record, frozen=True, kw_only=True):
    start: int
    size: int
    body: int
    end: int
    notes: tuple[Note, ...]


def parts(octets: bytes) -> Iterator[Part]:
    """The FIT files chained in these bytes. Raises Malformed when they do not begin with one."""
    if not _is_header(octets, 0):
        problem = "is not a FIT file: the header lacks its mark"
        raise Malformed(problem, offset=0)
    at, count = 0, 0
    while _is_header(octets, at) and count < RULES.max_parts:
        header = _header(octets, at)
        part = _part(octets, header)
        at, count = part.end + _CRC_BYTES, count + 1
        yield part.replace(notes=(*part.notes, *_after(octets, at, count)))


def _after(octets: bytes, at: int, count: int) -> tuple[Note, ...]:
    """What is said of the bytes after a part that ends at `at`, the last one that is read."""
    left = len(octets) - at
    if left <= 0:
        return ()
    if not _is_header(octets, at):
        return (Note(code="trailing_bytes", text=f"{left:,} bytes after the end were ignored", offset=at),)
    if count < RULES.max_parts:
        return ()
    text = f"more than {count} files are chained here: the last {left:,} bytes were left out"
    return (Note(code="chain_too_long", text=text, offset=at),)


def _is_header(octets: bytes, at: int) -> bool:
    return octets[at + 8 : at + 12] == SIGNATURE and octets[at] >= _MIN_HEADER


def _header(octets: bytes, at: int) -> _Header:
    size = int.from_bytes(octets[at + 4 : at + 8], "little")
    body = at + octets[at]
    notes = []
    stated = int.from_bytes(octets[at + 12 : at + 14], "little") if octets[at] > _MIN_HEADER + 1 else 0
    # A header CRC of zero means that none was computed.
    if stated and stated != crc16(octets[at : at + _MIN_HEADER]):
        notes.append(Note(code="header_crc", text="the header's checksum is wrong", offset=at + _MIN_HEADER))
    end = body + size
    if size == 0 and len(octets) > body + _CRC_BYTES and not _is_header(octets, body + _CRC_BYTES):
        notes.append(
            Note(code="unterminated", text="the recording was never closed: its size is not stated", offset=at)
        )
        end = len(octets)
    return _Header(start=at, size=size, body=body, end=end, notes=tuple(notes))


def _part(octets: bytes, header: _Header) -> Part:
    end = min(header.end, len(octets))
    walk = _Walk(octets, end)
    damage = walk.run(header.body) if header.body <= end else _cut(end, "the header")
    if damage is None and header.end > len(octets):
        missing = header.end - len(octets)
        damage = Note(code="truncated", text=f"the file ends {missing:,} bytes too early", offset=len(octets))
    layouts, cut = bounded(walk.layouts())
    notes = (*header.notes, *_crc_notes(octets, header), *cut)
    return Part(
        octets=octets,
        start=header.start,
        end=end,
        stated_end=header.end,
        layouts=layouts,
        notes=notes,
        damage=damage,
    )


def _crc_notes(octets: bytes, header: _Header) -> tuple[Note, ...]:
    """What the file's checksum says; nothing where the messages themselves are cut off before it."""
    stated = octets[header.end : header.end + _CRC_BYTES]
    if len(stated) == _CRC_BYTES and crc16(memoryview(octets)[header.start : header.end + _CRC_BYTES]):
        text = "the file's checksum is wrong: some values may be damaged"
        return (Note(code="crc", text=text, offset=header.end),)
    if len(stated) < _CRC_BYTES and header.size and header.end <= len(octets):
        return (Note(code="crc_missing", text="the file ends before its checksum", offset=len(octets)),)
    return ()


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
        self._changes = Changes(local=array("q"), layout=array("q"), offset=array("q"), before=array("q"))

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
            elif local_number(head) in self._defined:
                self._expect(head)
            else:
                text = "what follows is in a form that the file does not describe, and was left out"
                return Note(code="damaged", text=text, offset=at)
        return _cut(self._starts.pop()) if at > end else None

    def layouts(self) -> list[Layout]:
        """The layouts met, each with the starts of its messages."""
        return grouped(self._octets, np.frombuffer(self._starts, np.int64), self._changes, self._layouts)

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
            self._layouts.append(layout_of(definition, at))
        local = head & 0x0F
        changes = self._changes
        changes.local.append(local)
        changes.layout.append(index)
        changes.offset.append(at)
        changes.before.append(len(self._starts))
        self._enter(local, self._layouts[index].size)
        return after

    def _enter(self, local: int, size: int) -> None:
        self._defined[local] = self._sizes[local] = size
        for first, count in self._unusual.get(local, ()):
            self._sizes[first : first + count] = [size] * count

    def _expect(self, head: int) -> None:
        """From now on keep entries for header bytes like this one: a compressed time, or reserved bits set."""
        local = local_number(head)
        heads = (COMPRESSED | local << 5, 32) if head & COMPRESSED else (head, 1)
        self._unusual.setdefault(local, set()).add(heads)
        self._enter(local, self._defined[local])


def _full(at: int, what: str) -> Note:
    return Note(code="too_many", text=f"more than {what} are no recording: what follows was left out", offset=at)


def _cut(at: int, what: str = "the last message") -> Note:
    return Note(code="truncated", text=f"{what} is cut off", offset=at)
