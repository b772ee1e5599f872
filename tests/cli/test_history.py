"""Weeks, comparisons, stored runs and advice, from the command line to the store and back."""

import csv
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kneedrive.advice import Ground, advise
from kneedrive.analysis.posterior import Certainty
from kneedrive.histories.result import PastRun
from kneedrive.simulate.gait import PATTERNS
from kneedrive.simulate.scene import Scene, Segment, simulate
from kneedrive.store import Store
from tests.cli.history import MIDDLE, NOW, Capture, Said, caller, make_history, make_store
from tests.fit_activity import activity_fit

Call = Callable[..., Said]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of twelve weeks, made once; tests get copies."""
    folder = tmp_path_factory.mktemp("history")
    return make_store(folder / "home", make_history(folder / "runs"))


@pytest.fixture
def call(kept: Path, tmp_path: Path, capsys: Capture) -> Call:
    """Commands on a copy of the store."""
    store = tmp_path / "kneedrive.sqlite"
    shutil.copy(kept, store)
    return caller(tmp_path, store, capsys)


@pytest.fixture
def empty(tmp_path: Path, capsys: Capture) -> Call:
    """Commands where there is no store."""
    return caller(tmp_path, tmp_path / "none.sqlite", capsys)


def test_weekly_finds_the_planted_change(call: Call) -> None:
    said = call("weekly")

    assert said.code == 0
    assert "Towards drive." in said.out
    assert len(said.out) > 800


def test_weekly_ends_with_the_week_that_was_asked_for(call: Call) -> None:
    told = call("weekly", "--until", "2026-02-11", "--weeks", "3", "--json").json

    assert [week["monday"] for week in told["weeks"]] == ["2026-01-26", "2026-02-02", "2026-02-09"]
    assert told["until"] == "2026-02-11"


def test_few_weeks_are_too_early_to_tell(call: Call) -> None:
    told = call("weekly", "--weeks", "4", "--json").json

    assert told["verdicts"] == ["too early to tell"]
    assert told["trends"][0]["weeks_missing"] == 4


def test_weekly_json_holds_weeks_trends_breaks_and_habits(call: Call) -> None:
    told = call("weekly", "--json").json

    assert told["schema_version"] == 2
    assert len(told["weeks"]) == 12
    assert told["breaks"] == []
    assert told["verdicts"] == ["towards drive"]
    assert {trend["series"] for trend in told["trends"]} == {"D", "P"}
    assert {"slow_contrast", "balance_habit", "fade_habit"} <= told.keys()
    assert told["last_weeks"]["runs"] == 24
    assert told["last_weeks"]["findings"][0]["label"] in told["last_weeks"]["odds"]
    assert told["last_weeks"]["verdict"] == "towards drive"
    assert told["pace_change"]["reason"] or told["pace_change"]["slope"] is not None
    assert told["heart_rate"]["series"] == "heart_rate_bpm"


def test_weeks_without_runs_say_where_the_runs_are(call: Call) -> None:
    said = call("weekly", "--until", "2027-01-01", "--weeks", "4")

    assert said.code == 3
    assert "the latest was on 2026-03-27" in said.err


@pytest.fixture
def later(call: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Commands half a year after the last run."""
    monkeypatch.setattr("tests.cli.history.NOW", NOW + timedelta(weeks=26))
    return call


def test_after_a_long_break_the_weeks_are_those_of_the_last_run_and_it_is_said(later: Call) -> None:
    said = later("weekly", "--width", "120")

    assert said.code == 0
    assert said.out.startswith(
        "No run in the last 12 weeks: these are the weeks up to your last one, on Fri 27 Mar 2026."
    )
    assert later("weekly", "--json").json["until"] == "2026-03-27"


@pytest.mark.parametrize("weeks", [27, 28])
def test_weeks_that_reach_back_to_the_last_run_end_today(later: Call, weeks: int) -> None:
    # The last run was on a Friday 26 weeks and two days ago, so that 27 weeks from Monday on hold it.
    assert later("weekly", "--weeks", str(weeks), "--json").json["until"] == "2026-09-27"
    assert later("weekly", "--weeks", "26", "--json").json["until"] == "2026-03-27"


@pytest.mark.parametrize("command", ["report", "show", "advise"])
def test_advice_says_how_old_its_run_is(later: Call, command: str) -> None:
    assert (
        "That run is 26 weeks old: take in newer ones first, if there are any." in later(command, "--width", "120").out
    )


