"""One walk over the message headers of a FIT file: where each message starts, and how its kind is laid out.

Nothing is converted here. Messages of one layout are rows of one size, which fit_columns turns into arrays and
fit_messages into values. A walk never fails: it stops where the bytes stop making sense and notes the place.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import NamedTuple

from kneedrive.errors import Malformed
from kneedrive.model import Note
from kneedrive.readers.fit_crc import crc16

SIGNATURE = b".FIT"
FIELD_DESCRIPTION = 206

_MIN_HEADER = 12
_CRC_BYTES = 2
_DEFINITION = 0x40
_DEVELOPER = 0x20
_COMPRESSED = 0x80


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

    size: bytes of a message with its header byte. offset: where the definition stands in the file.
    """

    message: int
    order: str
    size: int
    native: dict[int, Slot]
    developer: tuple[Slot, ...]
    offset: int
    starts: array[int]


class Part(NamedTuple):
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
        return [layout for layout in self.layouts if layout.message == message and layout.starts]


class _Header(NamedTuple):
    start: int
    body: int
    end: int
    notes: tuple[Note, ...]


def parts(octets: bytes) -> Iterator[Part]:
    """The FIT files chained in these bytes. Raises Malformed when they do not begin with one."""
    if not _is_header(octets, 0):
        problem = "is not a FIT file: the header lacks its mark"
        raise Malformed(problem, offset=0)
    at = 0
    while _is_header(octets, at):
        header = _header(octets, at)
        part = _part(octets, header)
        at = part.end + _CRC_BYTES
        if at < len(octets) and not _is_header(octets, at):
            rest = Note(code="trailing_bytes", text=f"{len(octets) - at:,} bytes after the end were ignored", offset=at)
            part = part._replace(notes=(*part.notes, rest))
        yield part


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
    return _Header(start=at, body=body, end=end, notes=tuple(notes))


def _part(octets: bytes, header: _Header) -> Part:
    end = min(header.end, len(octets))
    walk = _Walk(octets, end)
    damage = walk.run(header.body)
    if damage is None and header.end > len(octets):
        missing = header.end - len(octets)
        damage = Note(code="truncated", text=f"the file ends {missing:,} bytes too early", offset=len(octets))
    notes = [*header.notes, *_crc_notes(octets, header)]
    return Part(octets, header.start, end, header.end, tuple(walk.layouts.values()), tuple(notes), damage)


def _crc_notes(octets: bytes, header: _Header) -> list[Note]:
    """What the file's checksum says; nothing where the file ends before it."""
    stated = octets[header.end : header.end + _CRC_BYTES]
    if len(stated) == _CRC_BYTES and crc16(memoryview(octets)[header.start : header.end + _CRC_BYTES]):
        return [Note(code="crc", text="the file's checksum is wrong: some values may be damaged", offset=header.end)]
    return []


class _Walk:
    """The layouts found so far, and two tables by header byte that let the loop do nothing but look up.

    `_sizes` holds the size of a message by its header byte, 0 where the byte needs a closer look; `_appends` holds
    what notes its start. Unusual header bytes (compressed timestamps: 32 for each definition) are entered once seen.
    """

    def __init__(self, octets: bytes, end: int) -> None:
        self.layouts: dict[tuple[bytes, int], Layout] = {}
        self._octets = octets
        self._end = end
        self._sizes = [0] * 256
        self._appends: list[Callable[[int], object]] = [_nothing] * 256
        self._defined: dict[int, Layout] = {}
        self._expected: dict[int, set[tuple[int, int]]] = {}

    def run(self, start: int) -> Note | None:
        """Walk from `start` to the end; a note says where and why it stopped before."""
        octets, end, sizes, appends = self._octets, self._end, self._sizes, self._appends
        at = start
        while at < end:
            head = octets[at]
            size = sizes[head]
            if size:
                appends[head](at)
                at += size
            elif head & (_DEFINITION | _COMPRESSED) == _DEFINITION:
                after = self._define(at, head)
                if after > end:
                    return _cut(at)
                at = after
            elif _local(head) in self._defined:
                self._expect(head)
            else:
                text = f"a message of kind {_local(head)} that was never defined; what follows was left out"
                return Note(code="damaged", text=text, offset=at)
        return self._drop_cut_message() if at > end else None

    def _define(self, at: int, head: int) -> int:
        """Learn the definition at `at`; return the offset after it, which may be beyond the end."""
        octets = self._octets
        if at + 6 > self._end:
            return at + 6
        after = developer_from = at + 6 + 3 * octets[at + 5]
        described = 0
        if head & _DEVELOPER:
            after += 1 + 3 * int.from_bytes(octets[after : after + 1], "little")
            # A developer field means what its description said before this definition: more descriptions, new layout.
            described = self._descriptions()
        if after > self._end:
            return after
        key = (octets[at + 1 : after], described)
        layout = self.layouts.get(key)
        if layout is None:
            layout = self.layouts[key] = _layout(octets, at, developer_from, after)
        self._enter(head & 0x0F, layout)
        return after

    def _enter(self, local: int, layout: Layout) -> None:
        self._defined[local] = layout
        self._sizes[local] = layout.size
        self._appends[local] = layout.starts.append
        for first, count in self._expected.get(local, ()):
            self._sizes[first : first + count] = [layout.size] * count
            self._appends[first : first + count] = [layout.starts.append] * count

    def _expect(self, head: int) -> None:
        """From now on keep entries for header bytes like this one: a compressed time, or reserved bits set."""
        local = _local(head)
        entries = (_COMPRESSED | local << 5, 32) if head & _COMPRESSED else (head, 1)
        self._expected.setdefault(local, set()).add(entries)
        self._enter(local, self._defined[local])

    def _descriptions(self) -> int:
        return sum(len(layout.starts) for layout in self.layouts.values() if layout.message == FIELD_DESCRIPTION)

    def _drop_cut_message(self) -> Note:
        cut = max((layout.starts for layout in self.layouts.values() if layout.starts), key=lambda starts: starts[-1])
        return _cut(cut.pop())


def _nothing(_start: int) -> None:
    """Fills the table; a size of 0 keeps it from being called."""


def _cut(at: int) -> Note:
    return Note(code="truncated", text="the last message is cut off", offset=at)


def _local(head: int) -> int:
    return head >> 5 & 0x03 if head & _COMPRESSED else head & 0x0F


def _layout(octets: bytes, at: int, developer_from: int, after: int) -> Layout:
    big = octets[at + 2] != 0
    native: dict[int, Slot] = {}
    place = 1
    for i in range(at + 6, developer_from, 3):
        slot = Slot(octets[i], place, octets[i + 1], octets[i + 2])
        native.setdefault(slot.number, slot)
        place += slot.size
    developer = []
    for i in range(developer_from + 1, after, 3):
        developer.append(Slot(octets[i], place, octets[i + 1], -1, octets[i + 2]))
        place += octets[i + 1]
    message = int.from_bytes(octets[at + 3 : at + 5], "big" if big else "little")
    return Layout(message, ">" if big else "<", place, native, tuple(developer), at, array("q"))
