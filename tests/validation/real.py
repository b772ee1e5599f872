"""Part (d): the real recordings by class of sensor: labels, what is left out, what is computed, what is usual."""

from __future__ import annotations

from collections import Counter

import numpy as np

from kneedrive.histories.segments import column, computed, residual_sd
from kneedrive.method import Method
from kneedrive.recording import Array
from kneedrive.sensors import REFERENCES
from tests.validation.bias import biases, proposals
from tests.validation.page import Section, counted, listing, one, paragraph, percent, table, two
from tests.validation.runs import Looked, looks
from tests.validation.sizes import Crew, Size

METHOD = Method()
REASONS_SHOWN = 5


def part(size: Size, crew: Crew) -> Section:
    """The section."""
    seen = list(looks(size.real_every, crew))
    return Section(
        "d",
        "Real recordings by class of sensor",
        (
            "Two histories of one runner each (one changes from a strap or pod to the wrist, one is COROS throughout) "
            "and single files from public sources, taken as one runner each. Heights are those of the files, where "
            "they have one. Files are counted, never named.",
            *labels(seen),
            *left_out(seen),
            *contact(seen),
            *biases(seen),
            *proposals(seen),
        ),
    )


def of_class(seen: list[Looked]) -> dict[str, list[Looked]]:
    """The sessions by class, in the order of the references."""
    return {word: mine for word in REFERENCES if (mine := [one for one in seen if one.past.sensor == word])}


def labels(seen: list[Looked]) -> tuple[str, ...]:
    """Which labels each class gets, and how certain."""
    rows = []
    for word, mine in of_class(seen).items():
        assessed = [each for each in mine if each.status == "assessed"]
        named = Counter(f"{each.label} ({each.certainty})" for each in assessed if each.label)
        words = ", ".join(
            f"{label} {count}" for label, count in sorted(named.items(), key=lambda item: (-item[1], item[0]))
        )
        total, kept = sum(each.total for each in assessed), sum(int(each.past.epochs.scored.sum()) for each in assessed)
        runners = len({each.runner for each in mine})
        rows.append(
            (
                f"`{word}`",
                str(runners),
                str(len(mine)),
                str(len(assessed)),
                percent(kept / total if total else None),
                words or "–",
            )
        )
    judged = [each for each in seen if each.basis == "measured"]
    form = [each for each in judged if each.label != "neutral" and each.certainty != "open"]
    spoken = [each for each in form if each.certainty == "spoken"]
    steps = [each for each in seen if each.basis == "steps"]
    leaning = [each for each in steps if each.label != "neutral" and each.certainty != "open"]
    text = paragraph(
        f"**Patterns.** Of the runs with contact or bounce that was measured, {counted(len(form), len(judged))} lean "
        f"towards a pattern other than neutral or speak of one, and {counted(len(spoken), len(judged))} speak of one. "
        f"Of those judged by their steps alone, {counted(len(leaning), len(steps))} lean towards one.",
        "Most sentences about real runs therefore give odds or name no pattern: with the errors between makers, that "
        "is what can be said against other runners."
        if len(spoken) < len(judged) / 4
        else "",
    )
    head = ("class", "runners at most", "sessions", "assessed", "epochs scored", "labels (certainty), sessions")
    return text, table(head, rows)


def left_out(seen: list[Looked]) -> tuple[str, ...]:
    """Why sessions and epochs are not judged."""
    rows = []
    for word, mine in of_class(seen).items():
        status = Counter(each.status for each in mine if each.status != "assessed")
        why = sum((Counter(each.excluded) for each in mine if each.status == "assessed"), Counter())
        total = sum(each.total for each in mine if each.status == "assessed")
        shown = sorted(why.items(), key=lambda item: (-item[1], item[0]))[:REASONS_SHOWN]
        reasons = ", ".join(f"{name} {percent(count / total)}" for name, count in shown)
        sessions = ", ".join(f"{name} {count}" for name, count in sorted(status.items()))
        rows.append((f"`{word}`", sessions or "–", reasons or "–"))
    total = sum(each.total for each in seen if each.status == "assessed")
    kept = sum(int(each.past.epochs.scored.sum()) for each in seen if each.status == "assessed")
    text = paragraph(
        f"**What is left out.** Of the assessed runs {percent(1 - kept / total if total else None)} of the epochs are "
        "not scored; the first gate that catches an epoch is its reason.",
    )
    return text, table(
        ("class", "sessions not assessed", "epochs left out, share of all (five most common reasons)"), rows
    )


