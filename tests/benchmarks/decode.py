"""How fast FIT records become columns, against other decoders in the same run; memory and growth.

    python -m tests.benchmarks.decode [--quick] [--write docs/benchmarks.md]

Times are CPU time per 1,000 records, the median over the files that a decoder reads whole; each file counts with its
best of several runs (slow decoders: one). Only the ratios mean something on another machine.
"""

import argparse
import io
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import fitdecode
import fitparse
import fitparse.records
import numpy as np

from kneedrive.errors import ReadError
from kneedrive.readers.fit import read
from tests.benchmarks.tables import Table, write_section
from tests.conftest import FIXTURES, real_files
from tests.fit_writer import TIMESTAMP, Column, fit_bytes
from tests.fit_writer import Table as Rows
from tests.readers.fit_oracles import contents, decode

MIN_RECORDS = 200
OURS = "kneedrive, columns"
MEMORY = """
import sys
import numpy
from kneedrive.readers import fit
def peak():
    # The kernel's own high-water mark of this process; getrusage also counts the parent's before exec.
    (line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024
bare = peak()
octets = open(sys.argv[1], "rb").read()
fit.read(octets)
print(bare, peak(), len(octets) / 1e6)
"""


class Decoder(NamedTuple):
    """One way to the records: what it is called, how often a file is measured, and the way, giving their number."""

    name: str
    repeats: int
    records: Callable[[bytes], int]


def decoders() -> list[Decoder]:
    """Ours and the others that are installed."""
    found = [
        Decoder(OURS, 7, lambda octets: sum(len(part.starts) for part in decode(octets))),
        Decoder("kneedrive, activities", 5, lambda octets: sum(a.records for a in read(octets))),
        Decoder("fitdecode", 1, _by_fitdecode),
        Decoder("fitparse", 1, _by_fitparse),
    ]
    if find_spec("fitfast"):
        import fitfast

        found.append(Decoder("fitfast, columns", 5, lambda octets: len(fitfast.records(octets)["timestamp"])))
    return found


def _by_fitdecode(octets: bytes) -> int:
    quiet = fitdecode.ErrorHandling.IGNORE
    with fitdecode.FitReader(io.BytesIO(octets), error_handling=quiet) as frames:
        return sum(frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "record" for frame in frames)


def _by_fitparse(octets: bytes) -> int:
    fitparse.records.DEV_TYPES.clear()
    with fitparse.FitFile(io.BytesIO(octets)) as file:
        return sum(1 for _ in file.get_messages("record"))


def measured(decoder: Decoder, octets: bytes, records: int) -> float | None:
    """CPU milliseconds per 1,000 records; None where the decoder does not read the file whole."""
    refusals = (ReadError, fitdecode.FitError, fitparse.FitParseError, ValueError, KeyError, AssertionError)
    best = float("inf")
    for _ in range(decoder.repeats):
        start = time.process_time()
        try:
            found = decoder.records(octets)
        except refusals:
            return None
        best = min(best, time.process_time() - start)
        if found != records:
            return None
    return 1e6 * best / records


def speed(paths: Sequence[Path]) -> Table:
    """One row per decoder: median time, files, and how many times longer it takes than ours on the same files."""
    times: dict[str, dict[Path, float]] = {decoder.name: {} for decoder in decoders()}
    for path in paths:
        octets = contents(path)
        records = sum(len(part.starts) for part in decode(octets))
        for decoder in decoders() if records >= MIN_RECORDS else []:
            value = measured(decoder, octets, records)
            if value is not None:
                times[decoder.name][path] = value
    rows = [_row(name, found, times[OURS]) for name, found in times.items() if found]
    return Table(("decoder", "ms per 1,000 records", "times ours", "files read whole"), rows)


def _row(name: str, found: dict[Path, float], ours: dict[Path, float]) -> tuple[str, ...]:
    ratio = statistics.median(found[path] / ours[path] for path in found)
    return (name, f"{statistics.median(found.values()):.2f}", f"{ratio:.1f}", f"{len(found)}")


def made(hours: float) -> bytes:
    """A run at 1 Hz of this length, with all channels of a chest strap."""
    count = int(hours * 3600)
    times = (1_000_000_000 + np.arange(count)).astype(np.uint32)
    wave = (np.sin(np.arange(count) / 60) * 20).astype(np.int64)
    shorts = {6: 3000, 7: 250, 39: 800, 40: 3500, 41: 2500, 83: 750, 84: 5000, 85: 11_000}
    columns = [Column(TIMESTAMP, "uint32", times), Column(5, "uint32", (300 * np.arange(count)).astype(np.uint32))]
    columns += [Column(number, "uint16", (level + wave).astype(np.uint16)) for number, level in shorts.items()]
    columns += [Column(number, "uint8", np.full(count, level, np.uint8)) for number, level in {3: 150, 4: 85}.items()]
    return fit_bytes([Rows(20, columns)])


def growth(hours: Sequence[float]) -> Table:
    """Time per 1,000 records for longer and longer runs: the same when cost grows linearly."""
    rows = []
    for length in hours:
        octets = made(length)
        ours = Decoder(OURS, 3, lambda each: sum(len(part.starts) for part in decode(each)))
        rows.append((f"{length:g} h", f"{len(octets) / 1e6:.2f}", f"{measured(ours, octets, int(length * 3600)):.3f}"))
    return Table(("run at 1 Hz", "MB", "ms per 1,000 records"), rows)


def memory(paths: Sequence[Path]) -> Table:
    """Peak memory of a process that reads one file, over a process that only imports numpy and the reader."""
    rows = []
    for path in paths:
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(path)], capture_output=True, text=True, check=True, timeout=120
        )
        bare, peak, size = map(float, done.stdout.split())
        rows.append((f"{size:.2f}", f"{peak - bare:.1f}", f"{15 + 10 * size:.1f}"))
    return Table(("file, MB", "peak above the bare import, MB", "allowed: 15 MB + 10 x file"), rows)


def files(*, quick: bool) -> list[Path]:
    """The real files where they are, else the fixtures; few of them in a quick run."""
    found = [*real_files("fit/*"), *real_files("history-*/*")[::8]] or sorted(FIXTURES.rglob("*.fit"))
    return found[:: max(1, len(found) // 3)] if quick else found


def _tables(paths: Sequence[Path], *, quick: bool) -> dict[str, Callable[[], Table]]:
    runs = [path for path in paths if path.suffix == ".fit" and path.stat().st_size > 20_000]
    by_size = sorted(runs, key=lambda path: -path.stat().st_size)
    return {
        "Decoding FIT records": lambda: speed(paths),
        "Growth with the length of a run": lambda: growth((0.1, 1) if quick else (1, 10, 100)),
        "Memory": lambda: memory(by_size[:1] if quick else by_size[:: max(1, len(by_size) // 4)]),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the tables where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few files, short runs: does it work at all")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables into this document too")
    options = parser.parse_args(arguments)
    paths = files(quick=options.quick)
    tables = {}
    for title, measure in _tables(paths, quick=options.quick).items():
        tables[title] = measure()
        print(f"\n{title}\n{tables[title]}", flush=True)
    if options.write:
        write_section(options.write, "decode", tables)


if __name__ == "__main__":
    main()
