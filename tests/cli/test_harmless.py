"""What may reach the terminal, and what may not."""

import pytest

from kneedrive.cli.output import harmless

# Every mark of the bidirectional algorithm: implicit, embedding, override, isolate, and the old ones beside them.
BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x2070))


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a\x1b]0;title\x07b", "a ]0;title b"),
        ("a\x1b[2Jb", "a [2Jb"),
        ("a\rb\bc\0d", "a b c d"),
        ("a\x9b2Jb\x7f", "a 2Jb "),
        ("fit\u202etif.exe", "fit tif.exe"),
        ("\x1b", " "),
        ("a\x1b[31mb\x1b[0m", "a [31mb [0m"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        *((f"a{chr(mark)}b", "a b") for mark in BIDI),
    ],
)
def test_what_would_do_something_becomes_a_blank(text: str, printed: str) -> None:
    assert harmless(text) == printed


@pytest.mark.parametrize("text", ["", "line\nline\ttab", "Zürich – 4:45 /km ●", "走る"])
def test_what_is_only_read_stays(text: str) -> None:
    assert harmless(text) == text
    assert harmless(text, ("\x1b[1m", "\x1b[0m")) == text


def test_codes_that_are_ours_stay_and_all_others_go() -> None:
    text = "\x1b[1mbold\x1b[0m, \x1b[31mred\x1b[0m, \x1b[1;31mboth\x1b"
    assert harmless(text, ("\x1b[1m", "\x1b[0m")) == "\x1b[1mbold\x1b[0m,  [31mred\x1b[0m,  [1;31mboth "
