"""An API and a dashboard for it, each as a process of its own, on ports that are free."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from attrs import define, field


@define
class RunningApi:
    """``pixellab serve`` on a port of its own, over SQLite and a folder."""

    folder: Path
    variables: dict[str, str] = field(factory=dict)
    port: int = field(factory=lambda: free_port())
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "pixellab", "serve", "--port", str(self.port)]
        env = {**os.environ, "PIXELLAB_DATA_DIR": str(self.folder / "data"), **self.variables}
        with (self.folder / "api.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=env, stderr=log, cwd=self.folder)
        wait_until_answered(f"{self.address}/health/live", self.process)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_answered(url: str, process: subprocess.Popen[Any]) -> None:
    """Returns once there is an answer."""
    while True:
        assert process.poll() is None, f"{url} will not be answered: its process has ended"
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)


@contextmanager
def running_api(folder: Path, **variables: str) -> Iterator[RunningApi]:
    api = RunningApi(folder, {"PIXELLAB_FETCH_MODELS": "false", **variables})
    api.start()
    try:
        yield api
    finally:
        api.kill()


@contextmanager
def running_dashboard(folder: Path, address: str) -> Iterator[str]:
    """``pixellab dashboard`` for the API at ``address``; its own address."""
    port = free_port()
    command = [sys.executable, "-m", "pixellab", "dashboard", "--port", str(port)]
    env = {**os.environ, "PIXELLAB_API_URL": address}
    with (folder / "dashboard.log").open("ab") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=folder)
    try:
        wait_until_answered(f"http://localhost:{port}/_stcore/health", process)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_until_silent(port: int) -> None:
    """Returns once nobody listens there any more."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
