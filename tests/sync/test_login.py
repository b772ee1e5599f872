"""Logging in, told by what the application layer is given: an address to show, an answer to read."""

from __future__ import annotations

import pytest

from kneedrive.app import setup
from kneedrive.app.accounts import application, token_file
from kneedrive.errors import ConfigError, NotAuthorised
from kneedrive.sources.oauth import Application
from tests.fakes.strava import CLIENT_ID, CLIENT_SECRET, FakeStrava
from tests.sources import desk
from tests.sync.household import APPLICATION, Household


@pytest.fixture
def home(home: Household, strava: FakeStrava) -> Household:
    """A household that knows where Strava is, and no login yet."""
    return home.with_strava(strava)


def test_a_browser_that_answers_at_once_is_heard(home: Household, strava: FakeStrava) -> None:
    """One that agreed before is sent back without a click."""
    here = home.desk(strava.clock)

    answer = setup.by_browser(here, APPLICATION, desk.follow, 0, 5.0, remember=False)

    assert answer.text.startswith("Logged in to Strava.")
    assert token_file(here).load()


@pytest.mark.parametrize(("identity", "secret"), [("", "x"), ("1", ""), ("", "")])
def test_half_an_application_is_refused(identity: str, secret: str) -> None:
    with pytest.raises(ConfigError, match="needs both"):
        setup.typed(identity, secret)


@pytest.mark.parametrize("pasted", ["", "hello", "http://127.0.0.1/code?state=other&code=x&scope=activity:read_all"])
def test_an_address_that_is_no_answer_is_refused(home: Household, strava: FakeStrava, pasted: str) -> None:
    here = home.desk(strava.clock)

    with pytest.raises(NotAuthorised, match="kneedrive auth strava"):
        setup.by_pasting(here, APPLICATION, lambda _: pasted, remember=False)

    assert token_file(here).load() is None


def test_a_wrong_secret_is_said_and_nothing_is_kept(home: Household, strava: FakeStrava) -> None:
    here = home.desk(strava.clock)

    with pytest.raises(NotAuthorised, match="client secret"):
        setup.by_pasting(here, setup.typed(CLIENT_ID, "wrong"), desk.click, remember=True)

    assert token_file(here).load() is None


@pytest.mark.parametrize("configured", [True, False])
def test_logging_out_of_a_damaged_login_removes_it_and_the_runs(
    home: Household, strava: FakeStrava, configured: bool
) -> None:
    home.log_in(strava)
    home.pull(strava.clock)
    home.token_file.write_text('{"access_token": "access-secret')
    if not configured:
        del home.environment["STRAVA_CLIENT_ID"]

    answer = setup.log_out(home.desk(strava.clock), lambda _: True)

    assert "5 of its recordings deleted" in answer.text
    assert "could not be read and is deleted" in answer.trouble
    assert answer.code == 4
    assert not home.token_file.exists()
    assert home.held()["run"] == 0
    with pytest.raises(NotAuthorised, match="there is no login"):
        setup.log_out(home.desk(strava.clock), lambda _: True)


def test_a_damaged_login_does_not_stand_in_the_way_of_a_new_one(home: Household, strava: FakeStrava) -> None:
    """Its application was kept in it, so that it is asked for anew."""
    del home.environment["STRAVA_CLIENT_ID"]
    home.token_file.parent.mkdir(parents=True)
    home.token_file.write_text("{")
    here = home.desk(strava.clock)

    assert not application(here).client_id
    setup.by_pasting(here, APPLICATION, desk.click, remember=True)
    assert application(here) == APPLICATION


@pytest.mark.parametrize("remember", [True, False])
def test_a_typed_application_is_kept_and_outlives_a_renewal(
    home: Household, strava: FakeStrava, remember: bool
) -> None:
    for name in ("STRAVA_CLIENT_ID", "STRAVA_CLIENT_SECRET"):
        del home.environment[name]
    here = home.desk(strava.clock)
    setup.by_pasting(here, setup.typed(CLIENT_ID, CLIENT_SECRET), desk.click, remember=remember)
    strava.clock.advance(hours=7)  # type: ignore[attr-defined]
    if remember:
        home.pull(strava.clock)

    assert (application(here) == APPLICATION) is remember
    assert home.token_file.read_text().count(CLIENT_SECRET) == remember


def test_the_configured_application_wins_over_the_typed_one(home: Household, strava: FakeStrava) -> None:
    here = home.desk(strava.clock)
    setup.by_pasting(here, APPLICATION, desk.click, remember=True)
    home.environment["STRAVA_CLIENT_ID"] = "another"

    assert application(home.desk(strava.clock)) == Application(
        client_id="another", client_secret=APPLICATION.client_secret
    )


def test_half_a_configured_application_is_not_mixed_with_the_typed_one(home: Household, strava: FakeStrava) -> None:
    setup.by_pasting(home.desk(strava.clock), APPLICATION, desk.click, remember=True)
    home.environment["STRAVA_CLIENT_ID"] = "another"
    del home.environment["STRAVA_CLIENT_SECRET"]

    assert application(home.desk(strava.clock)) == APPLICATION


def test_a_runner_has_a_token_file_of_a_safe_name(home: Household, strava: FakeStrava) -> None:
    paths = {token_file(home.desk(strava.clock, runner=name)).path.name for name in ("", "ann", "../ann", "a b")}

    assert paths == {
        "strava-token.json",
        "strava-token-ann.json",
        "strava-token-..%2Fann.json",
        "strava-token-a%20b.json",
    }
