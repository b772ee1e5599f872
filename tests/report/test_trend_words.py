"""Trends in sentences."""

from datetime import date

import pytest

from kneedrive.histories.result import Trend, Verdict, WeeklyView
from kneedrive.histories.trend import DIRECTIONS
from kneedrive.patterns import AXES
from kneedrive.report import history


def trend(series: str = "D", verdict: str = "steady", **more: object) -> Trend:
    told: dict[str, object] = {"weeks": 12, "runs": 36, "weeks_missing": 0, "weeks_advised": 0, "detectable": 0.6}
    return Trend(series=series, verdict=Verdict(verdict), **(told | more))  # type: ignore[arg-type]


def view(*trends: Trend, sensor: str = "garmin_strap") -> WeeklyView:
    called = tuple(each.verdict for each in trends if each.called)
    return WeeklyView(
        until=date(2025, 3, 30),
        weeks=(),
        breaks=(),
        trends=trends,
        verdicts=called or (Verdict.STEADY,),
        sensor=sensor,
        surface="outdoor",
        reference_speed_mps=2.8,
        slow_speed_mps=2.4,
        computed=None,
    )


def said(found: WeeklyView) -> str:
    return " ".join(history.sentences(found, miles=False)).replace("\u00a0", " ")


@pytest.mark.parametrize("verdict", [word for series in AXES if series in DIRECTIONS for word in DIRECTIONS[series]])
def test_every_verdict_of_the_analysis_has_its_words(verdict: str) -> None:
    series = next(name for name, words in DIRECTIONS.items() if verdict in words)
    called = trend(series, verdict, change=0.9, low=0.4, high=1.3, first=date(2025, 1, 8))

    assert "a change of 0.9 times the gap between runners (between 0.4 and 1.3)" in said(view(called))
    assert history.trend_headline(view(called)).lower() == verdict


def test_a_falling_trend_tells_its_range_from_the_smaller_to_the_larger() -> None:
    called = trend("D", "towards shuffle", change=-0.9, low=-1.3, high=-0.4, first=date(2025, 1, 8))

    assert "a change of 0.9 times the gap between runners (between 0.4 and 1.3)" in said(view(called))


def test_two_called_trends_are_both_in_the_headline() -> None:
    found = view(trend("D", "towards drive", change=1.0), trend("P", "less bounce", change=-1.0))

    assert history.trend_headline(found) == "Towards drive and less bounce"


def test_no_series_is_called_steady_without_saying_what_would_have_been_seen() -> None:
    assert "A change of 0.6 times the gap between runners would most likely have been seen" in said(view(trend()))


@pytest.mark.parametrize(
    ("detectable", "words"),
    [
        (
            7.4,
            "these weeks cannot tell. They differ so much, or drift so much from one to the next, that only a change "
            "of about 7.4",
        ),
        (None, "these weeks cannot tell: they are too few, or drift too much"),
    ],
)
def test_weeks_that_cannot_tell_say_why_and_claim_no_steadiness(detectable: float | None, words: str) -> None:
    blind = view(trend(verdict="too early to tell", detectable=detectable)).replace(verdicts=(Verdict.TOO_EARLY,))

    assert history.trend_headline(blind) == "Too early to tell"
    assert words in said(blind)
    assert "stands out" not in said(blind)
    assert "0 more are needed" not in said(blind)


def test_too_few_weeks_say_how_many_more() -> None:
    few = trend(verdict="too early to tell", weeks=5, weeks_missing=3, weeks_advised=7, detectable=None)

    assert "5 weeks can be judged, about 3 more are needed" in said(view(few).replace(verdicts=(few.verdict,)))


def test_more_weeks_are_advised_where_few_were_tested() -> None:
    assert "With 3 more weeks" in said(view(trend(weeks_advised=3)))
    assert "With 1 more week " in said(view(trend(weeks_advised=1)))
    assert "firmer" not in said(view(trend()))


@pytest.mark.parametrize(
    ("sensor", "words"), [("none", "no contact time was recorded"), ("apple", "nothing to be held against")]
)
def test_why_only_steps_are_followed(sensor: str, words: str) -> None:
    assert words in said(view(trend("zSL"), sensor=sensor))


def test_only_steps_is_not_said_of_a_sensor_that_measures() -> None:
    assert "Only the length" not in said(view(trend(), trend("P")))
