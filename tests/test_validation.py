"""The validation page: its arithmetic, a small version regenerated and compared, and the page that is shipped."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from kneedrive.analysis.result import Analysis
from kneedrive.method import Method
from kneedrive.simulate.gait import PATTERNS, Offsets, true_scores
from kneedrive.simulate.scene import Scene, simulate
from tests.conftest import DATA, ROOT, Golden
from tests.validation import people, retest, sensitivity
from tests.validation.bias import Level, between
from tests.validation.document import HEAD, OF_FILES, PARTS, document, marks
from tests.validation.page import counted, one, percent, several, signed, two, wilson
from tests.validation.real import inside
from tests.validation.sizes import QUICK, crew

PAGE = ROOT / "docs" / "validation.md"
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?")
CLOSE = 0.02  # of the number, or of 1: another processor may round the last digit the other way


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]


@pytest.mark.slow
@pytest.mark.parametrize("letter", sorted(PARTS))
def test_a_small_page_is_regenerated_as_it_was(letter: str, golden: Golden) -> None:
    if letter in OF_FILES and not DATA.is_dir():
        pytest.skip("the folder of real recordings is not on this machine")
    with crew(1) as hands:
        text = str(PARTS[letter](QUICK, hands))
    path = golden.folder / f"validation-{letter}.md"
    if golden.update:
        golden.check(path.name, text)
    stored = path.read_text(encoding="utf-8")

    assert NUMBER.sub("#", text) == NUMBER.sub("#", stored), "the words changed: pytest --update-golden, and read it"
    assert numbers(text) == [pytest.approx(value, rel=CLOSE, abs=CLOSE) for value in numbers(stored)]


def test_the_page_was_made_with_the_thresholds_of_the_code() -> None:
    command = HEAD[HEAD.index("# ") : HEAD.index("{command}")]
    text = PAGE.read_text(encoding="utf-8")

    assert text.startswith(command)
    assert f"thresholds `{marks()}`" in text, "docs/validation.md is out of date: run the command it names"
    assert [line[4] for line in text.splitlines() if line.startswith("## (")] == sorted(PARTS)


def test_the_page_names_no_file_and_no_broken_promise() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert not re.search(r"\w\.(?:fit|gpx|tcx)\b", text)
    assert "broken for" not in text
    assert "Not every promise" not in text
    assert "beyond the promised" not in text


def test_the_head_alone_names_command_version_and_thresholds() -> None:
    with crew(1) as hands:
        text = document(QUICK, hands, [])

    assert f"Method version {Method().version}" in " ".join(text.split())
    assert marks() in text
    assert "docs/validation.md" in text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (two(-0.001), "0.00"),
        (two(float("nan")), "–"),
        (one(-0.04), "0.0"),
        (signed(-0.001), "+0.00"),
        (signed(0.126), "+0.13"),
        (percent(0.0432), "4.3 %"),
        (percent(0.432), "43 %"),
        (percent(None), "–"),
        (counted(1, 4), "1 of 4 (25 %)"),
        (counted(0, 0), "0 of 0"),
        (several(1, "history"), "1 history"),
        (several(2000, "history"), "2,000 histories"),
    ],
)
def test_numbers_are_written_as_people_read_them(written: str, text: str) -> None:
    assert written == text


@pytest.mark.parametrize(("hits", "of", "low", "high"), [(8, 10, 0.4902, 0.9433), (0, 20, 0.0, 0.1611)])
def test_the_interval_of_a_share_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert list(wilson(hits, of)) == [pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3)]


@cache
def analysed(pattern: str) -> tuple[Analysis, dict[str, float]]:
    from kneedrive.analysis import analyze
    from kneedrive.simulate import DEMO_RUNNER

    scene = Scene()
    truth = dict(true_scores(PATTERNS[pattern], 2.75, scene.frame))
    return analyze(simulate(PATTERNS[pattern], 3, scene=scene), runner=DEMO_RUNNER), truth


@pytest.mark.parametrize(
    ("changes", "right"),
    [({}, True), ({"zSL": 0.1}, False), ({"zSL": 0.3, "zDF": -0.5}, False), ({"zSL": 0.6, "zDF": -0.5}, True)],
)
def test_a_pattern_is_right_where_the_true_parts_lie_in_its_region(changes: dict[str, float], right: bool) -> None:
    analysis, truth = analysed("drive")
    found = people.said(analysis, truth | changes, Scene())

    assert (found.pattern, found.right) == ("drive-like", right)
    assert np.abs(found.errors[:3]).max() < 0.3


def test_drawn_runners_are_of_the_joint_distribution_and_their_errors_as_stated() -> None:
    drawn = people.draw(1024, people.STEADY, errors=True)
    offsets, errors = (np.array([[*each[half]] for each in drawn]) for half in (0, 1))

    assert offsets.mean(axis=0) == pytest.approx([0, 0, 0], abs=0.02)
    assert np.cov(offsets.T) == pytest.approx(np.array([[1, -0.3, 0], [-0.3, 1, 0], [0, 0, 1]]), abs=0.03)
    assert errors.std(axis=0) == pytest.approx([0.36, 0.021 / (0.010 + 0.048 / 2.7), 0.068 / 0.075], abs=0.02)


def test_drawn_runners_without_errors_have_none() -> None:
    assert {each[1] for each in people.draw(16, people.STEADY, errors=False)} == {Offsets()}


def test_twice_the_noise_is_twice_the_scatter_and_ends_with_the_block() -> None:
    def scatter() -> float:
        cadence = simulate(PATTERNS["neutral"], 1, scene=people.STEADY).samples.cadence_spm
        assert cadence is not None
        return float(np.std(cadence))

    usual = scatter()
    with people.noisier(2.0):
        assert scatter() == pytest.approx(2 * usual, rel=0.05)
    assert scatter() == usual


def test_a_knob_is_turned_alone_and_whole_numbers_stay_whole() -> None:
    method = sensitivity.turned(sensitivity.Knob("epochs", "length_s", 1.2, 1, 0))

    assert method.epochs.length_s == 36
    assert method.replace(epochs=Method().epochs) == Method()


def test_a_probability_stays_below_one() -> None:
    method = sensitivity.turned(sensitivity.Knob("posterior", "spoken", 1.3, 1, 0))

    assert method.posterior.spoken == 0.99


def test_every_number_of_a_group_is_moved_both_ways() -> None:
    asked = [(knob.name, knob.factor) for knob in sensitivity.knobs(QUICK)]

    assert ("score", 0.8) in asked
    assert ("score", 1.2) in asked
    assert len(asked) == len(set(asked)) > 20


def test_a_moved_mark_of_labels_changes_labels() -> None:
    label, sure = sensitivity.moved(sensitivity.Knob("posterior", "part", 8.0, 16, 0))

    assert label > 0
    assert label + sure <= 1


def test_neighbours_do_not_see_a_slow_change() -> None:
    values = np.linspace(0.0, 5.0, 200) + 0.3 * np.random.default_rng(1).normal(size=200)

    assert retest.neighbours(values) == pytest.approx(0.3, abs=0.06)


def test_a_history_counts_as_one_runner() -> None:
    many = [Level("coros", "a", 1, (2.0,))] * 50
    found = between([*many, Level("coros", "b", 1, (1.0,)), Level("coros", "c", 1, (0.0,))], 0)

    assert (found.runners, found.median, found.sd) == (3, 1.0, 1.0)


def test_what_speed_and_cadence_explain_leaves_nothing_inside_a_run() -> None:
    random = np.random.default_rng(2)
    speed, cadence = random.normal(3.0, 0.2, 80), random.normal(168, 3, 80)
    told = 0.4 - 0.02 * speed + 0.001 * cadence

    assert inside(np.column_stack([speed, cadence, told])) < 1e-9
    assert inside(np.column_stack([speed, cadence, told + random.normal(0, 0.01, 80)])) == pytest.approx(0.01, rel=0.3)
    assert np.isnan(inside(np.column_stack([speed, cadence, told])[:39]))
