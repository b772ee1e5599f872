"""Killed at any moment: at most the recording in hand is lost, and the next run ends in the same store."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "least"),
    [
        pytest.param("statements", 100, id="an import before each of its statements"),
        pytest.param("moments", 10, id="an import at fifty random moments"),
        pytest.param("changes", 20, id="split and forget and purge before each of their statements"),
        pytest.param("upgrade", 100, id="an upgrade before each of its statements"),
    ],
)
def test_a_kill_changes_nothing_in_the_end(tmp_path: Path, kind: str, least: int) -> None:
    command = [sys.executable, "-m", "tests.crash.killing", str(tmp_path), kind]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["different"] == []
    assert said["killed"] >= least


@pytest.mark.slow
def test_the_import_command_killed_at_fifty_moments_ends_in_the_same_store(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.crash.importing", str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["rounds"], said["different"]) == (50, [])
    assert said["killed"] >= 35
    assert said["begun"] >= 3
