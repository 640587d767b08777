"""Runs the dashboard, and an API for it where none is named."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import requests

from pixellab.domain.errors import Misconfigured
from pixellab.entrypoints.api.listening import listen
from pixellab.entrypoints.settings import Settings

READY_SECONDS = 30.0
THEME = {
    "theme.light.primaryColor": "#0f766e",
    "theme.dark.primaryColor": "#2dd4bf",
    "theme.light.backgroundColor": "#fcfcfb",
    "theme.light.secondaryBackgroundColor": "#f5f5f4",
    "theme.light.textColor": "#1c1917",
    "theme.dark.backgroundColor": "#171412",
    "theme.dark.secondaryBackgroundColor": "#231f1c",
    "theme.dark.textColor": "#f5f5f4",
    "theme.baseRadius": "medium",
}
OPTIONS = {
    "server.headless": True,
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
}
"""Nothing is loaded from elsewhere, nothing is told to anyone, and errors show nothing of ours."""


def run(settings: Settings, address: str | None, host: str, port: int) -> None:
    """Serve the page until Ctrl-C or SIGTERM.

    ``address`` is the API's; without it one is started beside, as ``settings`` say, on its own
    port. Raises Misconfigured where that does not come up.
    """
    with _api(settings, address) as answering:
        print(f"The dashboard is at http://{_shown(host)}:{port}", flush=True)  # noqa: T201
        subprocess.run(_command(answering, settings, host, port), check=False)  # noqa: S603


def _command(address: str, settings: Settings, host: str, port: int) -> list[str]:
    options = {
        **OPTIONS,
        **THEME,
        "server.address": host,
        "server.port": port,
        "server.maxUploadSize": int(settings.max_upload_mb),
    }
    flags = [f"--{name}={str(value).lower()}" for name, value in options.items()]
    page = str(files("pixellab.entrypoints.dashboard").joinpath("page.py"))
    return [sys.executable, "-m", "streamlit", "run", page, *flags, "--", address]


@contextmanager
def _api(settings: Settings, address: str | None) -> Iterator[str]:
    if address:
        yield address
        return
    with listen(settings.model_copy(update={"port": 0})) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pixellab", "serve", "--port", str(port)]
    with subprocess.Popen(command, env={**os.environ}) as server:  # noqa: S603
        try:
            yield _ready(f"http://127.0.0.1:{port}", server)
        finally:
            server.terminate()


def _ready(address: str, server: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if requests.get(f"{address}/health/live", timeout=1).ok:
                return address
        except requests.RequestException:
            time.sleep(0.1)
    raise Misconfigured("The API that the dashboard needs did not start; run: pixellab doctor")


def _shown(host: str) -> str:
    return "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host  # noqa: S104
