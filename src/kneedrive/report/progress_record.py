"""Weeks, comparisons and the runner's own baseline for programs. SI units in the names, schema_version 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from kneedrive.history import Break, Comparison, OwnView, WeeklyView
from kneedrive.report.compare import Periods
from kneedrive.report.habits import Habits
from kneedrive.report.record import SCHEMA_VERSION, number, utc
from kneedrive.value import Value, as_dict

# Where a sensor is worn, in words; the classes themselves stand beside them.
WORN = {
    "garmin_strap": "chest strap",
    "garmin_strap_ble": "chest strap (HRM 600)",
    "garmin_pod": "running dynamics pod, in place of a strap",
    "garmin_wrist": "wrist",
    "coros": "COROS watch",
    "coros_pod": "COROS POD",
    "apple": "Apple Watch",
    "stryd": "Stryd foot pod",
    "model_derived": "a sensor whose oscillation follows from its timing",
    "other": "another sensor",
    "none": "no dynamics",
}


def weekly_record(found: WeeklyView, habits: Habits) -> dict[str, Any]:
    """The weeks, what was tested over them, where they break, and the habits of the runs in them."""
    view = plain(found)
    return {
        "schema_version": SCHEMA_VERSION,
        **view,
        "breaks": [break_record(each) for each in found.breaks],
        "slow_contrast": plain(habits.slow),
        "balance_habit": plain(habits.balance),
        "fade_habit": plain(habits.fade),
    }


def break_record(each: Break) -> dict[str, Any]:
    """from and to: where the sensors are worn, or the firmware; from_sensor, to_sensor: their classes."""
    sensors = each.kind != "firmware"
    return {
        "date": each.date.isoformat(),
        "kind": each.kind,
        "from": WORN[each.before] if sensors else each.before,
        "to": WORN[each.after] if sensors else each.after,
        "from_sensor": each.before if sensors else None,
        "to_sensor": each.after if sensors else None,
    }


def comparison_record(found: Comparison, periods: Periods) -> dict[str, Any]:
    """Two periods, metric by metric."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": periods.name,
        "before": _period(periods.before),
        "after": _period(periods.after),
        **plain(found),
    }


def own_record(found: OwnView) -> dict[str, Any]:
    """A run against the runner's own weeks."""
    return dict(plain(found))


def sources_record(run_id: str, rows: Sequence[Any]) -> dict[str, Any]:
    """The recordings that a run is made of. rows: the store's."""
    return {"schema_version": SCHEMA_VERSION, "run": run_id, "sources": [_source(row) for row in rows]}


def _source(row: Any) -> dict[str, Any]:
    return {
        "id": row.outline.id,
        "format": row.outline.format,
        "device": row.outline.device,
        "name": row.name,
        "started_at": utc(row.outline.started_at),
        "sensor": row.provenance,
        "sources": list(row.sources),
        "channels": list(row.channels),
        "merged_as": row.verdict or None,
        "original_kept": row.kept,
    }


def _period(days: tuple[date, date]) -> dict[str, str]:
    return {"from": days[0].isoformat(), "to": days[1].isoformat()}


def plain(value: Any) -> Any:
    """Values as what JSON has: objects, lists, texts, rounded numbers; times in UTC, days in ISO form."""
    if isinstance(value, Value):
        return {name: plain(item) for name, item in as_dict(value).items()}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else number(value)
