"""Time and identity, which tests take into their own hands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""Now, in UTC, with tzinfo."""

MonotonicClock = Callable[[], float]
"""Seconds since some moment, untouched by whoever sets the clock: for durations."""

NewId = Callable[[], str]
"""A new random UUID as text."""
