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
    _have_streams()
    from kneedrive.cli import main as run

    code = run()
    # Before it ends Python would look for garbage in all that is left: 14 ms, for what the system takes back anyway.
    gc.freeze()
    return code


def _have_streams() -> None:
    """Streams for those that were closed at the start, and none that stumbles over a letter.

    A closed stream's number would be taken by the next file that is opened, such as the store.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nowhere, mode, encoding="utf-8", closefd=False))
        elif isinstance(stream, io.TextIOWrapper):
            # Names of files may hold bytes that are no text, and a terminal may lack a letter: spell those out.
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
