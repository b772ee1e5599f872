"""The last guard before the terminal: names of files, devices and tags may hold codes that rewrite the screen."""

from __future__ import annotations

import re
from collections.abc import Collection

# Line feeds and tabs stay. Everything else that is no letter to look at goes: escape sequences, colours among them,
# bells, other line ends, and the marks that turn the direction of writing and so can hide what stands before them.
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]")


def harmless(text: str, codes: Collection[str] = ()) -> str:
    """The text with a blank for every character that would do something instead of being read.

    codes: the escape codes that stay, since kneedrive paints with them itself.
    """
    if not codes:
        return _UNSAFE.sub(" ", text)
    pieces = re.split(f"({'|'.join(map(re.escape, codes))})", text)
    return "".join(piece if piece in codes else _UNSAFE.sub(" ", piece) for piece in pieces)
