"""What a user should read. Every other exception is a bug: around one recording a Fault, elsewhere a traceback.

A message is one sentence that says what is wrong and what to do; the facts are attributes too.
"""

from collections.abc import Iterable
from datetime import datetime


def meant(word: str, known: Iterable[str]) -> str:
    """ "did you mean this?" where one of the known words is near; else ""."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]}?" if near else ""


def one_line(name: str) -> str:
    """A name with blanks for its line breaks: what follows one could pass for a line of kneedrive's own."""
    return " ".join(name.splitlines())


class KneedriveError(Exception):
    """Base of all errors that a user should read."""

    code = "failed"

    def __init_subclass__(cls, code: str = "") -> None:
        cls.code = code or cls.code  # else that of its base


class ConfigError(KneedriveError, code="config"):
    """A configuration value that cannot be used: names the key and the remedy."""


def not_installed(what: str, extra: str) -> ConfigError:
    """What needs a package that is not there ("--scheduler needs distributed"), and the extra that brings it."""
    installed = f"pip install 'kneedrive[{extra}]' brings it, in a clone pip install '.[{extra}]'"
    return ConfigError(f"{what}, which is not installed: {installed}")


class ReadError(KneedriveError, code="unreadable"):
    """A file that cannot be read. `offset` is the byte where it went wrong, None where no place can be named."""

    def __init__(self, problem: str, *, offset: int | None = None, name: str = "") -> None:
        self.problem = problem
        self.offset = offset
        self.name = name
        super().__init__(problem)

    @property
    def located(self) -> str:
        """What is wrong and where in the file, without its name."""
        return self.problem + (f" (at byte {self.offset:,})" if self.offset else "")

    def __str__(self) -> str:
        return f"{one_line(self.name) + ': ' if self.name else ''}{self.located}"


class UnknownFormat(ReadError, code="unknown_format"):
    """The bytes are of no kind that kneedrive reads."""


class Truncated(ReadError, code="truncated"):
    """The file ends before it should: `expected` bytes were announced, `got` are there."""

    def __init__(
        self, problem: str, *, offset: int | None = None, name: str = "", expected: int = 0, got: int = 0
    ) -> None:
        super().__init__(problem, offset=offset, name=name)
        self.expected = expected
        self.got = got


class Malformed(ReadError, code="malformed"):
    """The file contradicts its own format."""


class NoActivity(ReadError, code="no_activity"):
    """A well-formed file without an activity in it."""


class TooLarge(ReadError, code="too_large"):
    """The recording needs more memory than there is now; another time or another machine can read it."""


class Fault(ReadError, code="fault"):
    """kneedrive itself failed on a recording; the cause is the exception that nobody expected."""

    def __init__(self, problem: str = "a fault in kneedrive, please report it", *, name: str = "") -> None:
        super().__init__(problem, name=name)


class NotEnoughData(KneedriveError, code="not_enough_data"):
    """The question needs more than there is; the message says how much more."""


class SourceError(KneedriveError, code="source"):
    """A service on the network did not give what was asked for."""


class NotAuthorised(SourceError, code="not_authorised"):
    """No login, or one that is no longer good."""


class RateLimited(SourceError, code="rate_limited"):
    """The service asks to wait until `retry_at` (aware, UTC)."""

    def __init__(self, message: str, *, retry_at: datetime) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class Unreachable(SourceError, code="unreachable"):
    """No answer, or none that can be understood."""


class Forbidden(SourceError, code="forbidden"):
    """The service refuses, and logging in again will not help."""


class Withheld(SourceError, code="withheld"):
    """The service does not hand out this one thing; it says nothing about the rest."""


class StoreError(KneedriveError, code="store"):
    """The database of runs cannot be used as it is."""


class ReadOnlyStore(StoreError):
    """The store can be read, and not written."""


class DamagedOriginal(StoreError):
    """The stored bytes of a recording are not what was stored. `id` is the beginning of its hash."""

    def __init__(self, message: str, *, id: str) -> None:  # noqa: A002 - what it is called everywhere
        super().__init__(message)
        self.id = id


class StillHeld(StoreError):
    """What was asked for is deleted, but another process reads the store, so that the file still holds the content."""
