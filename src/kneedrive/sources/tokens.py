"""The token file: readable by its owner alone, replaced as a whole, one writer at a time."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from kneedrive.config import Secret
from kneedrive.errors import NotAuthorised, SourceError
from kneedrive.record import Record

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
LOCK_S, POLL_S = 90.0, 0.05  # the one ahead may be waiting for a service that does not answer
R = TypeVar("R", bound=Record)
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Tokens(
    Record, frozen=True, kw_only=True, omit_defaults=True, rename={"access": "access_token", "refresh": "refresh_token"}
):
    """A login: both tokens, when the access token ends (aware UTC), the granted scope, whose login it is."""

    access: Secret
    refresh: Secret
    expires_at: Moment
    scope: str
    athlete: str = ""
    client_id: str = ""  # of the application, as its secret; kept only where the runner typed them in at the login
    client_secret: Secret = Secret("")


def is_missing(path: Path) -> bool:
    """Whether there is surely nothing at this path. What may not be looked at counts as there, for others to refuse."""
    try:
        path.stat()
    except OSError as error:
        return isinstance(error, FileNotFoundError | NotADirectoryError)
    return False


class PrivateFile:
    """A file for its owner alone, replaced as a whole."""

    what = "login"  # that it holds, in messages

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> str | None:
        """Its text, None where there is no file. Raises SourceError, and ValueError for what is no text."""
        with self._trouble("read"), suppress(FileNotFoundError), self.path.open(encoding="utf-8") as file:
            # Private again, after a backup or an editor opened it. Windows has no such modes.
            if hasattr(os, "fchmod") and stat.S_IMODE(os.fstat(file.fileno()).st_mode) != PRIVATE_FILE:
                try:
                    os.fchmod(file.fileno(), PRIVATE_FILE)
                except OSError as error:
                    if error.errno != errno.EROFS:  # on a disk that is read only it is read as it is
                        raise
            return file.read()
        return None

    def read_as(self, kind: type[R]) -> R | None:
        """The record in it, None where there is no file. Raises SourceError, and ValueError for what is none."""
        if (text := self.read()) is None:
            return None
        # Not strict: moments were numbers of seconds once.
        return msgspec.json.decode(text, type=kind, strict=False, dec_hook=lambda _, value: token(value))

    def save(self, record: Record) -> None:
        """Keep a record in place of the old one."""
        self.write(msgspec.json.encode(record, enc_hook=Secret.reveal).decode())

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
            with suppress(PermissionError):  # Windows opens no folder
                handle = os.open(self.path.parent, os.O_RDONLY)
                try:
                    os.fsync(handle)  # the rename as well
                finally:
                    os.close(handle)

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

    what = "key"

    def load(self) -> Secret:
        """The key, empty where there is none. Raises NotAuthorised where the file holds no key."""
        try:
            text = (self.read() or "").strip()
            return token(text) if text else Secret("")
        except ValueError:
            raise NotAuthorised(f"the key in {self.path} is damaged: save it anew") from None


class TokenFile(PrivateFile):
    """One login on disk."""

    def load(self) -> Tokens | None:
        """The stored login, None where there is none. Raises NotAuthorised where the file cannot be understood."""
        try:
            return self.read_as(Tokens)
        except (ValueError, RecursionError):
            raise NotAuthorised(f"the saved login in {self.path} is damaged: log in again") from None

    @contextmanager
    def locked(self, patience_s: float = LOCK_S) -> Iterator[None]:
        """Hold the login alone, across threads and processes. Raises SourceError after `patience_s` of waiting."""
        from filelock import FileLock, Timeout

        # Its file is never deleted: who waits for the deleted one would not see who locks a new one.
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


def token(value: object) -> Secret:
    """A token as it came. Raises ValueError for what is none: RFC 6750 has visible ASCII signs alone."""
    # A header refuses others, such as a line break, and its error quotes them.
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("no token")  # and no word of it
    return Secret(value)
