"""What to work on: advise, drills (the catalogue)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kneedrive.app import Answer
from kneedrive.cli import moments, options

if TYPE_CHECKING:
    import argparse


RUN_HELP = "last (the default), a date like 2026-11-20, or the beginning of an id"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this family's commands."""
    advise = commands.add_parser("advise", help="what to work on next, from your latest run and your last weeks")
    advise.add_argument("run", nargs="?", default="last", metavar="RUN", help=RUN_HELP)
    advise.add_argument("--take", action="store_true", help="take it up: tags today, so that compare can follow it")
    options.add_name(advise)
    options.add_display(advise)
    options.add_config(advise)
    advise.set_defaults(command=show_advice)
    drills = commands.add_parser("drills", help="the catalogue of exercises, drills and cues")
    drills.add_argument("name", nargs="?", default="", metavar="NAME", help="one of them, or a part of its name")
    options.add_display(drills)
    options.add_config(drills)
    drills.set_defaults(command=show_drills)


def show_advice(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive advise [RUN]."""
    from kneedrive.app import coach

    settings = options.load_config(arguments)
    style = options.style(arguments, settings)
    yield coach.advise(settings, arguments.run, moments.now(), style, take=arguments.take, json=arguments.json)


def show_drills(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive drills [NAME]."""
    from kneedrive.app import coach

    settings = options.load_config(arguments)
    yield Answer(text=coach.drills(arguments.name, options.style(arguments, settings)))
