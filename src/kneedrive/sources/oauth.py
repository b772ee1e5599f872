"""OAuth 2 on the runner's own machine: the address to open, the answer checked, tokens kept fresh, and revoked.

Nothing here prints: `Attempt.url` is for the caller to show, and `Callback` or a pasted address brings the answer.
"""

from __future__ import annotations

import hmac
import queue
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from kneedrive.config import Secret
from kneedrive.errors import ConfigError, NotAuthorised, SourceError, Unreachable
from kneedrive.record import Record
from kneedrive.sources.tokens import TokenFile, Tokens, is_missing, token

if TYPE_CHECKING:
    from kneedrive.sources.http import Answer, Http

# The loopback end of a browser login: a tiny server on 127.0.0.1 that waits for one redirect.

HOST, PATH = "127.0.0.1", "/code"
SILENT_S = 5.0  # a browser opens spare connections and says nothing on them
POLL_S = 0.05
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


class Callback:
    """Listens from `with` on, at `redirect_uri`. Port 0 takes any free one."""

    def __init__(self, port: int = 0) -> None:
        try:
            self._server = _Server((HOST, port), _Handler)
        except OSError as error:
            why = (error.strerror or "unknown reason").lower()
            raise NotAuthorised(
                f"port {port} cannot be listened on ({why}): choose another, or paste the address by hand"
            ) from None
        self.redirect_uri = f"http://{HOST}:{self._server.server_port}{PATH}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(POLL_S,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def expect(self, attempt: Attempt) -> None:
        """Take the answer to this attempt from now on: to be said before the address is shown, browsers are quick."""
        self._server.attempt = attempt

    def wait(self, attempt: Attempt, timeout_s: float) -> Grant:
        """The grant of this attempt. What carries another `state` is refused and waited past.

        Raises NotAuthorised when nobody came in time, when the runner said no, or when the scope does not do.
        """
        self.expect(attempt)
        try:
            address = self._server.answers.get(timeout=timeout_s)
        except queue.Empty:
            strangers = " (an answer that was not asked for came instead)" if self._server.refused else ""
            raise NotAuthorised(
                f"no answer from the browser within {timeout_s:.0f} s{strangers}: log in again"
            ) from None
        return attempt.grant(address)


