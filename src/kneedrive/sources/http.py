"""One HTTP connection to one service, the pace that it is asked at, and what the clients of all services do alike.

Nothing here logs or raises what it sends: secrets travel in the Authorization header or in a form, never in an address.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from kneedrive.config import Secret
from kneedrive.errors import ConfigError, NotAuthorised, RateLimited, Unreachable, Withheld
from kneedrive.record import Record
from kneedrive.sources.plan import Fetched, Listed

LOOPBACK = ("127.0.0.1", "localhost", "::1")
CONNECT_S, WHOLE_S = 10.0, 300.0
MAX_BYTES = 64 * 1024 * 1024  # of a body; the file of a day on the feet has a few
CHUNK_BYTES = 64 * 1024

# The first that fits, fits; a subclass stands before its base. Bodies are read from urllib3, whose errors come as such.
_PROBLEMS: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.SSLError, "cannot be reached safely: its certificate is refused; check clock and proxy"),
    (requests.exceptions.ProxyError, "cannot be reached through the configured proxy: check the proxy settings"),
    (requests.exceptions.Timeout, "did not answer in time: try again later"),
    (requests.exceptions.ChunkedEncodingError, "broke off in the middle of its answer: try again later"),
    (requests.exceptions.ContentDecodingError, "sent an answer that cannot be unpacked: try again later"),
    (requests.exceptions.TooManyRedirects, "redirects in a circle: check its base address in the configuration"),
    (requests.exceptions.ConnectionError, "cannot be reached: check the network connection and try again"),
    (urllib3.exceptions.TimeoutError, "did not answer in time: try again later"),
    (urllib3.exceptions.DecodeError, "sent an answer that cannot be unpacked: try again later"),
    (urllib3.exceptions.HTTPError, "broke off in the middle of its answer: try again later"),
    (requests.exceptions.RequestException, "cannot be asked: check its base address in the configuration"),
)


class Answer(Record, frozen=True, kw_only=True):
    """What came back: the status, the headers (names in any case) and the whole body."""

    service: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def good(self, refused: str, otherwise: str) -> Answer:
        """This answer where it is a success (HTTP 200), else raises NotAuthorised or Unreachable in these words."""
        if self.status == 200:
            return self
        if self.status in (401, 403):
            raise NotAuthorised(refused)
        raise self.own_problem() or Unreachable(otherwise.format(self.status))  # {} stands for the status

    def own_problem(self) -> Unreachable | None:
        """The error for an answer that says that the service has a problem of its own, None for any other."""
        if self.status < 500:
            return None
        return Unreachable(f"{self.service} has a problem of its own (HTTP {self.status}): try again later")

    def is_page(self) -> bool:
        """Whether the body begins like a web page."""
        return self.body[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html"))

    def json(self) -> Any:
        """The body as JSON. Raises Unreachable where it is a web page, or anything else that is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            kind = "a web page" if self.is_page() else "something that is not JSON"
            raise Unreachable(
                f"{self.service} sent {kind} instead of data (HTTP {self.status}): try again later"
            ) from None

    def rows(self, what: str = "activities") -> list[Any]:
        """The body as a JSON list. Raises Unreachable where it is anything else."""
        found = self.json()
        if not isinstance(found, list):
            raise Unreachable(f"{self.service}'s list of {what} is none that kneedrive understands: try again later")
        return found

    def file(self, activity: str, remedy: str) -> bytes | None:
        """The file of an activity; None where the service has it no longer. Raises Withheld, with the remedy."""
        if self.status in (404, 410):  # deleted at the service, or never there
            return None
        if self.status != 200:
            # The token was good for the list, so a refusal is about this activity alone.
            raise self.own_problem() or Withheld(
                f"{self.service} does not hand out this activity's file (HTTP {self.status}): {remedy}"
            )
        if not self.body or self.is_page():
            raise Unreachable(f"{self.service} sent no file for activity {activity}: try again later")
        return self.body


def bearer(token: Secret) -> Secret:
    """The Authorization header for an access token."""
    return Secret(f"Bearer {token.reveal()}")


