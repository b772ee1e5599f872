"""How a report looks on terminals, in pipes, narrow, wide, in miles."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest
from rich.cells import cell_len

from kneedrive.cli import options, parser
from tests.cli.calling import MULTISPORT, PROGRAM, RUN, Capture, Said, here, home, process

COLOUR = "\x1b["
WIDTHS = (60, 66, 72, 79, 80, 81, 96, 100, 120, 160, 200)


def on_a_terminal(folder: Path, width: int, *words: str | Path, **environment: str) -> Said:
    """Run the command on a terminal of this width; what it shows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    command = [PROGRAM, *map(str, words)]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env=home(folder) | environment
    ) as running:
        os.close(theirs)
        shown = _all_of(ours)
        os.close(ours)
        assert running.stderr is not None
        trouble = running.stderr.read().decode()
    return Said(running.returncode, shown.replace("\r\n", "\n"), trouble)


def _all_of(terminal: int) -> str:
    parts = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode()


def too_wide(text: str, width: int) -> list[str]:
    """The lines that a terminal of this width would break."""
    return [line for line in text.splitlines() if cell_len(re.sub(r"\x1b\[[0-9;]*m", "", line)) > width]


@pytest.mark.parametrize("words", [("analyze", RUN), ("analyze", RUN, "--explain"), ("doctor", RUN)], ids=str)
@pytest.mark.parametrize("width", [60, 80, 133, 200])
def test_a_terminal_gets_colours_and_no_line_wider_than_itself(
    words: tuple[str | Path, ...], width: int, tmp_path: Path
) -> None:
    said = on_a_terminal(tmp_path, width, *words)

    assert (said.code, said.err) == (0, "")
    assert COLOUR in said.out
    assert too_wide(said.out, width) == []


