"""The command line explains itself."""

import argparse
import sys

import pytest

from kneedrive.cli import parser
from tests.cli.calling import RUN, Capture, here
from tests.conftest import ROOT
from tests.make_commands import PAGE, PYTHON, commands, page

COMMANDS = list(commands(parser()))
LEAVES = [command for command in COMMANDS if command.get_default("command")]
NAMES = sorted({command.prog.split()[1] for command in COMMANDS if command.prog != "kneedrive"})


def prog(command: argparse.ArgumentParser) -> str:
    return command.prog


def test_kneedrive_alone_says_what_to_do_next(capsys: Capture) -> None:
    said = here(capsys)

    assert (said.code, said.err) == (0, "")
    uses = ("kneedrive analyze", "kneedrive import", "kneedrive sync", "kneedrive demo", "kneedrive --help")
    assert all(word in said.out for word in uses)
    assert "there are no runs yet" in said.out
    here(capsys, "import", RUN)
    assert "1 run of the runner without a name, until" in here(capsys).out


@pytest.mark.parametrize("command", COMMANDS, ids=prog)
def test_every_option_has_its_words(command: argparse.ArgumentParser) -> None:
    silent = [
        action.option_strings or action.dest
        for action in command._actions
        if not isinstance(action, argparse._SubParsersAction) and len((action.help or "").split()) < 2
    ]

    assert silent == []


@pytest.mark.parametrize("command", COMMANDS, ids=prog)
def test_every_command_prints_its_help(command: argparse.ArgumentParser, capsys: Capture) -> None:
    said = here(capsys, *command.prog.split()[1:], "--help")

    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"usage: {command.prog} ")


@pytest.mark.parametrize("command", COMMANDS, ids=prog)
def test_no_line_of_help_is_wider_than_80(command: argparse.ArgumentParser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    assert [line for line in command.format_help().splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("anlyze RUN", "there is no command 'anlyze': did you mean analyze?"),
        ("analyse RUN", "there is no command 'analyse': did you mean analyze?"),
        ("imports RUN", "there is no command 'imports': did you mean import?"),
        ("frobnicate RUN", "there is no command 'frobnicate': kneedrive --help lists what there is"),
        ("analyze --heigth 1.78 RUN", "kneedrive analyze has no option --heigth: did you mean --height?"),
        ("weekly --weks=8", "kneedrive weekly has no option --weks: did you mean --weeks?"),
        ("show --zzz", "kneedrive show has no option --zzz: kneedrive show --help lists what there is"),
        ("auth stravva", "kneedrive auth has no part 'stravva': did you mean strava?"),
        ("--weeks=3 weekly", "--weeks stands behind the command: kneedrive COMMAND --weeks"),
        ("--vresion", "kneedrive has no option --vresion: did you mean --version?"),
    ],
)
def test_what_was_mistyped_is_told_what_was_meant(typed: str, told: str, capsys: Capture) -> None:
    said = here(capsys, *typed.split())

    assert (said.code, said.out, said.err) == (2, "", f"kneedrive: {told}\n")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("analyze", "the following arguments are required: FILE; kneedrive analyze --help tells more"),
        ("analyze RUN --width 50", "--width: must be a whole number from 60 to 200, not '50'"),
        ("tag tomorrow x", "DATE: 'tomorrow' is no date: write 2026-11-20, today or yesterday"),
        ("purge", "the following arguments are required: --all"),
        ("report --weeks 0", "--weeks: must be a whole number of weeks from 1 to 2000, not '0'"),
        ("sync garmn", "there is no source 'garmn': did you mean garmin?"),
        ("drills single-leg-sqat", "no exercise is called 'single-leg-sqat': did you mean single-leg-squat?"),
    ],
)
def test_wrong_use_is_a_sentence(typed: str, told: str, capsys: Capture) -> None:
    said = here(capsys, *typed.split())

    assert said.code in (2, 3)
    assert said.err.startswith(f"kneedrive: {told}")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("typed", ["analyze --jso RUN", "analyze --json -- --zzz", "--debug analyze --width=80 RUN"])
def test_what_argparse_understands_is_not_refused(typed: str, capsys: Capture) -> None:
    assert "--help lists" not in here(capsys, *typed.replace("RUN", str(RUN)).split()).err


def test_a_word_that_is_no_command_is_an_object_for_programs(capsys: Capture) -> None:
    said = here(capsys, "anlyze", RUN, "--json")

    assert said.code == 2
    assert said.objects[0]["error"]["code"] == "config"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_named_on_a_page(name: str) -> None:
    pages = PAGE.read_text(encoding="utf-8") + (ROOT / "README.md").read_text(encoding="utf-8")

    assert f"kneedrive {name}" in pages


@pytest.mark.skipif(not sys.version.startswith(PYTHON), reason=f"the page has the words of Python {PYTHON}'s argparse")
def test_the_page_of_commands_is_current() -> None:
    assert page() == PAGE.read_text(encoding="utf-8"), "run python -m tests.make_commands"
