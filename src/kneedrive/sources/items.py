"""What a source lists and what it fetches: values that the use cases pass on to the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from kneedrive.value import Value


class Listed(Value):
    """One activity as a source announces it.

    id: the source's own, as text (they pass 32 bits). version: changes when the content does. started_at: aware UTC,
    None where the source does not say. sport: FIT word. skip: why it is not worth fetching, "" where it is.
    summary: what the source said, for `fetch`; never stored as it is.
    """

    id: str
    version: str
    started_at: datetime | None
    sport: str
    skip: str = ""
    summary: Mapping[str, Any] = {}


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
    """A service that lists activities and hands out their bytes."""

    name: str

    def listing(self, since: datetime | None) -> Iterator[Listed]:
        """Every activity that started at or after `since` (None: all of them), in any order."""
        ...

    def fetch(self, item: Listed) -> Fetched | None:
        """The bytes of one activity; None where the source has it no longer."""
        ...


def moment(text: Any) -> datetime | None:
    """A start as services write it, aware UTC; without an offset taken as UTC, which is good enough to sort by.

    None where it is no moment.
    """
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
