"""config show, config path, and completion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kneedrive.app import Answer
from kneedrive.cli import options

if TYPE_CHECKING:
    import argparse

SHELLS = ("bash", "zsh", "tcsh")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this family's commands."""
    settings = commands.add_parser("config", help="show the configuration and where each value comes from")
    parts = settings.add_subparsers(title="parts", metavar="PART", required=True)
    show = parts.add_parser("show", help="every value and its origin; secrets stay hidden")
    show.set_defaults(command=show_config)
    path = parts.add_parser("path", help="where the configuration file is looked for")
    path.set_defaults(command=show_path)
    for part in (show, path):
        options.add_config(part)
    completion = commands.add_parser("completion", help="print a shell's completion script")
    completion.add_argument("shell", choices=SHELLS)
    completion.set_defaults(command=complete)


def show_config(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive config show."""
    from kneedrive.app import machine

    yield Answer(text=machine.show_config(options.load_config(arguments)))


def show_path(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive config path."""
    yield Answer(text=str(options.load_config(arguments).file))


def complete(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive completion SHELL."""
    import shtab

    from kneedrive.cli import parser

    yield Answer(text=shtab.complete(parser(), arguments.shell))
