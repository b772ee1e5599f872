"""Lists from the store and the ledger of an import or a sync."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from kneedrive.errors import Forbidden, NotAuthorised, RateLimited
from kneedrive.recording import Outline
from kneedrive.report import lists, terminal
from kneedrive.report.blocks import Style
from kneedrive.report.lists import credit
from kneedrive.store.rows import RunRow, SourceRow

STARTED = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)


def row(**given: Any) -> RunRow:
    """A stored run; what is not given is a drive-like run from a strap."""
    usual = {
        "id": "0123456789ab",
        "started_at": STARTED,
        "utc_offset_s": 3600,
        "device": "",
        "sensor": "garmin_strap",
        "firmware": "",
        "surface": "outdoor",
        "duration_s": 3661.0,
        "distance_m": 10_040.0,
        "status": "assessed",
        "dynamics": 2,
        "recordings": 1,
        "epochs_total": 120,
        "epochs_scored": 100,
        "label": "drive-like",
        "certainty": "spoken",
        "D": 1.44,
        "D_se": 0.4,
        "P": -0.3,
        "P_se": 0.4,
        "G": 0.0,
        "G_se": 0.4,
        "K": 0.0,
        "K_se": 0.4,
    }
    return RunRow(**{**usual, **given})


def table(width: int, *rows: RunRow, miles: bool = False) -> list[str]:
    return terminal.render(lists.runs(rows or (row(),), lambda _: 7200, miles=miles), Style(width=width)).splitlines()


@pytest.mark.parametrize(
    ("width", "heads"),
    [
        (80, ["id", "start", "km", "time", "/km", "sensor", "found"]),
        (70, ["id", "start", "km", "time", "/km", "found"]),
        (60, ["id", "start", "km", "/km", "found"]),
    ],
)
def test_what_was_found_is_the_last_column_to_go(width: int, heads: list[str]) -> None:
    lines = table(width, row(label="short-airy", certainty="spoken"))

    assert lines[0].split() == heads
    assert lines[1].endswith("quick, light steps")
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "drive-like"),
        ({"certainty": "leaning"}, "leans drive-like"),
        ({"certainty": "open"}, "nothing clear"),
        ({"label": "neutral"}, "nothing unusual"),
        ({"label": "neutral", "certainty": "leaning"}, "nothing unusual"),
        ({"label": "", "certainty": "", "status": "too few epochs"}, "too little to judge"),
        ({"label": "", "certainty": "", "status": "walk"}, "walk"),
    ],
)
def test_what_was_found_in_a_few_words(given: dict[str, str], said: str) -> None:
    assert table(80, row(**given))[1].endswith(said)


@pytest.mark.parametrize(("offset_s", "start"), [(3600, "07:30"), (None, "08:30")])
def test_a_run_starts_by_the_clock_of_its_runner(offset_s: int | None, start: str) -> None:
    assert f"2026-03-02 {start}" in table(80, row(utc_offset_s=offset_s))[1]


def test_columns_name_their_units() -> None:
    heads, line = table(80, miles=True)[:2]

    assert heads.split()[2:5] == ["miles", "time", "/mile"]
    assert line.split()[3:6] == ["6.2", "1:01:01", "9:47"]


def test_what_a_recording_gives_is_named_in_full_and_its_id_as_it_is_written() -> None:
    outline = Outline(
        id="0123456789ab",
        format="fit",
        device="Garmin FR965",
        started_at=STARTED,
        duration_s=600.0,
        elapsed_s=600.0,
        distance_m=2000.0,
        heart_rate_bpm=None,
        dynamics=2,
    )
    given = SourceRow(
        outline=outline,
        provenance="garmin_strap",
        verdict="",
        name="run.fit",
        sources=("file",),
        channels=("vertical_ratio", "stance_time_s"),
        kept=True,
    )

    text = terminal.render(lists.sources([given], miles=False), Style(width=80))

    assert text.startswith("0123456789ab  FIT  Garmin FR965\n")
    assert "Gives: vertical ratio, ground contact time." in text


# What an import says it did: counts, why files were skipped, what was cut short.

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
    return terminal.render(lists.ledger(lists.ledger_of(outcomes), 2.0), Style(width=width))


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
    record = lists.ledger_record(lists.ledger_of([Outcome("a.fit", "added", cut="there"), Outcome("b", "added")]))

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
    assert lists.ledger_of([Outcome("a", verdict) for verdict in verdicts]).nothing_done is nothing


# What a sync says: counts, problems in local time, and who is named.

STYLE = Style(width=80)


def test_the_counts_say_once_why_something_was_skipped() -> None:
    outcomes = [Outcome("a", "added", dynamics=False), *[Outcome("b", "skipped", reason="is a stub")] * 3]
    text = terminal.render(lists.ledger(lists.ledger_of(outcomes), 2.0, ["A folder is not there."]), STYLE)

    assert text.splitlines()[0] == "1 new, of which 1 without running dynamics, 3 skipped, in 2 s."
    assert "Skipped 3: each is a stub." in text
    assert text.count("stub") == 1
    assert "A folder is not there." in text


def test_a_pause_is_told_in_local_time() -> None:
    error = RateLimited("go on after 23:30 UTC", retry_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))

    text = lists.problem(error, "Strava", 3600)

    assert "Strava asks for a pause: go on after Sat 21 Nov 2026, 00:30" in text
    assert "--wait" in text


def test_other_problems_are_told_as_they_are() -> None:
    assert lists.problem(NotAuthorised("log in: now"), "Strava", 0) == "log in: now"


def test_the_record_has_the_latest_time_to_come_back() -> None:
    errors = [RateLimited("x", retry_at=datetime(2026, 11, 20, hour, tzinfo=UTC)) for hour in (9, 21)]
    sources = [lists.source_record(name, {"added": 2}, error) for name, error in zip("ab", errors, strict=True)]
    record = lists.sync_record(lists.ledger_of([Outcome("a", "added")]), sources, ["id"])

    assert record["retry_at"] == "2026-11-20T21:00:00Z"
    assert (record["new"], record["sources"][0]["new"]) == (1, 2)
    assert record["sources"][0]["error"] == {"code": "rate_limited", "message": "x"}
    assert record["runs"] == ["id"]


def test_the_record_of_a_source_that_was_read_to_the_end_has_no_error() -> None:
    told = lists.source_record("folder", {}, None)

    assert (told["error"], told["retry_at"], told["new"]) == (None, None, 0)


def test_a_refusal_has_no_time_to_come_back() -> None:
    assert lists.source_record("strava", {}, Forbidden("no"))["retry_at"] is None


@pytest.mark.parametrize(
    ("formats", "named"), [(["fit"], False), (["fit", "strava"], True), (["fit,strava"], True), ([], False)]
)
def test_strava_is_named_where_it_is_part(formats: list[str], named: bool) -> None:
    assert terminal.render([credit(formats)], STYLE).strip() == ("Powered by Strava" if named else "")
