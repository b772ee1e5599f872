"""One HTTP connection to one service: rate limits, time-outs, retries, bounded bodies, foreign errors made ours.

Nothing here logs or raises what it sends: secrets travel in the Authorization header or in a form, never in an address.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from kneedrive.config import Secret
from kneedrive.errors import ConfigError, RateLimited, Unreachable
from kneedrive.record import Record

# When the next request may be made: Strava's windows, read from its headers, and a gentle rate for intervals.icu.

QUARTER = timedelta(minutes=15)
MARGIN = timedelta(seconds=2)  # clocks differ; a request too early counts for the day all the same
PAIRS = (("X-RateLimit-Limit", "X-RateLimit-Usage"), ("X-ReadRateLimit-Limit", "X-ReadRateLimit-Usage"))


class Window(Record, frozen=True, kw_only=True):
    """How many requests a window allows and how many are used; the windows are 15 minutes and one day."""

    limit: int
    used: int

    @property
    def full(self) -> bool:
        """Whether the next request would be refused."""
        return self.used >= self.limit


class Usage(Record, frozen=True, kw_only=True):
    """What the last answer said, overall and for reading: the strictest of both counts."""

    seen_at: datetime
    quarter: tuple[Window, ...] = ()
    day: tuple[Window, ...] = ()


def usage(headers: Mapping[str, str], now: datetime) -> Usage | None:
    """The windows that these headers tell, None where they tell none that can be read."""
    pairs = [_pair(headers.get(limit, ""), headers.get(used, "")) for limit, used in PAIRS]
    told = [pair for pair in pairs if pair]
    if not told:
        return None
    return Usage(seen_at=now, quarter=tuple(pair[0] for pair in told), day=tuple(pair[1] for pair in told))


def _pair(limits: str, used: str) -> tuple[Window, Window] | None:
    try:
        (short, day), (short_used, day_used) = (map(int, text.split(",")) for text in (limits, used))
    except ValueError:
        return None
    return Window(limit=short, used=short_used), Window(limit=day, used=day_used)


def next_quarter(now: datetime) -> datetime:
    """The next :00, :15, :30 or :45, in UTC."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour + QUARTER * ((now.astimezone(UTC) - hour) // QUARTER + 1)


