"""One process that decodes, as its parent has it: started, asked, ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
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
    "main(int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4]))"
)
START_SECONDS = 60.0
"""Far more than the imports take; a process that is not ready by then will never be."""


class DecoderProcess:
    """A process of its own, started at once; for one thread at a time.

    It inherits nothing: neither the environment, which may hold keys, nor a file.
    """

    def __init__(self, imaging: RasterImaging) -> None:
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lifeline, its_end = socket.socketpair()
        try:
            handed = (theirs.fileno(), its_end.fileno())
            arguments = [json.dumps(sys.path), *map(str, handed), json.dumps(asdict(imaging))]
            self._process = subprocess.Popen(  # noqa: S603 - of ours alone
                [sys.executable, "-P", "-c", START, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=handed,
                env={},
                start_new_session=True,  # so that Ctrl-C in a terminal is the parent's alone
            )
        except BaseException:
            self._connection.close()
            self._lifeline.close()
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

    def open(self, content: bytes, origin: Origin, limits: Limits) -> Picture:
        """Raises as ``Imaging.open``; UndecodableImage where it takes too long or too much memory.

        After any error but a refusal of the picture itself the process has ended.
        """
        self._wait_until_ready()
        source, target = memory_file(), memory_file()
        try:
            write_all(source, content)
            return picture_of(self._ask(origin, limits, source, target), target)
        except PixelLabError:
            raise
        except TimeoutError as error:
            self.end()
            raise _took_too_long(limits) from error
        except Exception as error:
            raise self._failure(limits) from error
        finally:
            os.close(source)
            os.close(target)

    def end(self) -> None:
        """Kill it, whatever it is doing. May be called again, and by another thread."""
        self._process.kill()
        self._process.wait()
        self._connection.close()
        self._lifeline.close()

    def _wait_until_ready(self) -> None:
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

    def _ask(self, origin: Origin, limits: Limits, source: int, target: int) -> bytes:
        self._connection.settimeout(limits.seconds)
        send_request(self._connection, origin, limits, source, target)
        reply = self._connection.recv(MAX_MESSAGE)
        if not reply:
            raise EOFError("The process ended.")
        return reply

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
