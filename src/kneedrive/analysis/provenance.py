"""Which sensor made the running dynamics, told from what the file says about its devices. First match wins.

The sensor decides what may be said: a strap measures the bounce, a foot pod computes it from its own timing, and a
Garmin watch at the wrist computes contact time and bounce from speed and cadence. docs/method.md lists the rules.
"""

from __future__ import annotations

import numpy as np

from kneedrive.analysis import features
from kneedrive.method import SensorRules
from kneedrive.products import GARMIN_PRODUCTS
from kneedrive.record import Record
from kneedrive.recording import Activity, Array, Note, Samples, Sensor, coverage
from kneedrive.sensors import REFERENCES, Reference, SensorClass
from kneedrive.stats import median, robust_sd

# As the FIT profile numbers makers, and ANT+ its kinds of devices.
GARMIN, DEVELOPMENT, COROS, STRYD = 1, 255, 294, 95
ANT_DYNAMICS, ANT_FOOT_POD = 30, 124

# Garmin's sensors of running dynamics. Its other straps (HRM 200, HRM-Dual) measure heart rate alone.
STRAPS = frozenset({"HRM-Run", "HRM4-Run", "HRM-Tri", "HRM-Pro", "HRM-Pro Plus", "HRM-Fit"})
BLUETOOTH_STRAPS = frozenset({"HRM 600"})
PODS = frozenset({"Running Dynamics Pod"})

OWN_CHANNELS = ("stance_time_s", "vertical_oscillation_m")
DYNAMICS = (*OWN_CHANNELS, "duty_factor", "vertical_ratio", "step_length_m", "balance_left", "step_speed_loss_mps")
NATIVE = "native"
COMPUTED = (SensorClass.GARMIN_WRIST, SensorClass.MODEL_DERIVED)
RULES = SensorRules()


class Dynamics(Record, frozen=True, kw_only=True):
    """The samples to judge, and where their dynamics come from."""

    samples: Samples
    source: str  # "native" or the name of an alternative
    notes: tuple[Note, ...] = ()
    instead_of: SensorClass | None = None  # that of the watch's own, where a sensor that measures was judged unasked


class Provenance(Record, frozen=True, kw_only=True):
    """The word for the sensor, and why it is that one."""

    word: SensorClass
    reason: str

    @property
    def reference(self) -> Reference:
        """What this sensor class may say, and how it reads."""
        return REFERENCES[self.word]


def has_dynamics(samples: Samples) -> bool:
    """Whether contact time or oscillation was recorded at least once."""
    return any(coverage(samples.channel(name)) > 0 for name in OWN_CHANNELS)


def choose(activity: Activity, wanted: str | None, rules: SensorRules = RULES) -> Dynamics:
    """The best measured source: native dynamics unless they are missing or computed and an alternative measures.

    `wanted` names one outright. An alternative replaces the dynamics as a whole: two sensors are never mixed. Speed,
    distance, altitude and heart rate stay those of the watch.
    """
    native = Dynamics(samples=activity.samples, source=NATIVE)
    there = [name for name, samples in sorted(activity.alternatives.items()) if has_dynamics(samples)]
    there.sort(key=lambda name: name != "stryd")  # Stryd's first: the only ones that have a reference of their own
    chosen = wanted or NATIVE
    if wanted not in (NATIVE, *there):
        chosen = NATIVE
        if wanted is not None:
            text = f"no dynamics of {wanted} in this file; there are: {', '.join((NATIVE, *there))}"
            native = native.replace(notes=(Note(code="dynamics_not_there", text=text),))
        measuring = [n for n in there if coverage(activity.alternatives[n].stance_time_s) >= rules.min_coverage]
        if not has_dynamics(activity.samples):
            chosen = there[0] if there else NATIVE
        elif measuring and (word := provenance(activity, native, rules).word) in COMPUTED:
            chosen, native = measuring[0], native.replace(instead_of=word)
    if chosen == NATIVE:
        return native
    other = activity.alternatives[chosen]
    changes: dict[str, Array | None] = {name: other.channel(name) for name in DYNAMICS}
    # Contact time and step time must come from one sensor, or the duty factor is of two. Power goes with them.
    changes |= {name: other.channel(name) for name in ("cadence_spm", "power_w") if coverage(other.channel(name)) > 0}
    return native.replace(samples=activity.samples.replace(**changes), source=chosen)


