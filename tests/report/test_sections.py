"""What --full adds: odds, numbers by pace, bounce, the knee, fade, and what is missing."""

import re

import pytest

from kneedrive.analysis.result import Acceleration, Analysis, Balance, Change, Fade, FadeVerdict, Unjudged
from kneedrive.recording import Note
from kneedrive.report import screen, sections
from kneedrive.report.blocks import Role, Span, Style, Table, plain
from kneedrive.report.terminal import render
from tests.conftest import Golden
from tests.report.runs import JUDGED, RUNS, context_of, with_history

WIDE = Style(width=200)


def whole(analysis: Analysis) -> str:
    return " ".join(render(screen.all_sections(analysis, context_of(analysis), miles=False), WIDE).split())


def section(made: object) -> str:
    return " ".join(render([made], WIDE).split())  # type: ignore[list-item]


@pytest.mark.parametrize("name", ["demo", "shuffle-wrist", "treadmill"])
def test_all_sections_at_80_columns(name: str, golden: Golden) -> None:
    analysis = RUNS[name]()
    golden.check(f"full-{name}.txt", render(screen.all_sections(analysis, context_of(analysis), miles=False), Style()))


def test_what_is_worked_out_from_the_estimate_of_a_watch_is_no_measurement_either() -> None:
    text = section(sections.measured(RUNS["shuffle-wrist"]()))
    assert "stance angle and leg stiffness: the watch’s own estimate" in text


def test_parts_come_in_their_order() -> None:
    text = whole(RUNS["demo"]())
    parts = ("HOW LIKELY", "NUMBERS BY PACE", "UP AND DOWN", "THE SWINGING KNEE", "WHEN SLOW", "WITHIN THE RUN")
    order = ["Markedly shuffle-like when slow", *parts, "ACCELERATIONS", "LEFT AND RIGHT", "WHAT WAS LEFT OUT"]
    places = [text.index(part) for part in (*order, "WHAT A WATCH CANNOT KNOW", "DO NEXT", "Open", "More")]

    assert places == sorted(places)


def test_every_pattern_has_its_odds_beside_those_of_any_runner_the_likeliest_first() -> None:
    run = RUNS["piston"]()
    assert run.posterior
    _, table = sections.likelihoods(run)
    assert isinstance(table, Table)
    names = [plain(row[0]) for row in table.rows]

    assert names[0] == "piston-like"
    assert len(names) == len(run.posterior.odds)
    assert plain(table.rows[0][1]).replace("\u00a0", " ") == "4 in 5"


@pytest.mark.parametrize("name", JUDGED)
def test_what_a_watch_computes_is_faint_and_called_its_claim(name: str) -> None:
    run = RUNS[name]()
    _, table, *notes = sections.numbers_by_pace(run, miles=False)
    assert isinstance(table, Table)
    faint = {
        column.head
        for row in table.rows
        for column, cell in zip(table.columns, row, strict=True)
        if isinstance(cell, Span) and cell.tone is Role.FAINT
    }

    assert faint == ({"contact", "in the air", "bounce", "ratio"} if name == "shuffle-wrist" else set())
    assert bool(notes) == bool(faint)


def test_the_ratio_is_split_in_per_cent_that_multiply_to_the_whole() -> None:
    (_, text) = sections.bounce(RUNS["piston"]())
    whole, *parts = (float(found) for found in re.findall(r"([+-]?\d+)\u00a0%", text))

    assert 1 + whole / 100 == pytest.approx(
        (1 + parts[0] / 100) * (1 + parts[1] / 100) * (1 + parts[2] / 100), abs=0.02
    )


def test_bounce_that_is_not_judged_says_why() -> None:
    run = RUNS["light-pod"]()

    assert run.reference.open in section(sections.part("Up and down", sections.bounce(run)))


def test_usual_bounce_is_scaled_to_the_runners_own_steps() -> None:
    assert sections.called_for({"step_length_m": 0.9}, {"vertical_oscillation_m": 0.1, "step_length_m": 1.0}) == (
        pytest.approx(0.081)
    )
    assert sections.called_for({}, {"vertical_oscillation_m": 0.1, "step_length_m": 1.0}) is None


