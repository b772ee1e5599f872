"""What kneedrive reads of a FIT file, as tables: one row per field, with its scale and what becomes of it.

Numbers, names, scales, offsets and units are facts of the FIT profile (a test compares them with another decoder's).
Fields and enumeration values that nothing here needs are left out on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping

from kneedrive.readers import UNKNOWN
from kneedrive.record import Record

FIT_EPOCH_S = 631_065_600  # 1989-12-31T00:00:00Z, the zero of FIT times, in Unix time
SMALLEST_TIME = 0x1000_0000  # times below count from the start of the device, not from the epoch
# 2100-01-01T00:00:00Z as a FIT time. What is not from 0 up to here is no time, whatever its type can hold.
TIME_END = 4_102_444_800 - FIT_EPOCH_S
TIMES = frozenset({"timestamp", "start_time", "local_timestamp"})  # the fields that hold a FIT time

FILE_ID, USER_PROFILE, SESSION, LAP, RECORD, EVENT, DEVICE_INFO = 0, 3, 18, 19, 20, 21, 23
SPORT, ACTIVITY, FIELD_DESCRIPTION, DEVELOPER_DATA_ID = 12, 34, 206, 207
TIMESTAMP = 253


class Field(Record, frozen=True):
    """One field: value = raw / scale - offset in `unit`; `divisor` turns that into the SI unit of `channel`."""

    number: int
    name: str
    scale: float | None = None
    offset: float | None = None
    unit: str | None = None
    channel: str = ""
    divisor: float = 1.0
    width: int = 1  # how many values of an array are read


RECORD_FIELDS = (
    Field(253, "timestamp", unit="s"),
    Field(0, "position_lat", unit="semicircles"),
    Field(2, "altitude", 5, 500, "m", "altitude_m"),
    Field(3, "heart_rate", unit="bpm", channel="heart_rate_bpm"),
    Field(4, "cadence", unit="rpm", channel="cadence_spm", divisor=0.5),
    Field(5, "distance", 100, unit="m", channel="distance_m"),
    Field(6, "speed", 1000, unit="m/s", channel="speed_mps"),
    Field(7, "power", unit="watts", channel="power_w"),
    Field(8, "compressed_speed_distance", width=3),
    Field(39, "vertical_oscillation", 10, unit="mm", channel="vertical_oscillation_m", divisor=1000),
    Field(40, "stance_time_percent", 100, unit="percent", channel="duty_factor", divisor=100),
    Field(41, "stance_time", 10, unit="ms", channel="stance_time_s", divisor=1000),
    Field(52, "cadence256", 256, unit="rpm", channel="cadence_spm", divisor=0.5),
    Field(53, "fractional_cadence", 128, unit="rpm", channel="cadence_spm", divisor=0.5),
    Field(73, "enhanced_speed", 1000, unit="m/s", channel="speed_mps"),
    Field(78, "enhanced_altitude", 5, 500, "m", "altitude_m"),
    Field(83, "vertical_ratio", 100, unit="percent", channel="vertical_ratio", divisor=100),
    Field(84, "stance_time_balance", 100, unit="percent", channel="balance_left", divisor=100),
    Field(85, "step_length", 10, unit="mm", channel="step_length_m", divisor=1000),
    # In no public profile; told by the sibling that holds its share of the speed (31.81 / 270.8 cm/s = 11.7 %).
    Field(146, "step_speed_loss", 100, unit="cm/s", channel="step_speed_loss_mps", divisor=100),
)

SESSION_FIELDS = (
    Field(253, "timestamp", unit="s"),
    Field(2, "start_time"),
    Field(5, "sport"),
    Field(6, "sub_sport"),
    Field(7, "total_elapsed_time", 1000, unit="s"),
    Field(8, "total_timer_time", 1000, unit="s"),
    Field(9, "total_distance", 100, unit="m"),
    Field(14, "avg_speed", 1000, unit="m/s", channel="speed_mps"),
    Field(16, "avg_heart_rate", unit="bpm", channel="heart_rate_bpm"),
    Field(18, "avg_cadence", unit="rpm", channel="cadence_spm", divisor=0.5),
    Field(20, "avg_power", unit="watts", channel="power_w"),
    Field(89, "avg_vertical_oscillation", 10, unit="mm", channel="vertical_oscillation_m", divisor=1000),
    Field(90, "avg_stance_time_percent", 100, unit="percent", channel="duty_factor", divisor=100),
    Field(91, "avg_stance_time", 10, unit="ms", channel="stance_time_s", divisor=1000),
    Field(92, "avg_fractional_cadence", 128, unit="rpm"),
    Field(124, "enhanced_avg_speed", 1000, unit="m/s", channel="speed_mps"),
    Field(132, "avg_vertical_ratio", 100, unit="percent", channel="vertical_ratio", divisor=100),
    Field(133, "avg_stance_time_balance", 100, unit="percent", channel="balance_left", divisor=100),
    Field(134, "avg_step_length", 10, unit="mm", channel="step_length_m", divisor=1000),
    Field(222, "avg_step_speed_loss", 100, unit="cm/s", channel="step_speed_loss_mps", divisor=100),
)

MESSAGE_FIELDS: Mapping[int, tuple[Field, ...]] = {
    FILE_ID: (Field(0, "type"), Field(1, "manufacturer"), Field(2, "product"), Field(8, "product_name")),
    USER_PROFILE: (Field(3, "height", 100, unit="m"), Field(4, "weight", 10, unit="kg")),
    SPORT: (Field(0, "sport"), Field(1, "sub_sport")),
    SESSION: SESSION_FIELDS,
    LAP: (
        Field(253, "timestamp", unit="s"),
        Field(2, "start_time"),
        Field(25, "sport"),
        Field(39, "sub_sport"),
        Field(7, "total_elapsed_time", 1000, unit="s"),
        Field(9, "total_distance", 100, unit="m"),
    ),
    RECORD: RECORD_FIELDS,
    EVENT: (Field(253, "timestamp", unit="s"), Field(0, "event"), Field(1, "event_type")),
    DEVICE_INFO: (
        Field(0, "device_index"),
        Field(1, "device_type"),
        Field(2, "manufacturer"),
        Field(4, "product"),
        Field(5, "software_version", 100),
        Field(25, "source_type"),
        Field(27, "product_name"),
    ),
    ACTIVITY: (Field(253, "timestamp", unit="s"), Field(5, "local_timestamp")),
    FIELD_DESCRIPTION: (
        Field(0, "developer_data_index"),
        Field(1, "field_definition_number"),
        Field(2, "fit_base_type_id"),
        Field(3, "field_name"),
        Field(6, "scale"),
        Field(7, "offset"),
        Field(8, "units"),
    ),
    DEVELOPER_DATA_ID: (Field(1, "application_id"), Field(2, "manufacturer_id"), Field(3, "developer_data_index")),
}

FILE_TYPES = {
    1: "device",
    2: "settings",
    3: "sport",
    4: "activity",
    5: "workout",
    6: "course",
    7: "schedules",
    9: "weight",
    10: "totals",
    11: "goals",
    14: "blood_pressure",
    15: "monitoring_a",
    20: "activity_summary",
    28: "monitoring_daily",
    32: "monitoring_b",
    34: "segment",
    35: "segment_list",
}

SPORTS = {
    0: "generic",
    1: "running",
    2: "cycling",
    3: "transition",
    4: "fitness_equipment",
    5: "swimming",
    10: "training",
    11: "walking",
    12: "cross_country_skiing",
    13: "alpine_skiing",
    15: "rowing",
    16: "mountaineering",
    17: "hiking",
    18: "multisport",
    19: "paddling",
    21: "e_biking",
    35: "snowshoeing",
    41: "kayaking",
}
# Sports whose cadence counts steps of one leg; elsewhere it counts cranks, arms or paddles.
ON_FOOT = frozenset({UNKNOWN, "generic", "running", "training", "transition", "walking", "hiking", "mountaineering"})

SUB_SPORTS = {
    0: "generic",
    1: "treadmill",
    2: "street",
    3: "trail",
    4: "track",
    6: "indoor_cycling",
    7: "road",
    8: "mountain",
    17: "lap_swimming",
    18: "open_water",
    27: "indoor_walking",
    45: "indoor_running",
    58: "virtual_activity",
    67: "ultra",
}

MAKERS = {
    1: "Garmin",
    13: "Dynastream OEM",
    15: "Dynastream",
    23: "Suunto",
    32: "Wahoo Fitness",
    70: "Sigma Sport",
    95: "Stryd",
    123: "Polar Electro",
    255: "development",
    260: "Zwift",
    265: "Strava",
    267: "Bryton",
    289: "Hammerhead",
    294: "COROS",
}
GARMIN, DYNASTREAM_OEM, DYNASTREAM, COROS, STRYD = 1, 13, 15, 294, 95

SOURCES = {0: "ant", 1: "antplus", 2: "bluetooth", 3: "bluetooth_low_energy", 4: "wifi", 5: "local"}
