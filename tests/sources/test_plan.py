"""What a sync decides: pure tables, and the walk that fetches."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from kneedrive.errors import Forbidden, NotAuthorised, RateLimited, SourceError, Unreachable, Withheld
from kneedrive.sources.plan import (
    EARLIEST,
    Action,
    Fetched,
    Listed,
    Outcome,
    Step,
    completed,
    follow,
    listing_from,
    plan,
)

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
DAY = timedelta(days=1)
LOOKBACK = 365 * DAY


def item(name: str, days_ago: float | None = 1, version: str = "v1", skip: str = "") -> Listed:
    started_at = None if days_ago is None else NOW - days_ago * DAY
    return Listed(id=name, version=version, started_at=started_at, sport="running", skip=skip)


@pytest.mark.parametrize(
    ("listed", "action", "fetches"),
    [
        (item("unheard of"), Action.NEW, True),
        (item("held"), Action.KNOWN, False),
        (item("held", version="v2"), Action.UPDATED, True),
        (item("unheard of", skip="not a run"), Action.SKIPPED, False),
        (item("held", version="v2", skip="not a run"), Action.SKIPPED, False),
    ],
)
def test_each_activity_has_one_decision(listed: Listed, action: str, fetches: bool) -> None:
    (step,) = plan([listed], {"held": "v1"})

    assert (step.action, step.fetches, step.item) == (action, fetches, listed)


def test_the_latest_comes_first_and_the_undated_last() -> None:
    steps = plan([item("old", 9), item("undated", None), item("new", 1), item("middle", 5)], {})

    assert [step.item.id for step in steps] == ["new", "middle", "old", "undated"]


def test_the_order_of_the_list_does_not_matter() -> None:
    items = [item(str(number), number % 3) for number in range(9)]

    assert plan(items, {}) == plan(reversed(items), {})


def test_what_is_listed_twice_is_done_once() -> None:
    assert len(plan([item("a"), item("a")], {})) == 1


@pytest.mark.parametrize(
    ("complete_to", "since", "full", "expected"),
    [
        (None, None, False, None),
        (NOW, None, False, NOW - LOOKBACK),
        (NOW + 99 * LOOKBACK, None, False, NOW - LOOKBACK),  # synced by a clock that was years ahead
        (NOW - 9 * DAY, None, False, NOW - 9 * DAY - LOOKBACK),
        (datetime.min.replace(tzinfo=UTC), None, False, None),  # before there was any watch
        (EARLIEST, None, False, None),
        (NOW, NOW - DAY, False, NOW - DAY),
        (None, NOW - DAY, False, NOW - DAY),
        (NOW, None, True, None),
        (NOW, NOW - DAY, True, NOW - DAY),
        (NOW, datetime.min.replace(tzinfo=UTC), False, None),
    ],
)
def test_where_a_listing_begins(
    complete_to: datetime | None, since: datetime | None, full: bool, expected: datetime | None
) -> None:
    assert listing_from(None if full else complete_to, NOW, LOOKBACK, since) == expected


@pytest.mark.parametrize(
    ("before", "listed_from", "left", "expected"),
    [
        (None, None, [], NOW),  # everything was listed and done
        (None, None, [item("a", 9), item("b", 4)], NOW - 9 * DAY),
        (None, None, [item("a", None)], None),  # who knows when it was
        (None, NOW - 30 * DAY, [], None),  # what lies before was never looked at
        (NOW - 20 * DAY, NOW - 50 * DAY, [], NOW),
        (NOW - 20 * DAY, NOW - 20 * DAY, [], NOW),
        (NOW - 20 * DAY, NOW - 5 * DAY, [], NOW - 20 * DAY),  # fifteen days lie open between
        (NOW - 20 * DAY, NOW - 50 * DAY, [item("a", 3)], NOW - 3 * DAY),
        (NOW - 20 * DAY, NOW - 50 * DAY, [item("a", 40)], NOW - 40 * DAY),  # it goes back, to be met again
        (NOW - 20 * DAY, NOW - 50 * DAY, [item("a", -1)], NOW),  # a watch set to tomorrow
    ],
)
def test_how_far_nothing_is_open(
    before: datetime | None, listed_from: datetime | None, left: list[Listed], expected: datetime | None
) -> None:
    assert completed(before, listed_from, NOW, left) == expected


class Scripted:
    """A source that answers as told, by id: bytes, None, or an error."""

    name = "scripted"
    lookback = LOOKBACK

    def __init__(self, script: dict[str, Fetched | SourceError | None]) -> None:
        self.script = script
        self.asked: list[str] = []

    def listing(self, since: datetime | None) -> Iterator[Listed]:
        yield from (item(name) for name in self.script)

    def fetch(self, item: Listed) -> Fetched | None:
        self.asked.append(item.id)
        answer = self.script[item.id]
        if isinstance(answer, SourceError):
            raise answer
        return answer


def body(name: str) -> Fetched:
    return Fetched(source="scripted", id=name, version="v1", format="fit", name=name, body=b"x", fetched_at=NOW)


def steps(*ids: str) -> tuple[Step, ...]:
    return tuple(Step(action=Action.NEW, item=item(name)) for name in ids)


def test_only_what_is_new_or_changed_is_fetched() -> None:
    source = Scripted({"a": body("a"), "b": body("b"), "c": body("c"), "d": None})
    actions = (Action.NEW, Action.KNOWN, Action.UPDATED, Action.SKIPPED)
    mixed = [Step(action=action, item=item(name)) for action, name in zip(actions, "abcd", strict=True)]

    done = list(follow(source, mixed))

    assert source.asked == ["a", "c"]
    assert [outcome.fetched and outcome.fetched.id for outcome in done] == ["a", "c"]


def test_nothing_is_fetched_before_it_is_asked_for() -> None:
    """The caller stores one before the next is requested: a kill loses at most the one in hand."""
    source = Scripted({"a": body("a"), "b": body("b")})
    walk = follow(source, steps("a", "b"))

    next(walk)

    assert source.asked == ["a"]


def test_what_is_gone_has_neither_bytes_nor_a_problem() -> None:
    assert list(follow(Scripted({"a": None}), steps("a"))) == [Outcome(step=steps("a")[0])]


def followed(source: Scripted, asked: Sequence[Step]) -> tuple[list[Outcome], SourceError | None]:
    """Every outcome, and what stopped the walk."""
    done: list[Outcome] = []
    try:
        for outcome in follow(source, asked):
            done.append(outcome)  # noqa: PERF402  (what came before an error counts)
    except SourceError as error:
        return done, error
    return done, None


def blamed(done: Sequence[Outcome]) -> str:
    return "".join(each.step.item.id for each in done if each.problem and not each.excused)


def excused(done: Sequence[Outcome]) -> str:
    return "".join(each.step.item.id for each in done if each.excused)


DOUBTFUL = [Unreachable("broke off"), Forbidden("no"), NotAuthorised("not you")]


@pytest.mark.parametrize("broken", DOUBTFUL, ids=lambda error: type(error).__name__)
def test_a_single_failure_does_not_stop_the_rest(broken: SourceError) -> None:
    source = Scripted({"a": broken, "b": body("b"), "c": broken, "d": broken, "e": body("e")})

    done, stop = followed(source, steps(*"abcde"))

    assert [outcome.problem for outcome in done] == [broken, None, broken, broken, None]
    assert (stop, excused(done)) == (None, "")


@pytest.mark.parametrize("broken", DOUBTFUL, ids=lambda error: type(error).__name__)
def test_three_failures_in_a_row_are_the_service_where_nothing_is_known_to_be_good(broken: SourceError) -> None:
    source = Scripted(dict.fromkeys("abcd", broken))

    done, stop = followed(source, steps(*"abcd"))

    assert stop is broken
    assert source.asked == ["a", "b", "c"]
    assert (blamed(done), excused(done)) == ("", "abc")


@pytest.mark.parametrize("known", [True, False], ids=["known", "fetched before"])
def test_three_failures_in_a_row_are_the_activities_where_the_service_serves_another(known: bool) -> None:
    source = Scripted({"z": body("z"), **dict.fromkeys("abc", Unreachable("broke off")), "d": body("d")})
    first = Step(action=Action.KNOWN if known else Action.NEW, item=item("z"))

    done, stop = followed(source, (first, *steps(*"abcd")))

    assert stop is None
    assert source.asked == ([] if known else ["z"]) + ["a", "b", "c", "z", "d"]
    assert (blamed(done), done[-1].fetched) == ("abc", body("d"))


def test_a_service_that_no_longer_serves_what_it_did_blames_nobody() -> None:
    broken = Unreachable("broke off")
    source = Scripted(dict.fromkeys("zabcd", broken))

    done, stop = followed(source, (Step(action=Action.KNOWN, item=item("z")), *steps(*"abcd")))

    assert stop is broken
    assert source.asked == ["a", "b", "c", "z"]
    assert (blamed(done), excused(done)) == ("", "abc")


@pytest.mark.parametrize(("good", "told"), [(body("z"), ("a", "")), (Unreachable("broke off"), ("", "a"))])
def test_the_last_failures_are_put_to_the_test_too(good: Fetched | SourceError, told: tuple[str, str]) -> None:
    source = Scripted({"z": good, "a": Unreachable("broke off")})

    done, stop = followed(source, (Step(action=Action.KNOWN, item=item("z")), *steps("a")))

    assert (blamed(done), excused(done)) == told
    assert (stop is None) == (told[1] == "")


@pytest.mark.parametrize("broken", [Unreachable("503"), NotAuthorised("not you")], ids=["unreachable", "login"])
@pytest.mark.parametrize("ids", ["a", "ab"])
def test_an_outage_is_not_blamed_on_the_only_activities(broken: SourceError, ids: str) -> None:
    """No other is known that could show that the service is well."""
    done, stop = followed(Scripted(dict.fromkeys(ids, broken)), steps(*ids))

    assert stop is broken
    assert (blamed(done), excused(done)) == ("", ids)


def test_the_only_activity_is_to_blame_where_it_is_forbidden() -> None:
    no, down = Forbidden("no"), Unreachable("503")

    assert blamed(followed(Scripted({"a": no}), steps("a"))[0]) == "a"
    done, stop = followed(Scripted({"a": no, "b": down}), steps(*"ab"))
    assert (blamed(done), excused(done), stop) == ("a", "b", down)


def test_what_is_complete_in_the_list_proves_nothing() -> None:
    """A run typed in by hand is fetched without a request."""
    source = Scripted({"z": body("z"), **dict.fromkeys("abc", Unreachable("broke off"))})
    typed = Step(action=Action.NEW, item=item("z").replace(complete=True))

    done, stop = followed(source, (*steps("a", "b"), typed, *steps("c"), typed.replace(action=Action.KNOWN)))

    assert isinstance(stop, Unreachable)
    assert source.asked == ["a", "b", "z", "c"]
    assert excused(done) == "abc"


def test_what_failed_before_comes_last() -> None:
    found = plan([item("a", 1), item("b", 2), item("c", 3), item("d", 4)], {}, failed={"a", "c"})

    assert [step.item.id for step in found] == ["b", "d", "a", "c"]


def test_activities_that_cannot_be_had_are_not_the_connection() -> None:
    source = Scripted(dict.fromkeys("abcdef", Withheld("no file for this one")))

    done, stop = followed(source, steps(*"abcdef"))

    assert (blamed(done), stop) == ("abcdef", None)


@pytest.mark.parametrize("error", [RateLimited("later", retry_at=NOW), SourceError("the login cannot be saved")])
@pytest.mark.parametrize("first", [True, False], ids=["first", "as a proof"])
def test_what_concerns_all_is_raised_at_once(error: SourceError, first: bool) -> None:
    source = Scripted({"z": error, "a": error if first else Forbidden("no"), "b": body("b")})
    asked = (Step(action=Action.KNOWN, item=item("z")), *steps("a"), *(steps("b") if first else ()))

    done, stop = followed(source, asked)

    assert (done, stop) == ([], error)
    assert source.asked == (["a"] if first else ["a", "z"])
