"""What a source is (a Protocol of two calls), and what a sync has to do with its list, decided without doing it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from kneedrive.errors import Forbidden, NotAuthorised, SourceError, Unreachable, Withheld
from kneedrive.record import Record

# What is dated outside was not recorded by a watch: its date is taken for unknown.
EARLIEST, LATEST = datetime(1989, 12, 31, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
NOT_A_RUN, NO_ID = "not a run", "has no id in the service's list, so it cannot be asked for"  # reasons to skip


class Listed(Record, frozen=True, kw_only=True):
    """One activity as a source announces it."""

    id: str  # the source's own, as text (they pass 32 bits)
    version: str  # changes when the content does
    started_at: datetime | None  # aware UTC, None where the source does not say
    sport: str  # FIT word
    skip: str = ""  # why it is not worth fetching, "" where it is
    shoe: str = ""  # the source's id of the shoes that were worn, and behind a blank their name where the list tells it
    summary: Mapping[str, Any] = {}  # what the source said, for `fetch`; never stored as it is
    complete: bool = False  # `summary` is all there is: `fetch` asks nobody and proves nothing about the service


class Fetched(Record, frozen=True, kw_only=True):
    """The bytes of one activity. expires_at: when `body` must be gone again; None: it is the runner's own file."""

    source: str
    id: str
    version: str
    format: str
    name: str
    body: bytes
    fetched_at: datetime
    expires_at: datetime | None = None


class Context(Record, frozen=True, kw_only=True):
    """What a source of another package is made with."""

    folder: Path  # kneedrive's own, for what it must keep (0600)
    clock: Callable[[], datetime]  # aware UTC
    wait: Callable[[datetime], object] | None = None  # sleeps through a rate limit; None: raise RateLimited instead


class Source(Protocol):
    """A service that lists activities and hands out their bytes.

    lookback: how far before the last sync its list is read again, for what was uploaded late: as far as it is cheap.
    One whose list tells ids of shoes alone has `shoe_names(ids)` too: the name of each by id, or the id where none is.
    """

    name: str
    lookback: timedelta

    def listing(self, since: datetime | None) -> Iterator[Listed]:
        """Every activity that started at or after `since` (None: all of them), in any order."""

    def fetch(self, item: Listed) -> Fetched | None:
        """The bytes of one activity; None where the source has it no longer.

        Raises Withheld for what concerns this activity alone, and other SourceErrors for what may concern them all.
        """


def shoe_of(gear: Any, name: Any = "") -> str:
    """What was worn, for `Listed.shoe`; "" for what is no id. Blanks and unprintable signs go."""
    if isinstance(gear, bool) or not isinstance(gear, int | str) or not str(gear).strip():
        return ""
    words = [*str(gear).split()[:1], *(name.split() if isinstance(name, str) else ())]
    return "".join(letter for letter in " ".join(words) if letter.isprintable())[:80]


def moment(text: Any) -> datetime | None:
    """A start as services write it, aware UTC; None for what is none, or none that a watch can have recorded."""
    try:
        found = datetime.fromisoformat(text)
        # Without an offset it is taken as UTC, which is good enough to sort by.
        utc = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):  # the first hours of the year 1 lie before it in UTC
        return None
    return utc if EARLIEST <= utc < LATEST else None


def identified(entry: Any, key: str = "id") -> bool:
    """Whether an entry of a service's list is an object with an id that can be asked for and stored."""
    name = entry.get(key) if isinstance(entry, dict) else None
    if isinstance(name, bool) or not isinstance(name, int | str):
        return False
    text = str(name)
    return text.isascii() and text.isprintable() and 0 < len(text) <= 64


# Stands in a list for an entry without an id: it is told, and does not keep the others from being read.
UNIDENTIFIED = Listed(id="", version="", started_at=None, sport="", skip=NO_ID)


# What a sync has to do, decided without doing it: new, updated, known or skipped; and where the next one begins.


class Action(StrEnum):
    """What to do about a listed activity. KNOWN and SKIPPED: nothing."""

    NEW = "new"
    UPDATED = "updated"
    KNOWN = "known"
    SKIPPED = "skipped"


FAILURES = 3  # in a row: then it may be the service, not the activity
DOUBTFUL = (Forbidden, NotAuthorised, Unreachable)  # may be the service, may be the one activity


class Step(Record, frozen=True, kw_only=True):
    """One activity and what to do about it."""

    action: Action
    item: Listed

    @property
    def fetches(self) -> bool:
        """Whether the source must be asked for it."""
        return self.action in (Action.NEW, Action.UPDATED)


