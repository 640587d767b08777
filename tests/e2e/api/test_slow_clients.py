"""Clients that send or take their bytes slowly, over real sockets: they hold nobody else up."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread

import httpx
import pytest

from pixellab.entrypoints.api.upload_slots import MAX_ARRIVING
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import IMAGES, UPLOAD, Api, Configure, served
from tests.e2e.api.test_bad_input import check_problem, multipart
from tests.e2e.api.test_failures import wait_for
from tests.e2e.conftest import embedded_only

pytestmark = embedded_only

KEY, OTHER = "first-key-0123456789", "second-key-0123456789"
PATIENCE = 1.0
"""Seconds; short, so that these tests are."""
FORM = f"POST {UPLOAD} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
BEGINNING = f"{FORM}Content-Length: 9999\r\n\r\n--b\r\n".encode()


def connect(api: Api) -> socket.socket:
    return socket.create_connection(("127.0.0.1", api.port), timeout=30)


def answer(wire: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The status, the headers and the body of the answer that ends with the connection."""
    read = bytearray()
    with suppress(ConnectionResetError):  # What was sent and not read resets it behind the answer.
        while piece := wire.recv(65536):
            read += piece
    head, _, body = bytes(read).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split(" ")[1]), headers, body


@contextmanager
def trickling(wire: socket.socket) -> Iterator[None]:
    """Something is sent every while, until the server has had enough."""
    over = Event()

    def send() -> None:
        with suppress(OSError):
            while not over.wait(PATIENCE / 10):
                wire.sendall(b"x")

    sender = Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()


def check_too_slow(wire: socket.socket) -> str:
    status, headers, body = answer(wire)
    assert status == 408
    assert headers["connection"] == "close"
    assert headers["content-type"] == "application/problem+json"
    told = json.loads(body)
    assert told["type"] == "urn:pixellab:problem:too-slow"
    sentence: str = told["detail"]
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize("before", ["", "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_headers_that_are_too_slow(configure: Configure, before: str) -> None:
    with served(configure(client_timeout=PATIENCE)) as api, connect(api) as wire:
        if before:
            wire.sendall(before.encode())
            assert wire.recv(65536).startswith(b"HTTP/1.1 200 ")
        wire.sendall(b"GET /health/live HTTP/1.1\r\nHost: ")
        with trickling(wire):
            assert "headers" in check_too_slow(wire)


def test_a_client_that_says_nothing_is_told_nothing(configure: Configure) -> None:
    with served(configure(client_timeout=PATIENCE)) as api, connect(api) as wire:
        assert wire.recv(65536) == b""


def test_a_body_that_nobody_reads_keeps_no_connection_open(configure: Configure) -> None:
    with served(configure(client_timeout=PATIENCE)) as api, connect(api) as wire:
        wire.sendall(b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n")
        with trickling(wire):
            status, _, body = answer(wire)
        assert status == 404
        assert body.endswith(b"}")


@pytest.mark.parametrize("sends", ["nothing more", "a trickle"])
def test_an_upload_that_is_too_slow(configure: Configure, sends: str) -> None:
    settings = configure(client_timeout=PATIENCE, least_rate_kb=1, uploads_per_client=1)
    with served(settings) as api, connect(api) as wire:
        wire.sendall(BEGINNING)
        with ExitStack() as sending:
            if sends == "a trickle":
                sending.enter_context(trickling(wire))
            assert "1 KB a second" in check_too_slow(wire)
        assert api.upload(mode="OPTIMIZE").status_code == 201


def test_an_upload_that_keeps_pace_may_take_its_time(configure: Configure) -> None:
    with served(configure(client_timeout=PATIENCE, least_rate_kb=0.1)) as api, connect(api) as wire:
        body = multipart(photo_bytes())
        wire.sendall(f"{FORM}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        began = time.monotonic()
        for start in range(0, len(body), 100):
            wire.sendall(body[start : start + 100])
            time.sleep(2 * PATIENCE / (len(body) / 100))
        assert answer(wire)[0] == 201
        assert time.monotonic() - began > PATIENCE


def test_an_upload_that_is_not_there_in_the_end(configure: Configure) -> None:
    settings = configure(request_timeout=1, client_timeout=60, least_rate_kb=0.001)
    with served(settings) as api, connect(api) as wire:
        wire.sendall(BEGINNING)
        assert "within 1 seconds" in check_too_slow(wire)


@pytest.mark.parametrize("sends", ["nothing more", "a trickle"])
def test_the_fields_of_another_enhancement_that_are_too_slow(
    configure: Configure, sends: str
) -> None:
    with served(configure(client_timeout=PATIENCE, least_rate_kb=1)) as api:
        image = api.uploaded(mode="OPTIMIZE")["image_id"]
        head = (
            f"POST {IMAGES}/{image}/enhance HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n"
            "Content-Type: application/json\r\n\r\n{"
        )
        with connect(api) as wire, ExitStack() as sending:
            wire.sendall(head.encode())
            if sends == "a trickle":
                sending.enter_context(trickling(wire))
            check_too_slow(wire)
        history = api.http.get(f"{IMAGES}/{image}/enhancement-history").json()
        assert len(history["enhancements"]) == 1


def test_each_client_has_a_share_of_the_uploads_that_may_arrive(configure: Configure) -> None:
    most = MAX_ARRIVING // 2 + 1
    settings = configure(
        api_keys=f"{KEY},{OTHER}", uploads_per_client=most, connections_per_client=2 * MAX_ARRIVING
    )
    photo = {"file": ("a.jpg", photo_bytes())}
    with served(settings) as api, ExitStack() as wires:

        def begin(count: int, key: str) -> list[socket.socket]:
            """So many uploads, of which the server waits for the rest."""
            begun = [wires.enter_context(connect(api)) for _ in range(count)]
            head = f"\r\nX-API-Key: {key}\r\nExpect: 100-continue\r\n".encode()
            for wire in begun:
                wire.sendall(BEGINNING.replace(b"\r\n", head, 1))
                assert wire.recv(65536).startswith(b"HTTP/1.1 100 ")
            return begun

        def upload(key: str) -> httpx.Response:
            fields = {"mode": "OPTIMIZE"}
            return api.http.post(UPLOAD, files=photo, data=fields, headers={"X-API-Key": key})

        mine = begin(most, KEY)
        refused = upload(KEY)
        assert f"at most {most} may" in check_problem(refused, 429)["detail"]
        assert int(refused.headers["retry-after"]) > 0
        begin(MAX_ARRIVING - most - 1, OTHER)
        assert upload(OTHER).status_code == 201
        begin(1, OTHER)
        # It takes the place of one of those that have more.
        assert upload(OTHER).status_code == 201
        assert mine[-1].recv(100).startswith(b"HTTP/1.1 503 ")
        begin(1, OTHER)
        refused = upload(OTHER)
        assert "Too many uploads" in check_problem(refused, 503)["detail"]
        assert int(refused.headers["retry-after"]) > 0
        wires.close()
        wait_for(lambda: upload(KEY).status_code == upload(OTHER).status_code == 201)
