"""Enhancers that other installed packages bring.

A package declares them under the entry-point group ``pixellab.enhancers``: the entry's name is the
backend's name, its object is called without arguments and returns an ``Enhancer``.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

from pixellab.domain.errors import BackendUnavailable
from pixellab.domain.ports import Enhancer

GROUP = "pixellab.enhancers"


def find_enhancers() -> dict[str, Callable[[], Enhancer]]:
    """Factories by backend name in upper case; nothing is imported before one is called."""
    return {entry.name.upper(): _factory(entry) for entry in entry_points(group=GROUP)}


def _factory(entry: EntryPoint) -> Callable[[], Enhancer]:
    def make() -> Enhancer:
        try:
            enhancer: Enhancer = entry.load()()
        except Exception as error:
            raise BackendUnavailable(f"The plug-in {entry.name} could not be loaded.") from error
        return enhancer

    return make
