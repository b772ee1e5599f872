"""When the next request may be made: Strava's windows, read from its headers, and a gentle rate for intervals.icu."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from kneedrive.value import Value

QUARTER = timedelta(minutes=15)
MARGIN = timedelta(seconds=2)  # clocks differ; a request too early counts for the day all the same
PAIRS = (("X-RateLimit-Limit", "X-RateLimit-Usage"), ("X-ReadRateLimit-Limit", "X-ReadRateLimit-Usage"))


class Window(Value):
    """How many requests a window allows and how many are used; the windows are 15 minutes and one day."""

    limit: int
    used: int

    @property
    def full(self) -> bool:
        """Whether the next request would be refused."""
        return self.used >= self.limit


class Usage(Value):
    """What the last answer said, overall and for reading: the strictest of both counts."""

    seen_at: datetime
    quarter: tuple[Window, ...] = ()
    day: tuple[Window, ...] = ()


def usage(headers: Mapping[str, str], now: datetime) -> Usage | None:
    """The windows that these headers tell, None where they tell none that can be read."""
    pairs = [_pair(headers.get(limit, ""), headers.get(used, "")) for limit, used in PAIRS]
    told = [pair for pair in pairs if pair]
    if not told:
        return None
    return Usage(seen_at=now, quarter=tuple(pair[0] for pair in told), day=tuple(pair[1] for pair in told))


def _pair(limits: str, used: str) -> tuple[Window, Window] | None:
    try:
        (short, day), (short_used, day_used) = (map(int, text.split(",")) for text in (limits, used))
    except ValueError:
        return None
    return Window(limit=short, used=short_used), Window(limit=day, used=day_used)


def next_quarter(now: datetime) -> datetime:
    """The next :00, :15, :30 or :45, in UTC."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour + QUARTER * ((now.astimezone(UTC) - hour) // QUARTER + 1)


def next_midnight(now: datetime) -> datetime:
    """The next midnight in UTC, when the day's count begins anew."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def open_at(seen: Usage | None, now: datetime) -> datetime | None:
    """When the next request may go out, None for at once. A window that has passed since counts as empty."""
    if seen is None:
        return None
    ends = [next_midnight(seen.seen_at)] if any(window.full for window in seen.day) else []
    ends += [next_quarter(seen.seen_at)] if any(window.full for window in seen.quarter) else []
    return max((end + MARGIN for end in ends if end + MARGIN > now), default=None)


def after_refusal(seen: Usage | None, now: datetime) -> datetime:
    """When to come back after HTTP 429: at the window that is full; the next quarter where none says so."""
    return open_at(seen, now) or next_quarter(now) + MARGIN


class Throttle:
    """At most one request per `interval_s`, by a monotonic clock and a sleep that can be replaced."""

    def __init__(self, interval_s: float, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._interval_s = interval_s
        self._clock = clock
        self._sleep = sleep
        self._next_s = clock()

    def wait(self) -> None:
        """Return when the next request may go out."""
        early_s = self._next_s - self._clock()
        if early_s > 0:
            self._sleep(early_s)
        self._next_s = max(self._clock(), self._next_s) + self._interval_s
