"""The README keeps its promises: its commands run, its output is real, its links lead somewhere."""

from __future__ import annotations

import contextlib
import io
import re

import pytest

from kneedrive.cli import parser
from tests.conftest import ROOT
from tests.readme import READING, README, blocks, decode_table, run

TEXT = README.read_text(encoding="utf-8")
SHOWN = [*blocks(TEXT), *blocks(READING.read_text(encoding="utf-8"))]
LINKS = sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)", TEXT)))
COMMANDS = sorted(next(action for action in parser()._actions if action.choices).choices or ())


@pytest.mark.parametrize(("command", "output"), SHOWN)
def test_a_command_prints_what_the_readme_shows(command: str, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    assert run(command) == output


def test_there_is_output_to_compare() -> None:
    assert any(output for _, output in blocks(TEXT))


def test_the_library_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (example,) = re.findall(r"```python\n(.+?)```", TEXT, flags=re.DOTALL)
    out = io.StringIO()

    with contextlib.redirect_stdout(out):
        exec(compile(example, "README.md", "exec"), {})

    assert "shuffle-like" in out.getvalue()


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_to_a_file(link: str) -> None:
    assert (ROOT / link).is_file()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_named(command: str) -> None:
    assert f"kneedrive {command}" in TEXT


@pytest.mark.parametrize("place", re.findall(r"`(tests/[\w/.]+)`", TEXT))
def test_a_proof_that_the_readme_names_exists(place: str) -> None:
    assert (ROOT / place).exists()


def test_the_decoding_table_is_that_of_the_benchmarks() -> None:
    assert decode_table() in TEXT


def test_both_commands_are_one_line_each() -> None:
    for kind in ("run", "test"):
        (block,) = re.findall(rf"<!-- {kind} command -->\n```sh\n(.+?)```", TEXT, flags=re.DOTALL)

        assert block.count("\n") == 1
        assert block.startswith("python3 -m venv .venv && ")
