"""One run from its bytes to a report: analyze, doctor, demo."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from kneedrive.analysis import analyze
from kneedrive.analysis.result import Status
from kneedrive.app import FAILED, NOT_ENOUGH, OK, Answer, dynamics_of, runner_of
from kneedrive.app.boundary import boundary
from kneedrive.errors import NotEnoughData, ReadError, StoreError, one_line
from kneedrive.record import Record
from kneedrive.recording import Activity

if TYPE_CHECKING:
    from kneedrive.analysis.result import Analysis
    from kneedrive.archives.unpack import Guard
    from kneedrive.config import Config
    from kneedrive.report.blocks import Style

Answers = Callable[[tuple[Activity, ...]], Iterator[Answer]]
Opened = Callable[[str], Iterable[tuple[str, bytes | ReadError]]]
RUN = re.compile(r"last|latest|\d{4}-\d\d-\d\d|[0-9a-f]{4,12}(-\d+)?")
STDIN = "-"
PIECE_BYTES, MOST_BYTES = 1 << 20, 256 << 20


class Request(Record, frozen=True, kw_only=True):
    """How a report was asked for."""

    style: Style
    json: bool = False
    explain: bool = False
    full: bool = False
    speed_calibrated: bool = False
    dynamics: str | None = None
    next: str = "kneedrive import FILE"  # the command that goes on from here


def read(data: bytes, name: str = "") -> tuple[Activity, ...]:
    """The activities in the bytes of a FIT, GPX or TCX file, also gzipped or in a zip; the kind is told from the bytes.

    One Activity per session, in order. Raises ReadError (UnknownFormat, Truncated, Malformed, NoActivity) with the
    byte offset where one can be named; of an archive, for the first member that cannot be read.
    """
    found: list[Activity] = []
    for inner, body in _members(data, name):
        found += _activities(body, inner)
    return tuple(found)


def _members(data: bytes, name: str, guard: Guard = nullcontext) -> Iterator[tuple[str, bytes | ReadError]]:
    """The recordings inside the bytes, by name; for one that cannot be unpacked, why. guard: see archives.Limits."""
    from kneedrive import readers

    if readers.sniff(data) not in ("gzip", "zip"):
        return iter([(name, data)])
    from kneedrive import archives

    return archives.unwrap(data, name, archives.Limits(guard=guard))


def _activities(body: bytes | ReadError, name: str) -> tuple[Activity, ...]:
    """The activities of one recording. Raises ReadError."""
    from kneedrive import readers

    if isinstance(body, ReadError):
        raise body
    return readers.read(body, name)


def analyze_files(
    files: list[str], request: Request, settings: Config, stdin: Callable[[], BinaryIO]
) -> Iterator[Answer]:
    """One answer per run in the files; a file that cannot be read is an answer too, and the rest goes on."""

    def reports(activities: tuple[Activity, ...]) -> Iterator[Answer]:
        return (_report(_analyze(activity, request, settings), request) for activity in runs_of(activities))

    return _one_by_one(files, request, lambda file: _opened(file, stdin), reports)


def runs_of(activities: tuple[Activity, ...]) -> tuple[Activity, ...]:
    """The running sessions; all of them where none is a run, so that each can be told what it is."""
    return tuple(activity for activity in activities if activity.is_run) or activities


def examine_files(
    files: list[str], request: Request, settings: Config, stdin: Callable[[], BinaryIO]
) -> Iterator[Answer]:
    """What each file, or the original of each stored run, holds: one answer each, or with JSON one a session."""

    def examined(activities: tuple[Activity, ...]) -> Iterator[Answer]:
        return _examined([_analyze(activity, request, settings) for activity in activities], request)

    return _one_by_one(files, request, lambda file: _stored(file, settings) or _opened(file, stdin), examined)


def _one_by_one(files: list[str], request: Request, opened: Opened, answers: Answers) -> Iterator[Answer]:
    """The answers about each recording in the files; where one cannot be read, or kneedrive fails on it, why."""
    for file in files:
        for name, body in opened(file):
            try:
                with boundary(name):
                    yield from answers(_activities(body, name))
            except ReadError as error:
                yield _unreadable(error, request)


def _examined(analyses: list[Analysis], request: Request) -> Iterator[Answer]:
    if request.json:
        yield from (_report(analysis, request).replace(code=OK, trouble="") for analysis in analyses)
        return
    from kneedrive.report import doctor, terminal

    report = doctor.examination(analyses, miles=request.style.miles)
    yield Answer(text=terminal.render(report, request.style).rstrip("\n"))


def demo(request: Request) -> Answer:
    """The report of the simulated run, through the same path as any file's. Its runner is simulated too."""
    from kneedrive import simulate

    simulated = analyze(simulate.simulate_demo(), runner=simulate.DEMO_RUNNER)
    return _report(simulated, request).replace(code=OK)


