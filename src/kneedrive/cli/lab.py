"""Many runners at once: cohort, cohort-report, and --every-runner of weekly and report."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kneedrive import app
from kneedrive.app import Answer
from kneedrive.cli import options
from kneedrive.cli.library import progress
from kneedrive.errors import ConfigError

if TYPE_CHECKING:
    from kneedrive.config import Config

MOST_PROCESSES = 256


def add_lab_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this family's commands."""
    cohort = commands.add_parser(
        "cohort",
        help="examine the recordings of many runners into Parquet files",
        description="Examines every recording of a folder, in which each folder is a runner, or of a manifest: a CSV "
        "with the columns path, runner, sex, height_m, mass_kg and birth_year, of which only path must be there. "
        "Started again, it goes on where it was. Needs kneedrive[lab].",
    )
    cohort.add_argument("place", type=options.place, metavar="MANIFEST|DIR", help="what to examine")
    cohort.add_argument("--to", type=options.place, required=True, metavar="OUT", help="the folder to write into")
    workers = cohort.add_mutually_exclusive_group()
    workers.add_argument(
        "--scheduler", default="", metavar="tcp://HOST:PORT", help="the workers of this Dask cluster do it"
    )
    workers.add_argument(
        "--processes",
        type=options.between(1, MOST_PROCESSES),
        metavar="N",
        help="so many processes here (default: one a core)",
    )
    options.add_display(cohort)
    options.add_config(cohort)
    cohort.set_defaults(command=examine_cohort)
    report = commands.add_parser("cohort-report", help="a cohort against the reference, and the method re-estimated")
    report.add_argument("folder", type=options.place, metavar="OUT", help="the folder that cohort wrote into")
    options.add_display(report)
    options.add_config(report)
    report.set_defaults(command=report_cohort)


def examine_cohort(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive cohort MANIFEST|DIR --to OUT."""
    from kneedrive.app import cohort

    style = options.style(arguments, options.load_config(arguments))
    with progress("Examining") as count:
        asked = cohort.Asked(
            place=arguments.place,
            to=arguments.to,
            scheduler=arguments.scheduler,
            processes=arguments.processes,
            count=count,
        )
        answer = cohort.examine(asked, style, json=arguments.json)
    yield answer


def report_cohort(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive cohort-report OUT."""
    from kneedrive.app import cohort

    yield cohort.report(arguments.folder, options.style(arguments, options.load_config(arguments)), json=arguments.json)


# A line and a page for every runner of a store.


def weekly_of_every_runner(arguments: argparse.Namespace) -> Answer:
    """kneedrive weekly --every-runner. Raises ConfigError where that and other options contradict each other."""
    from kneedrive.app import roster

    if not arguments.every_runner:
        message = "--csv lists runners: add --every-runner; kneedrive export --to DIR writes the weeks of one"
        raise ConfigError(message)
    _of_all(arguments)
    settings = options.load_config(arguments)
    form = "json" if arguments.json else "csv" if arguments.csv else "text"
    view = roster.View(
        weeks=arguments.weeks, until=arguments.until, now=options.now(), settings_of=_settings(arguments)
    )
    return roster.weekly(settings, view, options.style(arguments, settings), form)


def pages_of_every_runner(arguments: argparse.Namespace) -> Iterator[Answer]:
    """kneedrive report --html --every-runner DIR. Raises ConfigError as above."""
    from kneedrive.app import roster
    from kneedrive.app.page import WEEKS
    from kneedrive.app.show import LAST, Request

    if not arguments.html or arguments.output or arguments.open or arguments.run != LAST:
        message = "--every-runner DIR writes the page of each runner's latest run: add --html, leave RUN, -o and --open"
        raise ConfigError(message)
    _of_all(arguments)
    settings = options.load_config(arguments)
    view = roster.View(weeks=arguments.weeks or WEEKS, now=options.now(), settings_of=_settings(arguments))
    request = Request(style=options.style(arguments, settings), dynamics=arguments.dynamics)
    for answer in roster.pages(settings, view, request, arguments.every_runner, force=arguments.force):
        yield app.spoken(answer, json=arguments.json)


def _of_all(arguments: argparse.Namespace) -> None:
    """Refuse what is one runner's: a name, a height, a mass."""
    for option in ("runner", "height", "mass"):
        if getattr(arguments, option, None) is not None:
            message = f"--every-runner and --{option} contradict each other: leave one of them out"
            raise ConfigError(message)


def _settings(arguments: argparse.Namespace) -> Callable[[str], Config]:
    """The settings of a runner, as --runner NAME would have them."""
    return lambda name: options.load_config(argparse.Namespace(**{**vars(arguments), "runner": name}))
