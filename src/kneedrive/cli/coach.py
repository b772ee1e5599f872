"""What to work on: drills (the catalogue)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kneedrive.app import Answer
from kneedrive.cli import options

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this family's commands."""
    drills = commands.add_parser("drills", help="the catalogue of exercises, drills and cues")
    drills.add_argument("name", nargs="?", default="", metavar="NAME", help="one of them, or a part of its name")
    options.add_display(drills)
    options.add_config(drills)
    drills.set_defaults(command=show_drills)


def show_drills(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive drills [NAME]."""
    from kneedrive.app import coach

    settings = options.load_config(arguments)
    yield Answer(text=coach.drills(arguments.name, options.style(arguments, settings)))
