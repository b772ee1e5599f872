"""The report as one HTML page: a run, the weeks around it, the last runs, and what to work on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kneedrive import advice, app
from kneedrive.analysis.posterior import Basis, Certainty
from kneedrive.analysis.result import Finding, Scope, Status
from kneedrive.app import FAILED, Answer
from kneedrive.app.history import EveryRunner, Question, compared, lines_of, local_day
from kneedrive.app.library import opened
from kneedrive.app.show import Request, context_of, found_in, told_of, written
from kneedrive.errors import KneedriveError, NotEnoughData
from kneedrive.patterns import PATTERNS, Pattern
from kneedrive.report import blocks, lists, numbers, screen, words
from kneedrive.report.blocks import Mark, Picture, Prose, Section
from kneedrive.report.html.page import Content, LastRun, index, render
from kneedrive.report.words import STRAVA_CREDIT

if TYPE_CHECKING:
    from kneedrive.analysis.result import Analysis
    from kneedrive.config import Config
    from kneedrive.recording import Activity
    from kneedrive.store.rows import RunRow

WEEKS = 26
RUNS = 6  # of the list, the newest first


def page(settings: Config, request: Request, weeks: int, now: datetime) -> tuple[Answer, Path]:
    """The page about a stored run and the weeks up to it, and what its file is called where no name is given.

    Raises NotEnoughData, StoreError.
    """
    with opened(settings) as store:
        found = found_in(store, settings, told_of(store, settings, request.run, now), now, request, weeks)
        analysis, miles = found.analysis, request.style.miles
        if analysis is None:
            raise NotEnoughData(found.gone)
        today = local_day(settings, now)
        last = [(each, json.loads(store.detail(each.id))) for each in store.runs(until=found.row.started_at)[-RUNS:]]
        tags = tuple(tag for tag in store.tags() if tag.day <= found.day.isoformat())
        content = content_of(analysis, miles=miles).replace(
            context=context_of(found, ()),
            credit=STRAVA_CREDIT if found.strava else "",
            runs=tuple(last_run(each, record, today, miles=miles) for each, record in reversed(last)),
            weekly=found.view,
            tags=tags,
        )
        if tags:  # what changed since the last note
            comparison, periods = compared(store, settings, Question(tag=tags[-1].day), found.day)
            content = content.replace(comparison=comparison, periods=periods)
    return Answer(text=render(content)), Path(f"kneedrive-{found.day.isoformat()}.html")


def content_of(analysis: Analysis, *, miles: bool = False) -> Content:
    """What a page about one run holds without any history."""
    chosen = advice.do_next(analysis, stored=False) if analysis.status == Status.ASSESSED else None
    context = screen.Context(advice=chosen)
    return Content(analysis=analysis, context=context, miles=miles)


def last_run(run: RunRow | Activity, record: Mapping[str, Any], today: date, *, miles: bool) -> LastRun:
    """One of the last runs, as a line of the list with its report. record: its analysis, as JSON has it."""
    judged = msgspec.convert([{**each, "pattern": each["label"]} for each in record["findings"]], tuple[Finding, ...])
    first = next(iter(words.slow_apart(judged) or words.of_scope(judged, Scope.RUN)), None)
    facts = [numbers.distance(run.distance_m, miles=miles)] if run.distance_m else []
    if run.distance_m and run.duration_s:
        facts.append(numbers.pace(run.distance_m / run.duration_s, miles=miles))
    clear = first is not None and first.certainty is not Certainty.OPEN
    return LastRun(
        day=numbers.short_day(numbers.local_time(run.started_at, run.utc_offset_s), today),
        facts=tuple(facts),
        pattern=first.pattern if first and clear else None,
        hollow=first is not None and first.basis is Basis.STEPS,
        finding=words.in_short(judged, record["status"]).removesuffix(f", {words.STEPS_ALONE}"),
        report=_report_of(first, record, miles=miles) if first else (),
    )


def _report_of(first: Finding, record: Mapping[str, Any], *, miles: bool) -> Section:
    """How sure the finding is and what it means, and where the run stood at each pace."""
    basis = f", {words.STEPS_ALONE}" if first.basis is Basis.STEPS else ""
    meaning = Prose(blocks.words("It is ", words.likely(first), f": {PATTERNS[first.pattern].meaning}{basis}."))
    letter = PATTERNS[first.pattern].axis or "D"
    rows = []
    for band in reversed(record["pace_profile"]):
        if band["label"]:
            mark = Mark(
                before=(numbers.bare_pace(band["speed_mps"], miles=miles), numbers.clock(band["duration_s"])),
                mean=band[letter]["mean"],
                sd=band[letter]["sd"],
                hollow=band["basis"] == Basis.STEPS,
            )
            rows.append(screen.named(mark, Pattern(band["label"]), Certainty(band["certainty"])))
    drawn = Picture(heads=(numbers.pace_unit(miles=miles), "time"), axis=letter, rows=tuple(rows))
    return [meaning, *([drawn] if rows else [])]


# A page for every runner of a store, and an index of them.

INDEX = "index.html"


def pages(settings: Config, every: EveryRunner, request: Request, folder: Path, *, force: bool) -> Iterator[Answer]:
    """A page a runner into a folder, and an index of them, in which a runner without a page has the reason why.

    Raises NotEnoughData without any runner, StoreError where nothing can be written there.
    """
    found = lines_of(settings, every)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise app.refused(folder, error, "name another folder") from None
    links: list[str] = []
    files = file_names(each.runner for each in found)
    for place, name in enumerate([each.runner for each in found]):
        try:
            own = every.settings_of(name)
            answer, _ = page(own, request.replace(judged_by=own), every.weeks, every.now)
        except KneedriveError as error:
            found[place] = found[place].replace(trouble=str(error))
            links.append("")
            yield Answer(trouble=f"kneedrive: {lists.runner_name(name)}: {error}", code=FAILED)
            continue
        yield written(answer, folder / files[name], settings, force=force)
        links.append(files[name])
    table = lists.roster_table(found, local_day(settings, every.now))
    listed = index("Runners", table, links, lists.roster_notes(found))
    yield written(Answer(text=listed), folder / INDEX, settings, force=force)


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A file for each runner: letters and digits of the name, told apart by a number where that is not enough.

    The same whatever their order, so that an address keeps leading to the same runner.
    """
    taken = {INDEX}  # in small letters: macOS and Windows take names that differ in case alone for one file
    files = {}
    for name in sorted(names):
        stem = re.sub(r"[^\w-]+", "-", name).strip("-") or "no-name"
        number = 1
        while (file := f"{stem}{f'-{number}' if number > 1 else ''}.html").casefold() in taken:
            number += 1
        taken.add(file.casefold())
        files[name] = file
    return files
