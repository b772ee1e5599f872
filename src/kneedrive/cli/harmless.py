"""The last guard before the terminal: names of files, devices and tags may hold codes that rewrite the screen."""

import re

# Line feeds, tabs and colours stay. Everything else that is no letter to look at goes: other escape sequences, bells,
# and the marks that turn the direction of writing and so can hide what stands before them.
_UNSAFE = re.compile(r"\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """The text with a blank for every character that would do something instead of being read."""
    return _UNSAFE.sub(" ", text)
