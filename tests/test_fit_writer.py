"""The tests' own FIT writer, checked against an independent decoder."""

import io
from functools import lru_cache
from typing import Any

import fitdecode
import numpy as np
import pytest

from kneedrive.simulate.gait import PATTERNS
from kneedrive.simulate.scene import PLANS, Scene, Segment, simulate
from tests.fit_activity import activity_fit, describe
from tests.fit_writer import Column, Developer, Field, Message, Table, crc16, fit_bytes

RUN = simulate(PATTERNS["neutral"], 1, scene=Scene(plan=PLANS["varied"]))


@lru_cache(4)
def decoded(data: bytes) -> list[Any]:
    """All data messages, as fitdecode reads them; wrong check sums are errors."""
    with fitdecode.FitReader(io.BytesIO(data), check_crc=fitdecode.CrcCheck.RAISE) as reader:
        return [frame for frame in reader if isinstance(frame, fitdecode.FitDataMessage)]


def values(data: bytes, message: str, field: str) -> list[Any]:
    return [frame.get_value(field, fallback=None) for frame in decoded(data) if frame.name == message]


def test_the_check_sum_is_the_published_one() -> None:
    assert crc16(b"123456789") == 0xBB3D


VARIANTS: list[dict[str, Any]] = [{}, {"endian": ">"}, {"header": 12}, {"compressed": True}]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize(
    ("field", "channel", "factor", "step"),
    [
        ("enhanced_speed", "speed_mps", 1, 0.001),
        ("enhanced_altitude", "altitude_m", 1, 0.2),
        ("stance_time", "stance_time_s", 1000, 0.1),
        ("vertical_oscillation", "vertical_oscillation_m", 1000, 0.1),
        ("stance_time_percent", "duty_factor", 100, 0.01),
        ("stance_time_balance", "balance_left", 100, 0.01),
        ("step_length", "step_length_m", 1000, 0.1),
    ],
)
def test_an_activity_comes_back_to_the_step_of_its_fields(
    variant: dict[str, Any], field: str, channel: str, factor: float, step: float
) -> None:
    read = np.array(values(activity_fit(RUN, **variant), "record", field), dtype=np.float64)

    expected = RUN.samples.channel(channel)
    assert expected is not None
    np.testing.assert_allclose(read, factor * expected, atol=0.501 * step)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_times_come_back(variant: dict[str, Any]) -> None:
    times = values(activity_fit(RUN, **variant), "record", "timestamp")

    assert [(time - RUN.started_at).total_seconds() for time in times] == RUN.samples.time_s.tolist()


def test_cadence_is_written_for_one_leg_with_its_fraction() -> None:
    data = activity_fit(RUN)
    whole, part = (np.array(values(data, "record", name), float) for name in ("cadence", "fractional_cadence"))

    assert RUN.samples.cadence_spm is not None
    np.testing.assert_allclose(2 * (whole + part), RUN.samples.cadence_spm, atol=1 / 128)


def test_pauses_are_timer_events() -> None:
    events = values(activity_fit(RUN), "event", "event_type")

    assert events == ["start", "stop_all", "start", "stop_all"]


def test_developer_fields_are_described_and_named() -> None:
    stryd = simulate(PATTERNS["neutral"], 1, scene=Scene(plan=(Segment(60, 2.7),), sensor="stryd"))
    stance = stryd.alternatives["stryd"].stance_time_s
    assert stance is not None

    assert values(activity_fit(stryd), "record", "Ground Time") == pytest.approx((1000 * stance).tolist(), nan_ok=True)


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize(
    ("base", "value", "expected"),
    [
        ("uint16", (1, None, 3), (1, None, 3)),
        ("sint8", -5, -5),
        ("sint64", -(2**40), -(2**40)),
        ("float64", 0.25, 0.25),
        ("string", "Zürich", "Zürich"),
        ("byte", b"\x01\x02", (1, 2)),
        ("uint32", None, None),
    ],
)
def test_single_values_arrays_and_strings_come_back(endian: str, base: str, value: Any, expected: Any) -> None:
    data = fit_bytes([Message(0xFF00, (Field(3, base, value),))], endian=endian)

    assert decoded(data)[0].get_field(3).value == expected


def test_more_than_sixteen_kinds_redefine_local_numbers() -> None:
    messages = [Message(0xFF00 + kind, (Field(1, "uint8", kind),)) for kind in range(40)]

    assert [frame.get_field(1).value for frame in decoded(fit_bytes(messages))] == list(range(40))


def test_a_chosen_local_number_is_kept() -> None:
    messages = [Message(0xFF00 + kind, (Field(1, "uint8", kind),), local=9) for kind in range(3)]

    assert {frame.local_mesg_num for frame in decoded(fit_bytes(messages))} == {9}


def test_a_table_is_many_messages_of_one_definition() -> None:
    columns = [Column(1, "uint16", np.arange(3)), Column(2, "uint8", np.array([[1, 2], [3, 4], [5, 6]]))]

    frames = decoded(fit_bytes([Table(0xFF01, columns)]))

    assert [frame.get_field(1).value for frame in frames] == [0, 1, 2]
    assert [frame.get_field(2).value for frame in frames] == [(1, 2), (3, 4), (5, 6)]


def test_a_developer_field_of_a_message_is_read_by_its_description() -> None:
    described = [Message(207, (Field(3, "uint8", 0),)), describe(0, 4, "uint16", "Lift", "mm")]
    message = Message(20, (Field(3, "uint8", 140),), developer=(Developer(4, "uint16", 77),))

    assert decoded(fit_bytes([*described, message]))[-1].get_value("Lift") == 77


def test_a_wrong_check_sum_can_be_written() -> None:
    with pytest.raises(fitdecode.FitCRCError):
        decoded(fit_bytes([Message(0, (Field(0, "enum", 4),))], crc=False))


def test_the_header_can_lie_about_its_size() -> None:
    assert fit_bytes([], size=99)[4:8] == b"\x63\0\0\0"
