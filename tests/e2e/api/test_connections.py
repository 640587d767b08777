"""How many connections clients may have, over real sockets from several addresses."""

from __future__ import annotations

import json
import resource
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from pixellab.entrypoints.telemetry.logs import configure_logging
from tests.e2e.api.conftest import Api, Configure, Logged, served
from tests.e2e.api.test_failures import wait_for
from tests.e2e.api.test_server import port_of, process, wait_until_live
from tests.e2e.api.test_slow_clients import BEGINNING, answer
from tests.e2e.conftest import embedded_only

pytestmark = embedded_only

LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"


def connect(port: int, host: str) -> socket.socket:
    """A connection from one of this machine's addresses."""
    return socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(host, 0))


def begin_upload(wire: socket.socket) -> None:
    """Begins one, and returns once the server waits for the rest of it."""
    wire.sendall(BEGINNING.replace(b"\r\n", b"\r\nExpect: 100-continue\r\n", 1))
    assert wire.recv(65536).startswith(b"HTTP/1.1 100 ")


def take_answer(wire: socket.socket) -> None:
    """To LIVE."""
    read = b""
    while not read.endswith(b'{"status":"ok"}'):
        piece = wire.recv(1)
        assert piece
        read += piece
    assert read.startswith(b"HTTP/1.1 200 ")


def is_let_in(port: int, host: str) -> bool:
    with connect(port, host) as wire:
        wire.sendall(LIVE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        return answer(wire)[0] == 200


def check_refused(api: Api, host: str, status: int, problem: str, says: str) -> None:
    with connect(api.port, host) as wire:
        got, headers, body = answer(wire)
    assert got == status
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert int(headers["retry-after"]) > 0
    told = json.loads(body)
    assert told["type"] == f"urn:pixellab:problem:{problem}"
    assert says in told["detail"]


def test_each_client_has_so_many_connections_and_all_have_more(
    configure: Configure, logged: Logged
) -> None:
    settings = configure(connections=8, connections_per_client=3, log_level="warning")
    configure_logging(settings)
    with served(settings) as api, ExitStack() as wires:
        for host in ("127.0.0.2", "127.0.0.3") * 3:
            begin_upload(wires.enter_context(connect(api.port, host)))
        for _ in range(50):
            check_refused(api, "127.0.0.2", 429, "rate-limited", "at most 3 may be")
        assert is_let_in(api.port, "127.0.0.4")
        for _ in range(2):
            begin_upload(wires.enter_context(connect(api.port, "127.0.0.4")))
        check_refused(api, "127.0.0.5", 503, "busy", "Too many connections are open")
        wires.close()
        wait_for(lambda: is_let_in(api.port, "127.0.0.5"))
        wait_for(lambda: is_let_in(api.port, "127.0.0.2"))
    (line,) = logged().splitlines()
    assert "A connection was refused to a client that has too many" in line


def test_who_has_the_most_and_waits_longest_for_a_request_makes_room(configure: Configure) -> None:
    with served(configure(connections=4)) as api, ExitStack() as wires:
        waiting = []
        for host in ("127.0.0.2", "127.0.0.3", "127.0.0.3", "127.0.0.4"):
            waiting.append(wires.enter_context(connect(api.port, host)))
            waiting[-1].sendall(LIVE + LIVE[:-2])
            take_answer(waiting[-1])
        assert is_let_in(api.port, "127.0.0.9")
        gives_way = waiting.pop(1)
        with suppress(ConnectionResetError):
            assert gives_way.recv(65536) == b""
        for wire in waiting:
            wire.sendall(b"\r\n")
            take_answer(wire)


def test_one_client_never_has_all(configure: Configure) -> None:
    with served(configure(connections=4)) as api, ExitStack() as wires:
        for _ in range(2):
            wires.enter_context(connect(api.port, "127.0.0.2")).sendall(LIVE[:-2])
        check_refused(api, "127.0.0.2", 429, "rate-limited", "at most 2 may be")
        assert is_let_in(api.port, "127.0.0.3")


def test_a_proxy_has_connections_for_all_its_clients(configure: Configure) -> None:
    settings = configure(connections=4, connections_per_client=1, trusted_proxies="127.0.0.2")
    with served(settings) as api, ExitStack() as wires:
        for _ in range(4):
            begin_upload(wires.enter_context(connect(api.port, "127.0.0.2")))
        check_refused(api, "127.0.0.2", 503, "busy", "Too many connections are open")


def test_descriptors_do_not_run_out_and_if_they_do_no_log_is_flooded(configure: Configure) -> None:
    with process(configure(), PIXELLAB_CONNECTIONS="100000") as running:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.prlimit(running.pid, resource.RLIMIT_NOFILE, (300, hard))
        port = port_of(running)
        wait_until_live(port)
        with ExitStack() as wires:
            for number in range(400):
                wires.enter_context(connect(port, f"127.0.1.{number % 10 + 1}"))
            assert len(list(Path(f"/proc/{running.pid}/fd").iterdir())) < 300
        wait_for(lambda: is_let_in(port, "127.0.0.1"))
        resource.prlimit(running.pid, resource.RLIMIT_NOFILE, (3, hard))
        with ExitStack() as wires:
            for _ in range(20):
                wires.enter_context(connect(port, "127.0.0.1"))
            time.sleep(2)
            resource.prlimit(running.pid, resource.RLIMIT_NOFILE, (300, hard))
            wait_until_live(port)
        running.terminate()
        assert running.wait(60) == 0
        assert running.stderr is not None
        said = running.stderr.read()
    assert said.count("A connection was ") == 1
    assert 1 <= said.count("out of system resource") <= 20
