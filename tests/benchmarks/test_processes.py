"""The benchmarks of whole processes run; what they measure is not judged here."""

import subprocess
import sys
from pathlib import Path

import pytest

from kneedrive.readers import read
from tests.benchmarks import importing, machine, memory, page, start
from tests.benchmarks.made import run
from tests.benchmarks.tables import main_of


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "measure", "words"),
    [
        ("start", start.start, ("kneedrive analyze", "kneedrive --version", "1.00")),
        ("memory", memory.memory, ("1 h", "peak above bare import")),
        ("machine", machine.machine, ("cores", "load")),
        ("importing", importing.importing, ("made runs of 45 minutes", "files a second")),
        ("page", page.page, ("kneedrive report --html", "times weekly")),
    ],
)
def test_a_quick_run_prints_and_writes_its_table(
    name: str, measure: object, words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "benchmarks.md"

    assert callable(measure)
    main_of(name, measure, "", ["--quick", "--write", str(document)])

    printed = capsys.readouterr().out
    assert [word for word in words if word not in printed] == []
    assert f"python -m tests.benchmarks.{name}" in document.read_text(encoding="utf-8")


@pytest.mark.parametrize("minutes", [5, 10, 45, 60])
def test_a_made_run_is_as_long_as_it_says(minutes: int) -> None:
    (activity,) = read(run(minutes))

    assert activity.records == pytest.approx(60 * minutes, abs=2)
    assert activity.is_run


def test_made_runs_of_other_numbers_are_other_runs() -> None:
    days = {read(run(10, number=number))[0].started_at.date() for number in (1, 2, 3)}

    assert len(days) == 3


def test_commands_are_measured_in_turn_and_the_first_round_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    walls = iter([9.0, 9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    monkeypatch.setattr(start, "once", lambda command, env: start.Cost(next(walls), 0.5))

    costs = start.interleaved({"a": ("a",), "b": ("b",)}, 3, {})

    assert costs == {"a": start.Cost(3.0, 0.5), "b": start.Cost(4.0, 0.5)}


def test_the_peak_is_that_of_the_process(tmp_path: Path) -> None:
    bare, filled = (
        memory.peak_mb(memory.WATCHED + line, (), tmp_path) for line in ("pass", "octets = bytearray(50 << 20)")
    )

    assert 45 < filled - bare < 60


def test_a_failing_command_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        start.once((sys.executable, "-c", "raise SystemExit(1)"), start.environment(tmp_path))
