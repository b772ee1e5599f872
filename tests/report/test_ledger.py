"""What an import says it did: counts, why files were skipped, what was cut short."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from kneedrive.report import ledger, terminal
from kneedrive.report.blocks import Style

PLAN = "holds a track without times: a route or a plan, not a recorded run"
LONG = "is a FIT file of the kind 'monitoring_b, as it was written by a watch of many years ago' and holds no activity"


class Outcome(NamedTuple):
    name: str
    verdict: str
    dynamics: bool = True
    reason: str = ""
    beside: tuple[str, ...] = ()
    cut: str = ""


def said(*outcomes: Outcome, width: int = 200) -> str:
    return terminal.render(ledger.summary(ledger.ledger_of(outcomes), 2.0), Style(width=width))


@pytest.mark.parametrize(
    ("reason", "count", "told"),
    [
        (PLAN, 1, f"Skipped 1: it {PLAN}."),
        (PLAN, 4, f"Skipped 4: each {PLAN}."),
        ("planned routes", 2, "Skipped 2: planned routes."),
        ("deleted by you (import --again takes it back)", 2, "Skipped 2: deleted by you (import"),
        (LONG, 1, f"Skipped 1: it {LONG}."),
    ],
)
def test_a_reason_is_a_sentence_however_many_it_is_of(reason: str, count: int, told: str) -> None:
    text = " ".join(said(*[Outcome("a", "skipped", reason=reason)] * count).split())

    assert told in text


def test_what_was_cut_short_is_counted_and_named() -> None:
    text = said(Outcome("a.fit", "added", cut="the last message is cut off (at byte 20)"), Outcome("b.fit", "added"))

    assert text.splitlines()[0] == "2 new, 1 of these cut short, in 2 s."
    assert "CUT SHORT, TAKEN IN AS FAR AS THEY GO\n  · a.fit: the last message is cut off (at byte 20)" in text


@pytest.mark.parametrize(("count", "others"), [(12, ""), (13, "and 1 more file;"), (40, "and 28 more files;")])
def test_a_long_list_says_how_many_it_leaves_out(count: int, others: str) -> None:
    for changes in ({"beside": ("0123456789ab",)}, {"cut": "there"}, {"verdict": "failed", "reason": "is empty"}):
        given = {"verdict": "added", **changes}
        text = said(*(Outcome(f"{i}.fit", **given) for i in range(count)))  # type: ignore[arg-type]

        assert text.count(".fit") == 12
        assert others in text
        assert ("more file" in text) == bool(others)


def test_the_reasons_left_out_are_counted_too() -> None:
    text = said(*(Outcome(f"{i}.fit", "skipped", reason=f"reason {i}") for i in range(15)))

    assert text.count("Skipped 1: reason") == 12
    assert "and 3 more reasons; --json lists them all" in text


def test_what_is_whole_has_no_such_part() -> None:
    assert "cut" not in said(Outcome("b.fit", "added")).casefold()


def test_programs_learn_where_a_file_was_cut() -> None:
    record = ledger.ledger_record(ledger.ledger_of([Outcome("a.fit", "added", cut="there"), Outcome("b", "added")]))

    assert record["cut_short"] == [{"name": "a.fit", "where": "there"}]


@pytest.mark.parametrize(
    ("verdicts", "nothing"),
    [
        (["failed"], True),
        (["failed", "skipped"], True),
        (["failed", "added"], False),
        (["failed", "already_there"], False),
        (["failed", "not_a_run"], False),
        (["skipped"], False),
        ([], False),
    ],
)
def test_nothing_was_done_where_something_failed_and_nothing_else_came_of_it(
    verdicts: list[str], nothing: bool
) -> None:
    assert ledger.ledger_of([Outcome("a", verdict) for verdict in verdicts]).nothing_done is nothing
