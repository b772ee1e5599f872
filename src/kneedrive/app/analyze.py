"""One run from its bytes to a report: analyze, doctor, demo."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kneedrive import app, readers
from kneedrive.analysis import analyze
from kneedrive.analysis.result import Status
from kneedrive.app import FAILED, NOT_ENOUGH, OK, USAGE, Answer, dynamics_of, error_line, runner_in, zone_of
from kneedrive.app.boundary import boundary
from kneedrive.errors import ConfigError, NotEnoughData, ReadError, StoreError, one_line
from kneedrive.recording import Activity

if TYPE_CHECKING:
    from kneedrive.analysis.result import Analysis
    from kneedrive.archives.unpack import Guard
    from kneedrive.config import Config
    from kneedrive.report.blocks import Section
    from kneedrive.report.screen import Context

Answers = Callable[[tuple[Activity, ...]], Iterator[Answer]]
Member = tuple[str, bytes | ReadError | ConfigError]  # the name of a recording, and its bytes or why there are none
Opened = Callable[[str], Iterable[Member]]
# What can mean a stored run: the last one, one of a day, one whose id begins so.
RUN = re.compile(r"last|latest|\d{4}-\d\d-\d\d|[0-9a-f]{4,12}(-\d+)?")
STDIN = "-"
# No watch writes as much for a run; a device or a film ends late or never.
PIECE_BYTES, MOST_BYTES = 1 << 20, 256 << 20


class Request(app.Request, frozen=True, kw_only=True):
    """How the report of a file was asked for. next: the command that goes on from here."""

    speed_calibrated: bool = False
    next: str = "kneedrive import FILE"


def read(data: bytes, name: str = "") -> tuple[Activity, ...]:
    """The activities in the bytes of a FIT, GPX or TCX file, also gzipped or in a zip; the kind is told from the bytes.

    One Activity per session, in order. Raises ReadError (UnknownFormat, Truncated, Malformed, NoActivity) with the
    byte offset where one can be named; of an archive, for the first member that cannot be read.
    """
    return tuple(activity for member in _members(data, name) for activity in _activities(*member))


def _members(data: bytes, name: str, guard: Guard = nullcontext) -> Iterator[Member]:
    """The recordings inside the bytes, by name; for one that cannot be unpacked, why. guard: see archives.Limits."""
    if readers.sniff(data) not in readers.ARCHIVES:
        return iter([(name, data)])
    from kneedrive import archives

    return archives.unwrap(data, name, archives.Limits(guard=guard))


def _activities(name: str, body: bytes | ReadError | ConfigError) -> tuple[Activity, ...]:
    """The activities of one recording. Raises ReadError, and the error that stands in the place of the bytes."""
    if not isinstance(body, bytes):
        raise body
    return readers.read(body, name)


def analyze_files(files: list[str], request: Request, settings: Config) -> Iterator[Answer]:
    """One answer per run in the files; a file that cannot be read is an answer too, and the rest goes on."""

    def reports(activities: tuple[Activity, ...]) -> Iterator[Answer]:
        runs = tuple(activity for activity in activities if activity.is_run)
        for activity in runs or activities:  # where none is a run, each is told what it is
            yield _report(_analyze(activity, request, settings), request)

    return _one_by_one(files, request, _opened, reports)


def examine_files(files: list[str], request: Request, settings: Config) -> Iterator[Answer]:
    """What each file, or the original of each stored run, holds: one answer each, or with JSON one a session."""

    def examined(activities: tuple[Activity, ...]) -> Iterator[Answer]:
        analyses = [_analyze(activity, request, settings) for activity in activities]
        if request.json:
            yield from (_report(analysis, request).replace(code=OK, trouble="") for analysis in analyses)
            return
        from kneedrive.report import doctor

        yield Answer.laid_out(doctor.examination(analyses, miles=request.style.miles), request.style)

    return _one_by_one(files, request, lambda file: _stored(file, settings) or _opened(file), examined)


def _one_by_one(files: list[str], request: Request, opened: Opened, answers: Answers) -> Iterator[Answer]:
    """The answers about each recording in the files; where one cannot be read, or kneedrive fails on it, why."""
    for file in files:
        for name, body in opened(file):
            try:
                with boundary(name):
                    yield from answers(_activities(name, body))
            except (ReadError, ConfigError) as error:
                text = error_line(error) if request.json else ""
                code = USAGE if isinstance(error, ConfigError) else FAILED
                yield Answer(text=text, trouble=f"kneedrive: {error}", code=code)


def demo(request: Request) -> Answer:
    """The report of the simulated run, through the same path as any file's. Its runner is simulated too."""
    from kneedrive import simulate

    simulated = analyze(simulate.simulate_demo(), runner=simulate.DEMO_RUNNER)
    return _report(simulated, request).replace(code=OK)


