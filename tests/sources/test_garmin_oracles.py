"""Garmin's own client (Python 3.12) and gcpapi-sync, where they are installed, against the same fake as ours.

They are oracles of the fake, that it speaks as the service does, and of the places that the key is shared in.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from kneedrive.config import Secret
from kneedrive.sources.garmin import Garmin
from kneedrive.sources.tokens import KeyFile, PrivateFile
from tests.fakes.garmin import KEY, FakeGarmin, summaries
from tests.sources import desk

Seen = tuple[list[str], bytes]
Oracle = Callable[[FakeGarmin, Path], Seen]


def garmins_own(fake: FakeGarmin, key_file: Path) -> Seen:
    """What Garmin's client finds: the first page, and the first file."""
    api_keys = pytest.importorskip("garmin_personal_api.api_keys", reason="Garmin's client is not installed")
    from garmin_personal_api import GarminPersonalApiClient, PersonalApiAuthenticator

    key = api_keys.resolve_api_key(key_file=key_file)
    with PersonalApiAuthenticator(bearer_token_cache_file=key_file.with_name("oracle.json")) as authenticator:
        token = authenticator.obtain_token(key)
    with GarminPersonalApiClient(token.access_token) as client:
        listed = client.search_activities(start=0, limit=40)
        ids = [str(entry["activityId"]) for entry in listed]
        return ids, client.download_activity(ids[0])


def gcpapi(fake: FakeGarmin, key_file: Path) -> Seen:
    """What gcpapi-sync finds: every activity, and the first file."""
    pytest.importorskip("gcpapi_sync", reason="gcpapi-sync is not installed")
    from gcpapi_sync import GarminClient

    with GarminClient(key_file=key_file) as client:
        ids = [str(each.activity_id) for each in client.iter_activities(page_size=40)]
        return ids, client.download_activity_zip(int(ids[0]))


@pytest.mark.parametrize("oracle", [garmins_own, gcpapi])
def test_the_key_that_we_keep_and_the_list_and_the_files_are_theirs(
    fake_garmin: FakeGarmin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oracle: Oracle
) -> None:
    monkeypatch.setenv("GARMIN_PERSONAL_API_BASE_URL", fake_garmin.url)
    monkeypatch.delenv("GARMIN_PERSONAL_API_KEY", raising=False)
    fake_garmin.activities = summaries(39)
    fake_garmin.files = {str(entry["activityId"]): b"PK a zip" for entry in fake_garmin.activities}
    kept = KeyFile(tmp_path / "garmin" / "connect-personal-api-key")
    kept.write(f"{KEY}\n")

    ids, body = oracle(fake_garmin, kept.path)

    client = desk.garmin(fake_garmin, tmp_path)
    items = list(client.listing(None))
    fetched = client.fetch(items[0])
    assert [item.id for item in items] == ids
    assert fetched
    assert fetched.body == body


def test_the_end_of_a_token_and_the_hash_of_a_key_are_garmins(
    fake_garmin: FakeGarmin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("garmin_personal_api", reason="Garmin's client is not installed")
    import json

    from garmin_personal_api import PersonalApiAuthenticator

    monkeypatch.setenv("GARMIN_PERSONAL_API_BASE_URL", fake_garmin.url)
    with PersonalApiAuthenticator(
        bearer_token_cache_file=tmp_path / "theirs.json", clock=lambda: fake_garmin.clock().timestamp()
    ) as authenticator:
        theirs = authenticator.obtain_token(KEY)
    http = desk.http("Garmin", fake_garmin.url)
    pace = desk.at_once("Garmin", fake_garmin.clock)
    ours = Garmin(http, Secret(KEY), PrivateFile(tmp_path / "ours.json"), pace).exchange()

    assert ours.expires_at.timestamp() == theirs.expires_at
    assert json.loads((tmp_path / "theirs.json").read_text())["fingerprint"] == ours.fingerprint
