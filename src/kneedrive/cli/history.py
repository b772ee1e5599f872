"""The history (show, report, weekly, compare), and what to work on (advise, drills)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from kneedrive import app
from kneedrive.app import Answer
from kneedrive.cli import options
from kneedrive.errors import ConfigError

if TYPE_CHECKING:
    from kneedrive.app.history import EveryRunner
    from kneedrive.app.show import Request
    from kneedrive.config import Config

# The history: show, report, weekly, compare.

RUN_HELP = "last (the default), a date like 2026-11-20, or the beginning of an id"
MAIN_HELP = RUN_HELP.replace("(the default)", "(the default: the main run of the last day)")
WEEKS = options.between(1, 2000, "weeks")


def add_report_commands(commands: options.Commands) -> None:
    """Add show and report."""
    show = commands.add_parser("show", help="a stored run, and against your own last weeks")
    show.add_argument("run", nargs="?", default="last", metavar="RUN", help=RUN_HELP)
    show.add_argument("--sources", action="store_true", help="the recordings that it is made of, and what each gives")
    options.add_length(show)
    options.add_runner(show)
    show.add_argument("--dynamics", **options.DYNAMICS)
    options.finish(show, _show)
    report = commands.add_parser("report", help="what you are over your last weeks, and the latest run; as a page too")
    add = report.add_argument
    add("run", nargs="?", default="last", metavar="RUN", help=MAIN_HELP)
    many = "how many weeks, with --full, --json or --html (default: 12; 26 with --html)"
    add("--weeks", type=WEEKS, metavar="N", help=many)
    add("--html", action="store_true", help="write it as a page, one file that needs no network")
    add("--open", action="store_true", help="open the page in your browser (with --html)")
    where = "write it to a file (default with --html: kneedrive-DAY.html here)"
    add("-o", "--output", type=options.place, metavar="FILE", help=where)
    every = "with --html: a page for every runner, and an index"
    add("--every-runner", type=options.place, metavar="DIR", help=every)
    options.add_length(report)
    add("--dynamics", **options.DYNAMICS)
    add("--force", **options.FORCE)
    options.add_runner(report)
    options.finish(report, _report)


def add_weeks_commands(commands: options.Commands) -> None:
    """Add weekly and compare."""
    weekly = commands.add_parser("weekly", help="week by week: how much, drive and bounce, where it is going")
    add = weekly.add_argument
    add("--weeks", type=WEEKS, default=12, metavar="N", help="how many weeks (default: 12)")
    last = "the last day (default: today, or that of your last run where these weeks hold none)"
    add("--until", type=options.day, metavar="DATE", help=last)
    add("--every-runner", action="store_true", help="a line a runner, sorted by what changed")
    add("--csv", action="store_true", help="as CSV (with --every-runner)")
    options.finish(weekly, _weekly)
    compare = commands.add_parser(
        "compare",
        help="before and after: what changed at the same pace and slope",
        description="Compares the weeks before and after a tag (the latest by default), two periods of your choice, or "
        "groups of runs.",
    )
    add = compare.add_argument
    add("--tag", default="", metavar="DATE|TEXT", help="the day of a tag, or a part of its text")
    add("--before", type=_period, metavar="FROM..TO", help="the first period, both days included")
    add("--after", type=_period, metavar="FROM..TO", help="the second period")
    groups = "groups of runs instead of periods: by the shoes, or by the tag of their day; with --tag that one against "
    add("--group", choices=("shoe", "tag"), help=f"{groups}all others")
    add("--across-sensors", action="store_true", help="also where the sensor changed between")
    options.finish(compare, _compare)


def _show(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import show

    settings, request = _asked(arguments)
    yield show.show(settings, request, options.now())


def _asked(arguments: argparse.Namespace) -> tuple[Config, Request]:
    """The configuration that the store is read by, and what was asked of a run in it.

    --height and --mass judge this run now; with them in the first every stored result would be derived again.
    """
    from kneedrive.app.show import Request

    settings = options.load_config(arguments, stored=True)
    return settings, options.request(Request, arguments, settings, judged_by=options.load_config(arguments))


def _report(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import page, show

    if arguments.open and not arguments.html:
        raise ConfigError("--open opens a page: add --html")
    if arguments.weeks and not (arguments.full or arguments.json or arguments.html):
        raise ConfigError("--weeks says how many weeks are shown: add --full, --json or --html, which show them")
    weeks = arguments.weeks or (page.WEEKS if arguments.html else show.WEEKS)
    if arguments.every_runner:
        if not arguments.html or arguments.output or arguments.open or arguments.run != show.LAST:
            raise ConfigError(
                "--every-runner DIR writes the page of each runner's latest run: add --html, leave RUN, -o and --open"
            )
        every, settings = _every_runner(arguments, weeks), options.load_config(arguments)
        request = show.Request(style=options.style(arguments, settings), dynamics=arguments.dynamics)
        for answer in page.pages(settings, every, request, arguments.every_runner, force=arguments.force):
            yield app.spoken(answer, json=arguments.json)
        return
    settings, request = _asked(arguments)
    file = arguments.output
    if arguments.html:
        answer, usual = page.page(settings, request, weeks, options.now())
        file = file or usual
    else:
        answer = show.report(settings, request, weeks, options.now())
    yield write(answer, file, settings, arguments) if file else answer


def _every_runner(arguments: argparse.Namespace, weeks: int) -> EveryRunner:
    """What is asked of every runner. Raises ConfigError for what is one runner's: a name, a height, a mass."""
    from kneedrive.app.history import EveryRunner

    for option in ("runner", "height", "mass"):
        if getattr(arguments, option, None) is not None:
            raise ConfigError(f"--every-runner and --{option} contradict each other: leave one of them out")
    return EveryRunner(
        weeks=weeks,
        until=getattr(arguments, "until", None),  # of weekly alone
        now=options.now(),
        settings_of=lambda name: options.load_config(options.of_runner(arguments, name)),
    )


