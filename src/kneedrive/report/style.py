"""How a report looks: width, glyphs, colours, units. One frozen value; the plain paint is all empty strings."""

from __future__ import annotations

from typing import NamedTuple

from kneedrive.report.view import TIE, WHOLE
from kneedrive.value import Value


class Paint(NamedTuple):
    """Escape codes by role. Colour only repeats what the words say, so any of them may be empty."""

    strong: str = ""
    faint: str = ""
    drive: str = ""
    piston: str = ""
    shuffle: str = ""
    note: str = ""
    reset: str = ""

    def apply(self, role: str, text: str) -> str:
        """The text in a role's colour; unknown roles and "" leave it as it is."""
        code: str = getattr(self, role, "") if role else ""
        return f"{code}{text}{self.reset}" if code and text else text


# Cyan, magenta and yellow stay apart for the common kinds of colour blindness; no red or green: nothing is good or bad.
COLOURED = Paint("\x1b[1m", "\x1b[2m", "\x1b[1;36m", "\x1b[1;35m", "\x1b[1;33m", "\x1b[3m", "\x1b[0m")
PLAIN = Paint()


class Glyphs(NamedTuple):
    """The characters that pictures are made of, each one column wide."""

    dot: str
    bar: str
    tick: str
    zero: str
    beyond_left: str
    beyond_right: str
    levels: str
    corners: str
    across: str
    down: str
    rule: str
    run: str


UNICODE = Glyphs("●", "─", "·", "│", "‹", "›", "▁▂▃▄▅▆▇█", "┌┐└┘", "─", "│", "─", "◆")
ASCII = Glyphs("o", "-", ".", "|", "<", ">", "_.-=+*#@", "++++", "-", "|", "-", "X")

_ASCII_WORDS = str.maketrans(
    {
        "±": "+/-",
        "–": "-",
        "—": "-",
        "−": "-",
        "·": "-",
        "•": "*",
        "×": "x",
        "→": "->",
        "←": "<-",
        "↑": "^",
        "≥": ">=",
        "≤": "<=",
        "≈": "~",
        "°": " deg",
        "²": "^2",
        "√": "sqrt ",
        "π": "pi",
        "θ": "theta",
        "β": "beta",
        "Φ": "Phi",
        "Δ": "change of ",
        "’": "'",
        "“": '"',
        "”": '"',
        "…": "...",
    }
)

NARROWEST = 40  # a block beside another may be this narrow; a whole report needs 60
WIDEST_PROSE = 92  # a longer line of prose is hard to find back from


class Style(Value):
    """width: columns, from 60 on. ascii: only ASCII characters. colour: ANSI codes. miles: pace and distance."""

    width: int = 80
    ascii: bool = False
    colour: bool = False
    miles: bool = False

    @property
    def columns(self) -> int:
        """The width that is laid out for."""
        return max(self.width, NARROWEST)

    @property
    def measure(self) -> int:
        """The width of a line of prose."""
        return min(self.columns, WIDEST_PROSE)

    @property
    def paint(self) -> Paint:
        """Colours, or empty strings."""
        return COLOURED if self.colour else PLAIN

    @property
    def glyphs(self) -> Glyphs:
        """What pictures are drawn with."""
        return ASCII if self.ascii else UNICODE

    def spell(self, text: str) -> str:
        """The text in the characters of this style: with `ascii` nothing but ASCII and ties is left."""
        if not self.ascii or text.isascii():
            return text
        return "".join(
            letter if letter.isascii() or letter in (TIE, WHOLE) else "?" for letter in text.translate(_ASCII_WORDS)
        )
