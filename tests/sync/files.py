"""Files of a watch: fixtures moved to days of their own, since runs that start together are one."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from kneedrive.app.analyze import read
from tests.conftest import FIXTURES
from tests.fit_activity import activity_fit


@cache
def fit(label: str, day: int = 0) -> bytes:
    """The labelled fixture as it would be so many days later."""
    path = FIXTURES / "labels" / f"{label}.fit"
    (activity,) = read(path.read_bytes(), path.name)
    return activity_fit(activity.replace(started_at=activity.started_at + timedelta(days=day)))


DRIVE, PISTON, SHUFFLE = fit("drive"), fit("piston", 1), fit("shuffle", 2)
