"""`python -m tests.validation [--quick] [--only PART] [--processes 2] [--out docs/validation.md]`."""

import argparse
import sys
from pathlib import Path

from tests.validation.document import PARTS, document
from tests.validation.sizes import FULL, QUICK, crew


def main() -> None:
    """Write the page, to standard output or a file."""
    parser = argparse.ArgumentParser(prog="python -m tests.validation")
    parser.add_argument("--quick", action="store_true", help="a small version, in seconds")
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="one part; may be repeated")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, help="where to write; without it to standard output")
    asked = parser.parse_args()
    with crew(asked.processes) as hands:
        text = document(QUICK if asked.quick else FULL, hands, asked.only or sorted(PARTS))
    if asked.out is None:
        sys.stdout.write(text)
    else:
        asked.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