def write(answer: Answer, file: Path, settings: Config, arguments: argparse.Namespace) -> Answer:
    """Write an answer to a file, open it with --open, and say where it is."""
    from kneedrive.app.show import written

    done = written(answer, file, settings, force=arguments.force)
    if getattr(arguments, "open", False):  # demo has no --open
        import webbrowser

        webbrowser.open(file.resolve().as_uri())
    return app.spoken(done, json=arguments.json)


def _weekly(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import history

    if arguments.csv and not arguments.every_runner:
        raise ConfigError("--csv lists runners: add --every-runner; kneedrive export --to DIR writes the weeks of one")
    every = _every_runner(arguments, arguments.weeks) if arguments.every_runner else None
    settings = options.load_config(arguments)
    style, now = options.style(arguments, settings), options.now()
    if every:
        yield history.weekly_of_every_runner(settings, every, style, options.form(arguments))
    else:
        yield history.weekly_answer(settings, arguments.weeks, arguments.until, now, style, json=arguments.json)


def _compare(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import history
    from kneedrive.report.comparison import Periods

    if bool(arguments.before) != bool(arguments.after):
        raise ConfigError("--before and --after belong together: name both periods, or a --tag")
    if arguments.group and arguments.before:
        raise ConfigError("--group takes runs wherever they are in time: leave --before and --after out")
    periods = Periods(before=arguments.before, after=arguments.after) if arguments.before else None
    if periods and max(periods.before[0], periods.after[0]) <= min(periods.before[1], periods.after[1]):
        first, last = max(periods.before[0], periods.after[0]), min(periods.before[1], periods.after[1])
        shared = str(first) if first == last else f"{first} to {last}"
        raise ConfigError(  # a run cannot be both before and after
            f"--before and --after overlap ({shared}): both ends are included, so leave these days to one of them"
        )
    settings = options.load_config(arguments)
    asked = history.Question(
        tag=arguments.tag,
        periods=periods,
        across_sensors=arguments.across_sensors,
        group=history.Group(arguments.group) if arguments.group else None,
    )
    yield history.compare(settings, asked, options.now(), options.style(arguments, settings), json=arguments.json)


def _period(text: str) -> tuple[date, date]:
    first, dots, last = text.partition("..")
    if not dots:
        raise argparse.ArgumentTypeError(f"{text!r} is no period: write 2026-01-01..2026-03-31")
    days = options.day(first), options.day(last)
    if days[0] > days[1]:
        raise argparse.ArgumentTypeError(f"{text!r} ends before it begins")
    return days


# What to work on: advise, drills (the catalogue).


def add_advice_commands(commands: options.Commands) -> None:
    """Add advise and drills."""
    advise = commands.add_parser("advise", help="what to work on next, from your latest run and your last weeks")
    advise.add_argument("run", nargs="?", default="last", metavar="RUN", help=MAIN_HELP)
    advise.add_argument("--take", action="store_true", help="take it up: tags today, so that compare can follow it")
    options.finish(advise, _advise)
    drills = commands.add_parser("drills", help="the catalogue of exercises, drills and cues")
    drills.add_argument("name", nargs="?", default="", metavar="NAME", help="one of them, or a part of its name")
    options.finish(drills, _advise, name=False)


def _advise(arguments: argparse.Namespace) -> Iterator[Answer]:
    """What to work on, or what the catalogue says of it."""
    from kneedrive.app import advise

    settings = options.load_config(arguments)
    style, json = options.style(arguments, settings), arguments.json
    if arguments.called == "drills":
        yield advise.drills(arguments.name, style, json=json)
    else:
        yield advise.advise(settings, arguments.run, options.now(), style, take=arguments.take, json=json)
