"""Makes fixtures/strava, fixtures/intervals and fixtures/garmin: `python -m tests.make_service_fixtures`.

The same bytes every time, shaped like the services' real answers, with invented values; the fakes speak from them.
"""

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conftest import FIXTURES

ID = 154_504_250_376_823
SAMPLES, PAUSE_AFTER, PAUSE_S = 120, 60, 3

RUN: Mapping[str, Any] = {
    "resource_state": 2,
    "athlete": {"id": 227615, "resource_state": 1},
    "name": "Invented morning run",
    "distance": 7340.5,
    "moving_time": 2520,
    "elapsed_time": 2584,
    "total_elevation_gain": 41.0,
    "type": "Run",
    "sport_type": "Run",
    "workout_type": 0,
    "id": ID,
    "start_date": "2026-07-05T06:30:00Z",
    "start_date_local": "2026-07-05T08:30:00Z",
    "timezone": "(GMT+01:00) Europe/Zurich",
    "utc_offset": 7200.0,
    "location_city": None,
    "location_state": None,
    "location_country": None,
    "achievement_count": 0,
    "kudos_count": 3,
    "comment_count": 0,
    "athlete_count": 1,
    "photo_count": 0,
    "map": {"id": f"a{ID}", "summary_polyline": "_invented_", "resource_state": 2},
    "trainer": False,
    "commute": False,
    "manual": False,
    "private": False,
    "visibility": "followers_only",
    "flagged": False,
    "gear_id": "g1",
    "start_latlng": [0.5, -0.5],
    "end_latlng": [0.5, -0.5],
    "average_speed": 2.913,
    "max_speed": 4.2,
    "average_cadence": 82.4,
    "average_watts": 251.0,
    "device_watts": True,
    "has_heartrate": True,
    "average_heartrate": 146.2,
    "max_heartrate": 168.0,
    "elev_high": 412.0,
    "elev_low": 388.4,
    "upload_id": 987_654_321_234_567,
    "upload_id_str": "987654321234567",
    "external_id": "garmin_push_12345678987654",
    "device_name": "Garmin Forerunner 255",
}
NOWHERE: Mapping[str, Any] = {"start_latlng": [], "end_latlng": [], "map": {"summary_polyline": ""}}
MEASURED = {"average_cadence", "average_watts", "device_watts", "average_heartrate", "max_heartrate", "device_name"}
TREADMILL = {**RUN, **NOWHERE, "id": ID + 1, "trainer": True, "external_id": "treadmill.fit"}
MANUAL = {key: value for key, value in RUN.items() if key not in MEASURED} | {
    **NOWHERE,
    "id": ID + 2,
    "manual": True,
    "external_id": None,
    "upload_id": None,
    "has_heartrate": False,
}


