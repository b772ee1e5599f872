"""What an import or a sync did: counts, what failed or needs a look, and what stopped a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from kneedrive.errors import KneedriveError, RateLimited
from kneedrive.record import Record
from kneedrive.report.blocks import Heading, Items, Prose, Section
from kneedrive.report.numbers import clean, minutes, number, path, plural, start


class Fate(StrEnum):
    """What can become of a file or an activity; the words are keys of JSON."""

    ADDED = "added"
    UPDATED = "updated"
    MERGED = "merged"
    ALREADY_THERE = "already_there"
    NOT_A_RUN = "not_a_run"
    SKIPPED = "skipped"
    FAILED = "failed"
    FORGOTTEN = "forgotten"  # by the runner; it stays so


BROUGHT = (Fate.ADDED, Fate.UPDATED, Fate.MERGED)  # something came into the history
# In the order in which it is told.
VERDICTS = {
    Fate.ADDED: "new",
    Fate.UPDATED: "updated",
    Fate.MERGED: "merged with a run that was there",
    Fate.ALREADY_THERE: "already there",
    Fate.NOT_A_RUN: "not a run",
    Fate.SKIPPED: "skipped",
    Fate.FAILED: "failed",
}
MOST_SHOWN = 12
LONGEST_REASON = 200  # of a skipped file; it may hold words of the file


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
    cut: Sequence[tuple[str, str]]
    dry_run: bool

    @property
    def nothing_done(self) -> bool:
        """Whether something failed and nothing else came of it; what was skipped is nothing."""
        done = VERDICTS.keys() - {Fate.SKIPPED, Fate.FAILED}
        return bool(self.failed) and not any(self.counts.get(verdict) for verdict in done)


def ledger_of(outcomes: Iterable[Any], *, dry_run: bool = False) -> Ledger:
    """The outcomes added up; each has name, verdict, dynamics, reason, beside and cut."""
    seen = list(outcomes)
    return Ledger(
        counts=Counter(each.verdict for each in seen),
        without_dynamics=sum(each.verdict in (Fate.ADDED, Fate.UPDATED) and not each.dynamics for each in seen),
        failed=[(each.name, each.reason) for each in seen if each.verdict == Fate.FAILED],
        beside=[(each.name, each.beside) for each in seen if each.beside],
        skipped=Counter(each.reason for each in seen if each.verdict == Fate.SKIPPED),
        cut=[(each.name, each.cut) for each in seen if each.cut],
        dry_run=dry_run,
    )


def summary(ledger: Ledger, elapsed_s: float, remarks: Sequence[str] = ()) -> list[Section]:
    """One line of counts, then what failed and what looks like somebody else's run. remarks: on the sources."""
    counts = {verdict: ledger.counts.get(verdict, 0) for verdict in VERDICTS}
    parts = [f"{number(n)} {VERDICTS[verdict]}" for verdict, n in counts.items() if n or verdict == Fate.ADDED]
    if ledger.without_dynamics:
        parts.insert(1, f"of which {number(ledger.without_dynamics)} without running dynamics")
    if ledger.cut:
        parts.append(f"{number(len(ledger.cut))} of these cut short")
    line = f"{'Would be: ' if ledger.dry_run else ''}{', '.join(parts)}, in {minutes(elapsed_s)}."
    often_first = sorted(ledger.skipped.items(), key=lambda one: (-one[1], one[0]))
    skipped = [f"Skipped {number(count)}: {_reason(why, count)}." for why, count in often_first]
    overlaps = [f"{path(clean(name))} overlaps {', '.join(runs)}" for name, runs in ledger.beside]
    strangers = "Perhaps somebody else's. --runner NAME keeps runners apart; kneedrive forget RUN takes one out."
    return [
        [Prose(line), *_first(skipped, "more reason")],
        _part("could not be read", _files(ledger.failed)),
        _part("cut short, taken in as far as they go", _files(ledger.cut)),
        _part("runs at the same time that are not alike", overlaps, strangers),
        [Prose(text) for text in remarks],
    ]


def _reason(why: str, count: int) -> str:
    """A reason as it is said of a file ("holds no track") or of a kind of files ("planned routes")."""
    text = clean(why, LONGEST_REASON)
    subject = "it" if count == 1 else "each"
    return f"{subject} {text}" if text.startswith(("holds ", "is ", "comes ", "has ")) else text


def _files(files: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{path(clean(name))}: {why}" for name, why in files]


def _part(title: str, items: Sequence[str], opening: str = "") -> Section:
    above = [Prose(opening)] if opening else []
    return [Heading(title), *above, *_first(items, "more file")] if items else []


def _first(items: Sequence[str], others: str) -> list[Items]:
    """The first of these sentences, and how many `others` there are."""
    more = len(items) - MOST_SHOWN
    rest = [f"and {plural(more, others)}; --json lists them all"] if more > 0 else []
    return [Items([*items[:MOST_SHOWN], *rest])] if items else []


def problem(error: KneedriveError, service: str, utc_offset_s: int) -> str:
    """What stopped a source, with the time to come back as the runner's clock shows it."""
    if not isinstance(error, RateLimited):
        return str(error)
    return (
        f"{service} asks for a pause: go on after {start(error.retry_at, utc_offset_s)}, by the same command, or "
        "let --wait do it; what was fetched is kept"
    )


# For programs.


def ledger_record(ledger: Ledger) -> dict[str, Any]:
    """An import: counts by verdict, and each file that failed, was cut short or overlaps."""
    return {
        "schema_version": 1,
        **{verdict: ledger.counts.get(verdict, 0) for verdict in VERDICTS if verdict != Fate.FAILED},
        "without_dynamics": ledger.without_dynamics,
        "cut_short": [{"name": name, "where": where} for name, where in ledger.cut],
        "failed": len(ledger.failed),
        "failures": [{"name": name, "reason": reason} for name, reason in ledger.failed],
        "overlapping": [{"name": name, "runs": list(runs)} for name, runs in ledger.beside],
        "skipped_by_reason": dict(sorted(ledger.skipped.items())),
        "dry_run": ledger.dry_run,
    }


def record(summed: Ledger, sources: Sequence[Mapping[str, Any]], runs: Sequence[str]) -> dict[str, Any]:
    """A sync: the counts of all sources together, then each source with what stopped it."""
    counts = ledger_record(summed)
    new = {"schema_version": counts.pop("schema_version"), "new": counts.pop("added")}
    again = sorted(each["retry_at"] for each in sources if each["retry_at"])
    return {**new, **counts, "retry_at": again[-1] if again else None, "sources": list(sources), "runs": list(runs)}


def source_record(name: str, counted: Mapping[str, int], error: KneedriveError | None) -> dict[str, Any]:
    """One source: its counts, and the error that stopped it with the time to come back."""
    verdicts = {"new" if each == Fate.ADDED else each: counted.get(each, 0) for each in VERDICTS}
    retry_at = error.retry_at if isinstance(error, RateLimited) else None
    return {
        "source": name,
        **verdicts,
        "error": {"code": error.code, "message": str(error)} if error else None,
        "retry_at": retry_at.isoformat().replace("+00:00", "Z") if retry_at else None,
    }
