"""Numbers as people read them: all rounding, pace, percent, local time and display units; nothing else formats.

Every function takes SI units. A value and its unit are tied by a no-break space, so that lines never break between
them; layout.finish turns the ties into blanks.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from kneedrive.quantities import METRES_PER_KM, METRES_PER_MILE, SECONDS_PER_MINUTE
from kneedrive.record import Record

if TYPE_CHECKING:
    from kneedrive.recording import Sensor

TIE = "\u00a0"
WHOLE = "\u2060"  # a word with this mark is never broken, however long
MISSING = "–"
_SLOWEST_MPS = 0.2  # slower is standing; a pace of over an hour a kilometre says nothing

# Not strftime: names would follow the locale, and the same run would read differently on another machine.
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Shown(Record, frozen=True):
    """How a quantity is shown: what it is multiplied with, how many decimals, and the unit behind it."""

    factor: float
    decimals: int
    unit: str


SHOWN = {
    "distance_m": Shown(1 / METRES_PER_KM, 2, "km"),
    "altitude_m": Shown(1.0, 0, "m"),
    "speed_mps": Shown(1.0, 2, "m/s"),
    "cadence_spm": Shown(1.0, 0, "steps/min"),
    "step_length_m": Shown(1.0, 2, "m"),
    "stance_time_s": Shown(1000.0, 0, "ms"),
    "flight_time_s": Shown(1000.0, 0, "ms"),
    "duty_factor": Shown(100.0, 1, "%"),
    "vertical_oscillation_m": Shown(100.0, 1, "cm"),
    "vertical_ratio": Shown(100.0, 1, "%"),
    "balance_left": Shown(100.0, 1, "%"),
    "power_w": Shown(1.0, 0, "W"),
    "heart_rate_bpm": Shown(1.0, 0, "beats/min"),
    "step_speed_loss_mps": Shown(100.0, 1, "cm/s"),
    "stance_angle_deg": Shown(1.0, 1, "°"),
    "k_leg_kn_m": Shown(1.0, 1, "kN/m"),
    "ln_k": Shown(1.0, 3, ""),
}


def number(value: float | None, decimals: int = 0) -> str:
    """Fixed decimals, thousands grouped, never "-0"; a dash where there is no number."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if not any(digit in text for digit in "123456789") else text


def signed(value: float | None, decimals: int = 0) -> str:
    """Like `number`, with a plus sign where it is above zero after rounding."""
    text = number(value, decimals)
    return f"+{text}" if text[0].isdigit() and any(digit in text for digit in "123456789") else text


def percent(share: float | None, decimals: int = 0) -> str:
    """A fraction of 1 as a percentage."""
    return _with_unit(number(share * 100 if share is not None else None, decimals), "%")


def change_percent(ln_ratio: float | None) -> str:
    """A difference of logarithms as a signed percentage."""
    return _with_unit(signed(math.expm1(ln_ratio) * 100 if ln_ratio is not None else None), "%")


def probability(p: float | None) -> str:
    """A probability as a percentage that never claims certainty."""
    if p is None:
        return MISSING
    if p > 0.99:
        return f"over 99{TIE}%"
    return f"under 1{TIE}%" if p < 0.01 else percent(p)


def times_in_100(p: float) -> str:
    """A probability below 1 as whole times in 100, rounded down."""
    return f"{math.floor(p * 100 + 1e-9)}{TIE}times in{TIE}100"


def value(key: str, amount: float | None) -> str:
    """A quantity by its channel key in display units, without the unit: 0.291 s of stance time is "291"."""
    shown = SHOWN[key]
    return number(amount * shown.factor if amount is not None else None, shown.decimals)


def quantity(key: str, amount: float | None) -> str:
    """A quantity with its unit: "291 ms"."""
    return _with_unit(value(key, amount), SHOWN[key].unit)


