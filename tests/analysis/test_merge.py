"""Which recordings are one run, and what each of them gives to it."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kneedrive.histories.merge import alike, dynamics, groups, merge, onto, outline, ranked, strangers
from kneedrive.method import MergeRules
from kneedrive.recording import Outline, Runner, Samples, Sensor, coverage, frozen
from tests.store.cases import START, activity, constant

RULES = MergeRules()
A, B, C, D = ("a" * 12, "b" * 12, "c" * 12, "d" * 12)


def seen(name: str = A, start_s: float = 0.0, **changes: Any) -> Outline:
    """An hour of 10 km on one watch, heart rate 150."""
    given: dict[str, Any] = {
        "id": name,
        "format": "fit",
        "device": "garmin fr955",
        "started_at": START + timedelta(seconds=start_s),
        "duration_s": 3600.0,
        "elapsed_s": 3700.0,
        "distance_m": 10_000.0,
        "heart_rate_bpm": 150.0,
        "dynamics": 2,
    }
    return Outline(**{**given, **changes})


@pytest.mark.parametrize(
    ("other", "verdict", "reason"),
    [
        pytest.param({}, "same", "", id="equal in everything"),
        pytest.param({"start_s": 120.0}, "same", "", id="two minutes later, the bound included"),
        pytest.param({"start_s": -120.0}, "same", "", id="two minutes earlier"),
        pytest.param({"start_s": 120.001}, "overlapping", "start", id="a little more than two minutes"),
        pytest.param({"start_s": 3641.0}, "separate", "start", id="less than a minute in common"),
        pytest.param({"start_s": 3640.0}, "overlapping", "start", id="a minute in common, the bound included"),
        pytest.param({"start_s": 86_400.0}, "separate", "start", id="the next day"),
        pytest.param({"duration_s": 3420.0, "elapsed_s": 3420.0}, "same", "", id="5 % shorter"),
        pytest.param(
            {"duration_s": 3419.0, "elapsed_s": 3419.0}, "overlapping", "duration", id="more than 5 % shorter"
        ),
        pytest.param({"duration_s": 3000.0, "elapsed_s": 3700.0}, "same", "", id="pauses counted differently"),
        pytest.param({"duration_s": 3700.0, "elapsed_s": 3900.0}, "same", "", id="timer here, elapsed there"),
        pytest.param({"distance_m": 9_500.0}, "same", "", id="5 % less distance"),
        pytest.param({"distance_m": 9_490.0}, "overlapping", "distance", id="more than 5 % less distance"),
        pytest.param({"distance_m": 0.0}, "overlapping", "distance", id="a distance of zero was measured"),
        pytest.param({"heart_rate_bpm": 156.0}, "same", "", id="6 beats off, the bound included"),
        pytest.param({"heart_rate_bpm": 156.5}, "overlapping", "heart rate", id="another heart"),
        pytest.param(
            {"heart_rate_bpm": 170.0, "format": "strava"}, "overlapping", "heart rate", id="another heart on Strava"
        ),
        pytest.param({"heart_rate_bpm": None, "format": "gpx"}, "same", "", id="a copy without heart rate"),
        pytest.param(
            {"heart_rate_bpm": None, "start_s": 20.0}, "overlapping", "heart rate unknown", id="a second watch without"
        ),
        pytest.param({"heart_rate_bpm": None, "start_s": 2.0}, "same", "", id="the same file written again without"),
        pytest.param({"distance_m": None}, "same", "", id="no distance, but the same heart"),
        pytest.param(
            {"distance_m": None, "heart_rate_bpm": None, "format": "tcx", "start_s": 20.0},
            "overlapping",
            "distance unknown",
            id="neither distance nor heart rate",
        ),
        pytest.param({"name": f"{A}-2"}, "separate", "same file", id="two sessions of one file"),
    ],
)
def test_alike_says_whether_two_recordings_are_one_run(other: dict[str, Any], verdict: str, reason: str) -> None:
    first, second = seen(), seen(**{"name": B, **other})

    match = alike(first, second)

    assert (match.verdict, match.reason) == (verdict, reason)
    assert alike(second, first) == match


def test_alike_reports_the_differences_it_saw() -> None:
    match = alike(seen(), seen(B, 30.0, duration_s=3620.0, elapsed_s=3720.0, distance_m=9_900.0, heart_rate_bpm=148.0))

    assert (match.start_s, match.duration_s, match.heart_rate_bpm) == (30.0, 20.0, 2.0)
    assert match.distance == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("metres", "verdict"), [(1_000.0, "same"), (910.0, "same"), (900.0, "same"), (899.0, "overlapping")]
)
def test_a_short_run_may_differ_by_a_hundred_metres(metres: float, verdict: str) -> None:
    short: dict[str, Any] = {"duration_s": 300.0, "elapsed_s": 300.0}

    assert alike(seen(distance_m=1_000.0, **short), seen(B, distance_m=metres, **short)).verdict == verdict


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"duration_s": 80.0, "elapsed_s": 80.0}, ""),
        ({"duration_s": 79.0, "elapsed_s": 79.0}, "duration"),
        ({"distance_m": 240.0}, ""),
        ({"distance_m": 239.0}, "distance"),
    ],
)
def test_a_very_short_run_may_differ_by_a_fifth(changes: dict[str, Any], reason: str) -> None:
    short: dict[str, Any] = {"duration_s": 100.0, "elapsed_s": 100.0, "distance_m": 300.0}

    assert alike(seen(**short), seen(B, **{**short, **changes})).reason == reason


def test_recordings_chain_through_what_lies_between_them() -> None:
    chain = [seen(A), seen(B, 100.0), seen(C, 200.0), seen(D, 9_000.0)]

    assert groups(chain) == ((A, B, C), (D,))


def test_a_split_pair_stays_apart_and_the_third_goes_to_the_closer_one() -> None:
    near_b = [seen(A), seen(B, 40.0), seen(C, 50.0)]

    assert groups(near_b, frozenset({frozenset((A, B))})) == ((A,), (B, C))


def test_a_recording_without_heart_rate_does_not_join_two_people() -> None:
    """His stream has no heart rate and is like both watches; the watches know that they are two."""
    pair = [seen(A, heart_rate_bpm=150.0), seen(B, 5.0, heart_rate_bpm=172.0)]
    stream = seen(C, 1.0, heart_rate_bpm=None, format="strava", dynamics=0)

    assert groups([*pair, stream]) == ((A, C), (B,))


def test_nothing_makes_no_runs() -> None:
    assert groups([]) == ()


@st.composite
def crowds(draw: st.DrawFn) -> list[Outline]:
    """Up to seven recordings, close enough in all ways to be hard to tell apart."""
    return [
        seen(
            f"{number:012x}",
            draw(st.integers(0, 400)),
            duration_s=draw(st.sampled_from([3600.0, 3500.0, 3300.0])),
            distance_m=draw(st.sampled_from([10_000.0, 9_700.0, 9_300.0, None])),
            heart_rate_bpm=draw(st.sampled_from([150.0, 155.0, 160.0, None])),
            format=draw(st.sampled_from(["fit", "gpx", "strava"])),
        )
        for number in range(draw(st.integers(1, 7)))
    ]


@given(crowds(), st.randoms(use_true_random=False), st.data())
def test_groups_do_not_depend_on_the_order_of_import(crowd: list[Outline], random: Any, data: st.DataObject) -> None:
    split = frozenset({frozenset(data.draw(st.permutations([each.id for each in crowd]))[:2])})
    shuffled = list(crowd)
    random.shuffle(shuffled)

    runs = groups(crowd, split)

    assert groups(shuffled, split) == runs
    assert sorted(name for run in runs for name in run) == [each.id for each in crowd]


@given(crowds())
def test_no_run_holds_two_people(crowd: list[Outline]) -> None:
    known = {each.id: each for each in crowd}

    together = [(known[a], known[b]) for run in groups(crowd) for a in run for b in run if a < b]

    assert not [pair for pair in together if alike(*pair).reason.startswith("heart rate")]


def test_strangers_are_what_overlaps_and_is_no_part_of_the_run() -> None:
    mine, copy, theirs = seen(A), seen(B, 1.0), seen(C, 600.0, distance_m=4_000.0)

    found = strangers([mine, copy, theirs])

    assert [(a, b, match.reason) for a, b, match in found] == [(A, C, "start"), (B, C, "start")]


def test_what_the_runner_split_is_no_stranger() -> None:
    assert strangers([seen(A), seen(B, 1.0)], frozenset({frozenset((A, B))})) == ()


def test_an_outline_has_what_is_compared() -> None:
    heart = np.array([np.nan, 140.0, 150.0, 160.0])
    run = activity(A, seconds=4, channels={"heart_rate_bpm": frozen(heart), "stance_time_s": 0.25}, distance_m=None)
    precise = run.replace(started_at=START + timedelta(microseconds=1_999))

    assert outline(precise) == seen(
        A,
        0.001,
        duration_s=4.0,
        elapsed_s=4.0,
        distance_m=None,
        dynamics=1,
    )


@pytest.mark.parametrize(
    ("sensor", "words"),
    [
        (Sensor(maker="garmin", product="fr955"), "garmin fr955"),
        (Sensor(maker="garmin", product_id=4024), "garmin 4024"),
        (Sensor(maker="coros"), "coros"),
        (Sensor(maker="COROS", product="COROS PACE 3"), "COROS PACE 3"),
        (Sensor(maker="COROS", product="COROSPHERE"), "COROS COROSPHERE"),
    ],
)
def test_a_watch_is_named_by_its_maker_and_product(sensor: Sensor, words: str) -> None:
    assert outline(activity(device=sensor)).device == words


@pytest.mark.parametrize(
    ("values", "share"),
    [(None, 0.0), (frozen([]), 0.0), (frozen([np.nan, 0.0, 1.0, 2.0]), 0.75), (frozen([np.nan]), 0.0)],
)
def test_coverage_is_the_share_of_records_with_a_value(values: Any, share: float) -> None:
    """Zero is a value."""
    assert coverage(values) == share


def test_dynamics_that_cover_less_than_half_do_not_count() -> None:
    sparse = frozen([0.25, np.nan, np.nan, np.nan])

    assert dynamics(activity(seconds=4, channels={"stance_time_s": sparse, "vertical_oscillation_m": 0.09})) == 1


def test_dynamics_in_developer_fields_count() -> None:
    stryd = Samples(time_s=frozen(np.arange(600)), stance_time_s=constant(0.25))

    assert dynamics(activity(channels={}, alternatives={"stryd": stryd})) == 1


def test_the_richest_dynamics_lead_whatever_the_order() -> None:
    rich, poor = activity(B), activity(A, channels={"cadence_spm": 168.0, "heart_rate_bpm": 150.0})

    first, second = (merge(order) for order in permutations([rich, poor]))

    assert first.activity.id == second.activity.id == B
    assert str(first.activity) == str(second.activity)
    assert (
        first.sources
        == second.sources
        == {
            "cadence_spm": B,
            "stance_time_s": B,
            "vertical_oscillation_m": B,
            "speed_mps": B,
            "heart_rate_bpm": A,
        }
    )


def test_a_better_sensor_leads_before_more_dynamics() -> None:
    wrist, strap = (
        activity(A, channels={"stance_time_s": 0.25, "vertical_oscillation_m": 0.09}),
        activity(B, channels={"stance_time_s": 0.24}),
    )

    assert [each.id for each in ranked([wrist, strap])] == [A, B]
    assert [each.id for each in ranked([wrist, strap], {A: 0, B: 4})] == [B, A]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param({"channels": {"cadence_spm": 168.0}}, {"channels": {"speed_mps": 3.0}}, id="cadence"),
        pytest.param({"format": "fit"}, {"format": "strava"}, id="the watch's own file"),
        pytest.param({"seconds": 600}, {"seconds": 599}, id="more records"),
        pytest.param({"format": "gpx", "channels": {}}, {"seconds": 0, "channels": {}}, id="any records at all"),
    ],
)
def test_between_equal_dynamics_there_is_an_order(better: dict[str, Any], worse: dict[str, Any]) -> None:
    """The better one has the higher id, which alone would put it last."""
    assert [each.id for each in ranked([activity(A, **worse), activity(B, **better)])] == [B, A]


def test_ids_decide_between_equals() -> None:
    assert [each.id for each in ranked([activity(C), activity(A), activity(B)])] == [A, B, C]


def test_running_dynamics_are_never_mixed() -> None:
    """The other one has balance, but on its own contact times: the provenance would be a lie."""
    lead = activity(A)
    other = activity(B, channels={"balance_left": 0.49, "stance_time_s": 0.2})

    merged = merge([lead, other])

    assert merged.activity.samples.balance_left is None
    assert merged.activity.samples.stance_time_s is lead.samples.stance_time_s


def test_speed_and_distance_come_from_one_recording() -> None:
    lead = activity(A, channels={"stance_time_s": 0.25, "distance_m": 1.0})
    other = activity(B, channels={"speed_mps": 3.0, "distance_m": 2.0})

    sources = merge([lead, other]).sources

    assert (sources["speed_mps"], sources["distance_m"]) == (B, B)


def test_a_channel_of_the_lead_stays_when_it_covers_half() -> None:
    half = frozen(np.where(np.arange(600) < 300, 150.0, np.nan))
    lead = activity(A, channels={"stance_time_s": 0.25, "heart_rate_bpm": half})

    merged = merge([lead, activity(B, channels={"heart_rate_bpm": 140.0})])

    assert merged.sources["heart_rate_bpm"] == A


def test_a_sparse_channel_is_replaced_by_a_full_one() -> None:
    sparse = frozen(np.where(np.arange(600) < 299, 150.0, np.nan))
    lead = activity(A, channels={"stance_time_s": 0.25, "heart_rate_bpm": sparse})

    merged = merge([lead, activity(B, channels={"heart_rate_bpm": 140.0})])

    assert merged.sources["heart_rate_bpm"] == B
    assert np.array_equal(merged.activity.samples.present()["heart_rate_bpm"], constant(140.0))


@pytest.mark.parametrize("records", [100, 200])
def test_a_sparse_channel_is_replaced_by_a_fuller_one_only(records: int) -> None:
    sparse = frozen(np.where(np.arange(600) < 200, 150.0, np.nan))
    sparser = frozen(np.where(np.arange(600) < records, 140.0, np.nan))
    lead = activity(A, channels={"stance_time_s": 0.25, "heart_rate_bpm": sparse})

    assert merge([lead, activity(B, channels={"heart_rate_bpm": sparser})]).sources["heart_rate_bpm"] == A


def test_the_fullest_of_several_recordings_lends() -> None:
    sparse = frozen(np.where(np.arange(600) < 400, 140.0, np.nan))
    others = [activity(B, channels={"altitude_m": sparse}), activity(C, channels={"altitude_m": 90.0})]

    assert merge([activity(A), *others]).sources["altitude_m"] == C


def test_a_lent_channel_is_put_on_the_leads_clock() -> None:
    """The other started 10 s later: its second 0 is the lead's second 10."""
    lead = activity(A, seconds=20)
    other = activity(B, seconds=10, start_s=10.0, channels={"altitude_m": frozen(np.arange(10.0))})

    lent = onto(lead, other, "altitude_m")

    assert np.array_equal(lent, [np.nan] * 10 + list(range(10)), equal_nan=True)
    assert not lent.flags.writeable


