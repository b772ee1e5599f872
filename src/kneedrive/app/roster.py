"""Every runner of a store at once: their weeks in a line each, and a page each with an index."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

from kneedrive import app
from kneedrive.app import FAILED, OK, PARTLY, Answer, line
from kneedrive.app.history import formats_between, last_active, latest_day, local_day, weeks_until
from kneedrive.app.library import everybody, opened, write_csv
from kneedrive.app.page import page
from kneedrive.app.show import Request, written
from kneedrive.config import Config
from kneedrive.errors import KneedriveError, NotEnoughData
from kneedrive.record import Record
from kneedrive.report import lists
from kneedrive.report.blocks import Style
from kneedrive.report.html.page import index
from kneedrive.report.lists import Line
from kneedrive.report.terminal import render
from kneedrive.store import NO_RUNS, Store

INDEX = "index.html"


class View(Record, frozen=True, kw_only=True):
    """Which weeks, and as whom: settings_of gives the settings of a runner by name, heights and all."""

    weeks: int
    now: datetime
    settings_of: Callable[[str], Config]
    until: date | None = None


def lines_of(settings: Config, view: View) -> list[Line]:
    """The weeks of everybody who has something in the store, in the order of who changed.

    Where one cannot be shown, the line says why, and the rest goes on. Raises NotEnoughData without any runner.
    """
    place: Path = settings.paths.store
    names: list[str] = []
    if Store.is_there(place):
        with Store.open(place, create=False) as store:
            names = sorted(everybody(store))
    if not names:
        raise NotEnoughData(NO_RUNS)
    return lists.by_change([_line(name, view) for name in names])


def _line(name: str, view: View) -> Line:
    try:
        settings = view.settings_of(name)
        with opened(settings) as store:
            today = view.until or local_day(settings, view.now)
            last = view.until or last_active(store, settings, today, view.weeks)
            weeks, _ = weeks_until(store, settings, last, view.weeks)
            formats = frozenset(formats_between(store, weeks.weeks[0].monday, last))
            return Line(runner=name, last_run=latest_day(store, settings, today), view=weeks, formats=formats)
    except KneedriveError as error:
        return Line(runner=name, trouble=str(error))


def weekly(settings: Config, view: View, style: Style, form: str) -> Answer:
    """A line a runner. form: text, json (an object a line) or csv. Raises NotEnoughData without any runner."""
    found = lines_of(settings, view)
    code = PARTLY if any(each.trouble for each in found) else OK
    records = map(lists.roster_record, found)
    if form == "json":
        return Answer(text="\n".join(line({"schema_version": 1, **each}) for each in records), code=code)
    if form == "csv":
        out = io.StringIO()
        write_csv(out, lists.ROSTER_COLUMNS, (list(each.values()) for each in records))
        return Answer(text=out.getvalue().rstrip("\n"), code=code)
    report = lists.roster(found, view.weeks, local_day(settings, view.now))
    return Answer(text=render(report, style).rstrip("\n"), code=code)


def pages(settings: Config, view: View, request: Request, folder: Path, *, force: bool) -> Iterator[Answer]:
    """A page a runner into a folder, and an index of them, in which a runner without a page has the reason why.

    Raises NotEnoughData without any runner, StoreError where nothing can be written there.
    """
    found = lines_of(settings, view)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise app.refused(folder, error, "name another folder") from None
    links: list[str] = []
    files = file_names(each.runner for each in found)
    for place, name in enumerate([each.runner for each in found]):
        try:
            own = view.settings_of(name)
            answer, _ = page(own, request.replace(judged_by=own), view.weeks, view.now)
        except KneedriveError as error:
            found[place] = found[place].replace(trouble=str(error))
            links.append("")
            yield Answer(trouble=f"kneedrive: {lists.runner_name(name)}: {error}", code=FAILED)
            continue
        yield written(answer, folder / files[name], force=force)
        links.append(files[name])
    table = lists.roster_table(found, local_day(settings, view.now))
    listed = index("Runners", table, links, lists.roster_notes(found))
    yield written(Answer(text=listed), folder / INDEX, force=force)


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A file for each runner: letters and digits of the name, told apart by a number where that is not enough.

    The same whatever their order, so that an address keeps leading to the same runner.
    """
    taken = {INDEX}
    files = {}
    for name in sorted(names):
        stem = re.sub(r"[^\w-]+", "-", name).strip("-") or "no-name"
        number = 1
        while (file := f"{stem}{f'-{number}' if number > 1 else ''}.html").casefold() in taken:
            number += 1
        taken.add(file.casefold())
        files[name] = file
    return files
