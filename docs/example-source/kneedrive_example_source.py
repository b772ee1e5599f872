"""Runs from a folder, as a source of another package: what is least and works."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kneedrive.errors import Unreachable
from kneedrive.sources.plan import Context, Fetched, Listed


class Example:
    """A source: it lists what there is, and hands out the bytes of one."""

    name = "example"
    lookback = timedelta(days=30)  # how far before the last sync its list is read again

    def __init__(self, folder: Path, context: Context) -> None:
        self._folder = folder
        self._clock = context.clock

    def listing(self, since: datetime | None) -> Iterator[Listed]:
        """Every run that began at or after `since`; None asks for all."""
        if not self._folder.is_dir():
            raise Unreachable(f"{self._folder} is not there: plug it in and try again")
        for file in sorted(self._folder.glob("*.fit")):
            seen = file.stat()
            began = datetime.fromtimestamp(seen.st_mtime, UTC)
            if since is None or began >= since:
                version = f"{seen.st_size}-{seen.st_mtime_ns}"  # another one is fetched again
                yield Listed(id=file.name, version=version, started_at=began, sport="running")

    def fetch(self, item: Listed) -> Fetched | None:
        """The file as it is; None where it is gone."""
        file = self._folder / item.id
        if not file.exists():
            return None
        return Fetched(
            source=self.name,
            id=item.id,
            version=item.version,
            format="fit",
            name=item.id,
            body=file.read_bytes(),
            fetched_at=self._clock(),
        )


def connect(context: Context) -> Example | None:
    """The source; None where it is not set up, so that a sync of everything passes it over."""
    folder = os.environ.get("EXAMPLE_RUNS")
    return Example(Path(folder), context) if folder else None
