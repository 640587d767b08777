"""A server on this machine that speaks InvokeModel as Bedrock does, with Stability's services.

It checks each request as Bedrock would, and answers 400 to what Bedrock would not take. A test
chooses with ``then`` how the next requests are answered.
"""

from __future__ import annotations

import base64
import io
import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, TypeAlias
from urllib.parse import unquote

import numpy as np
from attrs import define, field, frozen
from PIL import Image

REMOVE = "us.stability.stable-image-remove-background-v1:0"
FAST = "us.stability.stable-fast-upscale-v1:0"
CONSERVATIVE = "us.stability.stable-conservative-upscale-v1:0"
REQUEST_ID = "8f5b4c1e-0000-4000-8000-00000000000"
"""The first 35 characters of every id; the request's number modulo 10 follows."""


@frozen
class Sent:
    """A request as it came."""

    model: str
    headers: dict[str, str]
    body: dict[str, Any]
    photo: Image.Image


@frozen
class Reply:
    """An answer as it goes."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(factory=dict)
    after: float = 0
    """Seconds to wait before it."""
    cut: bool = False
    """Close the connection in the midst of it."""


Behaviour: TypeAlias = Callable[[Sent], Reply | None]
"""None closes the connection without an answer."""


def answer(image: Image.Image | bytes, **more: Any) -> Reply:
    """What Bedrock answers with a picture."""
    data = image if isinstance(image, bytes) else as_png(image)
    fields = {
        "seeds": [2130420379],
        "finish_reasons": [None],
        "images": [base64.b64encode(data).decode()],
    }
    return Reply(body=json.dumps(fields | more).encode())


def stopped(reason: str) -> Reply:
    """A 200 without a picture."""
    return Reply(body=json.dumps({"finish_reasons": [reason]}).encode())


def error(status: int, code: str, message: str = "The vendor's own words.") -> Reply:
    """An error as the service model has it."""
    body = json.dumps({"message": message}).encode()
    return Reply(status, body, {"x-amzn-errortype": f"{code}:http://internal.amazon.com/"})


def as_png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def stability(sent: Sent) -> Reply:
    """What the service that was asked would answer, as far as sizes and shapes go."""
    limits = {
        REMOVE: (64, 10**9, 1, 9_437_184, 10**9),
        FAST: (32, 1536, 1024, 1_048_576, 10**9),
        CONSERVATIVE: (64, 10**9, 4096, 9_437_184, 2.5),
    }
    if sent.model not in limits:
        return error(404, "ResourceNotFoundException")
    least, most, least_pixels, most_pixels, aspect = limits[sent.model]
    width, height = sent.photo.size
    if not (
        least <= min(width, height)
        and max(width, height) <= most
        and least_pixels <= width * height <= most_pixels
        and max(width, height) <= aspect * min(width, height)
    ):
        return error(400, "ValidationException")
    if sent.model == REMOVE:
        return answer(cut_out(sent.photo))
    if sent.model == CONSERVATIVE and not (
        isinstance(sent.body.get("prompt"), str) and 0.2 <= sent.body.get("creativity", 0) <= 0.5
    ):
        return error(400, "ValidationException")
    times = 4 if sent.model == FAST else 3
    return answer(sent.photo.resize((times * width, times * height), Image.Resampling.BILINEAR))


def cut_out(photo: Image.Image) -> Image.Image:
    """The ellipse that fills most of the picture, with a soft edge; other colours than it had."""
    width, height = photo.size
    y, x = np.mgrid[0:height, 0:width]
    away = np.hypot((x + 0.5 - width / 2) / (width / 2), (y + 0.5 - height / 2) / (height / 2))
    alpha = np.clip((0.8 - away) * 20 + 0.5, 0, 1) * 255
    pixels = np.asarray(photo.convert("RGB"))
    return Image.fromarray(np.dstack([255 - pixels, alpha.astype(np.uint8)]))


@define
class BedrockServer:
    """The running server: where it is, and what it was sent."""

    url: str
    sent: list[Sent] = field(factory=list)
    profiles: Reply | None = None
    """In place of the control plane's answer."""
    _next: deque[Behaviour] = field(factory=deque)
    _lock: Lock = field(factory=Lock)

    def then(self, *behaviours: Behaviour | Reply | None) -> None:
        """How the next requests are answered, in turn; those after them as usual."""
        for each in behaviours:
            self._next.append(each if callable(each) else _always(each))

    def forget(self) -> None:
        """What was asked of it, and what it was told to answer."""
        with self._lock:
            self.sent.clear()
            self._next.clear()
            self.profiles = None

    def reply_to(self, sent: Sent) -> tuple[Reply | None, int]:
        with self._lock:
            self.sent.append(sent)
            behaviour = self._next.popleft() if self._next else stability
            number = len(self.sent)
        return behaviour(sent), number

    @property
    def models(self) -> list[str]:
        return [sent.model for sent in self.sent]


def _always(reply: Reply | None) -> Behaviour:
    return lambda _: reply


@contextmanager
def bedrock_server() -> Iterator[BedrockServer]:
    """Serves on a free port until left."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    server = BedrockServer(f"http://127.0.0.1:{http.server_port}")
    http.bedrock = server  # type: ignore[attr-defined]
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        _, prefix, model, invoke = self.path.split("/")
        assert (prefix, invoke) == ("model", "invoke")
        # A path holds the id as one segment: its colon is written as %3A.
        assert ":" not in model
        headers = {name.lower(): value for name, value in self.headers.items()}
        authorization = headers.get("authorization", "")
        if len(data) > 25_000_000:
            return self._send(error(413, "RequestEntityTooLargeException"), 0)
        if not authorization.startswith(("AWS4-HMAC-SHA256 Credential=", "Bearer ")):
            return self._send(error(403, "AccessDeniedException"), 0)
        body = json.loads(data)
        photo = Image.open(io.BytesIO(base64.b64decode(body["image"], validate=True)))
        photo.load()
        sent = Sent(model=unquote(model), headers=headers, body=body, photo=photo)
        reply, number = self._server.reply_to(sent)
        return self._send(reply, number)

    def do_GET(self) -> None:
        """The control plane's GetInferenceProfile."""
        model = unquote(self.path.removeprefix("/inference-profiles/"))
        if reply := self._server.profiles:
            return self._send(reply, 0)
        known = model in (REMOVE, FAST, CONSERVATIVE)
        profile = {"inferenceProfileId": model, "status": "ACTIVE", "type": "SYSTEM_DEFINED"}
        body = json.dumps(profile).encode()
        return self._send(Reply(body=body) if known else error(404, "ResourceNotFoundException"), 0)

    @property
    def _server(self) -> BedrockServer:
        found: BedrockServer = self.server.bedrock  # type: ignore[attr-defined]
        return found

    def _send(self, reply: Reply | None, number: int) -> None:
        if reply is None:
            self.close_connection = True
            return
        if reply.after:
            time.sleep(reply.after)
        try:
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply.body)))
            self.send_header("x-amzn-RequestId", f"{REQUEST_ID}{number % 10}")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
        except OSError:  # the client went away
            self.close_connection = True
        if reply.cut:
            self.close_connection = True
