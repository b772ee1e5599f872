"""Real files against what two other decoders found in them: records, coverage of channels, medians."""

import csv
from pathlib import Path

import numpy as np
import pytest

from kneedrive import readers
from kneedrive.errors import NoActivity, ReadError
from kneedrive.readers.fit.profile import FIT_EPOCH_S
from kneedrive.recording import Activity
from tests.conftest import DATA, needs_data
from tests.readers.fit_oracles import contents

pytestmark = needs_data

# Column of the table, our channel, how much of its unit makes one of ours.
CHANNELS = (
    ("vertical_oscillation", "vertical_oscillation_m", 1000),
    ("stance_time", "stance_time_s", 1000),
    ("stance_time_percent", "duty_factor", 100),
    ("stance_time_balance", "balance_left", 100),
    ("step_length", "step_length_m", 1000),
    ("vertical_ratio", "vertical_ratio", 100),
    ("power", "power_w", 1),
    ("heart_rate", "heart_rate_bpm", 1),
)
# The table counts the zeros that COROS writes for "no value"; for us they are no values, and a median without them is
# another one. The other makers' zeros are counted by both.
ZEROS = ("history-coros", "coros-")
EVERY = 12


def rows() -> list[dict[str, str]]:
    table = DATA / "truth.csv"
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    histories = [row for row in found if row["file"].startswith("history-")]
    return [row for row in found if not row["file"].startswith("history-")] + histories[::EVERY]


def runs() -> list[dict[str, str]]:
    return [row for row in rows() if row["sport"].startswith("running") and ";" not in row["sport"]]


def of_coros(row: dict[str, str]) -> bool:
    return any(zero in row["file"] for zero in ZEROS)


def file_name(value: object) -> str:
    return value["file"] if isinstance(value, dict) else str(value)


def only(row: dict[str, str]) -> Activity:
    path = DATA / row["file"]
    (activity,) = readers.read(contents(path), path.name)
    return activity


@pytest.mark.parametrize("row", runs(), ids=file_name)
def test_a_run_has_as_many_records_as_another_decoder_finds(row: dict[str, str]) -> None:
    assert only(row).records == int(row["fitdecode_records"])


def start_in_table(activity: Activity) -> str:
    """As the table has it: a date, or the bare FIT seconds where the watch did not know the date."""
    if "clock_unset" in [note.code for note in activity.notes]:
        return f"{activity.started_at.timestamp() - FIT_EPOCH_S:.0f}"
    return f"{activity.started_at:%Y-%m-%d %H:%M:%S}+00:00"


@pytest.mark.parametrize("row", runs(), ids=file_name)
def test_the_summary_is_that_of_the_file(row: dict[str, str]) -> None:
    activity = only(row)

    assert start_in_table(activity) == row["start"]
    if row["timer_s"]:
        assert activity.duration_s == pytest.approx(float(row["timer_s"]), abs=0.001)
    if row["distance_m"]:
        assert activity.distance_m == pytest.approx(float(row["distance_m"]), abs=0.006)


@pytest.mark.parametrize("row", [row for row in runs() if not of_coros(row)], ids=file_name)
def test_medians_of_the_channels_are_those_of_another_decoder(row: dict[str, str]) -> None:
    samples = only(row).samples
    found = {name: samples.channel(channel) for name, channel, _ in CHANNELS}
    medians = {
        name: round(float(np.nanmedian(values)) * per_unit, 3)
        for (name, _, per_unit), values in zip(CHANNELS, found.values(), strict=True)
        if values is not None
    }

    assert medians == pytest.approx({n: float(row[f"{n}_med"]) for n, _, _ in CHANNELS if row[f"{n}_med"]}, abs=0.006)


@pytest.mark.parametrize("row", [row for row in runs() if of_coros(row)], ids=file_name)
def test_without_the_zeros_of_coros_the_median_contact_is_not_lower(row: dict[str, str]) -> None:
    stance_time_s = only(row).samples.stance_time_s

    assert stance_time_s is not None
    assert np.nanmin(stance_time_s) > 0
    assert np.nanmedian(stance_time_s) * 1000 >= float(row["stance_time_med"])


@pytest.mark.parametrize("name", [row["file"] for row in rows()])
def test_every_file_is_read_or_refused_with_a_sentence(name: str) -> None:
    activities, sentence = read_or_refused(DATA / name)

    assert bool(activities) != bool(sentence)
    assert len(sentence) < 200
    assert all(np.all(np.diff(activity.samples.time_s) >= 0) for activity in activities)
    assert all(activity.elapsed_s >= activity.duration_s - 1 for activity in activities)


def read_or_refused(path: Path) -> tuple[tuple[Activity, ...], str]:
    try:
        return readers.read(contents(path), path.name), ""
    except ReadError as problem:
        return (), str(problem)