@pytest.mark.parametrize("command", ["report", "show", "advise"])
def test_advice_on_a_recent_run_does_not_speak_of_its_age(call: Call, command: str) -> None:
    assert "weeks old" not in call(command, "--width", "120").out


def test_whoever_names_a_run_knows_how_old_it_is(later: Call) -> None:
    assert "weeks old" not in later("show", "2026-03-27", "--width", "120").out


def test_weeks_before_all_runs_are_told_apart(call: Call) -> None:
    said = call("weekly", "--until", "2020-01-01")

    assert said.code == 3
    assert "no runs up to that day" in said.err


@pytest.mark.parametrize(
    "arguments", [("weekly",), ("compare",), ("show",), ("report",), ("advise",), ("report", "--html")]
)
def test_without_a_store_every_command_says_what_to_do(empty: Call, arguments: tuple[str, ...]) -> None:
    said = empty(*arguments)

    assert said.code == 3
    assert "kneedrive import" in said.err
    assert said.out == ""


def test_compare_finds_the_change_at_a_tag(tmp_path: Path, capsys: Capture) -> None:
    """A step: of what moves all the time nobody can say that it changed on one day."""
    runs = make_history(tmp_path / "runs", change_D=2.0, step_week=6)
    call = caller(tmp_path, make_store(tmp_path / "home", runs), capsys)
    call("tag", MIDDLE, "started wall drills")
    told = call("compare", "--json").json

    assert told["status"] == "compared"
    assert told["name"] == "started wall drills"
    assert told["after"]["from"] == MIDDLE
    verdicts = {row["metric"]: row["verdict"] for row in told["rows"]}
    assert verdicts["D"] == verdicts["duty_factor"] == "changed"


def test_a_tag_is_found_by_its_day_or_by_a_part_of_its_text(call: Call) -> None:
    call("tag", MIDDLE, "Wall drills")
    call("tag", "2026-03-01", "new shoes")

    assert call("compare", "--json").json["name"] == "new shoes"
    assert call("compare", "--tag", "wall", "--json").json["name"] == "Wall drills"
    assert call("compare", "--tag", MIDDLE, "--json").json["name"] == "Wall drills"


def test_a_tag_set_by_hand_comes_before_advice_of_the_same_day(call: Call) -> None:
    call("tag", MIDDLE, "new shoes")
    call("tag", MIDDLE, "advice: Send the bounce forward")

    assert call("compare", "--json").json["name"] == "new shoes"
    assert call("compare", "--tag", MIDDLE, "--json").json["name"] == "new shoes"
    assert call("compare", "--tag", "advice", "--json").json["name"] == "advice: Send the bounce forward"


def test_of_two_days_the_later_tag_counts_whoever_set_it(call: Call) -> None:
    call("tag", "2026-02-01", "new shoes")
    call("tag", MIDDLE, "advice: Send the bounce forward")

    assert call("compare", "--json").json["name"] == "advice: Send the bounce forward"


def test_compare_without_a_tag_says_how_to_set_one(call: Call) -> None:
    said = call("compare")

    assert said.code == 3
    assert "nothing is tagged yet" in said.err


def test_an_unknown_tag_is_named(call: Call) -> None:
    call("tag", MIDDLE, "wall drills")
    said = call("compare", "--tag", "hill sprints")

    assert said.code == 3
    assert "'hill sprints'" in said.err


def test_two_periods_are_compared_by_their_days(call: Call) -> None:
    told = call("compare", "--before", "2026-01-01..2026-02-15", "--after", "2026-02-16..2026-03-29", "--json").json

    assert told["before"] == {"from": "2026-01-01", "to": "2026-02-15"}
    assert told["runs_before"] == told["runs_after"] == 18


def test_days_before_the_tag_stay_before_it(call: Call) -> None:
    call("tag", MIDDLE, "wall drills")
    told = call("compare", "--json").json

    assert told["before"]["to"] == "2026-02-15"
    assert told["before"]["from"] >= "2026-01-01"  # no weeks before the first run
    assert told["runs_before"] == told["runs_after"] == 18


def test_too_few_runs_after_a_tag_say_how_many_more(call: Call) -> None:
    call("tag", "2026-03-27", "new shoes")
    said = call("compare")

    assert said.code == 3
    assert "the shorter side takes about 2 more weeks" in " ".join(said.out.split())


