"""A server that speaks the Gemini API's wire format, as Google's SDK calls it.

By default it answers as the service does: with the picture it was sent, a little brighter, at the
size and about the ratio that were asked for. A test gives ``answer`` another behaviour, and reads
what was sent from ``asked``.
"""

from __future__ import annotations

import base64
import io
import json
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

KEY = "a-key-of-the-tests"
MODEL = "gemini-nano-banana-2.1"
SIDES = {"1K": 1024, "2K": 2048, "4K": 4096}
GRID = 16
"""Answers' sides are multiples of it, so that 4:3 comes as 1200 x 896."""


@frozen(kw_only=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any

    @property
    def parts(self) -> list[Any]:
        [content] = self.body["contents"]
        return list(content["parts"])

    @property
    def prompt(self) -> str:
        return str(self.parts[1]["text"])

    @property
    def file(self) -> bytes:
        # The SDK writes the alphabet that is safe in URLs; the service takes both.
        return base64.b64decode(self.parts[0]["inlineData"]["data"], altchars="-_", validate=True)

    @property
    def picture(self) -> Pixels:
        return np.array(Image.open(io.BytesIO(self.file)).convert("RGB"))

    @property
    def size(self) -> str:
        return str(self.body["generationConfig"]["imageConfig"]["imageSize"])

    @property
    def ratio(self) -> str:
        return str(self.body["generationConfig"]["imageConfig"]["aspectRatio"])

    @property
    def drawn_size(self) -> tuple[int, int]:
        """(width, height) that the service draws, near the ratio."""
        width, _, height = self.ratio.partition(":")
        side, aspect = SIDES[self.size], int(width) / int(height)
        return tuple(  # type: ignore[return-value]
            round(each / GRID) * GRID
            for each in (side * math.sqrt(aspect), side / math.sqrt(aspect))
        )


@frozen(kw_only=True)
class Reply:
    """What the server answers."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    cut: bool = False
    """Whether the connection ends in the middle of the body."""


Answer = Callable[[Asked], Reply]


def as_json(value: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(body=json.dumps(value).encode(), status=status, headers=named)


def failure(code: int, status: str, *details: Any, **headers: str) -> Reply:
    """An error as Google words it."""
    error = {"code": code, "message": "vendor's words", "status": status, "details": details}
    return as_json({"error": error}, code, **headers)


def drawing(draw: Callable[[Asked], Pixels], **fields: Any) -> Answer:
    """Answers with what ``draw`` makes of a request; ``fields`` replace those of the answer."""

    def answer(asked: Asked) -> Reply:
        return as_json(picture_answer(draw(asked)) | fields)

    return answer


def picture_answer(pixels: Pixels, image_format: str = "JPEG") -> dict[str, Any]:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, image_format, quality=95)
    # The media type is not always true, so nobody is to go by it.
    blob = {"mimeType": "image/png", "data": base64.b64encode(file.getvalue()).decode()}
    draft = {"mimeType": "image/png", "data": base64.b64encode(b"a draft").decode()}
    parts = [
        {"text": "I think.", "thought": True},
        {"inlineData": draft, "thought": True},
        {"inlineData": blob, "thoughtSignature": "AAAA"},
    ]
    return {
        "candidates": [
            {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
        ],
        "usageMetadata": {
            "promptTokenCount": 560,
            "candidatesTokenCount": 1120,
            "thoughtsTokenCount": 80,
            "totalTokenCount": 1760,
        },
        "modelVersion": f"{MODEL}-001",
        "responseId": "response-1",
    }


def brighter(asked: Asked) -> Pixels:
    """The picture that was sent, at the size asked for, with a tenth more light."""
    at_size = Image.fromarray(asked.picture).resize(asked.drawn_size, Image.Resampling.BICUBIC)
    return np.clip(np.asarray(at_size) * 1.1, 0, 255).astype(np.uint8)


@define
class GeminiServer:
    """A running server."""

    url: str
    answer: Answer = field(factory=lambda: drawing(brighter))
    asked: list[Asked] = field(factory=list)
    """The requests for pictures, in the order in which they came."""

    @property
    def only(self) -> Asked:
        [asked] = self.asked
        return asked

    def respond(self, asked: Asked) -> Reply:
        if asked.headers.get("x-goog-api-key") != KEY:
            reason = {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
            }
            return failure(400, "INVALID_ARGUMENT", reason)
        if asked.method == "GET":
            model = asked.path.partition("/models/")[2]
            if model != MODEL:
                return failure(404, "NOT_FOUND")
            return as_json({"name": f"models/{model}", "version": "001", "inputTokenLimit": 65536})
        self.asked.append(asked)
        return self.answer(asked)


@contextmanager
def running_gemini() -> Iterator[GeminiServer]:
    """A server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond()

        def do_POST(self) -> None:
            self._respond()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Says nothing."""

        def _respond(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(
                method=self.command,
                path=self.path,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=json.loads(content) if content else None,
            )
            reply = server.respond(asked)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            half = len(reply.body) // 2
            self.wfile.write(reply.body[:half] if reply.cut else reply.body)
            self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server = GeminiServer(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join(30)
