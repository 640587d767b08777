"""The networks that come with PixelLab, and any other file of one: each opened once per process."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar, cast

from pixellab.adapters.enhancers.local.networks.image_network import Network, open_network
from pixellab.adapters.enhancers.local.networks.light_network import (
    LightNetwork,
    open_light_network,
)
from pixellab.adapters.enhancers.local.networks.tuning import UNTUNED, Tuning
from pixellab.adapters.network_files.providers import CPU
from pixellab.domain.errors import BackendUnavailable

WEIGHTS = Path(__file__).parent / "weights"
LIGHT = "light"
"""The network that makes no picture: it tells the tint of the light."""
Opened = TypeVar("Opened", Network, LightNetwork)

_opening = threading.Lock()
_known: dict[tuple[Path, tuple[str, ...], Tuning], Network | LightNetwork | BackendUnavailable] = {}
"""What came of opening each network; a bad file is not read again with every picture."""


def shipped(name: str, providers: tuple[str, ...] = (CPU,), tuning: Tuning = UNTUNED) -> Network:
    """One of the networks that come with PixelLab; opened once in a process.

    Raises BackendUnavailable if its file is missing or is not the one that was shipped.
    """
    about = contents()[name]
    return opened_once(
        WEIGHTS / f"{name}.onnx",
        providers,
        tuning,
        sha256=str(about["sha256"]),
        reach=int(about["reach"]),
        grid=int(about["grid"]),
    )


def shipped_light_network(providers: tuple[str, ...] = (CPU,)) -> LightNetwork:
    """The one that tells the tint of the light; opened once in a process.

    Raises BackendUnavailable if its file is missing or is not the one that was shipped.
    """
    sha256 = str(_listed()[LIGHT]["sha256"])
    return _once(WEIGHTS / f"{LIGHT}.onnx", providers, partial(open_light_network, sha256=sha256))


def opened_once(
    path: Path, providers: tuple[str, ...], tuning: Tuning = UNTUNED, **about: Any
) -> Network:
    """The network in the ONNX file at ``path``; ``about`` it is as for ``open_network``.

    Raises BackendUnavailable, the same one every time.
    """
    return _once(path, providers, partial(open_network, tuning=tuning, **about), tuning)


def _once(
    path: Path,
    providers: tuple[str, ...],
    opening: Callable[..., Opened],
    tuning: Tuning = UNTUNED,
) -> Opened:
    key = (path, providers, tuning)
    found = _known.get(key)
    if found is None:
        with _opening:
            found = _known.get(key) or _try(path, providers, opening)
            _known[key] = found
    if isinstance(found, BackendUnavailable):
        raise found.with_traceback(None)  # else it would keep every picture that met it
    return cast("Opened", found)


def _try(
    path: Path, providers: tuple[str, ...], opening: Callable[..., Opened]
) -> Opened | BackendUnavailable:
    try:
        return opening(path, providers=providers)
    except BackendUnavailable as error:
        return error


def contents() -> Mapping[str, Mapping[str, Any]]:
    """What weights.toml says of each shipped network that makes pictures of pictures.

    ``sha256``, ``reach`` and ``grid``.
    """
    return {name: about for name, about in _listed().items() if name != LIGHT}


@cache
def _listed() -> Mapping[str, Mapping[str, Any]]:
    with (WEIGHTS / "weights.toml").open("rb") as file:
        return tomllib.load(file)
