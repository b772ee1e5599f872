"""The store: import, runs, tag, tags, split, forget, purge, rebuild, backup, export."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kneedrive import app
from kneedrive.app import Answer
from kneedrive.cli import options, output
from kneedrive.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from kneedrive.config import Config

NARROWEST_QUESTION = 20
RUN_HELP = "last, a date like 2026-11-20, or the beginning of an id"


def add_run_list_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this family's commands."""
    take_in = commands.add_parser(
        "import",
        help="take files, folders, zips and whole exports into your history",
        description="Takes in FIT, GPX and TCX files wherever they lie: folders, .gz, zips in zips, a Strava bulk "
        "export, a Garmin account export, a watch's GARMIN/Activity. The same run from several sources becomes one.",
    )
    take_in.add_argument(
        "paths", nargs="+", type=options.kept_place, metavar="PATH", help="a file, a folder or an archive"
    )
    take_in.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
    take_in.add_argument("--again", action="store_true", help="also what you made kneedrive forget")
    _finish(take_in, import_paths, new=True)
    runs = commands.add_parser("runs", help="list the runs of your history")
    runs.add_argument("--since", type=options.day_or_moment, metavar="WHEN", help="a date or a span: 30d, 12w, 6m")
    runs.add_argument("--csv", action="store_true", help="as CSV")
    _finish(runs, list_runs)
    tag = commands.add_parser("tag", help="note a day on which you changed something, for compare")
    tag.add_argument("day", type=options.day, metavar="DATE", help="2026-11-20, today or yesterday")
    tag.add_argument(
        "text", nargs="*", type=options.words, metavar="TEXT", help='what changed, such as "started wall drills"'
    )
    tag.add_argument("--remove", action="store_true", help="take it back; the only tag of a day needs no text")
    _finish(tag, set_tag, new=True)
    _finish(commands.add_parser("tags", help="list the tags"), list_tags)
    runners = commands.add_parser("runners", help="list the runners that the store and the configuration know")
    options.add_display(runners)
    options.add_config(runners)
    runners.set_defaults(command=list_runners)


def add_deleting_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add split, forget, purge and rebuild."""
    split = commands.add_parser("split", help="take a run apart that was merged from several recordings")
    split.add_argument("run", help=RUN_HELP)
    _finish(split, split_run)
    forget = commands.add_parser("forget", help="delete a run and its original for good")
    forget.add_argument("run", help=RUN_HELP)
    forget.add_argument("--yes", action="store_true", help="do not ask")
    _finish(forget, forget_run)
    purge = commands.add_parser("purge", help="delete every run of every runner")
    purge.add_argument("--all", action="store_true", required=True, help="really everything")
    purge.add_argument("--yes", action="store_true", help="do not ask")
    _finish(purge, purge_all)
    _finish(commands.add_parser("rebuild", help="work everything out again from the originals"), rebuild)


def add_copying_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add backup and export."""
    backup = commands.add_parser("backup", help="copy the whole store to a file, while it may be in use")
    backup.add_argument(
        "file",
        type=options.place,
        metavar="FILE",
        help="the copy; an older backup of that name is replaced, nothing else is",
    )
    options.add_force(backup)
    _finish(backup, back_up)
    export = commands.add_parser("export", help="write runs, epochs and weeks as CSV")
    export.add_argument("--to", type=options.place, required=True, metavar="DIR", help="the folder to write into")
    options.add_force(export)
    _finish(export, export_csv)


def _finish(
    parser: argparse.ArgumentParser, command: Callable[[argparse.Namespace], Iterator[Answer]], *, new: bool = False
) -> None:
    options.add_name(parser, new=new)
    options.add_display(parser)
    options.add_config(parser)
    parser.set_defaults(command=command)