def basic(user: str, password: Secret) -> Secret:
    """The Authorization header for a user and a password (RFC 7617)."""
    return Secret("Basic " + base64.b64encode(f"{user}:{password.reveal()}".encode()).decode("ascii"))


def checked_base(url: str, service: str) -> str:
    """The base address without a trailing slash. Raises ConfigError where secrets would travel in the clear."""
    try:
        parts = urlsplit(url)
        whole = bool(parts.hostname) and (parts.port is None or parts.port > 0) and url.isprintable() and " " not in url
        closed = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        safe = whole and closed and not ("@" in parts.netloc or parts.query or parts.fragment)
    except ValueError:  # a bracket that does not close, a port that is no number
        safe = False
    if not safe:
        # The address is not repeated: whatever is wrong with it, it may hold a password.
        raise ConfigError(
            f"the base address of {service} must be https://host/path, without a user name, a password, ? or # "
            "(plain http only on this machine): correct it in the configuration"
        )
    return url.rstrip("/")


class Http:
    """A session with one service. `service` is its name in messages."""

    read_s = 30.0  # without a byte of the answer
    backoff_s = 0.5  # by which urllib3 lengthens its waits between tries, and as much at random

    def __init__(self, service: str, base_url: str) -> None:
        self.service = service
        self.base_url = checked_base(base_url, service)
        # 429 is not in the list: when to come back is reckoned from the clock, not slept through blindly.
        retry = Retry(
            total=2,  # after the first try
            backoff_factor=self.backoff_s,
            backoff_jitter=self.backoff_s,
            status_forcelist=(500, 502, 503, 504),
            allowed_methods=("GET",),
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        self._session = requests.Session()
        # A proxy from the environment is for the world outside; with trust_env off, this machine is asked directly.
        self._session.trust_env = urlsplit(self.base_url).hostname not in LOOPBACK
        self._session.max_redirects = 3
        self._session.headers["User-Agent"] = "kneedrive"
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def get(
        self, path: str, query: Mapping[str, Any] = {}, *, authorization: Secret | None = None, accept: str = "*/*"
    ) -> Answer:
        """GET, with retries on 5xx and time-outs. Any status comes back as an Answer; raises Unreachable."""
        return self._ask("GET", path, authorization, params=query, headers={"Accept": accept})

    def post(self, path: str, form: Mapping[str, str], *, authorization: Secret | None = None) -> Answer:
        """POST a form, once: a lost answer to a token request must not be asked for again with a used-up token."""
        return self._ask("POST", path, authorization, data=form, allow_redirects=False)

    def _ask(self, method: str, path: str, authorization: Secret | None, **sent: Any) -> Answer:
        # Also without a value: something has to keep requests from looking into ~/.netrc for something else.
        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            if authorization:
                request.headers["Authorization"] = authorization.reveal()
            return request

        url, sent = f"{self.base_url}/{path.lstrip('/')}", {"auth": sign, "timeout": (CONNECT_S, self.read_s), **sent}
        try:
            with self._session.request(method, url, stream=True, **sent) as response:
                status, headers, body = response.status_code, response.headers, self._body(response)
                return Answer(service=self.service, status=status, headers=headers, body=body)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            # The one place where foreign errors become ours. The cause is dropped: it may quote the whole request.
            problem = next(words for kind, words in _PROBLEMS if isinstance(error, kind))
            raise Unreachable(f"{self.service} {problem}") from None

    def _body(self, response: requests.Response) -> bytes:
        # The time-out of requests is for one read; a body that drips keeps within it for ever. read1 returns with what
        # has come, where iter_content would wait for a whole piece, drop by drop, and look at no clock.
        deadline = time.monotonic() + WHOLE_S
        body = bytearray()
        while piece := response.raw.read1(CHUNK_BYTES, decode_content=True):
            body += piece
            if len(body) > MAX_BYTES:
                raise Unreachable(f"{self.service} sent more than {MAX_BYTES:,} bytes: nothing of it was kept")
            if time.monotonic() > deadline:
                raise Unreachable(f"{self.service} sent its answer too slowly: try again later")
        return bytes(body)


class Pace:
    """When requests to one service may go out: gently, one at a time, and again after HTTP 429."""

    brief_s = 30.0  # a shorter pause is slept through unasked; a longer one without `wait` is raised as RateLimited
    limited = "{service} asks to wait: go on after {until:%Y-%m-%d %H:%M:%S} UTC; what was fetched is kept"

    def __init__(
        self,
        service: str,
        interval_s: float = 0.0,  # between two requests
        *,
        clock: Callable[[], datetime],  # aware UTC
        wait: Callable[[datetime], object] | None = None,  # sleeps through a pause
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.clock = clock
        self._service = service
        self._interval_s = interval_s
        self._wait = wait
        self._monotonic = monotonic
        self._sleep = sleep
        self._next_s = monotonic()

    def ask(self, request: Callable[[], Answer]) -> Answer:
        """The answer to a request, whatever its status but 429. Raises RateLimited, and what the request raises."""
        for left in reversed(range(3)):  # refusals of one request, by HTTP 429
            self.ready()
            answer = request()
            until = self.seen(answer)
            if answer.status != 429:
                return answer
            if left:  # nothing is asked after the last pause
                self.hold(until)
        raise self._limit(until)

    def ready(self) -> None:
        """Return when the next request may go out."""
        early_s = self._next_s - self._monotonic()
        if early_s > 0:
            self._sleep(early_s)
        self._next_s = max(self._monotonic(), self._next_s) + self._interval_s

    def seen(self, answer: Answer) -> datetime:
        """Take notice of an answer; when to come back, should it be a refusal."""
        told = answer.headers.get("Retry-After", "")
        pause_s = float(told) if told.isdecimal() and len(told) < 6 else 60.0  # where no header tells it
        return self.clock() + timedelta(seconds=pause_s)

    def hold(self, until: datetime) -> None:
        """Return after a pause. Raises RateLimited where it is not to be slept through."""
        pause_s = (until - self.clock()).total_seconds()
        if pause_s <= self.brief_s:
            self._sleep(max(pause_s, 0.0))
        elif self._wait:
            self._wait(until)
        else:
            raise self._limit(until)

    def _limit(self, until: datetime) -> RateLimited:
        return RateLimited(self.limited.format(service=self._service, until=until), retry_at=until)


class Keys(Protocol):
    """Access tokens that are kept fresh. Both calls raise SourceError."""

    def access(self) -> Secret:
        """A token that is good now."""

    def renew(self, failed: Secret) -> Secret:
        """Another token than `failed`."""


class Client:
    """A service that is asked by paced requests; subclasses are Sources: they list and fetch."""

    name = ""
    lookback = timedelta(days=365)  # one request or a few, for most runners

    def __init__(self, http: Http, pace: Pace, keys: Keys | Secret) -> None:
        self._http = http
        self._pace = pace
        self._keys = keys  # whence the tokens come, or an Authorization header that is always the same

    def _get(self, path: str, query: Mapping[str, Any], accept: str = "*/*") -> Answer:
        """An answer of any status but 429; where the token was refused, that to the same request with another one."""

        def asked(authorization: Secret) -> Answer:
            return self._http.get(path, query, authorization=authorization, accept=accept)

        def signed() -> Answer:
            if isinstance(self._keys, Secret):
                return asked(self._keys)
            token = self._keys.access()  # only now: a pause may have outlasted the one before
            answer = asked(bearer(token))
            if not self._stale(answer):
                return answer
            fresh = self._keys.renew(token)
            self._pace.ready()
            return asked(bearer(fresh))

        return self._pace.ask(signed)

    def _stale(self, answer: Answer) -> bool:
        """Whether this is a refusal that another token may cure."""
        return answer.status == 401

    def _fetched(self, item: Listed, body: bytes, format: str, keep: timedelta | None = None) -> Fetched:  # noqa: A002 - the field's name
        """An activity that came. keep: how long its bytes may stay, None for as long as the runner likes."""
        now = self._pace.clock()
        return Fetched(
            source=self.name,
            id=item.id,
            version=item.version,
            format=format,
            name=f"{self.name}-{item.id}",
            body=body,
            fetched_at=now,
            expires_at=now + keep if keep else None,
        )
