"""Rounding and units, as tables."""

from datetime import UTC, datetime

import pytest

from kneedrive.recording import Sensor
from kneedrive.report import numbers


def blank(text: str) -> str:
    """Ties as blanks, so that tables read well."""
    return text.replace(numbers.TIE, " ")


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        (0.0, 0, "0"),
        (-0.0, 1, "0.0"),
        (-0.04, 1, "0.0"),  # rounds to zero: never "-0.0"
        (-0.06, 1, "-0.1"),
        (1234.5, 1, "1,234.5"),
        (None, 1, "–"),
        (float("nan"), 1, "–"),
        (float("inf"), 0, "–"),
    ],
)
def test_number_has_fixed_decimals_and_no_negative_zero(amount: float | None, decimals: int, text: str) -> None:
    assert numbers.number(amount, decimals) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(0.31, "+0.3"), (-0.31, "-0.3"), (0.02, "0.0"), (-0.02, "0.0"), (None, "–"), (12.0, "+12.0")]
)
def test_scores_carry_their_sign_unless_they_round_to_zero(amount: float | None, text: str) -> None:
    assert numbers.score(amount) == text


@pytest.mark.parametrize(
    ("speed_mps", "miles", "text"),
    [
        (1000 / 351, False, "5:51 /km"),
        (1609.344 / 565, True, "9:25 /mile"),
        (1000 / 359.6, False, "6:00 /km"),  # 5:59.6 carries into the minute
        (0.1, False, "–"),
        (0.0, False, "–"),
        (None, False, "–"),
        (float("nan"), True, "–"),
    ],
)
def test_pace_is_minutes_and_seconds_for_a_kilometre_or_mile(speed_mps: float | None, miles: bool, text: str) -> None:
    assert blank(numbers.pace(speed_mps, miles=miles)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59.5, "1:00"), (330, "5:30"), (4351, "1:12:31"), (3599.6, "1:00:00"), (-3, "0:00"), (None, "–")],
)
def test_clock_rounds_to_the_second_and_carries(seconds: float | None, text: str) -> None:
    assert numbers.clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(45, "45 s"), (60, "1 min"), (2160, "36 min"), (4320, "1 h 12 min"), (3599, "1 h 0 min")]
)
def test_minutes_are_words(seconds: float, text: str) -> None:
    assert blank(numbers.minutes(seconds)) == text


@pytest.mark.parametrize(
    ("metres", "miles", "text"),
    [
        (12403, False, "12.4 km"),
        (5012, False, "5.01 km"),
        (9996, False, "10.0 km"),
        (42195, True, "26.2 miles"),
        (None, False, "–"),
    ],
)
def test_distance_has_two_decimals_below_ten(metres: float | None, miles: bool, text: str) -> None:
    assert blank(numbers.distance(metres, miles=miles)) == text


@pytest.mark.parametrize(
    ("key", "amount", "text"),
    [
        ("stance_time_s", 0.2912, "291 ms"),
        ("flight_time_s", -0.0004, "0 ms"),
        ("vertical_oscillation_m", 0.0924, "9.2 cm"),
        ("duty_factor", 0.3745, "37.5 %"),
        ("step_length_m", 1.024, "1.02 m"),
        ("cadence_spm", 171.5, "172 steps/min"),
        ("step_speed_loss_mps", 0.318, "31.8 cm/s"),
        ("stance_angle_deg", 24.87, "24.9°"),
        ("k_leg_kn_m", 10.007, "10.0 kN/m"),
        ("power_w", None, "–"),
    ],
)
def test_quantities_are_shown_in_the_units_runners_use(key: str, amount: float | None, text: str) -> None:
    assert blank(numbers.quantity(key, amount)) == text


@pytest.mark.parametrize(
    ("key", "amount", "text"),
    [
        ("stance_time_s", 0.009, "+9 ms"),
        ("cadence_spm", -2.6, "-3 steps/min"),
        ("vertical_ratio", 0.0042, "+0.4 points"),
        ("duty_factor", -0.0001, "0.0 points"),
    ],
)
def test_differences_of_percentages_are_points(key: str, amount: float, text: str) -> None:
    assert blank(numbers.difference(key, amount)) == text


@pytest.mark.parametrize(
    ("p", "text"), [(0.93, "93 %"), (0.997, "over 99 %"), (1.0, "over 99 %"), (0.004, "under 1 %"), (None, "–")]
)
def test_probability_never_claims_certainty(p: float | None, text: str) -> None:
    assert blank(numbers.probability(p)) == text


