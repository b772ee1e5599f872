"""Makes docs/history.ipynb, with its outputs: `python -m tests.make_notebook`. Needs kneedrive[notebook].

The cells are run here, one after the other as a notebook would, over a store of simulated runs; a kernel would bring
some thirty packages for the same.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kneedrive.simulate.gait import PATTERNS
from tests.cli.history import make_history, make_store
from tests.conftest import FIXTURES, ROOT

PAGE = ROOT / "docs" / "history.ipynb"
STORE, RUN = "simulated.sqlite", "run.fit"  # what the notebook reads, in the folder that it runs in
FIRST = datetime(2026, 1, 5, tzinfo=UTC)

CELLS = (
    """\
# Your own history in a notebook

`kneedrive.history()` gives what `kneedrive import` and `kneedrive sync` have stored, as columns. This notebook reads a
store of simulated runs (sixteen weeks, in which the runner moves towards drive); leave the path out and it reads yours.
`python -m tests.make_notebook` makes it, and the tests run it again.""",
    """\
import matplotlib.pyplot as plt
import numpy as np

import kneedrive

history = kneedrive.history("simulated.sqlite")
history""",
    """\
# pandas.DataFrame(history.runs) and polars.DataFrame(history.runs) work as they are; here numpy will do.
runs = history.runs
for place in range(-3, 0):
    print(runs["started_at"][place].astype("M8[D]"), runs["label"][place], f"{runs['odds_drive_like'][place]:.1f}")""",
    """\
labels, counts = np.unique(runs["label"], return_counts=True)
for label, count in zip(labels, counts):
    print(f"{count:3} runs {label}")""",
    """\
## Against speed

Contact, step length and bounce all follow speed, so no number means much without it. Each dot is half a minute of
steady running; the line is what is usual at that speed on this sensor.""",
    """\
epochs, bands = history.epochs, history.bands
scored = epochs["scored"]
order = np.argsort(bands["low_mps"])

figure, axes = plt.subplots(figsize=(7, 4))
axes.scatter(epochs["speed_mps"][scored], 1000 * epochs["stance_time_s"][scored], s=4, alpha=0.3)
axes.plot((bands["low_mps"] + 0.125)[order], 1000 * bands["usual_stance_time_s"][order], color="black")
axes.set(xlabel="speed, m/s", ylabel="contact time, ms")
plt.show()""",
    """\
# The first and the last four weeks at one speed: the same comparison as kneedrive compare, without its interval.
day = dict(zip(runs["id"], runs["started_at"]))
when = np.array([day[each] for each in epochs["run_id"]])
near = scored & (np.abs(epochs["speed_mps"] - 2.8) < 0.15)
early = near & (when < when.min() + np.timedelta64(28, "D"))
late = near & (when > when.max() - np.timedelta64(28, "D"))
for name, unit, factor in (("step_length_m", "m", 1), ("duty_factor", "%", 100)):
    before, after = (factor * np.nanmedian(epochs[name][part]) for part in (early, late))
    print(f"{name}: {before:.2f} {unit} before, {after:.2f} {unit} after, at 2.8 m/s")""",
    """\
## A trend of one's own

A week is the mean of its runs with a 95 % interval, in spreads between runners: above 0 is towards drive. The line
weighs each week by its interval. `kneedrive weekly` tests it: weeks resemble each other, and a line alone would call
too much.""",
    """\
weeks = history.weeks
there = np.isfinite(weeks["D"])
x = ((weeks["monday"] - weeks["monday"][0]) / np.timedelta64(1, "W"))[there]
D = weeks["D"][there]
half = (weeks["D_high"] - weeks["D_low"])[there] / 2
slope, level = np.polyfit(x, D, 1, w=1 / half)

figure, axes = plt.subplots(figsize=(7, 3))
axes.errorbar(x, D, half, fmt="o", capsize=2)
axes.plot(x, level + slope * x, color="black")
axes.set(xlabel="week", ylabel="D")
plt.show()
print(f"{slope * (x[-1] - x[0]):+.1f} over {len(x)} weeks")""",
    """\
# One run: an analysis shows itself.
from pathlib import Path

kneedrive.analyze(kneedrive.read(Path("run.fit").read_bytes())[0], runner=kneedrive.Runner(height_m=1.78))""",
)


def main() -> None:
    """Run the cells and write the notebook."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        PAGE.write_text(json.dumps(notebook(Path(folder)), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def prepare(folder: Path) -> None:
    """What the cells read: a store of simulated runs, and the file of one."""
    told = {"pattern": PATTERNS["neutral"], "first_at": FIRST, "weeks": 16, "change_D": 2.0}
    store = make_store(folder, make_history(folder / "runs", **told))
    store.replace(folder / STORE)
    shutil.copy(FIXTURES / "labels" / "demo.fit", folder / RUN)


def notebook(folder: Path) -> dict[str, Any]:
    """The notebook in its file's format 4.5, with what each cell gives when run in a folder."""
    names: dict[str, Any] = {}
    cells: list[dict[str, Any]] = []
    count = 0
    for place, source in enumerate(CELLS):
        cell: dict[str, Any] = {"id": f"cell-{place}", "metadata": {}, "source": source.splitlines(keepends=True)}
        if source.startswith(("# Your", "## ")):
            cells.append({"cell_type": "markdown", **cell})
            continue
        count += 1
        with contextlib.chdir(folder):
            outputs = list(_outputs(source, names, count))
        cells.append({"cell_type": "code", "execution_count": count, "outputs": outputs, **cell})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _outputs(source: str, names: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    """What is printed, the figures, and the value of the last line where it is an expression."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) and "plt.show" not in source else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if isinstance(last, ast.Expr) else None
    for number in plt.get_fignums():
        picture = io.BytesIO()
        plt.figure(number).savefig(picture, format="png", dpi=80, metadata={"Software": None})
        drawn = {"image/png": base64.b64encode(picture.getvalue()).decode()}
        yield {"output_type": "display_data", "data": drawn, "metadata": {}}
    plt.close("all")
    if text := printed.getvalue():
        yield {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}
    if value is not None:
        data = {"text/plain": (str(value) if hasattr(value, "_repr_html_") else repr(value)).splitlines(keepends=True)}
        if html := getattr(value, "_repr_html_", lambda: None)():
            data["text/html"] = html.splitlines(keepends=True)
        yield {"output_type": "execute_result", "execution_count": count, "data": data, "metadata": {}}


if __name__ == "__main__":
    main()
