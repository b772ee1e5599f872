"""What a sync says: counts, problems in local time, the week so far, and who is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
from kneedrive.report.run import credit

from kneedrive.analysis.result import Analysis
from kneedrive.errors import Forbidden, NotAuthorised, RateLimited
from kneedrive.history.result import Week, WeeklyView, WeekValue
from kneedrive.report import history, lists, run, verdict
from kneedrive.report.text import Style
from tests.report import cases

STYLE = Style(width=80)
MONDAY = date(2026, 11, 16)
AT = datetime(2026, 11, 18, tzinfo=UTC)


class Outcome(NamedTuple):
    name: str
    verdict: str
    dynamics: bool = True
    reason: str = ""
    beside: tuple[str, ...] = ()
    cut: str = ""


def value(middle: float, runs: int = 2) -> WeekValue:
    return WeekValue(value=middle, low=middle - 0.5, high=middle + 0.5, runs=runs, at=AT)


def week(back: int, runs: int = 2, segment: int | None = 0, **values: WeekValue) -> Week:
    return Week(
        monday=MONDAY - timedelta(weeks=back),
        runs=runs,
        distance_m=10_000.0 * runs,
        duration_s=3600.0 * runs,
        slow_s=0.0,
        shuffle_share=None,
        values=values,
        sensor="garmin_strap",
        segment=segment,
    )


def view(*weeks: Week) -> WeeklyView:
    return WeeklyView(
        until=MONDAY + timedelta(days=4),
        weeks=weeks,
        breaks=(),
        trends=(),
        verdicts=(),
        sensor="garmin_strap",
        surface="outdoor",
        reference_speed_mps=3.0,
        slow_speed_mps=2.7,
        computed=None,
    )


def said(*weeks: Week) -> str:
    return " ".join(" ".join(history.week_so_far(view(*weeks), STYLE)).replace("\u00a0", " ").split())


def before(**values: WeekValue) -> list[Week]:
    return [week(back).replace(values=values) for back in (4, 3, 2, 1)]


def test_a_week_is_held_against_the_mean_of_the_four_before() -> None:
    text = said(*before(), week(0, runs=1))

    assert "1 run, 10.0 km, 1 h 0 min so far." in text
    assert "A week of the 4 before: 2.0 runs, 20.0 km, 2 h 0 min." in text


def test_weeks_without_a_run_count_in_the_mean() -> None:
    weeks = [week(4), week(3, runs=0), week(2, runs=0), week(1)]

    assert "A week of the 4 before: 1.0 runs, 10.0 km" in said(*weeks, week(0))


def test_a_week_without_a_run_says_so() -> None:
    assert "No run so far." in said(*before(), week(0, runs=0))


def test_nothing_before_is_said() -> None:
    assert "There is no run in the four weeks before." in said(*[week(back, runs=0) for back in (4, 3, 2, 1)], week(0))


@pytest.mark.parametrize(
    ("now", "words"),
    [
        pytest.param(0.4, "No difference that can be told from chance", id="inside"),
        pytest.param(0.6, "One week alone proves little", id="outside"),
        pytest.param(-0.6, "One week alone proves little", id="below"),
    ],
)
def test_a_score_is_compared_by_its_interval(now: float, words: str) -> None:
    assert words in said(*before(D=value(0.0)), week(0, D=value(now)))


def test_the_usual_score_is_weighted_by_runs() -> None:
    weeks = [week(4), week(3), week(2, D=value(3.0, runs=1)), week(1, D=value(0.0, runs=2))]

    assert "+1.0 before" in said(*weeks, week(0, D=value(1.0)))


def test_scores_of_another_sensor_are_not_compared() -> None:
    weeks = [week(back, segment=0, D=value(2.0)) for back in (4, 3, 2, 1)]

    assert "Drive" not in said(*weeks, week(0, segment=1, D=value(0.0)))


def test_the_counts_say_once_why_something_was_skipped() -> None:
    outcomes = [Outcome("a", "added", dynamics=False), *[Outcome("b", "skipped", reason="is a stub")] * 3]
    text = history.counts(lists.ledger_of(outcomes), ["A folder is not there."], STYLE, 2.0)

    assert text.splitlines()[0] == "1 new, of which 1 without running dynamics, 3 skipped, in 2 s."
    assert "Skipped 3: each is a stub." in text
    assert text.count("stub") == 1
    assert "A folder is not there." in text


def test_a_pause_is_told_in_local_time() -> None:
    error = RateLimited("go on after 23:30 UTC", retry_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))

    text = history.problem(error, "Strava", 3600)

    assert "Strava asks for a pause: go on after Sat 21 Nov 2026, 00:30" in text
    assert "--wait" in text


def test_other_problems_are_told_as_they_are() -> None:
    assert history.problem(NotAuthorised("log in: now"), "Strava", 0) == "log in: now"


def test_the_record_has_the_latest_time_to_come_back() -> None:
    errors = [RateLimited("x", retry_at=datetime(2026, 11, 20, hour, tzinfo=UTC)) for hour in (9, 21)]
    sources = [history.source_record(name, {"added": 2}, error) for name, error in zip("ab", errors, strict=True)]
    record = history.record(lists.ledger_of([Outcome("a", "added")]), sources, ["id"])

    assert record["retry_at"] == "2026-11-20T21:00:00Z"
    assert (record["new"], record["sources"][0]["new"]) == (1, 2)
    assert record["sources"][0]["error"] == {"code": "rate_limited", "message": "x"}
    assert record["runs"] == ["id"]


def test_the_record_of_a_source_that_was_read_to_the_end_has_no_error() -> None:
    told = history.source_record("folder", {}, None)

    assert (told["error"], told["retry_at"], told["new"]) == (None, None, 0)


def test_a_refusal_has_no_time_to_come_back() -> None:
    assert history.source_record("strava", {}, Forbidden("no"))["retry_at"] is None


@pytest.mark.parametrize(
    ("formats", "named"), [(["fit"], False), (["fit", "strava"], True), (["fit,strava"], True), ([], False)]
)
def test_strava_is_named_where_it_is_part(formats: list[str], named: bool) -> None:
    assert credit(formats, STYLE) == (["Powered by Strava"] if named else [])


@pytest.mark.parametrize("case", [cases.speed_and_cadence, cases.averages_only, cases.too_few])
def test_a_run_from_strava_alone_says_once_what_it_cannot_tell_and_where_the_rest_is(
    case: Callable[[], Analysis],
) -> None:
    analysis = case()
    analysis = analysis.replace(activity=analysis.activity.replace(format="strava"), provenance="none")

    text = " ".join(run.render(analysis, STYLE).split())

    assert text.count("cannot be said from it") == 1
    assert "from the watch itself, through intervals.icu, or in Strava's bulk export" in text
    assert text.count("Powered by Strava") == 1
    assert "chest strap" not in text
    assert verdict.SPEED_AND_CADENCE not in text


def test_a_run_of_a_file_does_not_speak_of_strava() -> None:
    assert "Strava" not in run.render(cases.speed_and_cadence(), STYLE)
