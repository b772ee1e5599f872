"""What is recorded and derived: physical constants, and one row a channel or metric with its words and units."""

from collections.abc import Mapping

from kneedrive.record import Record

# Physical constants, and what display units are in SI.

GRAVITY_MPS2 = 9.81
SECONDS_PER_MINUTE = 60.0
METRES_PER_MILE = 1609.344
METRES_PER_KM = 1000.0


# The words for every channel and metric: one row each, used by reports, JSON, exports and explanations.
#
# `short` is for a row or a list, `name` what it is called in a sentence, `unit` the SI unit that its key names.


class Channel(Record, frozen=True):
    """One quantity: its key in code and JSON, its words, its SI unit; what less and more of it is called."""

    key: str
    name: str
    short: str
    unit: str
    less: str = "lower"
    more: str = "higher"


_ROWS = (
    Channel("speed_mps", "speed", "speed", "m/s", "slower", "faster"),
    Channel("distance_m", "distance", "distance", "m"),
    Channel("altitude_m", "altitude", "altitude", "m"),
    Channel("cadence_spm", "cadence", "cadence", "steps/min", "slower", "quicker"),
    Channel("step_length_m", "step length", "step length", "m", "shorter", "longer"),
    Channel("stance_time_s", "ground contact time", "contact", "s", "shorter", "longer"),
    Channel("flight_time_s", "flight time", "flight time", "s", "shorter", "longer"),
    Channel("duty_factor", "duty factor", "on the ground", "1", "less", "more"),
    Channel("vertical_oscillation_m", "vertical oscillation", "oscillation", "m", "less", "more"),
    Channel("vertical_ratio", "vertical ratio", "vertical ratio", "1"),
    Channel("balance_left", "ground contact balance", "left of the contact", "1"),
    Channel("power_w", "power", "power", "W"),
    Channel("heart_rate_bpm", "heart rate", "heart rate", "1/min"),
    Channel("step_speed_loss_mps", "step speed loss", "step speed loss", "m/s"),
    Channel("stance_angle_deg", "stance sweep angle", "stance angle", "deg"),
    Channel("k_leg_kn_m", "leg stiffness", "leg stiffness", "kN/m"),
)

CHANNELS = {row.key: row for row in _ROWS}

# What a result tells of epochs and runs: everything but where and how high.
METRICS = tuple(key for key in CHANNELS if key not in ("distance_m", "altitude_m"))

# At one speed cadence, duty factor and torso bounce are free; every other metric follows from these of them.
FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "step_length_m": ("cadence_spm",),
    "stance_time_s": ("cadence_spm", "duty_factor"),
    "vertical_oscillation_m": ("cadence_spm", "duty_factor", "ln_k"),
    "vertical_ratio": ("cadence_spm", "duty_factor", "ln_k"),
    "zSL": ("cadence_spm",),
    "D": ("cadence_spm", "duty_factor"),
    "P": ("cadence_spm", "duty_factor", "ln_k"),
}
