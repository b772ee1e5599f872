"""Physical constants and conversions between file, SI and display units. All pure, all element-wise."""

GRAVITY_MPS2 = 9.81
SECONDS_PER_MINUTE = 60.0
METRES_PER_MILE = 1609.344
METRES_PER_KM = 1000.0


def step_time_s(cadence_spm: float) -> float:
    """Seconds from one foot's landing to the other's, at a cadence in steps per minute."""
    return SECONDS_PER_MINUTE / cadence_spm


def pace_s_per_km(speed_mps: float) -> float:
    """Seconds for a kilometre at a speed in m/s."""
    return METRES_PER_KM / speed_mps


def pace_s_per_mile(speed_mps: float) -> float:
    """Seconds for a mile at a speed in m/s."""
    return METRES_PER_MILE / speed_mps
