"""`python -m kneedrive` and the console script."""

import os
import sys

# One thread is enough for arrays of an hour, and the pool costs 10 ms to start. Must be set before numpy loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def main() -> int:
    """The kneedrive command."""
    from kneedrive.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
