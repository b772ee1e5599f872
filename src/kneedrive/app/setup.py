"""A guided first run: what the runner has is asked for, tried and kept; every step can be skipped."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kneedrive.app import login
from kneedrive.app.accounts import GARMIN, INTERVALS, Desk, has_key
from kneedrive.config import SETTINGS
from kneedrive.errors import ConfigError, SourceError
from kneedrive.record import Record
from kneedrive.sources import folder
from kneedrive.sources.tokens import PrivateFile

FOLDERS, HEIGHT = "sources.folder.paths", "runner.height_m"
TRIES = 3


class Asking(Record, frozen=True, kw_only=True):
    """A conversation. ask(question) and hidden(question): the answer, "" to skip. say(text): to the runner."""

    ask: Callable[[str], str]
    hidden: Callable[[str], str]
    say: Callable[[str], object]


class Wanted(Record, frozen=True, kw_only=True):
    """What was found out. values: settings to write, by key. archives: exports to take in before the first sync."""

    values: Mapping[str, Any] = {}
    archives: tuple[Path, ...] = ()


WELCOME = """\
A few questions about where your runs are. Enter skips any of them, Ctrl-C
leaves; a key that was taken before is kept, the rest is written at the end.
"""
GARMIN_STEP = "1 of 5  Garmin\n"
INTERVALS_STEP = "\n2 of 5  COROS, Polar, Suunto, Wahoo, and others: intervals.icu\n"
FOLDER_STEP = "\n3 of 5  A watch on a cable, or a folder that recordings arrive in\n"
STRAVA_STEP = """
4 of 5  Strava
Its bulk export holds the original files, and is free: strava.com, Settings, My
Account, Download or Delete Your Account, Request Your Archive. The API brings no
contact time and no oscillation, and wants a subscription: kneedrive auth strava.
"""
HEIGHT_STEP = """
5 of 5  Your height
It sharpens what is usual for you, and is sent nowhere.
"""


def converse(desk: Desk, asking: Asking, pages: Mapping[str, str]) -> Wanted:
    """All questions in turn; keys are kept at once. pages: how to come by a key, by source."""
    asking.say(WELCOME)
    asking.say(GARMIN_STEP)
    _ask_key(desk, GARMIN, asking, pages)
    asking.say(INTERVALS_STEP)
    _ask_key(desk, INTERVALS, asking, pages)
    asking.say(FOLDER_STEP)
    values = _ask_folder(desk, asking)
    asking.say(STRAVA_STEP)
    archives = _ask_archive(asking)
    asking.say(HEIGHT_STEP)
    return Wanted(values={**values, **_ask_height(desk, asking)}, archives=archives)


def holds_runs(desk: Desk) -> bool:
    """Whether there are runs of this runner already."""
    from kneedrive.store import Store

    settings = desk.settings
    if not Store.is_there(settings.paths.store):
        return False
    with Store.open(settings.paths.store, create=False) as store:
        return settings.runner.name in store.runs_by_runner()


def _ask_key(desk: Desk, source: str, asking: Asking, pages: Mapping[str, str]) -> None:
    if has_key(desk, source):
        asking.say("There is a key already.")
        return
    asking.say(pages[source])
    for _ in range(TRIES):
        text = asking.hidden("Key (not shown; Enter skips): ")
        if not text:
            return
        try:
            key = login.typed_key(text)
            if source == GARMIN:
                answer = login.keep_garmin_key(desk, key, lambda: login.lifetime(asking.ask(login.LIFE)))
            else:
                answer = login.keep_intervals_key(desk, key)
        except (ConfigError, SourceError) as error:
            asking.say(f"That did not work: {error}")
        else:
            asking.say(answer.text)
            return


def _ask_folder(desk: Desk, asking: Asking) -> Mapping[str, Any]:
    if desk.watches:
        asking.say("Found: " + ", ".join(map(str, desk.watches)))
        asking.say("Every sync looks into it while it is plugged in; nothing needs to be written down for that.")
    else:
        asking.say("No watch is plugged in now. One that is found when a sync runs is looked into by itself.")
    named = desk.settings.sources.folder.paths
    if named:
        asking.say("Looked into already: " + ", ".join(map(str, named)))
    for _ in range(TRIES):
        text = asking.ask("Another folder, such as ~/Downloads or Gadgetbridge's export folder (Enter skips): ")
        if not text:
            return {}
        try:
            (place,) = _reader(FOLDERS)([text])
        except ConfigError as error:
            asking.say(f"That {error}.")
            continue
        if not folder.missing([place]):
            return {} if place in named else {FOLDERS: [text]}
        asking.say(f"{place} is no folder here, and no pattern that fits anything: plug it in or correct it.")
    return {}


def _ask_archive(asking: Asking) -> tuple[Path, ...]:
    for _ in range(TRIES):
        text = asking.ask("Is the export here? Its zip, or its folder (Enter skips): ")
        if not text:
            return ()
        place = Path(text.strip("'\"")).expanduser()
        if place.exists():
            return (place,)
        asking.say(f"{place} is not there.")
    return ()


def _ask_height(desk: Desk, asking: Asking) -> Mapping[str, Any]:
    if desk.settings.runner.height_m:
        asking.say(f"{desk.settings.runner.height_m:g} m is set already.")
        return {}
    for _ in range(TRIES):
        text = asking.ask("Height in metres or centimetres, such as 1.78 (Enter skips): ").replace(",", ".")
        if not text:
            return {}
        metres = f"{float(text) / 100:g}" if re.fullmatch(r"\d{3}(\.\d+)?", text) else text
        try:
            return {_height_key(desk.named_runner): _reader(HEIGHT)(metres)}
        except ConfigError as error:
            asking.say(f"It {error}.")
    return {}


def _height_key(runner: str) -> str:
    """Where a height is written: a named runner's is not the owner's."""
    if not runner:
        return HEIGHT
    return f"runners.{runner if re.fullmatch('[A-Za-z0-9_-]+', runner) else _literal(runner)}.height_m"


def _reader(key: str) -> Callable[[Any], Any]:
    return next(setting.parse for setting in SETTINGS if setting.key == key)


# The configuration file, changed in place: other keys and every remark stay.


def write(place: Path, values: Mapping[str, Any]) -> None:
    """Set these keys in the configuration file; a list is added to the one that is there.

    Raises ConfigError, and changes nothing, where the file is written in a way that cannot be changed safely.
    """
    target = place.resolve()  # a link to it stays one
    try:
        old = target.read_text(encoding="utf-8") if target.exists() else ""
        new = old
        for key, value in values.items():
            new = with_value(new, key, value)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        lines = ", ".join(f"{key} = {_literal(value)}" for key, value in values.items())
        message = f"{place} cannot be changed safely ({error}): write into it yourself: {lines}"
        raise ConfigError(message) from None
    PrivateFile(target, what="configuration").write(new)


def with_value(text: str, key: str, value: Any) -> str:
    """The text of a TOML file with one key set. Raises ValueError where that would change anything else."""
    table, _, name = key.rpartition(".")
    held = tomllib.loads(text)
    section: Any = held
    for part in _names(tomllib.loads(f"[{table}]")):
        section = section.setdefault(part, {})
    if isinstance(value, list):
        value = [*section.get(name, []), *(each for each in value if each not in section.get(name, []))]
    section[name] = value
    changed = _edited(text.splitlines(), table, name, f"{name} = {_literal(value)}")
    if tomllib.loads(changed) != held:
        message = f"{key} stands in it in an unusual way"
        raise ValueError(message)
    return changed


def _names(heading: Mapping[str, Any]) -> Iterator[str]:
    """The names in the heading of a table, from the outside in."""
    for name, inside in heading.items():
        yield name
        yield from _names(inside)


def _edited(lines: Sequence[str], table: str, name: str, line: str) -> str:
    """The lines with this one below its table's heading, in place of the one that is there."""
    heading = re.compile(rf"\s*\[\s*{re.escape(table)}\s*\]\s*(#.*)?")
    starts = [number for number, each in enumerate(lines) if heading.fullmatch(each)]
    if not starts:
        return "\n".join([*lines, *([""] if lines else []), f"[{table}]", line]) + "\n"
    begin = starts[0] + 1
    following = (number for number in range(begin, len(lines)) if lines[number].lstrip().startswith("["))
    end = next(following, len(lines))
    given = re.compile(rf"\s*{re.escape(name)}\s*=")
    same = [number for number in range(begin, end) if given.match(lines[number])]
    place = same[0] if same else begin
    return "\n".join([*lines[:place], line, *lines[place + len(same[:1]) :]]) + "\n"


def _literal(value: Any) -> str:
    """A value as TOML: what JSON and TOML write alike."""
    return json.dumps(value, ensure_ascii=False)
