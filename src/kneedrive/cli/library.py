"""The store (import, runs, tag, tags, runners, split, forget, purge, rebuild, backup, export), and cohorts of files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kneedrive.cli import options, output
from kneedrive.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from kneedrive.app import Answer

RUN_HELP = "last, a date like 2026-11-20, or the beginning of an id"


def add_run_list_commands(commands: options.Commands) -> None:
    """Add import, runs, tag, tags and runners."""
    take_in = commands.add_parser(
        "import",
        help="take files, folders, zips and whole exports into your history",
        description="Takes in FIT, GPX and TCX files wherever they lie: folders, .gz, zips in zips, a Strava bulk "
        "export, a Garmin account export, a watch's GARMIN/Activity. The same run from several sources becomes one.",
    )
    add = take_in.add_argument
    add("paths", nargs="+", type=options.kept_place, metavar="PATH", help="a file, a folder or an archive")
    add("--dry-run", action="store_true", help="say what would happen, write nothing")
    add("--again", action="store_true", help="also what you made kneedrive forget")
    options.finish(take_in, import_paths, new=True)
    runs = commands.add_parser("runs", help="list the runs of your history")
    runs.add_argument("--since", type=options.day_or_moment, metavar="WHEN", help="a date or a span: 30d, 12w, 6m")
    runs.add_argument("--csv", action="store_true", help="as CSV")
    options.finish(runs, _use_store)
    tag = commands.add_parser("tag", help="note a day on which you changed something, for compare")
    add = tag.add_argument
    add("day", type=options.day, metavar="DATE", help="2026-11-20, today or yesterday")
    add("text", nargs="*", type=options.words, metavar="TEXT", help='what changed, such as "started wall drills"')
    add("--remove", action="store_true", help="take it back; the only tag of a day needs no text")
    options.finish(tag, _tag, new=True, spoken=True)
    options.finish(commands.add_parser("tags", help="list the tags"), _use_store)
    runners = commands.add_parser("runners", help="list the runners that the store and the configuration know")
    options.finish(runners, _use_store, name=False)


def add_keeping_commands(commands: options.Commands) -> None:
    """Add split, forget, purge, rebuild, backup and export."""
    split = commands.add_parser("split", help="take a run apart that was merged from several recordings")
    split.add_argument("run", help=RUN_HELP)
    forget = commands.add_parser("forget", help="delete a run and its original for good")
    forget.add_argument("run", help=RUN_HELP)
    forget.add_argument("--yes", action="store_true", help="do not ask")
    purge = commands.add_parser("purge", help="delete every run of every runner")
    purge.add_argument("--all", action="store_true", required=True, help="really everything")
    purge.add_argument("--yes", action="store_true", help="do not ask")
    rebuild = commands.add_parser("rebuild", help="work everything out again from the originals")
    backup = commands.add_parser("backup", help="copy the whole store to a file, while it may be in use")
    only = "the copy; an older backup of that name is replaced, nothing else is"
    backup.add_argument("file", type=options.place, metavar="FILE", help=only)
    backup.add_argument("--force", **options.FORCE)
    export = commands.add_parser("export", help="write runs, epochs and weeks as CSV")
    export.add_argument("--to", type=options.place, required=True, metavar="DIR", help="the folder to write into")
    export.add_argument("--force", **options.FORCE)
    for command in (split, forget, purge, rebuild, backup, export):
        options.finish(command, _use_store, spoken=True)


def import_paths(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive import PATH..."""
    from kneedrive.app import library
    from kneedrive.app.importing import Import

    settings = options.load_config(arguments, brings=True)
    style = options.style(arguments, settings)
    with output.progress("Importing") as count:
        how = Import(dry_run=arguments.dry_run, again=arguments.again, count=count)
        answer = library.take_in(arguments.paths, settings, how, style, json=arguments.json)
    yield answer  # after the bar is gone


def _tag(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import library

    text = " ".join(arguments.text)
    if not text and not arguments.remove:
        raise ConfigError(f'say what changed: kneedrive tag {arguments.day} "started wall drills"')
    yield library.tag(options.load_config(arguments), arguments.day, text, remove=arguments.remove)


def _use_store(arguments: argparse.Namespace) -> Iterator[Answer]:
    """What each command on the store asks of it."""
    from kneedrive.app import library

    settings, now = options.load_config(arguments), options.now()
    match arguments.called:
        case "runs":
            yield library.runs(settings, arguments.since, options.form(arguments), options.style(arguments, settings))
        case "tags":
            yield library.tags(settings, options.style(arguments, settings), json=arguments.json)
        case "runners":
            yield library.runners(settings, options.style(arguments, settings), json=arguments.json)
        case "split":
            yield library.split(settings, arguments.run, now)
        case "forget":
            yield library.forget(settings, arguments.run, now, output.confirmed(yes=arguments.yes))
        case "purge":
            yield library.purge(settings, output.confirmed(yes=arguments.yes), os.environ)
        case "rebuild":
            with output.progress("Rebuilding") as count:
                answer = library.rebuild(settings, count)
            yield answer  # after the bar is gone
        case "backup":
            yield library.backup(settings, arguments.file, force=arguments.force)
        case "export":
            from kneedrive.app import tables

            yield tables.export(settings, arguments.to, now, force=arguments.force)


# Many runners' recordings at once: cohort and cohort-report.


def add_cohort_commands(commands: options.Commands) -> None:
    """Add cohort and cohort-report."""
    cohort = commands.add_parser(
        "cohort",
        help="examine the recordings of many runners into Parquet files",
        description="Examines every recording of a folder, in which each folder is a runner, or of a manifest: a CSV "
        "with the columns path, runner, sex, height_m, mass_kg and birth_year, of which only path must be there. "
        "Started again, it goes on where it was. Needs kneedrive[lab].",
    )
    cohort.add_argument("place", type=options.place, metavar="MANIFEST|DIR", help="what to examine")
    cohort.add_argument("--to", type=options.place, required=True, metavar="OUT", help="the folder to write into")
    add = cohort.add_mutually_exclusive_group().add_argument
    add("--scheduler", default="", metavar="tcp://HOST:PORT", help="the workers of this Dask cluster do it")
    processes = "so many processes here (default: one a core)"
    add("--processes", type=options.between(1, 256), metavar="N", help=processes)
    options.finish(cohort, _use_cohort, name=False)
    report = commands.add_parser("cohort-report", help="a cohort against the reference, and the method re-estimated")
    report.add_argument("folder", type=options.place, metavar="OUT", help="the folder that cohort wrote into")
    options.finish(report, _use_cohort, name=False)


def _use_cohort(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import cohort

    style = options.style(arguments, options.load_config(arguments))
    if arguments.called == "cohort-report":
        yield cohort.report(arguments.folder, style, json=arguments.json)
        return
    with output.progress("Examining") as count:
        given = {name: getattr(arguments, name) for name in ("place", "to", "scheduler", "processes")}
        answer = cohort.examine(cohort.Asked(**given, count=count), style, json=arguments.json)
    yield answer  # after the bar is gone
