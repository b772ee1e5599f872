"""Strava's error answers in our words. A fault is resource, field and code; bodies that are none are normal too."""

from __future__ import annotations

import json
from typing import NamedTuple

from kneedrive.errors import Forbidden, NotAuthorised, SourceError, Unreachable
from kneedrive.sources.http import Answer

LOGIN = "kneedrive auth strava"
EXPORT = (
    "the bulk export (strava.com, Settings, My Account, Download or Delete Your Account) needs no subscription: "
    "run 'kneedrive import' on its zip"
)


class Fault(NamedTuple):
    """The first error in the body, empty texts where there is none."""

    resource: str = ""
    field: str = ""
    code: str = ""
    message: str = ""


def fault(answer: Answer) -> Fault:
    """What the body says went wrong; web pages, broken JSON and other shapes say nothing."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return Fault()
    if not isinstance(body, dict):
        return Fault()
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    resource, field, code = (str(first.get(key, "")) for key in ("resource", "field", "code"))
    return Fault(resource, field, code, str(body.get("message", "")))


def bad_token(answer: Answer) -> bool:
    """Whether this is a 401 that a fresh access token may cure: not one about the scope or the application."""
    return answer.status == 401 and fault(answer).code != "missing" and fault(answer).resource != "Application"


def error_for(answer: Answer) -> SourceError:
    """Our error for an answer that is no success, 429 and a missing activity excepted: those are no errors yet."""
    said = fault(answer)
    if answer.status in (400, 401):
        return NotAuthorised(_login_problem(said))
    if answer.status == 403:
        return Forbidden(_refusal(said))
    if answer.status >= 500:
        return Unreachable(f"Strava has a problem of its own (HTTP {answer.status}): try again later")
    if answer.status == 404:
        return Unreachable("Strava does not know this address (HTTP 404): check the base address in the configuration")
    return Unreachable(f"Strava answered with HTTP {answer.status}, which kneedrive does not know: try again later")


def _login_problem(said: Fault) -> str:
    if said.code == "missing":
        scope = "activity:read_all" if said.field.startswith("activity:") else said.field
        return f"the login to Strava lacks the permission {scope}: run '{LOGIN}' again and leave its box ticked"
    if said.resource == "Application" and said.field == "client_id":
        return "Strava does not know this client id: check STRAVA_CLIENT_ID or sources.strava.client_id"
    if said.resource == "Application" and said.field == "redirect_uri":
        return "Strava refuses the way back: set the callback domain of your application to localhost"
    if said.resource == "Application":
        return "Strava refuses the client secret: check STRAVA_CLIENT_SECRET or sources.strava.client_secret"
    if said.field == "code":
        return f"the code of this login is used up or too old: run '{LOGIN}' again"
    return f"the login to Strava is no longer good: run '{LOGIN}' again"


def _refusal(said: Fault) -> str:
    if said.code == "Inactive":
        return f"Strava serves its API to applications of subscribers only, and yours is inactive; {EXPORT}"
    if "connected athletes" in said.message.lower():
        return "your Strava application is already connected to another athlete: each runner needs an own application"
    return f"Strava refuses this request, and logging in again will not help; {EXPORT}"
