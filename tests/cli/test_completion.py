"""The completion scripts are good shell, and complete."""

import shutil
import subprocess
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_shell_can_read_its_script(shell: str, tmp_path: Path, capsys: Capture) -> None:
    file = script(shell, tmp_path, capsys)
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")

    done = subprocess.run([shell, "-n", file], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_a_script_knows_every_shell_and_command(shell: str, tmp_path: Path, capsys: Capture) -> None:
    text = script(shell, tmp_path, capsys).read_text(encoding="utf-8")

    assert all(word in text for word in ("analyze", "doctor", "completion", "speed-calibrated"))


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
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
def test_bash_completes(words: tuple[str, ...], offered: set[str], tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "my-run.fit").touch()
    file = script("bash", tmp_path, capsys)
    done = subprocess.run(
        ["bash", "-c", PRESS_TAB, "bash", file, *words], capture_output=True, text=True, cwd=tmp_path, check=True
    )

    assert {word.strip() for word in done.stdout.splitlines()} - {""} >= offered
    assert "analyze" not in done.stdout or words[-1] == "ana"
