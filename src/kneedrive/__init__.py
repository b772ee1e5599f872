"""Running form from a watch's own recordings.

    for activity in kneedrive.read(data):
        print(kneedrive.analyze(activity))

The names are loaded when first used, so that the command line starts light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kneedrive.analysis import analyze
    from kneedrive.analysis.posterior import Knee, Posterior
    from kneedrive.analysis.result import Analysis, Finding, Score, Scores
    from kneedrive.app.analyze import read
    from kneedrive.app.tables import History, history
    from kneedrive.errors import KneedriveError, ReadError
    from kneedrive.method import Method
    from kneedrive.patterns import Pattern
    from kneedrive.recording import Activity, Runner, Samples

__all__ = [
    "Activity", "Analysis", "Finding", "History", "Knee", "KneedriveError", "Method", "Pattern", "Posterior",
    "ReadError", "Runner", "Samples", "Score", "Scores", "analyze", "history", "read",
]  # fmt: skip

_HOMES = {
    "analysis": ("analyze",),
    "app.analyze": ("read",),
    "app.tables": ("History", "history"),
    "errors": ("KneedriveError", "ReadError"),
    "analysis.posterior": ("Knee", "Posterior"),
    "analysis.result": ("Analysis", "Finding", "Score", "Scores"),
    "method": ("Method",),
    "patterns": ("Pattern",),
    "recording": ("Activity", "Runner", "Samples"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            if name == "analyze":
                import_module("kneedrive.analysis.result").Analysis.as_html = _shown
            return getattr(import_module(f"kneedrive.{home}"), name)
    message = f"module 'kneedrive' has no attribute {name!r}"
    raise AttributeError(message)


def _shown(analysis: "Analysis") -> str:
    from kneedrive.report.html.page import shown

    return shown(analysis)
