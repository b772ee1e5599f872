"""Sources of runs: sync, and the logins that some of them need."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from kneedrive import config
from kneedrive.app import Answer
from kneedrive.cli import options, output
from kneedrive.cli.library import import_paths
from kneedrive.errors import ConfigError, NotAuthorised, meant

if TYPE_CHECKING:
    from kneedrive.app.accounts import Desk

NAP_S = 30.0  # at most, since a machine that was asleep meanwhile has to look at the clock again
TIMEOUT_S, LONGEST_S = 300, 24 * 3600
NO_TERMINAL = "a login asks you to agree in a browser: run 'kneedrive auth strava' yourself in a terminal"
NO_KEY = "a key is pasted into a terminal: run 'kneedrive auth {0}' yourself in one, or set {1}"
NO_QUESTIONS = "setup asks questions: run it yourself in a terminal, or see docs/sources.md for what it would do"
NOW_REPORT = "Next: kneedrive report for your last weeks and the latest run, kneedrive runs for all."
NOTHING_SET = (
    "No source is set up, and none needs to be: kneedrive analyze FILE reads any recording. "
    "kneedrive demo shows what comes of it."
)

# How to come by a key. A paragraph is one line, which `remark` breaks where this terminal ends.

GARMIN_KEY = """\
Garmin gives everybody a personal API key for their own data, free and at once:

  1. Open https://connect.garmin.com/app/settings/personalApiToken in a browser, \
log in, choose Create Key and how long it is to live.
  2. Copy the key, which is shown once, and paste it here. It stays hidden.
"""
INTERVALS_KEY = """\
intervals.icu is free and gets the original files from COROS, Polar, Suunto, Wahoo \
and Garmin:

  1. Make an account on https://intervals.icu and connect your watch's service in \
its Settings.
  2. At the end of the Settings, below Developer Settings, copy the API key and \
paste it here. It stays hidden.
"""
REGISTER = """\
Strava asks everybody who uses a program with it for an API application of their \
own, and gives one to subscribers only. Five minutes, once:

  1. Open https://www.strava.com/settings/api and make an application: any name \
and website, and localhost as authorization callback domain.
  2. Type in the client id and the client secret that the page then shows. (Not \
the tokens below them: those may not read runs.)

