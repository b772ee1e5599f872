"""Which runs of the store a question about the history is asked of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from kneedrive.analysis.result import Fade, FadeVerdict
from kneedrive.app import history, library
from kneedrive.config import Config, load
from kneedrive.errors import NotEnoughData
from kneedrive.histories.result import PastRun
from kneedrive.histories.weeks import weekly
from kneedrive.store import Store
from kneedrive.store.rows import Origin, RunRow, Tag
from tests.analysis.runs_of_a_runner import Form, past_run
from tests.report.histories import FIRST, SETTING, runs
from tests.store.cases import START, Application, told

LAST = date(2026, 3, 1)
QUIET = Fade(verdict=FadeVerdict.NO_CHANGE, blocks=8)


class Shelf:
    """Past runs as the store gives them, and what was asked of it."""

    def __init__(self, held: Sequence[PastRun]) -> None:
        self.held = held
        self.read = 0

    def past_runs(self, since: datetime, until: datetime) -> list[PastRun]:
        """The runs in [since, until)."""
        found = [run for run in self.held if since <= run.started_at < until]
        self.read += len(found)
        return found

    def detail(self, run_id: str) -> str:
        """No fade was looked for."""
        return "{}"


def shelf(held: Sequence[PastRun]) -> Any:
    return cast(Store, Shelf(held))


def settings(**flags: object) -> Config:
    return load({}, {"display.zone": "UTC", **flags})


@pytest.mark.parametrize(
    ("started_at", "offset_s", "inside"),
    [
        (datetime(2026, 3, 2, 9, 30, tzinfo=UTC), -36_000, True),  # 23:30 on the last day in Hawaii
        (datetime(2026, 3, 2, 10, 30, tzinfo=UTC), -36_000, False),
        (datetime(2026, 3, 1, 23, 30, tzinfo=UTC), 3600, False),
        (datetime(2026, 2, 1, 10, 0, tzinfo=UTC), 46_800, True),
        (datetime(2026, 1, 31, 11, 30, tzinfo=UTC), 46_800, True),  # half past midnight of the first day in Tonga
        (datetime(2026, 1, 31, 10, 30, tzinfo=UTC), 46_800, False),
    ],
)
def test_days_are_those_of_the_runner(started_at: datetime, offset_s: int, inside: bool) -> None:
    run = past_run(0.0).replace(started_at=started_at, utc_offset_s=offset_s)

    assert bool(history.runs_between(shelf([run]), date(2026, 2, 1), LAST, SETTING)) is inside


def test_only_the_weeks_that_are_asked_for_are_read() -> None:
    held = shelf(runs(60, Form()))
    until = FIRST + timedelta(weeks=60, days=-1)
    history.weeks_until(held, settings(), until, 12)

    assert held.read <= 3 * 14


def test_habits_are_those_of_the_last_eight_weeks() -> None:
    held = runs(12, Form())
    view = weekly(held, FIRST + timedelta(weeks=12, days=-1), 12, SETTING)

    assert history.habits_of(held, view, SETTING, lambda _: QUIET).fade.runs == 24


def test_habits_begin_after_the_last_break() -> None:
    held = [run.replace(firmware="1" if place < 24 else "2") for place, run in enumerate(runs(12, Form()))]
    view = weekly(held, FIRST + timedelta(weeks=12, days=-1), 12, SETTING)

    assert len(view.breaks) == 1
    assert history.habits_of(held, view, SETTING, lambda _: QUIET).fade.runs == 12


def test_fades_are_read_from_what_was_stored_with_a_run() -> None:
    change = {"difference": 0.01, "low": 0.005, "high": 0.015, "threshold": 0.006, "notable": True}
    stored = {"fade": {"verdict": "changed", "blocks": 17, "speed_mps": 2.8, "changes": {"stance_time_s": change}}}
    found = history.fade_in(json.dumps(stored))

    assert (found.verdict, found.blocks, found.changes["stance_time_s"].difference) == ("changed", 17, 0.01)
    assert history.fade_in("{}").verdict == "not enough"


def test_tags_of_both_end_days_belong_to_the_weeks() -> None:
    tags = [Tag(day=day, text="x") for day in ("2026-01-31", "2026-02-01", "2026-03-01", "2026-03-02")]

    assert [tag.day for tag in history.tags_between(tags, date(2026, 2, 1), LAST)] == ["2026-02-01", "2026-03-01"]


@pytest.mark.parametrize(
    ("offset_s", "zone", "day"),
    [(None, "UTC", "2026-03-01"), (7200, "UTC", "2026-03-02"), (None, "Asia/Tokyo", "2026-03-02")],
)
def test_the_day_of_a_stored_run_is_local(offset_s: int | None, zone: str, day: str) -> None:
    started_at = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
    rest: dict[str, Any] = dict.fromkeys(RunRow.__struct_fields__)
    row = RunRow(**rest | {"id": "a", "started_at": started_at, "utc_offset_s": offset_s})

    assert history.day_of(settings(**{"display.zone": zone}), row).isoformat() == day


class Tagged(Shelf):
    """A shelf with tags."""

    def __init__(self, held: Sequence[PastRun], tags: Sequence[Tag], shoes: Mapping[str, str]) -> None:
        super().__init__(held)
        self.told, self.worn = list(tags), dict(shoes)

    def tags(self) -> list[Tag]:
        """All of them."""
        return self.told

    def shoes(self) -> dict[str, str]:
        """Those that services name, by run."""
        return self.worn


def in_turns(count: int = 40) -> list[PastRun]:
    """A run every other day; in every second of them cadence is 4 % higher."""
    return [past_run(2.0 * place, Form(ln_T=-0.04 * (place % 2))) for place in range(count)]


def day_tags(held: Sequence[PastRun], text: str) -> list[Tag]:
    return [Tag(day=run.started_at.date().isoformat(), text=text) for run in held]


def asked(held: Sequence[PastRun], tags: Sequence[Tag], question: history.Question, *shoes: str) -> Any:
    """shoes: those of the runs in turn, as a service names them."""
    worn = {run.id: shoes[place % len(shoes)] for place, run in enumerate(held)} if shoes else {}
    store = cast(Store, Tagged(held, tags, {run: shoe for run, shoe in worn.items() if shoe}))
    return history.compared(store, settings(), question, held[-1].started_at.date())


def test_tagged_days_are_a_group_against_all_others() -> None:
    held = in_turns()
    found, periods = asked(held, day_tags(held[1::2], "with a metronome"), history.Question(group=history.Group.TAG))

    assert (found.group, found.names) == ("tag", ("all others", "with a metronome"))
    assert (found.runs_before, found.runs_after) == (20, 20)
    assert next(row.verdict for row in found.rows if row.metric == "cadence_spm") == "changed"
    assert periods.before[0] == held[0].started_at.date()
    assert periods.after[1] == held[-1].started_at.date()


def test_shoes_are_those_that_a_run_or_the_tag_of_its_day_names() -> None:
    held = in_turns()
    tags = day_tags(held[1::2], "Shoes: New") + day_tags(held[2::4], "shoes: Old") + day_tags(held[:3], "windy")
    found, _ = asked(held, tags, history.Question(group=history.Group.SHOE), "Old", "Old", "", "")

    assert (found.names, found.runs_before, found.runs_after) == (("Old", "New"), 20, 20)


def test_a_named_group_is_held_against_all_others_that_have_one() -> None:
    question = history.Question(group=history.Group.SHOE, tag="new")
    found, _ = asked(in_turns(), [], question, "Old", "New", "Trail", "")

    assert (found.names, found.runs_before, found.runs_after) == (("all others", "New"), 20, 10)


@pytest.mark.parametrize("group", list(history.Group))
def test_one_group_alone_is_a_sentence(group: history.Group) -> None:
    with pytest.raises(NotEnoughData, match="kneedrive tag DATE"):
        asked(in_turns(), [], history.Question(group=group))


def test_groups_are_of_the_last_year() -> None:
    held = [*in_turns(), past_run(80.0 + 365.0)]
    with pytest.raises(NotEnoughData):
        asked(held, day_tags(held[1:30:2], "with a metronome"), history.Question(group=history.Group.TAG))


def test_a_run_in_winter_is_found_in_summer_by_the_day_it_was_there(tmp_path: Path) -> None:
    run = told(start_s=(datetime(2026, 1, 10, 22, 45, tzinfo=UTC) - START).total_seconds(), utc_offset_s=None)
    there, summer = settings(**{"display.zone": "Europe/Berlin"}), datetime(2026, 7, 1, tzinfo=UTC)
    with Store.open(tmp_path / "runs.sqlite") as store:
        store.add(run, Origin(source="file"), Application(store), version="1")

        assert library.meant(store, there, "2026-01-10", summer).id == run.sha256[:12]
