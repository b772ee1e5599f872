"""Advice that looks at more than one run: left against right, and what became of the last advice."""

from datetime import timedelta
from pathlib import Path

from kneedrive.simulate.gait import PATTERNS, Offsets
from kneedrive.simulate.scene import Scene
from tests.cli.history import FIRST, MIDDLE, Capture, caller, make_history, make_store

HIGH_KNEES = PATTERNS["neutral"].moved(Offsets(1.3, 0.0, 3.2))  # fewer, higher steps


def test_a_constant_difference_between_left_and_right_is_sent_to_a_professional(
    tmp_path: Path, capsys: Capture
) -> None:
    lopsided = make_history(tmp_path / "runs", weeks=3, scene=Scene(balance_left=0.46))
    told = caller(tmp_path, make_store(tmp_path / "home", lopsided), capsys)("advise", "--json").json

    assert told["ground"]["asymmetric"] is True
    assert any("physiotherapist" in remark for remark in told["remarks"])


def test_a_small_difference_is_not(tmp_path: Path, capsys: Capture) -> None:
    even = make_history(tmp_path / "runs", weeks=3, scene=Scene(balance_left=0.497))
    told = caller(tmp_path, make_store(tmp_path / "home", even), capsys)("advise", "--json").json

    assert told["ground"]["asymmetric"] is False


def test_knee_lift_exaggerated_since_the_advice_was_taken_is_said(tmp_path: Path, capsys: Capture) -> None:
    before = make_history(tmp_path / "before", weeks=6, change_D=0.0)
    after = make_history(
        tmp_path / "after", weeks=6, change_D=0.0, pattern=HIGH_KNEES, first_at=FIRST + timedelta(weeks=6)
    )
    call = caller(tmp_path, make_store(tmp_path / "home", before, after), capsys)
    call("tag", MIDDLE, "new shoes")
    untaken = call("advise", "--json").json
    call("tag", MIDDLE, "advice: Send the bounce forward")
    taken = call("advise", "--json").json

    assert untaken["ground"]["exaggerating"] is False
    assert taken["ground"]["exaggerating"] is True
    assert any("exaggerated" in remark for remark in taken["remarks"])
    assert "as when the knee lift is exaggerated" in " ".join(call("compare").out.split())
