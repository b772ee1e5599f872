"""Words for sports, as a dozen services and languages write them, to FIT's words."""

from __future__ import annotations

import re

from kneedrive.recording import Activity

ASSUMED, NOT_KNOWN = "sport_assumed", "sport_unknown"  # codes of the notes where a file names no sport
TOO_FAST = "too_fast"  # where it names running and cannot mean it
UNKNOWN = "unknown"
ON_FOOT = frozenset({"running", "walking", "hiking"})

# Strava writes its own numbers into <type> of its GPX exports.
_NUMBERS = {"1": "cycling", "4": "hiking", "9": "running", "10": "walking", "16": "swimming"}
_RUNNING = (
    r"\bruns?\b|\brunning\b|\b(trail|virtual|treadmill)run|\brace\b|\bjog|\blauf|\bcourse\b|\bcarrera\b|\bcorsa\b"
)
_WORDS = (
    ("cycling", re.compile(r"bik|cycl|\bride\b|virtualride|radfahr|vélo|ciclis|fiets")),
    ("running", re.compile(_RUNNING + r"|\bcorrida\b|\bhardlopen\b|\bbieg|\bбег|跑步|ランニング")),
    ("hiking", re.compile(r"hik|wander|randonn|trek")),
    ("walking", re.compile(r"walk|\bgehen|spazier|marche|camina")),
    ("swimming", re.compile(r"swim|schwimm|natation|nataci")),
    ("cross_country_skiing", re.compile(r"ski|langlauf")),
)
_SUB_SPORTS = (("trail", "trail"), ("treadmill", "treadmill"), ("indoor", "treadmill"), ("virtual", "virtual_activity"))


def sport_of(words: str) -> str:
    """FIT's word for what a file or an export calls a sport; "unknown" where it calls it nothing that is known.

    The first that fits counts, cycling before running: "Run, then ride" is rare, "ride" inside "Laufrad" is not.
    """
    plain = words.strip().lower().replace("_", " ").replace("-", " ")
    if plain in _NUMBERS:
        return _NUMBERS[plain]
    return next((sport for sport, pattern in _WORDS if pattern.search(plain)), UNKNOWN)


def sub_sport_of(words: str) -> str:
    """FIT's word for the kind of running, where the file names one; else "generic"."""
    plain = words.lower()
    return next((sub_sport for part, sub_sport in _SUB_SPORTS if part in plain), "generic")


def with_sport(activity: Activity, words: str) -> Activity:
    """The activity with the sport that an export's own list gives it, where the file itself names none.

    What the file says comes first; words that mean nothing here change nothing.
    """
    sport = sport_of(words)
    if sport == UNKNOWN or not any(note.code in (ASSUMED, NOT_KNOWN) for note in activity.notes):
        return activity
    notes = tuple(note for note in activity.notes if note.code not in (ASSUMED, NOT_KNOWN))
    return activity.replace(sport=sport, sub_sport=sub_sport_of(words), notes=notes)
