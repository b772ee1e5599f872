"""What is recorded and derived: physical constants, and one row a quantity with its words and how it is shown."""

from collections.abc import Mapping

from kneedrive.record import Record

# Physical constants, and what display units are in SI.

GRAVITY_MPS2 = 9.81
SECONDS_PER_MINUTE = 60.0
METRES_PER_MILE = 1609.344
METRES_PER_KM = 1000.0


class Quantity(Record, frozen=True, kw_only=True):
    """One quantity in words and on the page. Its key in code and JSON names its SI unit ("_s", "_m"); none is a share.

    name: in a sentence. short: in a row or a list. less, more: what fewer and more of it is called. rose, fell: what is
    said where it changed. Scores have their words in patterns.AXES.
    """

    key: str
    name: str
    short: str = ""  # the name where empty
    less: str = "lower"
    more: str = "higher"
    rose: str = ""
    fell: str = ""
    factor: float = 1.0  # from the unit of the key to the one shown
    decimals: int = 0
    unit: str = ""  # behind the number
    heading: str = ""  # over its column among the numbers by pace; "" for no column
    heading_unit: str = ""  # under that, the unit where empty
    meaning: str = ""  # what has to be said of it below a comparison, behind its short name
    computed: bool = False  # a watch at the wrist writes it, but works it out from speed, cadence and height

    @property
    def in_short(self) -> str:
        """The short name."""
        return self.short or self.name


# What a file or a sensor gives, or follows from that for every epoch. Headings are in the order of their columns.
_MEASURED = (
    Quantity(key="speed_mps", name="speed", less="slower", more="faster", decimals=2, unit="m/s"),
    Quantity(key="distance_m", name="distance", factor=1 / METRES_PER_KM, decimals=2, unit="km"),
    Quantity(key="altitude_m", name="altitude", unit="m"),
    Quantity(
        key="cadence_spm", name="cadence", less="slower", more="quicker", rose="cadence rose", fell="cadence fell",
        unit="steps/min", heading="cadence", heading_unit="/min",
    ),
    Quantity(
        key="step_length_m", name="step length", less="shorter", more="longer", rose="steps lengthened",
        fell="steps shortened", decimals=2, unit="m", heading="step",
    ),
    Quantity(
        key="stance_time_s", name="ground contact time", short="contact", less="shorter", more="longer",
        rose="contact lengthened", fell="contact shortened", factor=1000.0, unit="ms", heading="contact", computed=True,
    ),
    Quantity(
        key="flight_time_s", name="flight time", less="shorter", more="longer", rose="time in the air grew",
        fell="time in the air shrank", factor=1000.0, unit="ms", heading="in the air", computed=True,
    ),
    Quantity(
        key="duty_factor", name="duty factor", short="on the ground", less="less", more="more",
        rose="more of each step was spent on the ground", fell="less of each step was spent on the ground",
        factor=100.0, decimals=1, unit="%", computed=True, meaning="one foot, of the time of two steps",
    ),
    Quantity(
        key="vertical_oscillation_m", name="vertical oscillation", short="oscillation", less="less", more="more",
        rose="oscillation grew", fell="oscillation shrank", factor=100.0, decimals=1, unit="cm", heading="bounce",
        computed=True,
    ),
    Quantity(
        key="vertical_ratio", name="vertical ratio", rose="vertical ratio rose", fell="vertical ratio fell",
        factor=100.0, decimals=1, unit="%", heading="ratio", computed=True,
    ),
    Quantity(
        key="balance_left", name="ground contact balance", short="left of the contact", factor=100.0, decimals=1,
        unit="%",
    ),
    Quantity(key="power_w", name="power", unit="W"),
    Quantity(key="heart_rate_bpm", name="heart rate", unit="beats/min"),
    Quantity(key="step_speed_loss_mps", name="step speed loss", factor=100.0, decimals=1, unit="cm/s"),
    Quantity(
        key="stance_angle_deg", name="stance sweep angle", short="stance angle", decimals=1, unit="°", computed=True
    ),
    Quantity(key="k_leg_kn_m", name="leg stiffness", decimals=1, unit="kN/m", computed=True),
)  # fmt: skip
_BOUNCE = Quantity(  # what is left of bounce beyond the timing, as a logarithm; not of the file, but compared like it
    key="ln_k",
    name="torso bounce",
    rose="torso bounce grew",
    fell="torso bounce shrank",
    decimals=3,
    meaning="up and down, in multiples of what the timing of a step alone brings",
)

QUANTITIES = {row.key: row for row in (*_MEASURED, _BOUNCE)}

# What each part of the posterior judges of a step.
PARTS = {"zSL": "step length", "zDF": "share of each step on the ground", "zk": "bounce", "zB": "bounce"}

# What a result tells of epochs and runs: everything measured but where and how high.
METRICS = tuple(row.key for row in _MEASURED if row.key not in ("distance_m", "altitude_m"))

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
