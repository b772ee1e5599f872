"""The fake services as fixtures, and a net that catches any request that would leave this machine."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.garmin import FakeGarmin, summaries, zipped
from tests.fakes.intervals import FakeIntervals, entries
from tests.fakes.server import Clock
from tests.fakes.strava import FakeStrava, runs

FIT = b"\x0e\x10\x43\x08\x00\x00\x00\x00.FIT\x00\x00"


@pytest.fixture(autouse=True)
def _stay_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of a source may reach the network."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        assert address[0] in ("127.0.0.1", "::1"), f"a test tried to leave the machine: {address}"
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def clock() -> Clock:
    """A clock that stands until told."""
    return Clock()


@pytest.fixture
def fake_strava(clock: Clock) -> Iterator[FakeStrava]:
    """Strava with five runs."""
    with FakeStrava(runs(5), clock) as fake:
        yield fake


@pytest.fixture
def fake_garmin(clock: Clock) -> Iterator[FakeGarmin]:
    """Garmin with five runs, each in a zip of its own."""
    listed = summaries(5)
    files = {str(entry["activityId"]): zipped(f"{entry['activityId']}_ACTIVITY.fit", FIT) for entry in listed}
    with FakeGarmin(listed, files, clock) as fake:
        yield fake


@pytest.fixture
def fake_intervals(clock: Clock) -> Iterator[FakeIntervals]:
    """intervals.icu with five runs, each with a file of its own."""
    listed = entries(5)
    files = {entry["id"]: FIT + entry["id"].encode() for entry in listed}
    with FakeIntervals(listed, files, clock) as fake:
        yield fake
