"""Real brokers to test and measure on: private ones, on free ports, with data of their own.

RabbitMQ and Redis come from the system (Debian's and Ubuntu's ``rabbitmq-server`` and
``redis-server``). The system's own instances, where there are any, are never touched.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from pixellab.testing.servers import LOOPBACK, Server, ServerMissing, free_ports, program

RABBITMQ_MISSING = "RabbitMQ is missing; install it: apt-get install rabbitmq-server"
REDIS_MISSING = "Redis is missing; install it: apt-get install redis-server"
RABBITMQ_SCRIPTS = Path("/usr/lib/rabbitmq/lib")
"""Debian's own command is for root and the user rabbitmq alone; RabbitMQ's is for anyone."""


@frozen
class RunningBroker:
    """A broker that runs, and its address."""

    server: Server
    url: str


@contextmanager
def running_rabbitmq(folder: Path) -> Iterator[RunningBroker]:
    """RabbitMQ with its data in ``folder``. Raises ServerMissing."""
    scripts = sorted(RABBITMQ_SCRIPTS.glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    names = program("epmd")
    if not scripts or names is None:
        raise ServerMissing(RABBITMQ_MISSING)
    port, nodes, name_port = free_ports(3)
    plugins, configuration = folder / "enabled_plugins", folder / "rabbitmq.conf"
    plugins.write_text("[].\n")
    configuration.write_text(f"listeners.tcp.default = {LOOPBACK}:{port}\n")
    environment = {
        # Its secret cookie is made there.
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(name_port),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "RABBITMQ_NODENAME": f"pixellab{port}@localhost",
        "RABBITMQ_DIST_PORT": str(nodes),
        "RABBITMQ_MNESIA_BASE": str(folder / "rabbitmq"),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": str(folder / "rabbitmq.pid"),
        "RABBITMQ_CONFIG_FILE": str(configuration),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
        # As many threads as it needs, not as many as a large machine has cores.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2",
    }
    # It would start one of these by itself, which then stayed for ever.
    naming = Server(
        [names, "-address", LOOPBACK, "-port", str(name_port)],
        folder / "epmd.log",
        lambda: _answers(name_port, b""),
    )
    hello = b"AMQP\x00\x00\x09\x01"
    server = Server(
        [str(scripts[-1])], folder / "rabbitmq.log", lambda: _answers(port, hello), environment
    )
    naming.start()
    try:
        server.start()
        try:
            yield RunningBroker(server, f"amqp://guest:guest@{LOOPBACK}:{port}//")
        finally:
            server.stop()
    finally:
        naming.stop()


@contextmanager
def running_redis(folder: Path) -> Iterator[RunningBroker]:
    """Redis with its data in ``folder``, which it keeps through a kill. Raises ServerMissing."""
    command = program("redis-server")
    if command is None:
        raise ServerMissing(REDIS_MISSING)
    port = free_ports(1)[0]
    options = ["--port", str(port), "--bind", LOOPBACK, "--dir", str(folder)]
    options += ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
    server = Server([command, *options], folder / "redis.log", lambda: _answers(port, b"PING\r\n"))
    server.start()
    try:
        yield RunningBroker(server, f"redis://{LOOPBACK}:{port}/0")
    finally:
        server.stop()


def _answers(port: int, hello: bytes) -> bool:
    """Whether a server listens there, and says something if it is greeted."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as wire:
            wire.sendall(hello)
            return not hello or bool(wire.recv(4))
    except OSError:
        return False
