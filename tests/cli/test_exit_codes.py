"""Every ending has its code, its sentence and no traceback."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from kneedrive.app import Answer, overall
from kneedrive.cli import run
from kneedrive.errors import (
    ConfigError,
    Forbidden,
    KneedriveError,
    NotAuthorised,
    NotEnoughData,
    RateLimited,
    StoreError,
    Unreachable,
)
from tests.cli.calling import BROKEN, PROGRAM, RUN, SETTINGS, WALK, Capture, here, home, process

LATER = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param((), 0, id="nothing asked"),
        pytest.param(("analyze", RUN), 0, id="a run"),
        pytest.param(("demo",), 0, id="demo"),
        pytest.param(("doctor", WALK), 0, id="doctor of a walk"),
        pytest.param(("analyze", BROKEN), 1, id="no recording"),
        pytest.param(("analyze", SETTINGS), 1, id="a file without activity"),
        pytest.param(("analyze", BROKEN, SETTINGS), 1, id="all unreadable"),
        pytest.param(("analyze",), 2, id="no file named"),
        pytest.param(("analyse", RUN), 2, id="no such command"),
        pytest.param(("analyze", RUN, "--width", "20"), 2, id="too narrow"),
        pytest.param(("analyze", RUN, "--height", "178"), 2, id="height in centimetres"),
        pytest.param(("analyze", WALK), 3, id="a walk"),
        pytest.param(("runs",), 3, id="no history"),
        pytest.param(("analyze", RUN, BROKEN), 6, id="a run and no recording"),
        pytest.param(("analyze", WALK, BROKEN), 6, id="a walk and no recording"),
        pytest.param(("analyze", RUN, WALK), 0, id="a run and a walk"),
    ],
)
def test_a_command_ends_with_its_code(words: tuple[str | Path, ...], code: int, capsys: Capture) -> None:
    said = here(capsys, *words)

    assert said.code == code
    assert bool(said.err) == (code in (1, 2, 6) or words == ("runs",))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KneedriveError("x"), 1),
        (StoreError("x"), 1),
        (ConfigError("x"), 2),
        (NotEnoughData("x"), 3),
        (NotAuthorised("x"), 4),
        (Forbidden("x"), 4),
        (RateLimited("x", retry_at=LATER), 5),
        (Unreachable("x"), 5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_becomes_its_code_and_one_line(
    error: KneedriveError, code: int, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> Iterator[Answer]:
        raise error
        yield  # a generator, as handlers are

    monkeypatch.setattr(run, "_show_demo", fail)

    assert here(capsys, "demo") == (code, "", "kneedrive: x\n")


def test_a_bug_shows_its_traceback(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_show_demo", lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        here(capsys, "demo")


@pytest.mark.parametrize(
    ("codes", "code"), [([], 0), ([0, 0], 0), ([3, 3], 3), ([1, 1], 1), ([0, 3], 0), ([0, 1], 6), ([1, 3], 6)]
)
def test_several_answers_have_one_code(codes: list[int], code: int) -> None:
    assert overall(codes) == code


def test_an_interrupt_in_this_process_is_130(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> Iterator[Answer]:
        yield Answer(text="first")
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_show_demo", interrupt)

    assert here(capsys, "demo") == (130, "first\n", "interrupted\n")


def test_ctrl_c_ends_with_130_and_one_word(tmp_path: Path) -> None:
    reading = subprocess.Popen(
        [PROGRAM, "analyze", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=home(tmp_path),
    )
    with reading as waiting:
        _until_it_reads(waiting)
        waiting.send_signal(signal.SIGINT)
        # Standard input stays open: only the signal can end it.
        assert waiting.wait(timeout=30) == 130
        assert waiting.stdout is not None
        assert waiting.stderr is not None
        assert (waiting.stdout.read(), waiting.stderr.read()) == (b"", b"interrupted\n")


def _until_it_reads(reading: subprocess.Popen[bytes]) -> None:
    """Wait until the process sleeps in a read of the pipe that is its standard input."""
    wanted = Path(f"/proc/{reading.pid}/wchan")
    for _ in range(300):
        if "pipe" in wanted.read_text(encoding="ascii"):
            return
        time.sleep(0.05)
    time.sleep(1.0)  # a kernel that does not tell


@pytest.mark.parametrize("words", [("demo",), ("--help",), ("analyze", str(RUN), "--explain")], ids=" ".join)
def test_a_reader_that_goes_away_is_no_error(words: tuple[str, ...], tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run([PROGRAM, *words], stdout=theirs, stderr=subprocess.PIPE, env=home(tmp_path), check=False)
    os.close(theirs)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_behind_the_output_is_a_sentence(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [PROGRAM, "demo"], stdout=full, stderr=subprocess.PIPE, text=True, env=home(tmp_path), check=False
        )

    assert done.returncode == 1
    assert done.stderr == "kneedrive: the output cannot be written: no space left on device\n"


def test_a_closed_output_is_no_error(tmp_path: Path) -> None:
    script = f"exec {PROGRAM} demo >&-"
    done = subprocess.run(["sh", "-c", script], stderr=subprocess.PIPE, env=home(tmp_path), check=False)

    assert (done.returncode, done.stderr) == (0, b"")


def test_the_program_and_the_module_are_the_same(tmp_path: Path) -> None:
    said = process(tmp_path, "--version")

    assert said.code == 0
    assert said.out == f"kneedrive {version('kneedrive')}\n"