def test_too_few_runs_before_a_tag_are_not_mended_by_waiting(call: Call) -> None:
    call("tag", "2026-01-05", "the first run")
    said = call("compare")

    assert said.code == 3
    assert "0 runs before and 36 after can be used." in " ".join(said.out.split())
    assert "more weeks from now on do not change that" in " ".join(said.out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--before", "2026-01-01..2026-02-01"), "belong together"),
        (("--before", "2026-01-01..2026-02-01", "--after", "2026-02-01..2026-03-01"), "overlap (2026-02-01)"),
        (
            ("--before", "2026-01-20..2026-02-20", "--after", "2026-01-01..2026-02-01"),
            "overlap (2026-01-20 to 2026-02-01)",
        ),
        (("--before", "2026-01-01", "--after", "2026-02-01..2026-03-01"), "is no period"),
        (("--before", "2026-02-01..2026-01-01", "--after", "2026-02-01..2026-03-01"), "ends before it begins"),
    ],
)
def test_periods_that_cannot_be_are_wrong_use(
    call: Call, capsys: Capture, arguments: tuple[str, ...], words: str
) -> None:
    try:
        said = call("compare", *arguments)
    except SystemExit as refused:
        said = Said(int(str(refused.code)), "", capsys.readouterr().err)

    assert said.code == 2
    assert words in said.err


@pytest.mark.parametrize("weeks", ["0", "-3", "many", "99999"])
def test_a_number_of_weeks_that_cannot_be_is_wrong_use(call: Call, weeks: str) -> None:
    assert call("weekly", "--weeks", weeks).code == 2


def test_show_holds_the_run_against_its_runner(call: Call) -> None:
    said = call("show", "last")

    assert said.code == 0
    assert said.out.startswith("You, since ")
    assert "Yourself   As always, against your last " in said.out
    assert "AGAINST YOURSELF" not in said.out
    assert "same sensor" in call("show", "last", "--full").out


def test_the_first_run_has_nothing_to_be_held_against(call: Call) -> None:
    said = call("show", "2026-01-05")

    assert said.code == 0
    assert "Not yet" in said.out


def test_show_json_is_the_analysis_with_the_own_baseline(call: Call) -> None:
    told = call("show", "2026-02-18", "--json").json

    assert told["activity"]["started_at"].startswith("2026-02-18")
    assert told["own"]["reason"] == ""
    assert {row["metric"] for row in told["own"]["rows"]} >= {"cadence_spm", "stance_time_s", "ln_k"}


def test_show_explain_adds_the_numbers(call: Call) -> None:
    assert len(call("show", "last", "--explain").out) > 1.5 * len(call("show", "last").out)


def test_show_sources_lists_the_recordings(call: Call) -> None:
    told = call("show", "last", "--sources", "--json").json

    assert [source["format"] for source in told["sources"]] == ["fit"]
    assert "FIT" in call("show", "last", "--sources").out


def test_an_unknown_run_is_a_sentence(call: Call) -> None:
    said = call("show", "1999-01-01")

    assert said.code == 3
    assert "no such run" in said.err


def test_report_is_one_screen_and_in_full_has_the_weeks(call: Call) -> None:
    first, whole = call("report").out, call("report", "--full").out

    assert first.startswith("You, since ")
    assert first.count("\n") <= 40
    assert "WEEK BY WEEK" not in first
    assert whole.index("DO NEXT") > whole.index("AGAINST YOURSELF") > whole.index("WITHIN THE RUN")
    assert whole.count("DO NEXT") == whole.count("WEEK BY WEEK") == 1


def cool_down(folder: Path) -> Path:
    """A FIT file of two minutes on the evening of the last run: too little to be judged."""
    scene = Scene(plan=(Segment(140, 2.5),), started_at=datetime(2026, 3, 27, 20, tzinfo=UTC), utc_offset_s=0)
    file = folder / "cool-down.fit"
    file.write_bytes(activity_fit(simulate(PATTERNS["neutral"], 7, scene=scene)))
    return file


