"""Presets in memory: for trials and for tests."""

from __future__ import annotations

from threading import Lock

from pixellab.domain.ports import Presets
from pixellab.domain.requests.presets import Preset


class InMemoryPresets(Presets):
    """Keeps them in a dictionary, which ends with the process."""

    def __init__(self) -> None:
        self._presets: dict[str, Preset] = {}
        self._lock = Lock()

    def save(self, preset: Preset) -> bool:
        with self._lock:
            is_new = preset.name not in self._presets
            self._presets[preset.name] = preset
            return is_new

    def get(self, name: str) -> Preset | None:
        with self._lock:
            return self._presets.get(name)

    def all(self) -> tuple[Preset, ...]:
        with self._lock:
            return tuple(each for _, each in sorted(self._presets.items()))

    def remove(self, name: str) -> bool:
        with self._lock:
            return self._presets.pop(name, None) is not None

    def close(self) -> None:
        """There is nothing to let go of."""
