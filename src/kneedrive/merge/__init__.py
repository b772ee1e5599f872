"""One run from several recordings: which belong together, and which of them gives which channel. Pure.

Nothing here depends on the order in which recordings came: the same set always gives the same runs.
"""

from kneedrive.merge.channels import Merged, merge, onto, ranked
from kneedrive.merge.coverage import coverage, dynamics
from kneedrive.merge.match import Match, alike, groups, outline, strangers

__all__ = [
    "Match",
    "Merged",
    "alike",
    "coverage",
    "dynamics",
    "groups",
    "merge",
    "onto",
    "outline",
    "ranked",
    "strangers",
]
