"""Strava's login: OAuth 2 on the runner's own machine, answers checked, tokens kept fresh and revoked; its refusals.

Nothing here prints: `Attempt.url` is for the caller to show, and `Callback` or a pasted address brings the answer.
"""

from __future__ import annotations

import hmac
import json
import queue
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from kneedrive.config import Secret
from kneedrive.errors import ConfigError, Forbidden, NotAuthorised, SourceError, Unreachable
from kneedrive.record import Record
from kneedrive.sources.tokens import TokenFile, Tokens, is_missing, token

if TYPE_CHECKING:
    from kneedrive.sources.http import Answer, Http

# Strava's error answers in our words. A fault is resource, field and code; bodies that are none are normal too.

LOGIN = "kneedrive auth strava"
EXPORT = (
    "the bulk export (strava.com, Settings, My Account, Download or Delete Your Account) needs no subscription: "
    "run 'kneedrive import' on its zip, and 'kneedrive setup' for new runs"
)

APPLICATION_PROBLEMS = {
    "client_id": "Strava does not know this client id: check STRAVA_CLIENT_ID or sources.strava.client_id",
    "redirect_uri": "Strava refuses the way back: set the callback domain of your application to localhost",
    "": "Strava refuses the client secret: check STRAVA_CLIENT_SECRET or sources.strava.client_secret",
}


def fault(answer: Answer) -> Mapping[str, str]:
    """The resource, field and code of the first error in the body, and its message; empty texts where left out."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):  # such as a web page
        body = None
    told: dict[str, Any] = body if isinstance(body, dict) else {}
    errors = told.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    said = {key: first.get(key, "") for key in ("resource", "field", "code")}
    return {key: str(value) for key, value in {**said, "message": told.get("message", "")}.items()}


def error_for(answer: Answer) -> SourceError:
    """Our error for an answer that is no success, 429 and a missing activity excepted: those are no errors yet."""
    said = fault(answer)
    if answer.status in (400, 401):
        why = f"the login to Strava is no longer good: run '{LOGIN}' again"
        if said["code"] == "missing":
            scope = "activity:read_all" if said["field"].startswith("activity:") else said["field"]
            why = f"the login to Strava lacks the permission {scope}: run '{LOGIN}' again and leave its box ticked"
        elif said["resource"] == "Application":
            why = APPLICATION_PROBLEMS.get(said["field"], APPLICATION_PROBLEMS[""])
        elif said["field"] == "code":
            why = f"the code of this login is used up or too old: run '{LOGIN}' again"
        return NotAuthorised(why)
    if answer.status == 403:
        why = f"Strava refuses this request, and logging in again will not help; {EXPORT}"
        if said["code"] == "Inactive":
            why = f"Strava serves its API to applications whose owner subscribes, and yours is inactive; {EXPORT}"
        elif "connected athletes" in said["message"].lower():
            why = (
                "your Strava application is already connected to another athlete: each runner needs an own application"
            )
        return Forbidden(why)
    if answer.status == 404:
        return Unreachable("Strava does not know this address (HTTP 404): check the base address in the configuration")
    return answer.own_problem() or Unreachable(
        f"Strava answered with HTTP {answer.status}, which kneedrive does not know: try again later"
    )


def good(answer: Answer) -> Answer:
    """This answer where it is a success, else its error is raised."""
    if answer.status != 200:
        raise error_for(answer)
    return answer


# The loopback end of a browser login: a tiny server on 127.0.0.1 that waits for one redirect.

HOST, PATH = "127.0.0.1", "/code"
_PAGE = "<!doctype html><html lang=en><meta charset=utf-8><title>kneedrive</title><p>{words}</p></html>"
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Connection": "close",
}
DONE = "kneedrive has its answer. You can close this window and go back to the terminal."
REFUSED = "This request was not asked for by kneedrive and was refused."


class Callback(ThreadingHTTPServer):
    """Listens from `with` on, at `redirect_uri`, for the answer to `attempt`. Port 0 takes any free one."""

    # Browsers hold connections open that they never use: none of them may hold up the end of a login.
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int = 0) -> None:
        self.answers: queue.Queue[str] = queue.Queue()
        self.attempt: Attempt | None = None  # to be set before its address is shown: browsers are quick
        self.refused = 0
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            why = (error.strerror or "unknown reason").lower()
            raise NotAuthorised(
                f"port {port} cannot be listened on ({why}): choose another, or paste the address by hand"
            ) from None
        self.redirect_uri = f"http://{HOST}:{self.server_port}{PATH}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no news, and a traceback would quote its request."""

    def wait(self, attempt: Attempt, timeout_s: float) -> tuple[Secret, str]:
        """The grant of this attempt, or NotAuthorised; what carries another `state` is refused and waited past."""
        self.attempt = attempt
        try:
            address = self.answers.get(timeout=timeout_s)
        except queue.Empty:
            strangers = " (an answer that was not asked for came instead)" if self.refused else ""
            raise NotAuthorised(
                f"no answer from the browser within {timeout_s:.0f} s{strangers}: log in again"
            ) from None
        return attempt.grant(address)


