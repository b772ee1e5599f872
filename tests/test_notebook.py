"""The notebook of docs: its cells are run again, and give what it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.make_notebook import CELLS, PAGE, notebook, prepare

pytestmark = pytest.mark.extra


def told(cell: dict[str, Any]) -> list[tuple[str, str]]:
    """The outputs of a cell: texts as they are, pictures and pages by their kind alone."""
    said = []
    for output in cell.get("outputs", []):
        if output["output_type"] == "stream":
            said.append(("printed", "".join(output["text"])))
        for kind, content in output.get("data", {}).items():
            said.append((kind, "".join(content) if kind == "text/plain" else ""))
    return said


def test_the_cells_give_what_the_notebook_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib", reason="kneedrive[notebook] is not installed")
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "matplotlib"))
    prepare(tmp_path)
    shown = json.loads(PAGE.read_text(encoding="utf-8"))["cells"]
    again = notebook(tmp_path)["cells"]

    assert len(shown) == len(CELLS) == 10
    assert ["".join(cell["source"]) for cell in shown] == list(CELLS)
    assert [told(cell) for cell in shown] == [told(cell) for cell in again]
    kinds = [kind for cell in shown for kind, _ in told(cell)]
    assert kinds.count("image/png") == 2
    assert "text/html" in kinds
