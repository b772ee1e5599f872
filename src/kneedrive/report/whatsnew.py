"""What a sync brought: the counts, each new run in a line, the latest in full, and the week so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kneedrive.errors import KneedriveError, RateLimited
from kneedrive.history import Week, WeeklyView
from kneedrive.report import ledger, library, view
from kneedrive.report.credit import credit
from kneedrive.report.layout import finish, flow, heading
from kneedrive.report.style import Style

MOST_SHOWN = 12
SERIES = {"D": "Drive or shuffle", "P": "Bounce", "zSL": "Length of steps"}


def counts(summed: ledger.Ledger, remarks: Sequence[str], style: Style, elapsed_s: float) -> str:
    """The ledger line with what needs a look, and remarks on the sources."""
    text = ledger.render(summed, style, elapsed_s).rstrip("\n").split("\n")
    return finish([text, [line for said in remarks for line in flow(said, style, 0, hang=2)]], style)


def news(rows: Sequence[Any], found: WeeklyView, latest: str, style: Style, *, overtaken: bool = False) -> str:
    """The rest of it. rows: the new runs, oldest first. latest: the report of the latest one. found: five weeks.

    overtaken: the history holds a later run than these.
    """
    shown = library.runs_table(rows[-MOST_SHOWN:], style)
    if len(rows) > MOST_SHOWN:
        shown += [
            "",
            *flow(f"And {view.plural(len(rows) - MOST_SHOWN, 'older run')}: kneedrive runs lists them.", style),
        ]
    blocks = [
        [*heading("New runs", style), *shown],
        _title(rows[-1], style, overtaken=overtaken),
        latest.rstrip("\n").split("\n"),
        week_so_far(found, style),
        credit([row.formats for row in rows], style),
    ]
    return finish(blocks, style)


def _title(row: Any, style: Style, *, overtaken: bool) -> list[str]:
    """Over the report of one run: that it is not the latest of all, where older runs came in late."""
    if not overtaken:
        return heading("The latest in full", style)
    day = view.day(view.local_time(row.started_at, row.utc_offset_s))
    return heading("The last of the new runs in full", style, f"of {day}; your history has later ones")


def week_so_far(found: WeeklyView, style: Style) -> list[str]:
    """This week against the four before it; scores only where the same sensor measured both."""
    *before, week = found.weeks
    held = [each for each in before if each.runs]
    lines = flow(f"{_amount(week, style)} so far." if week.runs else "No run so far.", style)
    if not held:
        return [*heading("This week", style), *lines, *flow("There is no run in the four weeks before.", style)]
    lines += flow(f"A week of the {len(before)} before: {_mean(before, style)}.", style)
    for name in SERIES:
        lines += [line for said in _score(name, week, held) for line in flow(said, style)]
    return [*heading("This week", style, "against the four weeks before"), *lines]


def _amount(week: Week, style: Style) -> str:
    runs = view.plural(week.runs, "run")
    return f"{runs}, {view.distance(week.distance_m, miles=style.miles)}, {view.minutes(week.duration_s)}"


def _mean(weeks: Sequence[Week], style: Style) -> str:
    count = len(weeks)
    runs = view.number(sum(week.runs for week in weeks) / count, 1)
    metres = view.distance(sum(week.distance_m for week in weeks) / count, miles=style.miles)
    return f"{runs} runs, {metres}, {view.minutes(sum(week.duration_s for week in weeks) / count)}"


def _score(name: str, week: Week, before: Sequence[Week]) -> list[str]:
    """A sentence about one series, where both sides have it from the same stretch of one sensor."""
    now = week.values.get(name)
    then = [each.values[name] for each in before if name in each.values and each.segment == week.segment]
    if now is None or not then:
        return []
    usual = sum(value.value * value.runs for value in then) / sum(value.runs for value in then)
    inside = now.low <= usual <= now.high
    verdict = "No difference that can be told from chance" if inside else "One week alone proves little"
    return [
        f"{SERIES[name]} (0 is usual at that speed): {view.score(now.value)} this week, {view.score(now.low)} to"
        f" {view.score(now.high)} with its doubt; {view.score(usual)} before. {verdict}."
    ]


def problem(error: KneedriveError, service: str, utc_offset_s: int) -> str:
    """What stopped a source, with the time to come back as the runner's clock shows it."""
    if not isinstance(error, RateLimited):
        return str(error)
    return (
        f"{service} asks for a pause: go on after {local_clock(error.retry_at, utc_offset_s)}, by the same command, or "
        "let --wait do it; what was fetched is kept"
    )


def local_clock(moment: datetime, utc_offset_s: int) -> str:
    """A moment of these days: "Sat 21 Nov 2026, 14:15"."""
    return view.start(moment, utc_offset_s)


def record(summed: ledger.Ledger, sources: Sequence[Mapping[str, Any]], runs: Sequence[str]) -> dict[str, Any]:
    """For programs: the counts of all sources together, then each source with what stopped it."""
    told = ledger.ledger_record(summed)
    new = {"schema_version": told.pop("schema_version"), "new": told.pop("added")}
    again = sorted(each["retry_at"] for each in sources if each["retry_at"])
    return {**new, **told, "retry_at": again[-1] if again else None, "sources": list(sources), "runs": list(runs)}


def source_record(name: str, counted: Mapping[str, int], error: KneedriveError | None) -> dict[str, Any]:
    """One source: its counts, and the error that stopped it with the time to come back."""
    verdicts = {"new" if each == "added" else each: counted.get(each, 0) for each in ledger.VERDICTS}
    retry_at = error.retry_at if isinstance(error, RateLimited) else None
    return {
        "source": name,
        **verdicts,
        "error": {"code": error.code, "message": str(error)} if error else None,
        "retry_at": retry_at.isoformat().replace("+00:00", "Z") if retry_at else None,
    }
