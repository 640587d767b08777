"""The image that the Dockerfile makes: made in a chroot of Debian's, and started there."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from attrs import frozen

from pixellab.testing.servers import LOOPBACK
from tests.containers.build import Builder, Image
from tests.containers.machine import CannotRun, Machine, install_debian, machine

ROOT = Path(__file__).parents[2]
KEY = "only-for-this-container"
START_SECONDS = 120

pytestmark = pytest.mark.container


@frozen
class Container:
    """A server that was started from the image, as ``docker run --read-only`` does it."""

    machine: Machine
    image: Image
    process: psutil.Process
    """Process 1 of the container."""
    variables: Mapping[str, str]
    log: Path

    def client(self) -> httpx.Client:
        address = f"http://{LOOPBACK}:{self.variables['PIXELLAB_PORT']}"
        return httpx.Client(base_url=address, headers={"X-API-Key": KEY}, timeout=120)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """As ``docker exec`` does it."""
        entered = self.image.entered(command, self.variables)
        namespace = f"--mount=/proc/{self.process.pid}/ns/mnt"
        return subprocess.run(
            ["nsenter", namespace, *entered], capture_output=True, text=True, check=False
        )

    def healthy(self) -> bool:
        """What the image's own check says."""
        return self.run(*self.image.healthcheck).returncode == 0


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    folder = tmp_path_factory.mktemp("machine")
    try:
        with machine(folder) as ours:
            image = Builder(ours, install_debian(ours), ROOT).build()
            with started(ours, image, tmp_path_factory.mktemp("log") / "server.log") as running:
                yield running
    except CannotRun as why:
        pytest.skip(f"The Dockerfile's steps were not run: {why}.")


@contextmanager
def started(machine: Machine, image: Image, log: Path) -> Iterator[Container]:
    with socket.create_server((LOOPBACK, 0)) as free:
        port = free.getsockname()[1]
    [volume] = image.volumes
    variables = {"PIXELLAB_PORT": str(port), "PIXELLAB_API_KEYS": KEY}
    command = image.entered([*image.entrypoint, *image.command], variables)
    kept = machine.folder / "volume"
    machine.run("cp", "-a", f"{image.root}{volume}", kept)
    mounts = (
        'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount -t proc proc "$0/proc" '
        '&& mount --rbind /dev "$0/dev" && mount --bind "$1" "$0$2" && shift 2 && exec "$@"'
    )
    own = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    inside = machine.inside(*own, "sh", "-c", mounts, image.root, kept, volume, *command)
    with log.open("wb") as said, subprocess.Popen(inside, stdout=said, stderr=said) as outer:
        try:
            first = wait_for_child(outer)
            running = Container(machine, image, first, variables, log)
            end = time.monotonic() + START_SECONDS
            while not running.healthy():
                ended = outer.poll() is not None or time.monotonic() > end
                assert not ended, log.read_text()
                time.sleep(0.2)
            yield running
        finally:
            outer.kill()


def wait_for_child(outer: subprocess.Popen[bytes]) -> psutil.Process:
    while not (found := psutil.Process(outer.pid).children()):
        assert outer.poll() is None
        time.sleep(0.05)
    return found[0]


def test_it_does_not_run_as_root(container: Container) -> None:
    assert set(container.process.uids()) == {10001}
    assert set(container.process.gids()) == {10001}


def test_it_takes_photos_though_its_root_is_read_only(container: Container) -> None:
    assert "Read-only file system" in container.run("touch", "/opt/models/new").stderr
    assert container.run("touch", "/tmp/new").returncode != 0
    with container.client() as client:
        assert client.get("/health/ready").status_code == 200
        photo = {"file": ("box.jpg", (ROOT / "samples" / "yellow-box.jpg").read_bytes())}
        asked = {"mode": "BACKGROUND_REMOVE", "output_format": "PNG"}
        done = client.post("/api/v1/enhance/upload", files=photo, data=asked)
        assert done.status_code == 201, done.text
        made = client.get(httpx.URL(done.json()["enhanced_url"]).path)
        assert made.content.startswith(b"\x89PNG")
        history = client.get(f"/api/v1/images/{done.json()['image_id']}/enhancement-history")
    assert history.json()["enhancements"][0]["model_version"].startswith("u2netp")


def test_its_commands_work_beside_the_server(container: Container) -> None:
    checked = container.run("pixellab", "doctor")
    assert checked.returncode == 0, checked.stdout


def test_it_ends_when_it_is_asked_to(container: Container) -> None:
    container.process.send_signal(signal.SIGTERM)
    container.process.wait(60)
    assert "Traceback" not in container.log.read_text()
