"""What the fake services share: a real HTTP server on an ephemeral port, a clock, a request log, faults on demand."""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from tests.make_service_fixtures import contents

CONTROL = "/_control"
HANG_S = 30.0


class Clock:
    """A clock that stands still until told to go on; calling it gives the time."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 10, 1, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def until(self, moment: datetime) -> None:
        """Go on to a moment, never back: what a `wait` does without sleeping."""
        self.now = max(self.now, moment)

    def advance(self, **step: float) -> None:
        self.now += timedelta(**step)


class Asked(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]


class Reply(NamedTuple):
    """What goes back. cut: announce the whole body and send half. drop: hang up instead. hang_s: wait first."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    cut: bool = False
    drop: bool = False
    hang_s: float = 0.0


def reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """A JSON answer."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json; charset=utf-8", **named})


TRANSPORT: Mapping[str, Reply] = {
    "500": reply({"message": "error"}, 500),
    "html": Reply(200, b"<!DOCTYPE html><html><body>Maintenance</body></html>", {"Content-Type": "text/html"}),
    "html 503": Reply(503, b"<html><body>Bad gateway</body></html>", {"Content-Type": "text/html"}),
    "broken json": Reply(200, b'[{"id": 1, "na', {"Content-Type": "application/json"}),
    "other json": reply("a text where nobody expects one"),
    "deep json": Reply(200, b"[" * 200_000, {"Content-Type": "application/json"}),
    "half": Reply(200, b'[{"id": 1}]' + b" " * 4000, {"Content-Type": "application/json"}, cut=True),
    "hang": Reply(hang_s=HANG_S),
    "drop": Reply(drop=True),
}


class FakeServer:
    """Serves `answer(asked)` in a thread, from `with` on. Every request is kept in `log`."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.log: list[Asked] = []
        self.statuses: list[int] = []
        self.faults: list[tuple[str, str]] = []
        self.known_faults: dict[str, Reply] = dict(TRANSPORT)
        self.lock = threading.Lock()
        self.connections: list[socket.socket] = []
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Be gone: no new connections, and the living ones cut."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.connections.clear()

    def serve(self) -> None:
        """Serve in this thread until interrupted."""
        self._server.serve_forever()

    def fail(self, fault: str, on: str = "", times: int = 1) -> None:
        """Answer the next `times` requests whose path contains `on` with a fault, by its name."""
        assert fault in self.known_faults, f"no such fault: {fault}; there are {sorted(self.known_faults)}"
        with self.lock:
            self.faults += [(on, fault)] * times

    def served(self) -> list[tuple[Asked, int]]:
        """Every request so far with the status it was given, also while more are coming in."""
        with self.lock:
            return list(zip(self.log, self.statuses, strict=True))

    def forget(self) -> None:
        """Begin the log anew."""
        with self.lock:
            self.log.clear()
            self.statuses.clear()

    def asked(self, part: str) -> list[Asked]:
        """The logged requests whose path contains `part`."""
        return [asked for asked in self.log if part in asked.path]

    def answer(self, asked: Asked) -> Reply:
        """What the service says; one request at a time."""
        raise NotImplementedError

    def respond(self, asked: Asked) -> Reply:
        """The control door, a fault on demand, or the service's own answer."""
        if asked.path.startswith(CONTROL):
            return self._control(asked)
        with self.lock:
            self.log.append(asked)
            due = next((fault for fault in self.faults if fault[0] in asked.path), None)
            if due:
                self.faults.remove(due)
            found = self.known_faults[due[1]] if due else self.answer(asked)
            self.statuses.append(found.status)
        if found.hang_s:
            self._released.wait(found.hang_s)
        return found

    def _control(self, asked: Asked) -> Reply:
        """For runs of the whole program: GET /_control/log, POST /_control/fault with fault, on, times."""
        if asked.path.endswith("/fault"):
            self.fail(asked.form["fault"], asked.form.get("on", ""), int(asked.form.get("times", "1")))
        return reply([[seen.method, seen.path, dict(seen.query)] for seen in self.log])


def _handler(fake: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet, else each answer waits 40 ms for an acknowledgement

        def setup(self) -> None:
            super().setup()
            fake.connections.append(self.connection)

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            query = dict(parse_qsl(parts.query))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found = fake.respond(Asked(self.command, parts.path, query, headers, dict(parse_qsl(form))))
            if found.drop or found.hang_s:
                self.close_connection = True
                return
            self.send_response_only(found.status)
            for name, value in (*found.headers.items(), ("Content-Length", str(len(found.body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(found.body[: len(found.body) // 2] if found.cut else found.body)
            self.close_connection = self.close_connection or found.cut

        def log_message(self, *_: object) -> None:
            """Keep the tests quiet."""

    return Handler


FIXTURES = contents()  # test_fixtures_of_services.py checks that the folder holds the same


def fixture(name: str) -> Any:
    """A JSON fixture of ours."""
    return json.loads(FIXTURES[name])


def stand(fake: FakeServer, **facts: str) -> None:
    """Say where the fake is, as one line of JSON, and serve until interrupted."""
    print(json.dumps({"url": fake.url, **facts}), flush=True)
    with suppress(KeyboardInterrupt):
        fake.serve()
