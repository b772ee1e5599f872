"""`python -m tests.mutation [--sample 400] [--seed 1] [--processes 2] [--again] [--out docs/mutation.md]`."""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

# Loaded here once, so that each forked process need not; kneedrive itself must not be.
import hypothesis
import numpy as np
import pytest
import scipy.stats

from tests.mutation.mutants import mutated
from tests.mutation.result import PROMISED, Result, store, stored
from tests.mutation.session import ENDLESS, FILES, SURVIVED, Place, outcomes, places, sample, unbroken_passes

PRELOADED = (hypothesis, np, pytest, scipy.stats)


def main() -> int:
    """Run the mutants, keep the result and write the page; exit 1 where too many survive."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--sample", type=int, default=400, help="how many mutants of all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=60.0, help="begin no further mutant after so long")
    parser.add_argument("--again", action="store_true", help="only the survivors of the last run, after adding tests")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if not unbroken_passes():
        sys.stderr.write("the tests fail without any mutant; mend that first\n")
        return 2
    chosen, tried, last = sample(asked.sample, asked.seed), {}, stored()
    if asked.again:
        chosen = [Place(each.module, each.number) for each in last.survivors]
        asked.seed, tried = last.seed, last.tried
    done, left = survivors(chosen, asked.processes, asked.minutes)
    if not asked.again:
        tried = dict(sorted(Counter(place.module for place in done).items()))
    found = tuple(mutated(FILES[place.module], place.number)[1] for place in sorted(left))
    result = Result(asked.seed, len(places()), tried, found, last.first if asked.again else len(found))
    store(result)
    if asked.out is not None:
        from tests.mutation import page

        asked.out.write_text(page.page(result), encoding="utf-8")
    sys.stdout.write(f"{sum(tried.values())} mutants, {len(left)} survived\n")
    return 1 if result.share > PROMISED else 0


def survivors(chosen: list[Place], processes: int, minutes: float) -> tuple[list[Place], list[Place]]:
    """The mutants that were tried, and those that no test noticed; says so as it goes."""
    tried, left = [], []
    for each in outcomes(chosen, processes, time.monotonic() + 60.0 * minutes):
        tried.append(each.place)
        if each.verdict == SURVIVED:
            left.append(each.place)
        if each.verdict in (SURVIVED, ENDLESS):
            mutant = mutated(FILES[each.place.module], each.place.number)[1]
            sys.stdout.write(
                f"{len(tried)}/{len(chosen)} {each.verdict} {mutant.module}:{mutant.line} {mutant.after}\n"
            )
            sys.stdout.flush()
    return tried, left


if __name__ == "__main__":
    sys.exit(main())
