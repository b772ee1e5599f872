"""Numbers as people read them: all rounding, pace, percent, local time and display units; nothing else formats.

Every function takes SI units. A value and its unit are tied by a no-break space, so that lines never break between
them; whoever prints a line turns the ties into blanks.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from kneedrive.patterns import AXES
from kneedrive.quantities import METRES_PER_KM, METRES_PER_MILE, QUANTITIES, SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from kneedrive.recording import Sensor

TIE = "\u00a0"
WHOLE = "\u2060"  # a word with this mark is never broken, however long
MISSING = "–"
_SLOWEST_MPS = 0.2  # slower is standing; a pace of over an hour a kilometre says nothing

# Not strftime: names would follow the locale, and the same run would read differently on another machine.
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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


# Odds in words that a runner knows. Fifths, since more would claim too much: what is stated as 0.58 from steps alone is
# 0.45 to 0.71 over the correlations that are thinkable. At the ends a tenth is still told apart; the nearest counts.
_ODDS = ((0, 5), (1, 10), (1, 5), (2, 5), (3, 5), (4, 5), (9, 10), (5, 5))
_EDGES = (0.05, 0.15, 0.30, 0.50, 0.70, 0.85, 0.95)


def coarse(probability: float) -> tuple[int, int]:
    """How many in how many: fifths, and a tenth at either end; (0, 5) and (5, 5) beyond a twentieth."""
    return _ODDS[bisect_right(_EDGES, probability)]


def odds(probability: float) -> str:
    """The odds alone: "3 in 5"."""
    n, of = coarse(probability)
    if n == 0:
        return f"fewer than 1{TIE}in{TIE}20"
    return f"more than 19{TIE}in{TIE}20" if n == of else f"{n}{TIE}in{TIE}{of}"


def about(probability: float) -> str:
    """The odds with "about" before those that were rounded."""
    n, of = coarse(probability)
    return odds(probability) if n in (0, of) else f"about {odds(probability)}"


def odds_between(probability: float, low: float, high: float) -> str:
    """The odds and how far they depend on what is not well known: "about 3 in 5; between 2 and 4 in 5"."""
    (least, of), (most, of_most) = coarse(low), coarse(high)
    if (least, of) == (most, of_most):
        return about(probability)
    # "between 0 and 4 in 5" would claim what `odds` never says, so the ends are written out.
    ends = {0, of, of_most} & {least, most}
    first = str(least) if of == of_most and not ends else odds(low)
    return f"{about(probability)}; between {first} and {odds(high)}"


def value(key: str, amount: float | None) -> str:
    """A quantity or a score by its key, without unit: 0.291 s of contact is "291", ln k the ratio it stands for."""
    if key in AXES:
        return score(amount)
    if key == "ln_k":
        return number(math.exp(amount) if amount is not None else None, 2)
    row = QUANTITIES[key]
    return number(amount * row.factor if amount is not None else None, row.decimals)


def quantity(key: str, amount: float | None) -> str:
    """A quantity with its unit: "291 ms"."""
    return _with_unit(value(key, amount), QUANTITIES[key].unit)


def bare(text: str) -> str:
    """A quantity or a difference without its unit, where a column or a number before it names that."""
    return text.split(TIE, maxsplit=1)[0]


def difference(key: str, amount: float | None) -> str:
    """A signed difference with its unit; differences of percentages are percentage points."""
    row = QUANTITIES[key]
    shown = signed(amount * row.factor if amount is not None else None, row.decimals)
    return _with_unit(shown, _unit_of_difference(key))


def change(key: str, amount: float | None) -> str:
    """A difference as a runner reads it: like `difference`, but that of ln k in per cent; a score has no unit."""
    if key in AXES:
        return score(amount)
    return change_percent(amount) if key == "ln_k" else difference(key, amount)


def interval(key: str, low: float, high: float) -> str:
    """From one signed difference to another, beside a cell that names their unit."""
    row = QUANTITIES[key]
    return f"{signed(low * row.factor, row.decimals)} to {signed(high * row.factor, row.decimals)}"


def at_most(key: str, amount: float) -> str:
    """A size that something stays under, rounded up so that nothing smaller is claimed than is known."""
    if key in AXES:
        size, decimals, unit = amount, 1, ""
    elif key == "ln_k":
        size, decimals, unit = math.expm1(amount) * 100, 0, "%"
    else:
        size, decimals, unit = amount * QUANTITIES[key].factor, QUANTITIES[key].decimals, _unit_of_difference(key)
    step = 10.0**-decimals
    # A product may come out as 4.000000000000001, and that must not become 5.
    return _with_unit(number(math.ceil(size / step - 1e-6) * step, decimals), unit)


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
    return f"{amount + 0.0:.4g}"  # the sum turns -0.0 into 0


def bare_pace(speed_mps: float | None, *, miles: bool) -> str:
    """Minutes and seconds for a kilometre or mile, without the unit."""
    # `miles` has no default here and below: where it was forgotten, a runner of miles would read kilometres.
    if speed_mps is None or not math.isfinite(speed_mps) or speed_mps < _SLOWEST_MPS:
        return MISSING
    return clock((METRES_PER_MILE if miles else METRES_PER_KM) / speed_mps)


def pace(speed_mps: float | None, *, miles: bool) -> str:
    """Minutes and seconds for a kilometre or mile: "5:51 /km"."""
    return _with_unit(bare_pace(speed_mps, miles=miles), pace_unit(miles=miles))


def pace_unit(*, miles: bool) -> str:
    """ "/km" or "/mile"."""
    return "/mile" if miles else "/km"


def distance(metres: float | None, *, miles: bool) -> str:
    """Kilometres or miles with one decimal, two below ten."""
    if metres is None or not math.isfinite(metres):
        return MISSING
    length = metres / (METRES_PER_MILE if miles else METRES_PER_KM)
    # 9.995 is the first length that two decimals would show as 10.00.
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


def length(metres: float | None, *, miles: bool) -> str:
    """Kilometres or miles with one decimal and without the unit, for a column of a table."""
    return number(metres / (METRES_PER_MILE if miles else METRES_PER_KM) if metres is not None else None, 1)


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


def plural(count: int, one: str) -> str:
    """ "1 run", "3 runs"."""
    return f"{number(count)}{TIE}{one if count == 1 else one + 's'}"


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


def _unit_of_difference(key: str) -> str:
    return "points" if QUANTITIES[key].unit == "%" else QUANTITIES[key].unit
