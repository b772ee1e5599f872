"""Keys and logins: kept after they are known to work, forgotten again, and what is set up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from kneedrive.app import NOT_AUTHORISED, OK, PARTLY, Answer, code_for, line, zone_of
from kneedrive.app.accounts import (
    FOLDER,
    GARMIN,
    INTERVALS,
    NAMES,
    OWN,
    STRAVA,
    Desk,
    api_key,
    application,
    athletes,
    begin,
    folders,
    garmin,
    garmin_key_ends,
    garmin_token,
    has_key,
    intervals,
    is_ready,
    key_file,
    known_names,
    login,
    token_file,
)
from kneedrive.config import Secret, as_secret
from kneedrive.errors import ConfigError, NotAuthorised, SourceError
from kneedrive.report import numbers
from kneedrive.sources import folder
from kneedrive.sources.oauth import Application
from kneedrive.sources.tokens import is_missing

if TYPE_CHECKING:
    from kneedrive.report.blocks import Style
    from kneedrive.sources.intervals import Athlete
    from kneedrive.sources.oauth import Grant
    from kneedrive.sources.tokens import Tokens

KEEPS = {GARMIN: "Garmin key", INTERVALS: "intervals.icu key"}
LONGEST_LIFE = 365  # days that a key of Garmin's can live
LIFE = "How many days does it live (30, 90, 180 or 365; Enter where you do not know)? "
WHOLE_SCOPE = "activity:read_all"
PASTED_TO = "http://127.0.0.1/code"  # nobody listens there: the browser shows the address, and it is pasted
ASKED = "Log out of Strava and delete every run that came from its API alone?"


# API keys.


def typed_key(text: str) -> Secret:
    """A key as it was pasted. Raises ConfigError for none, and for what no key can be."""
    key = as_secret(text)
    if not key:
        raise ConfigError("no key was given: nothing is changed")
    return key


def lifetime(text: str) -> int | None:
    """The days that a key lives, as typed; None for anything that is no such number."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return number if 1 <= number <= LONGEST_LIFE else None


def keep_garmin_key(desk: Desk, key: Secret, life: Callable[[], int | None]) -> Answer:
    """Keep a personal API key that Garmin takes. life: asked then, the days from now that it lives, None for unknown.

    Raises SourceError, and keeps nothing, where Garmin refuses it or cannot be asked.
    """
    keyring = garmin(desk, key).keyring
    keyring.exchange()
    days = life()
    said = _kept(desk, GARMIN, key)
    if days:
        ends = desk.clock().date() + timedelta(days=days)
        keyring.note_end(ends)
        said.append(f"It ends on {ends}; kneedrive sync says so a week before.")
    return Answer(text="\n".join(said))


def keep_intervals_key(desk: Desk, key: Secret) -> Answer:
    """Keep an API key that intervals.icu takes. Raises SourceError, and keeps nothing, where it does not."""
    for _ in intervals(desk, key).listing(desk.clock()):
        break
    return Answer(text="\n".join(_kept(desk, INTERVALS, key)))


def _kept(desk: Desk, source: str, key: Secret) -> list[str]:
    file = key_file(desk, source)
    file.save(key)
    runner = f" --runner {desk.named_runner}" if desk.named_runner else ""
    said = [
        f"{NAMES[source]} takes the key. kneedrive sync {source}{runner} fetches your runs.",
        f"It is kept in {file.path}, readable by you alone.",
    ]
    used = f"sources.{source}.api_key"
    if api_key(desk, source) != key:
        said.append(f"But another key is in force, from {desk.settings.origins[used]}: take that one away.")
    return said


def list_athletes(desk: Desk) -> Answer:
    """The athletes whose runs the key for intervals.icu can read, as lines for the configuration."""
    found = intervals(desk).athletes()
    if not found:
        return Answer(text="This key reads no runs but its owner's.")
    width = max(len(each.id) for each in found)
    example = ", ".join(f'"{name}={each.id}"' for name, each in zip(_names(found), found, strict=True))
    said = [
        *(f"{each.id:<{width}}  {each.name}" for each in found),
        "",
        "Below [sources.intervals] in the configuration, under the names that --runner is to know:",
        f"athletes = [{example}]",
        "Then: kneedrive sync intervals --athletes",
    ]
    return Answer(text="\n".join(said))


def _names(found: Sequence[Athlete]) -> list[str]:
    """A short name for each, no two alike."""
    first = [(each.name.split() or [each.id])[0].lower().replace('"', "").replace("=", "") for each in found]
    return [name if first.index(name) == place else f"{name}-{place + 1}" for place, name in enumerate(first)]


