"""Many runners' recordings into Parquet parts: one pure function a recording, on processes here or on a cluster."""

from __future__ import annotations

import csv
import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kneedrive import archives, readers
from kneedrive.analysis import analyze
from kneedrive.analysis.population import base_rates, in_use, joint, level
from kneedrive.analysis.posterior import certainty, leading
from kneedrive.analysis.result import Status
from kneedrive.app import FAILED, NOT_ENOUGH, OK, PARTLY, Answer
from kneedrive.app.boundary import boundary
from kneedrive.app.workers import Cluster, Crew, Here, Lost, Processes, each
from kneedrive.archives.unpack import Found, Limits
from kneedrive.config import SETTINGS
from kneedrive.errors import ConfigError, NotEnoughData, ReadError, StoreError
from kneedrive.method import Method
from kneedrive.readers import with_sport
from kneedrive.record import Record
from kneedrive.recording import Runner
from kneedrive.report import cohort as words
from kneedrive.report.cohort import Became
from kneedrive.sensors import REFERENCES, SensorClass
from kneedrive.stats import weighted_mean
from kneedrive.store import parquet
from kneedrive.store.parquet import Parts, Rows

if TYPE_CHECKING:
    from kneedrive import app
    from kneedrive.analysis.result import Analysis
    from kneedrive.report.blocks import Style

# The pure function: one recording, and what is known of its runner, become rows.

VERSION = str(Method().version)


class Person(Record, frozen=True, kw_only=True):
    """What a manifest knows of a runner; what it does not say stays empty."""

    runner: str = ""
    sex: str = ""
    height_m: float | None = None
    mass_kg: float | None = None
    birth_year: float | None = None

    def in_year(self, year: int) -> Runner:
        """The runner as the analysis takes them, with the age of a year."""
        age = year - int(self.birth_year) if self.birth_year else None
        return Runner(name=self.runner, height_m=self.height_m, mass_kg=self.mass_kg, age=age)


class Job(Record, frozen=True, kw_only=True):
    """One recording to be examined. body: None where it could not be read, and then reason says why."""

    name: str
    person: Person
    sport: str = ""
    body: bytes | None = None
    sha256: str = ""
    reason: str = ""


def examined(job: Job) -> Rows:
    """The rows of one recording, a few kilobytes: its sessions and their epochs, or why it was refused.

    Pure: the same bytes and person give the same rows, here and on any machine with this version.
    """
    if job.body is None:
        return refused(job, job.reason)
    try:
        with boundary(job.name, quiet=True):
            activities = [with_sport(each, job.sport) for each in readers.read(job.body, job.name)]
            found = [analyze(each, runner=job.person.in_year(each.started_at.year)) for each in activities]
            runs = tuple(_run(job, session, each) for session, each in enumerate(found, start=1))
            epochs = [_epochs(job, session, each) for session, each in enumerate(found, start=1)]
            if not any(len(each["start_s"]) for each in epochs):
                return Rows(runs=runs)
            joined = {name: np.concatenate([each[name] for each in epochs]) for name in parquet.EPOCH_COLUMNS}
            return Rows(runs=runs, epochs=joined)
    except ReadError as error:
        return refused(job, error.located)


def refused(job: Job, reason: str) -> Rows:
    """The one row of a recording that gives no run."""
    return Rows(runs=(_of(job) | {"session": 0, "status": Became.REFUSED, "reason": reason},))


def _of(job: Job) -> dict[str, Any]:
    said = {name: getattr(job.person, name) for name in ("runner", "sex", "height_m")}
    return {"sha256": job.sha256, "name": job.name, **said, "method": VERSION}


def _run(job: Job, session: int, analysis: Analysis) -> dict[str, Any]:
    activity, epochs = analysis.activity, analysis.epochs
    speed = epochs.columns.get("speed_mps")
    judged: dict[str, Any] = {}
    if posterior := analysis.posterior:
        first = leading(posterior)[0]
        odds = {parquet.odds_column(pattern): share for pattern, share in posterior.odds.items()}
        judged = {"pattern": first.value, "certainty": certainty(first, posterior).value, **odds}
        judged["knee_less"] = analysis.knee.probability_less
    return _of(job) | {
        "session": session,
        "height_m": analysis.runner.height_m,
        "age": analysis.runner.age,
        "started_at": activity.started_at,
        "utc_offset_s": activity.utc_offset_s,
        "device": " ".join(part for part in (activity.device.maker, activity.device.product) if part),
        "sensor": analysis.provenance,
        "surface": analysis.surface,
        "status": analysis.status,
        "reason": analysis.status_reason,
        "duration_s": activity.duration_s,
        "distance_m": activity.distance_m,
        "epochs_total": len(epochs),
        "epochs_scored": int(epochs.scored.sum()),
        "speed_mps": None if speed is None else float(weighted_mean(speed, epochs.weight)),
        **{name: analysis.scores.z.get(name) for name in parquet.PARTS_OF_X},
        **{letter: score.value for letter, score in analysis.scores.items()},
        **{f"{letter}_se": score.se for letter, score in analysis.scores.items()},
        **judged,
    }