@pytest.mark.parametrize(("ln_ratio", "text"), [(0.0953, "+10 %"), (-0.1054, "-10 %"), (0.001, "0 %"), (None, "–")])
def test_log_ratios_become_percentages(ln_ratio: float | None, text: str) -> None:
    assert blank(numbers.change_percent(ln_ratio)) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(0.25, "0.25"), (167.5, "167.5"), (1 / 3, "0.3333"), (-0.0, "0"), (5.0, "5"), (None, "–")]
)
def test_constants_are_shown_without_idle_zeros(amount: float | None, text: str) -> None:
    assert numbers.exact(amount) == text


@pytest.mark.parametrize(
    ("offset_s", "text"),
    [
        (3600, "Sun 8 Nov 2026, 00:42"),  # local day, not the UTC day
        (-18000, "Sat 7 Nov 2026, 18:42"),
        (20700, "Sun 8 Nov 2026, 05:27"),  # quarter-hour zones exist
        (None, "Sat 7 Nov 2026, 23:42 UTC"),
    ],
)
def test_start_is_local_to_the_run_or_says_utc(offset_s: int | None, text: str) -> None:
    assert numbers.start(datetime(2026, 11, 7, 23, 42, tzinfo=UTC), offset_s) == text


@pytest.mark.parametrize(
    ("maker", "product", "text"),
    [
        ("garmin", "fr965", "Garmin FR965"),
        ("garmin", "fenix8", "Garmin fenix8"),
        ("coros", "coros_pace3", "Coros pace3"),
        ("wahoo_fitness", "elemnt_rival", "Wahoo elemnt rival"),
        ("", "Watch6,14", "Apple Watch (Watch6,14)"),
        ("development", "Watch6,14", "Apple Watch (Watch6,14)"),
        ("development", "Watcher", "Watcher"),
        ("Wahoo Fitness", "FITNESS", "Wahoo"),
        ("Wahoo Fitness", "TICKR X", "Wahoo TICKR X"),
        ("", "", "unknown device"),
        ("evil\x1b[2J", "x\ny", "Evil [2J x y"),
    ],
)
def test_device_names_read_well_and_cannot_steer_the_terminal(maker: str, product: str, text: str) -> None:
    assert numbers.device(Sensor(maker=maker, product=product)) == text


@pytest.mark.parametrize(
    ("p", "text"), [(0.95, "95 times in 100"), (0.9833, "98 times in 100"), (0.99, "99 times in 100")]
)
def test_times_in_a_hundred_are_rounded_down(p: float, text: str) -> None:
    assert blank(numbers.times_in_100(p)) == text


def test_long_text_from_a_file_is_cut() -> None:
    assert numbers.clean("a" * 100, longest=10) == "a" * 9 + "…"


@pytest.mark.parametrize(("count", "text"), [(1, "1 run"), (3, "3 runs"), (0, "0 runs"), (1200, "1,200 runs")])
def test_plural_counts(count: int, text: str) -> None:
    assert blank(numbers.plural(count, "run")) == text


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "fewer than 1 in 20"),
        (0.049, "fewer than 1 in 20"),
        (0.05, "1 in 10"),
        (0.102, "1 in 10"),
        (0.19, "1 in 5"),
        (0.36, "2 in 5"),
        (0.499, "2 in 5"),
        (0.5, "3 in 5"),
        (0.61, "3 in 5"),
        (0.8, "4 in 5"),
        (0.9, "9 in 10"),
        (0.951, "more than 19 in 20"),
        (1.0, "more than 19 in 20"),
    ],
)
def test_odds_are_said_in_fifths_and_in_tenths_at_the_ends(probability: float, words: str) -> None:
    assert blank(numbers.odds(probability)) == words


def test_likelier_is_never_said_as_less_likely() -> None:
    shares = [n / of for n, of in (numbers.coarse(k / 1000) for k in range(1001))]

    assert shares == sorted(shares)
    assert all(abs(share - k / 1000) <= 0.1 + 1e-9 for k, share in enumerate(shares))


def test_what_was_rounded_is_about_that() -> None:
    assert blank(numbers.about(0.61)) == "about 3 in 5"
    assert blank(numbers.about(0.01)) == "fewer than 1 in 20"


@pytest.mark.parametrize(
    ("probability", "low", "high", "words"),
    [
        (0.615, 0.40, 0.76, "about 3 in 5; between 2 and 4 in 5"),
        (0.58, 0.55, 0.65, "about 3 in 5"),
        (0.21, 0.10, 0.40, "about 1 in 5; between 1 in 10 and 2 in 5"),
        (0.03, 0.02, 0.20, "fewer than 1 in 20; between fewer than 1 in 20 and 1 in 5"),
    ],
)
def test_the_range_is_said_where_it_makes_a_difference(probability: float, low: float, high: float, words: str) -> None:
    assert blank(numbers.odds_between(probability, low, high)) == words


def test_odds_are_not_parted_where_a_line_breaks() -> None:
    assert " in " not in numbers.odds(0.6)
