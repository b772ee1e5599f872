"""What to work on: the focus a run calls for, taking it up, and the catalogue."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kneedrive import advice
from kneedrive.advice import TAKEN
from kneedrive.errors import NotEnoughData, meant
from kneedrive.report import sections, terminal

if TYPE_CHECKING:
    from kneedrive.advice import Advice, Entry
    from kneedrive.analysis.result import Analysis
    from kneedrive.app import Answer
    from kneedrive.config import Config
    from kneedrive.past.result import LastWeeks
    from kneedrive.report.blocks import Style
    from kneedrive.store import Store
    from kneedrive.store.rows import RunRow

WEEKS = 8  # of the runner's history that advice looks at


def next_of(
    store: Store, settings: Config, row: RunRow, analysis: Analysis, today: date, last_weeks: LastWeeks | None = None
) -> Advice:
    """What to do next after a stored run, with what the runs around it add."""
    return advice.do_next(
        analysis,
        last_weeks,
        asymmetric=asymmetric(store, settings, row),
        exaggerating=exaggerating(store, settings, today),
    )


def advise(settings: Config, run: str, now: datetime, style: Style, *, take: bool, json: bool) -> Answer:
    """The focus that a run calls for, with what the runner's history adds.

    take: tag today with it; where the focus is to change nothing there is none to take, and nothing is tagged.
    """
    from kneedrive.app import Answer
    from kneedrive.app.history import day_of, local_day, weeks_until
    from kneedrive.app.library import analysis_of, meant, opened

    today = local_day(settings, now)
    with opened(settings) as store:
        row = meant(store, settings, run, now)
        analysis, day = analysis_of(store, settings, row.id), day_of(settings, row)
        view, _ = weeks_until(store, settings, day, WEEKS)
        chosen = next_of(store, settings, row, analysis, today, view.last_weeks)
        taken = today if take and chosen.calls_for_work else None
        if taken:
            store.tag(today, TAKEN + chosen.plan.focus)
    if json:
        from kneedrive.app import line

        return Answer(text=line(record(row.id, chosen, taken)))
    notes = [advice.would_settle(analysis), sections.aged(day, today), following(chosen, taken, asked=take)]
    return Answer(text=terminal.render(sections.plan(chosen, filter(None, notes)), style).rstrip("\n"))


def following(chosen: Advice, taken: date | None, *, asked: bool) -> str:
    """What to do after the advice was read."""
    if taken:
        return sections.taken_up(taken)
    if asked:
        return sections.NOT_TAKEN
    return sections.TO_TAKE if chosen.calls_for_work else ""


def asymmetric(store: Store, settings: Config, row: RunRow) -> bool:
    """Whether left and right differ constantly over the weeks up to a run, on its sensor."""
    from kneedrive.app.history import runs_before
    from kneedrive.method import Method
    from kneedrive.past.habits import balance_habit
    from kneedrive.past.result import Habit

    return balance_habit(runs_before(store, settings, row), Method()).verdict is Habit.UNEVEN


def exaggerating(store: Store, settings: Config, today: date) -> bool:
    """Whether bounce is up and cadence down since the focus that was taken last."""
    from kneedrive.app.history import Question, compared

    taken = [tag for tag in store.tags() if tag.text.startswith(TAKEN)]
    if not taken:
        return False
    return compared(store, settings, Question(tag=taken[-1].text), today)[0].over_exaggeration


def record(run_id: str, chosen: Advice, taken: date | None) -> dict[str, Any]:
    """The advice for programs. taken: the day that was tagged with it."""
    from kneedrive.report.machine import plain

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


def drills(name: str, style: Style, *, json: bool) -> str:
    """One entry of the catalogue where the name is one's own; else all whose name or kind holds it.

    Raises NotEnoughData where nothing is found.
    """
    known = advice.catalogue()
    found = (known[name],) if name in known else advice.search(name)
    if not found:
        message = f"no exercise is called {name!r}: {meant(name, known) or 'kneedrive drills lists them all'}"
        raise NotEnoughData(message)
    if json:
        from kneedrive.app import line

        return line({"schema_version": 1, "entries": [drill_record(entry) for entry in found]})
    if len(found) > 1:
        report = sections.catalogue(found)
    else:
        report = sections.entry_of_catalogue(found[0], advice.plans_with(found[0]), advice.sources())
    return terminal.render(report, style).rstrip("\n")


def drill_record(entry: Entry) -> dict[str, Any]:
    """An entry for programs, with the findings that call for it and the sources by their full names."""
    from kneedrive.report.machine import plain

    known = advice.sources()
    return dict(plain(entry)) | {
        "called_for_by": [plan.finding for plan in advice.plans_with(entry)],
        "sources": [known[key] for key in entry.sources],
    }
