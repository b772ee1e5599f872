"""What may reach the terminal, and what may not."""

import pytest

from kneedrive.cli.harmless import harmless


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a\x1b]0;title\x07b", "a ]0;title b"),
        ("a\x1b[2Jb", "a [2Jb"),
        ("a\rb\bc\0d", "a b c d"),
        ("a\x9b2Jb\x7f", "a 2Jb "),
        ("fit\u202etif.exe", "fit tif.exe"),
        ("\x1b", " "),
    ],
)
def test_what_would_do_something_becomes_a_blank(text: str, printed: str) -> None:
    assert harmless(text) == printed


@pytest.mark.parametrize("text", ["", "line\nline\ttab", "\x1b[1;32mgreen\x1b[0m", "Zürich – 4:45 /km ●", "走る"])
def test_what_is_only_read_stays(text: str) -> None:
    assert harmless(text) == text
