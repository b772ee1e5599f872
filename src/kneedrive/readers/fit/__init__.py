"""FIT files, by columns.

A FIT file interleaves definitions and messages; a message has no marks of its own, so its bytes mean something only
after all definitions before it. `wire` goes over the headers once and notes where each message starts. All messages of
one layout are then rows of one size, and each wanted field one strided column of them (`fields`). `session` makes an
activity of what a session and its records say; `profile` holds the facts of the format.
"""

from __future__ import annotations

from kneedrive.errors import ReadError
from kneedrive.readers.fit.session import activities
from kneedrive.readers.fit.wire import parts
from kneedrive.recording import Activity


def read(data: bytes) -> list[Activity]:
    """The activities of a FIT file and of those chained to it, one per session, in the order of their start.

    What was forgiven (checksums, missing ends, odd clocks) stands in each activity's notes. Raises ReadError:
    Malformed or Truncated with the offset where nothing can be read, NoActivity for settings, weight and the like.
    """
    found: list[Activity] = []
    problems: list[ReadError] = []
    for part in parts(data):
        try:
            found += activities(part)
        except ReadError as problem:
            problems.append(problem)
    if not found:
        raise problems[0]
    return sorted(found, key=lambda activity: activity.started_at)