def provenance(activity: Activity, chosen: Dynamics, rules: SensorRules = RULES) -> Provenance:
    """The sensor class of the chosen dynamics."""
    if not has_dynamics(chosen.samples):
        return _as(SensorClass.NONE, "no contact time or oscillation was recorded")
    if chosen.source == "stryd":
        return _as(SensorClass.STRYD, "contact time and oscillation come from Stryd's developer fields")
    if chosen.source != NATIVE:
        return _as(SensorClass.OTHER, f"contact time comes from the developer fields of {chosen.source}")
    device, maker, samples = activity.device, activity.device.maker_id, chosen.samples
    if maker == STRYD:
        return _as(SensorClass.STRYD, "recorded by Stryd itself")
    stryd = "stryd" in activity.alternatives or any(sensor.maker_id == STRYD for sensor in activity.sensors)
    over_ant = [sensor for sensor in activity.sensors if sensor.ant_device_type == ANT_DYNAMICS]
    unnamed = [_garmin_name(sensor) for sensor in over_ant if sensor.maker_id in (None, 0, STRYD)]
    if stryd and set(unnamed) - STRAPS - PODS:  # Stryd leaves its maker out
        return _as(SensorClass.STRYD, "a dynamics sensor over ANT+ that is not Garmin's, in a file with Stryd's fields")
    if model_derived(samples, rules):
        word = SensorClass.STRYD if stryd else SensorClass.MODEL_DERIVED
        return _as(word, "the oscillation is what contact time and cadence imply, not a measurement")
    if maker == COROS:
        # The watch alone has no left and right, so whoever wrote a balance is the pod.
        if coverage(samples.balance_left) > 0:
            reason = "recorded by a COROS watch with a COROS POD, which alone writes a balance"
            return _as(SensorClass.COROS_POD, reason)
        return _as(SensorClass.COROS, "recorded by a COROS watch")
    # HealthFit and the like write "development" as the maker and Apple's model code ("Watch6,14") as the product.
    exported = maker in (DEVELOPMENT, None) and device.product.startswith("Watch") and "," in device.product
    if exported or device.maker.lower() == "apple":
        return _as(SensorClass.APPLE, f"written by an app that exports Apple Watch workouts ({device.product})")
    other = _as(SensorClass.OTHER, f"recorded by {device.maker or 'a device that does not name its maker'}")
    return _garmin(activity, samples, rules) if maker == GARMIN else other


def _garmin(activity: Activity, samples: Samples, rules: SensorRules) -> Provenance:
    names = set(map(_garmin_name, activity.sensors))
    for known, word, reason in (
        (BLUETOOTH_STRAPS, SensorClass.GARMIN_STRAP_BLE, "the strap is an {}"),
        (PODS, SensorClass.GARMIN_POD, "device list: {}"),
        (STRAPS, SensorClass.GARMIN_STRAP, "device list: {}"),
    ):
        if found := names & known:
            return _as(word, reason.format(", ".join(sorted(found))))
    if any(sensor.ant_device_type == ANT_DYNAMICS for sensor in activity.sensors):
        return _as(SensorClass.GARMIN_STRAP, "a dynamics sensor over ANT+, of a product kneedrive does not know")
    # After the device list: some watches write the per cent and list no sensor at all.
    if coverage(samples.duty_factor) > 0:
        reason = "the watch wrote contact time in per cent, which only a strap or pod makes it do"
        return _as(SensorClass.GARMIN_STRAP, reason)
    if activity.device.product_id is not None and activity.device.product_id < rules.first_wrist_product:
        return _as(SensorClass.GARMIN_STRAP, "this watch cannot measure dynamics at the wrist, so a strap or pod did")
    return _as(SensorClass.GARMIN_WRIST, "no strap or pod in the device list, and no contact time in per cent")


def _as(word: SensorClass, reason: str) -> Provenance:
    return Provenance(word=word, reason=reason)


def _garmin_name(sensor: Sensor) -> str:
    """What Garmin calls a sensor, by its number or else by the name in the file; "" for other makers."""
    # Where an entry leaves its maker out, the number is read as Garmin's, since the watch is.
    if sensor.maker_id not in (GARMIN, None):
        return ""
    number = sensor.product_id
    return sensor.product if number is None else GARMIN_PRODUCTS.get(number, sensor.product)


def model_derived(samples: Samples, rules: SensorRules = RULES) -> bool:
    """Whether the oscillation is the timing said again: k near 1 with next to no spread of its own."""
    stance, oscillation, cadence = samples.stance_time_s, samples.vertical_oscillation_m, samples.cadence_spm
    if stance is None or oscillation is None or cadence is None:
        return False
    T = features.step_time_s(np.where(cadence > 0, cadence, np.nan))
    ln_k = features.ln_k(oscillation, T, features.duty_factor(stance, T))
    ln_k = ln_k[np.isfinite(ln_k)]
    if len(ln_k) < rules.derived_records:
        return False
    low, high = rules.derived_k
    # A few records at the start or at a light would hide it from a plain SD.
    return bool(low <= np.exp(median(ln_k)) <= high and robust_sd(ln_k) <= rules.derived_sd_ln_k)
