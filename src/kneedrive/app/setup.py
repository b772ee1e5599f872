"""Setting up: keys and logins kept after they are known to work, and forgotten; what is set up; a guided first run."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from json import dumps
from pathlib import Path
from typing import Any, TypeVar

from kneedrive.app import NOT_AUTHORISED, OK, PARTLY, Answer, accounts, code_for, zone_of
from kneedrive.app.accounts import FOLDER, GARMIN, INTERVALS, NAMES, OWN, STRAVA, Desk
from kneedrive.config import SETTINGS, Secret, as_path, as_secret
from kneedrive.errors import ConfigError, NotAuthorised, SourceError
from kneedrive.record import Record
from kneedrive.report import numbers
from kneedrive.report.blocks import Style, Terms, words
from kneedrive.sources import folder
from kneedrive.sources.oauth import Application, Callback, Login
from kneedrive.sources.tokens import PrivateFile, Tokens, is_missing

T = TypeVar("T")
_literal = partial(dumps, ensure_ascii=False)  # a value as TOML: what JSON and TOML write alike

# API keys.

KEEPS = {GARMIN: "Garmin key", INTERVALS: "intervals.icu key"}
LIFE = "How many days does it live (30, 90, 180 or 365; Enter where you do not know)? "


def lifetime(text: str) -> int | None:
    """The days that a key lives, as typed; None for anything that is no such number."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return number if 1 <= number <= 365 else None


def keep_key(desk: Desk, source: str, text: str, life: Callable[[], int | None] = lambda: None) -> Answer:
    """Keep an API key, as it was pasted, that its service takes.

    life: asked for a key that Garmin took; the days from now that it lives, None for unknown. Raises ConfigError for
    what is no key, and SourceError, with nothing kept, where the service refuses it or cannot be asked.
    """
    key = as_secret(text)
    if not key:
        raise ConfigError("no key was given: nothing is changed")
    days = None
    if source == GARMIN:
        garmin = accounts.garmin(desk, key)
        fresh = garmin.exchange()
        days = life()
    else:
        next(accounts.intervals(desk, key).listing(desk.clock()), None)  # the least that asks for the key
    file = accounts.key_file(desk, source)
    file.write(f"{key.reveal()}\n")
    runner = f" --runner {desk.named_runner}" if desk.named_runner else ""
    said = [
        f"{NAMES[source]} takes the key. kneedrive sync {source}{runner} fetches your runs.",
        f"It is kept in {file.path}, readable by you alone.",
    ]
    if accounts.api_key(desk, source) != key:
        origin = desk.settings.origins[f"sources.{source}.api_key"]
        said.append(f"But another key is in force, from {origin}: take that one away.")
    if days:
        ends = desk.clock().date() + timedelta(days=days)
        held = garmin.held() or fresh  # while the runner thought, a sync may have fetched another
        accounts.garmin_token(desk).save(held.replace(key_ends=ends))
        said.append(f"It ends on {ends}; kneedrive sync says so a week before.")
    return Answer(text="\n".join(said))


def list_athletes(desk: Desk) -> Answer:
    """The athletes whose runs the key for intervals.icu can read, as lines for the configuration."""
    found = accounts.intervals(desk).athletes()
    if not found:
        return Answer(text="This key reads no runs but its owner's.")
    width = max(map(len, found))
    # A name of one word for each of them, no two alike.
    first = [(name.split() or [each])[0].lower().replace('"', "").replace("=", "") for each, name in found.items()]
    names = [name if first.index(name) == place else f"{name}-{place + 1}" for place, name in enumerate(first)]
    example = ", ".join(f'"{name}={each}"' for name, each in zip(names, found, strict=True))
    said = [
        *(f"{each:<{width}}  {name}" for each, name in found.items()),
        "",
        "Below [sources.intervals] in the configuration, under the names that --runner is to know:",
        f"athletes = [{example}]",
        "Then: kneedrive sync intervals --athletes",
    ]
    return Answer(text="\n".join(said))