def import_paths(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive import PATH..."""
    from kneedrive.app import library
    from kneedrive.app.importing import Import

    settings = options.load_config(arguments, brings=True)
    start = time.monotonic()
    with progress("Importing") as count:
        how = Import(dry_run=arguments.dry_run, again=arguments.again, count=count)
        outcomes = library.take_in(arguments.paths, settings, how)
    yield library.told(
        outcomes,
        settings,
        options.style(arguments, settings),
        json=arguments.json,
        dry_run=arguments.dry_run,
        elapsed_s=time.monotonic() - start,
    )


def list_runs(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive runs."""
    from kneedrive.app import library

    settings = options.load_config(arguments)
    form = "json" if arguments.json else "csv" if arguments.csv else "text"
    yield library.runs(settings, arguments.since, form, options.style(arguments, settings))


def set_tag(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive tag DATE TEXT."""
    from kneedrive.app import library

    text = " ".join(arguments.text)
    if not text and not arguments.remove:
        message = f'say what changed: kneedrive tag {arguments.day} "started wall drills"'
        raise ConfigError(message)
    yield app.spoken(
        library.tag(options.load_config(arguments), arguments.day, text, remove=arguments.remove),
        json=arguments.json,
    )


def list_tags(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive tags."""
    from kneedrive.app import library

    settings = options.load_config(arguments)
    yield library.tags(settings, options.style(arguments, settings), json=arguments.json)


def list_runners(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive runners."""
    from kneedrive.app import library

    settings = options.load_config(arguments)
    yield library.runners(settings, options.style(arguments, settings), json=arguments.json)


def split_run(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive split RUN."""
    from kneedrive.app import library

    yield app.spoken(library.split(options.load_config(arguments), arguments.run, options.now()), json=arguments.json)


def forget_run(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive forget RUN."""
    from kneedrive.app import library

    settings = options.load_config(arguments)
    yield app.spoken(
        library.forget(settings, arguments.run, options.now(), confirmed(yes=arguments.yes)), json=arguments.json
    )


def purge_all(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive purge --all."""
    from kneedrive.app import library

    yield app.spoken(
        library.purge(options.load_config(arguments), confirmed(yes=arguments.yes), os.environ), json=arguments.json
    )


def rebuild(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive rebuild."""
    from kneedrive.app import library

    with progress("Rebuilding") as count:
        answer = library.rebuild(options.load_config(arguments), count)
    yield app.spoken(answer, json=arguments.json)


def back_up(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive backup FILE."""
    from kneedrive.app import library

    settings = options.load_config(arguments)
    app.spare(arguments.file, settings, os.environ)
    yield app.spoken(library.backup(settings, arguments.file, force=arguments.force), json=arguments.json)


def export_csv(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive export --to DIR."""
    from kneedrive.app import library

    settings: Config = options.load_config(arguments)
    for name in library.TABLES:
        app.spare(arguments.to / name, settings, os.environ)
    yield app.spoken(library.export(settings, arguments.to, options.now(), force=arguments.force), json=arguments.json)


def confirmed(*, yes: bool) -> Callable[[str], bool]:
    """Ask on the terminal before something is deleted; without a terminal only --yes agrees."""

    def ask(question: str) -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            output.remark("Not asked, since this is no terminal; --yes agrees.")
            return False
        output.remark(_asked(question), end="")
        return typed().lower() in ("y", "yes")

    return ask


def typed() -> str:
    """A line from the terminal; "" for what is no text, and at the end."""
    try:
        return sys.stdin.readline().strip()
    except UnicodeDecodeError:
        return ""


def _asked(question: str) -> str:
    """The question in lines that fit, so that no terminal breaks what may be answered."""
    from kneedrive.report import terminal
    from kneedrive.report.blocks import Prose, Style, words

    style = Style(width=max(options.terminal_columns() - 2, NARROWEST_QUESTION))
    return terminal.render([[Prose(words(f"{question} [y/N]"))]], style).rstrip("\n") + " "


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar with rate and time left on stderr; None where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Files a second so far."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.0f}/s" if task.speed else "")

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
