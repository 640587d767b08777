"""Workers as processes of their own, and what they are given to do."""

from __future__ import annotations

import io
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

from pixellab.domain.images import Enhancement, ProcessingStatus
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.lab import PixelLab
from tests.conftest import photo_bytes
from tests.e2e.cli.conftest import SCRIPT

PATIENCE = 120.0


def accept(lab: PixelLab, photo: bytes | None = None) -> str:
    content = io.BytesIO(photo or photo_bytes())
    return lab.upload_later(Upload(content=content)).image.id


@contextmanager
def working(*options: str) -> Iterator[subprocess.Popen[str]]:
    """A worker; its whole tree is gone at the end."""
    with subprocess.Popen([SCRIPT, "worker", *options], stderr=subprocess.PIPE, text=True) as own:
        children = tree_of(own)
        try:
            yield own
        finally:
            children = [*children, *tree_of(own)]
            own.kill()
            for each in children:
                if each.is_running():
                    each.kill()


def tree_of(worker: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that do the jobs, and what Python started beside them."""
    try:
        return list(psutil.Process(worker.pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def at_work_of(worker: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that do the jobs."""
    return [
        each for each in tree_of(worker) if is_forkserver(each) and is_forkserver(each.parent())
    ]


def is_forkserver(process: psutil.Process | None) -> bool:
    """Whether it is what others are forked from, or one of these, which keep its name."""
    with suppress(psutil.ZombieProcess):  # It was killed just now.
        return process is not None and "forkserver" in " ".join(process.cmdline())
    return False


def first_of(lab: PixelLab, image_id: str) -> Enhancement:
    return lab.repository.history(image_id)[0]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def wait_until_over(lab: PixelLab, *ids: str) -> list[Enhancement]:
    def is_over() -> bool:
        return all(first_of(lab, each).status is not ProcessingStatus.PROCESSING for each in ids)

    wait_until(is_over)
    return [first_of(lab, each) for each in ids]


def ended(worker: subprocess.Popen[str]) -> int:
    """Its exit code, once it and its processes are gone."""
    children = tree_of(worker)
    worker.communicate(timeout=PATIENCE)
    psutil.wait_procs(children, timeout=PATIENCE)
    return worker.returncode
