"""The network that tells the tint of the light from a thumbnail, and says how sure it is."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.networks.onnx_session import (
    Opened,
    open_session,
    read_model,
)
from pixellab.adapters.imaging.srgb import to_linear
from pixellab.adapters.network_files.providers import CPU
from pixellab.domain.errors import BackendFailed

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

SIDE = 64
"""Side, in pixels, of the thumbnail that the network looks at."""


@frozen(eq=False)
class Tint:
    """Natural logarithms of the light's R / G and B / G, as a normal distribution; 0 is neutral."""

    mean: Floats
    """(2,)."""
    covariance: Floats
    """(2, 2)."""


@frozen
class LightNetwork:
    """A network with float32 input (1, 3, SIDE, SIDE), linear R, G, B, 0 to 1.

    It answers with the mean, (2,), and the covariance, (2, 2), of a ``Tint``.
    """

    name: str
    sha256: str
    """Of its file."""
    opened: Opened = field(eq=False, repr=False)
    _turn: threading.Lock = field(factory=threading.Lock, init=False, eq=False, repr=False)

    def tint(self, rgb: Pixels) -> Tint:
        """That of the light in uint8 (H, W, 3) RGB of any size. Raises BackendFailed."""
        thumbnail = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        tensor = to_linear(thumbnail).transpose(2, 0, 1)[None].astype(np.float32)
        session = self.opened.session
        given = {session.get_inputs()[0].name: np.ascontiguousarray(tensor)}
        try:
            if self.opened.on_cpu:
                mean, covariance = session.run(None, given)
            else:
                with self._turn:
                    mean, covariance = session.run(None, given)
        except Exception as error:  # onnxruntime's exceptions share no other base
            raise BackendFailed(f"The network {self.name} failed on this picture.") from error
        return Tint(np.asarray(mean, np.float64), np.asarray(covariance, np.float64))


def open_light_network(
    path: Path, *, sha256: str, providers: Sequence[str] = (CPU,)
) -> LightNetwork:
    """The network in the ONNX file at ``path``; ``providers`` are as for ``open_session``.

    Raises BackendUnavailable for a file that is missing or has another checksum.
    """
    opened = open_session(read_model(path, sha256), path.stem, threads=1, providers=providers)
    return LightNetwork(path.stem, sha256, opened)
