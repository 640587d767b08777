"""Which presets were stored."""

from __future__ import annotations

from typing import Protocol

from pixellab.domain.requests.presets import Preset


class Presets(Protocol):
    """Keeps presets by their names.

    Each method is one transaction; any may raise StoreUnavailable, having changed nothing.
    """

    def save(self, preset: Preset) -> bool:
        """Keep it, with the time at which it was stored, in place of one of the same name; whether
        there was none."""

    def get(self, name: str) -> Preset | None:
        """The one of this name, or None."""

    def all(self) -> tuple[Preset, ...]:
        """All of them, by name."""

    def remove(self, name: str) -> bool:
        """Remove it; False if it is gone."""

    def close(self) -> None:
        """Let go of connections; safe to repeat."""