def difference(key: str, amount: float | None) -> str:
    """A signed difference with its unit; differences of percentages are percentage points."""
    shown = SHOWN[key]
    text = signed(amount * shown.factor if amount is not None else None, shown.decimals)
    return _with_unit(text, "points" if shown.unit == "%" else shown.unit)


def interval(key: str, low: float, high: float) -> str:
    """From one signed difference to another, beside a cell that names their unit."""
    shown = SHOWN[key]
    return " to ".join(signed(each * shown.factor, shown.decimals) for each in (low, high))


def threshold(key: str, amount: float) -> str:
    """The size of a difference, without a sign."""
    return difference(key, abs(amount)).lstrip("+")


def at_most(key: str, amount: float) -> str:
    """A size that something stays under, rounded up so that nothing smaller is claimed than is known.

    Keys are those of `difference`; "ln_k" is shown in per cent, "" is a score.
    """
    if key in ("", "ln_k"):
        size, decimals, behind = (amount, 1, "") if not key else (math.expm1(amount) * 100, 0, "%")
    else:
        size, decimals = amount * SHOWN[key].factor, SHOWN[key].decimals
        behind = "points" if SHOWN[key].unit == "%" else SHOWN[key].unit
    step = 10.0**-decimals
    return _with_unit(number(math.ceil(size / step - 1e-6) * step, decimals), behind)


def score(amount: float | None) -> str:
    """A score or z value: one signed decimal, since its error is about half a unit."""
    return signed(amount, 1)


def with_error(amount: float | None, se: float | None, decimals: int = 1) -> str:
    """A score with its standard error: "+1.4 ± 0.6"."""
    shown = signed(amount, decimals)
    return shown if shown == MISSING or se is None else f"{shown}{TIE}±{TIE}{number(se, decimals)}"


def exact(amount: float | None) -> str:
    """A number with at most four significant digits and no idle zeros: for constants and formulas."""
    if amount is None or not math.isfinite(amount):
        return MISSING
    return f"{amount + 0.0:.4g}"


def unit(key: str) -> str:
    """The display unit of a quantity; "" where it has none."""
    return SHOWN[key].unit


def bare_pace(speed_mps: float | None, *, miles: bool = False) -> str:
    """Minutes and seconds for a kilometre or mile, without the unit."""
    if speed_mps is None or not math.isfinite(speed_mps) or speed_mps < _SLOWEST_MPS:
        return MISSING
    return clock((METRES_PER_MILE if miles else METRES_PER_KM) / speed_mps)


def pace(speed_mps: float | None, *, miles: bool = False) -> str:
    """Minutes and seconds for a kilometre or mile: "5:51 /km"."""
    text = bare_pace(speed_mps, miles=miles)
    return text if text == MISSING else f"{text}{TIE}{pace_unit(miles=miles)}"


def pace_unit(*, miles: bool) -> str:
    """ "/km" or "/mile"."""
    return "/mile" if miles else "/km"


def distance(metres: float | None, *, miles: bool = False) -> str:
    """Kilometres or miles with one decimal, two below ten."""
    if metres is None or not math.isfinite(metres):
        return MISSING
    length = metres / (METRES_PER_MILE if miles else METRES_PER_KM)
    return _with_unit(number(length, 1 if length >= 9.995 else 2), "miles" if miles else "km")


