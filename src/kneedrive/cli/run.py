"""One run (analyze, doctor, demo), and the program itself (config, completion)."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import Any

from kneedrive import app, config
from kneedrive.app import Answer
from kneedrive.cli import options
from kneedrive.cli.history import write

# One run: analyze, doctor, demo.


def add_run_commands(commands: options.Commands) -> None:
    """Add analyze, demo and doctor."""
    analyze = commands.add_parser(
        "analyze",
        help="the report of a run: piston-like, drive-like, shuffle-like or neither, at which paces, how sure",
        description="Reads FIT, GPX and TCX files, also .gz or in a zip, whatever they are called: one report a run.",
    )
    file: dict[str, Any] = {"nargs": "+", "type": options.recording, "metavar": "FILE"}
    what = "a recording; - reads standard input"
    analyze.add_argument("files", **file, help=what)
    options.add_length(analyze)
    calibrated = "trust the speed of a treadmill run (calibrated by you)"
    analyze.add_argument("--speed-calibrated", action="store_true", help=calibrated)
    analyze.add_argument("--dynamics", **options.DYNAMICS)
    options.add_runner(analyze)
    options.finish(analyze, _read_files, name=False)
    demo = commands.add_parser("demo", help="the report of a simulated run, without any file of yours")
    options.add_length(demo)
    demo.add_argument("--weekly", action="store_true", help="fourteen simulated weeks instead of one run")
    page = "write the page of the simulated weeks to a file"
    demo.add_argument("--html", type=options.place, metavar="FILE", help=page)
    demo.add_argument("--force", **options.FORCE)
    options.finish(demo, _show_demo, name=False)
    doctor = commands.add_parser("doctor", help="what a file holds, what is odd in it, and what can be said from it")
    doctor.add_argument("files", **file, help=f"{what}; last, a date or an id means a stored run")
    options.finish(doctor, _read_files)


def _read_files(arguments: argparse.Namespace) -> Iterator[Answer]:
    """What is said of each file, with an empty line between; JSON stays one object a line."""
    from kneedrive.app import analyze

    settings = options.load_config(arguments)
    request = options.request(analyze.Request, arguments, settings)
    read = analyze.examine_files if arguments.called == "doctor" else analyze.analyze_files
    told = False
    for answer in read(arguments.files, request, settings):
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
INSTALL = """\
for bash, once (works in shells opened after that):
  folder=~/.local/share/bash-completion/completions
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
    path = parts.add_parser("path", help="where the configuration file is looked for")
    for part in (show, path):
        options.finish(part, _show_config, name=False, display=False)
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
    if arguments.called == "path":
        yield Answer(text=str(config.place_of(os.environ, arguments.config)[0]))
    else:
        yield Answer(text=app.show_config(options.load_config(arguments), options.terminal_columns()))


def _complete(arguments: argparse.Namespace) -> Iterator[Answer]:
    import shtab

    from kneedrive.cli import parser

    whole = parser()
    parsers = [whole]
    while parsers:
        for action in parsers.pop()._actions:  # argparse has no other way to them
            if isinstance(action.choices, dict):  # the commands of a parser; other choices are plain words
                parsers += action.choices.values()
            if action.metavar in ("FILE", "PATH"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
            elif action.metavar == "DIR":
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    script = shtab.complete(whole, arguments.shell)
    head, blank, rest = script.partition("\n\n")
    if arguments.shell == "bash" and blank and all(line.startswith("#") for line in head.splitlines()):
        # Our own word on where to put it; shtab's names a place that bash does not look into.
        told = "".join(f"# {line}\n" for line in INSTALL.splitlines()[:3])
        script = f"# Completion for kneedrive, written by shtab (https://github.com/tqdm/shtab).\n{told}\n{rest}"
    yield Answer(text=script)
