"""The page as a whole: its head, and the parts in order."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import astuple

from kneedrive.method import Method
from kneedrive.sensors import REFERENCES
from tests.conftest import DATA
from tests.validation import filmed, hidden, real, retest, seen, sensitivity, series, simulated, stated
from tests.validation.page import Section
from tests.validation.sizes import GROUPS, Crew, Size

PARTS: Mapping[str, Callable[[Size, Crew], Section]] = {
    "a": simulated.part,
    "b": series.part,
    "c": seen.part,
    "d": real.part,
    "e": retest.part,
    "f": sensitivity.part,
    "g": stated.part,
    "h": filmed.part,
    "i": hidden.part,
}
OF_FILES = ("d", "e", "i")
COMMAND = "python -m tests.validation --out docs/validation.md"
HEAD = """# What kneedrive can tell apart, and where it ends

This page is generated, number by number, by `{command}`; the same code and the same seeds give the same page. Method
version {version}, thresholds `{marks}`. What the words mean and how scores are made: [method.md](method.md). Scores are
in spreads between runners: 0 is usual at that speed, 1 is one standard deviation away from it.

A watch sees timing and bounce. Parts (a) to (c) show how well that timing is judged, parts (d) and (e) what real
recordings give, part (f) how much depends on our own choices, part (g) whether stated odds are true, part (h) what
timing tells of the knee, and part (i) what steps alone say of real runners. The knee was filmed in 26 runners, 25 of
them men, on a treadmill; outdoors and for women it is untested."""


def marks() -> str:
    """A fingerprint of every number that the page depends on: a page made by other thresholds is out of date."""
    method = Method()
    told = repr([(name, getattr(method, name)) for name in (*GROUPS, "series", "baseline", "trend")])
    rows = [
        [each for each in astuple(row) if not isinstance(each, str)] for row in REFERENCES.values()
    ]  # not its words
    told += repr(list(zip(REFERENCES, rows, strict=True)))
    return hashlib.sha256(told.encode()).hexdigest()[:10]


def document(size: Size, crew: Crew, parts: Iterable[str]) -> str:
    """The page of these parts; the parts of real files are left out where the folder of them is missing."""
    there = [letter for letter in parts if letter not in OF_FILES or DATA.is_dir()]
    head = HEAD.format(command=COMMAND, version=Method().version, marks=marks())
    return "\n\n".join((head, *(written(letter, size, crew) for letter in there))) + "\n"


def written(letter: str, size: Size, crew: Crew) -> str:
    """One part; says on standard error that it is done, for the whole takes minutes."""
    text = str(PARTS[letter](size, crew))
    sys.stderr.write(f"part {letter}\n")
    return text
