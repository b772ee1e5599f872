"""XML as strangers write it: text from bytes of any encoding, and a walk over its elements that nothing can blow up.

Entities are where XML turns hostile (a few lines that unfold to gigabytes, a file on this machine quoted into the
text), and no activity file needs them: a document type is refused before anything in it is looked at. Nothing is ever
fetched. Prefixes are read as part of the name, so that undeclared ones do no harm here.
"""

from __future__ import annotations

import re
from typing import NoReturn, Protocol
from xml.parsers import expat

from kneedrive.errors import Malformed, ReadError

MAX_BYTES = 64 * 1024 * 1024  # 24 hours of 1 Hz with every extension are about 40 MB
MAX_DEPTH = 64
_BLANKS = "\ufeff \t\r\n\0"
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
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
        problem = f"has {len(data):,} bytes of XML; kneedrive reads up to {MAX_BYTES:,}"
        raise ReadError(problem, name=name)
    text = data.decode(_encoding(data), errors="replace").lstrip(_BLANKS)
    return _DECLARATION.sub("", text, count=1).lstrip(_BLANKS).rstrip(_BLANKS) if text.startswith("<?xml") else text


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

    Raises Malformed with the byte offset (in UTF-8) for what is no XML, for a document type and for absurd nesting.
    """
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    _Walk(parser, visitor, name)
    try:
        parser.Parse(text.encode("utf-8", errors="replace"), True)
    except expat.ExpatError as error:
        problem = f"is not well-formed XML: {expat.ErrorString(error.code)}; export it again"
        raise Malformed(problem, offset=max(parser.ErrorByteIndex, 0), name=name) from error


class _Walk:
    """The state of one walk: the texts of the open elements."""

    def __init__(self, parser: expat.XMLParserType, visitor: Visitor, name: str) -> None:
        self.parser, self.visitor, self.name = parser, visitor, name
        self.texts: list[list[str]] = [[]]
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.StartDoctypeDeclHandler = self.doctype

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.texts) > MAX_DEPTH:
            self.refuse(f"nests elements deeper than {MAX_DEPTH}")
        self.texts.append([])
        self.visitor.start(local(tag), attributes)

    def end(self, tag: str) -> None:
        self.visitor.end(local(tag), "".join(self.texts.pop()).strip())

    def characters(self, text: str) -> None:
        self.texts[-1].append(text)

    def doctype(self, *_: object) -> NoReturn:
        self.refuse("declares a document type (DOCTYPE), which may hide entities; no activity file needs one")

    def refuse(self, problem: str) -> NoReturn:
        raise Malformed(problem, offset=self.parser.CurrentByteIndex, name=self.name)


def local(tag: str) -> str:
    """The name of an element without prefix or namespace, in lower case: writers agree on little else."""
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def number(text: str | None) -> float:
    """A finite number, or NaN for everything else."""
    try:
        value = float(text or "nan")
    except ValueError:
        return float("nan")
    return value if abs(value) < 1e12 else float("nan")