def forget_key(desk: Desk, source: str, confirm: Callable[[str], bool]) -> Answer:
    """Delete the key that is kept for a service. The runs that came by it are the runner's own files and stay."""
    file, what, setting = accounts.key_file(desk, source), KEEPS[source], f"sources.{source}.api_key"
    elsewhere = desk.settings.origins[setting].removeprefix("environment ") if desk.settings[setting] else ""
    if not file.load():
        raise NotAuthorised(f"no {what} is kept in {file.path}{elsewhere and f'; one is set in {elsewhere}'}")
    if not confirm(f"Delete the {what} in {file.path}?"):
        return Answer(text="Nothing was changed.")
    file.delete()
    if source == GARMIN:
        accounts.garmin_token(desk).delete()
    said = [f"The {what} is deleted here; on the service's own page you can end it. Your runs stay."]
    if elsewhere:
        said.append(f"Another one is still set in {elsewhere}.")
    return Answer(text="\n".join(said))


# Strava.


def typed(client_id: str, client_secret: str) -> Application:
    """An application as it was typed in. Raises ConfigError where half of it is missing."""
    if not client_id or not client_secret:
        raise ConfigError(
            "Strava needs both, the client id and the client secret of your application: strava.com/settings/api"
        )
    return Application(client_id=client_id, client_secret=Secret(client_secret))


def by_browser(
    desk: Desk, mine: Application, show: Callable[[str], object], port: int, timeout_s: float, *, remember: bool
) -> Answer:
    """Show the address, wait for the browser's answer at a port of this machine (0: any), keep the tokens."""
    login = accounts.login(desk, mine)
    with Callback(port) as callback:
        begun = login.begin(callback.redirect_uri)
        callback.attempt = begun
        show(begun.url)
        grant = callback.wait(begun, timeout_s)
    return _redeemed(desk, login, grant, remember=remember)


def by_pasting(desk: Desk, mine: Application, ask: Callable[[str], str], *, remember: bool) -> Answer:
    """Show the address and take the one that the browser ended at."""
    # Nobody listens there: the browser shows the address, and it is pasted.
    login = accounts.login(desk, mine)
    begun = login.begin("http://127.0.0.1/code")
    return _redeemed(desk, login, begun.grant(ask(begun.url)), remember=remember)


def _redeemed(desk: Desk, login: Login, grant: tuple[Secret, str], *, remember: bool) -> Answer:
    tokens = login.redeem(grant, remember=remember)
    said = ["Logged in to Strava. kneedrive sync fetches your runs."]
    if "activity:read_all" not in tokens.scope:
        said.append(
            "Runs that only you can see are not part of this login; log in again and tick that box to add them."
        )
    if remember:
        said.append(f"Your application is kept in {accounts.token_file(desk).path}, readable by you alone.")
    return Answer(text="\n".join(said))


def log_out(desk: Desk, confirm: Callable[[str], bool]) -> Answer:
    """Forget and revoke the login, and delete what came from Strava, also where Strava cannot be told."""
    from kneedrive.app.library import derive_again, opened, still_held
    from kneedrive.store import Store

    if not confirm("Log out of Strava and delete every run that came from its API alone?"):
        return Answer(text="Nothing was changed.")
    problem: SourceError | None = None
    try:
        accounts.login(desk, accounts.application(desk)).end()
    except SourceError as error:
        problem = error
    deleted: list[int] = []
    held = ""  # what has to be said where the store's file still holds what was deleted
    if Store.is_there(desk.settings.paths.store):
        with opened(desk.settings, now=desk.clock()) as store:
            held = still_held(lambda: deleted.append(store.purge_source(STRAVA)))
            derive_again(store, desk.settings)  # runs that it shared with files, from the files
    if isinstance(problem, NotAuthorised) and not sum(deleted) and not held:
        raise problem
    many = "" if held else f"{sum(deleted)} of "
    return Answer(
        text=f"Logged out of Strava; {many}its recordings deleted.",
        trouble="\n".join(filter(None, (f"kneedrive: {problem}" if problem else "", held))),
        code=PARTLY if held else code_for(problem) if problem else OK,
    )


# What is set up, from what is on this machine alone.


