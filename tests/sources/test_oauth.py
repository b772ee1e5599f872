"""Logging in, staying logged in, logging out: against the fake Strava."""

import multiprocessing
import threading
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from kneedrive.config import Secret
from kneedrive.errors import ConfigError, NotAuthorised, SourceError, Unreachable
from kneedrive.sources import oauth
from kneedrive.sources.http import Http
from kneedrive.sources.oauth import Application
from kneedrive.sources.tokens import TokenFile
from tests.fakes.server import Clock
from tests.fakes.strava import CLIENT_ID, FakeStrava
from tests.sources import desk

FACTS = {"client_id": [CLIENT_ID], "response_type": ["code"], "redirect_uri": [desk.NOWHERE]}


def test_the_address_asks_for_what_is_needed(fake_strava: FakeStrava) -> None:
    begun = desk.begin(fake_strava)

    assert begun.url.startswith(f"{fake_strava.oauth_url}/authorize?")
    query = parse_qs(urlsplit(begun.url).query)
    assert FACTS.items() <= query.items()
    assert query["scope"] == ["read,activity:read_all"]
    assert query["state"] == [begun.state]


def test_the_address_holds_no_secret(fake_strava: FakeStrava) -> None:
    assert desk.APPLICATION.client_secret.reveal() not in desk.begin(fake_strava).url


def test_every_login_has_a_state_of_its_own(fake_strava: FakeStrava) -> None:
    states = {desk.begin(fake_strava).state for _ in range(20)}

    assert len(states) == 20
    assert min(map(len, states)) >= 32


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_an_application_that_is_not_configured_is_named(fake_strava: FakeStrava, tmp_path: Path, missing: str) -> None:
    empty = {"client_id": "", "client_secret": Secret("")}[missing]

    with pytest.raises(ConfigError, match="client id and the client secret"):
        desk.login(fake_strava, tmp_path, desk.APPLICATION.replace(**{missing: empty})).begin(desk.NOWHERE)


@pytest.mark.parametrize(
    "pasted",
    ["{}", "  {}\n", "'{}'", '"{}"'],
    ids=["plain", "with blanks", "quoted", "doubly quoted"],
)
def test_a_pasted_address_is_understood(fake_strava: FakeStrava, pasted: str) -> None:
    begun = desk.begin(fake_strava)
    address = desk.click(begun.url)

    code, scope = begun.grant(pasted.format(address))

    assert code.reveal().startswith("code-secret-")
    assert scope == "read,activity:read_all"


def test_a_pasted_query_without_its_address_is_understood(fake_strava: FakeStrava) -> None:
    begun = desk.begin(fake_strava)

    assert begun.grant(urlsplit(desk.click(begun.url)).query)[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("code=code-secret&scope=activity:read_all", "its state differs"),
        ("state=guessed&code=code-secret&scope=activity:read_all", "its state differs"),
        ("state={state}x&code=code-secret&scope=activity:read_all", "its state differs"),
        ("state=&code=code-secret", "its state differs"),
        ("state=guessed&error=access_denied", "its state differs"),
        ("state=ümlaut&code=code-secret", "its state differs"),
        ("", "its state differs"),
        ("no address at all", "its state differs"),
        ("a=" + "x" * 9000, "its state differs"),
        ("http://[broken", "its state differs"),
        ("&".join(f"a{n}=1" for n in range(50)), "its state differs"),
        ("state={state}&error=access_denied", "access was denied in the browser"),
        ("state={state}&error=server_error", "Strava reported an error"),
        ("state={state}&scope=read,activity:read_all", "holds no code"),
        ("state={state}&code=code-secret&scope=read", "permission activity:read_all or activity:read was not granted"),
        ("state={state}&code=code-secret", "was not granted"),
        ("state={state}&code=code-secret&scope=activity:write", "was not granted"),
    ],
)
def test_an_answer_that_is_none_is_refused(fake_strava: FakeStrava, answer: str, words: str) -> None:
    begun = desk.begin(fake_strava)

    with pytest.raises(NotAuthorised, match=words) as caught:
        begun.grant(answer.format(state=begun.state))

    assert "kneedrive auth strava" in str(caught.value)
    assert "code-secret" not in str(caught.value)
    assert begun.state not in str(caught.value)


def test_the_smaller_permission_is_enough(fake_strava: FakeStrava, tmp_path: Path) -> None:
    fake_strava.grant_scope = "read,activity:read"

    tokens = desk.login(fake_strava, tmp_path).redeem(desk.granted(fake_strava))

    assert tokens.scope == "read,activity:read"


