"""Ordinary surroundings that are not as usual: each ends in a sentence and its exit code, none in a traceback."""

from __future__ import annotations

import io
import os
import pty
import pwd
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from kneedrive.app import analyze
from kneedrive.cli import options, output
from tests.cli.calling import BROKEN, PROGRAM, RUN, Capture, Said, here, home
from tests.surroundings import as_anybody

LONG = "x" * 300  # more than any file system takes for a name
ASKING_THE_STORE: tuple[tuple[str, ...], ...] = (
    ("import", str(RUN)),
    ("import", "--dry-run", str(RUN)),
    ("runs",),
    ("tags",),
    ("tag", "2026-11-20", "x"),
    ("show",),
    ("split", "last"),
    ("forget", "last", "--yes"),
    ("purge", "--all", "--yes"),
    ("rebuild",),
    ("backup", "copy"),
    ("export", "--to", "."),
    ("report",),
    ("weekly",),
    ("compare",),
    ("advise",),
    ("sync", "folder"),
)
EVERY = (("analyze", str(RUN)), ("demo",), ("drills",), ("config", "show"), *ASKING_THE_STORE)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No command of these tests writes into the present folder."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_without_a_home_it_is_said_how_to_name_one(
    words: tuple[str, ...], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(uid: int) -> Any:
        raise KeyError(uid)

    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)

    said = here(capsys, *words)

    assert (said.code, said.out) == (2, "")
    assert said.err == "kneedrive: there is no home folder: set HOME, or both XDG_CONFIG_HOME and XDG_DATA_HOME\n"


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_a_configuration_that_cannot_be_looked_for_is_named(
    words: tuple[str, ...], tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / LONG))

    said = here(capsys, *words)

    assert (said.code, said.out) == (2, "")
    assert f"{LONG}/kneedrive/config.toml cannot be read (file name too long): make it readable" in said.err


def test_a_closed_home_is_named(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(closed))

    with as_anybody():
        said = here(capsys, "runs")

    assert said.code == 2
    assert "config.toml cannot be read (permission denied): make it readable" in said.err