def test_a_lent_channel_is_linear_between_its_values() -> None:
    samples = Samples(time_s=frozen([0.5, 2.5]), altitude_m=frozen([10.0, 20.0]))

    lent = onto(activity(A, seconds=4), activity(B, samples=samples), "altitude_m")

    assert np.array_equal(lent, [np.nan, 12.5, 17.5, np.nan], equal_nan=True)


@pytest.mark.parametrize(("gap_s", "between"), [(15.0, 150.0), (15.5, np.nan)])
def test_a_lent_channel_does_not_bridge_a_long_gap(gap_s: float, between: float) -> None:
    samples = Samples(time_s=frozen([0.0, gap_s]), heart_rate_bpm=frozen([150.0, 150.0]))

    lent = onto(activity(A, seconds=3), activity(B, samples=samples), "heart_rate_bpm")

    assert np.array_equal(lent, [150.0, between, between], equal_nan=True)


def test_a_channel_without_values_lends_nothing() -> None:
    empty = activity(B, channels={"altitude_m": np.nan})

    assert np.isnan(onto(activity(A), empty, "altitude_m")).all()


def test_repeated_times_do_not_disturb_a_lent_channel() -> None:
    samples = Samples(time_s=frozen([0.0, 0.0, 1.0]), altitude_m=frozen([5.0, 7.0, 9.0]))

    lent = onto(activity(A, seconds=2), activity(B, samples=samples), "altitude_m")

    assert np.array_equal(lent, [5.0, 9.0])


