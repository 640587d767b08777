"""Decoding in processes that can be killed: what happens when they are, and when nobody is left."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest
from attrs import evolve
from PIL import Image

from pixellab.adapters.imaging.apart import decoder_process
from pixellab.adapters.imaging.apart.decoded_apart import DecodedApart
from pixellab.adapters.imaging.apart.decoder_process import ENVIRONMENT
from pixellab.adapters.imaging.apart.decoders import Decoders
from pixellab.adapters.imaging.apart.messages import Limits
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.errors import UndecodableImage
from pixellab.domain.findings import Verdict
from pixellab.domain.ports import Origin
from tests.bombs import slow_bmp
from tests.conftest import photo_bytes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has what it needs.")

PHOTO = photo_bytes()
MINUTE = 60.0
PARENT = """
import io, sys, threading
from pixellab.adapters.imaging.apart.decoded_apart import DecodedApart
from pixellab.adapters.imaging.imaging import RasterImaging

apart = DecodedApart(imaging=RasterImaging(), processes=2, seconds=60)
apart.start()
apart.open(io.BytesIO(open(sys.argv[1], "rb").read()))
print("ready", flush=True)
apart.open(io.BytesIO(open(sys.argv[2], "rb").read()))
"""


@contextmanager
def apart(seconds: float = MINUTE, processes: int = 1) -> Iterator[DecodedApart]:
    imaging = DecodedApart(imaging=RasterImaging(), processes=processes, seconds=seconds)
    try:
        yield imaging
    finally:
        imaging.close()


def opens_the_photo(imaging: DecodedApart) -> bool:
    return imaging.open(io.BytesIO(PHOTO)).width == 96


def plain_png(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side)).save(file, "PNG")
    return file.getvalue()


def children(parent: int | None = None) -> list[psutil.Process]:
    """Those that decode; tests may have started others."""
    started: list[psutil.Process] = psutil.Process(parent).children()
    return [each for each in started if any("decoder_main" in word for word in each.cmdline())]


def wait_for(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + MINUTE
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def works_from_now_on(process: psutil.Process) -> None:
    """Returns once the process, idle before, has been given something that keeps it busy."""
    before = process.cpu_times().user
    wait_for(lambda: process.cpu_times().user > before + 0.2)


def test_what_takes_too_long_is_refused_and_the_next_photo_is_opened() -> None:
    with apart() as imaging:
        assert opens_the_photo(imaging)
        little = evolve(imaging, seconds=0.3)
        with pytest.raises(UndecodableImage, match=r"too long to be read; allowed are 0\.3 s"):
            little.open(io.BytesIO(slow_bmp()))
        assert opens_the_photo(imaging)


def test_a_process_that_is_killed_at_work_is_replaced() -> None:
    with apart() as imaging, ThreadPoolExecutor(1) as thread:
        assert opens_the_photo(imaging)
        [process] = children()
        opening = thread.submit(imaging.open, io.BytesIO(slow_bmp()))
        works_from_now_on(process)
        process.kill()
        with pytest.raises(UndecodableImage, match="its decoder broke down"):
            opening.result(MINUTE)
        assert opens_the_photo(imaging)
        assert process not in children()


def test_a_process_that_is_killed_at_rest_is_not_noticed() -> None:
    with apart() as imaging:
        assert opens_the_photo(imaging)
        [process] = children()
        process.kill()
        wait_for(lambda: process.status() == psutil.STATUS_ZOMBIE)
        assert opens_the_photo(imaging)


def test_a_process_that_is_killed_with_its_request_unread_is_not_noticed() -> None:
    with apart() as imaging, ThreadPoolExecutor(1) as thread:
        assert opens_the_photo(imaging)
        [process] = children()
        process.suspend()
        opening = thread.submit(opens_the_photo, imaging)
        time.sleep(0.2)
        process.kill()
        assert opening.result(MINUTE)


def test_a_process_that_used_up_its_processor_time_is_told_apart() -> None:
    with apart() as imaging, ThreadPoolExecutor(1) as thread:
        assert opens_the_photo(imaging)
        [process] = children()
        opening = thread.submit(imaging.open, io.BytesIO(slow_bmp()))
        works_from_now_on(process)
        process.send_signal(signal.SIGXCPU)  # as the system does at RLIMIT_CPU
        with pytest.raises(UndecodableImage, match="too long to be read; allowed are 60 seconds"):
            opening.result(MINUTE)
        assert opens_the_photo(imaging)


def test_the_processor_time_of_a_file_is_limited() -> None:
    with apart() as imaging:
        assert opens_the_photo(imaging)
        [process] = children()
        soft, _ = psutil.Process(process.pid).rlimit(psutil.RLIMIT_CPU)
        assert MINUTE <= soft <= MINUTE + 30


def test_a_file_that_takes_long_keeps_nobody_waiting() -> None:
    with apart() as imaging, ThreadPoolExecutor(1) as thread:
        slow = thread.submit(imaging.open, io.BytesIO(slow_bmp()))
        wait_for(lambda: len(children()) == 2)
        assert opens_the_photo(imaging)
        assert not slow.done()
        [process] = [each for each in children() if each.cpu_times().user > 1]
        process.kill()
        with pytest.raises(UndecodableImage, match="broke down"):
            slow.result(MINUTE)
        assert opens_the_photo(imaging)
        assert len(children()) == 1


def test_no_more_files_that_take_long_than_there_are_processes() -> None:
    with ThreadPoolExecutor(3) as threads, apart() as imaging:
        bomb = slow_bmp()
        for _ in range(3):
            threads.submit(imaging.open, io.BytesIO(bomb))
        wait_for(lambda: sum(each.cpu_times().user > 1.5 for each in children()) == 2)
        assert len(children()) == 2


def test_it_tells_of_its_processes_and_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    with apart(seconds=10, processes=2) as imaging:
        told = imaging.diagnose()[-1]
        assert (told.part, told.verdict) == ("opening photos", Verdict.OK)
        assert "2 processes of the server, 4 while some take long" in told.found
        assert told.found.endswith("may take 10 seconds and 2.4 GB")
    monkeypatch.setattr(decoder_process, "START", "raise SystemExit")
    with apart() as imaging:
        told = imaging.diagnose()[-1]
        assert (told.part, told.verdict) == ("opening photos", Verdict.PROBLEM)


LIAR = """
import os, socket, sys
connection, _, shared = map(int, sys.argv[2:5])
os.ftruncate(shared, 2**40)
with socket.socket(fileno=connection) as asked:
    asked.send(b"ready")
    asked.recv(65536)
    asked.send({reply!r})
    asked.recv(65536)
