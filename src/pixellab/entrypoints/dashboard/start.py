"""Runs the dashboard, and an API for it where none is named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import requests

from pixellab.domain.errors import Misconfigured
from pixellab.entrypoints.api.listening import is_loopback, listen
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

    ``address`` is the API's; without it one is started beside, as ``settings`` say. Raises
    Misconfigured where that does not come up, and where strangers could reach the page without
    anyone meaning them to.
    """
    if not is_loopback(host):
        _refuse_open_door(settings, address)
    _check_free(settings, host, port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with _api(settings, address) as answering:
        print(f"The dashboard is at http://{_shown(host)}:{port}", flush=True)  # noqa: T201
        subprocess.run(_command(answering, settings, host, port), check=False)  # noqa: S603


def _check_free(settings: Settings, host: str, port: int) -> None:
    """Raises Misconfigured before anything is started, which Streamlit would do in many lines."""
    try:
        listen(settings.model_copy(update={"host": host, "port": port})).close()
    except Misconfigured as error:
        raise Misconfigured(
            f"The dashboard cannot listen on {host}, port {port}; allowed are an address of this "
            "machine and a port that is free."
        ) from error


def _refuse_open_door(settings: Settings, address: str | None) -> None:
    """Raises Misconfigured: whoever reaches the page can do all that the API lets them."""
    if address is None:
        raise Misconfigured(
            "Browsers on other machines fetch the pictures from the API itself: start pixellab "
            "serve where they reach it, and name its address in PIXELLAB_API_URL."
        )
    if settings.allow_anonymous:
        return
    try:
        answer = requests.get(f"{address}/api/v1/capabilities", timeout=READY_SECONDS)
    except requests.RequestException as error:
        raise Misconfigured(
            "The API at PIXELLAB_API_URL does not answer; start it first."
        ) from error
    if answer.status_code != requests.codes.unauthorized:
        raise Misconfigured(
            "The API at PIXELLAB_API_URL asks for no key, so anyone who reaches the dashboard "
            "could use it: give it PIXELLAB_API_KEYS, or set PIXELLAB_ALLOW_ANONYMOUS=true here."
        )


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
    port = _free_port(settings)
    command = [
        sys.executable,
        "-m",
        "pixellab",
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with subprocess.Popen(command, env={**os.environ}) as server:  # noqa: S603
        try:
            yield _ready(f"http://127.0.0.1:{port}", server)
        finally:
            server.terminate()


def _free_port(settings: Settings) -> int:
    """The one that the settings name, so that URLs last, else any."""
    here = settings.model_copy(update={"host": "127.0.0.1"})
    try:
        with listen(here):
            return settings.port
    except Misconfigured:
        with listen(here.model_copy(update={"port": 0})) as free:
            return int(free.getsockname()[1])


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
