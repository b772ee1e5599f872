"""Windows and macOS, as far as they can be had here: the modules that only Unix has are hidden."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.conftest import ROOT
from tests.fakes.strava import FakeStrava, runs
from tests.sync.files import DRIVE
from tests.sync.household import Household, Said

# As another system would have it: no module of Unix, and folders that cannot be opened.
ELSEWHERE = """\
import os, sys
for name in ("fcntl", "grp", "pwd", "resource", "syslog", "termios", "tty"):
    sys.modules[name] = None
real = os.open
def opened(path, *more, **named):
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied")
    return real(path, *more, **named)
os.open = opened
import warnings
warnings.filterwarnings("ignore", "only soft file lock")
from kneedrive.cli import main
sys.exit(main())
"""


def now() -> datetime:
    return datetime.now(UTC)


def elsewhere(home: Household, *arguments: str) -> Said:
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *arguments],
        cwd=ROOT,
        env=home.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def today() -> Iterator[FakeStrava]:
    with FakeStrava(runs(2), now) as fake:
        yield fake


def test_a_sync_of_folders_and_the_state_of_logins(home: Household) -> None:
    folder = home.folder / "watch"
    folder.mkdir()
    (folder / "1.fit").write_bytes(DRIVE)
    home.with_folders(folder)

    synced, status = elsewhere(home, "sync", "--json"), elsewhere(home, "auth", "status")

    assert (synced.code, synced.json["new"]) == (0, 1)
    assert (status.code, status.err) == (0, "")
    assert elsewhere(home, "auth", "logout", "--yes").code == 4  # there is no login


def test_a_sync_that_renews_its_login_and_a_logout(home: Household, today: FakeStrava) -> None:
    home.with_strava(today).log_in(today)
    (home.token_file.parent / "strava-token.json.lock").unlink()  # of another kind
    home.token_file.write_text(home.token_file.read_text().replace('"expires_at":', '"expires_at":1,"before":'))

    synced, out = elsewhere(home, "sync", "--json"), elsewhere(home, "auth", "logout", "--yes")

    assert (synced.code, synced.json["new"]) == (0, 2)
    assert len(today.asked("/oauth/token")) == 2  # the login, and a renewal
    assert (out.code, home.token_file.exists(), today.revoked) == (0, False, True)
