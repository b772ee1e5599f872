"""What to work on: the focus a run calls for, taking it up, and the catalogue."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kneedrive import advice
from kneedrive.advice import TAKEN
from kneedrive.errors import NotEnoughData
from kneedrive.report import focus

if TYPE_CHECKING:
    from kneedrive.advice import Advice
    from kneedrive.analysis.result import Analysis
    from kneedrive.app import Answer
    from kneedrive.config import Config
    from kneedrive.report.text import Style
    from kneedrive.store import Store
    from kneedrive.store.rows import RunRow

OWN_FILE = "Take in the file of the watch itself, or Strava's bulk export: if it was measured, kneedrive says more."


def closing(analysis: Analysis, style: Style, facts: advice.Situation | None = None) -> list[str]:
    """The focus that ends the report of one run. facts: what it depends on, where a history adds to the run."""
    return focus.closing(advised(analysis, facts or advice.situation(analysis)), style)


def advised(analysis: Analysis, facts: advice.Situation) -> Advice:
    """The focus that a situation calls for; a run that Strava alone told of may have been measured all the same."""
    chosen = advice.advise(facts)
    if facts.label != "unjudged" or analysis.activity.format != "strava":
        return chosen
    return chosen.replace(remarks=(OWN_FILE, *chosen.remarks[1:]))


def situation_of(store: Store, settings: Config, row: RunRow, analysis: Analysis, today: date) -> advice.Situation:
    """What a stored run comes to, with what the runs around it add."""
    return advice.situation(
        analysis,
        asymmetric=asymmetric(store, settings, row),
        exaggerating=exaggerating(store, settings, today),
    )


def advise(settings: Config, run: str, now: datetime, style: Style, *, take: bool, json: bool) -> Answer:
    """The focus that a run calls for, with what the runner's history adds.

    take: tag today with it; where the focus is to change nothing there is none to take, and nothing is tagged.
    """
    from kneedrive.app import Answer
    from kneedrive.app.history import day_of, local_day
    from kneedrive.app.library import analysis_of, meant, opened

    today = local_day(settings, now)
    with opened(settings) as store:
        row = meant(store, settings, run, now)
        analysis = analysis_of(store, settings, row.id)
        facts = situation_of(store, settings, row, analysis, today)
        chosen = advised(analysis, facts)
        taken = today if take and chosen.calls_for_work else None
        if taken:
            store.tag(today, TAKEN + chosen.plan.focus)
    if json:
        from kneedrive.app import line

        return Answer(text=line(record(row.id, facts, chosen, taken)))
    last = [focus.aged(day_of(settings, row), today, style, 0), following(chosen, taken, style, asked=take)]
    return Answer(text=focus.render(chosen, style, [lines for lines in last if lines]).rstrip("\n"))


def following(chosen: Advice, taken: date | None, style: Style, *, asked: bool) -> list[str]:
    """What to do after the advice was read."""
    if taken:
        return focus.taken(taken, style)
    if asked:
        return focus.not_taken(style)
    return focus.to_take(style) if chosen.calls_for_work else []


def asymmetric(store: Store, settings: Config, row: RunRow) -> bool:
    """Whether left and right differ constantly over the weeks up to a run, on its sensor."""
    from kneedrive.app.history import runs_before
    from kneedrive.history.habits import balance_habit
    from kneedrive.method import Method

    return balance_habit(runs_before(store, settings, row), Method()).verdict == "constant difference"


def exaggerating(store: Store, settings: Config, today: date) -> bool:
    """Whether bounce is up and cadence down since the focus that was taken last."""
    from kneedrive.app.history import Question, compared

    taken = [tag for tag in store.tags() if tag.text.startswith(TAKEN)]
    if not taken:
        return False
    return compared(store, settings, Question(tag=taken[-1].text), today)[0].over_exaggeration


def record(run_id: str, facts: advice.Situation, chosen: Advice, taken: date | None) -> dict[str, Any]:
    """The advice for programs. taken: the day that was tagged with it."""
    from kneedrive.report.machine import plain

    return {
        "schema_version": 1,
        "run": run_id,
        "situation": facts_record(facts),
        "focus": chosen.plan.focus,
        "why": chosen.plan.why,
        "watch": list(chosen.plan.watch),
        "entries": [plain(entry) for entry in chosen.entries],
        "remarks": list(chosen.remarks),
        "taken": taken.isoformat() if taken else None,
    }


def facts_record(facts: advice.Situation) -> dict[str, Any]:
    """What the advice depends on."""
    from msgspec.structs import asdict

    return asdict(facts)


def drills(name: str, style: Style) -> str:
    """One entry of the catalogue where the name is one's own; else all whose name or kind holds it.

    Raises NotEnoughData where nothing is found.
    """
    known = advice.catalogue()
    found = (known[name],) if name in known else advice.search(name)
    if not found:
        message = f"no exercise is called {name!r}: kneedrive drills lists them all"
        raise NotEnoughData(message)
    if len(found) > 1:
        return focus.listing(found, style)
    return focus.one(found[0], advice.plans_with(found[0]), advice.sources(), style)
