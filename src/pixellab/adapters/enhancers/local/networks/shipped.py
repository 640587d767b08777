"""The networks that come with PixelLab, and any other file of one: each opened once per process."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pixellab.adapters.enhancers.local.networks.image_network import Network, open_network
from pixellab.adapters.network_files.providers import CPU
from pixellab.domain.errors import BackendUnavailable

WEIGHTS = Path(__file__).parent / "weights"

_opening = threading.Lock()
_known: dict[tuple[Path, tuple[str, ...]], Network | BackendUnavailable] = {}
"""What came of opening each network; a bad file is not read again with every picture."""


def shipped(name: str, providers: tuple[str, ...] = (CPU,)) -> Network:
    """One of the networks that come with PixelLab; opened once in a process.

    Raises BackendUnavailable if its file is missing or is not the one that was shipped.
    """
    about = contents()[name]
    return opened_once(
        WEIGHTS / f"{name}.onnx",
        providers,
        sha256=str(about["sha256"]),
        reach=int(about["reach"]),
        grid=int(about["grid"]),
    )


def opened_once(path: Path, providers: tuple[str, ...], **about: Any) -> Network:
    """The network in the ONNX file at ``path``; ``about`` it is as for ``open_network``.

    Raises BackendUnavailable, the same one every time.
    """
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
