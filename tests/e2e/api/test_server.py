"""The server as a process: how it starts, refuses to start, and ends."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from litestar import Litestar

from pixellab.domain.images import Status
from pixellab.domain.ports import ImageQuery
from pixellab.entrypoints.api.connections import connections_of
from pixellab.entrypoints.api.server import configured
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import Settings
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import UPLOAD, Configure
from tests.e2e.api.test_bad_input import check_problem
from tests.e2e.conftest import embedded_only, store_variables

SERVE = """
import sys
from pixellab.domain.errors import PixelLabError
from pixellab.entrypoints.api.server import serve
from pixellab.entrypoints.settings import load_settings
try:
    serve(load_settings())
except PixelLabError as error:
    sys.exit(error.message)
"""


@contextmanager
def process(
    settings: Settings, *, under: Sequence[str] = (), **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """``serve`` in a process of its own, over the stores that ``settings`` name.

    ``under`` is a command that runs it.
    """
    env = {**os.environ, **store_variables(settings), "PIXELLAB_PORT": "0", **variables}
    with subprocess.Popen(
        [*under, sys.executable, "-c", SERVE], env=env, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def port_of(running: subprocess.Popen[str]) -> int:
    """Waits until the server has said where it answers."""
    assert running.stderr is not None
    for line in running.stderr:
        if found := re.search(r"answers at http://localhost:(\d+)", line):
            return int(found[1])
    raise AssertionError("The server did not start.")


def wait_until_live(port: int) -> None:
    transport = httpx.HTTPTransport(retries=10)
    with httpx.Client(transport=transport, timeout=30) as client:
        assert client.get(f"http://127.0.0.1:{port}/health/live").status_code == 200


def wait_until_refused(port: int) -> None:
    """Returns once the server takes no new connections."""
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/live")
        except httpx.TransportError:
            return


@embedded_only
def test_sigterm_lets_an_upload_in_flight_finish(configure: Configure) -> None:
    settings = configure()
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        + photo_bytes()
        + b"\r\n--b--\r\n"
    )
    head = (
        f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    with process(settings) as running:
        port = port_of(running)
        wait_until_live(port)
        with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
            wire.sendall(head.encode() + body[:500])
            assert httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200
            running.send_signal(signal.SIGTERM)
            wait_until_refused(port)
            wire.sendall(body[500:])
            assert wire.recv(100).startswith(b"HTTP/1.1 201 ")
        assert running.wait(60) == 0
    with bootstrap(settings) as lab:
        assert lab.list_images(ImageQuery(status=Status.COMPLETED)).total == 1


def refusal(running: subprocess.Popen[str]) -> str:
    """The one line with which the process refused to start."""
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    (line,) = said.strip().splitlines()
    return line


@embedded_only
def test_a_reachable_address_needs_keys(configure: Configure) -> None:
    with process(configure(), PIXELLAB_HOST="0.0.0.0") as running:
        assert "PIXELLAB_API_KEYS" in refusal(running)


@embedded_only
def test_a_port_that_is_taken(configure: Configure) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        process(configure(), PIXELLAB_PORT=str(taken.getsockname()[1])) as running,
    ):
        assert "PIXELLAB_PORT" in refusal(running)


@embedded_only
def test_a_data_folder_that_cannot_be_made(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with process(configure(data_dir=tmp_path / "file" / "data")) as running:
        assert "PIXELLAB_DATA_DIR" in refusal(running)


ROOMS = {
    "for no record": (1_000, 3_000),
    "for the record alone": (500_000, 900_000),
    "for no spooled upload": (2_000_000, 3_000_000),
}
"""Bytes up to which a file can grow, and bytes of a photo, which is padded."""


@embedded_only
def test_a_full_disk(configure: Configure) -> None:
    settings = configure()
    # What stands for a full disk here would also bound the memory that decoders share.
    with process(settings, PIXELLAB_DECODE_PROCESSES="0") as running:
        port = port_of(running)
        wait_until_live(port)
        address = f"http://127.0.0.1:{port}{UPLOAD}"
        limits = resource.prlimit(running.pid, resource.RLIMIT_FSIZE)
        for count, (which, (room, size)) in enumerate(ROOMS.items()):
            photo = {"file": ("a.jpg", photo_bytes(seed=count).ljust(size, b"\x00"))}
            kept = _objects(settings)
            resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (room, limits[1]))
            answer = httpx.post(address, files=photo, timeout=60)
            check_problem(answer, 503)
            assert answer.json()["type"] == "urn:pixellab:problem:store-unavailable", which
            assert str(settings.data_dir) not in answer.text
            assert _objects(settings) == kept, which
            resource.prlimit(running.pid, resource.RLIMIT_FSIZE, limits)
            answer = httpx.post(address, files=photo, timeout=60)
            assert answer.status_code == 201, answer.text
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    with bootstrap(settings) as lab:
        assert lab.list_images(ImageQuery(status=Status.PENDING)).total == 0
        assert lab.list_images(ImageQuery(status=Status.COMPLETED)).total == len(ROOMS)


def _objects(settings: Settings) -> set[Path]:
    return {path for path in settings.objects_path.rglob("*") if path.is_file()}


def test_the_end_waits_for_every_backend_of_a_chain(configure: Configure) -> None:
    settings = configure(routes="AUTO=gemini>bedrock>local", request_timeout=10)
    connections = connections_of(settings)
    assert configured(Litestar([]), settings, connections).timeout_graceful_shutdown == 30
