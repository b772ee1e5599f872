"""Developer fields: whose they are, what they mean, and what is left out."""

import numpy as np
import pytest

from tests.fit_activity import describe
from tests.fit_writer import Developer, Field, Message, fit_bytes
from tests.readers.fit_cases import codes, file_id, only, session
from tests.readers.fit_oracles import decode

STRYD_ID = bytes.fromhex("18fb2cf01a4b430dad66988c847421f4")
RUNSCRIBE_ID = bytes.fromhex("c1f5c80a5a054e8a97b3fda34e957035")


def app(index: int, identity: bytes = STRYD_ID) -> Message:
    return Message(207, (Field(1, "byte", identity), Field(3, "uint8", index)))


def record(second: int, *fields: Developer) -> Message:
    return Message(20, (Field(253, "uint32", 1_000_000_000 + second), Field(4, "uint8", 80)), fields)


def rows(*fields: Developer) -> list[Message]:
    return [record(second, *fields) for second in range(20)]


def column(octets: bytes, name: str) -> list[float]:
    (columns,) = decode(octets)
    return columns.values[name].tolist()


def stryd(*fields: tuple[int, str, str, int]) -> bytes:
    described = [describe(0, number, base, name) for number, base, name, _ in fields]
    values = [Developer(number, base, value) for number, base, _, value in fields]
    return fit_bytes((file_id(), app(0), *described, *rows(*values), session()))


def test_stryd_becomes_an_alternative_in_si_units() -> None:
    octets = stryd(
        (0, "uint16", "Power", 250),
        (2, "uint8", "Cadence", 84),
        (3, "uint16", "Ground Time", 240),
        (4, "float32", "Vertical Oscillation", 7),
    )
    found = only(octets).alternatives["stryd"]

    assert {name: values[0] for name, values in found.present().items()} == {
        "power_w": 250,
        "cadence_spm": 168,
        "stance_time_s": 0.240,
        "vertical_oscillation_m": 0.07,
    }


def test_a_cadence_in_steps_a_minute_is_not_doubled() -> None:
    described = describe(0, 2, "uint8", "Cadence", "SPM"), describe(0, 3, "uint16", "Ground Time")
    values = rows(Developer(2, "uint8", 157), Developer(3, "uint16", 240))

    found = only(fit_bytes((file_id(), app(0), *described, *values, session()))).alternatives["stryd"]

    assert found.present()["cadence_spm"][0] == 157


def test_an_alternative_is_never_mixed_into_the_native_channels() -> None:
    activity = only(stryd((3, "uint16", "Ground Time", 240)))

    assert activity.samples.stance_time_s is None


def test_an_alternative_shares_the_time_axis() -> None:
    activity = only(stryd((3, "uint16", "Ground Time", 240)))

    np.testing.assert_array_equal(activity.alternatives["stryd"].time_s, activity.samples.time_s)


@pytest.mark.parametrize("name", ["Ground Time", "Leg Spring Stiffness"])
def test_an_app_without_an_id_is_told_by_its_field_names(name: str) -> None:
    described = [app(0, bytes(16)), describe(0, 0, "uint16", "Power"), describe(0, 1, "uint16", name)]
    octets = fit_bytes(
        (file_id(), *described, *rows(Developer(0, "uint16", 250), Developer(1, "uint16", 240)), session())
    )

    assert "power_w" in only(octets).alternatives["stryd"].present()


def test_power_of_an_unknown_app_is_left_out_silently() -> None:
    described = [app(0, bytes(range(16))), describe(0, 0, "uint16", "Power")]
    activity = only(fit_bytes((file_id(), *described, *rows(Developer(0, "uint16", 250)), session())))

    assert (dict(activity.alternatives), codes(activity)) == ({}, [])


def test_zero_contact_time_of_an_app_is_no_value() -> None:
    assert dict(only(stryd((3, "uint16", "Ground Time", 0))).alternatives) == {}