@pytest.mark.parametrize("words", ASKING_THE_STORE, ids=" ".join)
def test_a_store_in_a_closed_folder_is_named(
    words: tuple[str, ...], tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    monkeypatch.setenv("KNEEDRIVE_STORE", str(closed / "runs.sqlite"))
    monkeypatch.setenv("KNEEDRIVE_FOLDERS", str(tmp_path / "elsewhere"))

    with as_anybody():
        said = here(capsys, *words)

    assert (said.code, said.out) == (1, "")
    assert f"{closed / 'runs.sqlite'}: the store cannot be " in said.err


@pytest.mark.parametrize("words", ASKING_THE_STORE, ids=" ".join)
def test_a_store_that_cannot_be_looked_for_is_named(
    words: tuple[str, ...], tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNEEDRIVE_STORE", str(tmp_path / LONG))
    monkeypatch.setenv("KNEEDRIVE_FOLDERS", str(tmp_path))

    said = here(capsys, *words)

    assert (said.code, said.out) == (1, "")
    assert f"{LONG}: the store cannot be " in said.err
    assert "name another path" in said.err


def test_a_store_has_no_name_that_sqlite_takes_for_its_own(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was imported into ":memory:" would be gone with the process."""
    monkeypatch.setenv("KNEEDRIVE_STORE", ":memory:")
    here(capsys, "import", RUN)

    assert len(here(capsys, "runs", "--json").objects) == 1


def test_a_dry_run_without_room_for_it_says_so(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    def nowhere(*_: object, **__: object) -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "mkdtemp", nowhere)

    said = here(capsys, "import", "--dry-run", RUN)

    assert (said.code, said.out) == (1, "")
    assert "name one in TMPDIR" in said.err


@pytest.mark.parametrize(
    "words",
    [
        ("runs", "--since", "{}"),
        ("tag", "{}", "x"),
        ("tag", "{}", "--remove"),
        ("weekly", "--until", "{}"),
        ("compare", "--before", "{}..{}", "--after", "2026-01-01..2026-01-31"),
        ("compare", "--before", "2026-01-01..2026-01-31", "--after", "{}..{}"),
        ("sync", "--since", "{}"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-02", "1989-12-30", "2100-01-01", "9999-12-31", "0000-01-01"])
def test_a_day_on_which_nobody_can_have_run_is_refused(words: tuple[str, ...], day: str, capsys: Capture) -> None:
    said = here(capsys, *(word.replace("{}", day) for word in words))

    assert (said.code, said.out) == (2, "")
    assert "is no day of a run: write one from 1989-12-31 to 2099-12-31" in said.err or day == "0000-01-01"


@pytest.mark.parametrize("day", ["1989-12-31", "2099-12-31"])
def test_the_first_and_the_last_day_can_be_reckoned_with(day: str, capsys: Capture) -> None:
    here(capsys, "import", RUN)

    for words in (
        ("runs", "--since", day),
        ("tag", day, "x"),
        ("compare",),
        ("compare", "--before", f"{day}..{day}", "--after", "2026-01-01..2026-01-31"),
        ("weekly", "--until", day),
        ("weekly", "--until", day, "--weeks", "2000"),
        ("report", "--html", "--weeks", "2000", "-o", "page.html"),
        ("tags",),
    ):
        assert here(capsys, *words).code in (0, 3)


@pytest.mark.parametrize("span", ["9999y", "9999m", "37y", "9999w"])
@pytest.mark.parametrize("command", ["runs", "sync"])
def test_a_span_from_before_all_watches_is_refused(command: str, span: str, capsys: Capture) -> None:
    said = here(capsys, command, "--since", span)

    assert (said.code, said.out) == (2, "")
    assert f"'{span}' reaches back beyond 1989-12-31" in said.err


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        (("auth", "strava", "--port", "99999"), "from 0 to 65535"),
        (("auth", "strava", "--port", "-1"), "from 0 to 65535"),
        (("auth", "strava", "--port", "²"), "from 0 to 65535"),
        (("auth", "strava", "--timeout", "-5"), "from 1 to 86400"),
        (("auth", "strava", "--timeout", "0"), "from 1 to 86400"),
        (("auth", "strava", "--timeout", "9" * 5000), "from 1 to 86400"),
        (("weekly", "--weeks", "²"), "of weeks from 1 to 2000"),
        (("report", "--weeks", "9" * 5000), "of weeks from 1 to 2000"),
        (("demo", "--width", "²²"), "from 60 to 200"),
    ],
)
def test_a_number_that_cannot_be_is_wrong_use(words: tuple[str, ...], needs: str, capsys: Capture) -> None:
    said = here(capsys, *words)

    assert (said.code, said.out) == (2, "")
    assert f"must be a whole number {needs}, not " in said.err


@pytest.mark.parametrize("columns", ["²", "½", "0", "-5", "x", "", "9" * 5000, "1e3", " 80"])
def test_columns_that_are_no_number_count_as_none(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    assert options.terminal_columns() == options.PIPE_WIDTH


@pytest.mark.parametrize("columns", ["1", "2", "3", "5", "999999"])
@pytest.mark.parametrize("words", [("demo",), ("--help",), ("import", "--help"), ("config", "show")])
def test_any_width_can_be_printed_at(
    words: tuple[str, ...], columns: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    assert here(capsys, *words).code == 0
    assert output._asked("Delete it?").split() == ["Delete", "it?", "[y/N]"]


@pytest.mark.parametrize(
    "words",
    [
        ("import", ""),
        ("backup", ""),
        ("export", "--to", ""),
        ("demo", "--html", ""),
        ("report", "-o", ""),
        ("runs", "--config", ""),
    ],
    ids=" ".join,
)
def test_an_empty_path_is_not_the_present_folder(words: tuple[str, ...], capsys: Capture) -> None:
    said = here(capsys, *words)

    assert (said.code, said.out) == (2, "")
    assert "is empty: name a file or a folder" in said.err


@pytest.mark.parametrize("name", ["a\udcff", "a\nb", "a\x1b[31m", "x" * 61, "😀" * 16])
def test_a_runner_has_a_name_that_can_be_kept(name: str, capsys: Capture) -> None:
    for words in (("runs",), ("sync", "strava"), ("auth", "status"), ("tag", "2026-11-20", "x")):
        said = here(capsys, *words, "--runner", name)

        assert (said.code, said.out) == (2, "")
        assert "runner.name (flag) needs a " in said.err


@pytest.mark.parametrize("name", ["a/../b", "Åsa 走", "x" * 60, "😀" * 15, "%", "."])
def test_any_other_name_will_do(name: str, capsys: Capture) -> None:
    assert here(capsys, "import", RUN, "--runner", name, "--new-runner").code == 0
    assert here(capsys, "auth", "status", "--runner", name).code == 4


def test_a_tag_is_text(capsys: Capture) -> None:
    said = here(capsys, "tag", "2026-11-20", "a\udcff")

    assert (said.code, said.out) == (2, "")
    assert "holds bytes that are no text: write it in UTF-8" in said.err


def test_a_stream_without_an_end_is_left(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyze, "MOST_BYTES", 3 << 20)
    if not Path("/dev/zero").exists():
        pytest.skip("no device without an end")

    said = here(capsys, "analyze", "/dev/zero", RUN)

    assert said.code == 6
    assert "zero: has more than 3,145,728 bytes, far more than a run" in said.err


def test_ctrl_d_at_a_hidden_question_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*_: object, **__: object) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ended)

    assert output.ask_hidden("Secret: ") == ""


class Full(io.StringIO):
    """A stream on a full disk."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def test_remarks_that_cannot_be_written_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[object] = []
    full = Full()
    monkeypatch.setattr("sys.stderr", full)
    monkeypatch.setattr(output, "drop", dropped.append)

    output.remark("x")

    assert dropped == [full]


def shell(folder: Path, redirection: str, *words: str | Path, **environment: str) -> Said:
    """Run the command with streams redirected, in a process of its own."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", PROGRAM, *map(str, words)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=home(folder) | {"PYTHONUNBUFFERED": ""} | environment,
        timeout=60,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("redirection", "words", "code", "out", "err"),
    [
        ("<&-", ("analyze", RUN), 0, "DO NEXT", ""),
        ("<&-", ("analyze", "-"), 1, "", "kneedrive: standard input: is empty\n"),
        ("<&-", ("auth", "strava"), 4, "", "kneedrive: a login asks you to agree in a browser"),
        ("2>&-", ("analyze", RUN, BROKEN), 6, "DO NEXT", ""),
        ("<&- >&- 2>&-", ("import", RUN, BROKEN), 6, "", ""),
        (">/dev/full", ("--help",), 1, "", "kneedrive: the output cannot be written: no space left on device\n"),
        ("2>/dev/full", ("analyze", RUN, BROKEN), 6, "DO NEXT", ""),
    ],
)
def test_a_stream_that_is_closed_or_full_is_survived(
    redirection: str, words: tuple[str | Path, ...], code: int, out: str, err: str, tmp_path: Path
) -> None:
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("no device that is always full")

    said = shell(tmp_path, redirection, *words)

    assert said.code == code
    assert out in said.out
    assert bool(out) == bool(said.out)
    assert said.err.startswith(err)
    assert bool(err) == bool(said.err)


def test_a_store_takes_no_number_of_a_closed_stream(tmp_path: Path) -> None:
    """Else what is printed would be written into the database."""
    assert shell(tmp_path, "<&- >&- 2>&-", "import", RUN).code == 0

    assert len(shell(tmp_path, "", "runs", "--json").objects) == 1


def test_a_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    done = subprocess.run(
        ["sh", "-c", 'rmdir ../gone; "$@"; KNEEDRIVE_STORE=here.sqlite "$@"', "sh", PROGRAM, "import", "."],
        cwd=tmp_path / "gone",
        capture_output=True,
        text=True,
        env=home(tmp_path),
        check=False,
    )

    assert done.returncode == 2
    assert "No such file or directory" in done.stdout
    assert "needs a path from the root, since the present folder is gone" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_text_is_no_yes(tmp_path: Path) -> None:
    assert shell(tmp_path, "", "import", RUN).code == 0
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [PROGRAM, "purge", "--all"], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=home(tmp_path)
    ) as asking:
        os.close(theirs)
        time.sleep(0.1)
        os.write(ours, b"\xff\xfe\n")
        _, err = asking.communicate(timeout=60)
        os.close(ours)

    assert asking.returncode == 1
    assert b"Nothing was deleted." in err


def test_a_cohort_without_its_packages_leaves_nothing(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    said = here(capsys, "cohort", tmp_path, "--to", tmp_path / "out")

    assert said.code == 2
    assert "pip install 'kneedrive[lab]' brings it, in a clone pip install '.[lab]'" in said.err
    assert not (tmp_path / "out").exists()
