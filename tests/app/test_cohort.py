"""Many runners' recordings into a cohort: equal rows however the work is shared out, and nothing lost on the way."""

from __future__ import annotations

import csv
import os
import shutil
import signal
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kneedrive.app import FAILED, NOT_ENOUGH, OK, PARTLY, cohort
from kneedrive.app.cohort import Asked, Job, Person, examined
from kneedrive.app.workers import Cluster, Crew, Here, Processes, each
from kneedrive.errors import ConfigError, NotEnoughData, StoreError, Unreachable
from kneedrive.report.blocks import Style
from kneedrive.store.parquet import Parts, Rows, census
from tests.conftest import FIXTURES, needs_data, real_files

pytestmark = pytest.mark.extra
STYLE = Style(width=80)
LABELS = sorted((FIXTURES / "labels").glob("*.fit"))[:4]
BROKEN = FIXTURES / "malformed" / "text.fit"


@pytest.fixture(autouse=True)
def _installed() -> None:
    pytest.importorskip("duckdb", reason="kneedrive[lab] is not installed")


@pytest.fixture
def club(tmp_path: Path) -> Path:
    """Two runners with two runs each, a broken file, and one that is there twice."""
    for place, path in enumerate(LABELS):
        folder = tmp_path / "club" / ("anna", "ben")[place // 2]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder)
    shutil.copy(BROKEN, tmp_path / "club" / "ben" / "broken.fit")
    shutil.copy(LABELS[0], tmp_path / "club" / "ben" / "again.fit")
    return tmp_path / "club"


def examine(place: Path, to: Path, **given: Any) -> tuple[int, str]:
    answer = cohort.examine(Asked(place=place, to=to, processes=1, **given), STYLE, json=False)
    return answer.code, answer.text


def runs_in(folder: Path, columns: str = "*") -> dict[str, Any]:
    with Parts(folder) as parts:
        return parts.ask(f"SELECT {columns} FROM runs ORDER BY sha256, session")


def test_a_folder_is_a_runner_and_a_refused_file_a_row(club: Path, tmp_path: Path) -> None:
    code, text = examine(club, tmp_path / "out")
    found = runs_in(tmp_path / "out", "runner, status, reason, epochs_scored, pattern, odds_neutral")

    assert code == PARTLY
    assert text.startswith("4 assessed, 1 refused, 1 already there")
    assert sorted(found["runner"].tolist()) == ["anna", "anna", "ben", "ben", "ben"]
    refused = found["status"] == "refused"
    assert found["reason"][refused].tolist() == ["is not a FIT, GPX or TCX file; export it again, or leave it out"]
    assert (found["epochs_scored"][~refused] >= 10).all()
    assert (found["pattern"][~refused] != "").all()
    assert np.isfinite(found["odds_neutral"][~refused]).all()


def test_started_again_it_goes_on_where_it_was(club: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    later = club / "anna" / LABELS[1].name
    kept = later.read_bytes()
    later.unlink()
    examine(club, out)
    before = runs_in(out, "sha256")["sha256"].tolist()
    later.write_bytes(kept)
    code, text = examine(club, out)

    assert (code, text.partition(",")[0]) == (OK, "1 assessed")
    assert len(runs_in(out, "sha256")["sha256"]) == len(before) + 1
    assert examine(club, out)[1].startswith("6 already there")


def test_other_facts_about_a_runner_are_not_passed_over(club: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "list.csv"
    manifest.write_text(f"path,runner,height_m\n{LABELS[0]},anna,1.70\n", encoding="utf-8")
    examine(manifest, tmp_path / "out")
    manifest.write_text(f"path,runner,height_m\n{LABELS[0]},anna,1.80\n", encoding="utf-8")
    _, text = examine(manifest, tmp_path / "out")

    assert "1 recording came again with another runner, sex or height" in " ".join(text.split())


def test_what_a_manifest_says_of_a_runner_is_used(tmp_path: Path) -> None:
    manifest = tmp_path / "list.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "runner", "sex", "height_m", "birth_year"])
        rows.writerow([LABELS[0], "Anna, the first", "F", "1.62", "1980"])
    examine(manifest, tmp_path / "out")
    found = runs_in(tmp_path / "out", "runner, sex, height_m, age")

    assert found["runner"].tolist() == ["Anna, the first"]
    assert (found["sex"].tolist(), found["age"].tolist()) == (["f"], [2026 - 1980])
    assert found["height_m"][0] == pytest.approx(1.62)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,runner\na.fit,anna\n", "no column 'path'"),
        ("path,shoe\na.fit,blue\n", "a column 'shoe'"),
        ("path,height_m\na.fit,172\n", "line 2: height_m"),
        ("path,sex\na.fit,woman\n", "line 2: sex must be f, m, x"),
        ("path,runner\n,anna\n", "line 2: names no path"),
        ("path\na\0b.fit\n", "line 2: names no path"),
        (b"path\n\xff\xfe\n", "no CSV in UTF-8"),
    ],
)
def test_a_manifest_that_cannot_be_read_says_where(tmp_path: Path, text: str | bytes, said: str) -> None:
    manifest = tmp_path / "list.csv"
    manifest.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(ConfigError, match=said):
        examine(manifest, tmp_path / "out")


@pytest.mark.parametrize("place", ["nowhere", "nowhere.csv"])
def test_what_is_not_there_is_said(tmp_path: Path, place: str) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        examine(tmp_path / place, tmp_path / "out")


@pytest.mark.parametrize("files", [[], ["notes.txt"]])
def test_a_folder_without_recordings_is_not_enough(tmp_path: Path, files: list[str]) -> None:
    (tmp_path / "club" / "anna").mkdir(parents=True)
    for name in files:
        (tmp_path / "club" / "anna" / name).write_text("no run", encoding="utf-8")

    with pytest.raises(NotEnoughData, match="club holds no FIT, GPX or TCX file: name a folder of recordings"):
        examine(tmp_path / "club", tmp_path / "out")


def test_a_file_that_cannot_be_opened_is_tried_again(tmp_path: Path) -> None:
    manifest = tmp_path / "list.csv"
    manifest.write_text("path,runner\nlate.fit,anna\n", encoding="utf-8")
    assert examine(manifest, tmp_path / "out")[0] == FAILED
    shutil.copy(LABELS[0], tmp_path / "late.fit")
    assert examine(manifest, tmp_path / "out")[0] == OK
    assert sorted(runs_in(tmp_path / "out", "status")["status"].tolist()) == ["assessed", "refused"]


def test_files_of_one_name_that_cannot_be_opened_are_a_row_each(tmp_path: Path) -> None:
    manifest = tmp_path / "list.csv"
    manifest.write_text("path,runner\na/run.fit,anna\nb/run.fit,ben\n", encoding="utf-8")
    texts = [examine(manifest, tmp_path / "out")[1] for _ in range(2)]

    assert [text.partition(",")[0] for text in texts] == ["2 refused", "2 already there"]
    assert sorted(runs_in(tmp_path / "out", "runner")["runner"].tolist()) == ["anna", "ben"]
    with Parts(tmp_path / "out") as parts:
        assert census(parts)["recordings"].sum() == 2


def test_rows_of_another_method_are_not_mixed(club: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examine(club, tmp_path / "out")
    monkeypatch.setattr(cohort, "VERSION", "99")
    with pytest.raises(StoreError, match=r"is of method version \d+, this is 99: name a new folder"):
        examine(club, tmp_path / "out")


def test_a_folder_has_one_writer(club: Path, tmp_path: Path) -> None:
    with cohort._alone(tmp_path / "out"), pytest.raises(StoreError, match="another kneedrive writes"):
        examine(club, tmp_path / "out")


class Stopping(Here):
    """A crew that fails at the third recording."""

    def __init__(self, error: BaseException) -> None:
        self.error, self.done = error, 0

    def outcome(self, future: Future[Any]) -> Any:
        self.done += 1
        if self.done == 3:
            raise self.error
        return future.result()


@pytest.mark.parametrize(
    "error", [Unreachable("the scheduler is gone"), KeyboardInterrupt()], ids=lambda e: type(e).__name__
)
def test_what_came_back_before_the_end_is_kept(
    club: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr(cohort, "_crew", lambda _: Stopping(error))
    with pytest.raises(type(error)) as caught:
        examine(club, tmp_path / "out")
    monkeypatch.undo()

    assert len(runs_in(tmp_path / "out", "sha256")["sha256"]) == 2
    if isinstance(error, KeyboardInterrupt):
        assert str(caught.value) == "2 recordings are kept; the same command goes on from there"
    examine(club, tmp_path / "out")
    assert len(runs_in(tmp_path / "out", "sha256")["sha256"]) == 5


# Equal rows, whoever works.


def jobs_of(paths: list[Path]) -> list[Job]:
    anna = Person(runner="anna", height_m=1.7)
    return [
        Job(name=path.name, sha256=f"{n:064x}", person=anna, body=path.read_bytes()) for n, path in enumerate(paths)
    ]


def results(jobs: list[Job], crew: Crew) -> list[Rows]:
    found = [rows for _, rows in each(examined, jobs, crew)]
    assert all(isinstance(rows, Rows) for rows in found)
    return [rows for rows in found if isinstance(rows, Rows)]


def assert_equal(found: list[Rows], expected: list[Rows]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert repr(one.runs) == repr(other.runs)
        assert list(one.epochs) == list(other.epochs)
        for name, column in one.epochs.items():
            np.testing.assert_array_equal(column, other.epochs[name])


_DONE: list[str] = []  # of each process its own


def examined_or_killed(job: Job) -> Rows:
    """Each process ends at its tenth job, but no job ends two."""
    _DONE.append(job.name)
    marker = Path(os.environ["KILLED"]) / job.sha256
    if len(_DONE) == 10 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return examined(job)


@pytest.fixture(scope="module")
def real() -> list[Job]:
    """A part of the histories of real runners."""
    histories = sorted({path.parent for path in real_files("history-*/*.fit")})
    return jobs_of([path for folder in histories for path in sorted(folder.glob("*.fit"))[::12]])


@needs_data
def test_equal_rows_from_one_process_and_several(real: list[Job]) -> None:
    with Here() as here, Processes(2) as there:
        assert_equal(results(real, there), results(real, here))


@needs_data
def test_equal_rows_although_processes_are_killed(
    real: list[Job], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KILLED", str(tmp_path))
    with Here() as here, Processes(2) as there:
        found = [rows for _, rows in each(examined_or_killed, real, there) if isinstance(rows, Rows)]
        assert_equal(found, results(real, here))
    assert list(tmp_path.iterdir())


@needs_data
def test_equal_rows_from_a_cluster(real: list[Job], cluster: str) -> None:
    with Cluster(cluster) as there, Here() as here:
        assert_equal(results(real, there), results(real, here))


# What a cohort says.


def test_without_a_cohort_a_sentence_says_how_to_make_one(tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(NotEnoughData, match="kneedrive cohort DIR --to"):
            cohort.report(folder, STYLE, json=False)


def test_a_cohort_without_names_has_no_population(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    shutil.copy(LABELS[0], folder)
    examine(folder, tmp_path / "out")
    answer = cohort.report(tmp_path / "out", STYLE, json=False)

    assert answer.code == NOT_ENOUGH
    assert "1 assessed run without a runner's name" in " ".join(answer.text.replace("\u00a0", " ").split())
