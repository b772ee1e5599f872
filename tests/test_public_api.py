"""The public library: what `kneedrive.__all__` names, its types and words, and that nothing of it changes unseen."""

import inspect
import re
import subprocess
import sys
import typing
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from msgspec.structs import asdict

import kneedrive
from kneedrive import recording
from kneedrive.analysis import result
from kneedrive.record import Record
from kneedrive.simulate import simulate_demo
from tests.conftest import FIXTURES, ROOT, Golden
from tests.fit_activity import activity_fit

DEMO = FIXTURES / "labels" / "demo.fit"
NAMES = sorted(kneedrive.__all__)
TYPES = [name for name in NAMES if isinstance(getattr(kneedrive, name), type)]
FUNCTIONS = [name for name in NAMES if inspect.isfunction(getattr(kneedrive, name))]


def reachable(start: type[Record], modules: tuple[ModuleType, ...] = (result, recording)) -> set[type[Record]]:
    """The type and every value type that its fields can hold."""
    kinds = [kind for module in modules for kind in vars(module).values() if inspect.isclass(kind)]
    named = {kind.__name__: kind for kind in kinds if issubclass(kind, Record) and kind is not Record}
    found, waiting = {start}, [start]
    while waiting:
        words = {word for text in waiting.pop().__annotations__.values() for word in re.findall(r"\w+", str(text))}
        new = {named[word] for word in words & named.keys()} - found
        found |= new
        waiting += new
    return found


RETURNED = sorted(reachable(kneedrive.Activity) | reachable(kneedrive.Analysis), key=lambda kind: kind.__name__)


def signature(function: Callable[..., object]) -> str:
    """Parameters with their types; of a default that is a value only its type, since its numbers are the method's."""
    shown = []
    for given in inspect.signature(function).parameters.values():
        default = type(given.default).__name__ + "()" if isinstance(given.default, Record) else repr(given.default)
        optional = "" if given.default is given.empty else f" = {default}"
        shown.append(f"{given.name}: {given.annotation}{optional} [{given.kind.description}]")
    return f"({', '.join(shown)}) -> {inspect.signature(function).return_annotation}"


def surface() -> str:
    """Names, signatures and fields as text: what somebody's program may rely on."""
    lines = [f"{name}{signature(getattr(kneedrive, name))}" for name in FUNCTIONS]
    for kind in RETURNED:
        lines.append(f"{kind.__name__}")
        lines += [
            f"  {field}: {kind.__annotations__[field]}"
            for field in kind.__struct_fields__
            if field in kind.__annotations__
        ]
    errors = [name for name in TYPES if issubclass(getattr(kneedrive, name), Exception)]
    lines += [f"{name}({getattr(kneedrive, name).__base__.__name__})" for name in errors]
    return "\n".join(lines) + "\n"


def test_the_names_are_sorted_and_all_there() -> None:
    assert list(kneedrive.__all__) == NAMES
    assert all(hasattr(kneedrive, name) for name in NAMES)
    assert {"read", "analyze", "Activity", "Analysis", "Runner", "ReadError"} <= set(NAMES)


def test_no_module_has_a_name_of_the_library() -> None:
    """Importing such a module would put it in the place of what is named so."""
    root = Path(kneedrive.__file__).parent  # git leaves folders of compiled files behind where it takes modules away
    modules = {path.relative_to(root).parts[0].removesuffix(".py") for path in root.rglob("*.py")}

    assert not modules & set(NAMES)


def test_a_name_that_is_not_there_says_so() -> None:
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        _ = kneedrive.analyse


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_explained(name: str) -> None:
    assert len((inspect.getdoc(getattr(kneedrive, name)) or "").split()) >= 5


