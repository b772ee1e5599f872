"""The connection: what is sent, what comes back, and every foreign error as one of ours."""

import gzip
import netrc
import random
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
import responses
import urllib3

from kneedrive.config import Secret
from kneedrive.errors import ConfigError, Unreachable
from kneedrive.sources.http import _PROBLEMS, CHUNK_BYTES, WHOLE_S, Http, basic, bearer, checked_base
from tests.fakes.server import Clock, reply
from tests.fakes.strava import FakeStrava
from tests.sources import desk

BASE = "https://service.example/api"
TOKEN = Secret("token-secret")


@pytest.fixture
def http() -> Http:
    return desk.http("Service", BASE)


@responses.activate
def test_a_token_travels_in_the_header_only(http: Http) -> None:
    responses.get(f"{BASE}/things", json=[1])

    http.get("/things", {"page": 2}, authorization=bearer(TOKEN))

    request = responses.calls[0].request
    assert request.headers["Authorization"] == "Bearer token-secret"
    assert request.url == f"{BASE}/things?page=2"


@responses.activate
def test_a_password_is_sent_as_basic(http: Http) -> None:
    responses.get(f"{BASE}/things", json=[1])

    http.get("things", authorization=basic("API_KEY", Secret("k")))

    assert responses.calls[0].request.headers["Authorization"] == "Basic QVBJX0tFWTpr"


@responses.activate
def test_netrc_is_not_asked(http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / ".netrc"
    place.write_text("machine service.example login other password other-secret\n")
    place.chmod(0o600)
    monkeypatch.setenv("NETRC", str(place))
    assert netrc.netrc(str(place)).authenticators("service.example")
    responses.get(f"{BASE}/things", json=[1])

    http.get("things")

    assert "Authorization" not in responses.calls[0].request.headers


@pytest.mark.parametrize("status", [200, 201, 400, 401, 403, 404, 409, 429])
@responses.activate
def test_a_status_is_an_answer_not_an_error(http: Http, status: int) -> None:
    responses.get(f"{BASE}/things", body=b"x", status=status, headers={"X-Rate": "1"})

    answer = http.get("things")

    assert (answer.status, answer.body, answer.headers["x-rate"]) == (status, b"x", "1")
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (requests.exceptions.SSLError("cert token-secret"), "cannot be reached safely"),
        (requests.exceptions.ProxyError("p token-secret"), "configured proxy"),
        (requests.exceptions.ConnectTimeout("t token-secret"), "did not answer in time"),
        (requests.exceptions.ReadTimeout("t token-secret"), "did not answer in time"),
        (requests.exceptions.ConnectionError("c token-secret"), "cannot be reached: check the network"),
        (requests.exceptions.ChunkedEncodingError("c token-secret"), "broke off in the middle"),
        (requests.exceptions.ContentDecodingError("c token-secret"), "cannot be unpacked"),
        (requests.exceptions.TooManyRedirects("r token-secret"), "redirects in a circle"),
        (requests.exceptions.InvalidURL("u token-secret"), "check its base address"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
@responses.activate
def test_a_foreign_error_becomes_one_sentence(http: Http, raised: Exception, words: str) -> None:
    responses.get(f"{BASE}/things", body=raised)

    with pytest.raises(Unreachable, match=words) as caught:
        http.get("things")

    assert str(caught.value).startswith("Service ")
    assert "token-secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_every_error_of_requests_is_foreseen() -> None:
    """Nothing of requests passes untranslated: its base class ends the table, and no base stands before a subclass."""
    kinds = [kind for kind, _ in _PROBLEMS]

    assert kinds[-1] is requests.exceptions.RequestException
    for place, kind in enumerate(kinds):
        assert not any(issubclass(later, kind) for later in kinds[place + 1 :])


@pytest.mark.parametrize("address", ["https://x.example", "http://127.0.0.1:8080/api/", "http://localhost/a"])
def test_a_safe_address_is_taken_without_its_slash(address: str) -> None:
    assert checked_base(address, "Service") == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "http://x.example",
        "ftp://x.example",
        "x.example",
        "",
        "https://",
        "https://me:hush@x.example",
        "https://x.example/?a=1",
        "http://127.0.0.1.x.example/",
        "http://localhost.x.example",
        "https://me@x.example",
        "https://:hush@x.example",
        "http://me:hush@127.0.0.1",
        "https://@x.example",
        "me:hush@x.example",
        "https://me:hush@x.example:port",
        "https://me:hush@[::1",
        "https://x.example:99999",
        "https://x.example:0",
        "https://x.example/a b",
        "https://x.example/\nme:secret",
        "https://x.example/#hush",
    ],
)
def test_an_address_that_would_show_secrets_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(ConfigError, match="base address of Service must be https") as caught:
        checked_base(address, "Service")

    assert "hush" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_passing_server_error_is_tried_again(fake_strava: FakeStrava, status: int) -> None:
    fake_strava.known_faults["passing"] = fake_strava.known_faults["500"]._replace(status=status)
    fake_strava.fail("passing", times=2)

    answer = desk.http("Strava", fake_strava.api_url).get("athlete/activities")

    assert answer.status == 401  # the third try came through, and was told to log in
    assert fake_strava.statuses == [status, status, 401]