"""
"""A process that has been taken over by what it read."""
SHAPE = b'"format": "PNG", "metadata": {}, "source_quality": null, "warnings": [], "shape": '


@pytest.mark.parametrize(
    "reply",
    [
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"shape": [1, 1, 3]}',
        b"{" + SHAPE + b"[1, 1]}",
        b"{" + SHAPE + b"[0, 0, 3]}",
        b"{" + SHAPE + b"[-1, -1, 3]}",
        b"{" + SHAPE + b"[1e3, 1, 3]}",
        b"{" + SHAPE + b"[1000000, 100000, 3]}",  # which the file in memory claims to have
        b"{" + SHAPE + b"[99999999, 99999999, 3]}",
        b'{"refused": "SystemExit", "message": "no"}',
        b'{"refused": "UndecodableImage", "message": ["no"]}',
        b"[" * 60_000,
    ],
)
def test_a_reply_that_makes_no_sense_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, reply: bytes
) -> None:
    with apart() as imaging:
        with monkeypatch.context() as patched:
            patched.setattr(decoder_process, "START", LIAR.format(reply=reply))
            imaging.start()
        with pytest.raises(UndecodableImage, match="its decoder broke down"):
            imaging.open(io.BytesIO(PHOTO))
        assert opens_the_photo(imaging)


def test_what_takes_too_much_memory_is_refused() -> None:
    decoders = Decoders(RasterImaging(), 1)
    try:
        large, little = plain_png(3000), Limits(seconds=MINUTE, memory=10_000_000)
        with pytest.raises(UndecodableImage, match=r"too much memory .* allowed are 10 MB"):
            decoders.open(large, Origin.USER, little)
        enough = Limits(seconds=MINUTE, memory=500_000_000)
        assert decoders.open(large, Origin.USER, enough).width == 3000
    finally:
        decoders.close()


def test_no_more_processes_than_allowed_and_none_after_closing() -> None:
    with apart(processes=2) as imaging, ThreadPoolExecutor(6) as threads:
        assert all(threads.map(lambda _: opens_the_photo(imaging), range(24)))
        assert len(children()) <= 2
    assert children() == []


def test_closing_ends_what_is_at_work() -> None:
    with ThreadPoolExecutor(1) as thread:
        with apart() as imaging:
            assert opens_the_photo(imaging)
            [process] = children()
            opening = thread.submit(imaging.open, io.BytesIO(slow_bmp()))
            works_from_now_on(process)
        with pytest.raises(UndecodableImage):
            opening.result(MINUTE)


def test_it_knows_nothing_of_its_parents_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    with apart() as imaging:
        assert opens_the_photo(imaging)
        [process] = children()
        # LC_CTYPE is Python's own (PEP 538).
        assert process.environ().keys() <= {"LC_CTYPE", *ENVIRONMENT}


@pytest.mark.parametrize("at_work", [False, True])
def test_it_dies_with_its_parent(tmp_path_factory: pytest.TempPathFactory, at_work: bool) -> None:
    folder = tmp_path_factory.mktemp("files")
    photo, bomb = folder / "photo", folder / "bomb"
    photo.write_bytes(PHOTO)
    bomb.write_bytes(slow_bmp())
    command = [sys.executable, "-c", PARENT, str(photo), str(bomb if at_work else os.devnull)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "ready\n"
        left = children(parent.pid)
        assert len(left) == 2
        if at_work:
            wait_for(lambda: any(each.cpu_percent(0.1) > 0 for each in left))
        parent.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(left, timeout=5)
    assert not alive
