"""Runs the fast tests of the analysis against one mutant, in a process of its own."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import math
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

from tests.mutation.mutants import count, mutated

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "kneedrive"
# Every module of the analysis of one run and of many, by its name; of two that are named alike the former's.
FILES = {path.stem: path for room in ("histories", "analysis") for path in sorted((PACKAGE / room).glob("*.py"))}
TESTS = ROOT / "tests" / "analysis"
# Slow ones are marked; these are quick enough alone but not four hundred times.
LEFT_OUT = ("test_real_files.py", "test_real_histories.py", "test_simulated_runner.py", "test_series_rates.py")
NEAREST = 2  # test files that run before the others
LIMIT_S = 240.0
BROKEN = 99  # exit code of a process that could not even run the tests
KILLED, SURVIVED, ENDLESS = "killed", "survived", "endless"


class Place(NamedTuple):
    """A mutant by its module and number."""

    module: str
    number: int


NOTHING = Place("no module", 0)


class Ran(NamedTuple):
    """What became of a mutant."""

    place: Place
    verdict: str


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module as its mutant."""

    number = 0

    def get_code(self, fullname: str) -> CodeType:
        tree, _ = mutated(Path(self.path), self.number)
        return compile(tree, self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the one module that is to be broken."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != _name(self._place.module):
            return None
        file = FILES[self._place.module]
        loader = _Loader(fullname, str(file))
        loader.number = self._place.number
        package = [str(file.parent)] if self._place.module == "__init__" else None
        spec = importlib.machinery.ModuleSpec(fullname, loader, origin=str(file), is_package=package is not None)
        spec.submodule_search_locations = package
        return spec


def _name(module: str) -> str:
    if module not in FILES:  # NOTHING
        return module
    package = f"kneedrive.{FILES[module].parent.name}"
    return package if module == "__init__" else f"{package}.{module}"


def places() -> list[Place]:
    """Every mutant of the analysis."""
    return [Place(module, number) for module, path in sorted(FILES.items()) for number in range(count(path))]


def sample(size: int, seed: int) -> list[Place]:
    """So many of them, drawn by a seed, in the order of the draw; all where there are not more."""
    every = places()
    return random.Random(seed).sample(every, min(size, len(every)))


def tests_for(module: str) -> list[str]:
    """The test files: those of the module itself first, then the one that sees most."""
    files = [path for path in sorted(TESTS.glob("test_*.py")) if path.name not in LEFT_OUT]
    first = (f"test_{module}.py", "test_whole.py")
    files.sort(key=lambda path: first.index(path.name) if path.name in first else len(first))
    return [str(path) for path in files]


def run_tests(place: Place) -> int:
    """The exit code of the tests against this mutant. Only in a process that has not loaded kneedrive yet."""
    assert not any(name.partition(".")[0] == "kneedrive" for name in sys.modules)
    sys.path.insert(0, str(ROOT / "src"))  # before whatever is installed: the mutant is of this tree
    sys.meta_path.insert(0, _Finder(place))
    import pytest

    quiet = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain", "--tb=no"]
    # Most mutants fall at once, so the tests that see most go alone before the others are even loaded.
    first, rest = tests_for(place.module)[:NEAREST], tests_for(place.module)[NEAREST:]
    code = pytest.main([*quiet, f"--rootdir={ROOT}", *first])
    if code or not rest:
        return int(code)
    return int(pytest.main([*quiet, f"--rootdir={ROOT}", *rest]))


def start(place: Place) -> int:
    """Fork a process that runs the tests against this mutant; returns its number."""
    child = os.fork()
    if child:
        return child
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    code = BROKEN
    try:
        code = run_tests(place)
    finally:
        os._exit(min(code, 255))


def unbroken_passes() -> bool:
    """Whether the tests pass against the code as it is: without that no mutant tells anything."""
    return [each.verdict for each in outcomes([NOTHING], 1)] == [SURVIVED]


def outcomes(chosen: Sequence[Place], processes: int, until: float = math.inf) -> Iterator[Ran]:
    """The outcome of each mutant, as they end; none is begun after `until` on the monotonic clock."""
    waiting, running = list(reversed(chosen)), dict[int, tuple[Place, float]]()
    while waiting or running:
        if time.monotonic() > until:
            waiting.clear()
        while waiting and len(running) < processes:
            place = waiting.pop()
            running[start(place)] = (place, time.monotonic())
        yield from _ended(running)
        time.sleep(0.02)


def _ended(running: dict[int, tuple[Place, float]]) -> Iterator[Ran]:
    for child, (place, since) in list(running.items()):
        done, status = os.waitpid(child, os.WNOHANG)
        if not done and time.monotonic() - since < LIMIT_S:
            continue
        del running[child]
        if not done:
            os.kill(child, 9)
            os.waitpid(child, 0)
            yield Ran(place, ENDLESS)
        else:
            code = os.waitstatus_to_exitcode(status)
            if code == BROKEN:
                message = f"the tests could not be run against {place}"
                raise RuntimeError(message)
            yield Ran(place, SURVIVED if code == 0 else KILLED)
