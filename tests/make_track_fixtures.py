"""Makes fixtures/tracks: GPX and TCX as many writers write them: `python -m tests.make_track_fixtures`.

The same bytes every time. Beside each file stands its truth: `about`, and `expected`, a list of activities or the code
of the error.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import FIXTURES
from tests.track_cases import Case, gpx_cases, tcx_cases
from tests.track_refusals import refused_cases

FOLDER = FIXTURES / "tracks"


def cases() -> list[Case]:
    """Every case, sorted by name."""
    return sorted([*gpx_cases(), *tcx_cases(), *refused_cases()])


def contents() -> Mapping[str, bytes]:
    """Every file by its name in fixtures/tracks, truths and the page about them included."""
    files: dict[str, bytes] = {}
    for case in cases():
        truth = json.dumps({"about": case.about, "expected": case.expected}, indent=1, sort_keys=True)
        files[case.name] = case.body
        files[f"{case.name}.truth.json"] = (truth + "\n").encode()
    rows = "".join(f"| {case.name} | {case.about} |\n" for case in cases())
    head = "# GPX and TCX\n\nMade by `python -m tests.make_track_fixtures`; do not edit. No real run is in here.\n\n"
    return files | {"README.md": f"{head}| file | what it is |\n|---|---|\n{rows}".encode()}


def write(folder: Path) -> None:
    """Write all of them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in contents().items():
        (folder / name).write_bytes(body)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
