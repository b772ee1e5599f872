"""`python -m tests.fuzz [--count 100000] [--first 0] [--processes 2] [--number N]`."""

import argparse
import sys
from collections import Counter

from tests.fuzz.inputs import KINDS, make
from tests.fuzz.outcome import fed
from tests.fuzz.running import outcomes


def main() -> int:
    """Count what came of the inputs; exit 1 where something failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--number", type=int, help="one input only, with the traceback")
    asked = parser.parse_args()
    if asked.number is not None:
        sys.stdout.write(f"{fed(make(asked.number))}\n")
        return 0
    counts: Counter[tuple[str, str]] = Counter()
    failed = 0
    for each in outcomes(asked.first, asked.count, asked.processes):
        counts[each.kind, each.verdict] += 1
        if each.verdict == "failed":
            failed += 1
            sys.stdout.write(f"input {each.number} ({each.kind}): {each.problem}\n")
    for kind in KINDS:
        told = ", ".join(f"{counts[kind, verdict]:,} {verdict}" for verdict in ("read", "refused", "failed"))
        sys.stdout.write(f"{kind}: {told}\n")
    sys.stdout.write(f"{asked.count:,} inputs, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
