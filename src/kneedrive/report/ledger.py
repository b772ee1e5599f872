"""What an import or a sync did: counts, what failed or needs a look, and what stopped a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kneedrive.errors import KneedriveError, RateLimited
from kneedrive.record import Record
from kneedrive.report import numbers
from kneedrive.report.blocks import Block, Heading, Items, Prose, Section, words
from kneedrive.report.numbers import clean, minutes, number, path, plural

VERDICTS = ("added", "updated", "merged", "already_there", "not_a_run", "skipped", "failed")
WORDS = {
    "added": "new",
    "updated": "updated",
    "merged": "merged with a run that was there",
    "already_there": "already there",
    "not_a_run": "not a run",
    "skipped": "skipped",
    "failed": "failed",
}
MOST_SHOWN, LONGEST = 12, 200  # reasons of skipped files may hold words of the file


class Ledger(Record, frozen=True, kw_only=True):
    """Counts by verdict, runs without running dynamics among the new ones, and what needs a look.

    failed: (name, reason). cut: (name, where reading stopped), taken in as far as they go. beside: (name, ids of runs
    that overlap and are not alike). skipped: count by reason.
    """

    counts: Mapping[str, int]
    without_dynamics: int
    failed: Sequence[tuple[str, str]]
    beside: Sequence[tuple[str, Sequence[str]]]
    skipped: Mapping[str, int]
    cut: Sequence[tuple[str, str]] = ()
    dry_run: bool = False

    @property
    def nothing_done(self) -> bool:
        """Whether something failed and nothing else came of it."""
        return bool(self.failed) and not any(self.counts.get(verdict) for verdict in VERDICTS[:5])


def ledger_of(outcomes: Iterable[Any], *, dry_run: bool = False) -> Ledger:
    """The outcomes added up; each has name, verdict, dynamics, reason, beside and cut."""
    seen = list(outcomes)
    return Ledger(
        counts=Counter(each.verdict for each in seen),
        without_dynamics=sum(each.verdict in ("added", "updated") and not each.dynamics for each in seen),
        failed=[(each.name, each.reason) for each in seen if each.verdict == "failed"],
        beside=[(each.name, each.beside) for each in seen if each.beside],
        skipped=Counter(each.reason for each in seen if each.verdict == "skipped"),
        cut=[(each.name, each.cut) for each in seen if each.cut],
        dry_run=dry_run,
    )


def ledger_record(ledger: Ledger) -> dict[str, Any]:
    """For programs."""
    return {
        "schema_version": 1,
        **{verdict: ledger.counts.get(verdict, 0) for verdict in VERDICTS if verdict != "failed"},
        "without_dynamics": ledger.without_dynamics,
        "cut_short": [{"name": name, "where": where} for name, where in ledger.cut],
        "failed": len(ledger.failed),
        "failures": [{"name": name, "reason": reason} for name, reason in ledger.failed],
        "overlapping": [{"name": name, "runs": list(runs)} for name, runs in ledger.beside],
        "skipped_by_reason": dict(sorted(ledger.skipped.items())),
        "dry_run": ledger.dry_run,
    }


def summary(ledger: Ledger, elapsed_s: float, remarks: Sequence[str] = ()) -> list[Section]:
    """One line of counts, then what failed and what looks like somebody else's run. remarks: on the sources."""
    parts = [
        f"{number(ledger.counts.get(verdict, 0))} {WORDS[verdict]}" for verdict in VERDICTS if _told(verdict, ledger)
    ]
    if ledger.without_dynamics:
        parts.insert(1, f"of which {number(ledger.without_dynamics)} without running dynamics")
    if ledger.cut:
        parts.append(f"{number(len(ledger.cut))} of these cut short")
    line = f"{', '.join(parts)}, in {minutes(elapsed_s)}."
    skipped = _shown(_skipped(ledger), "more reason")
    overlaps = [f"{path(clean(name))} overlaps {', '.join(runs)}" for name, runs in ledger.beside]
    strangers = "Perhaps somebody else's. --runner NAME keeps runners apart; kneedrive forget RUN takes one out."
    return [
        [Prose(words(("Would be: " if ledger.dry_run else "") + line)), *skipped],
        _part("could not be read", _named(ledger.failed), "more file"),
        _part("cut short, taken in as far as they go", _named(ledger.cut), "more file"),
        _part("runs at the same time that are not alike", overlaps, "more file", strangers),
        [Prose(words(text)) for text in remarks],
    ]


def _told(verdict: str, ledger: Ledger) -> bool:
    return verdict == "added" or bool(ledger.counts.get(verdict))


def _part(title: str, said: Sequence[str], others: str, opening: str = "") -> Section:
    if not said:
        return []
    return [Heading(title), *([Prose(words(opening))] if opening else []), *_shown(said, others)]


def _named(files: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{path(clean(name))}: {why}" for name, why in files]


def _shown(said: Sequence[str], others: str) -> list[Block]:
    """The first of these sentences, and how many `others` there are."""
    more = len(said) - MOST_SHOWN
    rest = [f"and {plural(more, others)}; --json lists them all"] if more > 0 else []
    return [Items(tuple(words(text) for text in (*said[:MOST_SHOWN], *rest)))] if said else []


def _skipped(ledger: Ledger) -> list[str]:
    """Why files were skipped, the most frequent reason first."""
    reasons = sorted(ledger.skipped.items(), key=lambda one: (-one[1], one[0]))
    return [f"Skipped {number(count)}: {_reason(why, count)}." for why, count in reasons]


def _reason(why: str, count: int) -> str:
    """A reason as it is said of a file ("holds no track") or of a kind of files ("planned routes")."""
    said = clean(why, LONGEST)
    subject = "it" if count == 1 else "each"
    return f"{subject} {said}" if said.startswith(("holds ", "is ", "comes ", "has ")) else said


# What stopped a source, and a sync for programs.


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
    return numbers.start(moment, utc_offset_s)


def record(summed: Ledger, sources: Sequence[Mapping[str, Any]], runs: Sequence[str]) -> dict[str, Any]:
    """For programs: the counts of all sources together, then each source with what stopped it."""
    told = ledger_record(summed)
    new = {"schema_version": told.pop("schema_version"), "new": told.pop("added")}
    again = sorted(each["retry_at"] for each in sources if each["retry_at"])
    return {**new, **told, "retry_at": again[-1] if again else None, "sources": list(sources), "runs": list(runs)}


def source_record(name: str, counted: Mapping[str, int], error: KneedriveError | None) -> dict[str, Any]:
    """One source: its counts, and the error that stopped it with the time to come back."""
    verdicts = {"new" if each == "added" else each: counted.get(each, 0) for each in VERDICTS}
    retry_at = error.retry_at if isinstance(error, RateLimited) else None
    return {
        "source": name,
        **verdicts,
        "error": {"code": error.code, "message": str(error)} if error else None,
        "retry_at": retry_at.isoformat().replace("+00:00", "Z") if retry_at else None,
    }
