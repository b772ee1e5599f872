"""What --full adds, what to work on, and a run against the runner's own weeks."""

import re
from datetime import date, timedelta

import pytest
from rich.cells import cell_len

from kneedrive import advice
from kneedrive.analysis.posterior import Certainty
from kneedrive.analysis.result import Acceleration, Analysis, Balance, Change, Fade, FadeVerdict, Unjudged
from kneedrive.histories.baseline import own_view
from kneedrive.histories.result import Level, OwnView
from kneedrive.histories.result import Unjudged as NotCompared
from kneedrive.patterns import AXES
from kneedrive.quantities import QUANTITIES
from kneedrive.recording import Note
from kneedrive.report import screen, sections
from kneedrive.report.blocks import Heading, Role, Span, Style, Table, plain
from kneedrive.report.terminal import render
from tests.analysis.runs_of_a_runner import Form, past_run
from tests.conftest import Golden
from tests.report.histories import COMPUTED, SETTING, runs
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

    assert sections.when_slow(found, miles=False)[0].replace("\u00a0", " ").startswith(words)


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


# What to work on.

FINDINGS = tuple(advice.plans())
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def told(finding: str, **more: bool) -> advice.Advice:
    return advice.advise(advice.Ground(finding=finding, certainty=Certainty.SPOKEN, **more))  # type: ignore[arg-type]


def advised(finding: str, style: Style = Style(), **more: bool) -> str:  # noqa: B008 - frozen
    return render(sections.plan(told(finding, **more)), style)


@pytest.mark.parametrize("finding", FINDINGS)
def test_advice_for_each_finding(finding: str, golden: Golden) -> None:
    golden.check(f"advice-{finding}.txt", advised(finding))


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("finding", FINDINGS)
def test_no_line_of_advice_is_wider_than_the_width(finding: str, width: int) -> None:
    text = advised(finding, Style(width=width, ascii=True), asymmetric=True, exaggerating=True)

    assert text.isascii()
    assert max(map(cell_len, text.splitlines())) <= width


@pytest.mark.parametrize("finding", FINDINGS)
def test_colour_only_adds_colour_to_advice(finding: str) -> None:
    assert COLOURS.sub("", advised(finding, Style(colour=True))) == advised(finding)


@pytest.mark.parametrize("finding", FINDINGS)
def test_every_number_to_watch_has_words(finding: str) -> None:
    assert set(advice.plans()[finding].watch) <= {key for key, axis in AXES.items() if axis.watched} | QUANTITIES.keys()


@pytest.mark.parametrize("finding", FINDINGS)
def test_strength_comes_before_speed_and_speed_before_drills(finding: str) -> None:
    titles = [title.upper() for title in sections.TITLES.values() if title.upper() in advised(finding)]
    places = [advised(finding).index(title) for title in titles]

    assert places == sorted(places)


@pytest.mark.parametrize("finding", FINDINGS)
def test_nobody_is_told_more_than_a_watch_sees(finding: str) -> None:
    assert "a watch does not see your hips" in " ".join(advised(finding).split())


def test_what_to_do_next_is_a_cue_an_exercise_and_a_command() -> None:
    lines = render([sections.do_next(told("shuffle-like"))], Style()).splitlines()

    assert lines[0].startswith("DO NEXT")
    assert len(lines) <= 4
    assert "lighter feet" in " ".join(lines)
    assert "kneedrive advise tells more." in " ".join(" ".join(lines).split())


def test_a_plan_that_changes_nothing_is_an_offer() -> None:
    assert "IF YOU LIKE" in advised("neutral")
    assert "gradually" not in advised("neutral").lower()


@pytest.mark.parametrize(("days", "said"), [(21, ""), (22, "3 weeks old"), (98, "14 weeks old")])
def test_advice_from_an_old_run_says_how_old(days: int, said: str) -> None:
    today = date(2026, 11, 20)
    text = sections.aged(today - timedelta(days=days), today).replace("\u00a0", " ")

    assert said in text
    assert bool(text) == bool(said)


def test_what_follows_stands_at_the_end() -> None:
    note = sections.taking_up(told("neutral"), asked=True, taken=date(2026, 3, 29))
    text = render(sections.plan(told("neutral"), [note]), Style(width=100))

    assert "\n\nTaken up on Sun 29 Mar 2026." in text


