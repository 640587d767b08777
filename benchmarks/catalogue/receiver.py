"""A receiver of webhooks that counts what it is told."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attrs import define, field

from pixellab.testing.servers import LOOPBACK


@define(eq=False)
class Told:
    """What came, by the ids of images and of messages."""

    url: str
    requests: int = 0
    events: Counter[str] = field(factory=Counter)
    """Of messages that came for the first time."""
    messages: dict[str, set[str]] = field(factory=lambda: defaultdict(set))
    """The ids of the messages about each image."""

    def note(self, message_id: str, body: bytes) -> None:
        self.requests += 1
        message = json.loads(body)
        about = self.messages[message["data"]["image_id"]]
        if message_id not in about:
            about.add(message_id)
            self.events[message["type"]] += 1


@contextmanager
def receiving() -> Iterator[Told]:
    """A receiver on this machine, until the end of the block."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                told.note(self.headers["webhook-id"], body)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: there are thousands."""

    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        told = Told(f"http://{LOOPBACK}:{server.server_port}/")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield told
        finally:
            server.shutdown()
