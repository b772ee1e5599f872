"""What programs read: an analysis, weeks, comparisons and baselines as plain JSON values.

Keys carry units, numbers have six significant digits, NaN does not occur. docs/analysis.schema.json describes an
analysis; a change of meaning or a removed key raises `SCHEMA_VERSION`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec.structs import asdict

from kneedrive.analysis.result import Analysis, PaceBand
from kneedrive.errors import KneedriveError
from kneedrive.histories.result import Break, BreakKind, Comparison, LastWeeks, WeeklyView
from kneedrive.quantities import METRICS
from kneedrive.record import Record
from kneedrive.report.comparison import Periods
from kneedrive.report.numbers import local_time
from kneedrive.sensors import REFERENCES

SCHEMA_VERSION = 2


def analysis_record(analysis: Analysis) -> dict[str, Any]:
    """Everything about one activity, ready for json.dumps."""
    unmeasured = {"median": None, "p10": None, "p90": None, "n": 0}
    quality, fade, onset = analysis.quality, analysis.fade, analysis.shuffle_onset
    return {
        "schema_version": SCHEMA_VERSION,
        "method_version": analysis.method.version,
        "status": analysis.status,
        "status_reason": analysis.status_reason or None,
        "activity": _activity(analysis),
        "runner": fields(analysis.runner, "height_m", "mass_kg") | {"height_from": analysis.height_from or None},
        "quality": plain(quality) | {"coverage": numbers(quality.coverage)},
        # Every metric has its object; one that was not measured has n 0 and nulls.
        "metrics": {key: plain(analysis.metrics.get(key)) or unmeasured for key in METRICS},
        "metrics_over": analysis.metrics_over,
        "usual": numbers(analysis.usual),
        "scores": {letter: _reasoned(score) for letter, score in analysis.scores.items()},
        **_judged(analysis),
        "unjudged": plain(analysis.unjudged),
        "pace_profile": [_band(band) for band in analysis.pace_profile],
        "shuffle_onset_speed_mps": number(onset.speed_mps),
        "shuffle_onset_verdict": onset.verdict,
        "slow": _reasoned(analysis.slow),
        **fields(analysis, "vr_split", "balance", "accelerations"),
        "fade": dict.fromkeys(("verdict", "blocks", "speed_mps", "level")) | _reasoned(fade),  # first what it rests on
        "channels": plain(analysis.channels),
    }


def _activity(analysis: Analysis) -> dict[str, Any]:
    activity = analysis.activity
    offset = activity.utc_offset_s
    # Without an offset local_time gives UTC, which is nobody's local time.
    local = local_time(activity.started_at, offset).replace(tzinfo=None).isoformat(timespec="seconds")
    return {
        **fields(activity, "id", "name", "format", "started_at"),
        "started_at_local": None if offset is None else local,
        **fields(activity, "utc_offset_s", "sport", "sub_sport"),
        "surface": analysis.surface,
        "device": activity.device.name or None,
        **fields(analysis, "provenance", "provenance_reason", "instead_of"),
        **fields(activity, "duration_s", "distance_m", "records"),
    }


def _judged(judged: Analysis | LastWeeks) -> dict[str, Any]:
    """What may be said of a run, or of the runner over the last weeks."""
    findings = []
    for finding in judged.findings:
        told = plain(finding) | {"evidence": numbers(finding.evidence)}
        findings.append({"label" if key == "pattern" else key: value for key, value in told.items()})
    return {
        "findings": findings,
        "odds": numbers(judged.posterior.odds) if judged.posterior else {},
        "base_rates": numbers(judged.posterior.base_rates) if judged.posterior else {},
        **fields(judged, "odds_range", "ruled_out"),
        "knee": _reasoned(judged.knee),
    }


def _band(band: PaceBand) -> dict[str, Any]:
    """D, P, G: posterior mean and SD, null where nothing was judged; scores: as measured."""
    believed = {name: plain(band.posterior.scores[name]) if band.posterior else None for name in "DPG"}
    first = band.leading[0] if band.leading else None
    return {
        **fields(band, "speed_mps", "low_mps", "high_mps", "epochs"),
        "duration_s": number(band.seconds),
        "scores": {letter: _reasoned(score) for letter, score in band.scores.items()},
        **believed,
        "label": first,
        "certainty": band.certainty if first else None,
        "probability": number(band.posterior.odds[first]) if band.posterior and first else None,
        "basis": band.posterior.basis if band.posterior else None,
        "metrics": numbers(band.metrics),
        "usual": numbers(band.usual),
    }


def error_record(error: KneedriveError) -> dict[str, Any]:
    """An error where an analysis was asked for: code, message, and the byte where known."""
    # Only what was read from a file has an offset.
    content = {"code": error.code, "message": str(error), "offset": getattr(error, "offset", None)}
    return {"schema_version": SCHEMA_VERSION, "error": content}


def number(value: float | None) -> float | int | None:
    """A JSON number with six significant digits; None for what is not measured."""
    if value is None or isinstance(value, bool):
        return value
    if hasattr(value, "__index__"):  # whole numbers, numpy's too
        return int(value)
    if not math.isfinite(value):
        return None
    # More digits than any sensor gives, fewer than float noise has; the sum turns -0.0 into 0.0.
    return float(f"{value:.6g}") + 0.0


def numbers(values: Mapping[Any, float]) -> dict[str, Any]:
    """A mapping of numbers, rounded; what is not measured is left out."""
    rounded = {key: number(value) for key, value in values.items()}
    return {key: value for key, value in rounded.items() if value is not None}


def plain(value: Any) -> Any:
    """Values as what JSON has: objects, lists, texts, rounded numbers; times in UTC, days in ISO form."""
    if isinstance(value, Record):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else number(value)


def fields(record: Any, *names: str) -> dict[str, Any]:
    """Some fields of a record, as `plain` gives them."""
    return {name: plain(getattr(record, name)) for name in names}


def _reasoned(value: Record) -> dict[str, Any]:
    """A record whose reason is null where it needs none."""
    return {name: item or None if name == "reason" else item for name, item in plain(value).items()}


def weekly_record(found: WeeklyView) -> dict[str, Any]:
    """The weeks, what was tested over them, where they break, and the habits of the runs in them."""
    told = plain(found.replace(last_weeks=None))
    habits = told.pop("habits")
    return {
        "schema_version": SCHEMA_VERSION,
        **told,
        "breaks": [break_record(each) for each in found.breaks],
        "last_weeks": None if found.last_weeks is None else _last_weeks(found.last_weeks),
        "slow_contrast": habits["slow"],
        "balance_habit": habits["balance"],
        "fade_habit": habits["fade"],
    }


def _last_weeks(found: LastWeeks) -> dict[str, Any]:
    """The runner over the last weeks, in the terms of a run; scores: posterior means with their SDs."""
    return {
        **fields(found, "first", "last", "runs", "sensor", "device", "surface"),
        "verdict": " and ".join(found.verdicts),
        **fields(found, "share_of_slow", "slow_speed_mps"),
        **fields(found.posterior, "speed_mps", "measured", "scores"),
        **_judged(found),
    }


def break_record(each: Break) -> dict[str, Any]:
    """from and to: where the sensors are worn, else firmware or watch; from_sensor, to_sensor: their classes."""
    # Firmware and watches have names of their own; the other kinds hold classes of sensors.
    named = each.kind in (BreakKind.FIRMWARE, BreakKind.WATCH)
    first, second = each.sensors
    return {
        "date": each.date.isoformat(),
        "kind": each.kind,
        "from": each.before if named else REFERENCES[each.before].worn,
        "to": each.after if named else REFERENCES[each.after].worn,
        "from_sensor": first or None,
        "to_sensor": second or None,
    }


def comparison_record(found: Comparison, periods: Periods) -> dict[str, Any]:
    """Two periods, metric by metric."""
    before, after = ({"from": plain(first), "to": plain(last)} for first, last in (periods.before, periods.after))
    sides = {"name": periods.name, "before": before, "after": after}
    return {"schema_version": SCHEMA_VERSION, **sides, **plain(found)}


def sources_record(run_id: str, rows: Sequence[Any]) -> dict[str, Any]:
    """The recordings that a run is made of. rows: the store's."""
    sources = [
        {
            **fields(row.outline, "id", "format", "device"),
            "name": row.name,
            **fields(row.outline, "started_at"),
            "sensor": row.provenance,
            **fields(row, "sources", "channels"),
            "merged_as": row.verdict or None,
            "original_kept": row.kept,
        }
        for row in rows
    ]
    return {"schema_version": SCHEMA_VERSION, "run": run_id, "sources": sources}