def streams() -> dict[str, Any]:
    """Two minutes of running with a pause of three seconds."""
    ticks = range(SAMPLES)
    speed = [round(2.9 + 0.15 * math.sin(tick / 9), 2) for tick in ticks]
    values = {
        "time": [tick + (PAUSE_S if tick > PAUSE_AFTER else 0) for tick in ticks],
        "distance": [round(sum(speed[: tick + 1]), 1) for tick in ticks],
        "latlng": [[0.5, -0.5] for _ in ticks],
        "altitude": [round(400 + 2 * math.sin(tick / 30), 1) for tick in ticks],
        "velocity_smooth": speed,
        "heartrate": [140 + tick // 10 for tick in ticks],
        "cadence": [82 + (tick % 3 == 0) for tick in ticks],
        "watts": [None if tick % 40 == 7 else 240 + tick % 9 for tick in ticks],
        "moving": [True for _ in ticks],
    }
    rest = {"series_type": "distance", "original_size": SAMPLES, "resolution": "high"}
    return {name: {"data": data, **rest} for name, data in values.items()}


def fault(status: int, message: str, *errors: tuple[str, str, str]) -> dict[str, Any]:
    """Strava's shape of an error: its resource, field and code."""
    listed = [dict(zip(("resource", "field", "code"), error, strict=True)) for error in errors]
    return {"status": status, "body": {"message": message, "errors": listed}}


STRAVA_FAULTS = {
    "400 client id": fault(400, "Bad Request", ("Application", "client_id", "invalid")),
    "400 code": fault(400, "Bad Request", ("AuthorizationCode", "code", "invalid")),
    "400 refresh": fault(400, "Bad Request", ("RefreshToken", "refresh_token", "invalid")),
    "400 redirect": fault(400, "Bad Request", ("Application", "redirect_uri", "invalid")),
    "401 token": fault(401, "Authorization Error", ("Athlete", "access_token", "invalid")),
    "401 scope": fault(401, "Authorization Error", ("AccessToken", "activity:read_permission", "missing")),
    "401 secret": fault(401, "Authorization Error", ("Application", "", "invalid")),
    "403 inactive": fault(403, "Forbidden", ("Application", "Status", "Inactive")),
    "403 athletes": fault(403, "Limit of connected athletes exceeded"),
    "403": fault(403, "Forbidden"),
    "404": fault(404, "Record Not Found", ("Activity", "id", "not found")),
    "429": fault(429, "Rate Limit Exceeded", ("Application", "rate limit", "exceeded")),
    "429 old": {"status": 429, "body": {"errors": "Rate Limit Exceeded", "status": 429, "message": "Too Many"}},
    "418": {"status": 418, "body": ["a shape nobody knows"]},
}
INTERVALS_FAULTS = {
    str(status): {"status": status, "body": {"status": status, "error": words}}
    for status, words in {
        401: "Unauthorized",
        403: "Access denied",
        404: "Not found",
        422: "No file",
        429: "Too many requests",
    }.items()
}
UPLOADED = {
    "id": "i70000001",
    "source": "GARMIN_CONNECT",
    "file_type": "fit",
    "external_id": "12345678987",
    "type": "Run",
    "name": "Invented run",
    "start_date_local": "2026-03-01T08:00:00",
    "distance": 7340.5,
    "moving_time": 2520,
    "elapsed_time": 2584,
}
GARMIN_RUN = {
    "activityId": 21_000_000_001,
    "activityName": "Invented run",
    "startTimeLocal": "2026-03-01 08:00:00",
    "startTimeGMT": "2026-03-01 07:00:00",
    "activityType": {"typeId": 1, "typeKey": "running", "parentTypeId": 17},
    "distance": 7340.5,
    "duration": 2520.0,
    "elapsedDuration": 2584.0,
    "startLatitude": 0.5,
    "startLongitude": -0.5,
    "ownerId": 227_615,
    "ownerFullName": "Invented Runner",
    "avgGroundContactTime": 246.0,
    "avgVerticalOscillation": 8.4,
    "avgStrideLength": 112.0,
}
GARMIN_FAULTS: dict[str, Any] = {
    str(status): {"status": status, "body": {}} for status in (400, 401, 403, 404, 406, 429)
}
STUB = {"id": str(ID), "source": "STRAVA", "_note": "STRAVA activities are not available via the API"}


def contents() -> dict[str, bytes]:
    """Every fixture by its path under fixtures/."""
    made = {
        "strava/summary_run.json": RUN,
        "strava/summary_treadmill.json": TREADMILL,
        "strava/summary_manual.json": MANUAL,
        "strava/streams_run.json": streams(),
        "strava/faults.json": STRAVA_FAULTS,
        "intervals/activity.json": UPLOADED,
        "intervals/stub.json": STUB,
        "intervals/faults.json": INTERVALS_FAULTS,
        "garmin/activity.json": GARMIN_RUN,
        "garmin/faults.json": GARMIN_FAULTS,
    }
    return {name: (json.dumps(value, indent=1) + "\n").encode() for name, value in made.items()}


def write(folder: Path) -> None:
    """Write all of them into a folder."""
    for name, body in contents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURES)
