"""What a command loads: nothing of the network unless it asks the network."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import FIXTURES, ROOT
from tests.sync.household import Household

NETWORK = ("requests", "urllib3", "http.client", "http.server", "ssl", "socket", "kneedrive.sources")
PROBE = "import sys\nfrom kneedrive.cli import main\nmain()\nprint(*sorted(sys.modules), file=sys.stderr)\n"


def loaded(home: Household, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=ROOT,
        env=home.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments", [("analyze", str(FIXTURES / "labels" / "drive.fit")), ("demo",), ("drills",), ("config", "path")]
)
def test_a_command_that_asks_nobody_loads_no_network(home: Household, arguments: tuple[str, ...]) -> None:
    modules = loaded(home, *arguments)

    assert modules.isdisjoint(NETWORK), modules & set(NETWORK)


def test_a_sync_of_folders_loads_no_client_of_the_network(home: Household) -> None:
    folder = home.folder / "watch"
    folder.mkdir()

    modules = loaded(home.with_folders(folder), "sync")

    assert modules.isdisjoint(("requests", "urllib3"))
