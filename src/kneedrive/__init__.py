"""Running form from a watch's own recordings.

    for activity in kneedrive.read(data):
        print(kneedrive.analyze(activity))

The names are loaded when first used, so that the command line starts light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kneedrive.analysis import analyze
    from kneedrive.analysis.result import Analysis, Finding, Score, Scores
    from kneedrive.app.analyze import read
    from kneedrive.errors import KneedriveError, ReadError
    from kneedrive.method import Method
    from kneedrive.recording import Activity, Runner, Samples

__all__ = [
    "Activity",
    "Analysis",
    "Finding",
    "KneedriveError",
    "Method",
    "ReadError",
    "Runner",
    "Samples",
    "Score",
    "Scores",
    "analyze",
    "read",
]

_HOMES = {
    "analysis": ("analyze",),
    "app.analyze": ("read",),
    "errors": ("KneedriveError", "ReadError"),
    "analysis.result": ("Analysis", "Finding", "Score", "Scores"),
    "method": ("Method",),
    "recording": ("Activity", "Runner", "Samples"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"kneedrive.{home}"), name)
    message = f"module 'kneedrive' has no attribute {name!r}"
    raise AttributeError(message)
