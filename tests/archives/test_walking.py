"""Walking folders and archives: what is found, what is skipped and why, and what is said of the unreadable."""

import gzip
import io
import os
import random
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from kneedrive.archives import unwrap, walk
from kneedrive.archives.unpack import Found, Limits, masked
from kneedrive.errors import ReadError, Truncated, UnknownFormat
from tests.conftest import DATA, needs_data
from tests.surroundings import as_anybody

FIT = b"\x0e\x10\x00\x00\x00\x00\x00\x00.FIT\x00\x00"
GPX = b'<?xml version="1.0"?><gpx version="1.1"></gpx>'
TCX = b"<TrainingCenterDatabase></TrainingCenterDatabase>"


def gzipped(data: bytes) -> bytes:
    """The same bytes at every time of day."""
    return gzip.compress(data, mtime=0)


def zipped(members: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return memory.getvalue()


def laid(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def recordings(found: Iterable[Found]) -> dict[str, bytes]:
    """Names, without the folder they are in, and bytes; read while the walk goes on, as import does."""
    return {one.name.partition("/")[2]: one.read() for one in found if not one.skipped}


def result(found: Found) -> bytes | str:
    """The bytes of what a walk found, or why they cannot be had."""
    try:
        return found.read()
    except ReadError as error:
        return str(error)


def skipped(found: Iterable[Found]) -> dict[str, str]:
    return {one.name.rpartition("/")[2]: one.skipped for one in found if one.skipped}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("run.fit", FIT),
        ("RUN.FIT", FIT),
        ("run.fit.gz", gzipped(FIT)),
        ("run.zip", zipped({"run.fit": FIT})),
        ("a-zip-called.fit", zipped({"1_ACTIVITY.fit": FIT})),
        ("inner.zip", zipped({"a/b.zip": zipped({"c.fit": FIT})})),
        ("gz-in.zip", zipped({"c.fit.gz": gzipped(FIT)})),
        ("zip.gz", gzipped(zipped({"c.fit": FIT}))),
        ("two-parts.gz", gzipped(FIT[:5]) + gzipped(FIT[5:])),
        ("zeros-behind.gz", gzipped(FIT) + bytes(512)),
        ("nothing-in-the-name", FIT),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_recording_is_unfolded_by_what_its_bytes_say(tmp_path: Path, name: str, data: bytes) -> None:
    """Alike from a folder, named outright, and as bytes."""
    folder = laid(tmp_path, {name: data})

    assert list(recordings(walk([folder])).values()) == [FIT]
    assert [one.read() for one in walk([folder / name])] == [FIT]
    assert [content for _, content in unwrap(data, name)] == [FIT]


def test_a_folder_is_walked_in_a_stable_order_and_to_its_depths(tmp_path: Path) -> None:
    folder = laid(tmp_path, {"b.gpx": GPX, "a.fit": FIT, "sub/deep/c.tcx": TCX})

    assert list(recordings(walk([folder])).items()) == [("a.fit", FIT), ("b.gpx", GPX), ("sub/deep/c.tcx", TCX)]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("._run.fit", "hidden"),
        (".DS_Store", "hidden"),
        (".cache/run.fit", "hidden"),
        ("__MACOSX/run.fit", "hidden"),
        ("photo.jpg", "media"),
        ("film.MP4", "media"),
        ("profile.csv", "table"),
        ("summary.json", "table"),
        ("GARMIN/Monitor/M1.FIT", "watch"),
        ("Garmin/SLEEP/S1.fit", "watch"),
        ("unknown.bin", "other"),
    ],
)
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_what_is_no_recording_is_skipped_with_a_word(tmp_path: Path, path: str, reason: str, *, packed: bool) -> None:
    files = {path: b"\x00\x05\x16\x07", "run.fit": FIT}
    top = laid(tmp_path, {"all.zip": zipped(files)} if packed else files)

    found = list(walk([top]))

    assert [one.skipped for one in found if one.skipped] == [reason]
    assert sum(not one.skipped for one in found) == 1


