"""The token file: readable by its owner alone, replaced as a whole, one writer at a time."""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from kneedrive.config import Secret
from kneedrive.errors import NotAuthorised, SourceError
from kneedrive.record import Record

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
LOCK_S, POLL_S = 90.0, 0.05


class Tokens(Record, frozen=True, kw_only=True):
    """A login: both tokens, when the access token ends (aware UTC), the granted scope, whose login it is.

    client_id, client_secret: of the application, kept here only where the runner typed them in at the login.
    """

    access: Secret
    refresh: Secret
    expires_at: datetime
    scope: str
    athlete: str = ""
    client_id: str = ""
    client_secret: Secret = Secret("")


def is_missing(path: Path) -> bool:
    """Whether there is surely nothing at this path. What may not be looked at counts as there, for others to refuse."""
    try:
        path.stat()
    except OSError as error:
        return isinstance(error, FileNotFoundError | NotADirectoryError)
    return False


class PrivateFile:
    """A file for its owner alone, replaced as a whole. what: what it holds, in messages."""

    def __init__(self, path: Path, what: str = "login") -> None:
        self.path = path
        self.what = what

    def read(self) -> str | None:
        """Its text, None where there is no file. Raises SourceError, and ValueError for what is no text."""
        with self._trouble("read"), suppress(FileNotFoundError), self.path.open(encoding="utf-8") as file:
            _close_to_others(file.fileno())
            return file.read()
        return None

    def write(self, text: str) -> None:
        """Replace the file atomically: at every moment it holds the old text or the new one, whole and on disk."""
        with self._trouble("saved"):
            self._folder()
            # mkstemp gives 0600 from the first moment; in the same folder, so that the rename is atomic.
            handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(self.path)
            except OSError:
                Path(temporary).unlink(missing_ok=True)
                raise
            _sync_folder(self.path.parent)

    def delete(self) -> None:
        """Remove the file, if there is one, and what a killed save may have left of it."""
        with self._trouble("removed"):
            for path in (self.path, *self.path.parent.glob(f".{self.path.name}.*")):
                path.unlink(missing_ok=True)

    def _folder(self) -> None:
        folder = self.path.parent
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if self.what != "configuration":  # which may lie anywhere
            with suppress(PermissionError):  # a folder of somebody else's, such as /tmp: the file is private still
                folder.chmod(PRIVATE_FOLDER)

    @contextmanager
    def _trouble(self, verb: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = (error.strerror or "unknown reason").lower()
            raise SourceError(
                f"the {self.what} in {self.path} cannot be {verb} ({why}): make the folder yours and writable"
            ) from None


class KeyFile(PrivateFile):
    """An API key on disk: one line of text."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "key")

    def load(self) -> Secret:
        """The key, empty where there is none. Raises NotAuthorised where the file holds no key."""
        try:
            text = (self.read() or "").strip()
            return token(text) if text else Secret("")
        except ValueError:
            raise NotAuthorised(f"the key in {self.path} is damaged: save it anew") from None

    def save(self, key: Secret) -> None:
        """Keep a key in place of the old one."""
        self.write(key.reveal() + "\n")


class TokenFile(PrivateFile):
    """One login on disk.

    The lock file beside it is never deleted: who waits for the deleted one would not see who locks a new one.
    """

    def load(self) -> Tokens | None:
        """The stored login, None where there is none. Raises NotAuthorised where the file cannot be understood."""
        try:
            text = self.read()
            if text is None:
                return None
            stored = json.loads(text)
            return Tokens(
                access=token(stored["access_token"]),
                refresh=token(stored["refresh_token"]),
                expires_at=datetime.fromtimestamp(int(stored["expires_at"]), UTC),
                scope=str(stored["scope"]),
                athlete=str(stored.get("athlete", "")),
                client_id=str(stored.get("client_id", "")),
                client_secret=Secret(str(stored.get("client_secret", ""))),
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, OSError):
            raise NotAuthorised(f"the saved login in {self.path} is damaged: log in again") from None

    def save(self, tokens: Tokens) -> None:
        """Keep a login in place of the old one."""
        stored = {
            "access_token": tokens.access.reveal(),
            "refresh_token": tokens.refresh.reveal(),
            "expires_at": int(tokens.expires_at.timestamp()),
            "scope": tokens.scope,
            "athlete": tokens.athlete,
        }
        if tokens.client_id:
            stored |= {"client_id": tokens.client_id, "client_secret": tokens.client_secret.reveal()}
        self.write(json.dumps(stored))

    @contextmanager
    def locked(self, patience_s: float = LOCK_S) -> Iterator[None]:
        """Hold the login alone, across threads and processes. Raises SourceError after `patience_s` of waiting."""
        from filelock import FileLock, Timeout

        lock = FileLock(
            self.path.with_name(self.path.name + ".lock"),
            timeout=patience_s,
            mode=PRIVATE_FILE,
            poll_interval=POLL_S,  # short waits keep Ctrl-C working
        )
        with self._trouble("locked"):
            self._folder()
            try:
                lock.acquire()
            except Timeout:
                raise SourceError(
                    f"another kneedrive holds the login in {self.path}: wait until it is done and try again"
                ) from None
        try:
            yield
        finally:
            lock.release()  # as the end of the process does, however it comes


def _close_to_others(handle: int) -> None:
    """Make an open file private again, after a backup or an editor opened it. Windows has no such modes."""
    if not hasattr(os, "fchmod") or stat.S_IMODE(os.fstat(handle).st_mode) == PRIVATE_FILE:
        return
    try:
        os.fchmod(handle, PRIVATE_FILE)
    except OSError as error:
        if error.errno != errno.EROFS:  # on a disk that is read only it is read as it is
            raise


def _sync_folder(folder: Path) -> None:
    """Bring the folder's entries to the disk, where the system lets a folder be opened. Windows does not."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def token(value: object) -> Secret:
    """A token as it came. Raises ValueError for what is none: RFC 6750 has visible ASCII signs alone.

    A header refuses others, such as a line break, and its error quotes them.
    """
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("no token")  # and no word of it
    return Secret(value)
