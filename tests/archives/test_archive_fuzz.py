"""Damaged archives: recordings or ReadErrors, nothing else, and never more bytes than the limits allow."""

import gzip
import io
import zipfile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kneedrive.archives import unwrap
from kneedrive.archives.unpack import Limits
from kneedrive.errors import ReadError

CALM = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SMALL = Limits(member_bytes=100_000, free_bytes=200_000, members=50, depth=3)


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return memory.getvalue()


INNER = zipped(("a.fit", b"\x0e\x10\0\0\0\0\0\0.FIT" + bytes(80)), ("b.gpx.gz", gzip.compress(b"<gpx/>", mtime=0)))
SEEDS = [
    INNER,
    zipped(("x/inner.zip", INNER), ("activities.csv", b"a,b,c,d,activities/1.fit\n"), ("activities/1.fit", b"\0" * 99)),
    zipped(("stored.fit", b"\0" * 500), method=zipfile.ZIP_STORED),
    zipped(("bomb.fit", bytes(90_000)), ("more.fit", bytes(90_000)), ("last.fit", bytes(90_000))),
    gzip.compress(b"<gpx/>" * 50, mtime=0),
    gzip.compress(INNER, mtime=0),
]


def unfold(data: bytes) -> None:
    total = 0
    for name, found in unwrap(data, "given", SMALL):
        assert isinstance(name, str)
        if isinstance(found, ReadError):
            assert str(found)
        else:
            total += len(found)
    assert total <= SMALL.free_bytes + SMALL.ratio * len(data)


@CALM
@given(data=st.data())
def test_mutated_archives_give_recordings_or_read_errors(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, max(len(body) - 1, 0)))
        cut = data.draw(st.integers(0, 3))
        body[at : at + cut] = data.draw(st.binary(max_size=3))
    unfold(bytes(body))


@CALM
@given(data=st.data())
def test_cut_archives_give_recordings_or_read_errors(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(SEEDS))
    unfold(body[: data.draw(st.integers(0, len(body)))])


@CALM
@given(st.binary(max_size=300), st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\0"]))
def test_noise_behind_the_mark_of_an_archive_gives_read_errors(noise: bytes, mark: bytes) -> None:
    unfold(mark + noise)
