"""The mutation tool breaks what it says it breaks, and its page tells the last run."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from kneedrive import analysis
from tests.conftest import ROOT
from tests.mutation import page, session
from tests.mutation.mutants import breaks, count, mutated
from tests.mutation.result import PROMISED, Result, stored
from tests.mutation.session import KILLED, NOTHING, SURVIVED, Place, sample


def broken(code: str) -> list[str]:
    """Every mutant of a piece of code, as code."""
    made = []
    for number in range(sum(1 for _ in breaks(ast.parse(code)))):
        tree = ast.parse(code)
        list(breaks(tree))[number][1]()
        made.append(ast.unparse(tree))
    return made


@pytest.mark.parametrize(
    ("code", "mutants"),
    [
        ("a < b", ["a <= b", "a > b"]),
        ("a >= b", ["a > b", "a < b"]),
        ("a == b", ["a != b"]),
        ("a is None", ["a is not None"]),
        ("a < b < c", ["a <= b < c", "a > b < c", "a < b <= c", "a < b > c"]),
        ("a + b * c", ["a - b * c", "a + b / c"]),
        ("a & b", ["a | b"]),
        ("a += b", ["a -= b"]),
        ("a and b", ["a or b"]),
        ("not a", ["not not a"]),
        ("~a", ["~~a"]),
        ("-a", ["+a"]),
        ("a = 2", ["a = 3"]),
        ("a = 0.5", ["a = 1.5"]),
        ("a = True", ["a = False"]),
        ("min(a)", ["max(a)"]),
        ("np.maximum(a, b)", ["np.minimum(a, b)"]),
        ("a if b else c", ["a if not b else c"]),
        ("a = 'word'", []),
        ("a: Literal[1] = b", []),
    ],
)
def test_code_is_broken_one_thing_at_a_time(code: str, mutants: list[str]) -> None:
    assert broken(code) == mutants


def test_a_docstring_and_a_decorator_are_left_alone() -> None:
    assert broken('@cache(1)\ndef f(a: int = 2) -> Literal[3]:\n    """Text."""\n    return a') == [
        '@cache(1)\ndef f(a: int=3) -> Literal[3]:\n    """Text."""\n    return a'
    ]


def test_a_mutant_says_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("a = b\nif a > 1:\n    a = 0\n", encoding="utf-8")
    found = [mutated(path, number)[1] for number in range(count(path))]

    assert [(each.module, each.line) for each in found] == [("module", 2)] * 4 + [("module", 3)]
    assert found[0].key == "module: if a > 1: -> if not a > 1:"
    assert found[-1].key == "module: a = 0 -> a = 1"


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    assert sample(20, 1) == sample(20, 1)
    assert sample(20, 1) != sample(20, 2)
    assert len(set(sample(10**6, 1))) == len(sample(10**6, 1)) > 2000


def test_the_tests_of_a_module_come_first() -> None:
    assert Path(session.tests_for("scores")[0]).name == "test_scores.py"
    assert len(session.tests_for("scores")) == len(session.tests_for("fade")) > 15


SCRIPT = """
import sys
from tests.mutation import session
session.tests_for = lambda module: [session.TESTS / "test_features.py"]
print([each.verdict for place in eval(sys.argv[1]) for each in session.outcomes([session.Place(*place)], 1)])
"""


def test_a_mutant_is_killed_and_sound_code_survives() -> None:
    where = repr([tuple(NOTHING), tuple(Place("features", 0))])
    done = subprocess.run([sys.executable, "-c", SCRIPT, where], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.strip() == repr([SURVIVED, KILLED])


def test_the_files_stay_as_they_are() -> None:
    path = Path(analysis.__file__).with_name("scores.py")
    before = path.read_bytes()
    mutated(path, 0)

    assert path.read_bytes() == before


def test_the_page_tells_the_last_run() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.page(stored())


def test_few_mutants_survived_and_each_has_its_meaning() -> None:
    last = stored()

    assert sum(last.tried.values()) >= 100
    assert last.share < PROMISED
    assert [each.key for each in last.survivors if page.meaning(each) == page.UNKNOWN] == []


def test_the_page_says_how_many_survived_before_tests_were_added_for_them() -> None:
    assert "When they were drawn, 2 survived (40.0 %)" in page.page(Result(1, 10, {"labels": 5}, (), 2))


def test_a_run_without_survivors_has_a_page() -> None:
    assert "0 survived" in page.page(Result(1, 10, {"labels": 5}, (), 0))
