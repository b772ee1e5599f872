"""Runs as the store would return them, without a store, from files or from the simulated runner."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from kneedrive.analysis import analyze
from kneedrive.analysis.result import Analysis
from kneedrive.app.history import past_run
from kneedrive.errors import ReadError
from kneedrive.histories.result import PastRun
from kneedrive.method import Method
from kneedrive.readers import read, sniff
from tests.conftest import real_files
from tests.validation.sizes import Crew

METHOD = Method()
HISTORIES = ("history-strap-then-wrist", "history-coros")
SINGLE = "fit"


class Looked(NamedTuple):
    """One session of a real file. runner: the folder of a history, else the file itself; never printed."""

    runner: str
    past: PastRun
    status: str
    label: str
    basis: str
    certainty: str
    excluded: dict[str, int]
    total: int


class Asked(NamedTuple):
    """A file to read, and by which method."""

    path: Path
    method: Method = METHOD


def look(asked: Asked) -> list[Looked]:
    """The sessions of a file; none where it cannot be read."""
    try:
        data = asked.path.read_bytes()
        activities = read(data, "a file") if sniff(data) in ("fit", "gpx", "tcx") else ()
    except ReadError:
        return []
    folder = asked.path.parent.name
    runner = folder if folder in HISTORIES else asked.path.name
    return [_looked(runner, analyze(activity, method=asked.method)) for activity in activities]


def _looked(runner: str, analysis: Analysis) -> Looked:
    found = analysis.findings[0] if analysis.findings else None
    return Looked(
        runner=runner,
        past=past_run(analysis),
        status=analysis.status,
        label=found.pattern if found else "",
        basis=found.basis if found else "",
        certainty=found.certainty if found else "",
        excluded=dict(analysis.quality.excluded),
        total=analysis.quality.epochs_total,
    )


def real(every: int) -> list[Path]:
    """One real FIT file in so many, of each folder: single recordings and the two histories."""
    folders = (SINGLE, *HISTORIES)
    return [path for folder in folders for path in real_files(f"{folder}/*.fit")[::every]]


@cache
def looks(every: int, crew: Crew) -> tuple[Looked, ...]:
    """Every session of the real files, read once for all parts."""
    return tuple(one for some in crew.over(look, [Asked(path) for path in real(every)]) for one in some)
