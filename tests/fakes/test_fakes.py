"""The fakes as programs of their own: they say where they are, and can be told to fail."""

import json
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextmanager
def standing(module: str, *arguments: str) -> Iterator[dict[str, str]]:
    """A fake in a process of its own, and what it says about itself."""
    command = [sys.executable, "-m", f"tests.fakes.{module}", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        try:
            yield json.loads(child.stdout.readline())
        finally:
            child.terminate()


def ask(url: str, form: dict[str, str] | None = None, **headers: str) -> Any:
    body = urllib.parse.urlencode(form).encode() if form else None
    request = urllib.request.Request(url, body, headers)
    with OPENER.open(request, timeout=10) as answer:
        return json.load(answer)


@pytest.mark.slow
def test_strava_stands_alone_and_fails_on_demand() -> None:
    with standing("strava", "--activities", "3") as facts:
        form = {"client_id": facts["client_id"], "client_secret": facts["client_secret"]}
        ask(f"{facts['url']}/_control/fault", {"fault": "500", "on": "/oauth"})
        with pytest.raises(urllib.error.HTTPError, match="500"):
            ask(f"{facts['oauth_url']}/token", {**form, "grant_type": "refresh_token", "refresh_token": "x"})
        with pytest.raises(urllib.error.HTTPError, match="400"):
            ask(f"{facts['oauth_url']}/token", {**form, "grant_type": "refresh_token", "refresh_token": "x"})

        assert ask(f"{facts['url']}/_control/log") == [["POST", "/oauth/token", {}]] * 2


@pytest.mark.slow
def test_intervals_stands_alone_with_the_files_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "run.fit").write_bytes(b"a file")
    with standing("intervals", str(tmp_path / "run.fit")) as facts:
        ask(f"{facts['url']}/_control/fault", {"fault": "403"})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            ask(f"{facts['api_url']}/athlete/0/activities?oldest=2000-01-01&newest=2030-01-01")
