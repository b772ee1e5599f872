"""One walk over the message headers of a FIT file: where each message starts.

Nothing is converted here. Messages of one layout are rows of one size, which fit_columns turns into arrays and
fit_messages into values. A walk never fails: it stops where the bytes stop making sense and notes the place.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np

from kneedrive.errors import Malformed
from kneedrive.method import FitRules
from kneedrive.model import Note
from kneedrive.readers.fit_bounds import bounded
from kneedrive.readers.fit_crc import crc16
from kneedrive.readers.fit_layouts import COMPRESSED, DEVELOPER, Changes, Layout, grouped, layout_of, local_number
from kneedrive.value import Value

SIGNATURE = b".FIT"
RULES = FitRules()

_MIN_HEADER = 12
_CRC_BYTES = 2
_DEFINITION = 0x40


class Part(Value):
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


class _Header(Value):
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
        self._changes = Changes(array("q"), array("q"), array("q"), array("q"))

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
                text = f"a message of kind {local_number(head)} that was never defined; what follows was left out"
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
