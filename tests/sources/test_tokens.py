"""The token file: private, whole at every moment, one writer at a time."""

import errno
import json
import os
import stat
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kneedrive.config import Secret
from kneedrive.errors import NotAuthorised, SourceError
from kneedrive.sources.tokens import TokenFile, Tokens

TOKENS = Tokens(
    access=Secret("access-secret"),
    refresh=Secret("refresh-secret"),
    expires_at=datetime(2026, 3, 2, 16, tzinfo=UTC),
    scope="read,activity:read_all",
    athlete="227615",
)


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "kneedrive" / "strava.json")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_saved_comes_back(file: TokenFile) -> None:
    file.save(TOKENS)

    assert file.load() == TOKENS


def test_no_file_is_no_login(file: TokenFile) -> None:
    assert file.load() is None


def test_file_lock_and_folder_are_private(file: TokenFile) -> None:
    old = os.umask(0)
    try:
        with file.locked():
            file.save(TOKENS)
    finally:
        os.umask(old)

    assert {path.name: mode(path) for path in file.path.parent.iterdir()} == {
        "strava.json": 0o600,
        "strava.json.lock": 0o600,
    }
    assert mode(file.path.parent) == 0o700


def test_a_folder_that_was_open_is_closed(file: TokenFile) -> None:
    file.path.parent.mkdir(mode=0o755)

    file.save(TOKENS)

    assert mode(file.path.parent) == 0o700


def test_a_file_that_was_opened_to_others_is_closed_when_read(file: TokenFile) -> None:
    file.save(TOKENS)
    file.path.chmod(0o644)

    file.load()

    assert mode(file.path) == 0o600


def test_on_a_disk_that_is_read_only_it_is_read_as_it_is(file: TokenFile, monkeypatch: pytest.MonkeyPatch) -> None:
    file.save(TOKENS)
    file.path.chmod(0o644)

    def refuse(_handle: int, _mode: int) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "fchmod", refuse)

    assert file.load() == TOKENS


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"access_token": "a"}', "[" * 100_000, "\x00\xff"],
    ids=["empty", "cut", "list", "null", "no keys", "one key", "deep", "binary"],
)
def test_a_damaged_file_asks_for_a_new_login(file: TokenFile, text: str) -> None:
    file.path.parent.mkdir()
    file.path.write_text(text, encoding="latin-1")

    with pytest.raises(NotAuthorised, match="is damaged: log in again"):
        file.load()


@pytest.mark.parametrize("key", ["access_token", "refresh_token"])
@pytest.mark.parametrize("text", ["secret\n1", "secret\r\nX: 1", "secret 1", "secret\x00", "secret\u20ac", "", 7, None])
def test_a_token_that_would_break_a_header_is_damage_and_not_printed(file: TokenFile, key: str, text: object) -> None:
    file.save(TOKENS)
    stored = json.loads(file.path.read_text())
    file.path.write_text(json.dumps({**stored, key: text}))

    with pytest.raises(NotAuthorised, match="is damaged: log in again") as caught:
        file.load()

    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_a_login_of_before_whose_end_is_a_number_of_seconds_is_read(file: TokenFile) -> None:
    before = {
        "access_token": "access-secret",
        "refresh_token": "refresh-secret",
        "expires_at": int(TOKENS.expires_at.timestamp()),
        "scope": TOKENS.scope,
        "athlete": TOKENS.athlete,
    }
    file.write(json.dumps(before))

    assert file.load() == TOKENS


@pytest.mark.parametrize("expires_at", ['"soon"', '"2026-03-02T16:00:00"', "1e400", "99999999999999999999", "null"])
def test_an_end_that_is_no_time_is_damage(file: TokenFile, expires_at: str) -> None:
    file.save(TOKENS)
    stored = json.loads(file.path.read_text())
    stored["expires_at"] = "HERE"
    file.path.write_text(json.dumps(stored).replace('"HERE"', expires_at))

    with pytest.raises(NotAuthorised, match="damaged"):
        file.load()


def test_a_failed_save_leaves_the_old_login_and_no_rubbish(file: TokenFile, monkeypatch: pytest.MonkeyPatch) -> None:
    file.save(TOKENS)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceError, match=r"cannot be saved \(no space left on device\)"):
        file.save(TOKENS.replace(access=Secret("other")))

    assert file.load() == TOKENS
    assert [path.name for path in file.path.parent.iterdir()] == ["strava.json"]


def test_a_save_reaches_the_disk_before_it_replaces(file: TokenFile, monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(handle: int) -> None:
        happened.append("fsync")
        fsync(handle)

    def noted_replace(path: Path, to: Path) -> Path:
        happened.append("replace")
        return replace(path, to)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)

    file.save(TOKENS)

    assert happened == ["fsync", "replace", "fsync"]


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "kneedrive").write_text("a file where the folder should be")

    with pytest.raises(SourceError, match="cannot be saved"):
        TokenFile(tmp_path / "kneedrive" / "strava.json").save(TOKENS)


def test_where_a_folder_cannot_be_opened_the_file_is_saved_all_the_same(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows opens no folder, and has no modes to set on an open file."""
    real = os.open

    def opened(path: Any, flags: int, mode: int = 0o777, **named: Any) -> int:
        if Path(path).is_dir():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path, flags, mode, **named)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.delattr(os, "fchmod")

    file.save(TOKENS)

    assert file.load() == TOKENS


def test_one_owner_at_a_time(file: TokenFile) -> None:
    order: list[str] = []
    held = threading.Event()

    def second() -> None:
        held.wait()
        with TokenFile(file.path).locked():
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with file.locked():
        held.set()
        thread.join(0.15)
        order.append("first")
    thread.join()

    assert order == ["first", "second"]


def test_a_lock_that_never_opens_is_one_sentence(file: TokenFile) -> None:
    with (
        file.locked(),
        pytest.raises(SourceError, match="another kneedrive holds the login"),
        TokenFile(file.path).locked(patience_s=0.0),
    ):
        pytest.fail("two owners")


def test_deleting_twice_is_fine(file: TokenFile) -> None:
    file.save(TOKENS)
    file.delete()
    file.delete()

    assert file.load() is None


def test_what_a_killed_save_left_goes_with_the_login(file: TokenFile) -> None:
    file.save(TOKENS)
    (file.path.parent / ".strava.json.x7y").write_text("refresh-secret")
    (file.path.parent / "config.toml").write_text("stays")

    file.delete()

    assert [path.name for path in file.path.parent.iterdir()] == ["config.toml"]


def test_tokens_do_not_print() -> None:
    assert "-secret" not in repr(TOKENS)
    assert "-secret" not in f"{TOKENS} {TOKENS.access} {[TOKENS]}"
