"""docs/sources.md says of each source what a runner must know, and says nothing that is not so."""

from __future__ import annotations

import re

import msgspec
import pytest

from kneedrive.cli import parser
from kneedrive.config import SETTINGS
from kneedrive.report import lists
from kneedrive.sources import plan
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
SOURCES = ("Files and folders", "Garmin", "intervals.icu", "Strava's bulk export", "Strava's API")
PARTS = ("What it brings.", "What it cannot.", "Set it up.", "What is stored where.", "Remove it.")
COMMANDS = sorted(set(re.findall(r"(?m)^kneedrive ([^#\n]+?) *(?:#.*)?$|`kneedrive ([^`]+)`", PAGE)))


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("title", SOURCES)
def test_each_source_has_its_five_parts_in_order(title: str) -> None:
    found = [part for part in re.findall(r"(?m)^\*\*(.+?\.)\*\*", section(title)) if part in PARTS]

    assert found == list(PARTS)


@pytest.mark.parametrize("command", [line or inline for line, inline in COMMANDS])
def test_each_command_is_one(command: str) -> None:
    words = command.replace("PATH...", "a").replace("...", "a").split()

    parser().parse_args(words)


def test_every_key_of_the_json_is_told() -> None:
    empty = lists.ledger_of([])
    keys = [*lists.sync_record(empty, [lists.source_record("strava", {}, None)], []), "runner", "remarks"]

    assert [key for key in keys if key != "schema_version" and f"`{key}`" not in PAGE] == []


def test_every_variable_and_key_that_it_names_is_one() -> None:
    named = set(re.findall(r"\b(?:STRAVA|GARMIN|INTERVALS|KNEEDRIVE)_[A-Z_]+\b", PAGE))

    assert named
    assert named <= {setting.environment for setting in SETTINGS}


def test_what_it_says_of_a_source_of_another_package_is_so() -> None:
    told = section("Sources of other packages")
    protocol = told.split("class Source(Protocol)")[1].split("def connect")[0]
    members = re.findall(r"(?m)^    (?:def )?(\w+)", protocol)
    needed = {field.name for field in msgspec.structs.fields(plan.Listed) if field.required}

    assert set(members) == {*plan.Source.__annotations__, "listing", "fetch"}
    assert all(f"`{name}`" in told.split("`Listed` needs")[1].split(";")[0] for name in needed)
