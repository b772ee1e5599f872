"""What an import or a sync did, as lines and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kneedrive.report.layout import finish, flow, heading
from kneedrive.report.style import Style
from kneedrive.report.view import clean, minutes, number, path, plural
from kneedrive.value import Value

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


class Ledger(Value):
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


def render(ledger: Ledger, style: Style, elapsed_s: float) -> str:
    """One line of counts, then what failed and what looks like somebody else's run."""
    parts = [
        f"{number(ledger.counts.get(verdict, 0))} {WORDS[verdict]}" for verdict in VERDICTS if _told(verdict, ledger)
    ]
    if ledger.without_dynamics:
        parts.insert(1, f"of which {number(ledger.without_dynamics)} without running dynamics")
    if ledger.cut:
        parts.append(f"{number(len(ledger.cut))} of these cut short")
    line = f"{', '.join(parts)}, in {minutes(elapsed_s)}."
    blocks = [flow(("Would be: " if ledger.dry_run else "") + line, style, 0) + _skipped(ledger, style)]
    if ledger.failed:
        blocks.append([*heading("could not be read", style), *_named(ledger.failed, style)])
    if ledger.cut:
        blocks.append([*heading("cut short, taken in as far as they go", style), *_named(ledger.cut, style)])
    if ledger.beside:
        blocks.append(_strangers(ledger, style))
    return finish(blocks, style)


def _told(verdict: str, ledger: Ledger) -> bool:
    return verdict == "added" or bool(ledger.counts.get(verdict))


def _named(files: Sequence[tuple[str, str]], style: Style) -> list[str]:
    return _shown([f"{path(clean(name))}: {why}" for name, why in files], "more file", style)


def _shown(said: Sequence[str], others: str, style: Style) -> list[str]:
    """The first of these sentences, and how many `others` there are."""
    lines = [line for text in said[:MOST_SHOWN] for line in flow(text, style, hang=2)]
    more = len(said) - MOST_SHOWN
    return lines + (flow(f"and {plural(more, others)}; --json lists them all", style) if more > 0 else [])


def _skipped(ledger: Ledger, style: Style) -> list[str]:
    """Why files were skipped, the most frequent reason first."""
    reasons = sorted(ledger.skipped.items(), key=lambda one: (-one[1], one[0]))
    return _shown([f"Skipped {number(count)}: {_reason(why, count)}." for why, count in reasons], "more reason", style)


def _reason(why: str, count: int) -> str:
    """A reason as it is said of a file ("holds no track") or of a kind of files ("planned routes")."""
    said = clean(why, LONGEST)
    subject = "it" if count == 1 else "each"
    return f"{subject} {said}" if said.startswith(("holds ", "is ", "comes ", "has ")) else said


def _strangers(ledger: Ledger, style: Style) -> list[str]:
    overlaps = [f"{path(clean(name))} overlaps {', '.join(runs)}" for name, runs in ledger.beside]
    return [
        *heading("runs at the same time that are not alike", style),
        *flow("Perhaps somebody else's. --runner NAME keeps runners apart; kneedrive forget RUN takes one out.", style),
        *_shown(overlaps, "more file", style),
    ]
