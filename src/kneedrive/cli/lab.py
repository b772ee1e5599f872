"""Many runners at once: cohort, cohort-report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kneedrive.app import Answer
from kneedrive.cli import options
from kneedrive.cli.library import progress

if TYPE_CHECKING:
    import argparse

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
    cohort.add_argument(
        "--scheduler", default="", metavar="tcp://HOST:PORT", help="the workers of this Dask cluster do it"
    )
    cohort.add_argument(
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
