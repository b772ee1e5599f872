"""Console blocks in Markdown: commands whose output stands below them.

    ```console
    $ kneedrive analyze fixtures/labels/demo.fit --width 80 | head -n 22
    ...the output...
    ```

`python -m tests.readme` runs the commands and writes what they print into README.md and docs/reading-a-report.md.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from unittest.mock import patch

from kneedrive.cli import main
from tests.conftest import ROOT

README, READING = ROOT / "README.md", ROOT / "docs" / "reading-a-report.md"
_BLOCK = re.compile(r"^```console\n\$ (?P<command>.+)\n(?P<output>(?:(?!```).*\n)*)```$", flags=re.MULTILINE)
_TABLE = re.compile(r"(<!-- decode table -->\n).*?(<!-- end of decode table -->)", flags=re.DOTALL)
_HEAD = re.compile(r" \| head -n (\d+)$")


def blocks(text: str) -> list[tuple[str, str]]:
    """(command, output) of each console block."""
    return [(match["command"], match["output"]) for match in _BLOCK.finditer(text)]


def run(command: str) -> str:
    """What a kneedrive command prints, in a process without configuration, store or terminal."""
    head = _HEAD.search(command)
    program, *arguments = shlex.split(_HEAD.sub("", command))
    assert program == "kneedrive", command
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    nowhere = {"XDG_CONFIG_HOME": "/nonexistent", "XDG_DATA_HOME": "/nonexistent"}
    with patch.dict(os.environ, nowhere), contextlib.redirect_stdout(out):
        main(arguments)
    out.seek(0)
    lines = out.read().splitlines(keepends=True)
    return "".join(lines[: int(head[1])] if head else lines)


def filled(text: str) -> str:
    """The text with the output of every block as it is now, and the decoding table of docs/benchmarks.md."""
    text = _BLOCK.sub(lambda match: f"```console\n$ {match['command']}\n{run(match['command'])}```", text)
    return _TABLE.sub(lambda match: f"{match[1]}{decode_table()}{match[2]}", text)


def decode_table() -> str:
    """The first table of docs/benchmarks.md, with an empty line on either side."""
    lines = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8").split("## Decoding FIT records")[1]
    table = [line for line in lines.split("##")[0].splitlines() if line.startswith("|")]
    return "\n" + "\n".join(table) + "\n\n"


if __name__ == "__main__":
    os.chdir(ROOT)
    for page in (README, READING):
        page.write_text(filled(page.read_text(encoding="utf-8")), encoding="utf-8")
