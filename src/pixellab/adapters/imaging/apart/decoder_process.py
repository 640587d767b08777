"""One process that decodes, as its parent has it: started, asked, ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from attrs import asdict

from pixellab.adapters.imaging.apart.messages import (
    MAX_MESSAGE,
    READY,
    Limits,
    memory_file,
    picture_of,
    send_request,
    write_all,
)
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.errors import PixelLabError, UndecodableImage
from pixellab.domain.pictures import Picture
from pixellab.domain.ports import Origin

START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from pixellab.adapters.imaging.apart.decoder_main import main; "
    "main(*map(int, sys.argv[2:5]), json.loads(sys.argv[5]))"
)
ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Large pages: of 81 ms that a photo of 12 megapixels took, getting its memory by 4 KB took 12."""
KEPT = 40_000_000
"""Bytes of shared memory that stay for the next photo: 13 megapixels."""
SLOW = 1.0
"""Seconds of processor time after which a file takes long; 60 megapixels of JPEG take 0.4."""
LOOK_SECONDS = 0.25
"""How often it is looked how long a file takes."""
CLOCK_OF_A_PROCESS = 2
"""CPUCLOCK_SCHED, in the lowest bits of a clock's number (clock_getcpuclockid in glibc)."""
START_SECONDS = 60.0
"""Far more than the imports take; a process that is not ready by then will never be."""


class NeverAsked(Exception):
    """The process had ended, or was just ending, before it took the request."""


class DecoderProcess:
    """A process of its own, started at once; for one thread at a time.

    It inherits nothing: neither the environment, which may hold keys, nor a file.
    """

    def __init__(self, imaging: RasterImaging) -> None:
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lifeline, its_end = socket.socketpair()
        self._shared = open(memory_file(), "r+b", buffering=0)  # noqa: SIM115, PTH123
        try:
            handed = (theirs.fileno(), its_end.fileno(), self._shared.fileno())
            arguments = [json.dumps(sys.path), *map(str, handed), json.dumps(asdict(imaging))]
            self._process = subprocess.Popen(  # noqa: S603 - of ours alone
                [sys.executable, "-P", "-c", START, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=handed,
                env=ENVIRONMENT,
                start_new_session=True,  # so that Ctrl-C in a terminal is the parent's alone
            )
        except BaseException:
            self._connection.close()
            self._lifeline.close()
            self._shared.close()
            raise
        finally:
            theirs.close()
            its_end.close()
        self._is_ready = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def open(
        self,
        content: bytes,
        origin: Origin,
        limits: Limits,
        when_slow: Callable[[], bool] = lambda: True,
    ) -> Picture:
        """Raises as ``Imaging.open``; UndecodableImage where it takes too long or too much memory.

        ``when_slow`` is called once the file has taken SLOW seconds of the processor, and again
        for as long as it returns False.

        After any error but a refusal of the picture itself the process has ended. Raises NeverAsked
        where another one may be asked instead.
        """
        self.wait_until_ready()
        try:
            shared = self._shared.fileno()
            write_all(shared, content)
            send_request(self._connection, origin, limits, len(content))
            return picture_of(self._reply(limits, when_slow), shared, limits.memory)
        except PixelLabError:
            raise
        except TimeoutError as error:
            self.end()
            raise _took_too_long(limits) from error
        except (ConnectionResetError, BrokenPipeError) as error:
            # Reset: it ended with the request unread. Had it read that, it would just be the end.
            self.end()
            raise NeverAsked from error
        except Exception as error:
            raise self._failure(limits) from error
        finally:
            self._give_back()

    def end(self) -> None:
        """Kill it, whatever it is doing. May be called again, and by another thread."""
        self._process.kill()
        self._process.wait()
        self._connection.close()
        self._lifeline.close()
        self._shared.close()

    def _give_back(self) -> None:
        """What the shared file has beyond what most photos need."""
        with suppress(OSError, ValueError):  # ValueError: it is closed, for the process has ended
            if os.fstat(self._shared.fileno()).st_size > KEPT:
                os.ftruncate(self._shared.fileno(), KEPT)

    def wait_until_ready(self) -> None:
        """Returns at once if it is. Raises RuntimeError where it does not start."""
        if self._is_ready:
            return
        self._connection.settimeout(START_SECONDS)
        try:
            greeting = self._connection.recv(MAX_MESSAGE)
        except OSError:
            greeting = b""
        if greeting != READY:
            self.end()
            raise RuntimeError("A process that decodes pictures does not start.")
        self._is_ready = True

    def _reply(self, limits: Limits, when_slow: Callable[[], bool]) -> bytes:
        ends, slow_from, is_told = time.monotonic() + limits.seconds, self._worked() + SLOW, False
        while (left := ends - time.monotonic()) > 0:
            self._connection.settimeout(min(left, LOOK_SECONDS) if not is_told else left)
            with suppress(TimeoutError):
                reply = self._connection.recv(MAX_MESSAGE)
                if not reply:
                    raise EOFError("The process ended.")
                return reply
            is_told = is_told or (self._worked() >= slow_from and when_slow())
        raise TimeoutError

    def _worked(self) -> float:
        """Seconds of the processor since it started; 0.0 once it has ended."""
        with suppress(OSError):
            return time.clock_gettime(~self.pid << 3 | CLOCK_OF_A_PROCESS)
        return 0.0

    def _failure(self, limits: Limits) -> UndecodableImage:
        """Whatever broke the exchange, the process is not used again."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        status = self._process.poll()
        self.end()
        if status == -signal.SIGXCPU:
            return _took_too_long(limits)
        return UndecodableImage("The file could not be read: its decoder broke down.")


def _took_too_long(limits: Limits) -> UndecodableImage:
    return UndecodableImage(
        f"The file takes too long to be read; allowed are {limits.seconds:g} seconds."
    )