class _Handler(BaseHTTPRequestHandler):
    timeout = 5.0  # a browser opens spare connections and says nothing on them
    server: Callback

    def do_GET(self) -> None:
        """Take the redirect if it is ours by path, host and state."""
        # A web page elsewhere can send a browser here, under its own name (DNS rebinding) or with a guessed state.
        named = self.headers.get("Host", "") in (f"{name}:{self.server.server_port}" for name in (HOST, "localhost"))
        attempt = self.server.attempt
        ours = named and urlsplit(self.path).path == PATH and attempt is not None and attempt.owns(self.path)
        self.server.refused += not ours
        body = _PAGE.format(words=DONE if ours else REFUSED).encode()
        self.send_response_only(200 if ours else 403)
        for name, value in (*_HEADERS.items(), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if ours:
            self.server.answers.put(self.path)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is the base class's)
        """Say nothing: the request line holds the code."""


# The login: its address, the answer, and the tokens that come of it.

FRESH = timedelta(minutes=5)  # an access token with less than this left is renewed before it is used
SCOPE = "read,activity:read_all"
ENOUGH = ("activity:read_all", "activity:read")  # any one of these must be granted


class Application(Record, frozen=True, kw_only=True):
    """The runner's own registration with Strava."""

    client_id: str
    client_secret: Secret


class Attempt(Record, frozen=True, kw_only=True):
    """One login under way: the address to open, and the random state its answer must carry."""

    url: str
    state: str

    def owns(self, address: str) -> bool:
        """Whether this redirect answers this attempt."""
        return hmac.compare_digest(_query(address).get("state", "").encode(), self.state.encode())

    def grant(self, address: str) -> tuple[Secret, str]:
        """The code and the scope granted in a redirect, whole or from its "?" on. Raises NotAuthorised for none."""
        query = _query(address)
        scope = query.get("scope", "")
        why = ""
        if not self.owns(address):
            why = "this is not the answer to this login (its state differs)"
        elif query.get("error"):
            denied = query["error"] == "access_denied"
            why = "access was denied in the browser" if denied else "Strava reported an error"
        elif not query.get("code"):
            why = "the address holds no code"
        elif not set(ENOUGH) & set(scope.replace(" ", ",").split(",")):
            why = f"the permission {' or '.join(ENOUGH)} was not granted; leave its box ticked"
        if why:
            raise NotAuthorised(f"login to Strava failed: {why}; try again with '{LOGIN}'")
        return Secret(query["code"]), scope


def _query(address: str) -> dict[str, str]:
    """The fields of a redirect; none where it is no address that a browser would show."""
    text = address.strip().strip("'\"")[:8192]  # longer than any address that a browser shows
    try:
        fields = parse_qs(urlsplit(text).query or text, max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


class Login:
    """One login: begun, redeemed for tokens that are kept fresh, and ended."""

    def __init__(self, application: Application, http: Http, file: TokenFile, *, clock: Callable[[], datetime]) -> None:
        self._application = application
        self._http = http
        self._file = file
        self._clock = clock
        self._stale_at_birth: Secret | None = None

    def begin(self, redirect_uri: str) -> Attempt:
        """A new login with a state of its own. Raises ConfigError where the application is not configured."""
        mine = self._application
        if not mine.client_id or not mine.client_secret:
            raise ConfigError(
                "Strava needs the client id and the client secret of your own application: configure both"
            )
        state = secrets.token_urlsafe(32)  # not to be guessed (RFC 6749, section 10.12)
        query = {
            "client_id": mine.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "approval_prompt": "auto",
            "scope": SCOPE,
            "state": state,
        }
        return Attempt(url=f"{self._http.base_url}/authorize?{urlencode(query)}", state=state)

    def redeem(self, grant: tuple[Secret, str], *, remember: bool = False) -> Tokens:
        """Exchange the code for tokens and keep them; `remember` keeps the application beside them, for renewals."""
        code, scope = grant
        form = {"grant_type": "authorization_code", "code": code.reveal()}
        with self._file.locked():  # a sync that renews the login of before would write over this one
            tokens = Tokens(scope=scope, **self._asked(form))
            if remember:
                tokens = tokens.replace(**msgspec.structs.asdict(self._application))
            self._file.save(tokens)
        return tokens

    def access(self) -> Secret:
        """An access token that is good now. Raises NotAuthorised where there is no login."""
        held = self._held()
        # A token that was over as it came says that a clock is wrong; another would be no better.
        good = self._good(held) or held.access == self._stale_at_birth
        return held.access if good else self.renew(held.access)

    def renew(self, failed: Secret) -> Secret:
        """Another access token than `failed`: one that another process has fetched meanwhile, else a new one."""
        with self._file.locked():
            held = self._held()  # again, now that we hold the lock: another process may have been here first
            if held.access != failed and self._good(held):
                return held.access
            self._file.save(held)  # proves that there is room and leave to write, before the old token dies
            form = {"grant_type": "refresh_token", "refresh_token": held.refresh.reveal()}
            fresh = held.replace(**self._asked(form))
            self._file.save(fresh)
            self._stale_at_birth = None if self._good(fresh) else fresh.access
            return fresh.access

    def end(self) -> None:
        """Revoke the login and forget it here, also where Strava cannot be told. Raises NotAuthorised, Unreachable."""
        from kneedrive.sources.http import basic

        with self._file.locked():
            there = not is_missing(self._file.path)
            try:
                held = self._held()
            except SourceError:
                self._file.delete()  # what cannot be read may hold tokens all the same
                if not there:
                    raise
                raise NotAuthorised(
                    "the saved login could not be read and is deleted; Strava could not be told: "
                    "revoke kneedrive's access on Strava's own settings page"
                ) from None
            self._file.delete()  # first, so that no failure of the network keeps it
        authorization = basic(self._application.client_id, self._application.client_secret)
        form = {"token": held.refresh.reveal(), "token_type_hint": "refresh_token"}
        try:
            answer = self._http.post("revoke", form, authorization=authorization)
        except Unreachable as error:
            raise Unreachable(
                f"the login is forgotten here, but {error}; revoke it on Strava's own settings page"
            ) from None
        good(answer)

    def _held(self) -> Tokens:
        held = self._file.load()
        if held is None:
            raise NotAuthorised(f"there is no login to Strava: run '{LOGIN}'")
        return held

    def _good(self, tokens: Tokens) -> bool:
        return tokens.expires_at - self._clock() > FRESH

    def _asked(self, form: Mapping[str, str]) -> dict[str, Any]:
        """What the service gives for this form, as fields of Tokens."""
        mine = {"client_id": self._application.client_id, "client_secret": self._application.client_secret.reveal()}
        answer = good(self._http.post("token", {**mine, **form}))
        told: Any = answer.json()
        try:
            # Reckoned by our own clock where that can be: it is the one that is asked later.
            if "expires_in" in told:
                ends = self._clock() + timedelta(seconds=int(told["expires_in"]))
            else:
                ends = datetime.fromtimestamp(int(told["expires_at"]), UTC)
            fields = {
                "access": token(told["access_token"]),
                "refresh": token(told["refresh_token"]),
                "expires_at": ends,
            }
            athlete = told.get("athlete") or {}  # a renewal does not say it again
            return fields | ({"athlete": str(athlete["id"])} if "id" in athlete else {})
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
            raise Unreachable(
                f"{answer.service} answered the login without the tokens it should hold: try again later"
            ) from None
