"""Makes docs/commands.md, every command's help at 80 columns: `python -m tests.make_commands`.

The words of argparse differ between versions of Python; the page is made with the version that it names.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from unittest.mock import patch

from kneedrive.cli import WELCOME, parser
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "commands.md"
PYTHON = "3.11"
HEAD = f"""# Commands

What `kneedrive COMMAND --help` says, at 80 columns and on Python {PYTHON}. Made by `python -m tests.make_commands`.
"""


def commands(of: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and those of the commands below it."""
    yield of
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from commands(below)


def page() -> str:
    """The whole page."""
    parts = [HEAD, f"## kneedrive alone\n\n```text\n{WELCOME}\n```\n"]
    with patch.dict(os.environ, {"COLUMNS": "80"}):
        parts += [f"## {command.prog}\n\n```text\n{command.format_help()}```\n" for command in commands(parser())]
    return "\n".join(parts)


if __name__ == "__main__":
    if not sys.version.startswith(PYTHON):
        raise SystemExit(f"the page is made with Python {PYTHON}, so that its words do not go back and forth")
    PAGE.write_text(page(), encoding="utf-8")
