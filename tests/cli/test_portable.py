"""What only Unix has is not needed: the commands run where modules and functions of it are hidden."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kneedrive.app.importing import FEW
from tests.app.shelf import Shelf
from tests.cli.calling import RUN, home

# Of what Windows lacks, what a program is tempted to use. (The standard library itself does without them there.)
HIDDEN = ("fcntl", "grp", "pwd", "resource", "termios")
ABSENT = ("os.fchmod", "os.chown", "os.getuid", "os.geteuid", "os.sched_getaffinity", "signal.pthread_sigmask")
SCRIPT = """
import contextlib, io, json, os, signal, sys
hidden, absent, commands = json.load(sys.stdin)
for name in hidden:
    sys.modules[name] = None
for name in absent:
    module, _, function = name.partition(".")
    delattr(sys.modules[module], function)
from kneedrive.cli import main
for words in commands:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as end:
            code = end.code
    print(json.dumps([words[0], code, out.getvalue(), err.getvalue()]))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    """Code, output and trouble of each command, all run by one process."""
    folder = tmp_path_factory.mktemp("windows")
    shelf = Shelf(folder / "shelf")
    shelf.runs(FEW + 2, minutes=2)
    commands = [
        ["analyze", str(RUN)],
        ["doctor", str(RUN)],
        ["demo", "--weekly"],
        ["import", "--json", str(shelf.folder)],
        ["sync", "--json", "folder"],
        ["auth", "status"],
        ["runs", "--json"],
        ["tag", "2026-03-05", "x"],
        ["tags"],
        ["show", "last"],
        ["weekly", "--until", "2026-03-31"],
        ["compare"],
        ["report", "--html", "-o", str(folder / "page.html")],
        ["advise"],
        ["rebuild"],
        ["backup", str(folder / "copy.sqlite")],
        ["export", "--to", str(folder / "csv")],
        ["forget", "last", "--yes"],
        ["config", "show"],
        ["completion", "powershell"],
        ["purge", "--all", "--yes"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps([HIDDEN, ABSENT, commands]),
        env=home(folder) | {"KNEEDRIVE_FOLDERS": str(shelf.folder), "PYTHONWARNINGS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: (code, out, err) for name, code, out, err in map(json.loads, done.stdout.splitlines())}


def test_every_command_does_its_work(answers: dict[str, tuple[int, str, str]]) -> None:
    codes = {name: code for name, (code, _, _) in answers.items()}

    assert codes == dict.fromkeys(codes, 0) | {"compare": 3, "show": 3, "weekly": 0}
    assert len(codes) == 21


def test_what_was_imported_is_there_and_a_sync_finds_it(answers: dict[str, tuple[int, str, str]]) -> None:
    assert json.loads(answers["import"][1])["added"] == FEW + 2
    assert json.loads(answers["sync"][1])["already_there"] == FEW + 2
    assert len(answers["runs"][1].splitlines()) == FEW + 2


def test_the_status_of_sources_is_told(answers: dict[str, tuple[int, str, str]]) -> None:
    code, out, _ = answers["auth"]

    assert code == 0
    assert "not logged in" in out


@pytest.mark.parametrize("name", HIDDEN)
def test_the_hiding_works(name: str) -> None:
    script = SCRIPT.split("from kneedrive", maxsplit=1)[0] + f"import {name}"
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps([HIDDEN, ABSENT, []]),
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"ModuleNotFoundError: import of {name} halted" in done.stderr


def test_names_of_this_system_stay_out_of_the_code() -> None:
    """Paths with a fixed root, such as /tmp, would be somewhere else on Windows."""
    source = Path(__file__).parents[2] / "src"
    fixed = [
        (path.name, word)
        for path in source.rglob("*.py")
        for word in ('"/tmp', '"/dev', '"/proc', '"/etc', '"/usr', '"/var')
        if word in path.read_text(encoding="utf-8")
    ]

    assert fixed == []
