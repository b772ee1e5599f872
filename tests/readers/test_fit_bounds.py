"""Files that claim more than a recording holds: bounded work, and a word about what was left out."""

import pytest

from kneedrive.errors import Malformed
from kneedrive.method import FitRules
from kneedrive.readers import read
from kneedrive.readers.fit import session as fit_devices
from kneedrive.readers.fit import wire
from kneedrive.readers.fit.wire import parts
from tests.fit_activity import describe
from tests.fit_writer import Developer, Field, Message, fit_bytes
from tests.readers.fit_cases import START, codes, column, file_id, only, records, run, session, timer

SMALL = FitRules().replace(
    max_parts=3, max_layouts=8, max_messages=60, max_records=40, max_told=30, max_sessions=4, max_devices=5
)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test can reach with a few messages."""
    for module in (wire, fit_devices, wire, wire):
        monkeypatch.setattr(module, "RULES", SMALL)


def test_a_file_within_all_limits_is_read_whole() -> None:
    assert codes(only(run(records(40), session(elapsed_s=39.0)))) == []


def test_records_beyond_the_limit_are_left_out_with_a_note_at_the_first() -> None:
    octets = run(records(30), records(15, column(3, "uint8", [140] * 15), first=START + 30), session())
    activity = only(octets)
    (note,) = (note for note in activity.notes if note.code == "too_many")
    assert (activity.records, float(activity.samples.time_s[-1])) == (40, 39.0)
    assert "45 messages of kind 20" in note.text
    assert note.offset is not None
    assert octets[note.offset + 1 : note.offset + 5] == (START + 40).to_bytes(4, "little")


def test_other_messages_have_a_limit_of_their_own() -> None:
    activity = only(run(records(5), *(timer(second, 0) for second in range(31)), session()))
    assert activity.records == 5
    assert codes(activity) == ["too_many"]


@pytest.mark.parametrize(("count", "expected"), [(57, []), (58, []), (59, ["too_many"])])
def test_a_walk_stops_after_its_last_message(count: int, expected: list[str]) -> None:
    octets = fit_bytes((file_id(), session(), *(Message(147, (Field(0, "uint8", 1),)) for _ in range(count))))
    (part,) = parts(octets)
    assert [part.damage.code if part.damage else "whole"] == (expected or ["whole"])
    assert sum(len(layout.starts) for layout in part.layouts) == min(count + 2, 60)


def test_a_walk_stops_where_there_are_too_many_kinds_of_messages() -> None:
    kinds = [Message(200, tuple(Field(number, "uint8", 1) for number in range(width))) for width in range(1, 12)]
    (part,) = parts(fit_bytes((file_id(), records(), *kinds)))
    assert part.damage is not None
    assert (part.damage.code, len(part.layouts)) == ("too_many", 9)


def test_a_chain_is_read_up_to_its_limit_and_the_rest_is_noted_once() -> None:
    links = [run(records(5, first=START + 1000 * number), session(START + 1000 * number)) for number in range(5)]
    found = read(b"".join(links), "chain.fit")
    assert [codes(activity) for activity in found] == [[], [], ["chain_too_long"]]
    assert found[-1].notes[0].offset == len(b"".join(links[:3]))


def test_a_chain_of_just_the_limit_needs_no_note() -> None:
    links = [run(records(5, first=START + 1000 * number), session(START + 1000 * number)) for number in range(3)]
    assert [codes(activity) for activity in read(b"".join(links), "")] == [[], [], []]


def test_too_many_sessions_are_refused_since_their_records_would_be_mixed() -> None:
    sessions = [session(START + number, 1.0) for number in range(5)]
    with pytest.raises(Malformed, match="claims 5 sessions") as caught:
        read(run(records(), *sessions), "many.fit")
    assert caught.value.name == "many.fit"


def test_an_app_that_is_described_anew_for_every_record_is_refused() -> None:
    items = [
        one
        for number in range(10)
        for one in (
            describe(0, 0, "uint16", "Power", "Watts"),
            Message(20, (Field(253, "uint32", START + number),), (Developer(0, "uint16", 250),), local=1),
            Message(20, (Field(253, "uint32", START + number), Field(3, "uint8", 90)), local=1),
        )
    ]
    with pytest.raises(Malformed, match="describes its apps' fields in"):
        read(run(*items, session()), "app.fit")


def test_no_more_sensors_are_kept_than_could_be_worn() -> None:
    devices = [Message(23, (Field(0, "uint8", 1), Field(2, "uint16", 1), Field(4, "uint16", n))) for n in range(9)]
    activity = only(run(*devices, records(), session()))
    assert [sensor.product_id for sensor in activity.sensors] == [0, 1, 2, 3, 4]


def test_the_limits_of_the_method_leave_real_recordings_room() -> None:
    rules = FitRules()
    assert rules.max_records >= 7 * 24 * 3600
    assert rules.max_messages >= 5 * rules.max_records