def test_a_code_becomes_tokens_that_are_kept(fake_strava: FakeStrava, tmp_path: Path) -> None:
    login = desk.login(fake_strava, tmp_path)

    tokens = login.redeem(desk.granted(fake_strava))

    assert tokens.athlete == "227615"
    assert tokens.expires_at == fake_strava.clock() + timedelta(hours=6)
    assert TokenFile(tmp_path / "private" / "strava.json").load() == tokens


def test_a_code_is_good_once(fake_strava: FakeStrava, tmp_path: Path) -> None:
    login, grant = desk.login(fake_strava, tmp_path), desk.granted(fake_strava)
    login.redeem(grant)

    with pytest.raises(NotAuthorised, match="used up or too old"):
        login.redeem(grant)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_id": "99"}, "does not know this client id: check STRAVA_CLIENT_ID"),
        ({"client_secret": Secret("wrong-secret")}, "refuses the client secret: check STRAVA_CLIENT_SECRET"),
    ],
)
def test_a_wrong_application_is_named(
    fake_strava: FakeStrava, tmp_path: Path, change: dict[str, str], words: str
) -> None:
    login = desk.login(fake_strava, tmp_path, desk.APPLICATION.replace(**change))

    with pytest.raises(NotAuthorised, match=words) as caught:
        login.redeem(desk.granted(fake_strava))

    assert "wrong-secret" not in str(caught.value)


def test_a_good_token_is_used_as_it_is(fake_strava: FakeStrava, tmp_path: Path) -> None:
    login = desk.logged_in(fake_strava, tmp_path)

    assert login.access() == login.access()
    assert len(fake_strava.asked("/oauth/token")) == 1


@pytest.mark.parametrize(("minutes", "renewals"), [(354, 0), (356, 1), (600, 1)])
def test_a_token_is_renewed_shortly_before_its_end(
    fake_strava: FakeStrava, clock: Clock, tmp_path: Path, minutes: int, renewals: int
) -> None:
    login = desk.logged_in(fake_strava, tmp_path)
    clock.advance(minutes=minutes)

    login.access()

    assert len(fake_strava.asked("/oauth/token")) == 1 + renewals


def test_the_new_tokens_are_on_disk_before_one_is_used(fake_strava: FakeStrava, clock: Clock, tmp_path: Path) -> None:
    login = desk.logged_in(fake_strava, tmp_path)
    clock.advance(hours=7)

    access = login.access()

    held = TokenFile(tmp_path / "private" / "strava.json").load()
    assert held is not None
    assert held.access == access
    assert held.refresh.reveal() == fake_strava.refresh
    assert held.scope == "read,activity:read_all"
    assert held.athlete == "227615"


def test_a_folder_that_became_unwritable_is_found_before_the_old_token_dies(
    fake_strava: FakeStrava, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = desk.logged_in(fake_strava, tmp_path)
    before = fake_strava.refresh
    clock.advance(hours=7)

    def full(*_: object) -> None:
        message = "the login cannot be saved"
        raise SourceError(message)

    monkeypatch.setattr(TokenFile, "save", full)
    with pytest.raises(SourceError, match="cannot be saved"):
        login.access()

    assert fake_strava.refresh == before


def test_a_refresh_token_that_died_asks_for_a_new_login(fake_strava: FakeStrava, clock: Clock, tmp_path: Path) -> None:
    login = desk.logged_in(fake_strava, tmp_path)
    fake_strava.issue()  # somebody else refreshed with the same token
    clock.advance(hours=7)

    with pytest.raises(NotAuthorised, match="no longer good: run 'kneedrive auth strava' again"):
        login.access()


def test_without_a_login_the_command_is_named(fake_strava: FakeStrava, tmp_path: Path) -> None:
    with pytest.raises(NotAuthorised, match="there is no login to Strava: run 'kneedrive auth strava'"):
        desk.login(fake_strava, tmp_path).access()


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b"{}",
        b'{"access_token": "a", "refresh_token": "", "expires_at": 1}',
        b'{"access_token": null, "refresh_token": "b", "expires_at": 1}',
        b'{"access_token": "a", "refresh_token": "b", "expires_at": "soon"}',
        b'{"access_token": "a\\nb", "refresh_token": "b", "expires_at": 1}',
        b'{"access_token": "a", "refresh_token": "b b", "expires_at": 1}',
        b'{"access_token": "a", "refresh_token": "b", "expires_at": 1, "expires_in": null}',
        b'{"access_token": "a", "refresh_token": "b", "expires_at": 1, "expires_in": 1e300}',
        b'{"access_token": "a", "refresh_token": "b", "expires_at": 1e300}',
        b'{"access_token": "a", "refresh_token": "b", "expires_at": 1, "athlete": 7}',
    ],
)
def test_an_answer_without_tokens_changes_nothing(fake_strava: FakeStrava, tmp_path: Path, body: bytes) -> None:
    login = desk.logged_in(fake_strava, tmp_path)
    held = TokenFile(tmp_path / "private" / "strava.json").load()
    fake_strava.known_faults["odd"] = fake_strava.known_faults["404"]._replace(status=200, body=body)
    fake_strava.fail("odd")

    with pytest.raises(Unreachable, match="without the tokens"):
        login.renew(login.access())

    assert TokenFile(tmp_path / "private" / "strava.json").load() == held


