"""Many runners' recordings into Parquet parts: one pure function a recording, on processes here or on a cluster."""

from __future__ import annotations

import csv
import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kneedrive import archives, readers
from kneedrive.analysis import analyze
from kneedrive.analysis.population import base_rates, in_use, joint, level
from kneedrive.analysis.posterior import certainty, leading
from kneedrive.analysis.result import Status
from kneedrive.app import FAILED, NOT_ENOUGH, OK, PARTLY, Answer, line
from kneedrive.app.boundary import boundary
from kneedrive.app.workers import Cluster, Here, Lost, Processes, each
from kneedrive.archives.unpack import Found, Limits
from kneedrive.config import SETTINGS
from kneedrive.errors import ConfigError, NotEnoughData, ReadError, StoreError
from kneedrive.method import Method
from kneedrive.readers import with_sport
from kneedrive.record import Record
from kneedrive.recording import Runner
from kneedrive.report import cohort as words
from kneedrive.sensors import REFERENCES, SensorClass
from kneedrive.store.parquet import (
    EPOCH_COLUMNS,
    MEASURED,
    PARTS_OF_X,
    SPEED_STEP_MPS,
    Parts,
    Rows,
    census,
    need_duckdb,
    odds_column,
    runner_means,
    runner_means_by_speed,
    weighted_mean,
)

if TYPE_CHECKING:
    from kneedrive.analysis.result import Analysis
    from kneedrive.app import Counter as Count
    from kneedrive.report.blocks import Style

# The pure function: one recording, and what is known of its runner, become rows.

VERSION = str(Method().version)
REFUSED = "refused"


class Person(Record, frozen=True, kw_only=True):
    """What a manifest knows of a runner; what it does not say stays empty."""

    runner: str = ""
    sex: str = ""
    height_m: float | None = None
    mass_kg: float | None = None
    birth_year: int | None = None

    def in_year(self, year: int) -> Runner:
        """The runner as the analysis takes them, with the age of a year."""
        age = year - self.birth_year if self.birth_year else None
        return Runner(name=self.runner, height_m=self.height_m, mass_kg=self.mass_kg, age=age)


class Job(Record, frozen=True, kw_only=True):
    """One recording to be examined. body: None where it could not be read, and then reason says why."""

    name: str
    sha256: str
    person: Person
    body: bytes | None = None
    sport: str = ""
    reason: str = ""


def examined(job: Job) -> Rows:
    """The rows of one recording, a few kilobytes: its sessions and their epochs, or why it was refused.

    Pure: the same bytes and person give the same rows, here and on any machine with this version.
    """
    if job.body is None:
        return refused(job, job.reason)
    try:
        with boundary(job.name, quiet=True):
            activities = readers.read(job.body, job.name)
            named = [with_sport(each, job.sport) for each in activities] if job.sport else activities
            analyses = [analyze(each, runner=job.person.in_year(each.started_at.year)) for each in named]
            return Rows(
                runs=tuple(_run(job, session, found) for session, found in enumerate(analyses, start=1)),
                epochs=_joined([_epochs(job, session, found) for session, found in enumerate(analyses, start=1)]),
            )
    except ReadError as error:
        return refused(job, error.located)


def refused(job: Job, reason: str) -> Rows:
    """The one row of a recording that gives no run."""
    return Rows(runs=(_known(job) | {"session": 0, "status": REFUSED, "reason": reason},))


def _known(job: Job) -> dict[str, Any]:
    person = job.person
    return {
        "sha256": job.sha256,
        "name": job.name,
        "runner": person.runner,
        "sex": person.sex,
        "height_m": person.height_m,
        "method": VERSION,
    }


def _run(job: Job, session: int, analysis: Analysis) -> dict[str, Any]:
    activity, epochs = analysis.activity, analysis.epochs
    speed = epochs.columns.get("speed_mps")
    return _known(job) | {
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
        "speed_mps": None if speed is None else weighted_mean(speed, epochs.weight),
        **{name: analysis.scores.z.get(name) for name in PARTS_OF_X},
        **{letter: score.value for letter, score in analysis.scores.items()},
        **{f"{letter}_se": score.se for letter, score in analysis.scores.items()},
        **_judged(analysis),
    }