def status(desk: Desk, *, json: bool) -> Answer:
    """Which sources are set up; a login that cannot be read hides no other."""
    held, problem = None, ""
    try:
        held = accounts.token_file(desk).load()
    except SourceError as error:
        problem = f"kneedrive: {error}"
    told = _status_record(desk, held)
    packaged = {name: accounts.is_ready(name, desk) for name in accounts.known_names() if name not in OWN}
    ours = (held is not None, told[GARMIN]["key"], told[INTERVALS]["key"], told[FOLDER]["paths"])
    code = OK if any((*ours, *packaged.values())) and not problem else NOT_AUTHORISED
    if json:
        return Answer.objects([told], code).replace(trouble=problem)
    strava = "not logged in; kneedrive auth strava logs in"
    if held:
        ends = numbers.start(held.expires_at, zone_of(desk.settings)(held.expires_at))
        fresh = f"is good until {ends}" if held.expires_at > desk.clock() else "is renewed by a sync"
        strava = f"logged in as athlete {held.athlete} ({held.scope}); its token {fresh}"
    looked_into = [f"{each['path']}{'' if each['there'] else ' (not there now)'}" for each in told[FOLDER]["paths"]]
    rows = (
        (NAMES[FOLDER], ", ".join(looked_into) or "none named, no watch found"),
        (NAMES[GARMIN], _key_words(GARMIN, told)),
        (NAMES[INTERVALS], _key_words(INTERVALS, told)),
        (NAMES[STRAVA], strava),
        *((name, "set up" if ready else "not set up; its package tells how") for name, ready in packaged.items()),
    )
    return Answer(text="\n".join(f"{name:<15}{words}" for name, words in rows), trouble=problem, code=code)


def _status_record(desk: Desk, held: Tokens | None) -> dict[str, Any]:
    has_key = {source: accounts.has_key(desk, source) for source in KEEPS}
    ends = accounts.garmin_key_ends(desk) if has_key[GARMIN] else None
    named = accounts.folders(desk)
    missing = folder.missing(named)
    return {
        "schema_version": 1,
        STRAVA: {
            "logged_in": held is not None,
            "athlete": held.athlete if held else None,
            "scope": held.scope if held else None,
            "expires_at": held.expires_at.isoformat().replace("+00:00", "Z") if held else None,
        },
        GARMIN: {"key": has_key[GARMIN], "key_ends": ends.isoformat() if ends else None},
        INTERVALS: {"key": has_key[INTERVALS], "athletes": list(accounts.athletes(desk))},
        FOLDER: {"paths": [{"path": str(each), "there": each not in missing} for each in named]},
    }


def _key_words(source: str, told: Mapping[str, Any]) -> str:
    if not told[source]["key"]:
        return f"no API key is set; kneedrive auth {source} takes one"
    ends = told[source].get("key_ends")
    end = f"; it ends on {ends}" if ends else ""
    coached = ", ".join(told[source].get("athletes", ()))
    return f"an API key is set{end}{f'; reads the runs of {coached}' if coached else ''}"


def overview(desk: Desk, style: Style) -> Answer:
    """Whose runs there are, what is known of the runner, and which sources are set up: what a new user looks for."""
    from kneedrive.report.lists import runner_name
    from kneedrive.store import NO_RUNS, Store

    settings, runs = desk.settings, {}
    if Store.is_there(settings.paths.store):
        with Store.open(settings.paths.store, create=False) as store:
            runs = {name: told for name, told in store.everybody().items() if told}
    plural = numbers.plural
    told = runs.items()
    held = [f"{plural(n, 'run')} of {runner_name(name)}, until {numbers.day(last)}" for name, (n, _, last) in told]
    if len(held) > 3:  # runners that are named one by one
        held = [f"{plural(sum(n for n, _, _ in runs.values()), 'run')} of {plural(len(runs), 'runner')}"]
    height = settings["runner.height_m"]
    others = [name for name in accounts.known_names() if name not in (FOLDER, STRAVA)]
    usable = [name for name in others if accounts.is_ready(name, desk)]
    if not is_missing(accounts.token_file(desk).path):  # an application without a login brings nothing
        usable.append(STRAVA)
    named = [*(f"the folder {each}" for each in accounts.folders(desk)), *(NAMES.get(each, each) for each in usable)]
    rows = (
        ("Runs", "; ".join(held) or NO_RUNS),
        ("Height", f"{height:.2f}{numbers.TIE}m" if height else "not set; your watch's file may tell it"),
        ("Sources", ", ".join(named) or "none: kneedrive setup asks where your runs are"),
    )
    terms = Terms(tuple((words(name), words(said)) for name, said in rows))
    return Answer.laid_out([[terms]], style)