@pytest.mark.parametrize("name", list(advice.catalogue()))
def test_every_entry_is_shown_whole(name: str) -> None:
    entry = advice.catalogue()[name]
    report = sections.entry_of_catalogue(entry, advice.plans_with(entry), advice.sources())
    text = " ".join(render(report, Style()).split())

    assert entry.name.upper() in text
    for part in (entry.purpose, entry.how, entry.mistake):
        assert " ".join(part.split()) in text


def test_the_catalogue_lists_every_entry_once() -> None:
    entries = tuple(advice.catalogue().values())
    lines = render(sections.catalogue(entries), Style(width=120)).splitlines()

    assert sorted(line.split()[0] for line in lines if line.startswith("  ")) == sorted(entry.id for entry in entries)


# A run against the runner's own weeks.


def seen(form: Form, weeks: int = 6, sensor: str = "garmin_strap", usual: Form | None = None) -> OwnView:
    """A run of a form after weeks of the usual one."""
    held = runs(weeks, usual or Form(), sensor=sensor)
    return own_view(past_run(7.0 * weeks + 1, form, sensor=sensor), held, SETTING)


OWN = {
    "as_always": lambda: seen(Form()),
    "different": lambda: seen(Form(ln_T=0.08, DF=-0.03)),
    "too_few": lambda: seen(Form(), weeks=2),
    "wrist": lambda: seen(COMPUTED, sensor="garmin_wrist", usual=COMPUTED),
}


def own_line(found: OwnView) -> str:
    return sections.own_line(found).replace("\u00a0", " ")


@pytest.mark.parametrize("name", OWN)
def test_each_kind_of_run_against_its_runner(name: str, golden: Golden) -> None:
    golden.check(
        f"own-{name}.txt", render([sections.against_yourself(OWN[name]())], Style()) + own_line(OWN[name]()) + "\n"
    )


@pytest.mark.parametrize("width", [60, 79, 120])
@pytest.mark.parametrize("name", OWN)
def test_no_line_about_yourself_is_wider_than_the_width(name: str, width: int) -> None:
    text = render([sections.against_yourself(OWN[name]())], Style(width=width, ascii=True))

    assert max(map(cell_len, text.splitlines())) <= width


def test_a_line_names_what_stands_by_itself_and_at_most_two() -> None:
    text = own_line(OWN["different"]())

    assert text.startswith("Cadence ")
    assert "usually" in text
    assert "step length" not in text
    assert text.count("usually") <= sections.MOST_NAMED


def test_where_all_is_as_always_that_is_said_with_the_runs_it_rests_on() -> None:
    found = OWN["as_always"]()

    assert all(row.level is Level.AS_ALWAYS for row in found.rows)
    assert own_line(found) == f"As always, against your last {found.baseline.runs} runs."


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"runs": 2, "days": 9, "epochs": 40}, "needs 2 more runs over 9 days"),
        ({"runs": 1}, "needs 1 more run on"),
        ({"epochs": 40}, "needs 40 more half-minutes on"),
        ({"days": 3}, "needs 3 more days on"),
    ],
)
def test_what_is_missing_for_a_baseline_is_counted(missing: dict[str, int], words: str) -> None:
    plain_view = OWN["too_few"]()
    found = plain_view.replace(baseline=plain_view.baseline.replace(missing=missing))

    assert words in own_line(found).replace("\u00a0", " ")


@pytest.mark.parametrize("reason", sections.NOT_COMPARED)
def test_every_reason_has_a_sentence(reason: NotCompared) -> None:
    found = OWN["too_few"]().replace(reason=reason)

    assert own_line(found) == sections.NOT_COMPARED[reason]


def test_what_a_watch_computes_is_not_compared() -> None:
    assert sections.ONLY_STEPS in " ".join(
        render([sections.against_yourself(OWN["wrist"]())], Style(width=200)).split()
    )


def test_a_baseline_names_its_first_day() -> None:
    usual = OWN["as_always"]().baseline
    assert usual.first

    (heading, *_) = sections.against_yourself(OWN["as_always"]())
    assert isinstance(heading, Heading)
    assert usual.first.strftime("%Y") in heading.remark
