"""The JSON form: analyses with their schema, weeks, comparisons."""

import json
import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from kneedrive.advice import do_next
from kneedrive.analysis import analyze
from kneedrive.errors import ConfigError, KneedriveError, Malformed
from kneedrive.histories.result import Break, BreakKind
from kneedrive.quantities import METRICS
from kneedrive.readers import read
from kneedrive.recording import Runner
from kneedrive.report import doctor, explain, machine, screen, terminal
from kneedrive.report.blocks import Style
from kneedrive.sensors import REFERENCES
from tests import make_schema
from tests.conftest import ROOT, Golden, needs_data, real_files
from tests.report import cases
from tests.report.histories import PAIRS, STORIES

SCHEMA: dict[str, Any] = json.loads(make_schema.SCHEMA.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_words_and_quantities_of_the_schema_are_those_of_the_types() -> None:
    assert make_schema.written(make_schema.filled(SCHEMA)) == make_schema.SCHEMA.read_text(encoding="utf-8"), (
        "write them anew: python -m tests.make_schema"
    )


@pytest.mark.parametrize("name", cases.CASES)
def test_every_kind_of_analysis_is_valid(name: str) -> None:
    content = machine.analysis_record(cases.CASES[name]())

    VALIDATOR.validate(json.loads(json.dumps(content, allow_nan=False)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.pop("scores"),
        lambda content: content.update(extra=1),
        lambda content: content["scores"]["P"].update(value=None),
        lambda content: content["findings"][0].update(label="good"),
        lambda content: content["activity"].update(started_at="2026-11-08T06:42:10+01:00"),
        lambda content: content["quality"].update(epochs_total=-1),
    ],
)
def test_the_schema_refuses_what_the_document_does_not_promise(spoil: Any) -> None:
    content = machine.analysis_record(cases.analysis())
    spoil(content)

    assert not VALIDATOR.is_valid(content)


def test_every_metric_has_an_object_even_where_it_was_not_measured() -> None:
    metrics = machine.analysis_record(cases.walk())["metrics"]

    assert set(metrics) == set(METRICS)
    assert metrics["step_speed_loss_mps"] == {"median": None, "p10": None, "p90": None, "n": 0}


def test_a_score_is_always_an_object_with_a_value_or_a_reason() -> None:
    judged = machine.analysis_record(cases.analysis())["scores"]["D"]
    not_judged = machine.analysis_record(cases.wrist())["scores"]["P"]

    assert isinstance(judged["value"], float)
    assert judged["se"] > 0
    assert judged["reason"] is None
    assert not_judged["value"] is None
    assert not_judged["reason"]


def test_a_finding_has_its_odds_beside_those_of_any_runner() -> None:
    found = cases.shuffle_when_slow()
    record = machine.analysis_record(found)

    assert [(each["scope"], each["label"]) for each in record["findings"]] == [
        ("run", "neutral"),
        ("slow", "shuffle-like"),
    ]
    first = record["findings"][0]
    assert first["probability"] == record["odds"][first["label"]]
    assert first["base_rate"] == record["base_rates"][first["label"]]
    assert set(record["odds"]) == set(record["base_rates"])
    assert record["odds_range"] == {}


def test_from_steps_alone_odds_have_a_range_and_nothing_is_spoken() -> None:
    record = machine.analysis_record(cases.wrist())

    assert {each["basis"] for each in record["findings"]} == {"steps"}
    assert "spoken" not in {each["certainty"] for each in record["findings"]}
    assert set(record["odds_range"]) == set(record["odds"])
    assert all(low <= record["odds"][label] <= high for label, (low, high) in record["odds_range"].items())


def test_the_knee_is_null_with_a_reason_where_it_cannot_be_told() -> None:
    told = machine.analysis_record(cases.analysis())["knee"]
    not_told = machine.analysis_record(cases.walk())["knee"]

    assert 0 <= told["probability_less"] <= 1
    assert told["reason"] is None
    assert (not_told["probability_less"], not_told["degrees"]) == (None, None)
    assert not_told["reason"]


def test_times_are_given_in_utc_and_local() -> None:
    known = machine.analysis_record(cases.analysis())["activity"]
    unknown = machine.analysis_record(cases.speed_and_cadence())["activity"]

    assert (known["started_at"], known["started_at_local"]) == ("2026-11-08T06:42:10Z", "2026-11-08T07:42:10")
    assert (unknown["started_at_local"], unknown["utc_offset_s"]) == (None, None)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (0.123456789, 0.123457),
        (12403.04, 12403.0),
        (-0.0, 0.0),
        (math.nan, None),
        (math.inf, None),
        (None, None),
        (7, 7),
        (np.int64(7), 7),
        (np.float64(0.1), 0.1),
        (True, True),
    ],
)
def test_numbers_have_six_digits_and_no_nan(value: Any, rounded: Any) -> None:
    found = machine.number(value)

    assert found == rounded
    assert type(found) is type(rounded)
    assert str(found) == str(rounded)  # tells 0.0 from -0.0


@pytest.mark.parametrize(
    ("error", "content"),
    [
        (
            Malformed("the header has no size", offset=12, name="a.fit"),
            {"code": "malformed", "message": "a.fit: the header has no size (at byte 12)", "offset": 12},
        ),
        (ConfigError("no such key"), {"code": "config", "message": "no such key", "offset": None}),
    ],
)
def test_an_error_is_an_object_too(error: Any, content: dict[str, Any]) -> None:
    found = machine.error_record(error)

    assert found == {"schema_version": 2, "error": content}
    VALIDATOR.validate(found)


def test_a_record_holds_every_number_of_the_analysis(golden: Golden) -> None:
    content = machine.analysis_record(cases.shuffle_when_slow())

    golden.check("record.json", json.dumps(content, indent=1) + "\n")


def test_what_is_not_measured_is_left_out_of_mappings() -> None:
    assert machine.numbers({"a": 0.12345678, "b": math.nan, "c": 0.0}) == {"a": 0.123457, "c": 0.0}


def test_same_analysis_gives_the_same_bytes() -> None:
    first, second = (json.dumps(machine.analysis_record(cases.shuffle_when_slow())) for _ in range(2))

    assert first == second


def test_the_page_on_json_names_every_key() -> None:
    page = Path(ROOT, "docs", "json.md").read_text(encoding="utf-8")

    assert [key for key in machine.analysis_record(cases.analysis()) if f"`{key}`" not in page] == []


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("path", real_files("fit/*", "gpx/*", "tcx/*"), ids=lambda path: path.name)
def test_reports_of_real_files_are_valid_and_fit_the_width(path: Path) -> None:
    try:
        activities = read(path.read_bytes(), path.name)
    except KneedriveError as error:
        VALIDATOR.validate(machine.error_record(error))
        return
    for activity in activities:
        found = analyze(activity, runner=Runner(height_m=1.78))
        VALIDATOR.validate(json.loads(json.dumps(machine.analysis_record(found), allow_nan=False)))
        style = Style(width=60, ascii=True)
        context = screen.Context(advice=do_next(found) if found.findings else None)
        reports = (screen.first_screen, screen.all_sections)
        texts = [terminal.render(report(found, context, miles=True), style) for report in reports]
        assert len(texts[0].splitlines()) <= 50  # at 80 columns 40
        assert screen.words_of(screen.first_screen(found, context, miles=False)) <= screen.MOST_WORDS
        examined = terminal.render(doctor.examination([found], miles=True), style)
        for text in (*texts, terminal.render(explain.sections(found, miles=True), style), examined):
            assert text.isascii()
            assert max(map(len, text.splitlines())) <= 60


# Weeks, comparisons and own baselines.


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
