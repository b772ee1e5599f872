"""A real browser without windows: Chromium driven over two pipes by its own protocol, with nothing but Python.

with Browser() as browser:
    page = browser.open(path, Screen(width=360, dark=True))
    page.run("document.title")
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import pytest

from tests.conftest import ROOT

PATIENCE_S = 60.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
# The protocol reads from descriptor 3 and writes to 4; the shell puts our pipes there and then is the browser.
_WIRED = 'in=$1 out=$2; shift 2; eval "exec \\"\\$@\\" 3<&$in 4>&$out"'


class Screen(NamedTuple):
    """What the page is shown on."""

    width: int
    dark: bool = False
    height: int = 1000


def chromium() -> str | None:
    """The browser's path, None where there is none."""
    return os.environ.get("KNEEDRIVE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def axe_source() -> str | None:
    """The accessibility checker's script, None where `.ci/browser` has not fetched it."""
    place = Path(os.environ.get("KNEEDRIVE_AXE") or ROOT / "node_modules" / "axe-core" / "axe.min.js")
    return place.read_text(encoding="utf-8") if place.is_file() else None


def need(found: object, what: str) -> None:
    """Skip where something is not on this machine; on CI that is a failure."""
    if found:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing: .ci/browser installs it")
    pytest.skip(f"{what} is not on this machine; .ci/browser installs it")


class Page:
    """One open page, and what it complained about or asked for while it was open."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def call(self, method: str, **given: Any) -> dict[str, Any]:
        """One command of the protocol."""
        return self._browser.call(method, self._session, **given)

    def run(self, script: str) -> Any:
        """The value of an expression in the page; promises are waited for."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """A key, down and up."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=_CODES.get(key, 0))

    def picture(self, *, whole: bool = True) -> bytes:
        """What it looks like, as PNG."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    def complaints(self) -> list[str]:
        """Console messages of level error or warning, exceptions, and violations of the page's policy."""
        kinds = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
        return [json.dumps(event["params"]) for event in self._browser.events if event["method"] in kinds]

    def requests(self) -> list[str]:
        """Every address asked for, but the page itself."""
        asked = [
            event["params"]["request"]["url"]
            for event in self._browser.events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return asked[1:]


_CODES = {"Tab": 9, "ArrowRight": 39, "ArrowLeft": 37, "Escape": 27}


class Browser:
    """A headless Chromium; use it in `with`."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self._number = 0
        self._rest = b""

    def __enter__(self) -> Self:
        self._home = tempfile.TemporaryDirectory(prefix="kneedrive-browser-", ignore_cleanup_errors=True)
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        command = [str(chromium()), *FLAGS, f"--user-data-dir={self._home.name}", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", _WIRED, "wired", str(theirs_in), str(theirs_out), *command],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)
        os.close(self._to)
        os.close(self._from)
        self._home.cleanup()

    def open(self, path: Path, screen: Screen) -> Page:
        """A page from a file, loaded, on a screen of this width and colour scheme."""
        self.events.clear()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=screen.width,
            height=screen.height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if screen.dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        page.call("Page.navigate", url=path.resolve().as_uri())
        self._wait_for("Page.loadEventFired")
        return page

    def call(self, method: str, session: str | None = None, **given: Any) -> dict[str, Any]:
        """Send one command and wait for its answer; events on the way are kept."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": given}
        if session:
            message["sessionId"] = session
        self._send(json.dumps(message).encode() + b"\0")
        for answer in self._messages():
            if answer.get("id") == number:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)
        raise AssertionError(method)

    def _send(self, body: bytes) -> None:
        """All of it, although a pipe may take it in parts."""
        while body:
            body = body[os.write(self._to, body) :]

    def _wait_for(self, method: str) -> None:
        if any(event["method"] == method for event in self.events):
            return
        for message in self._messages():
            self.events.append(message)
            if message.get("method") == method:
                return

    def _messages(self) -> Iterator[dict[str, Any]]:
        """Messages as they come; fails when none comes for long."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            while b"\0" in self._rest:
                one, self._rest = self._rest.split(b"\0", 1)
                yield json.loads(one)
            if select.select([self._from], [], [], 1.0)[0]:
                self._rest += os.read(self._from, 1 << 20)
        message = "the browser does not answer"
        raise TimeoutError(message)
