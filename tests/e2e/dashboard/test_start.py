"""``pixellab dashboard``: one command gives a working page, and opens no door unasked."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.e2e.dashboard.running import (
    RunningApi,
    free_port,
    wait_until_answered,
    wait_until_silent,
)

WRONG_SETTING = 10
"""The exit code of a wrong setting, as the README has it."""


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "pixellab", "dashboard", *options]


def refused(*options: str, **variables: str) -> str:
    """What is said where it does not start."""
    ran = subprocess.run(
        command(*options),
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == WRONG_SETTING
    assert ran.stderr.count("\n") == 1
    return ran.stderr


def test_one_command_gives_a_page_and_an_api_and_ends_both(tmp_path: Path) -> None:
    port, own = str(free_port()), free_port()
    env = {**os.environ, "PIXELLAB_PORT": str(own), "PIXELLAB_DATA_DIR": str(tmp_path / "data")}
    with subprocess.Popen(
        command("--port", port),
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stdout is not None
        first = running.stdout.readline()
        assert re.fullmatch(rf"The dashboard is at http://localhost:{port}\n", first)
        wait_until_answered(f"http://localhost:{port}/_stcore/health", running)
        assert requests.get(f"http://localhost:{own}/health/live", timeout=30).ok
        running.send_signal(signal.SIGTERM)
        running.wait(60)
    for each in (int(port), own):
        wait_until_silent(each)


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"port {port}; allowed are" in refused("--port", port)
    assert "port 80000; allowed are" in refused("--port", "80000")


def test_others_are_let_in_only_where_that_was_meant(api: RunningApi) -> None:
    said = refused("--host", "0.0.0.0")
    assert "PIXELLAB_API_URL" in said
    said = refused("--host", "0.0.0.0", PIXELLAB_API_URL=api.address)
    assert "asks for no key" in said
    said = refused("--host", "0.0.0.0", PIXELLAB_API_URL="http://localhost:9")
    assert "does not answer" in said


@pytest.mark.parametrize("wrong", ["ftp://localhost", "localhost:8000"])
def test_an_address_that_is_none_is_told(wrong: str) -> None:
    assert "PIXELLAB_API_URL" in refused(PIXELLAB_API_URL=wrong)