def _epochs(job: Job, session: int, analysis: Analysis) -> dict[str, Any]:
    """The half-minutes of a session as columns; what was not measured is NaN."""
    epochs = analysis.epochs
    nothing = np.full(len(epochs), np.nan, dtype="f4")
    said = {"sha256": job.sha256, "runner": job.person.runner, "sensor": analysis.provenance}
    return {
        **{name: np.full(len(epochs), text, dtype=object) for name, text in said.items()},
        "session": np.full(len(epochs), session, dtype="i4"),
        "start_s": epochs.start_s.astype("f4"),
        "scored": np.asarray(epochs.scored),
        "weight": epochs.weight.astype("f4"),
        "reason": epochs.reason.astype(object),
        **{name: np.asarray(epochs.columns.get(name, nothing), dtype="f4") for name in parquet.MEASURED},
    }


# What is to be examined: a folder, in which each folder is a runner, or a manifest.


MANIFEST_COLUMNS = ("path", "runner", "sex", "height_m", "mass_kg", "birth_year")
SEX_WORDS = {"f": "women", "m": "men", "x": "other"}
_NUMBERS = {
    key: setting.parse
    for setting in SETTINGS
    if (key := setting.key.removeprefix("runner.")) in ("height_m", "mass_kg", "birth_year")
}


def found_in(place: Path) -> Iterator[tuple[Found, Person]]:
    """Every file of a folder or a manifest, with its runner. Raises ConfigError, StoreError."""
    try:
        listed = manifest(place)
        if place.is_dir():  # what lies directly in it: a folder is a runner, whose name it has; a file's is not known
            inside = (path for path in sorted(place.iterdir()) if not path.name.startswith("."))
            listed = ((path, Person(runner=path.name if path.is_dir() else "")) for path in inside)
        for path, person in listed:
            for found in archives.walk([path], Limits(guard=boundary)):
                yield found, person
    except OSError as error:
        remedy = "name a folder of recordings or a manifest"
        raise StoreError(f"{place} cannot be read: {error.strerror or error}; {remedy}") from error