def forget_key(desk: Desk, source: str, confirm: Callable[[str], bool]) -> Answer:
    """Delete the key that is kept for a service. The runs that came by it are the runner's own files and stay."""
    file = key_file(desk, source)
    if not file.load():
        elsewhere = f"; one is set in {_origin(desk, source)}" if desk.settings[f"sources.{source}.api_key"] else ""
        raise NotAuthorised(f"no {KEEPS[source]} is kept in {file.path}{elsewhere}")
    if not confirm(f"Delete the {KEEPS[source]} in {file.path}?"):
        return Answer(text="Nothing was changed.")
    file.delete()
    if source == GARMIN:
        garmin_token(desk).delete()
    said = [f"The {KEEPS[source]} is deleted here; on the service's own page you can end it. Your runs stay."]
    if desk.settings[f"sources.{source}.api_key"]:
        said.append(f"Another one is still set in {_origin(desk, source)}.")
    return Answer(text="\n".join(said))


def _origin(desk: Desk, source: str) -> str:
    return desk.settings.origins[f"sources.{source}.api_key"].removeprefix("environment ")


# Strava.


def typed(client_id: str, client_secret: str) -> Application:
    """An application as it was typed in. Raises ConfigError where half of it is missing."""
    if not client_id or not client_secret:
        raise ConfigError(
            "Strava needs both, the client id and the client secret of your application: strava.com/settings/api"
        )
    return Application(client_id=client_id, client_secret=Secret(client_secret))


def by_browser(
    desk: Desk, mine: Application, show: Callable[[str], object], listen: tuple[int, float], *, remember: bool
) -> Answer:
    """Show the address, wait for the browser's answer on this machine, keep the tokens. listen: port and time-out."""
    from kneedrive.sources.oauth import Callback

    port, timeout_s = listen
    with Callback(port) as callback:
        attempt = begin(desk, mine, callback.redirect_uri)
        callback.expect(attempt)
        show(attempt.url)
        grant = callback.wait(attempt, timeout_s)
    return _redeemed(desk, mine, grant, remember=remember)


def by_pasting(desk: Desk, mine: Application, ask: Callable[[str], str], *, remember: bool) -> Answer:
    """Show the address and take the one that the browser ended at."""
    attempt = begin(desk, mine, PASTED_TO)
    return _redeemed(desk, mine, attempt.grant(ask(attempt.url)), remember=remember)


def _redeemed(desk: Desk, mine: Application, grant: Grant, *, remember: bool) -> Answer:
    tokens = login(desk, mine).redeem(grant, remember=remember)
    said = ["Logged in to Strava. kneedrive sync fetches your runs."]
    if WHOLE_SCOPE not in tokens.scope:
        said.append(
            "Runs that only you can see are not part of this login; log in again and tick that box to add them."
        )
    if remember:
        said.append(f"Your application is kept in {token_file(desk).path}, readable by you alone.")
    return Answer(text="\n".join(said))


def log_out(desk: Desk, confirm: Callable[[str], bool]) -> Answer:
    """Forget and revoke the login, and delete what came from Strava, also where Strava cannot be told."""
    if not confirm(ASKED):
        return Answer(text="Nothing was changed.")
    problem: SourceError | None = None
    try:
        login(desk, application(desk)).end()
    except SourceError as error:
        problem = error
    deleted, held = _purge(desk)
    if isinstance(problem, NotAuthorised) and not deleted and not held:
        raise problem
    many = "" if held else f"{deleted} of "
    return Answer(
        text=f"Logged out of Strava; {many}its recordings deleted.",
        trouble="\n".join(filter(None, (f"kneedrive: {problem}" if problem else "", held))),
        code=PARTLY if held else code_for(problem) if problem else OK,
    )


def _purge(desk: Desk) -> tuple[int, str]:
    """Delete what came from Strava; runs that it shared with files are derived again from the files.

    Returns how many recordings that were, and what has to be said where the file still holds them, "" where not.
    """
    from kneedrive.app.library import derive_again, opened, still_held
    from kneedrive.store import Store

    if not Store.is_there(desk.settings.paths.store):
        return 0, ""
    gone: list[int] = []
    with opened(desk.settings, now=desk.clock()) as store:
        held = still_held(lambda: gone.append(store.purge_source(STRAVA)))
        derive_again(store, desk.settings)
    return sum(gone), held