def test_the_activity_folder_of_a_watch_is_read() -> None:
    data = zipped({"GARMIN/Activity/A1.FIT": FIT, "GARMIN/Settings/Settings.fit": FIT, "GARMIN/NewFiles/x.fit": FIT})

    assert [name for name, _ in unwrap(data, "watch.zip")] == ["watch.zip/GARMIN/Activity/A1.FIT"]


@pytest.mark.parametrize("name", ["broken.fit", "broken.gpx", "broken.tcx.gz", "BROKEN.FIT"])
def test_what_claims_to_be_a_recording_goes_on_to_the_reader(tmp_path: Path, name: str) -> None:
    folder = laid(tmp_path, {name: b"not at all"})

    assert [(one.skipped, one.read()) for one in walk([folder])] == [("", b"not at all")]


def test_a_file_named_outright_is_never_skipped(tmp_path: Path) -> None:
    laid(tmp_path, {"notes.txt": b"hello"})

    assert [(one.skipped, one.read()) for one in walk([tmp_path / "notes.txt"])] == [("", b"hello")]


def test_a_path_that_is_not_there_says_so_when_it_is_read(tmp_path: Path) -> None:
    (found,) = walk([tmp_path / "gone.fit"])

    with pytest.raises(ReadError, match=r"^gone\.fit: cannot be read: No such file"):
        found.read()


def test_a_pipe_named_outright_is_read_once_and_whole() -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, gzipped(FIT))
    os.close(write_end)

    assert [one.read() for one in walk([Path(f"/dev/fd/{read_end}")])] == [FIT]
    os.close(read_end)


def test_a_pipe_in_a_folder_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert skipped(walk([tmp_path])) == {"pipe": "other"}


def test_a_link_to_nothing_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "lost.bin").symlink_to(tmp_path / "gone")

    assert skipped(walk([tmp_path])) == {"lost.bin": "other"}


def test_a_folder_that_may_not_be_entered_costs_its_files_alone(tmp_path: Path) -> None:
    folder = laid(tmp_path, {"a/1.fit": FIT, "b/2.fit": FIT, "c/3.fit": FIT})
    (folder / "b").chmod(0o444)
    try:
        with as_anybody():
            found = {each.name.rpartition("/")[2]: result(each) for each in walk([folder])}
    finally:
        (folder / "b").chmod(0o755)

    assert found == {"1.fit": FIT, "2.fit": "2.fit: cannot be read: Permission denied", "3.fit": FIT}


