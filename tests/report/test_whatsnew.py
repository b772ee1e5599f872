"""What a sync says: counts, problems in local time, and who is named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from kneedrive.errors import Forbidden, NotAuthorised, RateLimited
from kneedrive.report import ledger, terminal
from kneedrive.report.blocks import Style
from kneedrive.report.lists import credit

STYLE = Style(width=80)


class Outcome(NamedTuple):
    name: str
    verdict: str
    dynamics: bool = True
    reason: str = ""
    beside: tuple[str, ...] = ()
    cut: str = ""


def test_the_counts_say_once_why_something_was_skipped() -> None:
    outcomes = [Outcome("a", "added", dynamics=False), *[Outcome("b", "skipped", reason="is a stub")] * 3]
    text = terminal.render(ledger.summary(ledger.ledger_of(outcomes), 2.0, ["A folder is not there."]), STYLE)

    assert text.splitlines()[0] == "1 new, of which 1 without running dynamics, 3 skipped, in 2 s."
    assert "Skipped 3: each is a stub." in text
    assert text.count("stub") == 1
    assert "A folder is not there." in text


def test_a_pause_is_told_in_local_time() -> None:
    error = RateLimited("go on after 23:30 UTC", retry_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))

    text = ledger.problem(error, "Strava", 3600)

    assert "Strava asks for a pause: go on after Sat 21 Nov 2026, 00:30" in text
    assert "--wait" in text


def test_other_problems_are_told_as_they_are() -> None:
    assert ledger.problem(NotAuthorised("log in: now"), "Strava", 0) == "log in: now"


def test_the_record_has_the_latest_time_to_come_back() -> None:
    errors = [RateLimited("x", retry_at=datetime(2026, 11, 20, hour, tzinfo=UTC)) for hour in (9, 21)]
    sources = [ledger.source_record(name, {"added": 2}, error) for name, error in zip("ab", errors, strict=True)]
    record = ledger.record(ledger.ledger_of([Outcome("a", "added")]), sources, ["id"])

    assert record["retry_at"] == "2026-11-20T21:00:00Z"
    assert (record["new"], record["sources"][0]["new"]) == (1, 2)
    assert record["sources"][0]["error"] == {"code": "rate_limited", "message": "x"}
    assert record["runs"] == ["id"]


def test_the_record_of_a_source_that_was_read_to_the_end_has_no_error() -> None:
    told = ledger.source_record("folder", {}, None)

    assert (told["error"], told["retry_at"], told["new"]) == (None, None, 0)


def test_a_refusal_has_no_time_to_come_back() -> None:
    assert ledger.source_record("strava", {}, Forbidden("no"))["retry_at"] is None


@pytest.mark.parametrize(
    ("formats", "named"), [(["fit"], False), (["fit", "strava"], True), (["fit,strava"], True), ([], False)]
)
def test_strava_is_named_where_it_is_part(formats: list[str], named: bool) -> None:
    assert terminal.render([credit(formats)], STYLE).strip() == ("Powered by Strava" if named else "")
