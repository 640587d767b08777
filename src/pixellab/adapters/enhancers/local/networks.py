"""The networks that make pictures of pictures: PixelLab's own, and one that a user brings."""

from __future__ import annotations

import logging
import threading
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pixellab.adapters.enhancers.local.runner import Network, open_network
from pixellab.adapters.enhancers.local.sessions import CPU
from pixellab.domain.errors import BackendUnavailable
from pixellab.domain.pictures import Step

WEIGHTS = Path(__file__).parent / "weights"

log = logging.getLogger(__name__)
_opening = threading.Lock()
_known: dict[tuple[Path, tuple[str, ...]], Network | BackendUnavailable] = {}
"""What came of opening each network; a bad file is not read again with every picture."""


class Networks:
    """Gives out networks for one picture, and notes which steps used which.

    ``providers`` compute them (see ``sessions``). ``upscaler`` is the path of a network that
    enlarges, used in place of ours.
    """

    def __init__(self, providers: Sequence[str] = (CPU,), upscaler: Path | None = None) -> None:
        self._providers = tuple(providers)
        self._upscaler = upscaler
        self._used: list[tuple[str, str]] = []
        self._warnings: list[str] = []

    def for_another(self) -> Networks:
        """The same ones, with nothing noted."""
        return Networks(self._providers, self._upscaler)

    def ours(self, name: str) -> Network:
        """One of those that come with PixelLab.

        Raises BackendUnavailable if its file is missing or is not the one that was shipped.
        """
        return shipped(name, self._providers)

    def upscaler(self) -> Network | None:
        """The user's own for enlarging; None if there is none, or none that can be used."""
        if self._upscaler is None:
            return None
        try:
            network = _opened(self._upscaler, self._providers)
            if network.scale == 1 or len(network.opened.session.get_inputs()) > 1:
                raise BackendUnavailable(
                    f"The network {network.name} does not enlarge a picture and nothing else."
                )
        except BackendUnavailable as error:
            self.warn(f"{error.message} PixelLab's own was used instead.")
            return None
        return network

    def note(self, network: Network, step: str) -> None:
        """The step of that name used ``network``."""
        self._used.append((step, network.name))
        self._warnings += network.opened.warnings

    def warn(self, warning: str) -> None:
        log.warning("%s", warning)
        self._warnings.append(warning)

    def used(self, steps: Sequence[Step]) -> tuple[str, ...]:
        """Names of the networks of those ``steps`` that were applied, in the order of their use."""
        applied = {step.name for step in steps if step.applied}
        return tuple(dict.fromkeys(name for step, name in self._used if step in applied))

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._warnings))


def shipped(name: str, providers: tuple[str, ...] = (CPU,)) -> Network:
    """One of the networks that come with PixelLab; opened once in a process.

    Raises BackendUnavailable if its file is missing or is not the one that was shipped.
    """
    about = contents()[name]
    return _opened(
        WEIGHTS / f"{name}.onnx",
        providers,
        sha256=str(about["sha256"]),
        reach=int(about["reach"]),
        grid=int(about["grid"]),
    )


def _opened(path: Path, providers: tuple[str, ...], **about: Any) -> Network:
    found = _known.get((path, providers))
    if found is None:
        with _opening:
            found = _known.get((path, providers)) or _try(path, providers, **about)
            _known[path, providers] = found
    if isinstance(found, BackendUnavailable):
        raise found.with_traceback(None)  # else it would keep every picture that met it
    return found


def _try(path: Path, providers: tuple[str, ...], **about: Any) -> Network | BackendUnavailable:
    try:
        return open_network(path, providers=providers, **about)
    except BackendUnavailable as error:
        return error


@cache
def contents() -> Mapping[str, Mapping[str, Any]]:
    """What weights.toml says of each shipped network: ``sha256``, ``reach`` and ``grid``."""
    with (WEIGHTS / "weights.toml").open("rb") as file:
        return tomllib.load(file)
