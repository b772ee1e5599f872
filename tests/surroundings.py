"""What the tests run in: the same for every user, terminal, locale, time zone and machine."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

# What the tests themselves are told by the environment.
_OURS = ("KNEEDRIVE_DATA", "KNEEDRIVE_AXE", "KNEEDRIVE_CHROMIUM")
_SPOKEN = ("KNEEDRIVE_", "STRAVA_", "INTERVALS_ICU_", "XDG_", "LC_")
_NAMED = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "LANGUAGE", "PYTHONUTF8", "PYTHONIOENCODING")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_FIXED = {"LANG": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color"}

_VERSION_3, _DAC_OVERRIDE, _DAC_READ_SEARCH = 0x20080522, 1, 2  # linux/capability.h


def settle(home: Path) -> None:
    """Make the environment of this process and of its children the same everywhere, with a home of their own."""
    for name in list(os.environ):
        foreign = name.startswith(_SPOKEN) or name in _NAMED or name.lower() in _PROXIES
        if foreign and name not in _OURS:
            del os.environ[name]
    os.environ.update(_FIXED, HOME=str(home))
    if hasattr(time, "tzset"):
        time.tzset()


@contextmanager
def as_anybody() -> Iterator[None]:
    """Inside it the modes of files hold for root too, who else may open everything; not in programs started there."""
    before = _capabilities()
    if before is None:
        yield
        return
    _hold(before, 0)
    try:
        yield
    finally:
        _hold(before)


def become_anybody() -> None:
    """From here on the modes of files hold for root too, until another program is run."""
    before = _capabilities()
    if before is not None:
        _hold(before, 0, 1)


def _capabilities() -> list[int] | None:
    """What root may do: effective, permitted and inheritable, twice 32 of each; None for others and elsewhere."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return None
    held = (ctypes.c_uint32 * 6)()
    _check(ctypes.CDLL(None, use_errno=True).capget(_header(), held))
    return list(held)


def _hold(capabilities: list[int], *without: int) -> None:
    """Hold these, without those to pass over modes in the sets at these places."""
    past_modes = 1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH
    kept = [each & ~past_modes if place in without else each for place, each in enumerate(capabilities)]
    _check(ctypes.CDLL(None, use_errno=True).capset(_header(), (ctypes.c_uint32 * 6)(*kept)))


def _header() -> ctypes.Array[ctypes.c_uint32]:
    return (ctypes.c_uint32 * 2)(_VERSION_3, 0)  # of this thread


class Quick:
    """The quick selection: readers, analysis, histories, advice and reports as pure functions; no process, no server.

    Only as a process is about to be started can it be known that a test starts one: such a test ends there as skipped.
    """

    # Whole commands, stores on disk, services, and the tools of the tests themselves.
    ROOMS = frozenset({"app", "benchmarks", "cli", "crash", "fuzz", "mutation", "sources", "store", "sync"})
    # What looks at the whole project, or makes its input by the megabyte.
    WHOLE = frozenset({"test_fuzz", "test_growth", "test_notebook", "test_security", "test_series_rates"})
    STARTS = frozenset({"subprocess.Popen", "os.fork", "os.posix_spawn", "os.system", "pty.spawn"})
    DEAR = frozenset({"browser", "home", "shelf"})  # a whole history is made for these

    def __init__(self, real: Path) -> None:
        self.real = real
        self.testing = False
        sys.addaudithook(lambda event, _: self._leave() if event in self.STARTS else None)
        # No audit event tells of these.
        setattr(BaseProcess, "start", lambda _: self._leave())  # noqa: B010

    def _leave(self) -> None:
        if self.testing:
            pytest.skip("starts a process")

    @pytest.hookimpl
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave out rooms and modules before they are even read; None lets others decide."""
        return collection_path.name in self.ROOMS or collection_path.stem in self.WHOLE or None

    @pytest.hookimpl
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what can be told before it runs."""
        left_out = [item for item in items if self._lengthy(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not self._lengthy(item)]

    def _lengthy(self, item: pytest.Item) -> bool:
        given = item.callspec.params.values() if hasattr(item, "callspec") else ()
        return (
            bool(self.DEAR.intersection(getattr(item, "fixturenames", ())))
            or getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
            or any(isinstance(each, Path) and each.is_relative_to(self.real) for each in given)
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        """Processes that pytest itself starts are none of a test's."""
        self.testing = True
        try:
            return (yield)
        finally:
            self.testing = False


def _check(code: int) -> None:
    if code:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