def test_a_report_is_about_the_main_run_of_the_last_day_and_show_about_the_last(call: Call, tmp_path: Path) -> None:
    main = call("show", "--json").json["activity"]["id"]
    call("import", str(cool_down(tmp_path)))

    assert call("show", "--json").json["activity"]["id"] != main
    assert call("report", "--json").json["run"]["activity"]["id"] == call("advise", "--json").json["run"] == main
    assert call("report").out == call("report", main).out
    pages = tmp_path / "last.html", tmp_path / "named.html"
    for page, named in zip(pages, ((), (main,)), strict=True):
        assert call("report", "--html", "-o", str(page), *named).code == 0
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_a_run_that_is_not_judged_asks_for_what_the_weeks_do_and_for_nothing_without_them(
    call: Call, tmp_path: Path, capsys: Capture
) -> None:
    file = cool_down(tmp_path)
    call("import", str(file))
    advised = call("advise", call("show", "--json").json["activity"]["id"], "--json").json
    alone = caller(tmp_path, make_store(tmp_path / "home", file), capsys)

    assert advised["ground"]["scope"] == "weeks"
    assert f"DO NEXT  {advised['focus']}" in call("show").out
    assert "Too little steady running to judge" in alone("report").out
    assert "DO NEXT" not in alone("report").out
    assert "What serves every runner" in alone("advise").out


@pytest.mark.parametrize("how", ["--full", "--json"])
def test_a_number_of_weeks_is_for_what_shows_weeks(call: Call, how: str) -> None:
    said = call("report", "--weeks", "4")

    assert said.code == 2
    assert "--weeks says how many weeks are shown: add --full, --json or --html" in said.err
    assert call("report", "--weeks", "4", how).code == 0


def test_an_export_does_not_take_the_place_of_another_runners(call: Call, tmp_path: Path) -> None:
    to = tmp_path / "tables"
    assert call("export", "--to", str(to)).code == call("export", "--to", str(to)).code == 0
    lines = (to / "runs.csv").read_text(encoding="utf-8").splitlines()
    (to / "runs.csv").write_text("\n".join([lines[0], "f00000000000" + lines[1][12:]]), encoding="utf-8")
    said = call("export", "--to", str(to))

    assert said.code == 1
    assert "holds none of these runs, so it is of another runner: name another folder with --to, or --force" in said.err
    assert "f00000000000" in (to / "runs.csv").read_text(encoding="utf-8")
    assert call("export", "--to", str(to), "--force").code == 0


def test_a_height_is_for_one_answer_and_derives_nothing_again(call: Call) -> None:
    usual, tall = call("report", "--json").json["run"], call("report", "--height", "1.95", "--json")

    assert "again" not in tall.err
    assert tall.json["run"]["runner"]["height_m"] == 1.95
    assert tall.json["run"]["scores"]["D"] != usual["scores"]["D"]
    assert call("report", "--json").json["run"]["runner"] == usual["runner"]


def test_report_of_an_old_run_ends_with_its_week(call: Call) -> None:
    told = call("report", "2026-02-09", "--weeks", "2", "--json").json

    assert [week["monday"] for week in told["weekly"]["weeks"]] == ["2026-02-02", "2026-02-09"]
    assert told["run"]["activity"]["started_at"].startswith("2026-02-09")


def test_a_report_goes_to_a_file_and_says_so(call: Call, tmp_path: Path) -> None:
    said = call("report", "-o", str(tmp_path / "report.txt"))

    assert said.out == f"Written to {tmp_path / 'report.txt'}.\n"
    assert "DO NEXT" in (tmp_path / "report.txt").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_a_sentence(call: Call, tmp_path: Path) -> None:
    said = call("report", "-o", str(tmp_path / "nowhere" / "report.txt"))

    assert said.code == 1
    assert "cannot be written" in said.err


