"""The loopback end of a login: who may speak to it, and what it says."""

import http.client
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kneedrive.errors import NotAuthorised
from kneedrive.sources.oauth import DONE, REFUSED, Attempt, Callback
from kneedrive.sources.tokens import TokenFile
from tests.fakes.strava import FakeStrava
from tests.sources import desk

SOON_S = 0.2


def knock(callback: Callback, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Ask the callback for a path and return status, page and headers."""
    port = urlsplit(callback.redirect_uri).port
    assert port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode(), dict(answer.getheaders())
    connection.close()
    return found


def begun(callback: Callback, fake: FakeStrava) -> Attempt:
    """An attempt that the callback waits for already."""
    attempt = desk.begin(fake, callback.redirect_uri)
    callback.attempt = attempt
    return attempt


def test_a_login_goes_through_from_end_to_end(fake_strava: FakeStrava, tmp_path: Path) -> None:
    login = desk.login(fake_strava, tmp_path)
    with Callback() as callback:
        attempt = begun(callback, fake_strava)
        page = desk.follow(attempt.url)
        tokens = login.redeem(callback.wait(attempt, 5.0))

    assert DONE in page
    assert tokens == TokenFile(tmp_path / "private" / "strava.json").load()
    assert login.access() == tokens.access


def test_a_refusal_in_the_browser_is_told(fake_strava: FakeStrava) -> None:
    fake_strava.deny = True
    with Callback() as callback:
        attempt = begun(callback, fake_strava)
        desk.follow(attempt.url)

        with pytest.raises(NotAuthorised, match="access was denied in the browser"):
            callback.wait(attempt, 5.0)


def test_an_unticked_box_is_told(fake_strava: FakeStrava) -> None:
    fake_strava.grant_scope = "read"
    with Callback() as callback:
        attempt = begun(callback, fake_strava)
        desk.follow(attempt.url)

        with pytest.raises(NotAuthorised, match="activity:read_all or activity:read was not granted"):
            callback.wait(attempt, 5.0)


def test_a_wrong_state_is_refused_and_waited_past(fake_strava: FakeStrava) -> None:
    with Callback() as callback:
        attempt = begun(callback, fake_strava)
        status, page, _ = knock(callback, "/code?state=guessed&code=evil-code&scope=activity:read_all")
        desk.follow(attempt.url)

        code, _ = callback.wait(attempt, 5.0)

    assert (status, REFUSED in page) == (403, True)
    assert code.reveal().startswith("code-secret-")


def test_a_wrong_state_alone_ends_in_a_time_out_that_says_so(fake_strava: FakeStrava) -> None:
    with Callback() as callback:
        attempt = begun(callback, fake_strava)
        knock(callback, "/code?state=guessed&error=access_denied")

        with pytest.raises(NotAuthorised, match=r"no answer .* not asked for came instead"):
            callback.wait(attempt, SOON_S)


def test_nobody_coming_is_a_time_out(fake_strava: FakeStrava) -> None:
    with Callback() as callback, pytest.raises(NotAuthorised, match="within 0 s: log in again"):
        callback.wait(desk.begin(fake_strava, callback.redirect_uri), SOON_S)


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/other?state={state}&code=c&scope=activity:read_all"])
def test_other_paths_are_refused(fake_strava: FakeStrava, path: str) -> None:
    with Callback() as callback:
        attempt = begun(callback, fake_strava)

        assert knock(callback, path.format(state=attempt.state))[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", ""])
def test_another_host_name_is_refused(fake_strava: FakeStrava, host: str) -> None:
    """A page elsewhere can make its own name point to this machine."""
    with Callback() as callback:
        attempt = begun(callback, fake_strava)
        named = host.format(port=urlsplit(callback.redirect_uri).port)
        path = f"/code?state={attempt.state}&code=c&scope=activity:read_all"

        assert knock(callback, path, Host=named)[0] == 403


def test_before_a_login_has_begun_nothing_is_taken() -> None:
    with Callback() as callback:
        assert knock(callback, "/code?state=&code=c&scope=activity:read_all")[0] == 403


def test_the_page_shows_nothing_of_the_request_and_may_do_nothing(fake_strava: FakeStrava) -> None:
    with Callback() as callback:
        attempt = begun(callback, fake_strava)
        _, page, headers = knock(callback, f"/code?state={attempt.state}&code=%3Cscript%3E&scope=activity:read")

    assert "script" not in page
    assert attempt.state not in page
    assert headers["Content-Security-Policy"] == "default-src 'none'"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Server" not in headers


def test_a_silent_connection_does_not_keep_the_browser_out(fake_strava: FakeStrava) -> None:
    with Callback() as callback:
        attempt = begun(callback, fake_strava)
        with socket.create_connection(("127.0.0.1", urlsplit(callback.redirect_uri).port or 0)):
            started = time.monotonic()
            desk.follow(attempt.url)

        assert callback.wait(attempt, 5.0)[0]
        assert time.monotonic() - started < 60


def test_only_this_machine_is_listened_to() -> None:
    with Callback() as callback:
        assert callback.redirect_uri.startswith("http://127.0.0.1:")
        assert callback.server_address[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with Callback() as callback:
        port = urlsplit(callback.redirect_uri).port or 0

        with pytest.raises(NotAuthorised, match=f"port {port} cannot be listened on"):
            Callback(port)


def test_the_port_is_given_back() -> None:
    with Callback() as callback:
        port = urlsplit(callback.redirect_uri).port or 0

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_nothing_is_printed(fake_strava: FakeStrava, capfd: pytest.CaptureFixture[str]) -> None:
    with Callback() as callback:
        attempt = begun(callback, fake_strava)
        desk.follow(attempt.url)
        knock(callback, "/code?state=x")
        with socket.create_connection(("127.0.0.1", urlsplit(callback.redirect_uri).port or 0)) as rude:
            rude.sendall(b"\x16\x03\x01 no HTTP at all\r\n\r\n")
            rude.recv(4096)

    assert capfd.readouterr() == ("", "")