def next_midnight(now: datetime) -> datetime:
    """The next midnight in UTC, when the day's count begins anew."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def open_at(seen: Usage | None, now: datetime) -> datetime | None:
    """When the next request may go out, None for at once. A window that has passed since counts as empty."""
    if seen is None:
        return None
    ends = [next_midnight(seen.seen_at)] if any(window.full for window in seen.day) else []
    ends += [next_quarter(seen.seen_at)] if any(window.full for window in seen.quarter) else []
    return max((end + MARGIN for end in ends if end + MARGIN > now), default=None)


def after_refusal(seen: Usage | None, now: datetime) -> datetime:
    """When to come back after HTTP 429: at the window that is full; the next quarter where none says so."""
    return open_at(seen, now) or next_quarter(now) + MARGIN


class Throttle:
    """At most one request per `interval_s`, by a monotonic clock and a sleep that can be replaced."""

    def __init__(self, interval_s: float, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._interval_s = interval_s
        self._clock = clock
        self._sleep = sleep
        self._next_s = clock()

    def wait(self) -> None:
        """Return when the next request may go out."""
        early_s = self._next_s - self._clock()
        if early_s > 0:
            self._sleep(early_s)
        self._next_s = max(self._clock(), self._next_s) + self._interval_s

    def pause(self, span_s: float) -> None:
        """Sleep for this long."""
        self._sleep(span_s)


REFUSALS = 3  # of one request, by HTTP 429
BRIEF_S, PAUSE_S = 30.0, 60.0  # a pause that is slept through unasked; one that no header tells the length of


class Paced:
    """Requests to one service, one at a time and at a gentle rate, asked again after HTTP 429.

    wait(until): sleeps through a longer pause; without it the pause is raised as RateLimited.
    """

    def __init__(
        self,
        service: str,
        throttle: Throttle,
        *,
        clock: Callable[[], datetime],
        wait: Callable[[datetime], object] | None,
    ) -> None:
        self._service = service
        self._throttle = throttle
        self._clock = clock
        self._wait = wait

    def ask(self, request: Callable[[], Answer]) -> Answer:
        """The answer to a request, whatever its status but 429. Raises RateLimited, and what the request raises."""
        for left in reversed(range(REFUSALS)):
            self._throttle.wait()
            answer = request()
            if answer.status != 429:
                return answer
            pause_s = _pause_s(answer)
            until = self._clock() + timedelta(seconds=pause_s)
            if not left:  # nothing is asked after that pause
                break
            if pause_s <= BRIEF_S:
                self._throttle.pause(pause_s)
            elif self._wait:
                self._wait(until)
            else:
                break
        raise RateLimited(
            f"{self._service} asks to wait: go on after {until:%Y-%m-%d %H:%M:%S} UTC; what was fetched is kept",
            retry_at=until,
        )


def _pause_s(answer: Answer) -> float:
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() and len(told) < 6 else PAUSE_S


# The connection.

LOOPBACK = ("127.0.0.1", "localhost", "::1")
CONNECT_S, READ_S, WHOLE_S = 10.0, 30.0, 300.0
RETRIES = 2  # after the first try
RETRY_STATUS = (500, 502, 503, 504)
MAX_BYTES = 64 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
REDIRECTS = 3

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


def bearer(token: Secret) -> Secret:
    """The Authorization header for an access token."""
    return Secret(f"Bearer {token.reveal()}")


def basic(user: str, password: Secret) -> Secret:
    """The Authorization header for a user and a password (RFC 7617)."""
    return Secret("Basic " + base64.b64encode(f"{user}:{password.reveal()}".encode()).decode("ascii"))


def checked_base(url: str, service: str) -> str:
    """The base address without a trailing slash. Raises ConfigError where secrets would travel in the clear."""
    if not _safe(url):
        # The address is not repeated: whatever is wrong with it, it may hold a password.
        raise ConfigError(
            f"the base address of {service} must be https://host/path, without a user name, a password, ? or # "
            "(plain http only on this machine): correct it in the configuration"
        )
    return url.rstrip("/")


def _safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "http" and parts.hostname in LOOPBACK
        whole = bool(parts.hostname) and (parts.port is None or parts.port > 0) and url.isprintable() and " " not in url
    except ValueError:  # a bracket that does not close, a port that is no number
        return False
    return whole and (parts.scheme == "https" or plain) and not ("@" in parts.netloc or parts.query or parts.fragment)


class Http:
    """A session with one service. `service` is its name in messages."""

    def __init__(
        self, service: str, base_url: str, *, read_s: float = READ_S, backoff_s: float = 0.5, max_bytes: int = MAX_BYTES
    ) -> None:
        self.service = service
        self.base_url = checked_base(base_url, service)
        self._read_s = read_s
        self._max_bytes = max_bytes
        self._session = _session(backoff_s, proxies=urlsplit(self.base_url).hostname not in LOOPBACK)

    def get(
        self,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        authorization: Secret | None = None,
        accept: str = "*/*",
    ) -> Answer:
        """GET, with retries on 5xx and time-outs. Any status comes back as an Answer; raises Unreachable."""
        sent = {"params": query, "auth": _Authorization(authorization), "headers": {"Accept": accept}}
        return self._ask("GET", path, sent)

    def post(self, path: str, form: Mapping[str, str], *, authorization: Secret | None = None) -> Answer:
        """POST a form, once: a lost answer to a token request must not be asked for again with a used-up token."""
        sent = {"data": form, "auth": _Authorization(authorization), "allow_redirects": False}
        return self._ask("POST", path, sent)

    def _ask(self, method: str, path: str, sent: Mapping[str, Any]) -> Answer:
        url = f"{self.base_url}/{path.lstrip('/')}"
        with (
            _ours(self.service),
            self._session.request(method, url, stream=True, timeout=(CONNECT_S, self._read_s), **sent) as response,
        ):
            return Answer(
                service=self.service, status=response.status_code, headers=response.headers, body=self._body(response)
            )

    def _body(self, response: requests.Response) -> bytes:
        # The time-out of requests is for one read; a body that drips keeps within it for ever. read1 returns with what
        # has come, where iter_content would wait for a whole piece, drop by drop, and look at no clock.
        deadline = time.monotonic() + WHOLE_S
        body = bytearray()
        while piece := response.raw.read1(CHUNK_BYTES, decode_content=True):
            body += piece
            if len(body) > self._max_bytes:
                raise Unreachable(f"{self.service} sent more than {self._max_bytes:,} bytes: nothing of it was kept")
            if time.monotonic() > deadline:
                raise Unreachable(f"{self.service} sent its answer too slowly: try again later")
        return bytes(body)


class _Authorization(requests.auth.AuthBase):
    """Sets the header, or nothing. Its presence keeps requests from looking into ~/.netrc for something else."""

    def __init__(self, value: Secret | None) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value:
            request.headers["Authorization"] = self._value.reveal()
        return request


def _session(backoff_s: float, *, proxies: bool) -> requests.Session:
    # 429 is not in the list: when to come back is reckoned from the clock, not slept through blindly.
    retry = Retry(
        total=RETRIES,
        backoff_factor=backoff_s,
        backoff_jitter=backoff_s,
        status_forcelist=RETRY_STATUS,
        allowed_methods=("GET",),
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    session = requests.Session()
    # A proxy from the environment is for the world outside; with trust_env off, this machine is asked directly.
    session.trust_env = proxies
    session.max_redirects = REDIRECTS
    session.headers["User-Agent"] = "kneedrive"
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


@contextmanager
def _ours(service: str) -> Iterator[None]:
    """The one place where foreign errors become ours. The cause is dropped: it may quote the whole request."""
    try:
        yield
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        problem = next(words for kind, words in _PROBLEMS if isinstance(error, kind))
        raise Unreachable(f"{service} {problem}") from None


def own_problem(answer: Answer) -> Unreachable | None:
    """The error for an answer that says that the service has a problem of its own, None for any other."""
    if answer.status < 500:
        return None
    return Unreachable(f"{answer.service} has a problem of its own (HTTP {answer.status}): try again later")


def file_in(answer: Answer, activity: str) -> bytes:
    """The body of an answer that should be a file. Raises Unreachable for none, and for a web page."""
    if not answer.body or is_page(answer.body):
        raise Unreachable(f"{answer.service} sent no file for activity {activity}: try again later")
    return answer.body


def json_of(answer: Answer) -> Any:
    """The body as JSON. Raises Unreachable where it is a web page, or anything else that is not JSON."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        kind = "a web page" if is_page(answer.body) else "something that is not JSON"
        raise Unreachable(
            f"{answer.service} sent {kind} instead of data (HTTP {answer.status}): try again later"
        ) from None


def is_page(body: bytes) -> bool:
    """Whether these bytes begin like a web page."""
    return body[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html"))
