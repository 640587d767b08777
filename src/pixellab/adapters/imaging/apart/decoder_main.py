"""The process that decodes what strangers send. It imports the decoders and nothing else."""

from __future__ import annotations

import fcntl
import io
import math
import os
import resource
import select
import signal
import socket
import sys
from pathlib import Path

from pixellab.adapters.imaging.apart.messages import (
    READY,
    Limits,
    described,
    receive_request,
    refusal,
    write_all,
)
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.errors import PixelLabError, UndecodableImage
from pixellab.domain.ports import Origin

STATM = Path("/proc/self/statm")
MEGA = 1_000_000
NICENESS = 10
"""That of the threads which work for requests, below the server's event loop."""


def main(connection: int, lifeline: int, limits_of_pictures: dict[str, int]) -> None:
    """Answer requests on ``connection`` until the process at the other end of ``lifeline`` ends."""
    _die_with_parent(lifeline)
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    imaging, at_rest = RasterImaging(**limits_of_pictures), _data_size()
    with socket.socket(fileno=connection) as asked:
        asked.send(READY)
        while request := receive_request(asked):
            origin, limits, source, target = request
            try:
                _limit(limits, at_rest)
                asked.send(_answer(imaging, origin, limits, source, target))
            finally:
                os.close(source)
                os.close(target)


def _answer(
    imaging: RasterImaging, origin: Origin, limits: Limits, source: int, target: int
) -> bytes:
    try:
        with open(source, "rb", closefd=False) as content:
            content.seek(0)
            picture = imaging.open(io.BytesIO(content.read()), origin=origin)
        write_all(target, picture.pixels.data)
    except MemoryError:
        return refusal(_too_much_memory(limits))
    except PixelLabError as error:
        is_memory = isinstance(error.__cause__, MemoryError)
        return refusal(_too_much_memory(limits) if is_memory else error)
    return described(picture)


def _too_much_memory(limits: Limits) -> UndecodableImage:
    return UndecodableImage(
        f"The file takes too much memory to be read; allowed are {limits.memory / MEGA:.0f} MB."
    )


def _limit(limits: Limits, at_rest: int) -> None:
    """From here on; the processor's time is counted from the start of the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime + limits.seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_DATA, (at_rest + limits.memory, resource.RLIM_INFINITY))


def _data_size() -> int:
    """Bytes that count towards RLIMIT_DATA now (proc(5), statm)."""
    return int(STATM.read_text().split()[5]) * resource.getpagesize()


def _die_with_parent(lifeline: int) -> None:
    """Have the system end this process, in the midst of whatever, once the parent's end closes.

    Not by PR_SET_PDEATHSIG, which would follow the thread that started this process.
    """
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGIO})
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:
        sys.exit()
