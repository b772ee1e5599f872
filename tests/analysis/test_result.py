"""The records of the analysis, of one run and of many, are values."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

from kneedrive.analysis.population import Interval
from kneedrive.record import Record

ROOMS = [import_module(f"kneedrive.{name}") for name in ("analysis", "histories")]
MODULES = [import_module(f"{room.__name__}.{each.name}") for room in ROOMS for each in iter_modules(room.__path__)]
RECORDS = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Record) and value.__module__ == module.__name__
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: f"{record.__module__}.{record.__name__}")
def test_a_record_cannot_be_changed_and_is_made_by_keyword(record: type[Record]) -> None:
    assert record.__struct_config__.frozen
    assert record is Interval or record.__match_args__ == ()  # an interval is a row: its value and both ends
