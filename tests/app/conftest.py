"""Every command in these tests has a home of its own."""

from pathlib import Path

import pytest

from tests.app.shelf import Shelf


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "COLUMNS", "KNEEDRIVE_CONFIG", "KNEEDRIVE_UNITS", "KNEEDRIVE_STORE", "KNEEDRIVE_RUNNER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("KNEEDRIVE_ZONE", "UTC")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A folder of made recordings, empty at first."""
    return Shelf(tmp_path / "shelf")
