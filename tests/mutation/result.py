"""What a run of mutants gave, and where it is kept. Loads nothing of kneedrive, which mutants must load themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from tests.mutation.mutants import Mutant

RESULT = Path(__file__).with_name("result.json")
PROMISED = 0.15


class Result(NamedTuple):
    """What a run of mutants gave. tried: mutants by module. first: how many survived when they were drawn, before tests
    were added for these."""

    seed: int
    made: int
    tried: dict[str, int]
    survivors: tuple[Mutant, ...]
    first: int

    @property
    def share(self) -> float:
        """Of the mutants, how many survived."""
        return len(self.survivors) / max(sum(self.tried.values()), 1)


def stored() -> Result:
    """The last run."""
    told = json.loads(RESULT.read_text(encoding="utf-8"))
    return Result(
        told["seed"], told["made"], told["tried"], tuple(Mutant(*row) for row in told["survivors"]), told["first"]
    )


def store(result: Result) -> None:
    """Keep a run."""
    told = result._asdict() | {"survivors": [list(each) for each in result.survivors]}
    RESULT.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
