"""Faults damage what they name, where they say, and nothing else."""

import numpy as np
import pytest

from kneedrive.simulate.scene import Fault, damaged, visible

TIME_S = np.arange(6.0)
VALUES = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("lost", 0.0, [1, 2, np.nan, np.nan, 5, 6]),
        ("set", 9.0, [1, 2, 9, 9, 5, 6]),
        ("scaled", 2.0, [1, 2, 6, 8, 5, 6]),
        ("frozen", 0.0, [1, 2, 3, 3, 5, 6]),
        ("hidden", 0.0, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_fault_acts_inside_its_interval(kind: str, value: float, expected: list[float]) -> None:
    after = damaged(
        {"a": VALUES, "b": VALUES}, TIME_S, (Fault(kind=kind, channel="a", start_s=2, end_s=4, value=value),)
    )

    assert after["a"].tolist() == pytest.approx(expected, nan_ok=True)
    assert after["b"] is VALUES


def test_a_fault_of_a_channel_that_is_not_recorded_does_nothing() -> None:
    assert damaged({"a": VALUES}, TIME_S, (Fault(kind="lost", channel="b", start_s=0, end_s=9),)) == {"a": VALUES}


def test_faults_add_up() -> None:
    faults = (
        Fault(kind="scaled", channel="a", start_s=0, end_s=9, value=10.0),
        Fault(kind="lost", channel="a", start_s=0, end_s=1),
    )

    assert damaged({"a": VALUES}, TIME_S, faults)["a"].tolist() == pytest.approx(
        [np.nan, 20, 30, 40, 50, 60], nan_ok=True
    )


def test_hidden_seconds_are_not_recorded() -> None:
    assert visible(
        TIME_S,
        (Fault(kind="hidden", channel="", start_s=1, end_s=3), Fault(kind="lost", channel="a", start_s=0, end_s=9)),
    ).tolist() == [1, 0, 0, 1, 1, 1]