@pytest.mark.parametrize(
    ("name", "what"), [("monitoring", "daily monitoring"), ("settings", "settings"), ("weight", "weight")]
)
def test_a_file_that_is_no_activity_says_what_it_is(name: str, what: str) -> None:
    with pytest.raises(NoActivity, match=what):
        readers.read((DATA / f"fit/not-an-activity-{name}.fit").read_bytes(), "x.fit")


def read(name: str) -> tuple[Activity, ...]:
    return readers.read((DATA / "fit" / name).read_bytes(), name)


@pytest.mark.parametrize(
    ("name", "sports", "records"),
    [
        (
            "garmin-fr255-triathlon-summary-last.fit",
            ["swimming", "transition", "cycling", "transition", "running"],
            4043,
        ),
        (
            "garmin-fr255-triathlon-summary-first.fit",
            ["swimming", "transition", "cycling", "transition", "running"],
            4043,
        ),
        ("garmin-fr920xt-triathlon-chained.fit", ["swimming", "transition", "cycling", "transition", "running"], 1773),
        ("garmin-fr945-multisport-78-records.fit", ["cycling", "running"], 78),
    ],
)
def test_a_multisport_file_is_split_into_its_sessions(name: str, sports: list[str], records: int) -> None:
    activities = read(name)

    assert [activity.sport for activity in activities] == sports
    assert sum(activity.records for activity in activities) == records
    assert [activity.id[12:] for activity in activities] == ["", *(f"-{i + 2}" for i in range(len(sports) - 1))]


def test_a_clock_set_by_twenty_days_mid_run_leaves_no_gap() -> None:
    (activity,) = read("garmin-fr225-time-jump-20-days.fit")

    assert activity.samples.time_s[-1] == pytest.approx(3389.127)
    assert "set forward by 20 days during" in next(note.text for note in activity.notes if note.code == "clock_set")


def test_two_records_a_second_are_all_kept() -> None:
    (activity,) = read("suunto-ambit3-two-records-a-second.fit")

    assert (activity.records, len(activity.samples.time_s)) == (9795, 9795)


def test_step_speed_loss_agrees_with_its_share_of_speed() -> None:
    """The file's other field says 11.68 % of the speed at the same moment as 31.81 cm/s at 270.8 cm/s."""
    (activity,) = read("garmin-fr970-chest-step-speed-loss.fit")
    loss, speed = activity.samples.step_speed_loss_mps, activity.samples.speed_mps

    assert loss is not None
    assert speed is not None
    assert 0.10 < np.nanmedian(loss) / np.nanmedian(speed) < 0.13


@pytest.mark.parametrize(
    ("name", "maker", "product", "sensor"),
    [
        ("garmin-fr630-chest-slow.fit", "Garmin", "Forerunner 630", ("HRM4-Run", 30)),
        ("garmin-fr970-chest-step-speed-loss.fit", "Garmin", "Forerunner 970", ("HRM 600", None)),
        ("garmin-fenix6x-smart-recording-trail.fit", "Garmin", "fenix 6X", ("Running Dynamics Pod", 30)),
        ("garmin-fr920xt-chest-treadmill-runscribe-plus.fit", "Garmin", "Forerunner 920XT", ("foot pod", 124)),
        ("coros-apex-pro-balance.fit", "COROS", "COROS APEX Pro", None),
        ("stryd-own-recording.fit", "Stryd", "", None),
        ("apple-watch-healthfit.fit", "development", "Watch6,14", None),
    ],
)
def test_watch_and_sensor_are_named(name: str, maker: str, product: str, sensor: tuple[str, int | None] | None) -> None:
    (activity,) = read(name)
    sensors = [(sensor.product, sensor.ant_device_type) for sensor in activity.sensors]

    assert (activity.device.maker, activity.device.product) == (maker, product)
    assert sensor is None or sensor in sensors


@pytest.mark.parametrize(
    ("name", "maker", "channels"),
    [
        (
            "garmin-fenix5x-chest-plus-stryd.fit",
            "stryd",
            {"cadence_spm", "stance_time_s", "vertical_oscillation_m", "power_w"},
        ),
        (
            "garmin-fr920xt-chest-treadmill-runscribe-plus.fit",
            "runscribe",
            {"stance_time_s", "balance_left", "power_w"},
        ),
        ("garmin-fr735xt-runscribe-v1-fields.fit", "runscribe", {"stance_time_s", "power_w"}),
    ],
)
def test_what_an_app_recorded_is_an_alternative(name: str, maker: str, channels: set[str]) -> None:
    (activity,) = read(name)

    assert {key: set(samples.present()) for key, samples in activity.alternatives.items()} == {maker: channels}


def test_an_old_watchs_packed_speed_and_distance_are_unpacked() -> None:
    (activity,) = readers.read((DATA / "fit-bad/compressed-speed-distance.fit").read_bytes(), "old.fit")
    distance = activity.samples.distance_m

    assert distance is not None
    assert np.nanmax(distance) == pytest.approx(activity.distance_m, rel=0.01)
    assert np.all(np.diff(distance[~np.isnan(distance)]) >= 0)