def contact(seen: list[Looked]) -> tuple[str, ...]:
    """The computed-sensor test where a runner has enough runs, and inside single runs where not."""
    rows, verdicts = [], {}
    groups = sorted({(each.past.sensor, each.runner) for each in seen if each.past.epochs.scored.any()})
    for word, runner in groups:
        mine = [each.past for each in seen if (each.past.sensor, each.runner) == (word, runner)]
        test = computed(mine, word, METHOD)
        if test.residual_DF is None:
            continue
        verdicts[word] = test.verdict
        tables = [rows_of(past, "stance_time_s") for past in sorted(mine, key=lambda past: past.started_at)]
        tables = [each for each in tables if len(each)]
        left_ms = 1000 * residual_sd(np.concatenate(tables[::2]), np.concatenate(tables[1::2]))
        rows.append(
            (f"`{word}`", str(test.runs), str(test.epochs), two(100 * test.residual_DF), one(left_ms), test.verdict)
        )
    text = paragraph(
        "**Computed or measured?** What a polynomial in speed and cadence, fitted on every other run, leaves of the "
        "others: of the duty factor in percentage points, of the contact time in ms. At most 0.30 pp counts as "
        "computed.",
        f"Computed: {listing([word for word, verdict in verdicts.items() if verdict == 'computed'])}; measured: "
        f"{listing([word for word, verdict in verdicts.items() if verdict == 'measured'])}.",
        "Other classes have no runner with eight runs here.",
    )
    parts = [text, table(("class", "runs", "epochs", "duty factor left, pp", "contact left, ms", "verdict"), rows)]
    return *parts, *within_runs(seen)


def within_runs(seen: list[Looked]) -> tuple[str, ...]:
    """The same inside single runs: every other stretch of four epochs fitted, the rest told."""
    found: dict[str, list[tuple[float, float]]] = {}
    for each in seen:
        if each.past.sensor in REFERENCES and each.past.sensor != "none":
            left = [inside(rows_of(each.past, name)) for name in ("duty_factor", "stance_time_s")]
            if not np.isnan(left).any():
                found.setdefault(each.past.sensor, []).append((100 * left[0], 1000 * left[1]))
    rows = []
    for word in REFERENCES:
        if word in found:
            duty, stance = np.median(np.array(found[word]), axis=0).tolist()
            rows.append((f"`{word}`", str(len(found[word])), two(duty), one(stance)))
    text = (
        "Inside single runs (a straight line in speed and cadence fitted on every other stretch of two minutes; "
        "median over runs with 40 epochs and more). One run holds little change of form, so small numbers here prove "
        "nothing alone; they are a lead for classes of which only single files are known."
    )
    return text, table(("class", "runs", "duty factor left, pp", "contact left, ms"), rows)


def rows_of(past: object, name: str) -> Array:
    """Speed, cadence and one more column of the scored epochs that have all three."""
    columns = [column(past, key) for key in ("speed_mps", "cadence_spm", name)]  # type: ignore[arg-type]
    rows = np.column_stack(columns)
    return rows[np.isfinite(rows).all(axis=1)]


def inside(rows: Array) -> float:
    """SD of what a line in speed and cadence leaves in the stretches that it was not fitted on; NaN in short runs."""
    if len(rows) < 40:
        return float("nan")
    fitted = (np.arange(len(rows)) // 4) % 2 == 0
    X = np.column_stack([np.ones(len(rows)), rows[:, :2]])
    coefficients = np.linalg.lstsq(X[fitted], rows[fitted, 2], rcond=None)[0]
    return float(np.std(rows[~fitted, 2] - X[~fitted] @ coefficients))