def _judged(analysis: Analysis) -> dict[str, Any]:
    """The likeliest pattern, how it may be said, the odds of all, and of the knee."""
    posterior = analysis.posterior
    if posterior is None:
        return {}
    first = leading(posterior)[0]
    return {
        "pattern": first.value,
        "certainty": certainty(first, posterior).value,
        **{odds_column(pattern): odds for pattern, odds in posterior.odds.items()},
        "knee_less": analysis.knee.probability_less,
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
        **{name: np.asarray(epochs.columns.get(name, nothing), dtype="f4") for name in MEASURED},
    }


def _joined(sessions: list[dict[str, Any]]) -> dict[str, Any]:
    if not any(len(each["start_s"]) for each in sessions):
        return {}
    return {name: np.concatenate([each[name] for each in sessions]) for name in EPOCH_COLUMNS}


# What is to be examined: a folder, in which each folder is a runner, or a manifest.


MANIFEST_COLUMNS = ("path", "runner", "sex", "height_m", "mass_kg", "birth_year")
SEX_WORDS = {"f": "women", "m": "men", "x": "other"}
_LIMITS = Limits(guard=boundary)


def found_in(place: Path) -> Iterator[tuple[Found, Person]]:
    """Every file of a folder or a manifest, with its runner. Raises ConfigError, StoreError."""
    for path, person in _inside(place) if place.is_dir() else manifest(place):
        for found in archives.walk([path], _LIMITS):
            yield found, person


def _inside(folder: Path) -> Iterator[tuple[Path, Person]]:
    """What lies directly in a folder: each folder is a runner, whose name it has; a file's runner is not known."""
    with _listed(folder):
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    for path in paths:
        yield path, Person(runner=path.name if path.is_dir() else "")


@contextmanager
def _listed(place: Path) -> Iterator[None]:
    """Say in a sentence why a folder or a manifest cannot be read."""
    try:
        yield
    except OSError as error:
        message = f"{place} cannot be read: {error.strerror or error}; name a folder of recordings or a manifest"
        raise StoreError(message) from error


def manifest(file: Path) -> Iterator[tuple[Path, Person]]:
    """The rows of a manifest: a CSV with a heading, of which only `path` must be there; paths from where it lies.

    Raises ConfigError, which names the line, for what cannot be read.
    """
    try:
        with _listed(file), file.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines)
            _headed(file, table.fieldnames or [])
            for row in table:
                with _in_line(file, table.line_num):
                    yield file.parent / str(row["path"]), _person(row)
    except (UnicodeDecodeError, csv.Error) as error:
        message = f"{file} is no CSV in UTF-8 ({error}): a manifest has a heading and a line a recording"
        raise ConfigError(message) from error


def _headed(file: Path, names: Any) -> None:
    unknown = [name for name in names if name not in MANIFEST_COLUMNS]
    if "path" not in names or unknown:
        wrong = f"has a column {unknown[0]!r}" if "path" in names else "has no column 'path'"
        message = f"{file} {wrong}: the columns of a manifest are {', '.join(MANIFEST_COLUMNS)}"
        raise ConfigError(message)


@contextmanager
def _in_line(file: Path, number: int) -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        message = f"{file}, line {number}: {error}"
        raise ConfigError(message) from None


def _person(row: Mapping[str, str | None]) -> Person:
    """Raises ConfigError, which names the column."""
    if not row.get("path") or "\0" in str(row["path"]):
        message = "names no path"
        raise ConfigError(message)
    sex = (row.get("sex") or "").lower()
    if sex and sex not in SEX_WORDS:
        message = f"sex must be f, m, x or nothing, not {sex!r}"
        raise ConfigError(message)
    told: dict[str, Any] = {}
    for setting in SETTINGS:
        key = setting.key.removeprefix("runner.")
        if key not in ("height_m", "mass_kg", "birth_year"):
            continue
        try:
            told[key] = setting.parse(row[key]) if row.get(key) else None
        except ConfigError as error:
            message = f"{key} {error}"
            raise ConfigError(message) from None
    born = told.pop("birth_year")
    return Person(runner=row.get("runner") or "", sex=sex, birth_year=int(born) if born else None, **told)


# The use case.


class Asked(Record, frozen=True, kw_only=True):
    """What to do: from where, where to, and by whom. processes: None for one a core, 1 for none but this."""

    place: Path
    to: Path
    scheduler: str = ""
    processes: int | None = None
    count: Count | None = None


