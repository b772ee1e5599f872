import re

import pytest
from msgspec.structs import asdict

from kneedrive.analysis.gates import GATES
from kneedrive.method import Method
from kneedrive.record import Record
from kneedrive.sensors import REFERENCES
from tests.make_method import PAGE, number, page


def test_the_page_says_what_the_code_does() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "docs/method.md is out of date: run python -m tests.make_method"


@pytest.mark.parametrize("group", [name for name, rules in asdict(Method()).items() if isinstance(rules, Record)])
def test_every_knob_is_on_the_page_with_its_value(group: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, value in asdict(getattr(Method(), group)).items():
        assert f"| `{name}` | {number(value)} |" in text


def test_every_sensor_class_and_every_gate_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)`: ", text, re.MULTILINE)) == set(REFERENCES)
    assert all(f"| `{name}` | {words} |" in text for name, words in GATES.items())