@pytest.mark.parametrize("kind", RETURNED, ids=lambda kind: kind.__name__)
def test_every_type_that_is_returned_is_explained_and_typed(kind: type[Record]) -> None:
    assert len((kind.__doc__ or "").split()) >= 4
    assert set(kind.__struct_fields__) <= {
        name for base in kind.__mro__ for name in getattr(base, "__annotations__", {})
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_typed_throughout(name: str) -> None:
    function = getattr(kneedrive, name)

    assert set(typing.get_type_hints(function)) == {*inspect.signature(function).parameters, "return"}


def test_nothing_of_it_changes_unseen(golden: Golden) -> None:
    """A difference here is a change of the public library: additions only, or a new major version."""
    golden.check("public-api.txt", surface())


def test_types_travel_with_the_package() -> None:
    assert (Path(kneedrive.__file__).parent / "py.typed").is_file()


@pytest.mark.parametrize("kind", [kneedrive.Activity, kneedrive.Analysis, kneedrive.Runner, kneedrive.Samples])
def test_what_is_returned_cannot_be_changed(kind: type[Record]) -> None:
    given: dict[str, object] = dict.fromkeys(kind.__struct_fields__)
    value = kind(**given)

    with pytest.raises(AttributeError, match="immutable"):
        setattr(value, kind.__struct_fields__[0], 1)


def test_samples_are_read_only() -> None:
    (activity,) = kneedrive.read(DEMO.read_bytes())
    assert activity.samples.speed_mps is not None

    with pytest.raises(ValueError, match="read-only"):
        activity.samples.speed_mps[0] = 1.0


def test_reading_and_analysing_need_nothing_but_bytes() -> None:
    found = [kneedrive.analyze(activity) for activity in kneedrive.read(DEMO.read_bytes())]

    assert [analysis.status for analysis in found] == ["assessed"]
    assert found[0].findings[0].pattern == "neutral"
    assert "shuffle-like" in str(found[0])


def test_the_same_input_gives_the_same_analysis() -> None:
    first, second = (kneedrive.analyze(kneedrive.read(DEMO.read_bytes())[0]) for _ in range(2))

    assert str(first) == str(second)
    assert asdict(first.scores) == asdict(second.scores)
    np.testing.assert_array_equal(first.epochs["D"], second.epochs["D"])


def test_a_run_written_and_read_again_is_judged_alike() -> None:
    simulated = simulate_demo()
    (read,) = kneedrive.read(activity_fit(simulated))
    before, after = (kneedrive.analyze(run, runner=kneedrive.Runner(height_m=1.78)) for run in (simulated, read))

    assert [each.pattern for each in before.findings] == [each.pattern for each in after.findings]
    assert before.scores.D.value == pytest.approx(after.scores.D.value, abs=0.05)


@pytest.mark.parametrize("data", [b"", b"no run", b"\x1f\x8b", b"PK\x05\x06" + bytes(18)])
def test_what_cannot_be_read_is_a_read_error_and_a_kneedrive_error(data: bytes) -> None:
    with pytest.raises(kneedrive.ReadError) as caught:
        kneedrive.read(data, "given")

    assert isinstance(caught.value, kneedrive.KneedriveError)
    assert "given" in str(caught.value)


def test_importing_it_loads_neither_numpy_nor_the_network() -> None:
    code = "import sys, kneedrive; print(sorted({'numpy', 'requests', 'sqlite3', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


PROGRAM = """
from pathlib import Path

import kneedrive


def scores(path: Path) -> list[float | None]:
    return [kneedrive.analyze(run, runner=kneedrive.Runner(height_m=1.78)).scores.D.value
            for run in kneedrive.read(path.read_bytes(), path.name)]


reveal_type(kneedrive.read(b""))
reveal_type(kneedrive.analyze(kneedrive.read(b"")[0]).findings)
"""


@pytest.mark.slow
def test_a_program_that_uses_it_is_checked_by_its_types(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    assert done.returncode == 0, done.stdout
    assert "tuple[kneedrive.recording.Activity, ...]" in done.stdout
    assert "tuple[kneedrive.analysis.result.Finding, ...]" in done.stdout
