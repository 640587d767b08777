"""Other people's servers on this machine, well-behaved and not: real sockets, real TLS."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from attrs import Factory, define, frozen

PATIENCE = 30.0


@frozen
class Received:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    """By names in lower case."""
    body: bytes


Answer = Callable[[BaseHTTPRequestHandler, Received], None]


@define
class Stranger:
    """A server that is running; ``answer`` may be replaced meanwhile."""

    port: int
    scheme: str
    answer: Answer
    received: list[Received] = Factory(list)

    @property
    def origin(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    def wait_for(self, count: int) -> list[Received]:
        """Until so many requests have come."""
        end = time.monotonic() + PATIENCE
        while len(self.received) < count:
            assert time.monotonic() < end, self.received
            time.sleep(0.01)
        return self.received


class Authority:
    """A certificate authority of the tests' own."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.file))

    def context(self, *names: str) -> ssl.SSLContext:
        """For a server that proves to be ``names``."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*names).configure_cert(context)
        return context


@contextmanager
def stranger(
    answer: Answer, tls: ssl.SSLContext | None = None, port: int = 0
) -> Iterator[Stranger]:
    """A server that answers so, in threads; ``https`` with ``tls``, on any free port or this."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = Received(self.command, self.path, headers, self.rfile.read(length))
            running.received.append(got)
            with suppress(OSError):  # the client may have had enough
                running.answer(self, got)

        do_GET = do_POST = answer  # noqa: N815 - as the library calls them

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def finish_request(self, request: Any, client: Any) -> None:
            with suppress(OSError):
                if tls is not None:
                    request = tls.wrap_socket(request, server_side=True)
                super().finish_request(request, client)
                with suppress(OSError):
                    request.close()

        def handle_error(self, *_: Any) -> None:
            """A client that goes away is none."""

    server = Server(("127.0.0.1", port), Handler)
    running = Stranger(server.server_port, "https" if tls else "http", answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)


@contextmanager
def raw_server(speak: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port where each connection is given to ``speak``, in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    threading.Thread(target=one, args=(connection,), daemon=True).start()

        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                speak(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]


def status(code: int, **headers: str) -> Answer:
    """An empty answer; underscores in the headers' names stand for hyphens."""

    def answer(handler: BaseHTTPRequestHandler, _: Received) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def content(data: bytes, kind: str = "image/jpeg") -> Answer:
    """A file."""

    def answer(handler: BaseHTTPRequestHandler, _: Received) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def after_seconds(seconds: float, then: Answer) -> Answer:
    """The same, late."""

    def answer(handler: BaseHTTPRequestHandler, got: Received) -> None:
        time.sleep(seconds)
        then(handler, got)

    return answer


def in_turn(*answers: Answer) -> Answer:
    """One after the other, the last for good."""
    waiting = list(answers)

    def answer(handler: BaseHTTPRequestHandler, got: Received) -> None:
        (waiting.pop(0) if len(waiting) > 1 else waiting[0])(handler, got)

    return answer


def by_path(**answers: Answer) -> Answer:
    """By the first part of the path; 404 for any other."""

    def answer(handler: BaseHTTPRequestHandler, got: Received) -> None:
        name = got.path.lstrip("/")
        name = re.split("[/.%?]", name)[0]
        answers.get(name, status(404))(handler, got)

    return answer