class _Known:
    """What the cohort held before, and what was met since: a recording is examined once, whatever it is called.

    One that could not be read is known by its name alone, which others may have too, so those of a name are counted.
    changed: recordings that came again with another runner, sex or height than in their rows.
    """

    def __init__(self, parts: Parts) -> None:
        held = parts.ask("SELECT sha256, name, runner, sex, height_m, method FROM runs WHERE session <= 1")
        other = set(held["method"]) - {VERSION}
        if other:
            message = f"{parts.folder} is of method version {', '.join(other)}, this is {VERSION}: name a new folder"
            raise StoreError(message)
        people = zip(held["runner"], held["sex"], held["height_m"].round(2), strict=True)
        self._people = {
            _key(sha256): (str(runner), str(sex), float(h))
            for sha256, (runner, sex, h) in zip(held["sha256"], people, strict=True)
        }
        self._unread = Counter(held["name"][held["sha256"] == ""].tolist())
        self.changed = 0

    def holds(self, job: Job) -> bool:
        """Whether there are rows of this recording, or will be. Notes it as met."""
        if not job.sha256:
            self._unread[job.name] -= 1
            return self._unread[job.name] >= 0
        key, person = _key(job.sha256), job.person
        before = self._people.get(key)
        if before is None:
            self._people[key] = (person.runner, person.sex, round(person.height_m or math.nan, 2))
            return False
        same_height = person.height_m is None or round(person.height_m, 2) == round(before[2], 2)
        self.changed += (person.runner, person.sex) != before[:2] or not same_height
        return True


def _key(sha256: str) -> bytes:
    """What a recording is known by: half of the hash of its content is enough."""
    return bytes.fromhex(sha256[:32])


def examine(asked: Asked, style: Style, *, json: bool) -> Answer:
    """Every recording that the cohort does not hold yet, into new parts. Raises StoreError, ConfigError,
    Unreachable.
    """
    told: Counter[str] = Counter()
    need_duckdb()
    with _alone(asked.to), Parts(asked.to, create=True) as parts:
        known = _Known(parts)
        try:
            with _crew(asked) as crew:
                for job, rows in each(examined, _jobs(asked, known, told), crew):
                    _keep(job, rows, parts, told)
        except KeyboardInterrupt:
            parts.flush()
            kept = sum(told[status] for status in told.keys() - {"held", "skipped"})
            message = f"{kept:,} recordings are kept; the same command goes on from there"
            raise KeyboardInterrupt(message) from None
    summary = words.Examined(counts=dict(told), changed=known.changed, folder=str(asked.to))
    code = PARTLY if told[REFUSED] else OK
    if told[REFUSED] and told.keys() <= {REFUSED, "skipped"}:
        code = FAILED
    return Answer(text=line(words.examined_record(summary)) if json else words.examined(summary, style), code=code)


def _jobs(asked: Asked, known: _Known, told: Counter[str]) -> Iterator[Job]:
    """What is to be examined, counted as it comes."""
    total = sum(not found.skipped for found, _ in found_in(asked.place)) if asked.count else 0
    done = 0
    for found, person in found_in(asked.place):
        if found.skipped:
            told["skipped"] += 1
            continue
        job = _job(found, person)
        if known.holds(job):
            told["held"] += 1
        else:
            yield job
        done += 1
        if asked.count:
            asked.count(done, total)


def _job(found: Found, person: Person) -> Job:
    name = found.name.encode("utf-8", "backslashreplace").decode()  # bytes that are no text cannot be stored
    try:
        body = found.read()
    except ReadError as error:
        return Job(name=name, sha256="", person=person, reason=error.located)
    digest = hashlib.sha256(body).hexdigest()
    return Job(name=name, sha256=digest, person=person, body=body, sport=found.sport)


def _keep(job: Job, rows: Rows | Lost, parts: Parts, told: Counter[str]) -> None:
    """The rows of a recording into the parts, and its status counted."""
    if isinstance(rows, Lost):
        rows = refused(job, "ended the process that worked on it, twice: perhaps it needs more memory than there is")
    methods = {row["method"] for row in rows.runs} - {VERSION}
    if methods:
        message = (
            f"the workers have method version {', '.join(methods)}, this is {VERSION}: install the same everywhere"
        )
        raise ConfigError(message)
    parts.add(rows)
    statuses = {row["status"] for row in rows.runs}
    told["assessed" if Status.ASSESSED in statuses else REFUSED if REFUSED in statuses else "unassessed"] += 1


