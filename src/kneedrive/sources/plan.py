"""What a sync has to do, decided without doing it: new, updated, known or skipped; and where the next one begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from kneedrive.errors import Forbidden, NotAuthorised, RateLimited, SourceError, Unreachable
from kneedrive.sources.items import Fetched, Listed, Source
from kneedrive.value import Value

NEW, UPDATED, KNOWN, SKIPPED = "new", "updated", "known", "skipped"
OVERLAP = timedelta(days=30)  # watches upload late; what is known is not fetched again, only listed
FAILURES = 3  # in a row: then it is the connection, not the activity
_EARLY = datetime.min.replace(tzinfo=UTC)


class Step(Value):
    """One activity and what to do about it; `reason` where it is skipped."""

    action: str
    item: Listed
    reason: str = ""

    @property
    def fetches(self) -> bool:
        """Whether the source must be asked for it."""
        return self.action in (NEW, UPDATED)


class Outcome(Value):
    """What became of a step that fetches: the bytes, None with `gone` where the source has none, or the problem."""

    step: Step
    fetched: Fetched | None = None
    gone: bool = False
    problem: SourceError | None = None


def decide(item: Listed, known: Mapping[str, str]) -> Step:
    """What to do about one listed activity. `known`: the version that is held, by id; those found gone included."""
    if item.skip:
        return Step(action=SKIPPED, item=item, reason=item.skip)
    if item.id not in known:
        return Step(action=NEW, item=item)
    return Step(action=KNOWN if known[item.id] == item.version else UPDATED, item=item)


def plan(items: Iterable[Listed], known: Mapping[str, str]) -> tuple[Step, ...]:
    """Every step, the latest activity first, so that a sync cut short has what the runner asks for first."""
    steps = [decide(item, known) for item in {item.id: item for item in items}.values()]
    return tuple(sorted(steps, key=lambda step: (step.item.started_at or _EARLY, step.item.id), reverse=True))


def listing_from(complete_to: datetime | None, *, since: datetime | None = None, full: bool = False) -> datetime | None:
    """Where a listing begins (None: at the first activity ever), given the moment up to which nothing is open."""
    if full or since is not None:
        return since
    return None if complete_to is None else complete_to - OVERLAP


def completed(
    complete_to: datetime | None, listed_from: datetime | None, listed_at: datetime, open_items: Iterable[Listed]
) -> datetime | None:
    """The moment up to which nothing is open, after a sync that left `open_items` undone (failed, or not reached).

    A listing that began after the old moment leaves a gap behind it, so it proves nothing.
    """
    if listed_from is not None and (complete_to is None or listed_from > complete_to):
        return complete_to
    # An open item pulls the moment back to its start, however old it is: the next listing will meet it again.
    starts = [item.started_at for item in open_items]
    if any(start is None for start in starts):
        return complete_to
    earliest = min((start for start in starts if start is not None), default=listed_at)
    return min(earliest, listed_at)


def follow(source: Source, steps: Iterable[Step]) -> Iterator[Outcome]:
    """Fetch what the steps ask for, one by one; the caller stores each before the next is asked for.

    What concerns one activity is an outcome. A rate limit, a refused login or application, and a service that cannot
    be reached three times in a row are raised: they concern the rest.
    """
    failures = 0
    for step in steps:
        if not step.fetches:
            continue
        try:
            fetched = source.fetch(step.item)
        except (RateLimited, NotAuthorised, Forbidden):
            raise
        except SourceError as error:
            failures += isinstance(error, Unreachable)
            if failures == FAILURES:
                raise
            yield Outcome(step=step, problem=error)
        else:
            failures = 0
            yield Outcome(step=step, fetched=fetched, gone=fetched is None)
