"""The signals that end a worker, kept from processes that it is to end itself."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

END_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[None]:
    """Here they come afterwards; processes that are started meanwhile, and theirs, get none before
    they call ``let_through``."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_through() -> None:
    """Get them from now on, and what was held back."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, END_SIGNALS)