def status(desk: Desk, *, json: bool) -> Answer:
    """Which sources are set up, from what is on this machine alone; a login that cannot be read hides no other."""
    held, problem = None, ""
    try:
        held = token_file(desk).load()
    except SourceError as error:
        problem = f"kneedrive: {error}"
    told = _status_record(desk, held)
    packaged = {name: is_ready(name, desk) for name in known_names() if name not in OWN}
    ours = (held is not None, told["garmin"]["key"], told["intervals"]["key"], told["folder"]["paths"])
    code = OK if any((*ours, *packaged.values())) and not problem else NOT_AUTHORISED
    if json:
        return Answer(text=line(told), trouble=problem, code=code)
    rows = (
        ("Folders", ", ".join(_folder_words(each) for each in told["folder"]["paths"]) or "none named, no watch found"),
        ("Garmin", _key_words(GARMIN, told)),
        ("intervals.icu", _key_words(INTERVALS, told)),
        ("Strava", _strava_words(desk, held)),
        *((name, "set up" if ready else "not set up; its package tells how") for name, ready in packaged.items()),
    )
    return Answer(text="\n".join(f"{name:<15}{words}" for name, words in rows), trouble=problem, code=code)


def _key_words(source: str, told: dict[str, Any]) -> str:
    if not told[source]["key"]:
        return f"no API key is set; kneedrive auth {source} takes one"
    ends = told[source].get("key_ends")
    end = f"; it ends on {ends}" if ends else ""
    coached = ", ".join(told[source].get("athletes", ()))
    return f"an API key is set{end}{f'; reads the runs of {coached}' if coached else ''}"


MOST_NAMED = 3  # runners that are named one by one


def overview(desk: Desk, style: Style) -> Answer:
    """Whose runs there are, what is known of the runner, and which sources are set up: what a new user looks for."""
    from kneedrive.report import terminal
    from kneedrive.report.blocks import Terms, words
    from kneedrive.report.lists import runner_name
    from kneedrive.report.numbers import TIE, day, plural
    from kneedrive.store import NO_RUNS, Store

    settings, runs = desk.settings, {}
    if Store.is_there(settings.paths.store):
        with Store.open(settings.paths.store, create=False) as store:
            runs = store.runs_by_runner()
    held = [f"{plural(n, 'run')} of {runner_name(name)}, until {day(last)}" for name, (n, _, last) in runs.items()]
    if len(held) > MOST_NAMED:
        held = [f"{plural(sum(n for n, _, _ in runs.values()), 'run')} of {plural(len(runs), 'runner')}"]
    height = settings["runner.height_m"]
    usable = [name for name in known_names() if name not in (FOLDER, STRAVA) and is_ready(name, desk)]
    usable += [STRAVA] * (not is_missing(token_file(desk).path))  # an application without a login brings nothing
    named = [*(f"the folder {each}" for each in folders(desk)), *(NAMES.get(each, each) for each in usable)]
    rows = (
        ("Runs", "; ".join(held) or NO_RUNS),
        ("Height", f"{height:.2f}{TIE}m" if height else "not set; your watch's file may tell it"),
        ("Sources", ", ".join(named) or "none: kneedrive setup asks where your runs are"),
    )
    terms = Terms(tuple((words(name), words(said)) for name, said in rows))
    return Answer(text=terminal.render([[terms]], style).rstrip("\n"))


def _strava_words(desk: Desk, held: Tokens | None) -> str:
    if held is None:
        return "not logged in; kneedrive auth strava logs in"
    ends = numbers.start(held.expires_at, zone_of(desk.settings)(held.expires_at))
    fresh = f"its token is good until {ends}" if held.expires_at > desk.clock() else "its token is renewed by a sync"
    return f"logged in as athlete {held.athlete} ({held.scope}); {fresh}"


def _folder_words(told: dict[str, Any]) -> str:
    return f"{told['path']}{'' if told['there'] else ' (not there now)'}"


def _status_record(desk: Desk, held: Tokens | None) -> dict[str, Any]:
    ends: date | None = garmin_key_ends(desk) if has_key(desk, GARMIN) else None
    named = folders(desk)
    missing = folder.missing(named)
    return {
        "schema_version": 1,
        "strava": {
            "logged_in": held is not None,
            "athlete": held.athlete if held else None,
            "scope": held.scope if held else None,
            "expires_at": held.expires_at.isoformat().replace("+00:00", "Z") if held else None,
        },
        "garmin": {"key": has_key(desk, GARMIN), "key_ends": ends.isoformat() if ends else None},
        "intervals": {"key": has_key(desk, INTERVALS), "athletes": list(athletes(desk))},
        "folder": {"paths": [{"path": str(each), "there": each not in missing} for each in named]},
    }
