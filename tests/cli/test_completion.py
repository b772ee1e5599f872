"""The completion scripts are good shell, and complete."""

import shutil
import subprocess
from pathlib import Path

import pytest
import shtab

from kneedrive.cli.run import SHELLS
from tests.cli.calling import Capture, here

# What bash does when a user presses the tab key after these words.
PRESS_TAB = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
function_of=$(complete -p kneedrive | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
"$function_of"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(shell: str, folder: Path, capsys: Capture) -> Path:
    """The script of a shell, as a file."""
    said = here(capsys, "completion", shell)
    assert (said.code, said.err) == (0, "")
    file = folder / f"completion.{shell}"
    file.write_text(said.out, encoding="utf-8")
    return file


# How each shell reads a script; those without a way to read only run it, which does no more than define completions.
PARSE = "$e = $null; [void][Management.Automation.Language.Parser]::ParseFile($args[0], [ref]$null, [ref]$e); $e"
READ = {
    "bash": ("bash", "-n"),
    "zsh": ("zsh", "-n"),
    "fish": ("fish", "--no-config", "--no-execute"),
    "tcsh": ("tcsh", "-f"),
    "powershell": ("pwsh", "-NoProfile", "-Command", PARSE),
}
FISH = ("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]")


def test_every_shell_that_is_offered_is_tried() -> None:
    assert set(READ) == set(SHELLS) <= set(shtab.SUPPORTED_SHELLS)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_can_read_its_script(shell: str, tmp_path: Path, capsys: Capture) -> None:
    file = script(shell, tmp_path, capsys)
    if not shutil.which(READ[shell][0]):
        pytest.skip(f"{READ[shell][0]} is not installed")

    done = subprocess.run([*READ[shell], file], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_knows_every_shell_and_command(shell: str, tmp_path: Path, capsys: Capture) -> None:
    text = script(shell, tmp_path, capsys).read_text(encoding="utf-8")

    assert all(word in text for word in ("analyze", "doctor", "completion", "speed-calibrated"))


pressing_tab = pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("kneedrive", "ana"), {"analyze"}),
        (("kneedrive", "do"), {"doctor"}),
        (("kneedrive", "analyze", "--spe"), {"--speed-calibrated"}),
        (("kneedrive", "analyze", "--dynamics", ""), {"native", "stryd", "runscribe"}),
        (("kneedrive", "analyze", "my-"), {"my-run.fit"}),
        (("kneedrive", "config", ""), {"show", "path"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pressing_tab
def test_bash_completes(words: tuple[str, ...], offered: set[str], tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "my-run.fit").touch()
    file = script("bash", tmp_path, capsys)
    done = subprocess.run(
        ["bash", "-c", PRESS_TAB, "bash", file, *words], capture_output=True, text=True, cwd=tmp_path, check=True
    )

    assert {word.strip() for word in done.stdout.splitlines()} - {""} >= offered
    assert "analyze" not in done.stdout or words[-1] == "ana"


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
@pressing_tab
def test_fish_completes(words: tuple[str, ...], offered: set[str], tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "my-run.fit").touch()
    file = script("fish", tmp_path, capsys)
    done = subprocess.run([*FISH, file, " ".join(words)], capture_output=True, text=True, cwd=tmp_path, check=True)

    assert {line.partition("\t")[0] for line in done.stdout.splitlines()} >= offered


@pytest.mark.skipif(not shutil.which("pwsh"), reason="pwsh is not installed")
@pressing_tab
def test_powershell_completes(words: tuple[str, ...], offered: set[str], tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "my-run.fit").touch()
    file = script("powershell", tmp_path, capsys).rename(tmp_path / "completion.ps1")
    typed = " ".join(words)
    tab = f". '{file}'; (TabExpansion2 '{typed}' {len(typed)}).CompletionMatches.CompletionText"
    done = subprocess.run(
        ["pwsh", "-NoProfile", "-Command", tab], capture_output=True, text=True, cwd=tmp_path, check=True
    )

    assert {Path(line).name for line in done.stdout.splitlines()} >= offered
