"""The benchmark runs; what it measures is not judged here."""

from pathlib import Path

import pytest

from tests.benchmarks import decode
from tests.benchmarks.tables import Table, write_section


@pytest.mark.slow
def test_a_quick_run_prints_and_writes_its_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "docs" / "benchmarks.md"

    decode.main(["--quick", "--write", str(document)])

    printed = capsys.readouterr().out
    assert all(word in printed for word in ("fitparse", "fitdecode", "kneedrive, columns", "Memory", "1 h"))
    assert "python -m tests.benchmarks.decode" in document.read_text(encoding="utf-8")


def test_a_decoder_that_loses_records_is_not_measured() -> None:
    lossy = decode.Decoder("lossy", 1, lambda octets: 199)

    assert decode.measured(lossy, b"", 200) is None


def test_a_made_run_has_a_record_a_second() -> None:
    assert decode.measured(decode.decoders()[0], decode.made(0.1), 360) is not None


def test_a_section_is_replaced_and_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.md"
    for name, value in (("one", "1"), ("two", "2"), ("one", "3")):
        write_section(path, name, {"Title": Table(("a", "b"), [("x", value)])})
    text = path.read_text(encoding="utf-8")

    assert "| x | 1 |" not in text
    assert ("| x | 2 |" in text, "| x | 3 |" in text, text.count("# Benchmarks\n")) == (True, True, 1)