@pytest.mark.parametrize("command", ["analyze", "doctor"])
@pytest.mark.parametrize("plain", [(), ("--ascii",)], ids=["unicode", "ascii"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_width_asked_for(
    command: str, plain: tuple[str, ...], width: int, capsys: Capture
) -> None:
    said = here(capsys, command, RUN, "--width", str(width), *plain)

    assert too_wide(said.out, width) == []
    assert said.out.isascii() or not plain


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_sessions_of_a_file_keep_to_the_width(width: int, capsys: Capture) -> None:
    assert too_wide(here(capsys, "doctor", MULTISPORT, "--width", str(width)).out, width) == []


@pytest.mark.parametrize("command", ["demo", "drills"])
@pytest.mark.parametrize("width", [60, 80, 200])
def test_other_commands_keep_to_the_width(command: str, width: int, capsys: Capture) -> None:
    assert too_wide(here(capsys, command, "--width", str(width)).out, width) == []


@pytest.mark.parametrize("width", ["59", "201", "0", "-80", "80.5", "wide", ""])
def test_a_width_beyond_the_limits_is_refused(width: str, capsys: Capture) -> None:
    said = here(capsys, "analyze", RUN, f"--width={width}")

    assert (said.code, said.out) == (2, "")
    assert "60 to 200" in said.err


@pytest.mark.parametrize(("real", "used"), [(30, 60), (60, 60), (133, 133), (500, 200)])
def test_a_terminal_beyond_the_limits_gets_the_nearest_width(
    real: int, used: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(real))
    arguments = parser().parse_args(["analyze", str(RUN)])

    assert options.style(arguments, options.load_config(arguments)).width == used


def test_the_width_is_that_of_the_terminal(tmp_path: Path) -> None:
    narrow, wide = (on_a_terminal(tmp_path, width, "analyze", RUN).out for width in (66, 120))

    assert narrow == on_a_terminal(tmp_path, 100, "analyze", RUN, "--width", "66").out
    assert narrow != wide


def test_a_pipe_gets_80_columns(tmp_path: Path) -> None:
    assert process(tmp_path, "analyze", RUN).out == process(tmp_path, "analyze", RUN, "--width", "80").out


def test_columns_of_the_environment_are_kept_to(tmp_path: Path) -> None:
    asked = process(tmp_path, "analyze", RUN, "--width", "100").out

    assert process(tmp_path, "analyze", RUN, COLUMNS="100").out == asked


@pytest.mark.parametrize(
    ("words", "environment"),
    [((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"}), (("--no-color",), {})],
    ids=["NO_COLOR", "TERM=dumb", "--no-color"],
)
def test_colours_can_be_declined(words: tuple[str, ...], environment: dict[str, str], tmp_path: Path) -> None:
    coloured = on_a_terminal(tmp_path, 80, "analyze", RUN)
    plain = on_a_terminal(tmp_path, 80, "analyze", RUN, *words, **environment)

    assert COLOUR not in plain.out
    # Colour says nothing that the words do not.
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured.out) == plain.out


def test_an_empty_no_color_declines_nothing(tmp_path: Path) -> None:
    assert COLOUR in on_a_terminal(tmp_path, 80, "analyze", RUN, NO_COLOR="").out


def test_a_pipe_gets_no_colours(tmp_path: Path) -> None:
    assert COLOUR not in process(tmp_path, "analyze", RUN).out


def test_a_terminal_without_unicode_gets_ascii(tmp_path: Path) -> None:
    said = process(tmp_path, "analyze", RUN, PYTHONIOENCODING="ascii")

    assert said.code == 0
    assert said.out == process(tmp_path, "analyze", RUN, "--ascii").out


def test_json_is_the_same_on_a_terminal_and_in_a_pipe(tmp_path: Path) -> None:
    shown = on_a_terminal(tmp_path, 80, "analyze", RUN, "--json")

    assert shown.out == process(tmp_path, "analyze", RUN, "--json").out


def test_miles_are_for_people_and_not_for_programs(capsys: Capture) -> None:
    km, miles = (here(capsys, "analyze", RUN, "--units", units).out for units in ("km", "miles"))
    for_programs = [here(capsys, "analyze", RUN, "--json", "--units", units).out for units in ("km", "miles")]

    assert set(re.findall(r"/(?:km|mile)\b", miles)) == {"/mile"}
    assert set(re.findall(r"/(?:km|mile)\b", km)) == {"/km"}
    assert for_programs[0] == for_programs[1]


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    words = ("analyze", RUN, "--explain")

    assert process(tmp_path, *words) == process(tmp_path, *words, PYTHONHASHSEED="7")


@pytest.mark.parametrize("command", [("analyze", RUN), ("demo",)], ids=["analyze", "demo"])
def test_the_first_screen_is_printed_unless_all_is_asked_for(command: tuple[str | Path, ...], capsys: Capture) -> None:
    first = here(capsys, *command, "--width", "80").out
    whole = here(capsys, *command, "--width", "80", "--full").out
    formulas = here(capsys, *command, "--width", "80", "--explain").out

    assert first.count("\n") <= 40
    assert "DO NEXT" in first
    assert not any(part in first for part in ("HOW LIKELY", "UP AND DOWN", "WHAT A WATCH CANNOT KNOW", "PATTERNS"))
    assert whole.splitlines()[:4] == first.splitlines()[:4]
    assert all(part in whole for part in ("HOW LIKELY", "UP AND DOWN", "WHAT A WATCH CANNOT KNOW", "DO NEXT"))
    assert formulas.startswith("EXPLAINED\n")
    assert "DO NEXT" not in formulas


def test_all_sections_and_the_formulas_exclude_each_other(capsys: Capture) -> None:
    assert "not allowed with argument --full" in here(capsys, "demo", "--full", "--explain").err


def test_full_leaves_the_objects_of_programs_alone(capsys: Capture) -> None:
    assert here(capsys, "analyze", RUN, "--full", "--json").out == here(capsys, "analyze", RUN, "--json").out


@pytest.mark.parametrize(
    ("option", "typed"), [("--height", "178"), ("--height", "1,78"), ("--mass", "7"), ("--mass", "70kg")]
)
def test_what_was_typed_wrongly_is_named_as_it_was_typed(option: str, typed: str, capsys: Capture) -> None:
    said = here(capsys, "analyze", RUN, option, typed).err

    assert said.startswith(f"kneedrive: {option} needs a number")
    assert f"for example {option} " in said
    assert "runner." not in said
