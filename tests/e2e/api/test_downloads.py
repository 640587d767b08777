"""Downloads that break off or trickle harm nobody, and leave nothing in the log."""

from __future__ import annotations

import gc
import io
import socket
import time
from typing import BinaryIO

import pytest

from pixellab.adapters.object_stores.filesystem import FilesystemObjectStore
from pixellab.entrypoints.telemetry.logs import configure_logging
from tests.e2e.api.conftest import Api, Configure, Logged, served
from tests.e2e.api.test_upload import path_of
from tests.e2e.conftest import embedded_only

pytestmark = embedded_only

KEY = "uploads/original/00000000_large.png"
LARGE, VERY_LARGE = bytes(1_000_000), bytes(12_000_000)
"""The second has no room in the buffers of the kernel."""


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
    configure: Configure, logged: Logged
) -> None:
    settings = configure(public_url="http://photos.example")
    configure_logging(settings)
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
    assert logged() == ""


def slow_reader(api: Api, path: str) -> socket.socket:
    """Has asked for the file, and has little room for it."""
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.settimeout(20)
    wire.connect(("127.0.0.1", api.port))
    wire.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return wire


def drain(wire: socket.socket) -> None:
    """Take what comes to its end, 50 KB a second at most."""
    while wire.recv(1000):
        time.sleep(0.02)


def test_a_client_that_takes_a_download_too_slowly_is_cut_off(
    configure: Configure, logged: Logged
) -> None:
    settings = configure(client_timeout=0.5, least_rate_kb=1000)
    configure_logging(settings)
    with served(settings) as api:
        with (
            slow_reader(api, stored(api, VERY_LARGE)) as wire,
            pytest.raises(ConnectionResetError),
        ):
            drain(wire)
        assert api.http.get("/health/live").status_code == 200
    assert logged() == ""


def test_a_client_that_keeps_pace_gets_all(configure: Configure) -> None:
    with (
        served(configure(client_timeout=1, least_rate_kb=1)) as api,
        slow_reader(api, stored(api, VERY_LARGE)) as wire,
    ):
        got, hurries_from = 0, time.monotonic() + 2.5
        while got < len(VERY_LARGE):
            hurries = time.monotonic() > hurries_from
            piece = wire.recv(1 << 20 if hurries else 1000)
            assert piece
            got += len(piece)
            time.sleep(0 if hurries else 0.02)
