"""Every command in these tests has a home of its own."""

from collections.abc import Iterator
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


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of a Dask cluster in this process: a scheduler and one worker."""
    distributed = pytest.importorskip("distributed", reason="kneedrive[cluster] is not installed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, protocol="inproc"
    ) as local:
        yield local.scheduler_address
