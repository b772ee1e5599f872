"""The household, the fakes, and a net that catches any request that would leave this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.garmin import FakeGarmin, summaries
from tests.fakes.intervals import FakeIntervals, entries
from tests.fakes.server import Clock
from tests.fakes.strava import FakeStrava, runs
from tests.sources.conftest import _stay_on_loopback, clock
from tests.sync.household import Household

__all__ = ["_stay_on_loopback", "clock"]


@pytest.fixture(autouse=True)
def _in_no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between tries, and services may be asked as fast as they answer."""
    monkeypatch.setattr("kneedrive.sources.http.Http.backoff_s", 0.0)
    monkeypatch.setattr("kneedrive.sources.intervals.INTERVAL_S", 0.0)
    monkeypatch.setattr("kneedrive.sources.garmin.INTERVAL_S", 0.0)


@pytest.fixture
def home(tmp_path: Path) -> Household:
    """An empty household."""
    return Household(tmp_path)


@pytest.fixture
def strava(clock: Clock) -> Iterator[FakeStrava]:
    """Strava with five runs."""
    with FakeStrava(runs(5), clock) as fake:
        yield fake


@pytest.fixture
def runner(home: Household, strava: FakeStrava) -> Household:
    """A household that is logged in to Strava."""
    home.with_strava(strava).log_in(strava)
    return home


@pytest.fixture
def garmin(clock: Clock) -> Iterator[FakeGarmin]:
    """Garmin with three runs; the test gives them files."""
    with FakeGarmin(summaries(3), {}, clock) as fake:
        yield fake


@pytest.fixture
def intervals(clock: Clock) -> Iterator[FakeIntervals]:
    """intervals.icu with three entries; the test gives them files."""
    with FakeIntervals(entries(3), {}, clock) as fake:
        yield fake
