"""XML as strangers write it: text from bytes of any encoding, and a walk over its elements that nothing can blow up.

Entities are where XML turns hostile (a few lines that unfold to gigabytes, a file on this machine quoted into the
text), and no activity file needs them: a document type is refused before anything in it is looked at. Nothing is ever
fetched. Prefixes are read as part of the name, so that undeclared ones do no harm here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import NoReturn, Protocol
from xml.parsers import expat

from kneedrive.errors import Malformed, ReadError
from kneedrive.readers.motion import LARGEST, SMALLEST

# A day of one point a second with every extension: 20 MB and 700,000 elements of GPX, 30 MB and 1,050,000 of TCX.
MAX_BYTES = 40 * 1024 * 1024
MAX_ELEMENTS = 1_500_000
MAX_DEPTH = 64
_DOCTYPE = "declares a document type (DOCTYPE), which can hide harmful entities; no recording needs one"
_BLANKS = "\ufeff \t\r\n\0"
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ENDLESS_TAG = re.compile(r"<(?![!?])[^<>]{65536}")  # a parser holds all attributes of an element at once
_SHORT_TIME = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})[T ]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_TIME = "{}-{:02}-{:02}T{:02}:{:02}:{:02}"
_DECLARATION = re.compile(r"<\?xml\b[^>]*\?>")


class Visitor(Protocol):
    """What a walk calls: names are without prefix, in lower case; text is stripped."""

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        """An element opens."""

    def end(self, name: str, text: str, /) -> None:
        """An element closes; `text` is what stood directly in it."""


def decoded(data: bytes, name: str) -> str:
    """The document as text: without byte order mark, leading blanks and XML declaration.

    Encoding by byte order mark, else by the zeros of UTF-16, else as declared, else UTF-8. Characters that do not fit
    become replacement signs: they stand in names and remarks, never in numbers that we could still use.
    """
    if len(data) > MAX_BYTES:
        raise ReadError(f"has {len(data):,} bytes of XML; kneedrive reads up to {MAX_BYTES:,}", name=name)
    text = data.decode(_encoding(data), errors="replace").lstrip(_BLANKS)
    declaration = _DECLARATION.match(text)
    return text[declaration.end() :].strip(_BLANKS) if declaration else text


def _encoding(data: bytes) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding
    head = data[:400].lstrip(b" \t\r\n")
    if head[:4] in (b"<\0?\0", b"<\0g\0", b"<\0T\0"):
        return "utf-16-le"
    if head[:4] in (b"\0<\0?", b"\0<\0g", b"\0<\0T"):
        return "utf-16-be"
    declared = _DECLARED.search(head)
    return _known(declared[1].decode("ascii")) if declared else "utf-8"


def _known(encoding: str) -> str:
    """Single-byte encodings as declared; all else is UTF-8, also what calls itself UTF-16 and is not."""
    single = encoding.lower().startswith(("iso-8859", "windows-", "latin", "us-ascii", "cp12"))
    try:
        "".encode(encoding)
    except LookupError:
        return "utf-8"
    return encoding if single else "utf-8"


def walk(text: str, visitor: Visitor, name: str) -> None:
    """Call the visitor for every element of the document, in order.

    Raises Malformed with the byte offset (in UTF-8) for what is no XML, for a document type, for absurd nesting.
    """
    endless = _ENDLESS_TAG.search(text)
    if endless:
        raise Malformed("holds a tag without an end", offset=len(text[: endless.start()].encode()), name=name)
    parser = _guarded(visitor, name)
    try:
        parser.Parse(text.encode("utf-8", errors="replace"), True)
    except expat.ExpatError as error:
        raise Malformed(
            f"is not well-formed XML: {expat.ErrorString(error.code)}; export it again",
            offset=max(parser.ErrorByteIndex, 0),
            name=name,
        ) from error


def _guarded(visitor: Visitor, name: str) -> expat.XMLParserType:
    """A parser that tells the visitor, and refuses document types, absurd depth and absurd numbers of elements."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    opened, closed = visitor.start, visitor.end
    names: list[str] = []
    texts: list[list[str] | None] = [None]  # of the elements that are open, and of what is around the first
    seen = 0

    def refuse(problem: str) -> NoReturn:
        raise Malformed(problem, offset=parser.CurrentByteIndex, name=name)

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal seen
        seen += 1
        if len(names) >= MAX_DEPTH:
            refuse(f"nests elements deeper than {MAX_DEPTH}")
        if seen > MAX_ELEMENTS:
            refuse(f"has more than {MAX_ELEMENTS:,} elements, far more than a run")
        plain = local(tag)
        names.append(plain)
        texts.append(None)
        opened(plain, attributes)

    def end(_tag: str) -> None:
        pieces = texts.pop()
        closed(names.pop(), "".join(pieces).strip() if pieces else "")

    def characters(piece: str) -> None:
        pieces = texts[-1]
        if pieces is None:
            texts[-1] = [piece]
        else:
            pieces.append(piece)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = lambda *_: refuse(_DOCTYPE)
    return parser


@lru_cache(maxsize=256)
def local(tag: str) -> str:
    """The name of an element without prefix or namespace, in lower case: writers agree on little else."""
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def attribute(attributes: dict[str, str], wanted: str) -> str:
    """An attribute by its name in lower case, without prefix; "" for none."""
    return next((text for key, text in attributes.items() if local(key) == wanted), "")


def moment(text: str) -> tuple[float, int]:
    """Seconds since 1970 and the zone's offset of a written time; NaN and 0 where it is none.

    A time without a zone is UTC, as GPX and TCX demand.
    """
    try:
        try:
            written = datetime.fromisoformat(text)
        except ValueError:
            short = _SHORT_TIME.match(text)  # some writers leave leading zeros out
            if not short:
                raise
            written = datetime.fromisoformat(_TIME.format(*map(int, short.groups())) + text[short.end() :])
        aware = written if written.tzinfo else written.replace(tzinfo=UTC)
        offset = aware.utcoffset()
        return aware.timestamp(), int(offset.total_seconds()) if offset else 0
    except (ValueError, OverflowError):
        return float("nan"), 0


def number(text: str | None) -> float:
    """A number that can be reckoned with, or NaN; what is too small to divide by is 0."""
    try:
        value = float(text or "nan")
    except ValueError:
        return float("nan")
    if abs(value) < SMALLEST:
        return 0.0
    return value if abs(value) < LARGEST else float("nan")