def _opened(file: str, stdin: Callable[[], BinaryIO]) -> Iterator[tuple[str, bytes | ReadError]]:
    """What _members gives of a file, or why it cannot be opened."""
    name = "standard input" if file == STDIN else Path(file).name
    try:
        data = _whole(stdin(), name) if file == STDIN else _of_file(Path(file), name)
    except ReadError as error:
        yield name, error
    except IsADirectoryError:
        yield name, ReadError("is a folder; kneedrive import reads folders", name=file)
    except OSError as error:
        yield name, ReadError(f"cannot be opened ({(error.strerror or 'unknown reason').lower()})", name=file)
    else:
        yield from _members(data, name, boundary)


def _stored(spec: str, settings: Config) -> list[tuple[str, bytes | ReadError]]:
    """The originals of the stored run that is meant, or why there are none; nothing where a file can be meant alone."""
    if not RUN.fullmatch(spec) or Path(spec).exists():
        return []
    from kneedrive.app import zone_of
    from kneedrive.app.library import kept

    try:
        with kept(settings) as store:
            row = store.find(spec, zone_of(settings)(datetime.now(UTC)))
            originals = [store.recording(source.outline.id) for source in store.sources(row.id)]
    except (NotEnoughData, StoreError) as error:
        why = str(error).removeprefix(f"{spec}: ")
        return [(spec, ReadError(f"there is no file of that name; {why}", name=spec))]
    if not any(originals):
        return [(spec, ReadError("its original is not kept any more; kneedrive show says what there is", name=spec))]
    return [(each.name, each.body) for each in originals if each]


def _of_file(path: Path, name: str) -> bytes:
    with path.open("rb") as stream:
        return _whole(stream, name)


def _whole(stream: BinaryIO, name: str) -> bytes:
    """All bytes of a stream. Raises ReadError where it does not end soon (a device, a film)."""
    pieces: list[bytes] = []
    while piece := stream.read(PIECE_BYTES):
        pieces.append(piece)
        if len(pieces) * PIECE_BYTES > MOST_BYTES:
            raise ReadError(f"has more than {MOST_BYTES:,} bytes, far more than a run", name=name)
    return b"".join(pieces)


def _analyze(activity: Activity, request: Request, settings: Config) -> Analysis:
    return analyze(
        activity,
        runner=runner_of(settings, activity),
        speed_calibrated=request.speed_calibrated,
        dynamics=dynamics_of(settings, activity, request.dynamics),
    )


def _report(analysis: Analysis, request: Request) -> Answer:
    code = OK if analysis.status == Status.ASSESSED else NOT_ENOUGH
    if request.json:
        from kneedrive.app import analysis_line

        return Answer(text=analysis_line(analysis), trouble=_unassessed(analysis) if code else "", code=code)
    return Answer(text=_text(analysis, request).rstrip("\n"), code=code)


def _text(analysis: Analysis, request: Request) -> str:
    """The first screen, or all sections, or the formulas alone."""
    from kneedrive.advice import do_next
    from kneedrive.report import screen, terminal

    if request.explain:
        from kneedrive.report import explain

        return explain.render(analysis, request.style)
    advice = do_next(analysis, stored=False) if analysis.findings else None
    goes_on = (request.next,) if analysis.findings else ()  # what cannot be judged is worth no history
    context = screen.Context(advice=advice, more=("--full", "--explain", *goes_on))
    sections = screen.all_sections if request.full else screen.first_screen
    return terminal.render(sections(analysis, context, miles=request.style.miles), request.style)


def _unassessed(analysis: Analysis) -> str:
    """What a person reads beside an object that holds no assessment."""
    from kneedrive.report.words import UNASSESSED

    status = UNASSESSED.get(analysis.status, analysis.status)
    return f"kneedrive: {one_line(analysis.activity.name)}: {status}: {analysis.status_reason}"


def _unreadable(error: ReadError, request: Request) -> Answer:
    text = ""
    if request.json:
        from kneedrive.app import error_line

        text = error_line(error)
    return Answer(text=text, trouble=f"kneedrive: {error}", code=FAILED)
