"""Whatever happens to the bytes: a ReadError with a place, or activities with a note. Nothing else, ever."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kneedrive.errors import ReadError
from kneedrive.readers import fit, read
from kneedrive.recording import Activity
from tests.conftest import real_files
from tests.fit_activity import describe
from tests.fit_writer import BASES, Developer, Field, Message, fit_bytes
from tests.readers.fit_cases import START, column, file_id, records, session, timer
from tests.readers.fit_oracles import contents, decode

SMALL_REAL = [path for path in real_files("fit/*.fit", "fit-bad/*.[fF]*") if 0 < path.stat().st_size < 30_000]
FUZZ = settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck), derandomize=True)
LONGEST_S = 43_200 * 100


@cache
def whole() -> bytes:
    """A small file that has everything: two definitions of records, an app, events, laps, devices, a session."""
    dynamics = (column(39, "uint16", [800] * 30), column(41, "uint16", [2500] * 30), column(0, "uint32", [5] * 30))
    app = Message(207, (Field(1, "byte", bytes.fromhex("18fb2cf01a4b430dad66988c847421f4")), Field(3, "uint8", 0)))
    with_app = [
        Message(20, (Field(253, "uint32", START + 50 + i), Field(4, "uint8", 84)), (Developer(0, "uint16", 250),))
        for i in range(10)
    ]
    compressed = [Message(20, (Field(4, "uint8", 84),), local=1, seconds=START + 60 + i) for i in range(10)]
    lap = Message(19, (Field(253, "uint32", START + 60), Field(2, "uint32", START), Field(9, "uint32", 9000)))
    device = Message(
        23, (Field(0, "uint8", 1), Field(2, "uint16", 1), Field(4, "uint16", 1752), Field(27, "string", "HRM"))
    )
    local_time = Message(34, (Field(253, "uint32", START + 70), Field(5, "uint32", START + 7270)))
    return fit_bytes(
        (
            file_id(),
            device,
            app,
            describe(0, 0, "uint16", "Power", "Watts"),
            timer(0, 0),
            records(30, *dynamics),
            timer(30, 4),
            timer(48, 0),
            *with_app,
            *compressed,
            lap,
            session(START, 70.0),
            local_time,
        )
    )


def outcome(octets: bytes) -> tuple[Activity, ...] | ReadError:
    try:
        return tuple(fit.read(octets))
    except ReadError as problem:
        return problem


@contextmanager
def naming(case: str) -> Iterator[None]:
    """Say which case failed."""
    try:
        yield
    except BaseException as failure:
        failure.add_note(case)  # pytest prints it below the traceback
        raise


def check(octets: bytes) -> None:
    """The outcome is one of the two that are allowed, and what is read makes sense."""
    found = outcome(octets)
    if isinstance(found, ReadError):
        assert str(found)
        return
    assert found
    for activity in found:
        samples = activity.samples
        assert np.all(np.diff(samples.time_s) >= 0)
        assert all(len(values) == len(samples.time_s) for values in samples.present().values())
        assert len(samples.time_s) <= activity.records <= len(octets)
        assert 0 <= activity.duration_s <= activity.elapsed_s + 1
        assert not len(samples.time_s) or samples.time_s[-1] < LONGEST_S


def test_the_whole_file_is_read_without_a_note() -> None:
    (activity,) = read(whole(), "x.fit")

    assert (activity.records, len(activity.pauses), len(activity.laps), activity.utc_offset_s) == (50, 1, 1, 7200)
    assert [sensor.product for sensor in activity.sensors] == ["HRM"]
    assert list(activity.alternatives) == ["stryd"]
    assert activity.notes == ()


@pytest.mark.parametrize("quarter", range(4))
def test_a_file_cut_at_any_offset_is_shorter_or_refused_with_its_place(quarter: int) -> None:
    octets = whole()
    for end in range(quarter, len(octets), 4):
        found = outcome(octets[:end])
        if isinstance(found, ReadError):
            assert found.offset is not None, end
            assert found.offset <= end
        else:
            assert found[0].notes, end
            assert found[0].records <= 50


def test_the_later_a_file_is_cut_the_more_of_it_is_read() -> None:
    octets = whole()
    found = [outcome(octets[:end]) for end in range(0, len(octets), 7)]
    counts = [0 if isinstance(each, ReadError) else each[0].records for each in found]

    assert counts == sorted(counts)
    assert counts[-1] == 50


@pytest.mark.parametrize("seed", range(4))
def test_a_flipped_byte_never_ends_in_another_error(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(500):
        octets = bytearray(whole())
        octets[chance.randrange(len(octets))] ^= chance.randrange(1, 256)
        check(bytes(octets))


def test_each_early_byte_may_be_any_of_the_extremes() -> None:
    for place in range(300):
        for value in (0x00, 0x40, 0x7F, 0x80, 0xFF):
            octets = bytearray(whole())
            octets[place] = value
            with naming(f"{value:#04x} at byte {place}"):
                check(bytes(octets))


@pytest.mark.parametrize("path", SMALL_REAL, ids=lambda path: path.name)
def test_a_real_file_survives_mutation(path: Path) -> None:
    octets = contents(path)
    chance = random.Random(path.name)
    for _ in range(40):
        broken = bytearray(octets)
        for _ in range(chance.choice([1, 1, 4, 32])):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        check(bytes(broken[: chance.choice([len(broken), chance.randrange(len(broken))])]))


bases = st.sampled_from(sorted(BASES))
raws = st.one_of(st.none(), st.binary(min_size=0, max_size=12), st.text(max_size=5))
fields = st.builds(Field, st.integers(0, 255), bases, raws.filter(lambda raw: raw is not None))
apps = st.builds(Developer, st.integers(0, 20), bases, st.binary(max_size=8), st.integers(0, 2))
messages = st.builds(
    Message,
    st.sampled_from([0, 18, 19, 20, 20, 20, 21, 23, 34, 206, 207, 77]),
    st.lists(fields, max_size=6),
    st.lists(apps, max_size=2),
    st.one_of(st.none(), st.integers(0, 3)),
    st.one_of(st.none(), st.integers(0, 2**32 - 1)),
)


@FUZZ
@given(st.lists(messages, max_size=30), st.sampled_from("<>"), st.sampled_from([12, 14]), st.integers(0, 40))
def test_any_stream_of_messages_is_read_or_refused(items: list[Message], endian: str, header: int, cut: int) -> None:
    octets = fit_bytes(items, endian=endian, header=header)

    check(octets[: len(octets) - cut])
    assert len(decode(octets)) == 1


@FUZZ
@given(st.binary(max_size=400))
def test_any_bytes_after_a_header_are_read_or_refused(body: bytes) -> None:
    check(b"\x0e\x20\x5c\x08" + len(body).to_bytes(4, "little") + b".FIT\0\0" + body + b"\0\0")


@FUZZ
@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_read(octets: bytes) -> None:
    check(octets)
