"""Strava is named below whatever its data are part of."""

from pathlib import Path

import pytest

from kneedrive.store import Store
from tests.cli.history import MIDDLE, Capture, caller, make_history, make_store

NAMED = "Powered by Strava"


def test_every_view_of_the_history_names_strava_where_it_holds_its_data(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = ("weekly", "compare", "report")
    call = caller(tmp_path, make_store(tmp_path / "home", make_history(tmp_path / "runs", weeks=9)), capsys)
    call("tag", MIDDLE, "wall drills")
    plain = {command: call(command).out for command in commands}
    monkeypatch.setattr(Store, "formats", lambda *_: ["fit", "fit,strava"])

    for command in commands:
        assert NAMED not in plain[command], command
        assert call(command).out.rstrip().endswith(NAMED), command


def test_an_export_names_strava_where_it_holds_its_data(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = caller(tmp_path, make_store(tmp_path / "home", make_history(tmp_path / "runs", weeks=1)), capsys)
    plain = call("export", "--to", str(tmp_path / "plain")).out
    real = Store.runs
    monkeypatch.setattr(Store, "runs", lambda *given: [row.replace(formats="fit,strava") for row in real(*given)])

    assert NAMED not in plain
    assert call("export", "--to", str(tmp_path / "named")).out.rstrip().endswith(NAMED)
