"""Physical constants, and what display units are in SI."""

GRAVITY_MPS2 = 9.81
SECONDS_PER_MINUTE = 60.0
METRES_PER_MILE = 1609.344
METRES_PER_KM = 1000.0
