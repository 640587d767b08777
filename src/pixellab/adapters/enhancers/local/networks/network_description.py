"""What a segmentation network of one's own wants its pictures to be: a small file beside it.

``model.toml`` lies beside ``model.onnx``; each of its keys may be left out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from pixellab.adapters.network_files.registry import IMAGENET_MEAN, IMAGENET_STD, NETWORKS
from pixellab.domain.errors import BackendUnavailable

WHITE = 255.0
LARGEST = 4096
"""Pixels of a side that a network may ask for."""
Triple = tuple[float, float, float]


@frozen(kw_only=True)
class Description:
    """How a picture is made ready for a network: (levels - mean) / deviation."""

    size: tuple[int, int] | None = None
    """(height, width) of the input, for a network that takes any; None for the usual one."""
    mean: Triple
    """R, G, B, in levels of 0 to 255."""
    deviation: Triple
    output: str | None = None
    """The output that shows the product; None for the first."""
    stretch: bool = False
    """Whether the brightest level of the picture is brought to 255 first."""


def describe(file: Path, name: str) -> Description:
    """The description beside the network's ``file``; without one, u2net's or a known network's.

    Raises BackendUnavailable for a description that cannot be read.
    """
    beside = file.with_suffix(".toml")
    known = NETWORKS.get(name)
    if known is None and beside.is_file():
        return _read(beside, name)
    mean, deviation = (known.mean, known.std) if known else (IMAGENET_MEAN, IMAGENET_STD)
    return Description(mean=_levels(mean), deviation=_levels(deviation), stretch=True)


def _levels(shares: Triple) -> Triple:
    red, green, blue = (WHITE * each for each in shares)
    return red, green, blue


def _read(file: Path, name: str) -> Description:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _wrong(name, "it cannot be read as TOML") from error
    given: dict[str, Any] = {
        "mean": _levels(IMAGENET_MEAN),
        "deviation": _levels(IMAGENET_STD),
    }
    for key, value in table.items():
        if key not in KEYS:
            raise _wrong(name, f"{key[:40]!r} is none of {', '.join(KEYS)}")
        allowed, read = KEYS[key]
        given[key] = read(value)
        if given[key] is None:
            raise _wrong(name, f"{key} must be {allowed}")
    return Description(**given)


def _wrong(name: str, why: str) -> BackendUnavailable:
    return BackendUnavailable(f"The file that describes the network {name} is wrong: {why}.")


def _size(value: Any) -> tuple[int, int] | None:
    sides = value if isinstance(value, list) else [value, value]
    right = all(type(each) is int and 1 <= each <= LARGEST for each in sides)
    return (sides[0], sides[1]) if right and len(sides) == 2 else None


def _triple(value: Any) -> Triple | None:
    each = value if isinstance(value, list) else [value] * 3
    if len(each) != 3 or not all(type(part) in (int, float) for part in each):
        return None
    red, green, blue = (float(part) for part in each)
    return red, green, blue


def _deviation(value: Any) -> Triple | None:
    found = _triple(value)
    return found if found and min(found) > 0 else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


KEYS: Mapping[str, tuple[str, Callable[[object], Any]]] = {
    "size": (f"a side or [height, width] in pixels, up to {LARGEST}", _size),
    "mean": ("a level from 0 to 255, or three of them", _triple),
    "deviation": ("a number of levels above 0, or three of them", _deviation),
    "output": ("the name of an output of the network", _text),
    "stretch": ("true or false", _flag),
}
"""What the file may say: each key's allowed values in words, and what reads them."""