def test_the_page_is_written_whole(call: Call, tmp_path: Path) -> None:
    said = call("report", "--html", "-o", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text(encoding="utf-8")

    assert said.code == 0
    assert page.lower().startswith("<!doctype html")
    assert page.rstrip().endswith("</html>")


def test_advice_is_taken_up_with_a_tag_and_followed(call: Call) -> None:
    taken = call("advise", "--take", "--json").json
    tags = [json.loads(line) for line in call("tags", "--json").out.splitlines()]

    assert tags == [{"schema_version": 1, "day": "2026-03-29", "text": f"advice: {taken['focus']}"}]
    assert taken["taken"] == "2026-03-29"
    assert call("compare").code == 3  # nothing was run since


def test_where_nothing_is_to_be_changed_there_is_nothing_to_take_up(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = advise(Ground(finding="neutral", certainty=Certainty.SPOKEN))
    monkeypatch.setattr("kneedrive.app.show.next_of", lambda *_: quiet)
    said = call("advise", "--take", "--width", "120")

    assert said.code == 0
    assert "Nothing was tagged" in said.out
    assert call("advise", "--take", "--json").json["taken"] is None
    assert "--take" not in call("advise").out
    assert call("tags", "--json").out.strip() == ""


@pytest.mark.parametrize("command", ["show", "report", "report --full --weeks 20", "advise"])
def test_the_runs_around_a_run_are_read_once(call: Call, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    read = []
    past_runs = Store.past_runs

    def counted(store: Store, *period: datetime) -> list[PastRun]:
        read.append(period)
        return past_runs(store, *period)

    monkeypatch.setattr(Store, "past_runs", counted)

    assert call(*command.split()).code == 0
    assert len(read) == 1


def test_advice_without_taking_it_up_writes_nothing(call: Call) -> None:
    said = call("advise")

    assert said.code == 0
    assert "kneedrive advise --take" in said.out
    assert call("tags", "--json").out.strip() == ""


def test_the_catalogue_is_json_too(call: Call) -> None:
    every, one = call("drills", "--json").json["entries"], call("drills", "strides", "--json").json["entries"]

    assert {entry["id"] for entry in every} >= {"strides", "light-feet"}
    assert [(entry["id"], "drive-like" in entry["called_for_by"]) for entry in one] == [("strides", True)]
    assert call("drills", "trampoline", "--json").code == 3


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_export_writes_every_week_run_and_epoch(call: Call, tmp_path: Path) -> None:
    call("export", "--to", str(tmp_path / "out"))
    rows = {name: table(tmp_path / "out" / f"{name}.csv") for name in ("weeks", "runs", "epochs")}

    assert [week["monday"] for week in rows["weeks"]][:: len(rows["weeks"]) - 1] == ["2026-01-05", "2026-03-23"]
    assert sum(int(week["runs"]) for week in rows["weeks"]) == len(rows["runs"]) == 36
    assert {row["run_id"] for row in rows["epochs"]} == {row["id"] for row in rows["runs"]}


@pytest.mark.parametrize("command", ["weekly", "show", "report", "advise"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_of_any_report_is_wider_than_asked_for(call: Call, command: str, width: int) -> None:
    said = call(command, "--width", str(width), "--ascii")

    assert said.out.isascii()
    assert max(map(len, said.out.splitlines())) <= width


def test_the_same_weeks_print_the_same_text(call: Call) -> None:
    assert call("weekly").out == call("weekly").out


def test_demo_weeks_need_no_store(empty: Call) -> None:
    said = empty("demo", "--weekly")

    assert said.code == 0
    assert "Towards drive." in said.out
    assert empty("demo", "--weekly", "--json").json["verdicts"] == ["towards drive"]


def test_the_demo_writes_a_page_of_its_weeks_without_a_store(empty: Call, tmp_path: Path) -> None:
    said = empty("demo", "--html", str(tmp_path / "demo.html"))
    page = (tmp_path / "demo.html").read_text(encoding="utf-8")

    assert (said.code, said.out) == (0, f"Written to {tmp_path / 'demo.html'}.\n")
    assert page.rstrip().endswith("</html>")
    assert "started drills (simulated)" in page
    assert "towards drive" in page
    assert "Simulated watch" in page
    assert "Garmin Forerunner" not in page


def test_a_demo_page_that_cannot_be_written_is_a_sentence(empty: Call, tmp_path: Path) -> None:
    said = empty("demo", "--html", str(tmp_path / "nowhere" / "demo.html"))

    assert said.code == 1
    assert "cannot be written" in said.err


@pytest.fixture
def purged(call: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Commands on a store whose originals have all been purged."""
    monkeypatch.setattr(Store, "recording", lambda *_: None)
    return call


def test_a_run_without_its_original_is_still_held_against_its_runner(purged: Call) -> None:
    said = purged("show", "last")

    assert said.code == 3
    assert "\nNot judged again: " in said.out
    assert "As always" in said.out
    assert "DO NEXT" not in said.out


def test_a_report_without_the_original_still_has_its_weeks(purged: Call) -> None:
    said = purged("report")

    assert said.code == 0
    assert "WEEK BY WEEK" in purged("report", "--full").out
    assert said.out.index("Not judged again") < said.out.index("Yourself")
    assert purged("report", "--json").json["run"]["status"] == "gone"


def test_advice_needs_the_original(purged: Call) -> None:
    said = purged("advise")

    assert said.code == 3
    assert "kneedrive sync" in said.err