# A guided first run: what the runner has is asked for, tried and kept; every step can be skipped.

HEIGHT = "runner.height_m"


class Asking(Record, frozen=True, kw_only=True):
    """A conversation. ask(question) and hidden(question): the answer, "" to skip. say(text): to the runner."""

    ask: Callable[[str], str]
    hidden: Callable[[str], str]
    say: Callable[[str], object]


# A paragraph is one line, which `say` breaks where the terminal ends.
WELCOME = """\
A few questions about where your runs are. Enter skips any of them, Ctrl-C \
leaves; a key that was taken before is kept, the rest is written at the end.
"""
STRAVA_STEP = """
4 of 5  Strava
Its bulk export holds the original files, and is free: strava.com, Settings, My \
Account, Download or Delete Your Account, Request Your Archive. The API brings no \
contact time and no oscillation, and wants a subscription: kneedrive auth strava.
"""
HEIGHT_STEP = """
5 of 5  Your height
It sharpens what is usual for you, and is sent nowhere.
"""


def converse(desk: Desk, asking: Asking, pages: Mapping[str, str]) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """All questions in turn; keys are kept at once. pages: how to come by a key, by source.

    Returns the settings to write, by key, and the exports to take in before the first sync.
    """
    asking.say(WELCOME)
    asking.say("1 of 5  Garmin\n")
    _ask_key(desk, GARMIN, asking, pages)
    asking.say("\n2 of 5  COROS, Polar, Suunto, Wahoo, and others: intervals.icu\n")
    _ask_key(desk, INTERVALS, asking, pages)
    asking.say("\n3 of 5  A watch on a cable, or a folder that recordings arrive in\n")
    values = _ask_folder(desk, asking)
    asking.say(STRAVA_STEP)
    archive = _tried(asking, asking.ask, "Is the export here? Its zip, or its folder (Enter skips): ", _archive)
    asking.say(HEIGHT_STEP)
    return {**values, **_ask_height(desk, asking)}, (archive,) if archive else ()


def _tried(
    asking: Asking, ask: Callable[[str], str], question: str, take: Callable[[str], T], wrong: str = "{}"
) -> T | None:
    """What `take` makes of the answer; asked again where it raises, with the error said as in `wrong`; None to skip."""
    for _ in range(3):
        text = ask(question)
        if not text:
            return None
        try:
            return take(text)
        except (ConfigError, SourceError) as error:
            asking.say(wrong.format(error))
    return None


def _ask_key(desk: Desk, source: str, asking: Asking, pages: Mapping[str, str]) -> None:
    if accounts.has_key(desk, source):
        asking.say("There is a key already.")
        return
    asking.say(pages[source])
    kept = _tried(
        asking,
        asking.hidden,
        "Key (not shown; Enter skips): ",
        lambda text: keep_key(desk, source, text, lambda: lifetime(asking.ask(LIFE))),
        "That did not work: {}",
    )
    if kept:
        asking.say(kept.text)


def _ask_folder(desk: Desk, asking: Asking) -> Mapping[str, Any]:
    if desk.watches:
        asking.say("Found: " + ", ".join(map(str, desk.watches)))
        asking.say("Every sync looks into it while it is plugged in; nothing needs to be written down for that.")
    else:
        asking.say("No watch is plugged in now. One that is found when a sync runs is looked into by itself.")
    named = desk.settings.sources.folder.paths
    if named:
        asking.say("Looked into already: " + ", ".join(map(str, named)))

    def setting(text: str) -> Mapping[str, Any]:
        try:
            place = as_path(text)
        except ConfigError as error:
            raise ConfigError(f"That {error}.") from None
        if folder.missing([place]):
            why = "is no folder here, and no pattern that fits anything: plug it in or correct it."
            raise ConfigError(f"{place} {why}")
        return {} if place in named else {"sources.folder.paths": [text]}

    question = "Another folder, such as ~/Downloads or Gadgetbridge's export folder (Enter skips): "
    return _tried(asking, asking.ask, question, setting) or {}


