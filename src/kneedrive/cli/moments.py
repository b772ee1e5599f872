"""Dates as people type them."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, date, datetime, timedelta

_AGO = re.compile(r"([0-9]{1,4})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
# From the first day that a FIT file can tell of. What lies outside has been typed by mistake, and could not be
# reckoned with near the first and the last year that dates have.
FIRST, LAST = date(1989, 12, 31), date(2099, 12, 31)


def now() -> datetime:
    """This moment; the only clock that commands read."""
    return datetime.now(UTC)


def day(text: str) -> date:
    """A date like 2026-11-20, or today or yesterday."""
    today = now().astimezone().date()
    if text in ("today", "yesterday"):
        return today - timedelta(days=text == "yesterday")
    return _written(text, f"{text!r} is no date: write 2026-11-20, today or yesterday")


def since(text: str) -> datetime:
    """A date, at its midnight here, or a span back from now: 30d, 12w, 6m, 2y."""
    moment = day_or_moment(text)
    return moment if isinstance(moment, datetime) else datetime.combine(moment, datetime.min.time()).astimezone()


def day_or_moment(text: str) -> date | datetime:
    """A date, which begins where the runner was, or the moment that a span back from now ends at."""
    span = _AGO.fullmatch(text)
    if not span:
        return _written(text, f"{text!r} is neither a date like 2026-11-20 nor a span like 30d, 12w, 6m or 2y")
    days = int(span[1]) * _DAYS[span[2]]
    if days > (now().date() - FIRST).days:
        message = f"{text!r} reaches back beyond {FIRST}, before which no watch recorded a run"
        raise argparse.ArgumentTypeError(message)
    return now() - timedelta(days=days)


def _written(text: str, otherwise: str) -> date:
    """The date that is written there. Raises ArgumentTypeError: for none what is said otherwise."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(otherwise) from None
    if not FIRST <= found <= LAST:
        message = f"{text!r} is no day of a run: write one from {FIRST} to {LAST}"
        raise argparse.ArgumentTypeError(message)
    return found
