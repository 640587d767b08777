"""Uvicorn's HTTP/1.1, for a while only where a client takes its time.

Uvicorn itself waits for headers, and for clients to take what it sends, as long as it takes them.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import sys
import termios
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from pixellab.entrypoints.api.connections import Connections, raw_answer
from pixellab.entrypoints.refusals import TooSlow


class HttpConnection(H11Protocol):
    """A connection of a client, counted by ``connections``.

    Headers have to be there ``patience`` seconds after the connection, or their first byte where
    it was used before: else the answer is 408. What the client is sent has to be taken at
    ``least_rate`` bytes a second, measured over ``patience``: else the connection is cut.
    """

    def __init__(
        self, *, connections: Connections, patience: float, least_rate: float, **uvicorns: Any
    ) -> None:
        super().__init__(**uvicorns)
        self._connections = connections
        self._patience = patience
        self._least_rate = least_rate
        self._headers_due: asyncio.TimerHandle | None = None
        self._taking_due: asyncio.TimerHandle | None = None
        self._host = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._host = transport.get_extra_info("peername")[0]
        self._connections.is_idle(self, self._host)
        self._watch_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.is_busy(self)
        self._connections.leave(self._host)
        self._cancel_headers()
        self._cancel_taking()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_headers()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_taking()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel_taking()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._has_request():
            self._connections.is_idle(self, self._host)
        if self.transport.get_write_buffer_size():
            self._watch_taking()

    def give_way(self) -> None:
        self.transport.close()

    def _has_request(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _watch_headers(self) -> None:
        """Between requests time runs from the first byte on, be it of a body that nobody read."""
        if self._has_request():
            self._connections.is_busy(self)
            self._cancel_headers()
        elif self._headers_due is None:
            self._headers_due = self.loop.call_later(self._patience, self._headers_are_late)

    def _headers_are_late(self) -> None:
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            late = f"The request's headers did not arrive within {self._patience:g} seconds."
            self.transport.write(raw_answer(TooSlow(late)))
        self.transport.close()

    def _cancel_headers(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def _watch_taking(self) -> None:
        self._cancel_taking()
        untaken = self._untaken()
        self._taking_due = self.loop.call_later(self._patience, self._check_taking, untaken)

    def _check_taking(self, before: int) -> None:
        if not self.transport.get_write_buffer_size():
            return
        if before - self._untaken() >= self._least_rate * self._patience:
            self._watch_taking()
            return
        # Reset: the kernel would go on sending what it holds, megabytes of it, for hours.
        wire = self.transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _untaken(self) -> int:
        """Bytes that the client's machine has not confirmed.

        Those that the kernel holds count, too: it takes new ones by the megabyte, so that our own
        buffer stands still for minutes beside a slow client.
        """
        ours = self.transport.get_write_buffer_size()
        if sys.platform != "linux":
            return ours
        wire = self.transport.get_extra_info("socket")
        return ours + int.from_bytes(fcntl.ioctl(wire, termios.TIOCOUTQ, bytes(4)), sys.byteorder)

    def _cancel_taking(self) -> None:
        if self._taking_due is not None:
            self._taking_due.cancel()
            self._taking_due = None