def test_a_file_that_goes_away_while_a_folder_is_looked_at_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = laid(tmp_path, {"1.fit": FIT, "2.fit": FIT})
    looked, real = Counter[str](), Path.stat

    def status(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        looked[path.name] += 1
        if path.name == "1.fit" and looked[path.name] == 2:
            path.unlink()
        return real(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", status)
    found = {each.name.rpartition("/")[2]: result(each) for each in walk([folder])}

    assert found == {"1.fit": "1.fit: cannot be read: No such file or directory", "2.fit": FIT}


def test_reading_a_member_after_the_walk_went_on_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    found = list(walk([laid(tmp_path, {"all.zip": zipped({"a.fit": FIT})})]))

    with pytest.raises(RuntimeError, match="before the walk goes on"):
        found[0].read()


def test_files_of_a_folder_are_not_read_before_they_are_asked_for(tmp_path: Path) -> None:
    """Import may know a file by its name and date, and skip it."""
    laid(tmp_path, {"a.fit": FIT})
    (found,) = walk([tmp_path])
    (tmp_path / "a.fit").write_bytes(FIT + b"later")

    assert found.read() == FIT + b"later"


# -- what goes wrong inside archives


def damaged(data: bytes, inside: bytes) -> bytes:
    """The archive with one byte of a stored member changed, so that its check sum is wrong."""
    at = data.index(inside)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def stored(members: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return memory.getvalue()


def with_flag(data: bytes, name: str, flag: int) -> bytes:
    """The archive with a flag bit of one member set, in both of its headers."""
    body = bytearray(data)
    for mark, flags_at, name_at in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        at = next(
            at
            for at in range(len(body))
            if body[at : at + 4] == mark and body[at + name_at :].startswith(name.encode())
        )
        body[at + flags_at] |= flag
    return bytes(body)


GOOD = {"a.fit": FIT + b"first", "b.fit": FIT + b"second", "c.fit": FIT + b"third"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (damaged(stored(GOOD), b"second"), "all.zip/b.fit: is damaged inside its zip file"),
        (with_flag(stored(GOOD), "b.fit", 1), "all.zip/b.fit: is encrypted"),
        (stored({**GOOD, "b.fit": gzipped(FIT)[:-12]}), "all.zip/b.fit: is a gzip file that ends early"),
        (stored({**GOOD, "b.fit": b"PK\x03\x04 and nothing"}), "all.zip/b.fit: is a damaged zip file"),
    ],
    ids=["check sum", "encrypted", "cut gzip", "broken inner zip"],
)
def test_one_bad_member_does_not_stop_the_rest(data: bytes, says: str) -> None:
    first, second, third = (content for _, content in unwrap(data, "all.zip"))

    assert (first, third) == (GOOD["a.fit"], GOOD["c.fit"])
    assert isinstance(second, ReadError)
    assert str(second).startswith(says)


def test_a_member_of_a_rare_method_is_named() -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.fit", FIT)

    ((_, error),) = unwrap(memory.getvalue(), "all.zip")

    assert "rare method 14" in str(error)


def test_a_member_without_a_name_is_no_crash() -> None:
    data = zipped({"a.fit": FIT}).replace(b"a.fit", b"").replace(b"\x05\x00\x00\x00a", b"")

    assert all(isinstance(content, ReadError | bytes) for _, content in unwrap(data, "odd.zip"))


@pytest.mark.parametrize("end", [3, 10, 20, 30])
def test_a_cut_gzip_is_truncated(end: int) -> None:
    ((_, error),) = unwrap(gzipped(FIT * 3)[:end], "run.fit.gz")

    assert isinstance(error, Truncated)
    assert error.offset == end


def test_an_archive_without_a_recording_says_so() -> None:
    ((name, error),) = unwrap(zipped({"readme.txt": b"hello"}), "docs.zip")

    assert name == "docs.zip"
    assert isinstance(error, UnknownFormat)


def test_bytes_that_are_no_archive_come_back_as_they_are() -> None:
    assert list(unwrap(b"anything", "stdin")) == [("stdin", b"anything")]


# -- bounds


def test_a_bomb_is_stopped_when_it_has_unfolded_too_much() -> None:
    bomb = zipped({f"{n}.fit": bytes(90_000) for n in range(50)})
    limits = Limits(free_bytes=200_000, ratio=1)

    contents = [content for _, content in unwrap(bomb, "bomb.zip", limits)]

    assert sum(len(content) for content in contents if isinstance(content, bytes)) <= 200_000
    assert isinstance(contents[-1], ReadError)
    assert "far more" in str(contents[-1])
    assert len(contents) == 3


def test_a_bomb_of_zips_in_zips_shares_one_budget() -> None:
    inner = zipped({f"{n}.fit": bytes(90_000) for n in range(5)})
    bomb = zipped({f"{n}.zip": inner for n in range(20)})
    limits = Limits(free_bytes=200_000, ratio=1)

    contents = [content for _, content in unwrap(bomb, "bomb.zip", limits)]

    assert sum(len(content) for content in contents if isinstance(content, bytes)) <= 200_000


def test_a_bomb_of_many_parts_of_gzip_is_stopped_too() -> None:
    bomb = gzipped(bytes(90_000)) * 5

    ((_, content),) = unwrap(bomb, "bomb.gz", Limits(free_bytes=200_000, ratio=1))

    assert "unfolds to far more" in str(content)


@pytest.mark.parametrize("wrapped", [bytes, gzipped], ids=["plain", "gzipped"])
def test_the_elements_of_all_files_of_an_archive_share_one_budget(wrapped: Callable[[bytes], bytes]) -> None:
    ten = GPX.replace(b"></gpx>", b">" + b"<a></a>" * 9 + b"</gpx>")
    members = {f"{i}.gpx": wrapped(ten) for i in range(5)} | {"6.fit": FIT}

    found = list(unwrap(zipped(members), "a.zip", Limits(free_elements=25, elements=0)))

    assert [body for _, body in found[:3]] == [ten] * 3
    assert isinstance(found[3][1], ReadError)
    assert "more XML than an archive of its size should hold" in str(found[3][1])
    assert len(found) == 4


def test_gzips_in_a_zip_share_one_budget() -> None:
    bomb = zipped({f"{n}.fit.gz": gzipped(bytes(90_000)) for n in range(5)})
    limits = Limits(free_bytes=200_000, ratio=1)

    contents = [content for _, content in unwrap(bomb, "bomb.zip", limits)]

    assert [len(content) for content in contents if isinstance(content, bytes)] == [90_000, 90_000]
    assert "unfolds to far more" in str(contents[-1])


@pytest.mark.parametrize("count", [1, 2, 3000])
@pytest.mark.parametrize("rest", [b"", bytes(700), b"no gzip"], ids=["nothing", "zeros", "text"])
def test_all_parts_of_a_gzip_are_read_and_what_is_behind_them_is_not(count: int, rest: bytes) -> None:
    """However long a part is: shorter and longer than what is unfolded at a time."""
    parts = [bytes([n % 251]) * (n % 7) for n in range(count)] + [random.Random(1).randbytes(200_000)]

    ((_, content),) = unwrap(b"".join(map(gzipped, parts)) + rest, "parts.gz")

    assert content == b"".join(parts)


def test_a_gzip_that_ends_between_its_parts_or_inside_one_is_told_apart() -> None:
    one = gzipped(FIT)

    assert [content for _, content in unwrap(one + one, "two.gz")] == [FIT + FIT]
    ((_, content),) = unwrap(one + one[:-1], "two.gz")
    assert isinstance(content, Truncated)
    assert content.offset == 2 * len(one) - 1


def test_bytes_in_proportion_to_the_outer_file_are_allowed() -> None:
    data = zipped({"a.fit": bytes(90_000)})

    ((_, content),) = unwrap(data, "a.zip", Limits(free_bytes=0, ratio=1000))

    assert content == bytes(90_000)


@pytest.mark.parametrize(
    ("data", "limits", "says"),
    [
        (zipped({"a.fit": bytes(1001)}), Limits(member_bytes=1000), "more than 1,000 bytes"),
        (gzipped(bytes(1001)), Limits(member_bytes=1000), "more than 1,000 bytes"),
        (zipped({"1": zipped({"2": zipped({"a.fit": FIT})})}), Limits(depth=2), "more than 2 deep"),
        (gzipped(gzipped(gzipped(FIT))), Limits(depth=2), "more than 2 deep"),
        (zipped({f"{n}.fit": FIT for n in range(11)}), Limits(members=10), "more than 10 files"),
        (zipped({f"{n}.fit": FIT for n in range(11)}), Limits(directory_bytes=500), "lists its members"),
    ],
    ids=["member", "gzip", "depth", "gzip in gzip", "members", "directory"],
)
def test_every_limit_is_kept_and_named(data: bytes, limits: Limits, says: str) -> None:
    errors = [str(content) for _, content in unwrap(data, "big.zip", limits) if isinstance(content, ReadError)]

    assert len(errors) == 1
    assert says in errors[0]


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (zipped({"a.fit": FIT}), Limits(member_bytes=len(FIT))),
        (zipped({"a.fit": FIT}), Limits(free_bytes=len(FIT), ratio=0)),
        (zipped({"a.fit": FIT}), Limits(total_bytes=len(FIT))),
        (zipped({"a.fit": FIT}), Limits(members=1)),
        (zipped({"a.fit": FIT}), Limits(depth=1)),
        (gzipped(FIT), Limits(depth=1, members=1, member_bytes=len(FIT))),
        (zipped({"1": zipped({"a.fit": FIT})}), Limits(depth=2, members=2)),
        (gzipped(zipped({"a.fit.gz": gzipped(FIT)})), Limits(depth=3, members=3)),
    ],
    ids=["member", "budget", "total", "members", "depth", "gzip", "zip in zip", "three deep"],
)
def test_what_just_fits_is_unfolded(data: bytes, limits: Limits) -> None:
    assert [content for _, content in unwrap(data, "small.zip", limits)] == [FIT]


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (zipped({"a.fit": FIT}), Limits(total_bytes=len(FIT) - 1)),
        (gzipped(FIT), Limits(total_bytes=len(FIT) - 1)),
        (gzipped(FIT), Limits(members=0)),
        (gzipped(FIT), Limits(depth=0)),
        (gzipped(zipped({"a.fit.gz": gzipped(FIT)})), Limits(depth=2)),
    ],
    ids=["total", "total of a gzip", "gzip as a member", "gzip as a level", "three deep"],
)
def test_what_just_does_not_fit_is_refused(data: bytes, limits: Limits) -> None:
    ((_, content),) = unwrap(data, "small.zip", limits)

    assert isinstance(content, ReadError)


