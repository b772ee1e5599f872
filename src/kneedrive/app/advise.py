"""What to work on: the focus a run calls for, taking it up, and the catalogue."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kneedrive import advice
from kneedrive.advice import TAKEN
from kneedrive.app import Answer
from kneedrive.errors import NotEnoughData, meant
from kneedrive.report import sections
from kneedrive.report.machine import plain

if TYPE_CHECKING:
    from kneedrive.advice import Advice
    from kneedrive.config import Config
    from kneedrive.report.blocks import Style


def advise(settings: Config, run: str, now: datetime, style: Style, *, take: bool, json: bool) -> Answer:
    """The focus that a run calls for, with what the runner's history adds.

    take: tag today with it; where the focus is to change nothing there is none to take, and nothing is tagged.
    """
    from kneedrive.app.history import day_of, local_day, runs_until, weeks_of
    from kneedrive.app.library import analysis_of, opened
    from kneedrive.app.show import ADVICE_WEEKS, next_of, told_of

    today = local_day(settings, now)
    with opened(settings) as store:
        row = told_of(store, settings, run, now)
        analysis, day = analysis_of(store, settings, row.id), day_of(settings, row)
        runs = runs_until(store, settings, day, ADVICE_WEEKS)
        last_weeks = weeks_of(runs, store, settings, day, ADVICE_WEEKS).last_weeks
        chosen = next_of(store, settings, row, runs, analysis, last_weeks, today)
        taken = today if take and chosen.calls_for_work else None
        if taken:
            store.tag(today, TAKEN + chosen.plan.focus)
    if json:
        return Answer.objects([record(row.id, chosen, taken)])
    following = sections.taking_up(chosen, asked=take, taken=taken)
    notes = [advice.would_settle(analysis), sections.aged(day, today), following]
    return Answer.laid_out(sections.plan(chosen, filter(None, notes)), style)


def record(run_id: str, chosen: Advice, taken: date | None) -> dict[str, Any]:
    """The advice for programs. taken: the day that was tagged with it."""
    return {
        "schema_version": 2,
        "run": run_id,
        "ground": plain(chosen.ground),
        "focus": chosen.plan.focus,
        "why": chosen.why,
        "cue": chosen.cue.id,
        "beside": chosen.beside.id,
        "watch": list(chosen.plan.watch),
        "entries": [plain(entry) for entry in chosen.entries],
        "remarks": list(chosen.remarks),
        "taken": taken.isoformat() if taken else None,
    }


def drills(name: str, style: Style, *, json: bool) -> Answer:
    """One entry of the catalogue where the name is one's own; else all whose name or kind holds it.

    Raises NotEnoughData where nothing is found.
    """
    known = advice.catalogue()
    found = (known[name],) if name in known else advice.search(name)
    if not found:
        guess = meant(name, known) or "kneedrive drills lists them all"
        raise NotEnoughData(f"no exercise is called {name!r}: {guess}")
    if json:
        entries, sources = [], advice.sources()
        for entry in found:  # with the findings that call for it, and the sources by their full names
            findings = [plan.finding for plan in advice.plans_with(entry)]
            full = [sources[key] for key in entry.sources]
            entries.append(dict(plain(entry)) | {"called_for_by": findings, "sources": full})
        return Answer.objects([{"schema_version": 1, "entries": entries}])
    if len(found) > 1:
        return Answer.laid_out(sections.catalogue(found), style)
    return Answer.laid_out(sections.entry_of_catalogue(found[0], advice.plans_with(found[0]), advice.sources()), style)