def test_merging_one_activity_changes_nothing() -> None:
    only = activity(A)

    merged = merge([only])

    assert merged.activity == only
    assert set(merged.sources.values()) == {A}


def test_merging_says_so_in_a_note() -> None:
    note = merge([activity(A), activity(B, channels={"altitude_m": 90.0})]).activity.notes[-1]

    assert note.code == "merged"
    assert note.text == f"one run from 2 recordings, led by {A}; altitude_m from {B}"


def test_a_copy_that_lends_nothing_is_noted_too() -> None:
    assert merge([activity(A), activity(B)]).activity.notes[-1].text == f"one run from 2 recordings, led by {A}"


def test_what_the_lead_does_not_know_of_itself_comes_from_another() -> None:
    lead = activity(A, utc_offset_s=None, distance_m=None, positioned=False)

    merged = merge([lead, activity(B, seconds=500)]).activity

    assert (merged.utc_offset_s, merged.distance_m, merged.positioned) == (7200, 1500.0, True)


def test_height_and_mass_come_from_whichever_recording_has_them() -> None:
    lead = activity(A, wearer=Runner(mass_kg=70.0))
    other = activity(B, wearer=Runner(height_m=1.78, mass_kg=71.0))

    assert merge([lead, other]).activity.wearer == Runner(height_m=1.78, mass_kg=70.0)


def test_an_activity_of_averages_is_led_by_one_with_records() -> None:
    averages = activity(A, seconds=0, channels={}, averages={"cadence_spm": 170.0})

    assert merge([averages, activity(B, format="gpx", channels={"speed_mps": 3.0})]).activity.id == B


def test_two_activities_of_averages_merge_into_the_first() -> None:
    nothing = {"seconds": 0, "channels": {}}

    assert merge([activity(B, **nothing), activity(A, **nothing)]).activity.id == A


def test_merging_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nothing to merge"):
        merge([])
