"""A server between PixelLab and SeaweedFS that answers some requests itself, as S3 would."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from attrs import define, field

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@define
class Answer:
    """What came back from SeaweedFS, or what stands in for it."""

    status: int = 200
    headers: dict[str, str] = field(factory=dict)
    body: bytes = b""
    length: int | None = None
    """What Content-Length says, where that is not the truth."""


Meddle = Callable[[str, Callable[[], Answer]], Answer | None]
"""Given the method and a way to ask SeaweedFS: the answer to give, or None to hang up."""


def error(status: int, code: str, **elements: str) -> Answer:
    """An error as S3 writes it."""
    more = "".join(f"<{name}>{text}</{name}>" for name, text in elements.items())
    body = f"<Error><Code>{code}</Code><Message>vendor's words</Message>{more}</Error>"
    return Answer(status, {"Content-Type": "application/xml"}, body.encode())


@contextmanager
def proxy(upstream: str, meddle: Meddle) -> Iterator[str]:
    """Runs it; yields its address."""
    target = urlsplit(upstream).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            if self.headers.get("Expect", "").lower() == "100-continue":
                self.send_response_only(100)
                self.end_headers()
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def ask() -> Answer:
                wire = http.client.HTTPConnection(target, timeout=30)
                sent = {name: value for name, value in self.headers.items() if name != "Expect"}
                wire.request(self.command, self.path, body, sent)
                got = wire.getresponse()
                headers = {
                    name: value
                    for name, value in got.getheaders()
                    if name.lower() not in HOP_BY_HOP
                }
                length = int(got.headers.get("Content-Length", 0))
                content = got.read()
                wire.close()
                return Answer(got.status, headers, content, length)

            answer = meddle(self.command, ask)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            length = len(answer.body) if answer.length is None else answer.length
            self.send_header("Content-Length", str(length))
            self.end_headers()
            with suppress(BrokenPipeError):  # a client that waits no longer
                self.wfile.write(answer.body)
            if length != len(answer.body):
                self.close_connection = True

        do_GET = do_PUT = do_HEAD = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def first(
    method: str, *answers: Answer | Callable[[Callable[[], Answer]], Answer | None]
) -> Meddle:
    """Meddles with the first requests of this method, then no more."""
    left = list(answers)

    def meddle(asked: str, ask: Callable[[], Answer]) -> Answer | None:
        if asked != method or not left:
            return ask()
        answer = left.pop(0)
        return answer if isinstance(answer, Answer) else answer(ask)

    return meddle


def always(method: str, answer: Answer) -> Meddle:
    """Answers every request of this method alike."""
    return lambda asked, ask: answer if asked == method else ask()


def slowly(seconds: float) -> Meddle:
    """Lets everything through, late."""

    def meddle(_: str, ask: Callable[[], Answer]) -> Answer:
        time.sleep(seconds)
        return ask()

    return meddle
