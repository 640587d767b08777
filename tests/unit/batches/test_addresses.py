"""Lines that name addresses are fetched by whoever is allowed to."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from pixellab.domain.batches import Counts, ItemState, Line
from pixellab.domain.errors import InvalidRequest, NotFetched, StoreUnavailable
from pixellab.domain.ports import RemoteFile, RemoteFiles
from pixellab.domain.use_cases.batches.sources import name_of
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import load_settings
from tests.conftest import photo_bytes
from tests.unit.batches.conftest import accepted_lines, feed


class OneServer(RemoteFiles):
    """Fetches from one server alone."""

    def __init__(self, address: str) -> None:
        self._address = address

    def check(self, url: str) -> None:
        if not url.startswith(self._address):
            raise InvalidRequest("image_url", "That host is not allowed.")

    def fetch(self, url: str) -> RemoteFile:
        answer = httpx.get(url, timeout=10)
        if answer.status_code >= 500:
            raise StoreUnavailable("The server did not answer.")
        if answer.status_code != 200:
            raise NotFetched("There is nothing at this address.")
        address = url.partition("?")[0]
        return RemoteFile(content=io.BytesIO(answer.content), name=None, source=address)


class Shop(BaseHTTPRequestHandler):
    """Has one photo, and one that is not there just now."""

    def do_GET(self) -> None:
        status = {"/mug%201.jpg": 200, "/away.jpg": 503}.get(self.path.partition("?")[0], 404)
        self.send_response(status)
        self.end_headers()
        if status == 200:
            self.wfile.write(photo_bytes())

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing is logged."""


@contextmanager
def serving() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_lines_are_fetched(tmp_path: Path) -> None:
    with (
        serving() as shop,
        bootstrap(load_settings(data_dir=tmp_path), remote_files=OneServer(shop)) as lab,
    ):
        rules = lab.source_rules(None)
        paths = ("mug%201.jpg?size=1", "gone.jpg", "away.jpg")
        addresses = [*(shop + path for path in paths), "http://evil.example/a.jpg"]
        lines = [
            rules.line(number, {"image_url": address})
            for number, address in enumerate(addresses, start=1)
        ]
        batch = accepted_lines(lab, lines)
        assert feed(lab)(9) == 3
        done, gone, away, bad = lab.batches.items(batch.id)
        image = lab.get_image(str(done.image_id))
        assert (image.filename, image.source_url) == ("mug_1.jpg", shop + "mug%201.jpg")
        assert gone.failure == "There is nothing at this address."
        assert (away.state, away.attempts) == (ItemState.HELD, 0)
        assert (bad.failure, bad.source) == ("That host is not allowed.", addresses[3])
        assert lab.batches.progress(batch.id).counts == Counts(done=1, failed=2, waiting=1)


def test_addresses_that_nobody_may_fetch_any_more(tmp_path: Path) -> None:
    with bootstrap(load_settings(data_dir=tmp_path)) as lab:
        batch = accepted_lines(lab, [Line(number=1, source="https://shop.example/a.jpg")])
        feed(lab)(1)
        (failed,) = lab.batches.items(batch.id)
        assert "not fetched from addresses here" in str(failed.failure)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("store:incoming/spring/a.jpg", "a.jpg"),
        ("store:a.jpg", "a.jpg"),
        ("https://shop.example/photos/a%20b.jpg?x=/c", "a b.jpg"),
        ("https://shop.example/", ""),
    ],
)
def test_what_a_photo_is_called(source: str, name: str) -> None:
    assert name_of(source) == name