class _Server(ThreadingHTTPServer):
    # Browsers hold connections open that they never use: none of them may hold up the end of a login.
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.answers: queue.Queue[str] = queue.Queue()
        self.attempt: Attempt | None = None
        self.refused = 0
        super().__init__(address, handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no news, and a traceback would quote its request."""


class _Handler(BaseHTTPRequestHandler):
    timeout = SILENT_S
    server: _Server

    def do_GET(self) -> None:
        """Take the redirect if it is ours by path, host and state."""
        if not self._ours():
            self.server.refused += 1
            self._reply(403, REFUSED)
            return
        self._reply(200, DONE)
        self.server.answers.put(self.path)

    def _ours(self) -> bool:
        # A web page elsewhere can send a browser here, under its own name (DNS rebinding) or with a guessed state.
        host = f":{self.server.server_port}"
        named = self.headers.get("Host", "") in (HOST + host, "localhost" + host)
        attempt = self.server.attempt
        return named and urlsplit(self.path).path == PATH and attempt is not None and attempt.owns(self.path)

    def _reply(self, status: int, words: str) -> None:
        body = _PAGE.format(words=words).encode()
        self.send_response_only(status)
        for name, value in (*_HEADERS.items(), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is the base class's)
        """Say nothing: the request line holds the code."""


# The login: its address, the answer, and the tokens that come of it.

FRESH = timedelta(minutes=5)  # an access token with less than this left is renewed before it is used
STATE_BYTES = 32  # not to be guessed (RFC 6749, section 10.12)
ADDRESS_MAX, FIELDS_MAX = 8192, 20  # longer than any address that a browser shows
OK = 200


class Service(Record, frozen=True, kw_only=True):
    """What a service wants in a login. scope: asked for. enough: any one of these must be granted.

    command: of ours, which logs in. refusal: the error that an answer without success means.
    """

    name: str
    command: str
    scope: str
    enough: tuple[str, ...]
    refusal: Callable[[Answer], SourceError]


class Application(Record, frozen=True, kw_only=True):
    """The runner's own registration with the service."""

    client_id: str
    client_secret: Secret


class Grant(Record, frozen=True, kw_only=True):
    """A checked answer: the one-time code, and the scope that was really granted."""

    code: Secret
    scope: str


class Attempt(Record, frozen=True, kw_only=True):
    """One login under way: the address to open, and the random state its answer must carry."""

    service: Service
    url: str
    state: str
    redirect_uri: str

    def owns(self, address: str) -> bool:
        """Whether this redirect answers this attempt."""
        return hmac.compare_digest(_query(address).get("state", "").encode(), self.state.encode())

    def grant(self, address: str) -> Grant:
        """The grant in a redirect, as the browser shows it: a whole address, or what follows its "?".

        Raises NotAuthorised for an answer to another attempt, a refusal, a scope that does not do, or no code.
        """
        query = _query(address)
        if not self.owns(address):
            raise self._no("this is not the answer to this login (its state differs)")
        if query.get("error"):
            denied = query["error"] == "access_denied"
            raise self._no("access was denied in the browser" if denied else f"{self.service.name} reported an error")
        if not query.get("code"):
            raise self._no("the address holds no code")
        scope = query.get("scope", "")
        if not set(self.service.enough) & set(scope.replace(" ", ",").split(",")):
            raise self._no(f"the permission {' or '.join(self.service.enough)} was not granted; leave its box ticked")
        return Grant(code=Secret(query["code"]), scope=scope)

    def _no(self, why: str) -> NotAuthorised:
        return NotAuthorised(f"login to {self.service.name} failed: {why}; try again with '{self.service.command}'")


def attempt(service: Service, application: Application, oauth_url: str, redirect_uri: str) -> Attempt:
    """A new login with a state of its own.

    Raises ConfigError where the application is not configured, or where the address would give secrets away.
    """
    from kneedrive.sources.http import checked_base

    if not application.client_id or not application.client_secret:
        raise ConfigError(
            f"{service.name} needs the client id and the client secret of your own application: configure both"
        )
    state = secrets.token_urlsafe(STATE_BYTES)
    query = {
        "client_id": application.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "approval_prompt": "auto",
        "scope": service.scope,
        "state": state,
    }
    url = f"{checked_base(oauth_url, service.name)}/authorize?{urlencode(query)}"
    return Attempt(service=service, url=url, state=state, redirect_uri=redirect_uri)


def _query(address: str) -> dict[str, str]:
    """The fields of a redirect; none where it is no address that a browser would show."""
    text = address.strip().strip("'\"")[:ADDRESS_MAX]
    try:
        fields = parse_qs(urlsplit(text).query or text, max_num_fields=FIELDS_MAX)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


class Login:
    """The tokens of one login, kept fresh."""

    def __init__(
        self, service: Service, application: Application, http: Http, file: TokenFile, *, clock: Callable[[], datetime]
    ) -> None:
        self._service = service
        self._application = application
        self._http = http
        self._file = file
        self._clock = clock
        self._stale_at_birth: Secret | None = None

    def redeem(self, grant: Grant, *, remember: bool = False) -> Tokens:
        """Exchange the code for tokens and keep them; `remember` keeps the application beside them, for renewals."""
        form = {"grant_type": "authorization_code", "code": grant.code.reveal()}
        with self._file.locked():  # a sync that renews the login of before would write over this one
            tokens = Tokens(scope=grant.scope, **self._asked(form))
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
        """Revoke the login at the service and forget it here; it is forgotten even where the service cannot be told.

        Raises NotAuthorised where there is no login, or none that can be read, and Unreachable.
        """
        from kneedrive.sources.http import basic

        with self._file.locked():
            there = not is_missing(self._file.path)
            try:
                held = self._held()
            except SourceError as error:
                self._file.delete()  # what cannot be read may hold tokens all the same
                name = self._service.name
                unread = NotAuthorised(
                    f"the saved login could not be read and is deleted; {name} could not be told: "
                    f"revoke kneedrive's access on {name}'s own settings page"
                )
                raise unread if there else error from None
            self._file.delete()  # first, so that no failure of the network keeps it
        authorization = basic(self._application.client_id, self._application.client_secret)
        form = {"token": held.refresh.reveal(), "token_type_hint": "refresh_token"}
        try:
            answer = self._http.post("revoke", form, authorization=authorization)
        except Unreachable as error:
            raise Unreachable(
                f"the login is forgotten here, but {error}; revoke it on {self._service.name}'s own settings page"
            ) from None
        if answer.status != OK:
            raise self._service.refusal(answer)

    def _held(self) -> Tokens:
        held = self._file.load()
        if held is None:
            raise NotAuthorised(f"there is no login to {self._service.name}: run '{self._service.command}'")
        return held

    def _good(self, tokens: Tokens) -> bool:
        return tokens.expires_at - self._clock() > FRESH

    def _asked(self, form: Mapping[str, str]) -> dict[str, Any]:
        """What the service gives for this form, as fields of Tokens."""
        mine = {"client_id": self._application.client_id, "client_secret": self._application.client_secret.reveal()}
        answer = self._http.post("token", {**mine, **form})
        if answer.status != OK:
            raise self._service.refusal(answer)
        told: Any = answer.json()
        try:
            fields = {
                "access": token(told["access_token"]),
                "refresh": token(told["refresh_token"]),
                "expires_at": self._end(told),
            }
            athlete = told.get("athlete") or {}  # a renewal does not say it again
            return fields | ({"athlete": str(athlete["id"])} if "id" in athlete else {})
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
            raise Unreachable(
                f"{answer.service} answered the login without the tokens it should hold: try again later"
            ) from None

    def _end(self, told: Mapping[str, Any]) -> datetime:
        # Reckoned by our own clock where that can be: it is the one that is asked later.
        if "expires_in" in told:
            return self._clock() + timedelta(seconds=int(told["expires_in"]))
        return datetime.fromtimestamp(int(told["expires_at"]), UTC)