def _archive(text: str) -> Path:
    try:
        place = as_path(text.strip("'\""))
    except ConfigError as error:
        raise ConfigError(f"That {error}.") from None
    if not os.path.exists(place):  # noqa: PTH110 - pathlib raises where it cannot look
        raise ConfigError(f"{place} is not there.")
    return place


def _ask_height(desk: Desk, asking: Asking) -> Mapping[str, Any]:
    if desk.settings.runner.height_m:
        asking.say(f"{desk.settings.runner.height_m:g} m is set already.")
        return {}

    parse = next(setting.parse for setting in SETTINGS if setting.key == HEIGHT)

    def metres(text: str) -> float:
        text = text.replace(",", ".")
        in_centimetres = re.fullmatch(r"\d{3}(\.\d+)?", text)
        height_m: float = parse(f"{float(text) / 100:g}" if in_centimetres else text)
        return height_m

    question = "Height in metres or centimetres, such as 1.78 (Enter skips): "
    height_m = _tried(asking, asking.ask, question, metres, "It {}.")
    if not height_m:
        return {}
    runner, key = desk.named_runner, HEIGHT
    if runner:  # whose height is not the owner's
        key = f"runners.{runner if re.fullmatch('[A-Za-z0-9_-]+', runner) else _literal(runner)}.height_m"
    return {key: height_m}


# The configuration file, changed in place: other keys and every remark stay.


def write(place: Path, values: Mapping[str, Any]) -> None:
    """Set these keys in the configuration file; a list is added to the one that is there.

    Raises ConfigError, and changes nothing, where the file is written in a way that cannot be changed safely.
    """
    target = place.resolve()  # a link to it stays one
    try:
        text = target.read_text(encoding="utf-8") if target.exists() else ""
        for key, value in values.items():
            text = _with_value(text, key, value)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        lines = ", ".join(f"{key} = {_literal(value)}" for key, value in values.items())
        raise ConfigError(f"{place} cannot be changed safely ({error}): write into it yourself: {lines}") from None
    file = PrivateFile(target)
    file.what = "configuration"
    file.write(text)


def _with_value(text: str, key: str, value: Any) -> str:
    """The text of a TOML file with one key set. Raises ValueError where that would change anything else."""
    table, _, name = key.rpartition(".")
    held = tomllib.loads(text)
    section, heading = held, tomllib.loads(f"[{table}]")
    while heading:
        ((part, heading),) = heading.items()  # the names in the heading, from the outside in
        section = section.setdefault(part, {})
    if isinstance(value, list):
        value = [*section.get(name, []), *(each for each in value if each not in section.get(name, []))]
    section[name] = value
    # Changed as text, so that remarks stay, and then read again: a text of several lines can hold what looks like a
    # heading or a key and is none.
    lines, line = text.splitlines(), f"{name} = {_literal(value)}"
    title = re.compile(rf"\s*\[\s*{re.escape(table)}\s*\]\s*(#.*)?")
    given = re.compile(rf"\s*{re.escape(name)}\s*=")
    begin = next((number for number, each in enumerate(lines, start=1) if title.fullmatch(each)), None)
    if begin is None:
        lines += [*([""] if lines else []), f"[{table}]", line]
    else:
        following = (number for number in range(begin, len(lines)) if lines[number].lstrip().startswith("["))
        end = next(following, len(lines))
        same = [number for number in range(begin, end) if given.match(lines[number])][:1]
        place = same[0] if same else begin
        lines[place : place + len(same)] = [line]
    changed = "\n".join(lines) + "\n"
    if tomllib.loads(changed) != held:
        raise ValueError(f"{key} stands in it in an unusual way")
    return changed
