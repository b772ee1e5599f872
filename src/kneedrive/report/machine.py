"""What programs read: an analysis, weeks, comparisons and baselines as plain JSON values, units in the names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec.structs import asdict

from kneedrive.analysis.result import Analysis, Finding, PaceBand, Scores
from kneedrive.errors import KneedriveError
from kneedrive.histories.result import Break, BreakKind, Comparison, LastWeeks, WeeklyView
from kneedrive.quantities import METRICS
from kneedrive.record import Record
from kneedrive.report.comparison import Periods
from kneedrive.report.numbers import local_time
from kneedrive.sensors import REFERENCES

# The analysis as plain JSON values: keys carry units, numbers have six significant digits, NaN does not occur.
#
# docs/analysis.schema.json describes the result. A change of meaning or a removed key raises `SCHEMA_VERSION`.

SCHEMA_VERSION = 2
_DIGITS = 6  # more than any sensor gives, fewer than float noise


def analysis_record(analysis: Analysis) -> dict[str, Any]:
    """Everything about one activity, ready for json.dumps."""
    runner, quality, fade, onset = analysis.runner, analysis.quality, analysis.fade, analysis.shuffle_onset
    return {
        "schema_version": SCHEMA_VERSION,
        "method_version": analysis.method.version,
        "status": analysis.status,
        "status_reason": analysis.status_reason or None,
        "activity": _activity(analysis),
        "runner": {
            "height_m": number(runner.height_m),
            "mass_kg": number(runner.mass_kg),
            "height_from": analysis.height_from or None,
        },
        "quality": plain(quality) | {"coverage": numbers(quality.coverage)},
        # Every metric has its object; one that was not measured has n 0 and nulls.
        "metrics": {key: plain(analysis.metrics.get(key)) or UNMEASURED for key in METRICS},
        "metrics_over": analysis.metrics_over,
        "usual": numbers(analysis.usual),
        "scores": _scores(analysis.scores),
        **_judged(analysis),
        "unjudged": plain(analysis.unjudged),
        "pace_profile": [_band(band) for band in analysis.pace_profile],
        "shuffle_onset_speed_mps": number(onset.speed_mps),
        "shuffle_onset_verdict": onset.verdict,
        "slow": _reasoned(analysis.slow),
        "vr_split": plain(analysis.vr_split),
        "balance": plain(analysis.balance),
        "accelerations": plain(analysis.accelerations),
        "fade": dict.fromkeys(("verdict", "blocks", "speed_mps", "level")) | _reasoned(fade),  # first what it rests on
        "channels": plain(analysis.channels),
    }


UNMEASURED = {"median": None, "p10": None, "p90": None, "n": 0}


def _activity(analysis: Analysis) -> dict[str, Any]:
    activity = analysis.activity
    offset = activity.utc_offset_s
    # Without an offset local_time gives UTC, which is nobody's local time.
    local = local_time(activity.started_at, offset).replace(tzinfo=None).isoformat(timespec="seconds")
    return {
        "id": activity.id,
        "name": activity.name,
        "format": activity.format,
        "started_at": utc(activity.started_at),
        "started_at_local": None if offset is None else local,
        "utc_offset_s": offset,
        "sport": activity.sport,
        "sub_sport": activity.sub_sport,
        "surface": analysis.surface,
        "device": activity.device.name or None,
        "provenance": analysis.provenance,
        "provenance_reason": analysis.provenance_reason,
        "instead_of": analysis.instead_of,
        "duration_s": number(activity.duration_s),
        "distance_m": number(activity.distance_m),
        "records": activity.records,
    }


def _scores(scores: Scores) -> dict[str, Any]:
    return {letter: _reasoned(score) for letter, score in scores.items()}


def _judged(judged: Analysis | LastWeeks) -> dict[str, Any]:
    """What may be said of a run, or of the runner over the last weeks."""
    return {
        "findings": [_finding(finding) for finding in judged.findings],
        "odds": numbers(judged.posterior.odds) if judged.posterior else {},
        "base_rates": numbers(judged.posterior.base_rates) if judged.posterior else {},
        "odds_range": plain(judged.odds_range),
        "ruled_out": list(judged.ruled_out),
        "knee": _reasoned(judged.knee),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "scope": finding.scope,
        "label": finding.pattern,
        "certainty": finding.certainty,
        "probability": number(finding.probability),
        "base_rate": number(finding.base_rate),
        "basis": finding.basis,
        "marked": finding.marked,
        "evidence": numbers(finding.evidence),
    }


def _band(band: PaceBand) -> dict[str, Any]:
    """D, P, G: posterior mean and SD, null where nothing was judged; scores: as measured."""
    believed = {name: plain(band.posterior.scores[name]) if band.posterior else None for name in "DPG"}
    first = band.leading[0] if band.leading else None
    return {
        "speed_mps": number(band.speed_mps),
        "low_mps": number(band.low_mps),
        "high_mps": number(band.high_mps),
        "epochs": int(band.epochs),
        "duration_s": number(band.seconds),
        "scores": _scores(band.scores),
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


# Values.


def number(value: float | None) -> float | int | None:
    """A JSON number with six significant digits; None for what is not measured."""
    if value is None or isinstance(value, bool):
        return value
    if hasattr(value, "__index__"):  # whole numbers, numpy's too
        return int(value)
    if not math.isfinite(value):
        return None
    return float(f"{value:.{_DIGITS}g}") + 0.0  # the sum turns -0.0 into 0.0


def numbers(values: Mapping[Any, float]) -> dict[str, Any]:
    """A mapping of numbers, rounded; what is not measured is left out."""
    rounded = {key: number(value) for key, value in values.items()}
    return {key: value for key, value in rounded.items() if value is not None}


def plain(value: Any) -> Any:
    """Values as what JSON has: objects, lists, texts, rounded numbers; times in UTC, days in ISO form."""
    if isinstance(value, Record):
        return {name: plain(item) for name, item in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else number(value)


def _reasoned(value: Record) -> dict[str, Any]:
    """A record whose reason is null where it needs none."""
    return {name: item or None if name == "reason" else item for name, item in plain(value).items()}


def utc(moment: datetime) -> str:
    """An aware UTC time in ISO 8601 with Z."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


