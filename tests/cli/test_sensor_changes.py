"""Histories in which the sensor changes, simulated and real, from files to the printed weeks."""

from pathlib import Path

import pytest

from tests.cli.history import Capture, caller, make_history, make_store
from tests.conftest import DATA, needs_data


def test_a_change_from_strap_to_wrist_breaks_every_line(tmp_path: Path, capsys: Capture) -> None:
    runs = make_history(tmp_path / "runs", weeks=10, change_D=0.0, sensor_week=5)
    call = caller(tmp_path, make_store(tmp_path / "home", runs), capsys)
    told = call("weekly", "--json").json

    assert [(each["date"], each["from"], each["to"]) for each in told["breaks"]] == [
        ("2026-02-09", "chest strap", "wrist")
    ]
    assert {trend["series"] for trend in told["trends"]} == {"zSL"}
    assert "a Garmin chest strap → a Garmin watch at the wrist" in call("weekly").out


def test_a_comparison_across_the_change_is_refused_unless_asked_for(tmp_path: Path, capsys: Capture) -> None:
    runs = make_history(tmp_path / "runs", weeks=10, change_D=0.0, sensor_week=5)
    call = caller(tmp_path, make_store(tmp_path / "home", runs), capsys)
    call("tag", "2026-02-09", "new watch")
    refused, insisted = call("compare"), call("compare", "--across-sensors")

    assert refused.code == 3
    assert "different sensors (a Garmin chest strap and a Garmin watch" in " ".join(refused.out.split())
    assert insisted.code == 0
    assert "any difference may be the sensor’s" in " ".join(insisted.out.split())
    assert "contact" not in insisted.out


@needs_data
@pytest.mark.slow
def test_the_real_change_of_sensor_is_found_on_its_day(tmp_path: Path, capsys: Capture) -> None:
    store = make_store(tmp_path / "home", DATA / "history-strap-then-wrist")
    call = caller(tmp_path, store, capsys)
    told = call("weekly", "--weeks", "80", "--until", "2023-12-31", "--json").json

    assert [(each["date"], each["to"]) for each in told["breaks"]] == [("2023-05-24", "wrist")]
    assert "strap" in told["breaks"][0]["from"]
    assert call("weekly", "--weeks", "26", "--until", "2024-11-11").code == 0
