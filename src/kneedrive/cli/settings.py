"""config show, config path, and completion."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from kneedrive.app import Answer
from kneedrive.cli import options

SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")
FOLDER = "~/.local/share/bash-completion/completions"
INSTALL = f"""\
for bash, once (works in shells opened after that):
  folder={FOLDER}
  mkdir -p $folder && kneedrive completion bash > $folder/kneedrive
for bash, this shell only:
  source <(kneedrive completion bash)
for zsh, into a folder of your $fpath:
  kneedrive completion zsh > ~/.zfunc/_kneedrive
for fish, once:
  kneedrive completion fish > ~/.config/fish/completions/kneedrive.fish
for PowerShell, a line in your $PROFILE:
  kneedrive completion powershell | Out-String | Invoke-Expression"""


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
    completion = commands.add_parser(
        "completion",
        help="print a shell's completion script",
        description="Prints a script that makes a shell complete commands, options and files.",
        epilog=INSTALL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    completion.add_argument("shell", choices=SHELLS, help="your shell")
    completion.set_defaults(command=complete)


def show_config(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive config show."""
    from kneedrive.app import machine

    yield Answer(text=machine.show_config(options.load_config(arguments), options.terminal_columns()))


def show_path(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive config path."""
    yield Answer(text=str(options.load_config(arguments).file))


def complete(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive completion SHELL."""
    import shtab

    from kneedrive.cli import parser

    whole = parser()
    for action in _arguments(whole):
        if action.metavar in ("FILE", "PATH"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar == "DIR":
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    script = shtab.complete(whole, arguments.shell)
    yield Answer(text=_headed(script) if arguments.shell == "bash" else script)


def _headed(script: str) -> str:
    """The script with our own word on where to put it; shtab's names a place that bash does not look into."""
    head, blank, rest = script.partition("\n\n")
    if not blank or not all(line.startswith("#") for line in head.splitlines()):
        return script
    told = "".join(f"# {line}\n" for line in INSTALL.splitlines()[:3])
    return f"# Completion for kneedrive, written by shtab (https://github.com/tqdm/shtab).\n{told}\n{rest}"


def _arguments(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of a command and of those below it."""
    for action in parser._actions:  # argparse has no other way to them
        yield action
        # The commands of a parser are the choices of one of its arguments; other choices are plain words.
        for command in action.choices.values() if isinstance(action.choices, dict) else ():
            yield from _arguments(command)
