"""What a source lists and what it fetches: values that the use cases pass on to the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from kneedrive.value import Value

# What is dated outside was not recorded by a watch: its date is taken for unknown.
EARLIEST, LATEST = datetime(1989, 12, 31, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
NO_ID = "has no id in the service's list, so it cannot be asked for"
ID_LENGTH = 64


class Listed(Value):
    """One activity as a source announces it.

    id: the source's own, as text (they pass 32 bits). version: changes when the content does. started_at: aware UTC,
    None where the source does not say. sport: FIT word. skip: why it is not worth fetching, "" where it is.
    summary: what the source said, for `fetch`; never stored as it is. complete: `summary` is all there is, so that
    `fetch` asks nobody and proves nothing about the service.
    """

    id: str
    version: str
    started_at: datetime | None
    sport: str
    skip: str = ""
    summary: Mapping[str, Any] = {}
    complete: bool = False


class Fetched(Value):
    """The bytes of one activity. expires_at: when `body` must be gone again; None: it is the runner's own file."""

    source: str
    id: str
    version: str
    format: str
    name: str
    body: bytes
    fetched_at: datetime
    expires_at: datetime | None = None


class Source(Protocol):
    """A service that lists activities and hands out their bytes.

    lookback: how far before the last sync its list is read again, for what was uploaded late: as far as it is cheap.
    """

    name: str
    lookback: timedelta

    def listing(self, since: datetime | None) -> Iterator[Listed]:
        """Every activity that started at or after `since` (None: all of them), in any order."""
        ...

    def fetch(self, item: Listed) -> Fetched | None:
        """The bytes of one activity; None where the source has it no longer.

        Raises Withheld for what concerns this activity alone, and other SourceErrors for what may concern them all.
        """
        ...


def moment(text: Any) -> datetime | None:
    """A start as services write it, aware UTC; without an offset taken as UTC, which is good enough to sort by.

    None where it is no moment, or none that a watch can have recorded.
    """
    try:
        found = datetime.fromisoformat(text)
        utc = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):  # the first hours of the year 1 lie before it in UTC
        return None
    return utc if EARLIEST <= utc < LATEST else None


def identified(entry: Any) -> bool:
    """Whether an entry of a service's list is an object with an id that can be asked for and stored."""
    name = entry.get("id") if isinstance(entry, dict) else None
    if isinstance(name, bool) or not isinstance(name, int | str):
        return False
    text = str(name)
    return text.isascii() and text.isprintable() and 0 < len(text) <= ID_LENGTH


def unidentified() -> Listed:
    """What stands in a list for an entry without an id: it is told, and does not keep the others from being read."""
    return Listed(id="", version="", started_at=None, sport="", skip=NO_ID)
