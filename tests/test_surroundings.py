"""What every test may rely on, whoever runs it and wherever."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import settings

from tests.surroundings import as_anybody, settle


def test_modes_of_files_bind_root_too(tmp_path: Path) -> None:
    closed, folder = tmp_path / "closed", tmp_path / "folder"
    closed.touch(mode=0)
    folder.mkdir(mode=0o500)

    with as_anybody():
        with pytest.raises(PermissionError):
            closed.read_bytes()
        with pytest.raises(PermissionError):
            (folder / "new").touch()

    assert os.geteuid() != 0 or closed.read_bytes() == b""


def test_the_environment_of_the_user_is_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = ("COLUMNS", "NO_COLOR", "LC_ALL", "XDG_CONFIG_HOME", "KNEEDRIVE_UNITS", "STRAVA_CLIENT_ID", "https_proxy")
    for name in (*foreign, "TZ", "LANG", "TERM", "HOME"):
        monkeypatch.setenv(name, "foreign")

    settle(tmp_path)

    assert not set(foreign) & set(os.environ)
    assert "foreign" not in os.environ.values()
    assert Path.home() == tmp_path
    assert time.localtime(0).tm_hour == 0


def test_generated_input_is_the_same_and_has_no_time_limit() -> None:
    found = settings()

    assert (found.deadline, found.database, found.derandomize) == (None, None, True)