class Outcome(Record, frozen=True, kw_only=True):
    """What became of a step that fetches: the bytes, or the problem; neither where the source has it no longer."""

    step: Step
    fetched: Fetched | None = None
    problem: SourceError | None = None
    excused: bool = False  # the problem is the service's, so that this activity is not to blame


def plan(items: Iterable[Listed], known: Mapping[str, str], failed: Collection[str] = ()) -> tuple[Step, ...]:
    """Every step, the latest activity first, so that a sync cut short has what the runner asks for first.

    known: the version that is held, by id; those found gone included. failed: ids that could not be had the last time.
    They come after all others, so that they block none.
    """
    steps = []
    for item in {item.id: item for item in items}.values():
        action = Action.KNOWN
        if item.skip:
            action = Action.SKIPPED
        elif item.id not in known:
            action = Action.NEW
        elif known[item.id] != item.version:
            action = Action.UPDATED
        steps.append(Step(action=action, item=item))

    def order(step: Step) -> tuple[bool, datetime, str]:
        return step.item.id not in failed, step.item.started_at or datetime.min.replace(tzinfo=UTC), step.item.id

    return tuple(sorted(steps, key=order, reverse=True))


def listing_from(
    complete_to: datetime | None, listed_at: datetime, lookback: timedelta, since: datetime | None = None
) -> datetime | None:
    """Where a listing begins (None: at the first activity ever), given the moment up to which nothing is open."""
    if since is not None:
        return since if since > EARLIEST else None
    # A moment before all watches comes from a date that was wrong, one after `listed_at` from a clock that was.
    if complete_to is None or complete_to < EARLIEST + lookback:
        return None
    return min(complete_to, listed_at) - lookback


def completed(
    complete_to: datetime | None, listed_from: datetime | None, listed_at: datetime, open_items: Iterable[Listed]
) -> datetime | None:
    """The moment up to which nothing is open, after a sync that left `open_items` undone (failed, or not reached)."""
    # A listing that began after the old moment leaves a gap behind it, so it proves nothing.
    if listed_from is not None and (complete_to is None or listed_from > complete_to):
        return complete_to
    # An open item pulls the moment back to its start, however old it is: the next listing will meet it again.
    starts = [item.started_at for item in open_items]
    if None in starts:
        return complete_to
    return min([listed_at, *filter(None, starts)])


def follow(source: Source, steps: Sequence[Step]) -> Iterator[Outcome]:
    """Fetch what the steps ask for, one by one; the caller stores each before the next is asked for.

    What concerns one activity is an outcome. Failures that may be the service's are held back until something else is
    served, which shows that they are the activities' own. Three in a row, or the last ones, are put to the test with
    an activity that is known to be good: where that fails too, or none is known, they are excused, and the last problem
    is raised. A rate limit and trouble on this machine are raised at once.
    """
    good = next((step.item for step in steps if step.action == Action.KNOWN and not step.item.complete), None)
    doubtful: list[Outcome] = []
    for step in steps:
        if not step.fetches:
            continue
        outcome = _asked(source, step)
        if isinstance(outcome.problem, DOUBTFUL):
            doubtful.append(outcome)
            if len(doubtful) == FAILURES:
                yield from _judged(source, good, doubtful)
                doubtful = []
            continue
        if not step.item.complete:
            yield from doubtful
            doubtful = []
            good = good if outcome.problem else step.item
        yield outcome
    yield from _judged(source, good, doubtful)


def _asked(source: Source, step: Step) -> Outcome:
    try:
        return Outcome(step=step, fetched=source.fetch(step.item))
    except (Withheld, *DOUBTFUL) as error:
        return Outcome(step=step, problem=error)


def _judged(source: Source, good: Listed | None, doubtful: Sequence[Outcome]) -> Iterator[Outcome]:
    """The failures, blamed on their activities where the service serves `good`; else excused, and the last raised."""
    if good and doubtful and not _asked(source, Step(action=Action.KNOWN, item=good)).problem:
        yield from doubtful
        return
    # Without a good one, a few that are forbidden are blamed all the same: no outage says so.
    few = good is None and len(doubtful) < FAILURES
    last: SourceError | None = None
    for outcome in doubtful:
        excused = not (few and isinstance(outcome.problem, Forbidden))
        last = outcome.problem if excused else last
        yield outcome.replace(excused=excused)
    if last:
        raise last
