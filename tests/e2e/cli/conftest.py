"""The command line, called inside the test's process or as the installed console script."""

from __future__ import annotations

import json
import logging
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from pixellab.entrypoints.cli.main import run
from tests.conftest import photo_bytes
from tests.e2e.conftest import NewStores, variables
from tests.plugins import install

SCRIPT = Path(sys.executable).parent / "pixellab"


@frozen
class Ran:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def answers(self) -> list[dict[str, Any]]:
        """What ``--json`` printed to standard output."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def answer(self) -> dict[str, Any]:
        [only] = self.answers
        return only

    @property
    def problems(self) -> list[dict[str, Any]]:
        """The problem documents on standard error."""
        lines = [json.loads(line) for line in self.err.splitlines()]
        return [line for line in lines if "type" in line]


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command line in this process."""

    def call(*arguments: object) -> Ran:
        code = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return call


def script(*arguments: object, **options: Any) -> Ran:
    """Runs the installed console script in a process of its own."""
    done = subprocess.run(
        [
            SCRIPT,
            *[argument if isinstance(argument, bytes) else str(argument) for argument in arguments],
        ],
        capture_output=True,
        timeout=60,
        check=False,
        **options,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def installation(new_stores: NewStores, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of installation in turn, as the environment names it."""
    for name, value in variables(new_stores()).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """While this file is there, the backend DEADLY does not come to an end."""
    plugins = install(
        tmp_path / "plugins",
        "pixellab-deadly",
        {"deadly": "deadly:Deadly"},
        deadly=(Path(__file__).parents[2] / "deadly.py").read_text(encoding="utf-8"),
    )
    monkeypatch.syspath_prepend(str(plugins))
    monkeypatch.setenv("PYTHONPATH", str(plugins))
    monkeypatch.setenv("PIXELLAB_ROUTES", "*=DEADLY")
    monkeypatch.setenv("DEADLY_HOLD", str(tmp_path / "hold"))
    return tmp_path / "hold"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small photo in the current folder."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo_bytes(240, 180))
    return path


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Commands that log send the whole process's log to the standard error of the test."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """A folder that nobody can write to; permissions do not stop root, but the kernel's own do."""
    if os.geteuid() == 0:
        return Path("/sys")
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    return folder


@pytest.fixture
def full_disk() -> Callable[[], AbstractContextManager[None]]:
    """Entered, no file can grow beyond 1000 bytes, which fails as a full disk does."""

    @contextmanager
    def limited() -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited
