"""What programs read: JSON lines, and the configuration as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kneedrive.secret import Secret

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.errors import KneedriveError
    from kneedrive.findings import Analysis


def line(content: dict[str, Any]) -> str:
    """One JSON object on one line. NaN is a bug, not a value."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def analysis_line(analysis: Analysis) -> str:
    """The analysis as one line of JSON."""
    from kneedrive.report.record import analysis_record

    return line(analysis_record(analysis))


def error_line(error: KneedriveError) -> str:
    """The error as one line of JSON."""
    from kneedrive.report.record import error_record

    return line(error_record(error))


def show_config(settings: Config, columns: int) -> str:
    """Every key with its value and origin; secrets hidden. An origin that does not fit stands below its value."""
    rows = [(key, _shown(value), settings.origins[key]) for key, value in settings.values.items()]
    width, wide = (max(len(row[column]) for row in rows) for column in (0, 1))
    if width + wide + max(len(row[2]) for row in rows) + 4 <= columns:
        return "\n".join(f"{key:<{width}}  {value:<{wide}}  {origin}" for key, value, origin in rows)
    return "\n".join(_row(f"{key:<{width}}  ", value, origin, columns) for key, value, origin in rows)


def _row(head: str, value: str, origin: str, columns: int) -> str:
    """One key. A path may still be longer than the line: broken, it could not be copied."""
    line = f"{head}{value}  ({origin})"
    return line if len(line) <= columns else f"{head}{value}\n{' ' * len(head)}({origin})"


def _shown(value: Any) -> str:
    if isinstance(value, Secret):
        return "(hidden)" if value else "(not set)"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "(none)"
    return "(not set)" if value in (None, "") else str(value)