def manifest(file: Path) -> Iterator[tuple[Path, Person]]:
    """The rows of a manifest: a CSV with a heading, of which only `path` must be there; paths from where it lies.

    Raises ConfigError, which names the line, for what cannot be read; OSError.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines)
            names = table.fieldnames or []
            unknown = [name for name in names if name not in MANIFEST_COLUMNS]
            if "path" not in names or unknown:
                wrong = f"has a column {unknown[0]!r}" if "path" in names else "has no column 'path'"
                raise ConfigError(f"{file} {wrong}: the columns of a manifest are {', '.join(MANIFEST_COLUMNS)}")
            for row in table:
                try:
                    person = _person(row)
                except ConfigError as error:
                    raise ConfigError(f"{file}, line {table.line_num}: {error}") from None
                yield file.parent / str(row["path"]), person
    except (UnicodeDecodeError, csv.Error) as error:
        form = "a manifest has a heading and a line a recording"
        raise ConfigError(f"{file} is no CSV in UTF-8 ({error}): {form}") from error


def _person(row: Mapping[str, str | None]) -> Person:
    """Raises ConfigError, which names the column."""
    if not row.get("path") or "\0" in str(row["path"]):
        raise ConfigError("names no path")
    sex = (row.get("sex") or "").lower()
    if sex and sex not in SEX_WORDS:
        raise ConfigError(f"sex must be f, m, x or nothing, not {sex!r}")
    told: dict[str, Any] = {}
    for key, parse in _NUMBERS.items():
        try:
            told[key] = parse(row[key]) if row.get(key) else None
        except ConfigError as error:
            raise ConfigError(f"{key} {error}") from None
    return Person(runner=row.get("runner") or "", sex=sex, **told)


# The use case.


class Asked(Record, frozen=True, kw_only=True):
    """What to do: from where, where to, and by whom. processes: None for one a core, 1 for none but this."""

    place: Path
    to: Path
    scheduler: str = ""
    processes: int | None = None
    count: app.Counter | None = None


class _Known:
    """What the cohort held before, and what was met since: a recording is examined once, whatever it is called.

    One that could not be read is known by its name alone, which others may have too, so those of a name are counted.
    changed: recordings that came again with another runner, sex or height than in their rows.
    """

    def __init__(self, parts: Parts) -> None:
        held = parts.ask("SELECT sha256, name, runner, sex, height_m, method FROM runs WHERE session <= 1")
        other = set(held["method"]) - {VERSION}
        if other:
            versions = f"is of method version {', '.join(other)}, this is {VERSION}"
            raise StoreError(f"{parts.folder} {versions}: name a new folder")
        columns = (held["sha256"], held["runner"], held["sex"], held["height_m"].round(2))
        self._people = {
            # Half of a hash tells recordings apart, and millions of them are held in memory.
            bytes.fromhex(sha256[:32]): (str(runner), str(sex), float(height_m))
            for sha256, runner, sex, height_m in zip(*columns, strict=True)
        }
        self._unread: Counter[str] = Counter(held["name"][held["sha256"] == ""].tolist())
        self.changed = 0

    def holds(self, job: Job) -> bool:
        """Whether there are rows of this recording, or will be. Notes it as met."""
        if not job.sha256:
            self._unread[job.name] -= 1
            return self._unread[job.name] >= 0
        key, person = bytes.fromhex(job.sha256[:32]), job.person
        before = self._people.get(key)
        if before is None:
            self._people[key] = (person.runner, person.sex, round(person.height_m or math.nan, 2))
            return False
        same_height = person.height_m is None or round(person.height_m, 2) == round(before[2], 2)
        self.changed += (person.runner, person.sex) != before[:2] or not same_height
        return True


def examine(asked: Asked, style: Style, *, json: bool) -> Answer:
    """Every recording that the cohort does not hold yet, into new parts.

    Raises NotEnoughData where there is no recording, StoreError, ConfigError, Unreachable.
    """
    told: Counter[Became] = Counter()
    parquet.need_duckdb()
    with _alone(asked.to), Parts(asked.to, create=True) as parts:
        known = _Known(parts)
        try:
            with _crew(asked) as crew:
                for job, rows in each(examined, _jobs(asked, known, told), crew):
                    _keep(job, rows, parts, told)
        except KeyboardInterrupt:
            parts.flush()
            kept = sum(told[status] for status in told.keys() - {Became.HELD, Became.SKIPPED})
            raise KeyboardInterrupt(f"{kept:,} recordings are kept; the same command goes on from there") from None
    if told.keys() <= {Became.SKIPPED}:
        raise NotEnoughData(f"{asked.place} holds no FIT, GPX or TCX file: name a folder of recordings or a manifest")
    code = PARTLY if told[Became.REFUSED] else OK
    if told.keys() <= {Became.REFUSED, Became.SKIPPED}:
        code = FAILED
    summary = words.Examined(counts=dict(told), changed=known.changed, folder=str(asked.to))
    if json:
        return Answer.objects([words.examined_record(summary)], code)
    return Answer.laid_out(words.examined(summary), style, code)


def _jobs(asked: Asked, known: _Known, told: Counter[Became]) -> Iterator[Job]:
    # A bar has to know the end, so all is walked twice.
    total = sum(not found.skipped for found, _ in found_in(asked.place)) if asked.count else 0
    done = 0
    for found, person in found_in(asked.place):
        if found.skipped:
            told[Became.SKIPPED] += 1
            continue
        # Bytes that are no text cannot be stored as a name.
        job = Job(name=found.name.encode("utf-8", "backslashreplace").decode(), person=person, sport=found.sport)
        try:
            body = found.read()
            job = job.replace(body=body, sha256=hashlib.sha256(body).hexdigest())
        except ReadError as error:
            job = job.replace(reason=error.located)
        if known.holds(job):
            told[Became.HELD] += 1
        else:
            yield job
        done += 1
        if asked.count:
            asked.count(done, total)


def _keep(job: Job, rows: Rows | Lost, parts: Parts, told: Counter[Became]) -> None:
    if isinstance(rows, Lost):
        rows = refused(job, "ended the process that worked on it, twice: perhaps it needs more memory than there is")
    methods = {row["method"] for row in rows.runs} - {VERSION}
    if methods:
        versions = f"the workers have method version {', '.join(methods)}, this is {VERSION}"
        raise ConfigError(f"{versions}: install the same everywhere")
    parts.add(rows)
    statuses = {row["status"] for row in rows.runs}
    told[next((each for each in (Became.ASSESSED, Became.REFUSED) if each in statuses), Became.UNASSESSED)] += 1


def _crew(asked: Asked) -> Crew:
    if asked.scheduler:
        return Cluster(asked.scheduler)
    return Here() if asked.processes == 1 else Processes(asked.processes)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The only writer of a folder. Raises StoreError where another writes to it, or nobody can."""
    from filelock import FileLock, Timeout

    with parquet.on_disk(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            held = FileLock(folder / ".lock", timeout=0).acquire()
        except Timeout:
            wait = "wait until it is done, or name another folder with --to"
            raise StoreError(f"another kneedrive writes to {folder}: {wait}") from None
    with held:
        yield


# The population of a cohort against the reference.


def report(folder: Path, style: Style, *, json: bool) -> Answer:
    """What the cohort in a folder says about the method. Raises NotEnoughData where there is none."""
    if not folder.is_dir():
        raise NotEnoughData(f"{folder}: there is no cohort; kneedrive cohort DIR --to {folder} makes one")
    with Parts(folder) as parts:
        counted = parquet.census(parts)
        if not len(counted["runs"]):
            raise NotEnoughData(f"{folder} holds no part of a cohort: kneedrive cohort DIR --to {folder} makes one")
        found = population_of(counted, parquet.runner_means(parts), parquet.runner_means_by_speed(parts))
    code = OK if found.runners else NOT_ENOUGH
    if json:
        return Answer.objects([words.population_record(found)], code)
    return Answer.laid_out(words.population(found), style, code)


def population_of(counted: Mapping[str, Any], means: Mapping[str, Any], paced: Mapping[str, Any]) -> words.Population:
    """From the three questions of store.parquet: what there is, runner means, and runner means by speed."""
    status, runs = np.asarray(counted["status"]), counted["runs"]
    assessed, turned_away = status == Status.ASSESSED, status == Became.REFUSED
    others = {str(each): int(runs[status == each].sum()) for each in dict.fromkeys(status[~assessed & ~turned_away])}
    reasons = zip(counted["reason"][turned_away], runs[turned_away], strict=True)
    return words.Population(
        recordings=int(counted["recordings"].sum()),
        runs=int(means["runs"].sum()),
        runners=len(means["runner"]),
        without_runner=int(counted["nameless"][assessed].sum()),
        sensors=[
            words.Sensors(sensor=str(sensor), runners=int(runners), runs=int(of), epochs=int(epochs))
            for sensor, runners, of, epochs in zip(
                *(counted[name][assessed] for name in ("sensor", "runners", "runs", "epochs")), strict=True
            )
        ],
        others=others,
        refused={str(reason): int(count) for reason, count in reasons},
        groups=list(_groups(means, paced)),
        shares=[
            words.Share(pattern=pattern, base_rate=rate, here=level(means[parquet.odds_column(pattern)]))
            for pattern, rate in base_rates().items()
        ],
        joint=joint(means),
        used=in_use(means),
    )


def _group(by: str, name: str, columns: Mapping[str, Any], there: Any, sensor: str = "") -> words.Group:
    parts = {}
    for part in parquet.PARTS_OF_X[:3]:
        noise = columns.get(f"{part}_{part}")
        parts[part] = level(columns[part][there], None if noise is None else noise[there])
    return words.Group(by=by, sensor=sensor, name=name, runners=int(there.sum()), parts=parts)


def _groups(means: Mapping[str, Any], paced: Mapping[str, Any]) -> Iterator[words.Group]:
    sensors, sexes, height = np.asarray(means["sensor"]), np.asarray(means["sex"]), means["height_m"]
    for sensor in np.unique(sensors):
        yield _group("sensor", REFERENCES[SensorClass(sensor)].short, means, sensors == sensor)
    for sex in np.unique(sexes[sexes != ""]):
        yield _group("sex", SEX_WORDS[str(sex)], means, sexes == sex)
    for low, high in ((0.0, 1.60), (1.60, 1.70), (1.70, 1.80), (1.80, math.inf)):
        there = (height >= low) & (height < high)
        if there.any():
            name = f"{low:.2f} m and more" if high == math.inf else f"{low:.2f} to {high:.2f} m"
            yield _group("height", name if low else f"under {high:.2f} m", means, there)
    sensors, starts = np.asarray(paced["sensor"]), paced["low_mps"]
    for sensor, start in product(np.unique(sensors), np.unique(starts)):
        there = (sensors == sensor) & (starts == start)
        if there.any():
            name = f"{start:.1f} to {start + parquet.SPEED_STEP_MPS:.1f} m/s"
            yield _group("speed", name, paced, there, str(sensor))
