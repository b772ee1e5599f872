"""A short run of the fuzz, and whether its net would catch what it is there to catch."""

import random
import re
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kneedrive.errors import ReadError
from kneedrive.readers import strava
from kneedrive.recording import Activity
from tests.analysis.runs import activity
from tests.fit_writer import BASES
from tests.fuzz import outcome
from tests.fuzz.inputs import KINDS, Input, make, readable, seeds
from tests.fuzz.running import outcomes
from tests.fuzz.typed import typed_fit
from tests.fuzz.zips import zipped

SHORT = 500
PARTS = 8
CALM = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_broken_files_are_read_or_refused(part: int) -> None:
    numbers = range(part * SHORT, (part + 1) * SHORT)
    found = [outcome.judge(make(number)) for number in numbers]

    assert [each for each in found if each.verdict == "failed"] == []


@pytest.mark.slow
def test_broken_files_stay_within_their_memory() -> None:
    found = list(outcomes(1_000_000, SHORT, 1))

    assert len(found) == SHORT
    assert [each for each in found if each.verdict == "failed"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_sound_files_of_every_kind_to_break(kind: str) -> None:
    whole = [outcome.judge(Input(1, kind, body)).verdict for body in seeds(kind)]

    assert whole.count("read") >= 3
    assert "failed" not in whole


@pytest.mark.parametrize("kind", KINDS)
def test_both_outcomes_come_up(kind: str) -> None:
    numbers = range(KINDS.index(kind), 200 * len(KINDS), len(KINDS))

    assert {outcome.judge(make(number)).verdict for number in numbers} == {"read", "refused"}


def test_the_same_number_makes_the_same_input() -> None:
    assert [make(number) for number in range(40)] == [make(number) for number in range(40)]
    assert len({make(number).body for number in range(200)}) > 180


def failing(problem: BaseException) -> outcome.Outcome:
    def fed(_given: Input) -> str:
        raise problem

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outcome, "fed", fed)
        return outcome.judge(Input(0, "fit", b""))


@pytest.mark.parametrize(
    "problem", [ValueError("x"), MemoryError(), RecursionError(), UserWarning("x"), ReadError("x")]
)
def test_whatever_gets_out_is_a_failure(problem: Exception) -> None:
    found = failing(problem)

    assert found.verdict == "failed"
    assert found.problem.startswith(type(problem).__name__)


def test_an_input_that_hangs_is_a_failure() -> None:
    def fed(_given: Input) -> str:
        while time.process_time() < float("inf"):
            pass
        return "read"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outcome, "LONGEST_S", 0.05)
        patch.setattr(outcome, "fed", fed)
        found = outcome.judge(Input(0, "fit", b""))

    assert found.problem.startswith("Hang")


@pytest.mark.parametrize(("power", "verdict"), [(1, "read"), (2, "failed")])
def test_what_takes_more_than_linear_time_is_a_failure(power: int, verdict: str) -> None:
    seconds = {times: 0.1 * times**power for times in (1, 2, 4)}

    def make_(_number: int, times: int = 1) -> Input:
        return Input(0, "fit", b"x" * times, grown=True)

    def activities_of(given: Input) -> tuple[Activity, ...]:
        end_s = time.process_time() + seconds[len(given.body)]
        while time.process_time() < end_s:
            pass
        return (activity(),)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outcome, "SOON_S", 0.05)
        patch.setattr(outcome, "TRIES", 2)
        patch.setattr(outcome, "make", make_)
        patch.setattr(outcome, "activities_of", activities_of)
        found = outcome.judge(make_(0))

    assert found.verdict == verdict
    assert ("twice the input takes" in found.problem) is (verdict == "failed")


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_of_every_kind_grow_with_what_is_asked_for(kind: str) -> None:
    numbers = [number for number in range(KINDS.index(kind), 1000, len(KINDS)) if make(number).grown]
    sizes = np.array([[len(make(number, times).body) for times in (1, 2)] for number in numbers])

    assert len(numbers) >= 3
    assert sizes.max() > 200_000
    assert np.mean(sizes[:, 1] / sizes[:, 0]) == pytest.approx(1.9, abs=0.25)


def test_odd_types_make_files_that_are_read_and_hold_times_of_every_type() -> None:
    files = [typed_fit(random.Random(seed)) for seed in range(300)]
    types = {found[0] for body in files for found in re.findall(rb"\xfd[\x01-\x08](.)", body, re.DOTALL)}

    assert {base.code for name, base in BASES.items() if name != "string"} <= types
    assert sum(map(readable, files)) > 100


def broken(**change: object) -> Activity:
    whole = activity()
    return whole.replace(**change) if "samples" not in change else whole.replace(samples=change["samples"])


@pytest.mark.parametrize(
    ("found", "promise"),
    [
        (broken(duration_s=-1.0), "durations"),
        (broken(distance_m=-1.0), "distance"),
        (broken(started_at=activity().started_at.replace(tzinfo=None)), "zone"),
        (broken(samples=activity().samples.replace(time_s=np.array([2.0, 1.0]))), "times do not fall"),
        (broken(samples=activity().samples.replace(time_s=np.array([0.0, np.nan]))), "finite"),
        (broken(samples=activity().samples.replace(speed_mps=np.array([1.0]))), "as long as time"),
        (broken(samples=activity().samples.replace(speed_mps=np.full(900, np.inf))), "infinite"),
    ],
)
def test_an_activity_that_breaks_its_promises_is_a_failure(found: Activity, promise: str) -> None:
    with pytest.raises(outcome.Broken, match=promise):
        outcome.sound(found)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)),
    max_leaves=8,
)
SUMMARY_KEYS = (
    "start_date",
    "start_date_local",
    "utc_offset",
    "sport_type",
    "type",
    "moving_time",
    "distance",
    "trainer",
)
STREAM_KEYS = ("time", "distance", "velocity_smooth", "altitude", "cadence", "heartrate", "watts", "moving")
summaries = st.fixed_dictionaries(
    {"start_date": st.one_of(st.just("2026-07-05T06:30:00Z"), values)},
    optional=dict.fromkeys(SUMMARY_KEYS[1:], values),
)
columns = st.one_of(st.lists(st.one_of(st.none(), st.floats(), st.integers(-5, 9000)), max_size=6), values)
streams = st.dictionaries(st.sampled_from(STREAM_KEYS), columns, max_size=6)


@CALM
@given(summaries, st.one_of(streams, values))
def test_any_document_in_the_shape_of_stravas_is_read_or_refused(summary: object, stream: object) -> None:
    import json

    body = json.dumps({"format": strava.DOCUMENT, "activity": summary, "streams": stream}).encode()

    assert outcome.judge(Input(0, "strava", body)).problem == ""


@CALM
@given(st.dictionaries(st.text(max_size=30), st.binary(max_size=60), max_size=5), st.integers(0, 6))
def test_any_zip_of_anything_is_read_or_refused(members: dict[str, bytes], depth: int) -> None:
    body = zipped({name.replace("\ud800", ""): data for name, data in members.items()})
    for _ in range(depth):
        body = zipped({"inner.zip": body})

    assert outcome.judge(Input(0, "archive", body)).problem == ""


def test_noise_is_not_readable_and_a_seed_is() -> None:
    assert not readable(b"noise")
    assert any(map(readable, seeds("fit")))
