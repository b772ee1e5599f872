from typing import Any

import numpy as np
import pytest

from kneedrive.analysis import provenance
from kneedrive.analysis.provenance import NATIVE, choose
from kneedrive.analysis.reference import place_of
from kneedrive.recording import Activity, Samples, Sensor, frozen
from tests.analysis.runs import APPLE, COROS, FOOT_POD, OTHER, STRAP, STRYD, WATCH, activity, samples


def garmin(product_id: int | None, ant: int | None = 30) -> Sensor:
    return Sensor(maker="Garmin", maker_id=1, product_id=product_id, ant_device_type=ant)


OLD_WATCH = WATCH.replace(product_id=1967)
UNNAMED = Sensor(maker="", ant_device_type=30)
MAKER_ZERO = Sensor(maker="maker 0", maker_id=0, product_id=4, ant_device_type=30)
POD_WITHOUT_MAKER = Sensor(maker="", product_id=2593, ant_device_type=30)
STRYD_POD = Sensor(maker="Stryd", maker_id=95, product_id=4660, ant_device_type=124)
STRYD_POWER = {"stryd": samples(speed_mps=None, stance_time_s=None, vertical_oscillation_m=None, power_w=250.0)}
TICKR = Sensor(maker="Wahoo Fitness", maker_id=32, ant_device_type=30)
NAMED_STRAP = Sensor(maker="Garmin", maker_id=1, product="HRM-Pro Plus", source="bluetooth_low_energy")
PER_CENT = samples(duty_factor=0.364)
BALANCED = samples(balance_left=0.495)
NO_DYNAMICS = samples(stance_time_s=None, vertical_oscillation_m=None)


def told(**changes: Any) -> str:
    made: Activity = activity(**changes)
    return provenance.provenance(made, choose(made, None)).word


@pytest.mark.parametrize(
    ("word", "changes"),
    [
        ("garmin_strap", {"sensors": (STRAP,)}),
        ("garmin_strap", {"sensors": (garmin(1752),)}),
        ("garmin_strap", {"sensors": (garmin(8, ant=120),)}),
        ("garmin_strap", {"sensors": (garmin(9999),)}),
        ("garmin_strap", {"sensors": (UNNAMED,)}),
        ("garmin_strap", {"sensors": (), "recorded": PER_CENT}),
        ("garmin_strap", {"sensors": (), "device": OLD_WATCH}),
        ("garmin_strap", {"sensors": (garmin(4130, ant=None),)}),
        ("garmin_strap", {"sensors": (garmin(4446, ant=None),)}),
        ("garmin_strap", {"sensors": (garmin(22, ant=120),)}),
        ("garmin_strap", {"sensors": (NAMED_STRAP,)}),
        ("garmin_strap", {"sensors": (TICKR,), "alternatives": STRYD_POWER}),
        ("garmin_strap", {"sensors": (STRAP,), "alternatives": STRYD_POWER}),
        ("garmin_strap", {"sensors": (MAKER_ZERO,)}),
        ("stryd", {"sensors": (MAKER_ZERO,), "alternatives": STRYD_POWER}),
        ("stryd", {"sensors": (UNNAMED,), "alternatives": STRYD_POWER}),
        ("stryd", {"sensors": (UNNAMED, STRYD_POD), "recorded": PER_CENT}),
        ("stryd", {"sensors": (garmin(4606, ant=None), MAKER_ZERO), "alternatives": STRYD_POWER}),
        ("garmin_pod", {"sensors": (POD_WITHOUT_MAKER,), "alternatives": STRYD_POWER}),
        ("garmin_wrist", {"sensors": (STRYD_POD,)}),
        ("garmin_wrist", {"sensors": (garmin(4606, ant=None),)}),
        ("garmin_strap", {"sensors": (garmin(4606, ant=None), UNNAMED)}),
        ("garmin_wrist", {"sensors": (garmin(3299, ant=120),)}),
        ("garmin_strap_ble", {"sensors": (garmin(4607, ant=None), UNNAMED)}),
        ("garmin_pod", {"sensors": (garmin(2593),)}),
        ("garmin_pod", {"sensors": (POD_WITHOUT_MAKER,)}),
        ("garmin_wrist", {"sensors": ()}),
        ("garmin_wrist", {"sensors": (), "device": WATCH.replace(product_id=3905)}),
        ("garmin_wrist", {"sensors": (), "device": WATCH.replace(product_id=None)}),
        ("garmin_strap", {"sensors": (), "device": WATCH.replace(product_id=3904)}),
        ("coros", {"device": COROS, "sensors": ()}),
        ("coros_pod", {"device": COROS, "sensors": (), "recorded": BALANCED}),
        ("stryd", {"device": STRYD, "sensors": ()}),
        ("apple", {"device": APPLE, "sensors": ()}),
        ("other", {"device": OTHER, "sensors": ()}),
        ("other", {"device": APPLE.replace(product="something"), "sensors": ()}),
        ("none", {"recorded": NO_DYNAMICS}),
        ("none", {"recorded": NO_DYNAMICS, "device": COROS}),
    ],
)
def test_the_first_rule_that_matches_names_the_sensor(word: str, changes: dict[str, Any]) -> None:
    assert told(**changes) == word


