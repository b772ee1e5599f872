"""Epochs as one packed block, and times as milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kneedrive.analysis.result import Epochs
from kneedrive.recording import Array, frozen
from kneedrive.store.rows import from_ms, pack, to_ms, unpack
from tests.store.cases import epochs

SINGLE = st.floats(width=32, allow_infinity=False)


def column(count: int) -> st.SearchStrategy[Array]:
    return arrays.arrays(np.float64, count, elements=SINGLE)


@st.composite
def blocks(draw: st.DrawFn) -> Epochs:
    """Any epochs whose values float32 can hold, none at all included."""
    count = draw(st.integers(0, 12))
    names = draw(st.lists(st.sampled_from(["D", "zSL", "speed_mps", "ln_k", "grade"]), unique=True))
    reasons = draw(st.lists(st.sampled_from(["", "hilly", "walking", "not steady"]), min_size=count, max_size=count))
    return Epochs(
        start_s=draw(column(count)),
        weight=draw(column(count)),
        reason=np.array(reasons, dtype=str),
        columns={name: draw(column(count)) for name in names},
    )


@given(blocks())
def test_what_float32_can_hold_comes_back_as_it_was(block: Epochs) -> None:
    back = unpack(**pack(block))

    assert np.array_equal(back.start_s, block.start_s, equal_nan=True)
    assert np.array_equal(back.weight, block.weight, equal_nan=True)
    assert list(back.reason) == list(block.reason)
    assert list(back.columns) == list(block.columns)
    assert all(np.array_equal(back[name], block[name], equal_nan=True) for name in block.columns)


def test_other_values_are_rounded_to_float32() -> None:
    block = epochs()

    back = unpack(**pack(block))

    assert np.array_equal(back["D"], block["D"].astype(np.float32).astype(np.float64), equal_nan=True)
    assert back["D"].dtype == np.float64


def test_a_column_without_values_takes_no_room() -> None:
    block = epochs(100)

    assert len(pack(block)["block"]) == 4 * (4 * 100) + 100
    assert np.isnan(unpack(**pack(block))["vertical_oscillation_m"]).all()


def test_reasons_survive_and_scored_epochs_stay_scored() -> None:
    block = epochs(10)

    assert np.array_equal(unpack(**pack(block)).scored, block.scored)


@pytest.mark.parametrize("name", ["start_s", "weight"])
def test_what_comes_back_cannot_be_changed(name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(unpack(**pack(epochs())), name)[0] = 1.0


@pytest.mark.parametrize("name", ["D", "vertical_oscillation_m"])
def test_columns_that_come_back_cannot_be_changed(name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        unpack(**pack(epochs()))[name][0] = 1.0


def test_more_reasons_than_a_byte_can_count_are_refused() -> None:
    many = np.array([f"reason {number}" for number in range(257)])
    nothing = frozen(np.zeros(257))

    with pytest.raises(ValueError, match="257 different reasons"):
        pack(Epochs(start_s=nothing, weight=nothing, reason=many, columns={}))


@pytest.mark.parametrize(
    ("moment", "milliseconds"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), 0),
        (datetime(2026, 5, 24, 6, 30, 0, 123_999, tzinfo=UTC), 1_779_604_200_123),
        (datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), -1),
    ],
)
def test_moments_are_kept_in_whole_milliseconds(moment: datetime, milliseconds: int) -> None:
    assert to_ms(moment) == milliseconds


@given(st.integers(-(10**12), 10**13))
def test_milliseconds_come_back_as_they_were(moment_ms: int) -> None:
    assert to_ms(from_ms(moment_ms)) == moment_ms
