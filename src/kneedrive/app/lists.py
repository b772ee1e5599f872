"""Lists from the store as text, JSON lines or CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from kneedrive.app import Answer
from kneedrive.app.library import kept, opened
from kneedrive.app.settings import local_day, zone_of
from kneedrive.errors import NotEnoughData
from kneedrive.report import library as words
from kneedrive.report.cells import cell
from kneedrive.store import Store

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.report.style import Style
    from kneedrive.store import RunRow, Tag


def runs(settings: Config, since: date | datetime | None, form: str, style: Style) -> Answer:
    """The stored runs, oldest first. since: a local day, or a moment. form: text, json (an object a line) or csv."""
    with opened(settings) as store:
        rows = _runs(store, settings, since)
    if not rows and form == "text":
        message = "no runs in that time" if since else "no runs yet: kneedrive import FILE or FOLDER takes some in"
        raise NotEnoughData(message)
    if form == "json":
        from kneedrive.app.machine import line

        return Answer(text="\n".join(line(words.run_record(row)) for row in rows))
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(words.CSV_COLUMNS)
        for row in map(words.run_record, rows):
            writer.writerow([cell(row[key]) for key in words.CSV_COLUMNS])
        return Answer(text=out.getvalue().rstrip("\n"))
    return Answer(text=words.runs(rows, style).rstrip("\n"))


def _runs(store: Store, settings: Config, since: date | datetime | None) -> list[RunRow]:
    if since is None or isinstance(since, datetime):
        return store.runs(since=since)
    zone = zone_of(settings)
    near = store.runs(since=datetime.combine(since, time(), UTC) - timedelta(days=1))
    return [row for row in near if local_day(row.started_at, row.utc_offset_s, zone) >= since]


def tag(settings: Config, day: date, text: str, *, remove: bool) -> Answer:
    """Set a tag, or take it back: the only one of the day needs no text. Raises NotEnoughData where there is none."""
    with opened(settings, create=True) as store:
        if not remove:
            store.tag(day, text)
            return Answer(text=f"Tagged {day}: {text}. kneedrive compare --tag {day} shows what changed since.")
        meant = text or only_tag(store, day)
        if not store.untag(day, meant):
            message = f"there is no tag {meant!r} on {day}; kneedrive tags lists them"
            raise NotEnoughData(message)
    return Answer(text=f"Took back {day}: {meant}.")


def only_tag(store: Store, day: date) -> str:
    """The text of the only tag of a day. Raises NotEnoughData where there is none, or more than one."""
    found = [each.text for each in store.tags() if each.day == day.isoformat()]
    if len(found) == 1:
        return found[0]
    message = f"there is no tag on {day}; kneedrive tags lists them"
    if found:
        message = f"{day} has {len(found)} tags ({', '.join(map(repr, found))}): say which of them to take back"
    raise NotEnoughData(message)


def tags(settings: Config, style: Style, *, json: bool) -> Answer:
    """All tags by day."""
    rows: list[Tag] = []
    if Store.is_there(settings["paths.store"]):
        with kept(settings) as store:
            rows = store.tags()
    if json:
        from kneedrive.app.machine import line

        return Answer(text="\n".join(line({"schema_version": 1, "day": row.day, "text": row.text}) for row in rows))
    return Answer(text=words.tags(rows, style).rstrip("\n"))
