"""Makes everything in fixtures/ from the simulated runner: `python -m tests.make_fixtures` (same bytes every time).

Each case is a file and, beside it, what is true of it: `NAME.fit` and `NAME.truth.json`. The tables of cases are in
fixture_cases.py (recordings of a simulated runner) and fixture_oddities.py (files that are odd or broken); a table for
another format joins them in `contents`.
"""

import json
import sys
from pathlib import Path

from tests.conftest import FIXTURES
from tests.fixture_cases import recordings
from tests.fixture_oddities import oddities

README = """# Fixtures

No real run is in here. The files below are made by `python -m tests.make_fixtures` from the simulated runner
(`src/kneedrive/simulate`) and written by the tests' own FIT writer. The command gives the same bytes every time, and a
test checks that it does. Beside each file stands its truth: `about` says what the case is, `planted` what the runner
truly does (scores at a speed, seed, sensor), `expected` what kneedrive has to make of it.

| folder | cases |
|---|---|
| labels | one run for each label, and the run of `kneedrive demo` |
| gates | one run for each reason to leave epochs out |
| missing | one run for each metric that is not recorded |
| sensors | one run for each class of sensor |
| formats | valid files with an odd build: byte order, chained, compressed times, several sports ... |
| malformed | broken files, and files that are no activity |

Do not edit a file there: change the table of cases, run the command and read the difference of the truth files.
Other folders have generators and pages of their own.

"""


FOLDERS = ("formats", "gates", "labels", "malformed", "missing", "sensors")


def contents() -> dict[str, bytes]:
    """Every fixture by its path under fixtures/, the page about them included."""
    files: dict[str, bytes] = {}
    rows = []
    for case in (*recordings(), *oddities()):
        truth = {"about": case.about, **case.truth}
        files[case.name + case.ending] = case.body
        files[f"{case.name}.truth.json"] = (json.dumps(truth, indent=1, sort_keys=True) + "\n").encode()
        rows.append(f"| {case.name}{case.ending} | {case.about} |")
    table = "\n".join(["| file | what it is |", "|---|---|", *sorted(rows)]) + "\n"
    return files | {"README.md": (README + table).encode()}


def write(folder: Path) -> None:
    """Write all fixtures into a folder."""
    for name, body in contents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURES)
