"""A coach's key: whose runs it reads, each athlete's under a name of their own."""

from __future__ import annotations

import json

import pytest

from kneedrive.app import accounts, setup
from kneedrive.errors import NotAuthorised
from tests.fakes.intervals import KEY, FakeIntervals, entries
from tests.sync.files import DRIVE, PISTON, SHUFFLE
from tests.sync.household import Household

ANA, BO = "i111", "i222"


@pytest.fixture
def coach(home: Household, intervals: FakeIntervals) -> Household:
    """A coach with runs of their own, and two athletes with one and two."""
    intervals.athletes |= {ANA: entries(1), BO: entries(2)}
    for name, listed in intervals.athletes.items():
        for entry in listed:
            entry["id"] = f"{name}-{entry['id']}"
    every = [entry for listed in intervals.athletes.values() for entry in listed]
    bodies = [DRIVE, PISTON, SHUFFLE] * 2
    intervals.files = {entry["id"]: body for entry, body in zip(every, bodies, strict=True)}
    home.environment["KNEEDRIVE_INTERVALS_ATHLETES"] = f"ana={ANA},bo={BO}"
    return home.with_intervals(intervals)


def runs(home: Household, runner: str) -> int:
    with home.store(runner) as store:
        return len(store.runs())


def test_each_athletes_runs_come_under_their_name(coach: Household) -> None:
    said = coach.run("sync", "--athletes", "--no-report")

    assert said.code == 0
    assert [block.splitlines()[0] for block in said.out.split("\n\n")] == ["ana:", "bo:"]
    assert (runs(coach, "ana"), runs(coach, "bo"), runs(coach, "")) == (1, 2, 0)
    again = [json.loads(line) for line in coach.run("sync", "--athletes", "--json").out.splitlines()]
    assert [each["already_there"] for each in again] == [1, 2]
    assert [each["runner"] for each in again] == ["ana", "bo"]


def test_each_athlete_is_judged_by_a_height_of_their_own(coach: Household) -> None:
    config = coach.folder / "config" / "kneedrive" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[runner]\nname = "coach"\nheight_m = 2.0\n[runners.ana]\nheight_m = 1.6\n', encoding="utf-8")

    coach.run("sync", "--athletes", "--no-report")

    heights = dict(coach.ask("SELECT DISTINCT runner, height_m FROM run"))
    assert heights["ana"] == 1.6
    assert heights["bo"] != 2.0
    assert "Working everything out again" not in coach.run("runs", "--runner", "ana").err


def test_athletes_are_among_the_runners_before_their_first_run(coach: Household) -> None:
    listed = [json.loads(line)["name"] for line in coach.run("runners", "--json").out.splitlines()]

    assert listed == ["ana", "bo"]


def test_one_athlete_by_name_and_the_coach_without_one(coach: Household) -> None:
    coach.run("sync", "intervals", "--runner", "bo", "--no-report")
    refused = coach.run("sync", "intervals", "--no-report")
    coach.run("sync", "intervals", "--no-report", "--new-runner")

    assert refused.code == 2
    assert "the store holds runs of bo: --runner NAME says whose you mean" in refused.err
    assert (runs(coach, "ana"), runs(coach, "bo"), runs(coach, "")) == (0, 2, 3)


def test_an_athlete_who_is_refused_does_not_keep_the_others(coach: Household, intervals: FakeIntervals) -> None:
    intervals.fail("403", on=f"/athlete/{ANA}/", times=9)

    said = coach.run("sync", "--athletes", "--no-report")

    assert said.code == 6
    assert (runs(coach, "ana"), runs(coach, "bo")) == (0, 2)


@pytest.mark.parametrize("words", [("garmin", "--athletes"), ("--athletes",)])
def test_athletes_are_those_of_one_service_and_must_be_named(home: Household, words: tuple[str, ...]) -> None:
    said = home.run("sync", *words)

    assert said.code == 2
    assert "kneedrive auth intervals --athletes" in said.err


def test_the_athletes_of_a_key_are_listed_ready_to_paste(coach: Household) -> None:
    said = coach.run("auth", "intervals", "--athletes")

    assert said.code == 0
    assert f"{ANA}  Runner {ANA}" in said.out
    assert f'athletes = ["runner={ANA}", "runner-2={BO}"]' in said.out


def test_a_key_of_nobody_elses_says_so(coach: Household, intervals: FakeIntervals) -> None:
    del intervals.athletes[ANA], intervals.athletes[BO]

    assert "reads no runs but its owner's" in coach.run("auth", "intervals", "--athletes").out


def test_a_coachs_key_that_is_kept_does_for_the_athletes_alone(coach: Household, intervals: FakeIntervals) -> None:
    del coach.environment["INTERVALS_ICU_API_KEY"]
    setup.keep_key(coach.desk(intervals.clock), "intervals", KEY)

    def ready(runner: str) -> bool:
        return accounts.is_ready("intervals", coach.desk(intervals.clock, runner=runner))

    assert [ready(name) for name in ("", "ana", "bo", "cy")] == [True, True, True, False]


def test_a_wrong_key_for_intervals_is_not_kept(coach: Household, intervals: FakeIntervals) -> None:
    with pytest.raises(NotAuthorised, match="refuses the API key"):
        setup.keep_key(coach.desk(intervals.clock), "intervals", "wrong-key")

    assert not (coach.folder / "config").exists()
