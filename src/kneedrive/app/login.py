"""Logging in to Strava and out again, and what is set up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kneedrive.app import NOT_AUTHORISED, OK, PARTLY, Answer, zone_of
from kneedrive.app.sync import STRAVA, Desk, begin, login, token_file
from kneedrive.config import Secret
from kneedrive.errors import ConfigError, NotAuthorised, SourceError
from kneedrive.report import history
from kneedrive.sources import folder
from kneedrive.sources.oauth import Application

if TYPE_CHECKING:
    from kneedrive.report.terminal import Style
    from kneedrive.sources.oauth import Grant
    from kneedrive.sources.tokens import Tokens

WHOLE_SCOPE = "activity:read_all"
PASTED_TO = "http://127.0.0.1/code"  # nobody listens there: the browser shows the address, and it is pasted
ASKED = "Log out of Strava and delete every run that came from its API alone?"


def typed(client_id: str, client_secret: str) -> Application:
    """An application as it was typed in. Raises ConfigError where half of it is missing."""
    if not client_id or not client_secret:
        message = "Strava needs both, the client id and the client secret of your application: strava.com/settings/api"
        raise ConfigError(message)
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
    from kneedrive.app.sync import application

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
    from kneedrive.app.sync import code_for

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

    if not Store.is_there(desk.settings["paths.store"]):
        return 0, ""
    gone: list[int] = []
    with opened(desk.settings, now=desk.clock()) as store:
        held = still_held(lambda: gone.append(store.purge_source(STRAVA)))
        derive_again(store, desk.settings)
    return sum(gone), held


def status(desk: Desk, *, json: bool) -> Answer:
    """Which sources are set up, from what is on this machine alone."""
    held = token_file(desk).load()
    told = _status_record(desk, held)
    ready = held is not None or told["intervals"]["key"] or told["folder"]["paths"]
    code = OK if ready else NOT_AUTHORISED
    if json:
        from kneedrive.app import line

        return Answer(text=line(told), code=code)
    rows = (
        ("Strava", _strava_words(desk, held)),
        ("intervals.icu", "an API key is set" if told["intervals"]["key"] else "no API key is set"),
        ("Folders", ", ".join(_folder_words(each) for each in told["folder"]["paths"]) or "none named"),
    )
    return Answer(text="\n".join(f"{name:<15}{words}" for name, words in rows), code=code)


def overview(desk: Desk, style: Style) -> Answer:
    """Whose runs there are, what is known of the runner, and which sources are set up: what a new user looks for."""
    from kneedrive.report import terminal
    from kneedrive.report.blocks import Terms, words
    from kneedrive.report.lists import runner_name
    from kneedrive.report.numbers import TIE, day, plural
    from kneedrive.store import NO_RUNS, Store

    settings, runs = desk.settings, {}
    if Store.is_there(settings["paths.store"]):
        with Store.open(settings["paths.store"], create=False) as store:
            runs = store.runs_by_runner()
    held = [f"{plural(n, 'run')} of {runner_name(name)}, until {day(last)}" for name, (n, _, last) in runs.items()]
    height = settings["runner.height_m"]
    ready = _status_record(desk, token_file(desk).load())
    named = [f"the folder {each['path']}" for each in ready["folder"]["paths"]]
    named += ["intervals.icu"] * ready["intervals"]["key"] + ["Strava"] * ready["strava"]["logged_in"]
    rows = (
        ("Runs", "; ".join(held) or NO_RUNS),
        ("Height", f"{height:.2f}{TIE}m" if height else "not set; your watch's file may tell it"),
        ("Sources", ", ".join(named) or "none: see kneedrive auth status, and docs/sources.md for folders"),
    )
    terms = Terms(tuple((words(name), words(said)) for name, said in rows))
    return Answer(text=terminal.render([[terms]], style).rstrip("\n"))


def _strava_words(desk: Desk, held: Tokens | None) -> str:
    if held is None:
        return "not logged in; kneedrive auth strava logs in"
    ends = history.local_clock(held.expires_at, zone_of(desk.settings)(held.expires_at))
    fresh = f"its token is good until {ends}" if held.expires_at > desk.clock() else "its token is renewed by a sync"
    return f"logged in as athlete {held.athlete} ({held.scope}); {fresh}"


def _folder_words(told: dict[str, Any]) -> str:
    return f"{told['path']}{'' if told['there'] else ' (not there now)'}"


def _status_record(desk: Desk, held: Tokens | None) -> dict[str, Any]:
    settings = desk.settings
    return {
        "schema_version": 1,
        "strava": {
            "logged_in": held is not None,
            "athlete": held.athlete if held else None,
            "scope": held.scope if held else None,
            "expires_at": held.expires_at.isoformat().replace("+00:00", "Z") if held else None,
        },
        "intervals": {"key": bool(settings["sources.intervals.api_key"])},
        "folder": {
            "paths": [{"path": str(each), "there": folder.is_there(each)} for each in settings["sources.folder.paths"]]
        },
    }