def timing_again(noise: float, k: float = 0.97) -> Samples:
    """Oscillation that is a constant share of what the timing implies, with noise of its own and a wild start."""
    made = samples(stance_time_s=0.260, cadence_spm=168.0, balance_left=0.495)
    rng = np.random.default_rng(1)
    oscillation = k * 0.0736561 * np.exp(rng.normal(0.0, noise, len(made.time_s)))
    oscillation[: len(oscillation) // 20] *= 1.8
    return made.replace(vertical_oscillation_m=frozen(oscillation))


@pytest.mark.parametrize(
    ("noise", "device", "sensors", "word"),
    [
        (0.02, OTHER, (), "model_derived"),
        (0.05, OTHER, (), "other"),
        (0.02, WATCH, (STRAP,), "model_derived"),
        (0.02, WATCH, (STRAP, STRYD_POD), "stryd"),
        (0.02, COROS, (), "model_derived"),
        (0.05, WATCH, (STRAP, STRYD_POD), "garmin_strap"),
        (0.05, COROS, (), "coros_pod"),
    ],
)
def test_an_oscillation_that_is_timing_said_again_is_found_whoever_recorded_it(
    noise: float, device: Sensor, sensors: tuple[Sensor, ...], word: str
) -> None:
    assert told(device=device, sensors=sensors, recorded=timing_again(noise)) == word


@pytest.mark.parametrize(("records", "word"), [(1, "garmin_strap"), (29, "garmin_strap"), (30, "model_derived")])
def test_a_handful_of_records_has_no_spread_to_tell_by(records: int, word: str) -> None:
    made = timing_again(0.001)
    assert made.stance_time_s is not None
    there = np.where(np.arange(len(made.time_s)) < len(made.time_s) - records, np.nan, made.stance_time_s)
    assert told(recorded=made.replace(stance_time_s=frozen(there))) == word


@pytest.mark.parametrize("k", [0.92, 1.05])
def test_an_even_bounce_beside_the_timing_is_measured(k: float) -> None:
    assert told(recorded=timing_again(0.01, k)) == "garmin_strap"


def test_every_word_has_its_reason_and_its_reference() -> None:
    made = activity(sensors=())
    found = provenance.provenance(made, choose(made, None))
    assert found.reference.name == found.word == "garmin_wrist"
    assert "no strap or pod" in found.reason


STRYD_FIELDS = samples(
    speed_mps=None, altitude_m=None, stance_time_s=0.255, vertical_oscillation_m=0.074, power_w=250.0
)
RUNSCRIBE_FIELDS = samples(speed_mps=None, altitude_m=None, cadence_spm=None, vertical_oscillation_m=None)
NO_CONTACT = samples(stance_time_s=None)
LITTLE_CONTACT = samples(stance_time_s=np.where(np.arange(900) < 400, 0.26, np.nan))
BOTH = {"runscribe": RUNSCRIBE_FIELDS, "stryd": STRYD_FIELDS}


@pytest.mark.parametrize(
    ("recorded", "alternatives", "wanted", "source"),
    [
        (samples(), BOTH, None, NATIVE),
        (samples(), BOTH, "stryd", "stryd"),
        (samples(), BOTH, "runscribe", "runscribe"),
        (samples(), BOTH, "native", NATIVE),
        (NO_DYNAMICS, BOTH, None, "stryd"),
        (NO_DYNAMICS, BOTH, "native", NATIVE),
        (NO_DYNAMICS, {"runscribe": RUNSCRIBE_FIELDS}, None, "runscribe"),
        (NO_DYNAMICS, {}, None, NATIVE),
        (NO_DYNAMICS, BOTH, "other", "stryd"),
        (samples(), {}, "stryd", NATIVE),
    ],
)
def test_native_dynamics_come_first_and_others_when_asked_for(
    recorded: Any, alternatives: Any, wanted: str | None, source: str
) -> None:
    chosen = choose(activity(recorded, alternatives=alternatives), wanted)
    assert chosen.source == source
    assert bool(chosen.notes) == (wanted == "other" or (wanted == "stryd" and not alternatives))


@pytest.mark.parametrize(
    ("changes", "source", "instead_of"),
    [
        ({"sensors": ()}, "stryd", "garmin_wrist"),
        ({"sensors": (), "alternatives": {"runscribe": RUNSCRIBE_FIELDS}}, "runscribe", "garmin_wrist"),
        ({"sensors": (), "device": OTHER, "alternatives": {"runscribe": RUNSCRIBE_FIELDS}}, NATIVE, None),
        ({"sensors": (), "alternatives": {"stryd": NO_CONTACT}}, NATIVE, None),
        ({"sensors": (), "alternatives": {"stryd": LITTLE_CONTACT}}, NATIVE, None),
        ({}, NATIVE, None),
    ],
    ids=["wrist", "runscribe", "measures itself", "no contact", "little contact", "strap"],
)
def test_what_measures_speaks_where_the_watch_computes(
    changes: dict[str, Any], source: str, instead_of: str | None
) -> None:
    made = activity(**({"alternatives": BOTH} | changes))
    chosen = choose(made, None)
    assert (chosen.source, chosen.instead_of) == (source, instead_of)
    asked = choose(made, NATIVE)
    assert (asked.source, asked.instead_of) == (NATIVE, None)


def test_a_modelled_oscillation_gives_way_to_a_sensor_that_measures_contact() -> None:
    modelled = samples(vertical_oscillation_m=0.0722)  # k 0.98
    made = activity(modelled, sensors=(), device=OTHER, alternatives={"runscribe": RUNSCRIBE_FIELDS})
    chosen = choose(made, None)
    assert (chosen.source, chosen.instead_of) == ("runscribe", "model_derived")


def test_an_alternative_replaces_the_dynamics_as_a_whole() -> None:
    native = samples(duty_factor=0.364, balance_left=0.5)
    mixed = choose(activity(native, alternatives=BOTH), "runscribe").samples
    assert (mixed.vertical_oscillation_m, mixed.duty_factor, mixed.balance_left) == (None, None, None)
    assert mixed.speed_mps is native.speed_mps
    assert mixed.cadence_spm is native.cadence_spm


def test_an_alternative_brings_its_own_cadence_and_power() -> None:
    mixed = choose(activity(alternatives=BOTH), "stryd").samples
    assert mixed.cadence_spm is STRYD_FIELDS.cadence_spm
    assert mixed.power_w is STRYD_FIELDS.power_w


@pytest.mark.parametrize(
    ("devices", "there"),
    [({"sensors": (FOOT_POD,)}, True), ({"sensors": (STRAP,)}, False), ({"device": STRYD, "sensors": ()}, True)],
)
def test_a_foot_pod_is_told_from_the_device_list(devices: dict[str, Any], there: bool) -> None:
    assert place_of(activity(positioned=False, **devices), speed_calibrated=False) == ("indoor", there)