def clock(seconds: float | None) -> str:
    """ "5:30" or "1:12:31", rounded to the second."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    # Not round(): it rounds halves to even, so 0:30.5 and 0:31.5 would differ by two seconds.
    whole = math.floor(max(seconds, 0.0) + 0.5)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def minutes(seconds: float) -> str:
    """ "45 s", "36 min" or "1 h 12 min"."""
    if seconds < SECONDS_PER_MINUTE:
        return f"{number(seconds)}{TIE}s"
    hours, rest = divmod(math.floor(seconds / SECONDS_PER_MINUTE + 0.5), 60)
    return f"{hours}{TIE}h{TIE}{rest}{TIE}min" if hours else f"{rest}{TIE}min"


def whole_minutes(seconds: float) -> str:
    """Minutes alone, for a column of a table that names the unit."""
    return number(seconds / SECONDS_PER_MINUTE)


def length(metres: float | None, *, miles: bool = False) -> str:
    """Kilometres or miles with one decimal and without the unit, for a column of a table."""
    return number(metres / (METRES_PER_MILE if miles else METRES_PER_KM) if metres is not None else None, 1)


def from_ln(amount: float | None) -> str:
    """A logarithm as the ratio it stands for, with two decimals."""
    return number(math.exp(amount) if amount is not None else None, 2)


def local_time(started_at: datetime, utc_offset_s: int | None) -> datetime:
    """The wall clock at the start of the run; UTC where the file does not say its offset."""
    return started_at + timedelta(seconds=utc_offset_s or 0)


def day(moment: date) -> str:
    """ "Sun 8 Nov 2026", in English whatever the locale."""
    return f"{_WEEKDAYS[moment.weekday()]} {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def short_day(moment: date, today: date | None = None) -> str:
    """ "8 Nov", with the year where it is not that of today; without `today` the year stands elsewhere."""
    year = f"{TIE}{moment.year}" if today and moment.year != today.year else ""
    return f"{moment.day}{TIE}{_MONTHS[moment.month - 1]}{year}"


def month(moment: date) -> str:
    """ "Nov", the first of a year as its number: "2026"."""
    return str(moment.year) if moment.month == 1 else _MONTHS[moment.month - 1]


def start(started_at: datetime, utc_offset_s: int | None) -> str:
    """Day and time of the start: local time of the run, or UTC and said so."""
    moment = local_time(started_at, utc_offset_s)
    return f"{day(moment)}, {moment.hour:02}:{moment.minute:02}{' UTC' if utc_offset_s is None else ''}"


def plural(count: int, one: str, many: str = "") -> str:
    """ "1 run", "3 runs"; `many` where adding an s is wrong."""
    return f"{number(count)}{TIE}{one if count == 1 else many or one + 's'}"


def path(place: object) -> str:
    """A path or file name for a sentence: no line is broken inside it, so that it can be copied."""
    return WHOLE + str(place).replace(" ", TIE)


def clean(text: str, longest: int = 60) -> str:
    """Text from a file, safe to print: no control characters, not longer than `longest`."""
    # Control and bidirectional marks could rewrite the screen or hide what stands before them.
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    short = " ".join(printable.split())
    return short if len(short) <= longest else short[: longest - 1] + "…"


_MAKERS = {"coros": "COROS", "stryd": "Stryd", "wahoo_fitness": "Wahoo", "runscribe": "RunScribe"}
_TEST_MAKER = "development"  # the maker's number for tests, which apps that export write for watches of others


def device(sensor: Sensor) -> str:
    """Maker and product as people write them: "Garmin FR965"."""
    maker = _MAKERS.get(sensor.maker.lower().replace(" ", "_"), sensor.maker.replace("_", " "))
    product = sensor.product.replace("_", " ")
    if product.lower() in sensor.maker.lower().split():  # "FITNESS" of "Wahoo Fitness" names no device
        product = ""
    if maker.lower() in ("", _TEST_MAKER) and product.startswith("Watch") and product[5:6].isdigit():
        return clean(f"Apple Watch ({product})")
    maker = "" if maker.lower() == _TEST_MAKER else maker
    if product[:2] == "fr" and product[2:3].isdigit():
        product = product.upper()
    if product.lower().startswith(maker.lower()):
        maker = ""
    named = " ".join(word for word in (maker, product) if word)
    return clean(named[:1].upper() + named[1:]) or "unknown device"


def _with_unit(text: str, unit: str) -> str:
    if text == MISSING or not unit:
        return text
    return f"{text}{unit}" if unit == "°" else f"{text}{TIE}{unit}"
