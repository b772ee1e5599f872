"""Writes into docs/analysis.schema.json what follows from the types: `python -m tests.make_schema`.

Descriptions and bounds are written by hand in the schema itself; what a word may be, and which quantities there are,
comes from here. A key that the JSON has and the schema has not is found by validating every kind of analysis.
"""

import json
from collections.abc import Iterable
from typing import Any

from kneedrive.analysis.posterior import RULED_OUT_ALOUD, Basis, Certainty
from kneedrive.analysis.result import FadeVerdict, HeightFrom, OnsetVerdict, Scope, Status
from kneedrive.patterns import Pattern
from kneedrive.quantities import METRICS
from kneedrive.report.machine import SCHEMA_VERSION
from kneedrive.sensors import SensorClass
from tests.conftest import ROOT

SCHEMA = ROOT / "docs" / "analysis.schema.json"


def words(known: Iterable[str]) -> list[str | None]:
    """What an enumeration may be; "" stands as null."""
    return [str(word) or None for word in known]


def filled(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with what follows from the types."""
    parts: dict[str, Any] = json.loads(json.dumps(schema["$defs"]))
    analysis, activity = parts["analysis"]["properties"], parts["activity"]["properties"]
    enumerations = (
        (analysis["status"], Status),
        (analysis["runner"]["properties"]["height_from"], HeightFrom),
        (analysis["ruled_out"]["items"], RULED_OUT_ALOUD),
        (analysis["shuffle_onset_verdict"], OnsetVerdict),
        (analysis["fade"]["properties"]["verdict"], FadeVerdict),
        (activity["provenance"], SensorClass),
        (parts["finding"]["properties"]["scope"], [scope for scope in Scope if scope is not Scope.WEEKS]),
        (parts["label"], Pattern),
        (parts["certainty"], Certainty),
        (parts["basis"], Basis),
    )
    for place, known in enumerations:
        place["enum"] = words(known)
    metrics = analysis["metrics"]
    metrics["properties"] = {key: {"$ref": "#/$defs/spread"} for key in METRICS}
    metrics["required"] = list(METRICS)
    for part in ("analysis", "unreadable"):
        parts[part]["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    return schema | {"$defs": parts}


def written(schema: dict[str, Any]) -> str:
    """The text of the file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(written(filled(json.loads(SCHEMA.read_text(encoding="utf-8")))), encoding="utf-8")
