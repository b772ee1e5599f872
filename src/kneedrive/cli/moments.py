"""Dates as people type them."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, date, datetime, timedelta

_AGO = re.compile(r"(\d{1,4})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def now() -> datetime:
    """This moment; the only clock that commands read."""
    return datetime.now(UTC)


def day(text: str) -> date:
    """A date like 2026-11-20, or today or yesterday."""
    today = now().astimezone().date()
    if text in ("today", "yesterday"):
        return today - timedelta(days=text == "yesterday")
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no date: write 2026-11-20, today or yesterday"
        raise argparse.ArgumentTypeError(message) from None


def since(text: str) -> datetime:
    """A date, at its midnight here, or a span back from now: 30d, 12w, 6m, 2y."""
    moment = day_or_moment(text)
    return moment if isinstance(moment, datetime) else datetime.combine(moment, datetime.min.time()).astimezone()


def day_or_moment(text: str) -> date | datetime:
    """A date, which begins where the runner was, or the moment that a span back from now ends at."""
    span = _AGO.fullmatch(text)
    if span:
        return now() - timedelta(days=int(span[1]) * _DAYS[span[2]])
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is neither a date like 2026-11-20 nor a span like 30d, 12w, 6m or 2y"
        raise argparse.ArgumentTypeError(message) from None
