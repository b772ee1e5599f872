"""`python -m kneedrive` and the console script."""

import gc
import io
import os
import sys

# One thread is enough for arrays of an hour, and the pool costs 10 ms to start. Must be set before numpy loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Modules stay until the end; looking through them for garbage every 700 objects costs a start 5 to 10 ms.
gc.set_threshold(50_000)


def main() -> int:
    """The kneedrive command."""
    if sys.stdout is None:  # started with its output closed
        sys.stdout = io.StringIO()
    elif isinstance(sys.stdout, io.TextIOWrapper):
        # Names of files may hold bytes that are no text, and a terminal may lack a letter: spell those out.
        sys.stdout.reconfigure(errors="backslashreplace")
    from kneedrive.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