@pytest.mark.parametrize(("size", "refused"), [(17 * 1024 * 1024, True), (60, False)])
def test_the_long_list_of_a_large_zip_is_read_from_its_64_bit_record(size: int, *, refused: bool) -> None:
    """The short record then says 0xFFFFFFFF."""
    data = zipped({"a.fit": FIT})
    end = data.rindex(b"PK\x05\x06")
    record = b"PK\x06\x06" + bytes(36) + size.to_bytes(8, "little") + bytes(8)
    locator = b"PK\x06\x07" + bytes(16)
    large = data[:end] + record + locator + data[end : end + 12] + b"\xff" * 4 + data[end + 16 :]

    ((_, error),) = unwrap(large, "large.zip")

    assert isinstance(error, ReadError)
    assert ("lists its members" in str(error)) is refused


def test_a_spent_budget_of_one_archive_does_not_touch_the_next(tmp_path: Path) -> None:
    bomb = zipped({f"{n}.fit": bytes(90_000) for n in range(5)})
    folder = laid(tmp_path, {"a.zip": bomb, "b.fit": FIT})

    *_, last = walk([folder], Limits(free_bytes=100_000, ratio=1))

    assert last.read() == FIT


def test_no_path_of_an_archive_is_ever_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = zipped({"../../evil.fit": FIT, "/etc/evil.fit": FIT, "C:\\evil.fit": FIT})

    assert len(list(unwrap(data, "evil.zip"))) == 2  # the first two; ".." counts as hidden
    assert list(tmp_path.iterdir()) == []


