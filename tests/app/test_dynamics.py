"""Whose dynamics are judged: the best that measures, the configured ones, or those asked for now."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kneedrive.app import dynamics_of
from kneedrive.cli import main
from kneedrive.recording import Activity
from kneedrive.simulate.gait import PATTERNS
from kneedrive.simulate.scene import Scene, Segment, simulate
from tests.app.shelf import FIRST, Shelf, settings
from tests.fit_activity import activity_fit

Capture = pytest.CaptureFixture[str]
PLAN = (Segment(900, 2.8),)


def both() -> Activity:
    """A watch that computes at the wrist, with the fields of a Stryd in the same file."""
    wrist, pod = (
        simulate(PATTERNS["neutral"], 1, scene=Scene(plan=PLAN, sensor=sensor, started_at=FIRST))
        for sensor in ("garmin_wrist", "stryd")
    )
    return wrist.replace(alternatives=pod.alternatives)


@pytest.mark.parametrize(
    ("configured", "wanted", "whose"),
    [
        (None, None, None),
        ("native", None, "native"),
        ("stryd", None, "stryd"),
        ("runscribe", None, None),  # not in this file: the best that measures
        ("native", "stryd", "stryd"),
        (None, "runscribe", "runscribe"),  # asked for now: that it is not there is noted
    ],
)
def test_what_is_asked_for_now_comes_before_the_configuration(
    configured: str | None, wanted: str | None, whose: str | None
) -> None:
    assert dynamics_of(settings(runner_dynamics=configured), both(), wanted) == whose


def shown(capsys: Capture, *words: str) -> dict[str, Any]:
    capsys.readouterr()
    main([*words, "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told.get("run", told)


def test_the_flag_is_for_one_answer_and_the_configuration_for_the_whole_history(
    shelf: Shelf, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["import", str(shelf.put("both.fit", activity_fit(both())))])

    usual, asked = shown(capsys, "show"), shown(capsys, "show", "--dynamics", "native")
    assert (usual["activity"]["provenance"], usual["activity"]["instead_of"]) == ("stryd", "garmin_wrist")
    assert (asked["activity"]["provenance"], asked["activity"]["instead_of"]) == ("garmin_wrist", None)
    assert shown(capsys, "report", "--dynamics", "native")["activity"]["provenance"] == "garmin_wrist"
    assert shown(capsys, "runs")["sensor"] == "stryd"

    monkeypatch.setenv("KNEEDRIVE_DYNAMICS", "native")
    assert shown(capsys, "runs")["sensor"] == "garmin_wrist"
    assert shown(capsys, "show")["activity"]["provenance"] == "garmin_wrist"