Without a subscription: Strava's bulk export holds more, and is free. See \
docs/sources.md, or kneedrive import --help. Ctrl-C leaves.
"""


def add_sync(commands: options.Commands) -> None:
    """Add sync."""
    sync = commands.add_parser(
        "sync",
        help="fetch what is new from your watch, Garmin, intervals.icu, Strava and folders, and report on it",
        description="Looks for new runs in every source that is set up: a watch that is plugged in and folders, "
        "Garmin, intervals.icu, Strava, and what other packages add. Then it tells what is new, how the main run of "
        "the last day went, how your weeks go, and what to do next. It can be stopped at any time and goes on later. "
        "kneedrive setup asks what you have and sets it up.",
    )
    add = sync.add_argument
    add("sources", nargs="*", metavar="SOURCE", help="only these: folder, garmin, intervals, strava, or a package's")
    add("--athletes", action="store_true", help="for coaches: the runs of every athlete in sources.intervals.athletes")
    add("--since", type=options.since, metavar="WHEN", help="nothing older than a date or span: 30d, 12w")
    add("--full", action="store_true", help="look at everything again, also at what failed before")
    add("--no-report", action="store_true", help="only the counts")
    add("--dry-run", action="store_true", help="say what would be fetched, fetch and write nothing")
    add("--wait", action="store_true", help="at a service's limit, wait and go on instead of stopping")
    options.finish(sync, _sync, new=True)


def add_setup(commands: options.Commands) -> None:
    """Add setup."""
    setup = commands.add_parser(
        "setup",
        help="a guided first run: asks what you have, sets it up, fetches your runs and reports on them",
        description="Asks for a Garmin key, an intervals.icu key, a folder, a Strava export and your height, each of "
        "which can be skipped; keeps keys readable by you alone, writes the rest to the configuration, and ends with "
        "the first sync. What it does can also be done by kneedrive auth, import, sync and an editor.",
    )
    options.finish(setup, _set_up)
    setup.set_defaults(new_runner=True)  # who is asked so much is no typo


def add_auth(commands: options.Commands) -> None:
    """Add auth and its parts."""
    auth = commands.add_parser("auth", help="keep a key, log in to Strava, see which sources are set up, log out")
    parts = auth.add_subparsers(title="parts", metavar="PART", required=True)
    garmin = parts.add_parser(
        "garmin",
        help="keep your personal API key for Garmin Connect",
        description="Asks for the key that Garmin gives you for your own data, tries it, and keeps it where Garmin's "
        "own client looks for it, readable by you alone. GARMIN_PERSONAL_API_KEY in the environment needs no login.",
    )
    days = "how long the key lives (asked where missing)"
    garmin.add_argument("--days", type=options.between(1, 365), metavar="N", help=days)
    options.finish(garmin, _keep_key, spoken=True)
    intervals = parts.add_parser(
        "intervals",
        help="keep your API key for intervals.icu",
        description="Asks for the API key of your account on intervals.icu, tries it, and keeps it, readable by you "
        "alone. INTERVALS_ICU_API_KEY in the environment needs no login.",
    )
    coached = "for coaches: list the athletes whose runs the key can read"
    intervals.add_argument("--athletes", action="store_true", help=coached)
    options.finish(intervals, _keep_key, spoken=True)
    _add_strava(parts)
    options.finish(parts.add_parser("status", help="which sources are set up; asks nobody"), _show_status)
    logout = parts.add_parser(
        "logout",
        help="log out of Strava and delete everything that came from it, or forget a key",
        description="For Strava: forgets the login, revokes it, and deletes everything that came from its API alone. "
        "For Garmin and intervals.icu: deletes the key that is kept; the runs are your own files and stay.",
    )
    which = "garmin, intervals or strava (default)"
    logout.add_argument("source", nargs="?", default="strava", metavar="SOURCE", help=which)
    logout.add_argument("--yes", action="store_true", help="do not ask")
    options.finish(logout, _log_out, spoken=True)


def _add_strava(parts: options.Commands) -> None:
    strava = parts.add_parser(
        "strava",
        help="log in to Strava",
        description="Shows an address to open in your browser and waits for your answer there. Needs the client id "
        "and secret of an API application of your own, which Strava gives to subscribers only: make one at "
        "strava.com/settings/api, any name and website, with localhost as authorization callback domain. Both are "
        "taken from the configuration, from STRAVA_CLIENT_ID and STRAVA_CLIENT_SECRET, or typed in when asked.",
    )
    add = strava.add_argument
    add("--headless", action="store_true", help="the browser is on another machine: paste the address it ends at")
    port, wait = "listen on this port (default: 0, any free one)", f"seconds to wait (default {TIMEOUT_S})"
    add("--port", type=options.between(0, 65535), default=0, metavar="N", help=port)
    add("--timeout", type=options.between(1, LONGEST_S), default=TIMEOUT_S, metavar="S", help=wait)
    options.finish(strava, _log_in, spoken=True)


def desk(arguments: argparse.Namespace) -> Desk:
    """What the commands of this family stand on."""
    from kneedrive.app.accounts import Desk
    from kneedrive.sources.folder import watches

    settings = options.load_config(arguments, brings=True)
    return Desk(
        settings=settings,
        folder=config.config_folder(os.environ),
        garmin_folder=config.garmin_folder(os.environ),
        clock=options.now,
        wait=sleep_until if getattr(arguments, "wait", False) else None,
        watches=watches(os.environ) if settings.sources.folder.watch else (),
    )


def sleep_until(moment: datetime) -> None:
    """Sleep, and say until when."""
    output.remark(f"Waiting until {moment.astimezone():%H:%M} for the service's limit.")
    while (left_s := (moment - options.now()).total_seconds()) > 0:
        time.sleep(min(left_s, NAP_S))


def _sync(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app.accounts import INTERVALS, athletes, known_names

    here, names = desk(arguments), tuple(arguments.sources)
    # Not argparse's choices: with nargs="*" they refuse an empty list on some versions of Python.
    known = known_names() if names else ()
    if unknown := [name for name in names if name not in known]:
        named = f"name {', '.join(known[:-1])} or {known[-1]}"
        raise ConfigError(f"there is no source {unknown[0]!r}: {meant(unknown[0], known) or named}")
    if not arguments.athletes:
        yield from _synced(here, names, arguments)
        return
    coached = athletes(here)
    if not coached or set(names) - {INTERVALS}:
        raise ConfigError(
            "--athletes is for intervals.icu alone, whose athletes stand in sources.intervals.athletes: "
            "'kneedrive auth intervals --athletes' lists them"
        )
    for place, name in enumerate(coached):
        if not arguments.json:
            yield Answer(text="\n" * (place > 0) + f"{name}:")
        own = options.of_runner(arguments, name)  # so that each has the height of their own
        yield from _synced(desk(own), (INTERVALS,), arguments)


def _synced(here: Desk, names: tuple[str, ...], arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import sync

    order = sync.Order(names=names, since=arguments.since, full=arguments.full, dry_run=arguments.dry_run)
    style = options.style(arguments, here.settings)
    try:
        yield from sync.sync(here, order, style, output.progress, json=arguments.json, report=not arguments.no_report)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("what was fetched is kept; the same command goes on from there") from None


def _set_up(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import setup
    from kneedrive.app.accounts import GARMIN, INTERVALS, OWN, is_ready
    from kneedrive.app.library import everybody
    from kneedrive.report.blocks import Prose

    if not sys.stdin.isatty():
        raise ConfigError(NO_QUESTIONS)
    here = desk(arguments)
    asking = setup.Asking(ask=output.ask, hidden=output.ask_hidden, say=output.remark)
    values, exports = setup.converse(here, asking, {GARMIN: GARMIN_KEY, INTERVALS: INTERVALS_KEY})
    if values:
        setup.write(here.settings.file, values)
        output.remark(f"\nWritten to {here.settings.file}.")
    here = desk(arguments)  # again, since the answers are in the configuration now
    # What import and sync would take from options of their own.
    usual = {"since": None, "full": False, "dry_run": False, "again": False, "no_report": False}
    asked = argparse.Namespace(**vars(arguments), **usual, paths=exports)
    if exports:
        yield from import_paths(asked)
    if any(is_ready(name, here) for name in OWN):
        yield from _synced(here, (), asked)
    else:
        held = everybody(here.settings).get(here.settings.runner.name)
        following = NOW_REPORT if exports or held else NOTHING_SET
        yield Answer.laid_out([[Prose(following)]], options.style(arguments, here.settings))


def _keep_key(arguments: argparse.Namespace) -> Iterator[Answer]:
    """Ask for the key of Garmin or intervals.icu and keep it, or list whom it can read."""
    from kneedrive.app import setup

    here, source, garmin = desk(arguments), arguments.called, arguments.called == "garmin"
    if not garmin and arguments.athletes:
        yield setup.list_athletes(here)
        return
    if not sys.stdin.isatty():
        raise NotAuthorised(NO_KEY.format(source, "GARMIN_PERSONAL_API_KEY" if garmin else "INTERVALS_ICU_API_KEY"))
    output.remark(GARMIN_KEY if garmin else INTERVALS_KEY)
    key = output.ask_hidden("Key (not shown): ")
    # Asked for Garmin's alone, which end without Garmin's telling when.
    yield setup.keep_key(here, source, key, lambda: arguments.days or setup.lifetime(output.ask(setup.LIFE)))


def _log_in(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import accounts, setup

    if not sys.stdin.isatty():
        raise NotAuthorised(NO_TERMINAL)
    here = desk(arguments)
    mine, remember = accounts.application(here), False
    if not (mine.client_id and mine.client_secret):
        output.remark(REGISTER)
        mine, remember = setup.typed(output.ask("Client id: "), output.ask_hidden("Client secret (not shown): ")), True
    if arguments.headless:
        yield setup.by_pasting(here, mine, _pasted, remember=remember)
        return

    def shown(url: str) -> None:
        output.remark(f"Open this address in your browser and agree:\n\n  {url}\n\nWaiting for the answer.")

    yield setup.by_browser(here, mine, shown, arguments.port, arguments.timeout, remember=remember)


def _pasted(url: str) -> str:
    output.remark(
        f"Open this address in any browser and agree:\n\n  {url}\n\n"
        "The browser then ends at an address on 127.0.0.1 that it cannot show. Copy that whole address."
    )
    return output.ask_hidden("Paste it here (it stays hidden): ")


def _show_status(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import setup

    yield setup.status(desk(arguments), json=arguments.json)


def _log_out(arguments: argparse.Namespace) -> Iterator[Answer]:
    from kneedrive.app import setup

    here, confirm = desk(arguments), output.confirmed(yes=arguments.yes)
    if arguments.source not in ("strava", *setup.KEEPS):
        raise ConfigError(f"there is nothing to log out of at {arguments.source!r}: name garmin, intervals or strava")
    kept = arguments.source in setup.KEEPS
    yield setup.forget_key(here, arguments.source, confirm) if kept else setup.log_out(here, confirm)