def _crew(asked: Asked) -> Cluster | Processes | Here:
    if asked.scheduler:
        return Cluster(asked.scheduler)
    return Here() if asked.processes == 1 else Processes(asked.processes)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The only writer of a folder. Raises StoreError where another writes to it, or nobody can."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock", timeout=0)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        message = f"another kneedrive writes to {folder}: wait until it is done, or name another folder with --to"
        raise StoreError(message) from None
    except OSError as error:
        message = f"{folder}: {error.strerror or error}; name another folder with --to"
        raise StoreError(message) from error
    try:
        yield
    finally:
        lock.release()


# The population of a cohort against the reference.


HEIGHTS_M = ((0.0, 1.60), (1.60, 1.70), (1.70, 1.80), (1.80, math.inf))
NAMES = ("zSL", "zDF", "zk")


def report(folder: Path, style: Style, *, json: bool) -> Answer:
    """What the cohort in a folder says about the method. Raises NotEnoughData where there is none."""
    if not folder.is_dir():
        message = f"{folder}: there is no cohort; kneedrive cohort DIR --to {folder} makes one"
        raise NotEnoughData(message)
    with Parts(folder) as parts:
        if parts.empty:
            message = f"{folder} holds no part of a cohort: kneedrive cohort DIR --to {folder} makes one"
            raise NotEnoughData(message)
        found = population_of(census(parts), runner_means(parts), runner_means_by_speed(parts))
    text = line(words.population_record(found)) if json else words.population(found, style)
    return Answer(text=text, code=OK if found.runners else NOT_ENOUGH)


def population_of(counted: Mapping[str, Any], means: Mapping[str, Any], paced: Mapping[str, Any]) -> words.Population:
    """From the three questions of store.parquet: what there is, runner means, and runner means by speed."""
    status, runs = np.asarray(counted["status"]), counted["runs"]
    assessed, turned_away = status == Status.ASSESSED, status == REFUSED
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
        groups=[*_groups(means), *_paced(paced)],
        shares=[
            words.Share(pattern=pattern, base_rate=rate, here=level(means[odds_column(pattern)]))
            for pattern, rate in base_rates(Method()).items()
        ],
        joint=joint(means),
        used=in_use(means, Method()),
    )


def _group(by: str, name: str, columns: Mapping[str, Any], there: Any, sensor: str = "") -> words.Group:
    parts = {part: level(columns[part][there], _noise(columns, part, there)) for part in NAMES}
    return words.Group(by=by, sensor=sensor, name=name, runners=int(there.sum()), parts=parts)


def _noise(columns: Mapping[str, Any], part: str, there: Any) -> Any:
    own = columns.get(f"{part}_{part}")
    return None if own is None else own[there]


def _groups(means: Mapping[str, Any]) -> Iterator[words.Group]:
    sensors, sexes, height = np.asarray(means["sensor"]), np.asarray(means["sex"]), means["height_m"]
    for sensor in np.unique(sensors):
        yield _group("sensor", REFERENCES[SensorClass(sensor)].short, means, sensors == sensor)
    for sex in np.unique(sexes[sexes != ""]):
        yield _group("sex", SEX_WORDS[str(sex)], means, sexes == sex)
    for low, high in HEIGHTS_M:
        there = (height >= low) & (height < high)
        if there.any():
            name = f"{low:.2f} m and more" if high == math.inf else f"{low:.2f} to {high:.2f} m"
            yield _group("height", name if low else f"under {high:.2f} m", means, there)


def _paced(paced: Mapping[str, Any]) -> Iterator[words.Group]:
    sensors, low = np.asarray(paced["sensor"]), paced["low_mps"]
    for sensor in np.unique(sensors):
        for start in np.unique(low[sensors == sensor]):
            there = (sensors == sensor) & (low == start)
            name = f"{start:.1f} to {start + SPEED_STEP_MPS:.1f} m/s"
            yield _group("speed", name, paced, there, str(sensor))
