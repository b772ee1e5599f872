"""What analyze and doctor make of the files they are given."""

import gzip
import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.cli.calling import BROKEN, MULTISPORT, OTHER_RUN, RUN, SETTINGS, WALK, Capture, here, process
from tests.conftest import FIXTURES, needs_data, real_files
from tests.surroundings import as_anybody


def zipped(*files: Path) -> bytes:
    """A zip of these files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for file in files:
            archive.write(file, file.name)
    return held.getvalue()


def test_several_files_give_a_report_each_in_their_order(capsys: Capture) -> None:
    said = here(capsys, "analyze", RUN, OTHER_RUN, "--json")

    assert [found["activity"]["name"] for found in said.objects] == ["drive.fit", "shuffle.fit"]


@pytest.mark.parametrize("file", [BROKEN, WALK, None], ids=["broken", "not assessed", "missing"])
def test_a_line_break_in_a_name_forges_no_line(file: Path | None, tmp_path: Path, capsys: Capture) -> None:
    named = tmp_path / "bad\nkneedrive: all fine.fit"
    if file:
        shutil.copy(file, named)

    said = here(capsys, "analyze", named, "--json")

    assert said.err.count("\n") == 1
    assert "bad kneedrive: all fine.fit: " in said.err


@pytest.mark.parametrize("command", ["analyze", "doctor"])
def test_an_empty_line_stands_between_reports(command: str, capsys: Capture) -> None:
    one, other = (here(capsys, command, file).out for file in (RUN, OTHER_RUN))
    both = here(capsys, command, RUN, BROKEN, OTHER_RUN).out

    assert both == f"{one}\n{other}"


@pytest.mark.parametrize("command", [("analyze", RUN), ("demo",)], ids=["analyze", "demo"])
def test_the_words_are_told_by_what_the_report_says(command: tuple[str | Path, ...], capsys: Capture) -> None:
    said, told = here(capsys, *command), here(capsys, *command, "--explain")

    assert "--explain" in said.out
    assert (told.code, "WORDS" in told.out) == (0, True)


@pytest.mark.parametrize("command", ["analyze", "doctor", "import"])
def test_an_empty_name_is_wrong_use(command: str, capsys: Capture) -> None:
    said = here(capsys, command, str(RUN), "")

    assert (said.code, said.out) == (2, "")
    assert "is empty: name a file" in said.err


def test_an_import_says_that_it_does_not_read_standard_input(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(RUN, "-")

    said = here(capsys, "import", "-")

    assert (said.code, said.out) == (2, "")
    assert "- is standard input, which import does not read" in said.err
    assert here(capsys, "import", "./-").code == 0


def test_one_bad_file_does_not_stop_the_rest(capsys: Capture, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.fit"
    said = here(capsys, "analyze", RUN, missing, BROKEN, OTHER_RUN, "--json")
    codes = [found["error"]["code"] if "error" in found else found["activity"]["name"] for found in said.objects]

    assert said.code == 6
    assert codes == ["drive.fit", "unreadable", "unknown_format", "shuffle.fit"]
    assert len(said.err.splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nowhere.fit", "cannot be opened (no such file or directory)"),
        ("folder", "is a folder; kneedrive import reads folders"),
        ("secret.fit", "cannot be opened (permission denied)"),
        ("empty.fit", "is empty"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_reason(
    name: str, sentence: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.fit").touch()
    (tmp_path / "secret.fit").touch(mode=0o000)

    with as_anybody():
        said = here(capsys, "analyze", tmp_path / name)

    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("kneedrive: ")
    assert name in said.err
    assert sentence in said.err
    assert said.err.count("\n") == 1


def test_an_error_is_an_object_on_stdout_and_a_sentence_on_stderr(capsys: Capture) -> None:
    said = here(capsys, "analyze", SETTINGS, "--json")
    (found,) = said.objects

    assert set(found) == {"schema_version", "error"}
    assert set(found["error"]) == {"code", "message", "offset"}
    assert found["error"]["code"] == "no_activity"
    assert said.err == f"kneedrive: {found['error']['message']}\n"


def test_only_the_runs_of_a_multisport_file_are_analyzed(capsys: Capture) -> None:
    said = here(capsys, "analyze", MULTISPORT, "--json")

    assert said.objects
    assert {found["activity"]["sport"] for found in said.objects} == {"running"}


def test_a_file_without_a_run_gives_an_object_that_says_so(capsys: Capture) -> None:
    said = here(capsys, "analyze", FIXTURES / "formats" / "bike-ride.fit", "--json")
    (found,) = said.objects

    assert (said.code, found["status"], found["findings"]) == (3, "not a run", [])
    assert "cycling" in found["status_reason"]
    assert said.err == f"kneedrive: bike-ride.fit: Not a run: {found['status_reason']}\n"


@pytest.mark.parametrize("name", ["run.fit", "run.fit.gz", "run.zip", "run.txt", "run"])
@pytest.mark.parametrize("kind", ["plain", "gzip", "zip"])
def test_the_kind_is_told_from_the_bytes(kind: str, name: str, tmp_path: Path, capsys: Capture) -> None:
    plain = RUN.read_bytes()
    file = tmp_path / name
    file.write_bytes({"plain": plain, "gzip": gzip.compress(plain), "zip": zipped(RUN)}[kind])

    (found,) = here(capsys, "analyze", file, "--json").objects
    (alone,) = here(capsys, "analyze", RUN, "--json").objects

    assert found["scores"] == alone["scores"]
    assert found["activity"]["id"] == alone["activity"]["id"]


def test_a_zip_with_several_files_gives_a_report_each(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "several.zip"
    file.write_bytes(zipped(RUN, SETTINGS, OTHER_RUN))
    said = here(capsys, "analyze", file, "--json")

    assert said.code == 6
    assert ["error" in found for found in said.objects] == [False, True, False]


@pytest.mark.parametrize("command", ["analyze", "doctor"])
@pytest.mark.parametrize("body", [RUN, BROKEN], ids=["a run", "no recording"])
def test_a_name_in_a_zip_does_not_steer_the_terminal(body: Path, command: str, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "hostile.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a\x1b]0;mine\x07\x9b2Jb.fit", body.read_bytes())
    said = here(capsys, command, file)

    assert set("\x1b\x07\x9b") & set(said.out + said.err) == set()


@pytest.mark.parametrize("words", [("analyze",), ("doctor",)], ids=" ".join)
def test_standard_input_is_read_like_a_file(words: tuple[str, ...], tmp_path: Path) -> None:
    piped = process(tmp_path, *words, "-", "--json", stdin=RUN.read_bytes())
    file = process(tmp_path, *words, RUN, "--json")

    assert piped.objects[0]["scores"] == file.objects[0]["scores"]
    assert piped.objects[0]["activity"]["name"] == "standard input"


def test_standard_input_without_anything_is_empty(tmp_path: Path) -> None:
    said = process(tmp_path, "analyze", "-")

    assert (said.code, said.out) == (1, "")
    assert said.err == "kneedrive: standard input: is empty\n"


def test_a_name_that_is_no_text_is_spelled_out(tmp_path: Path) -> None:
    file = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.fit")
    shutil.copy(RUN, file)
    said = process(tmp_path, "analyze", file, "--json")

    assert said.code == 0
    assert said.objects[0]["activity"]["name"] == "caf\udce9.fit"


@pytest.mark.parametrize(
    ("words", "reason"),
    [((), "speed"), (("--speed-calibrated",), "")],
    ids=["as it is", "calibrated"],
)
def test_the_speed_of_a_treadmill_counts_when_the_runner_says_so(
    words: tuple[str, ...], reason: str, capsys: Capture
) -> None:
    (found,) = here(capsys, "analyze", FIXTURES / "gates" / "treadmill.fit", "--json", *words).objects

    assert reason in (found["scores"]["D"]["reason"] or "")
    assert (found["scores"]["D"]["value"] is None) == bool(reason)


@needs_data
def test_the_runner_chooses_whose_dynamics_count(capsys: Capture) -> None:
    (file,) = real_files("fit/garmin-fenix5x-chest-plus-stryd.fit")
    words = ("analyze", file, "--json")
    native, stryd = (here(capsys, *words, *more).objects[0] for more in ((), ("--dynamics", "stryd")))

    assert (native["activity"]["provenance"], stryd["activity"]["provenance"]) == ("garmin_strap", "stryd")
    assert native["metrics"]["stance_time_s"] != stryd["metrics"]["stance_time_s"]
    assert stryd["scores"]["P"]["value"] is None


def test_doctor_says_all_sessions_in_one_answer(capsys: Capture) -> None:
    said = here(capsys, "doctor", MULTISPORT)
    name, sessions = said.out.splitlines()[1:3]

    assert said.code == 0
    assert "multisport.fit" in name
    assert "sessions" in sessions
    assert said.out.count("WHAT CAN BE SAID") == len(here(capsys, "analyze", MULTISPORT, "--json").objects)


def test_doctor_gives_an_object_for_every_session(capsys: Capture) -> None:
    truth = json.loads(MULTISPORT.with_suffix(".truth.json").read_text(encoding="utf-8"))
    said = here(capsys, "doctor", MULTISPORT, "--json")

    assert [found["activity"]["sport"] for found in said.objects] == truth["expected"]["sports"]


@needs_data
@pytest.mark.slow
def test_all_real_files_in_one_call_give_an_object_each(tmp_path: Path) -> None:
    files = real_files("fit/*", "fit-bad/*")
    said = process(tmp_path, "analyze", "--json", *files)

    assert said.code == 6
    assert "Traceback" not in said.err
    assert len(said.objects) >= len(files)
    silent = [found for found in said.objects if found.get("status") == "assessed"]
    assert len(said.objects) - len(silent) == len(said.err.splitlines())


def test_a_walk_is_said_in_words(capsys: Capture) -> None:
    said = here(capsys, "analyze", WALK).out

    assert "walk" in said.lower()
    assert "kneedrive import" not in said
