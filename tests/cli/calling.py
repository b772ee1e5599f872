"""The command as users run it: in a process of its own, or in this one where only its answer matters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kneedrive.cli import main
from tests.conftest import FIXTURES

PROGRAM = str(Path(sys.executable).with_name("kneedrive"))
RUN = FIXTURES / "labels" / "drive.fit"
OTHER_RUN = FIXTURES / "labels" / "shuffle.fit"
WALK = FIXTURES / "gates" / "a-walk.fit"
BROKEN = FIXTURES / "malformed" / "text.fit"
SETTINGS = FIXTURES / "malformed" / "not-an-activity-settings.fit"
MULTISPORT = FIXTURES / "formats" / "multisport.fit"
Capture = pytest.CaptureFixture[str]


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The JSON objects on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def home(folder: Path) -> dict[str, str]:
    """An environment whose configuration and data lie in this folder, and which says nothing about colours."""
    unwanted = ("NO_COLOR", "COLUMNS", "TERM", "KNEEDRIVE_CONFIG")
    kept = {key: value for key, value in os.environ.items() if key not in unwanted}
    return kept | {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "data"),
        "TERM": "xterm-256color",
        "PYTHONWARNINGS": "error",
    }


def process(folder: Path, *words: str | Path, stdin: bytes = b"", **environment: str) -> Said:
    """Run the command in a process of its own."""
    command = [PROGRAM, *map(str, words)]
    done = subprocess.run(
        command, input=stdin, capture_output=True, env=home(folder) | environment, timeout=120, check=False
    )
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


def here(capture: Capture, *words: str | Path) -> Said:
    """Run the command in this process, with the environment as it is."""
    try:
        code = main([str(word) for word in words])
    except SystemExit as end:
        code = int(end.code or 0)
    return Said(code, *capture.readouterr())