# -- names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a.b@example.com_102.fit", "***_102.fit"),
        ("x/a_b@mail.example.co.uk_0_summary.json", "x/***_0_summary.json"),
        ("plain.fit", "plain.fit"),
        ("a@b", "***"),
        ("a@b/c@d_1.fit", "***/***_1.fit"),
        ("a: b@c.de", "a: ***"),
        ("@b/a@", "@b/a@"),
        ("a@b@_c", "***@_c"),
        ("a@b@c_d", "***_d"),
    ],
)
def test_mail_addresses_in_names_are_masked(name: str, shown: str) -> None:
    assert masked(name) == shown


@pytest.mark.parametrize("long", ["a" * 60_000, "x/" * 30_000], ids=["letters", "folders"])
def test_of_an_endless_name_the_beginning_and_the_end_are_shown(long: str) -> None:
    ((name, content),) = unwrap(zipped({f"first{long}last.fit": FIT}), "run.zip")

    assert content == FIT
    assert len(name) <= 1_000
    assert name.startswith("run.zip/first")
    assert name.endswith("last.fit")


def test_names_of_errors_are_masked_too() -> None:
    data = with_flag(stored({"me@example.com_1.fit": FIT}), "me@example.com_1.fit", 1)

    ((name, error),) = unwrap(data, "me@example.com.zip")

    assert "example" not in name + str(error)


# -- real exports


@needs_data
def test_the_real_exports_and_a_history_hold_what_their_page_says() -> None:
    """177 runs and one FIT file that is no activity; 40 files are there twice."""
    seen: Counter[bytes] = Counter()
    for found in walk([DATA / "history-strap-then-wrist", DATA / "exports"]):
        if not found.skipped:
            seen[found.read()] += 1

    assert len(seen) == 177 + 1
    assert seen.total() - len(seen) == 40


@needs_data
def test_no_name_from_the_account_export_holds_an_address() -> None:
    assert not [found.name for found in walk([DATA / "exports" / "garmin-account-export.zip"]) if "@" in found.name]
