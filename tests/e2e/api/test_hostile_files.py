"""Files that are made to keep a server busy keep nobody from being served."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from tests.bombs import scan_bomb, slow_bmp
from tests.conftest import photo_bytes
from tests.e2e.api.conftest import UPLOAD, Api, Configure, served
from tests.e2e.api.test_bad_input import check_problem
from tests.e2e.api.test_server import port_of, process, wait_until_live, wait_until_refused
from tests.e2e.conftest import embedded_only

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has what it needs.")

WITH_PROCESSES = {"decode_processes": 2, "max_upload_mb": 50, "max_megapixels": 60}


@pytest.fixture(scope="module")
def guarded(configure: Configure) -> Iterator[Api]:
    """A server that opens files apart, each in two seconds."""
    with served(configure(**WITH_PROCESSES, decode_seconds=2)) as api:
        yield api


@embedded_only
@pytest.mark.parametrize("seen", [True, False], ids=["seen beforehand", "not seen"])
def test_three_bombs_beside_an_ordinary_upload(guarded: Api, seen: bool) -> None:
    bomb = scan_bomb(7700, 3900) if seen else slow_bmp()
    with ThreadPoolExecutor(4) as clients:
        bombs = [clients.submit(guarded.upload, bomb, "bomb.bin") for _ in range(3)]
        ordinary = clients.submit(guarded.upload, photo_bytes(), "photo.jpg")
        assert ordinary.result().status_code == 201
        for each in bombs:
            assert check_problem(each.result(), 422)["type"].endswith(":undecodable-image")


@embedded_only
def test_an_ordinary_upload_overtakes_three_that_take_long(configure: Configure) -> None:
    settings = configure(**WITH_PROCESSES, workers=2, decode_seconds=6)
    with served(settings) as api, ThreadPoolExecutor(3) as clients:
        assert api.upload(photo_bytes()).status_code == 201
        bombs = [clients.submit(api.upload, slow_bmp(), "bomb.bin") for _ in range(3)]
        decoders = psutil.Process().children()
        while sum(each.cpu_times().user for each in decoders if each.is_running()) < 2:
            assert not all(each.done() for each in bombs)
        assert api.upload(photo_bytes()).status_code == 201
        assert not all(each.done() for each in bombs)


@embedded_only
def test_a_server_ends_while_a_file_is_opened(configure: Configure) -> None:
    limits = {"PIXELLAB_MAX_UPLOAD_MB": "50", "PIXELLAB_MAX_MEGAPIXELS": "60"}
    limits |= {"PIXELLAB_DECODE_PROCESSES": "1", "PIXELLAB_DECODE_SECONDS": "5"}
    with process(configure(), **limits) as running, ThreadPoolExecutor(1) as client:
        port = port_of(running)
        wait_until_live(port)
        address = f"http://127.0.0.1:{port}{UPLOAD}"
        assert httpx.post(address, files={"file": photo_bytes()}, timeout=60).status_code == 201
        [decoder] = psutil.Process(running.pid).children()
        files = {"file": slow_bmp()}
        asked = client.submit(httpx.post, address, files=files, timeout=60)
        before = decoder.cpu_times().user
        while decoder.cpu_times().user < before + 0.2:
            assert not asked.done()
        running.send_signal(signal.SIGTERM)
        wait_until_refused(port)
        assert running.wait(60) == 0
        assert asked.result().status_code == 422
        assert not decoder.is_running()
