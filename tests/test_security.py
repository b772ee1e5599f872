"""Nothing is executed, nothing is left open, and text that comes from files stays text."""

import ast
import os
import re
import stat
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kneedrive import cli
from kneedrive.report import terminal
from kneedrive.simulate import simulate_demo
from kneedrive.simulate.gait import PATTERNS
from kneedrive.simulate.scene import Scene, simulate
from tests.conftest import ROOT
from tests.fit_activity import activity_fit
from tests.modules import SRC, culprits, nodes

LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXECUTES = {"eval", "exec", "compile", "__import__", "breakpoint"}
MODULES_THAT_EXECUTE = {
    "pickle",
    "cPickle",
    "marshal",
    "shelve",
    "dill",
    "subprocess",
    "pty",
    "ctypes",
    "code",
    "runpy",
}
FROM_OS = {"system", "popen", "execv", "execve", "execvp", "spawnl", "spawnv", "posix_spawn", "startfile"}
SGR = re.compile(r"\x1b\[[0-9;]*m")
RED = "\x1b[31m"
ESCAPE = f"\x1b]0;owned\x07\x1b[2J{RED}\x1b[1;35m\u202e\u2066"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f]")


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in nodes(path) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    """The dotted name of what is called, as it stands in the code."""
    return ast.unparse(call.func)


def executing(path: Path) -> set[str]:
    """What a module imports or calls that executes text or files."""
    imported = {
        alias.name.split(".")[0] for node in nodes(path) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {(node.module or "").split(".")[0] for node in nodes(path) if isinstance(node, ast.ImportFrom)}
    called = {name_of(call) for call in calls(path)}
    of_os = {name for name in called if name.startswith("os.") and name.split(".")[-1] in FROM_OS}
    return imported & MODULES_THAT_EXECUTE | called & EXECUTES | of_os


def test_nothing_is_evaluated_unpickled_or_given_to_a_shell() -> None:
    assert culprits(executing) == {}


GUARDS = {("shell", "True"), ("verify", "False"), ("allow_pickle", "True"), ("usedforsecurity", "False")}


def guards_off(path: Path) -> set[tuple[str, str]]:
    """The guards that calls of a module turn off."""
    given = (keyword for call in calls(path) for keyword in call.keywords if keyword.arg)
    return {(keyword.arg or "", ast.unparse(keyword.value)) for keyword in given} & GUARDS


def test_no_call_turns_a_guard_off() -> None:
    """shell=True, verify=False, allow_pickle=True: each would undo a promise by one word."""
    assert culprits(guards_off) == {}


STATEMENT = re.compile(r"f[\"'](SELECT|INSERT|UPDATE|DELETE|CREATE|DROP)\b")
OF_THE_SCHEMA = {"table", "names", "marks", "conflict"}  # names of tables and columns, question marks, a constant


@pytest.mark.parametrize("path", sorted((SRC / "store").glob("*.py")), ids=lambda path: path.name)
def test_values_never_become_part_of_an_sql_statement(path: Path) -> None:
    """Statements are constants; the few put together are made of names that the code itself holds."""
    built = [node for node in nodes(path) if isinstance(node, ast.JoinedStr)]
    put_in = {
        ast.unparse(part.value)
        for node in built
        if STATEMENT.match(ast.unparse(node))
        for part in node.values
        if isinstance(part, ast.FormattedValue)
    }

    assert put_in <= OF_THE_SCHEMA


def test_what_happens_to_a_row_that_is_there_is_a_constant() -> None:
    """It is put into the statement as it is."""
    held = nodes(SRC / "store" / "__init__.py")
    values: dict[str, list[ast.expr]] = {}
    for node in held:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values.setdefault(node.targets[0].id, []).append(node.value)
    inserts = (node for node in held if isinstance(node, ast.Call) and ast.unparse(node.func) == "self._insert")
    second = [node.args[1] for node in inserts if len(node.args) > 1]

    assert second
    assert all(isinstance(value, ast.Constant) for name in second for value in values[ast.unparse(name)])


@pytest.mark.parametrize("path", sorted((SRC / "sources").glob("*.py")), ids=lambda path: path.name)
def test_addresses_outside_this_machine_are_encrypted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    plain = set(re.findall(r"http://([\w.\-{}]+)", text))
    if re.search(r'^HOST\b.* = "127\.0\.0\.1"', text, re.MULTILINE):
        plain.discard("{HOST}")

    assert plain <= {"127.0.0.1", "localhost"}


def wanted() -> list[str]:
    """Every package that pyproject.toml names."""
    every = [*PROJECT["dependencies"], *(name for extra in PROJECT["optional-dependencies"].values() for name in extra)]
    return sorted({re.split(r"[<>=!~;\[ ]", name)[0].lower().replace("_", "-") for name in every})


PACKAGES = {package["name"]: package for package in LOCK["package"]}


@pytest.mark.parametrize("name", wanted())
def test_every_dependency_is_pinned_to_one_version(name: str) -> None:
    assert re.fullmatch(r"\d[\w.+!]*", PACKAGES[name]["version"])


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_everything_that_is_installed_comes_from_the_index_with_its_hash(name: str) -> None:
    package = PACKAGES[name]
    if name == PROJECT["name"]:
        assert package["source"] in ({"editable": "."}, {"virtual": "."})
        return
    files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]

    assert package["source"] == {"registry": "https://pypi.org/simple"}
    assert files
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]) for file in files)
    assert all(file["url"].startswith("https://files.pythonhosted.org/") for file in files)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own, made by somebody whose files are open to everybody."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NO_COLOR", "1")
    before = os.umask(0)
    yield tmp_path
    os.umask(before)


def hostile_file(folder: Path) -> Path:
    """A sound run whose device name would take over the terminal."""
    activity = simulate_demo()
    devices = [sensor.replace(product=ESCAPE + "x") for sensor in activity.sensors]
    made = activity.replace(device=activity.device.replace(product=ESCAPE), sensors=tuple(devices))
    path = folder / "run.fit"
    path.write_bytes(activity_fit(made))
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
def test_whatever_is_kept_is_readable_by_its_owner_alone(home: Path) -> None:
    assert cli.main(["import", str(hostile_file(home))]) == 0
    assert cli.main(["tag", "2026-11-01", "new shoes"]) == 0

    kept = [path for path in (home / "data").rglob("*") if home / "data" != path]
    folders = {path for path in kept if path.is_dir()}
    files = set(kept) - folders
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


@pytest.mark.parametrize("command", [["analyze"], ["analyze", "--explain"], ["analyze", "--json"], ["doctor"]])
def test_a_hostile_device_name_does_not_reach_the_terminal(
    command: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main([*command, str(hostile_file(home))])
    told = capsys.readouterr()

    assert CONTROL.findall(told.out + told.err) == []


@pytest.mark.parametrize("command", [["runs"], ["show", "last"], ["show", "last", "--sources"], ["report"], ["weekly"]])
def test_nor_by_way_of_the_store(command: list[str], home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["import", str(hostile_file(home))])
    cli.main(["tag", "2026-11-08", f"shoes {ESCAPE}"])
    cli.main(command)
    cli.main(["tags"])
    told = capsys.readouterr()

    assert CONTROL.findall(told.out + told.err) == []


def test_a_hostile_file_name_does_not_reach_the_terminal(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / f"{ESCAPE.replace('/', '')}.fit"
    path.write_bytes(b"no run")
    cli.main(["analyze", str(path)])
    cli.main(["import", str(path)])
    told = capsys.readouterr()

    assert CONTROL.findall(told.out + told.err) == []


def test_nor_where_the_output_is_coloured(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    run = hostile_file(home).rename(home / f"run{RED}.fit")
    noise = home / f"noise{RED}.fit"
    noise.write_bytes(b"no run")
    for command in ("analyze", "doctor"):
        cli.main([command, str(run), str(noise)])
        told = capsys.readouterr()

        assert "\x1b[1m" in told.out
        assert set(SGR.findall(told.out)) <= terminal.codes()
        assert CONTROL.findall(SGR.sub("", told.out)) == []
        assert CONTROL.findall(told.err) == []


def test_an_app_that_names_its_watch_in_colours_is_told_in_none(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The product of an exported Apple Watch workout is part of the reason why it is one."""
    activity = simulate(PATTERNS["neutral"], 1, scene=Scene(sensor="apple"))
    path = home / "apple.fit"
    path.write_bytes(activity_fit(activity.replace(device=activity.device.replace(product=f"Watch{ESCAPE}6,14"))))
    for command in (["doctor"], ["analyze", "--explain"]):
        cli.main([*command, str(path)])
        told = capsys.readouterr()

        assert "exports Apple Watch workouts (Watch" in " ".join(told.out.split())
        assert CONTROL.findall(told.out + told.err) == []


def test_a_hostile_argument_does_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["analyze", f"--x{ESCAPE}"], ["runs", "--limit", ESCAPE], [ESCAPE], ["analyze", ESCAPE]):
        with suppress(SystemExit):
            cli.main(command)
        told = capsys.readouterr()

        assert told.err
        assert CONTROL.findall(told.out + told.err) == []


@pytest.mark.parametrize("text", ["'); DROP TABLE tag; --", '" OR 1=1', "%s %(x)s {0} \\"])
def test_words_of_the_user_stay_words(text: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tag", "2026-11-01", text]) == 0
    assert cli.main(["runs", "--runner", text]) == 2
    capsys.readouterr()
    assert cli.main(["tags"]) == 0

    assert text in capsys.readouterr().out
