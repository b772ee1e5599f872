"""One run from its bytes to a report: analyze, doctor, demo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kneedrive.analysis import analyze
from kneedrive.app import FAILED, NOT_ENOUGH, OK, Answer
from kneedrive.errors import NoActivity, ReadError
from kneedrive.model import Activity, Runner
from kneedrive.value import Value

if TYPE_CHECKING:
    from kneedrive.config import Config
    from kneedrive.findings import Analysis
    from kneedrive.report.style import Style

STDIN = "-"
ASSESSED = "assessed"


class Request(Value):
    """How a report was asked for."""

    style: Style
    json: bool = False
    explain: bool = False
    speed_calibrated: bool = False
    dynamics: str | None = None


def read(data: bytes, name: str = "") -> tuple[Activity, ...]:
    """The activities in the bytes of a FIT, GPX or TCX file, also gzipped or in a zip; the kind is told from the bytes.

    One Activity per session, in order. Raises ReadError (UnknownFormat, Truncated, Malformed, NoActivity) with the
    byte offset where one can be named; of an archive, the first member that cannot be read.
    """
    from kneedrive import readers

    if readers.sniff(data) not in ("gzip", "zip"):
        return readers.read(data, name)
    from kneedrive import archives

    return tuple(activity for inner, body in archives.unwrap(data, name) for activity in readers.read(body, inner))


def analyze_files(files: list[str], request: Request, settings: Config, stdin: Callable[[], bytes]) -> Iterator[Answer]:
    """One answer per run in the files; a file that cannot be read is an answer too, and the rest goes on."""
    for file in files:
        try:
            activities = _load(file, stdin)
        except ReadError as error:
            yield _unreadable(error, request)
            continue
        for activity in runs_of(activities):
            yield _report(_analyze(activity, request, settings), request)


def runs_of(activities: tuple[Activity, ...]) -> tuple[Activity, ...]:
    """The running sessions; all of them where none is a run, so that each can be told what it is."""
    return tuple(activity for activity in activities if activity.is_run) or activities


def examine_files(files: list[str], request: Request, settings: Config, stdin: Callable[[], bytes]) -> Iterator[Answer]:
    """What each file holds, one answer per session."""
    from kneedrive.report import doctor

    for file in files:
        try:
            activities = _load(file, stdin)
        except ReadError as error:
            yield _unreadable(error, request)
            continue
        for activity in activities:
            examined = _analyze(activity, request, settings)
            if request.json:
                yield _report(examined, request).replace(code=OK)
            else:
                yield Answer(text=doctor.render(examined, request.style))


def demo(request: Request, settings: Config) -> Answer:
    """The report of the simulated run, through the same path as any file's."""
    from kneedrive import simulate

    return _report(_analyze(simulate.demo(), request, settings), request).replace(code=OK)


def runner(settings: Config, activity: Activity) -> Runner:
    """The configured runner, with the age on the year of the activity."""
    born = settings["runner.birth_year"]
    return Runner(
        name=settings["runner.name"],
        height_m=settings["runner.height_m"],
        mass_kg=settings["runner.mass_kg"],
        age=activity.started_at.year - int(born) if born else None,
    )


def _load(file: str, stdin: Callable[[], bytes]) -> tuple[Activity, ...]:
    name = "standard input" if file == STDIN else Path(file).name
    try:
        data = stdin() if file == STDIN else Path(file).read_bytes()
    except IsADirectoryError:
        message = "is a folder; kneedrive import reads folders"
        raise ReadError(message, name=file) from None
    except OSError as error:
        message = f"cannot be opened ({(error.strerror or 'unknown reason').lower()})"
        raise ReadError(message, name=file) from None
    activities = read(data, name)
    if not activities:
        message = "holds no activity"
        raise NoActivity(message, name=name)
    return activities


def _analyze(activity: Activity, request: Request, settings: Config) -> Analysis:
    return analyze(
        activity,
        runner=runner(settings, activity),
        speed_calibrated=request.speed_calibrated,
        dynamics=request.dynamics,
    )


def _report(analysis: Analysis, request: Request) -> Answer:
    code = OK if analysis.status == ASSESSED else NOT_ENOUGH
    if request.json:
        from kneedrive.app.machine import analysis_line

        return Answer(text=analysis_line(analysis), code=code)
    from kneedrive.report import terminal

    text = terminal.render(analysis, request.style)
    if request.explain:
        from kneedrive.report import explain

        text += "\n\n" + explain.render(analysis, request.style)
    return Answer(text=text, code=code)


def _unreadable(error: ReadError, request: Request) -> Answer:
    text = ""
    if request.json:
        from kneedrive.app.machine import error_line

        text = error_line(error)
    return Answer(text=text, trouble=f"kneedrive: {error}", code=FAILED)