def test_runscribe_sides_give_mean_and_balance() -> None:
    described = [
        app(0, RUNSCRIBE_ID),
        *(describe(0, 5 + i, "uint16", f"RS_ContactTime_{side}") for i, side in enumerate("LR")),
    ]
    sides = (Developer(5, "uint16", 306), Developer(6, "uint16", 294))
    found = only(fit_bytes((file_id(), *described, *rows(*sides), session()))).alternatives["runscribe"]

    assert {name: values[0] for name, values in found.present().items()} == {"stance_time_s": 0.3, "balance_left": 0.51}


@pytest.mark.parametrize("side", ["L", "R"])
def test_one_runscribe_gives_contact_time_alone(side: str) -> None:
    described = [app(0, RUNSCRIBE_ID), describe(0, 5, "uint16", f"RS_ContactTime_{side}")]
    octets = fit_bytes((file_id(), *described, *rows(Developer(5, "uint16", 300)), session()))

    assert list(only(octets).alternatives["runscribe"].present()) == ["stance_time_s"]


def test_two_apps_are_kept_apart() -> None:
    described = [
        app(0, RUNSCRIBE_ID),
        app(1, STRYD_ID),
        describe(0, 0, "uint16", "Power"),
        describe(1, 0, "uint16", "Power"),
    ]
    fields = (Developer(0, "uint16", 300, app=0), Developer(0, "uint16", 250, app=1))
    found = only(fit_bytes((file_id(), *described, *rows(*fields), session()))).alternatives

    assert {maker: values.present()["power_w"][0] for maker, values in found.items()} == {
        "runscribe": 300,
        "stryd": 250,
    }


def test_a_field_means_what_the_description_before_it_said() -> None:
    """The same number is described anew in between, as another type of the same width."""
    power = Developer(0, "uint16", 0xFFF0)
    messages = [
        app(0),
        describe(0, 0, "uint16", "Power"),
        *(Message(20, (Field(4, "uint8", 80),), (power,), local=1) for _ in range(15)),
        Message(20, (Field(3, "uint8", 80),), local=1),
        describe(0, 0, "sint16", "Power"),
        *(Message(20, (Field(4, "uint8", 80),), (power,), local=1) for _ in range(15)),
    ]
    found = column(fit_bytes((file_id(), *messages)), "stryd:Power")

    assert (found[:15], found[16:]) == ([0xFFF0] * 15, [-16] * 15)


def test_a_field_without_a_description_is_left_out_with_a_note() -> None:
    activity = only(fit_bytes((file_id(), *rows(Developer(7, "uint16", 1)), session())))

    assert (codes(activity), dict(activity.alternatives)) == (["undescribed_field"], {})


def test_a_description_that_comes_too_late_describes_nothing_before_it() -> None:
    late = (*rows(Developer(0, "uint16", 250)), app(0), describe(0, 0, "uint16", "Power"), session())

    assert codes(only(fit_bytes((file_id(), *late)))) == ["undescribed_field"]


def test_native_fields_after_an_undescribed_one_are_still_read() -> None:
    activity = only(fit_bytes((file_id(), *rows(Developer(7, "uint32", 1)), session())))

    assert activity.samples.cadence_spm is not None
    assert activity.samples.cadence_spm.tolist() == [160.0] * 20


@pytest.mark.parametrize("base", ["sint8", "uint8"])
@pytest.mark.parametrize(("scale", "offset", "expected"), [(10, 5, 20.0), (None, None, 250.0), (0, 0x7F, 250.0)])
def test_scale_and_offset_of_a_description_count_when_they_are_valid(
    scale: int | None, offset: int | None, expected: float, base: str
) -> None:
    described = describe(0, 0, "uint16", "Power")
    described = described._replace(fields=(*described.fields, Field(6, "uint8", scale), Field(7, base, offset)))
    octets = fit_bytes((file_id(), app(0), described, *rows(Developer(0, "uint16", 250)), session()))

    assert column(octets, "stryd:Power")[0] == expected


def test_descriptions_without_name_or_type_do_no_harm() -> None:
    bare = Message(206, (Field(0, "uint8", 0), Field(1, "uint8", 0)))
    activity = only(fit_bytes((file_id(), app(0), bare, *rows(Developer(0, "uint16", 250)), session())))

    assert (activity.records, dict(activity.alternatives)) == (20, {})