def test_a_lasting_server_error_is_given_up_after_three_tries(fake_strava: FakeStrava) -> None:
    fake_strava.fail("500", times=9)

    assert desk.http("Strava", fake_strava.api_url).get("athlete/activities").status == 500
    assert len(fake_strava.log) == 3


@pytest.mark.parametrize("fault", ["500", "hang", "drop", "half"])
def test_a_form_is_sent_once(fake_strava: FakeStrava, fault: str) -> None:
    """A refresh whose answer got lost may have been done: asking again would use a dead token."""
    fake_strava.fail(fault, times=9)
    connection = desk.http("Strava", fake_strava.oauth_url, desk.patience_s(fault))

    if fault == "500":
        assert connection.post("token", {"a": "b"}).status == 500
    else:
        with pytest.raises(Unreachable):
            connection.post("token", {"a": "b"})

    assert len(fake_strava.log) == 1


class Ticking:
    """A clock of its own: each look at it is so much later."""

    def __init__(self, step_s: float) -> None:
        self.now_s = 0.0
        self.step_s = step_s

    def monotonic(self) -> float:
        self.now_s += self.step_s
        return self.now_s


@pytest.mark.parametrize(("step_s", "in_time"), [(WHOLE_S / 8, True), (WHOLE_S * 2, False)])
@responses.activate
def test_a_body_has_a_longest_time(http: Http, monkeypatch: pytest.MonkeyPatch, step_s: float, in_time: bool) -> None:
    responses.get(f"{BASE}/things", body=b"x" * 3 * CHUNK_BYTES)
    monkeypatch.setattr("kneedrive.sources.http.time", Ticking(step_s))

    if in_time:
        assert len(http.get("things").body) == 3 * CHUNK_BYTES
    else:
        with pytest.raises(Unreachable, match="sent its answer too slowly"):
            http.get("things")


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_that_drips_is_given_up_at_its_time_and_not_at_its_end(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """Each drop comes within the time-out of a read, and none of them fills a piece."""
    monkeypatch.setattr("kneedrive.sources.http.WHOLE_S", 0.5)
    drops = random.Random(1).randbytes(80)
    body = gzip.compress(drops) if encoding == "gzip" else drops
    with dripping(body, encoding) as (url, sent), pytest.raises(Unreachable, match="sent its answer too slowly"):
        desk.http("Service", url).get("things")

    assert 0 < len(sent) < len(body) / 2


@contextmanager
def dripping(body: bytes, encoding: str) -> Iterator[tuple[str, list[int]]]:
    """A server that sends a byte every 50 ms; its address, and what it has sent."""
    sent: list[int] = []
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(200)
            self.send_header("Content-Encoding", encoding)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for byte in body:
                if stop.wait(0.05):
                    break
                self.wfile.write(bytes([byte]))
                sent.append(byte)

        def handle(self) -> None:
            with suppress(OSError):  # who asked has hung up
                super().handle()

        def log_message(self, *_: object) -> None:
            """Keep the tests quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", sent
        stop.set()
        server.shutdown()


@pytest.mark.parametrize(("status", "tries"), [(413, 1), (429, 1), (503, 3)])
def test_no_service_makes_us_sleep(
    fake_strava: FakeStrava, monkeypatch: pytest.MonkeyPatch, status: int, tries: int
) -> None:
    """How long to wait is the caller's to know, and to tell the runner: Retry-After is not slept through in here."""
    slept: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", slept.append)
    fake_strava.known_faults["later"] = reply({}, status, Retry_After="3600")
    fake_strava.fail("later", times=9)

    answer = desk.http("Strava", fake_strava.api_url).get("athlete")

    assert (answer.status, answer.headers["retry-after"]) == (status, "3600")
    assert len(fake_strava.log) == tries
    assert not any(slept)


def test_a_body_has_a_largest_size(fake_strava: FakeStrava, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kneedrive.sources.http.MAX_BYTES", 1000)
    connection = Http("Strava", fake_strava.api_url)
    fake_strava.fail("half")
    fake_strava.known_faults["half"] = fake_strava.known_faults["half"]._replace(cut=False)

    with pytest.raises(Unreachable, match="more than 1,000 bytes"):
        connection.get("anything")


def test_a_redirect_to_another_host_does_not_carry_the_secret(fake_strava: FakeStrava, clock: Clock) -> None:
    with FakeStrava([], clock) as other:
        away = fake_strava.known_faults["404"]._replace(status=302, headers={"Location": f"{other.url}/elsewhere"})
        fake_strava.known_faults["away"] = away
        fake_strava.fail("away")

        desk.http("Strava", fake_strava.api_url).get("athlete", authorization=bearer(TOKEN))

        assert fake_strava.log[0].headers["authorization"] == "Bearer token-secret"
        assert "authorization" not in other.log[0].headers


def test_a_form_is_not_redirected(fake_strava: FakeStrava) -> None:
    fake_strava.known_faults["away"] = fake_strava.known_faults["404"]._replace(status=307, headers={"Location": "/x"})
    fake_strava.fail("away")

    assert desk.http("Strava", fake_strava.oauth_url).post("token", {"a": "b"}).status == 307
    assert len(fake_strava.log) == 1


def test_loopback_is_asked_without_a_proxy(fake_strava: FakeStrava, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert desk.http("Strava", fake_strava.api_url).get("athlete").status == 401


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><p>x", "a web page instead"),
        (b"\xef\xbb\xbf\n <HTML>", "a web page instead"),
        (b'{"a": ', "something that is not JSON"),
        (b"", "something that is not JSON"),
        (b"\xff\xfe\xfa", "something that is not JSON"),
        (b"[" * 200_000, "something that is not JSON"),
        (b"9" * 5000, "something that is not JSON"),
    ],
    ids=["page", "page with mark", "cut", "empty", "binary", "deep", "endless number"],
)
@responses.activate
def test_what_is_no_json_is_one_sentence(http: Http, body: bytes, words: str) -> None:
    responses.get(f"{BASE}/things", body=body)

    with pytest.raises(Unreachable, match=words):
        http.get("things").json()


def test_the_connection_leaves_no_warning_filter_behind() -> None:
    """Certificates are checked, and nobody switched the warning about it off."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        warnings.warn("x", urllib3.exceptions.InsecureRequestWarning, stacklevel=1)

    assert len(seen) == 1
    assert Http("Service", BASE)._session.verify is True
