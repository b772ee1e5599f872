"""Weeks, comparisons and own baselines for programs."""

import json
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from kneedrive.histories.result import Break, BreakKind
from kneedrive.report import machine
from kneedrive.sensors import REFERENCES
from tests.report.histories import PAIRS, STORIES


def whole(record: dict[str, Any]) -> dict[str, Any]:
    """The record after a way through JSON, which knows neither NaN nor dates."""
    return dict(json.loads(json.dumps(record, allow_nan=False)))


@pytest.mark.parametrize("name", STORIES)
def test_weeks_of_every_kind_are_json(name: str) -> None:
    told = STORIES[name]()
    record = whole(machine.weekly_record(told.view))

    assert [week["monday"] for week in record["weeks"]] == [week.monday.isoformat() for week in told.view.weeks]
    assert record["verdicts"] == list(told.view.verdicts)


@pytest.mark.parametrize("name", PAIRS)
def test_comparisons_of_every_kind_are_json(name: str) -> None:
    told = PAIRS[name]()
    record = whole(machine.comparison_record(told.found, told.periods))

    assert record["status"] == told.found.status
    assert record["before"] == {"from": "2025-01-06", "to": "2025-03-30"}
    assert [row["metric"] for row in record["rows"]] == [row.metric for row in told.found.rows]


def test_a_week_keeps_its_values_with_their_intervals() -> None:
    told = STORIES["steady"]()
    week = whole(machine.weekly_record(told.view))["weeks"][0]
    value = told.view.weeks[0].values["D"]

    assert week["values"]["D"]["low"] == pytest.approx(value.low, rel=1e-5)
    assert week["values"]["D"]["at"].endswith("Z")
    assert week["shuffle_share"] == 0


def test_a_sensor_break_says_where_sensors_are_worn_and_what_they_are() -> None:
    told = STORIES["sensor_change"]()

    assert machine.weekly_record(told.view)["breaks"] == [
        {
            "date": "2025-04-08",
            "kind": "sensor",
            "from": "chest strap",
            "to": "wrist",
            "from_sensor": "garmin_strap",
            "to_sensor": "garmin_wrist",
        }
    ]


def test_a_firmware_break_names_the_firmware() -> None:
    record = machine.break_record(Break(date=date(2025, 4, 8), kind=BreakKind.FIRMWARE, before="3", after="4"))

    assert (record["from"], record["to"], record["from_sensor"]) == ("3", "4", None)


@pytest.mark.parametrize("sensor", REFERENCES)
def test_every_sensor_class_has_its_words(sensor: str) -> None:
    assert REFERENCES[sensor].worn
    assert REFERENCES[sensor].short


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (True, True),
        (float("nan"), None),
        (np.float64(1.23456789), 1.23457),
        (np.int64(3), 3),
        ("text", "text"),
        (date(2025, 1, 6), "2025-01-06"),
        (datetime(2025, 1, 6, 7, tzinfo=UTC), "2025-01-06T07:00:00Z"),
        ((1, (2.5, None)), [1, [2.5, None]]),
        ({"a": {"b": (1,)}}, {"a": {"b": [1]}}),
    ],
)
def test_plain_values(value: object, written: object) -> None:
    assert machine.plain(value) == written