def test_threads_refresh_once(fake_strava: FakeStrava, clock: Clock, tmp_path: Path) -> None:
    desk.logged_in(fake_strava, tmp_path)
    clock.advance(hours=7)
    got: list[Secret] = []
    threads = [
        threading.Thread(target=lambda: got.append(desk.login(fake_strava, tmp_path).access())) for _ in range(6)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == 6
    assert len(set(got)) == 1
    assert len(fake_strava.asked("/oauth/token")) == 2  # the login, and one refresh


def _refresh(oauth_url: str, path: Path, gate: "multiprocessing.synchronize.Barrier", clock: Clock) -> None:
    login = oauth.Login(desk.APPLICATION, Http("Strava", oauth_url), TokenFile(path), clock=clock)
    gate.wait(30)
    assert login.access()


def test_processes_refresh_once(fake_strava: FakeStrava, clock: Clock, tmp_path: Path) -> None:
    desk.logged_in(fake_strava, tmp_path)
    clock.advance(hours=7)
    spawn = multiprocessing.get_context("spawn")
    gate = spawn.Barrier(2)
    path = tmp_path / "private" / "strava.json"
    both = [spawn.Process(target=_refresh, args=(fake_strava.oauth_url, path, gate, clock)) for _ in range(2)]

    for process in both:
        process.start()
    for process in both:
        process.join(60)

    assert [process.exitcode for process in both] == [0, 0]
    assert len(fake_strava.asked("/oauth/token")) == 2


def test_logging_out_revokes_and_forgets(fake_strava: FakeStrava, tmp_path: Path) -> None:
    login = desk.logged_in(fake_strava, tmp_path)

    login.end()

    assert fake_strava.revoked
    assert TokenFile(tmp_path / "private" / "strava.json").load() is None
    with pytest.raises(NotAuthorised, match="no login"):
        login.access()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"access_token": "access-secret-0001"}', "\x00\xff"])
def test_logging_out_of_a_damaged_login_removes_it(fake_strava: FakeStrava, tmp_path: Path, text: str) -> None:
    login = desk.logged_in(fake_strava, tmp_path)
    place = tmp_path / "private" / "strava.json"
    place.write_text(text, encoding="latin-1")
    (place.parent / ".strava.json.x7y").write_text("left by a kill")

    with pytest.raises(NotAuthorised, match=r"could not be read and is deleted.*on Strava's own settings page"):
        login.end()

    assert [path.name for path in place.parent.iterdir()] == ["strava.json.lock"]


@pytest.mark.parametrize("fault", ["hang", "drop", "half"])
def test_logging_out_without_a_network_forgets_and_says_what_is_left(
    fake_strava: FakeStrava, tmp_path: Path, fault: str
) -> None:
    desk.logged_in(fake_strava, tmp_path)
    login = desk.login(fake_strava, tmp_path, read_s=desk.patience_s(fault))
    fake_strava.fail(fault)

    with pytest.raises(Unreachable, match=r"is forgotten here, but Strava .* revoke it on Strava's own settings page"):
        login.end()

    assert TokenFile(tmp_path / "private" / "strava.json").load() is None


def test_nothing_of_a_login_prints(fake_strava: FakeStrava, tmp_path: Path) -> None:
    begun = desk.begin(fake_strava)
    shown = repr([desk.APPLICATION, begun.grant(desk.click(begun.url)), desk.logged_in(fake_strava, tmp_path)])

    assert "-secret-" not in shown
    assert isinstance(desk.APPLICATION, Application)
