"""What threads that work for long do for the others: give way, stand aside, give memory back."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar

aside: ContextVar[Callable[[], AbstractContextManager[None]]] = ContextVar(
    "aside", default=nullcontext
)
"""What a thread enters while it only waits for another process, so that somebody else may work in
its place; set by who counts how many threads work at once."""


def be_nice(niceness: int) -> None:
    """Lower the priority of this thread alone, where the system knows such (Linux)."""
    if niceness and sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


def return_memory() -> None:
    """Give what the C allocator holds on to back to the system (glibc; elsewhere nothing)."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
        if trim:
            trim(0)
