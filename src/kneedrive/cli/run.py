"""One run (analyze, doctor, demo), and the program itself (config, completion)."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kneedrive import app, config
from kneedrive.app import Answer
from kneedrive.cli import options
from kneedrive.cli.history import write

if TYPE_CHECKING:
    from kneedrive.app.analyze import Request

    Reports = Callable[[list[str], Request, config.Config], Iterator[Answer]]

# One run: analyze, doctor, demo.


def add_run_commands(commands: options.Commands) -> None:
    """Add analyze, demo and doctor."""
    analyze = commands.add_parser(
        "analyze",
        help="the report of a run: piston-like, drive-like, shuffle-like or neither, at which paces, how sure",
        description="Reads FIT, GPX and TCX files, also .gz or in a zip, whatever they are called: one report a run.",
    )
    analyze.add_argument(
        "files", nargs="+", type=options.recording, metavar="FILE", help="a recording; - reads standard input"
    )
    options.add_length(analyze)
    analyze.add_argument(
        "--speed-calibrated", action="store_true", help="trust the speed of a treadmill run (calibrated by you)"
    )
    options.add_dynamics(analyze)
    options.add_runner(analyze)
    options.finish(analyze, _analyze, name=False)
    demo = commands.add_parser("demo", help="the report of a simulated run, without any file of yours")
    options.add_length(demo)
    demo.add_argument("--weekly", action="store_true", help="fourteen simulated weeks instead of one run")
    demo.add_argument(
        "--html", type=options.place, metavar="FILE", help="write the page of the simulated weeks to a file"
    )
    options.add_force(demo)
    options.finish(demo, _show_demo, name=False)
    doctor = commands.add_parser("doctor", help="what a file holds, what is odd in it, and what can be said from it")
    doctor.add_argument(
        "files",
        nargs="+",
        type=options.recording,
        metavar="FILE",
        help="a recording; - reads standard input; last, a date or an id means a stored run",
    )
    options.finish(doctor, _examine)


def _analyze(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import analyze

    return _reports(analyze.analyze_files, arguments)


def _examine(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import analyze

    return _reports(analyze.examine_files, arguments)


def _reports(of: Reports, arguments: argparse.Namespace) -> Iterator[Answer]:
    """What is said of each file, with an empty line between; JSON stays one object a line."""
    from kneedrive.app import analyze

    settings = options.load_config(arguments)
    told = False
    for answer in of(arguments.files, options.request(analyze.Request, arguments, settings), settings):
        yield answer.replace(text="\n" + answer.text) if told and answer.text and not arguments.json else answer
        told = told or bool(answer.text)


def _show_demo(arguments: argparse.Namespace) -> Iterator[Answer]:
    settings = options.load_config(arguments)
    style = options.style(arguments, settings)
    if arguments.html:
        from kneedrive.app.demo import demo_page

        yield write(demo_page(miles=style.miles), arguments.html, settings, arguments)
    elif arguments.weekly:
        from kneedrive.app.demo import demo_weeks

        yield demo_weeks(style, json=arguments.json)
    else:
        from kneedrive.app import analyze

        yield analyze.demo(options.request(analyze.Request, arguments, settings, next="kneedrive demo --weekly"))


# config show, config path, and completion.


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


def add_settings_commands(commands: options.Commands) -> None:
    """Add config and completion."""
    settings = commands.add_parser("config", help="show the configuration and where each value comes from")
    parts = settings.add_subparsers(title="parts", metavar="PART", required=True)
    show = parts.add_parser("show", help="every value and its origin; secrets stay hidden")
    options.finish(show, _show_config, name=False, display=False)
    path = parts.add_parser("path", help="where the configuration file is looked for")
    options.finish(path, _show_path, name=False, display=False)
    completion = commands.add_parser(
        "completion",
        help="print a shell's completion script",
        description="Prints a script that makes a shell complete commands, options and files.",
        epilog=INSTALL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    completion.add_argument("shell", choices=SHELLS, help="your shell")
    completion.set_defaults(command=_complete, spoken=False)


def _show_config(arguments: argparse.Namespace) -> Iterator[Answer]:
    yield Answer(text=app.show_config(options.load_config(arguments), options.terminal_columns()))


def _show_path(arguments: argparse.Namespace) -> Iterator[Answer]:
    yield Answer(text=str(config.place_of(os.environ, arguments.config)[0]))


def _complete(arguments: argparse.Namespace) -> Iterator[Answer]:
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