# Weeks, comparisons and the runner's own baseline for programs. SI units in the names.


def weekly_record(found: WeeklyView) -> dict[str, Any]:
    """The weeks, what was tested over them, where they break, and the habits of the runs in them."""
    told = plain(found.replace(last_weeks=None))
    habits = told.pop("habits")
    return {
        "schema_version": SCHEMA_VERSION,
        **told,
        "breaks": [break_record(each) for each in found.breaks],
        "last_weeks": None if found.last_weeks is None else last_weeks_record(found.last_weeks),
        "slow_contrast": habits["slow"],
        "balance_habit": habits["balance"],
        "fade_habit": habits["fade"],
    }


def last_weeks_record(found: LastWeeks) -> dict[str, Any]:
    """The runner over the last weeks, in the terms of a run; scores: posterior means with their SDs."""
    named = ("first", "last", "runs", "sensor", "device", "surface")
    return {
        **{name: plain(getattr(found, name)) for name in named},
        "verdict": " and ".join(found.verdicts),
        "share_of_slow": number(found.share_of_slow),
        "slow_speed_mps": number(found.slow_speed_mps),
        "speed_mps": number(found.posterior.speed_mps),
        "measured": list(found.posterior.measured),
        "scores": plain(found.posterior.scores),
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
    return {
        "schema_version": SCHEMA_VERSION,
        "name": periods.name,
        "before": before,
        "after": after,
        **plain(found),
    }


def sources_record(run_id: str, rows: Sequence[Any]) -> dict[str, Any]:
    """The recordings that a run is made of. rows: the store's."""
    sources = [
        {
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
        for row in rows
    ]
    return {"schema_version": SCHEMA_VERSION, "run": run_id, "sources": sources}
