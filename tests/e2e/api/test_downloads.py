"""Downloads that break off or trickle harm nobody, and leave nothing in the log."""

from __future__ import annotations

import gc
import io
import socket
import time
from typing import BinaryIO

import pytest

from pixellab.adapters.object_stores.filesystem import FilesystemObjectStore
from tests.e2e.api.conftest import Api, Configure, served
from tests.e2e.api.test_upload import path_of
from tests.e2e.conftest import embedded_only

pytestmark = embedded_only

KEY = "uploads/original/00000000_large.png"
LARGE = bytes(1_000_000)


class SlowFile(io.BytesIO):
    """Lies on a disk that takes its time."""

    def read(self, size: int | None = -1) -> bytes:
        time.sleep(0.02)
        return super().read(size)


class SlowDisk(FilesystemObjectStore):
    def open(self, key: str) -> BinaryIO:
        with super().open(key) as found:
            return SlowFile(found.read())


def stored(api: Api, content: bytes = LARGE) -> str:
    """The path under which a file of these bytes is served."""
    kept = api.lab.store.put(KEY, io.BytesIO(content), media_type="image/png", filename="l.png")
    return path_of(api, kept.url)


def asked_for(api: Api, path: str) -> socket.socket:
    wire = socket.create_connection(("127.0.0.1", api.port), timeout=20)
    wire.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return wire


def test_downloads_that_are_whole_or_break_off_leave_nothing_in_the_log(
    configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = configure(public_url="http://photos.example")
    store = SlowDisk(settings.objects_path, settings.base_url)
    with served(settings, store=store) as api:
        path = stored(api)
        for wanted in (len(LARGE) + 200, 1) * 5:
            with asked_for(api, path) as wire:
                got = 0
                while got < wanted:
                    got += len(wire.recv(1 << 20))
        assert api.http.get("/health/live").status_code == 200
    gc.collect()
    assert capsys.readouterr().err == ""
