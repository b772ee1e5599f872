"""The loopback end of a browser login: a tiny server on 127.0.0.1 that waits for one redirect."""

from __future__ import annotations

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from kneedrive.errors import NotAuthorised
from kneedrive.sources.oauth import Attempt, Grant

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
            message = f"port {port} cannot be listened on ({why}): choose another, or paste the address by hand"
            raise NotAuthorised(message) from None
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
            message = f"no answer from the browser within {timeout_s:.0f} s{strangers}: log in again"
            raise NotAuthorised(message) from None
        return attempt.grant(address)


class _Server(ThreadingHTTPServer):
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