def _opened(file: str) -> Iterator[Member]:
    """What _members gives of a file or of standard input, or why it cannot be opened."""
    name = "standard input" if file == STDIN else Path(file).name
    try:
        # Standard input is not ours to close.
        pieces: list[bytes] = []
        with nullcontext(sys.stdin.buffer) if file == STDIN else Path(file).open("rb") as stream:
            while len(pieces) * PIECE_BYTES <= MOST_BYTES and (piece := stream.read(PIECE_BYTES)):
                pieces.append(piece)
    except IsADirectoryError:
        yield name, ReadError("is a folder; kneedrive import reads folders", name=file)
    except OSError as error:
        yield name, ReadError(f"cannot be opened ({(error.strerror or 'unknown reason').lower()})", name=file)
    else:
        if len(pieces) * PIECE_BYTES > MOST_BYTES:  # a device, a film
            yield name, ReadError(f"has more than {MOST_BYTES:,} bytes, far more than a run", name=name)
        else:
            yield from _members(b"".join(pieces), name, boundary)


def _stored(spec: str, settings: Config) -> list[Member]:
    """The originals of the stored run that is meant, or why there are none; nothing where a file can be meant alone."""
    if not RUN.fullmatch(spec) or Path(spec).exists():
        return []
    from kneedrive.app.library import kept

    try:
        with kept(settings) as store:
            row = store.find(spec, zone_of(settings)(datetime.now(UTC)))
            originals = [store.recording(source.outline.id) for source in store.sources(row.id)]
    except ConfigError as error:  # whose run is not said; the files beside it are read all the same
        return [(spec, error)]
    except (NotEnoughData, StoreError) as error:
        why = str(error).removeprefix(f"{spec}: ")
        return [(spec, ReadError(f"there is no file of that name; {why}", name=spec))]
    if not any(originals):
        return [(spec, ReadError("its original is not kept any more; kneedrive show says what there is", name=spec))]
    return [(each.name, each.body) for each in originals if each]


def _analyze(activity: Activity, request: Request, settings: Config) -> Analysis:
    return analyze(
        activity,
        runner=runner_in(settings, activity.started_at.year),
        speed_calibrated=request.speed_calibrated,
        dynamics=dynamics_of(settings, activity, request.dynamics),
    )


def _report(analysis: Analysis, request: Request) -> Answer:
    code = OK if analysis.status == Status.ASSESSED else NOT_ENOUGH
    if not request.json:
        from kneedrive.advice import do_next
        from kneedrive.report.screen import Context

        advice = do_next(analysis, stored=False) if analysis.findings else None
        goes_on = (request.next,) if analysis.findings else ()  # what cannot be judged is worth no history
        context = Context(advice=advice, more=("--full", "--explain", *goes_on))
        return laid_out(analysis, context, request).replace(code=code)
    from kneedrive.report.machine import analysis_record
    from kneedrive.report.words import UNASSESSED

    trouble = ""
    if code != OK:  # what a person reads beside an object that holds no assessment
        status = UNASSESSED.get(analysis.status, analysis.status)
        trouble = f"kneedrive: {one_line(analysis.activity.name)}: {status}: {analysis.status_reason}"
    return Answer.objects([analysis_record(analysis)], code).replace(trouble=trouble)


def laid_out(analysis: Analysis, context: Context, request: app.Request, history: Sequence[Section] = ()) -> Answer:
    """The first screen of a run, or all sections, or the formulas alone. history: what --full adds from the store."""
    from kneedrive.report import screen

    miles = request.style.miles
    if request.explain:
        from kneedrive.report import explain

        report = explain.sections(analysis, miles=miles)
    elif request.full:
        report = screen.all_sections(analysis, context, miles=miles, history=history)
    else:
        report = screen.first_screen(analysis, context, miles=miles)
    return Answer.laid_out(report, request.style)
