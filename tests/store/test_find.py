"""What a user may type to mean a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kneedrive.errors import NotEnoughData
from kneedrive.recording import Activity
from kneedrive.store import Store
from kneedrive.store.rows import Origin
from tests.store.cases import Application, activity, alone, recording, told

HOUR_S = 3600.0


def put(store: Store, *activities: Activity) -> None:
    """Store these, each as a run of its own, whatever their ids."""
    store.add(
        recording(" ".join(each.id for each in activities)),
        Origin(source="file"),
        lambda _: alone(*activities),
        version="1",
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Runs on 24 May 08:30 and 26 May 01:30 local time (23:30 UTC the day before), and one that knows no local time."""
    with Store.open(tmp_path / "runs.sqlite") as store:
        put(store, activity("aaaa00000001"))
        put(store, activity("aaaa00000002", start_s=41 * HOUR_S))
        put(store, activity("bbbb00000003", start_s=89 * HOUR_S, utc_offset_s=None))
        yield store


@pytest.mark.parametrize(
    ("spec", "zone_s", "found"),
    [
        ("last", 0, "bbbb00000003"),
        ("latest", 0, "bbbb00000003"),
        (" LAST ", 0, "bbbb00000003"),
        ("2026-05-24", 0, "aaaa00000001"),
        ("2026-05-26", 0, "aaaa00000002"),
        ("2026-05-26", -7200, "aaaa00000002"),
        ("2026-05-28", 7200, "bbbb00000003"),
        ("bbbb", 0, "bbbb00000003"),
        ("BBBB0000", 0, "bbbb00000003"),
        ("aaaa00000002", 0, "aaaa00000002"),
    ],
)
def test_a_run_is_found(store: Store, spec: str, zone_s: int, found: str) -> None:
    assert store.find(spec, zone_s).id == found


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("aaaa", r"aaaa: 2 runs; say which by its id: aaaa00000001 \(2026-\d\d-\d\d \d\d:\d\d\), aaaa00000002 \("),
        ("2026-05-25", "no such run"),
        ("2026-02-31", "no such run"),
        ("aaa", "no such run"),
        ("cccc", "no such run"),
        ("%", "no such run"),
        ("' OR 1=1", "no such run"),
        ("", "no such run"),
    ],
)
def test_what_means_no_run_or_several_is_said(store: Store, spec: str, words: str) -> None:
    with pytest.raises(NotEnoughData, match=words):
        store.find(spec)


def test_two_runs_on_a_day_are_named(store: Store) -> None:
    put(store, activity("cccc00000004", start_s=3 * HOUR_S))

    with pytest.raises(NotEnoughData, match=r"by its id: aaaa00000001 \(.*\), cccc00000004 \(2026-05-24 "):
        store.find("2026-05-24")


def test_the_id_of_a_first_session_does_not_mean_the_second(store: Store) -> None:
    put(store, activity("dddd00000005", start_s=190 * HOUR_S), activity("dddd00000005-2", start_s=192 * HOUR_S))

    assert store.find("dddd00000005").id == "dddd00000005"
    assert store.find("dddd00000005-2").id == "dddd00000005-2"


def test_an_id_from_before_a_merge_still_leads_to_the_run(tmp_path: Path) -> None:
    poor, rich = told(start_s=5, format="gpx", channels={"speed_mps": 3.0}), told(start_s=0)
    with Store.open(tmp_path / "runs.sqlite") as store:
        for each in (poor, rich):
            store.add(each, Origin(source="file"), Application(store), version="1")

        assert store.find(poor.sha256[:8]).id == rich.sha256[:12]


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    with Store.open(tmp_path / "runs.sqlite") as store, pytest.raises(NotEnoughData, match="takes some in"):
        store.find("last")


def test_runs_of_others_are_not_found(store: Store) -> None:
    with Store.open(store.path, runner="Ada") as hers:
        put(hers, activity("eeee00000006"))

        assert hers.find("last").id == "eeee00000006"
        with pytest.raises(NotEnoughData, match="no such run"):
            hers.find("aaaa00000001")