@pytest.mark.parametrize("name", JUDGED)
def test_the_knee_has_its_ground_and_lift_cannot_be_told(name: str) -> None:
    run = RUNS[name]()
    text = section(sections.part("Knee", sections.knee(run)))

    assert "Knee lift cannot be told by a watch" in text
    assert ("26 on a treadmill, 25 of them men" in text) == (run.knee.probability_less is not None)


CHANGE = Change(difference=0.009, low=0.006, high=0.012, threshold=0.006, notable=True)


def test_a_fade_counts_only_where_it_is_notable_and_says_what_its_range_does_not_hold() -> None:
    changes = {"stance_time_s": CHANGE, "vertical_oscillation_m": CHANGE.replace(notable=False)}
    found = Fade(verdict=FadeVerdict.CHANGED, blocks=14, speed_mps=2.8, changes=changes, level=0.983)
    text = section(sections.fade(RUNS["demo"]().replace(fade=found), miles=False))

    assert "contact lengthened by 9 ms (+6 to +12)" in text
    assert "oscillation" not in text
    assert "in brackets what holds 98 times in 100" in text
    assert "Sensors drift too, and that is not in the brackets. A habit needs three runs." in text


def test_no_change_is_a_result_and_a_drifting_sensor_a_reason() -> None:
    run = RUNS["demo"]()
    quiet = Fade(
        verdict=FadeVerdict.NO_CHANGE, blocks=14, speed_mps=2.8, suppressed={"stance_time_s": "the sensor drifted"}
    )

    assert "No change that can be told from noise, over 14 blocks" in section(
        sections.fade(run.replace(fade=quiet), miles=False)
    )
    assert "Ground contact time: the sensor drifted." in section(sections.fade(run.replace(fade=quiet), miles=False))


@pytest.mark.parametrize(
    ("verdict", "speed_mps", "words"),
    [
        ("at", 2.5, "Shuffle-like from 6:40 /km downwards: your shuffle-onset pace."),
        ("every", None, "Shuffle-like at every pace of this run alike"),
        ("alike", None, "Shuffle-like when slow, but not surely more than when fast"),
        ("none", None, "No pace can be named from which"),
        ("unjudged", None, ""),
    ],
)
def test_the_onset_is_named_only_where_there_is_one(verdict: str, speed_mps: float | None, words: str) -> None:
    run = RUNS["demo"]()
    found = run.replace(shuffle_onset=run.shuffle_onset.replace(verdict=verdict, speed_mps=speed_mps))

    assert sections.onset(found, miles=False).replace("\u00a0", " ").startswith(words)


def test_many_accelerations_are_counted_not_listed() -> None:
    burst = Acceleration(start_s=2410, end_s=2432, from_mps=2.9, to_mps=4.4, cadence_spm=186, stance_time_s=0.21)
    run = RUNS["demo"]().replace(accelerations=(burst,) * 9)
    text = sections.accelerations(run, miles=False)

    assert text.count("40:10") == sections.MOST_BURSTS
    assert "9 found" in text
    assert "and 3 more" in text


@pytest.mark.parametrize("said", [True, False])
def test_left_and_right_are_a_number_and_more_only_where_that_is_sure(said: bool) -> None:
    run = RUNS["demo"]().replace(balance=Balance(left=0.46, same_side=0.97, epochs=90, said=said))
    text = sections.balance(run)

    assert text.startswith("Left 46.0\u00a0%, right 54.0\u00a0%")
    assert ("more than chance" in text) == said


def test_what_was_left_out_is_counted_by_reason_and_notes_are_told() -> None:
    run = RUNS["demo"]()
    quality = run.quality.replace(excluded={"hilly": 24, "walking": 9}, notes=(Note(code="crc", text="a note"),))
    unjudged = (Unjudged(what="leg stiffness", reason="the mass is not known"),)
    text = " ".join(sections.left_out(run.replace(quality=quality, unjudged=unjudged))).replace("\u00a0", " ")

    assert "Not scored: 24 too steep, 9 walking." in text
    assert "Leg stiffness: the mass is not known." in text
    assert "A note." in text


def test_averages_stand_in_for_samples() -> None:
    assert "average" in section(sections.measured(RUNS["averages"]()))


def test_with_a_history_all_sections_hold_the_comparison_in_full_and_not_twice() -> None:
    analysis, context, _ = with_history()
    text = render(screen.all_sections(analysis, context, miles=False, history=[[]]), WIDE)

    assert "Yourself" not in text
    assert "--full" not in text
    assert text.startswith("You, since")
