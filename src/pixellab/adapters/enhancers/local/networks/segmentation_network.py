"""Segmentation networks: how much of a picture's subject there is at each place.

One ONNX session per network and process, made when it is first needed and shared by all threads.
One picture at a time goes through a network, on all cores: two at once would take each other's
cores and twice the memory, and neither would be done sooner.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from attrs import frozen

from pixellab.adapters.enhancers.local.networks.network_description import describe
from pixellab.adapters.enhancers.local.networks.onnx_session import open_session, read_model
from pixellab.adapters.enhancers.local.pixels.cores import cores
from pixellab.adapters.network_files.providers import CPU
from pixellab.domain.errors import BackendFailed, BackendUnavailable, PixelLabError
from pixellab.domain.findings import Finding, fine, problem, warning
from pixellab.domain.results import Model

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats
    from pixellab.domain.requests.places import Box
USUAL_SIDE = 320
"""Side of the input, in pixels, of a network that takes any."""
LAYOUT = (
    "allowed is one input of float32 (1, 3, height, width) and a first output of one channel, "
    "(1, 1, height, width)"
)
WHITE = 255.0

log = logging.getLogger(__name__)


class SegmentationNetwork:
    """A network with its session, from ``file``, and what ``network_description`` says of it.

    Raises BackendUnavailable for one that is missing, cut, of another layout or wrongly described.
    """

    def __init__(
        self, file: Path, *, name: str | None = None, providers: Sequence[str] = (CPU,)
    ) -> None:
        self.name = name or file.stem
        self._wants = describe(file, self.name)
        self._mean = np.array(self._wants.mean, np.float32).reshape(-1, 1, 1)
        self._deviation = np.array(self._wants.deviation, np.float32).reshape(-1, 1, 1)
        # One picture at a time, on all cores.
        opened = open_session(file, self.name, threads=cores(), providers=providers)
        self._session, self.warnings = opened.session, opened.warnings
        self.model = Model(self.name, hashlib.sha256(read_model(file)).hexdigest())
        self._input, self._output, self._size = self._layout()
        self._turn = threading.Lock()

    def saliency(self, rgb: Bytes) -> Floats:
        """float32 (height, width) of the network's own size, 0 to 1: 1 on the subject.

        ``rgb`` is uint8 (height, width, 3), of any size and shape. Raises BackendFailed.
        """
        given = cv2.resize(rgb, self._size, interpolation=_smoothing(rgb, self._size))
        levels = given.transpose(2, 0, 1).astype(np.float32, order="C")
        if self._wants.stretch:
            levels *= WHITE / max(int(given.max()), 1)
        levels -= self._mean
        levels /= self._deviation
        try:
            with self._turn:
                (answer,) = self._session.run([self._output], {self._input: levels[None]})
        except Exception as error:  # onnxruntime's exceptions share no other base
            raise BackendFailed(f"The network {self.name} failed on this picture.") from error
        return _shares(np.asarray(answer, np.float32).squeeze((0, 1)))

    def _layout(self) -> tuple[str, str, tuple[int, int]]:
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        wanted = self._wants.output or outputs[0].name
        shape = inputs[0].shape
        answer = next((each.shape for each in outputs if each.name == wanted), None)
        if answer is None:
            raise BackendUnavailable(
                f"The network {self.name} has no output {wanted[:40]!r}; allowed are "
                f"{', '.join(each.name for each in outputs)}."
            )
        if (
            len(inputs) != 1
            or inputs[0].type != "tensor(float)"
            or len(shape) != 4
            or shape[1] != 3
            or len(answer) != 4
            or (isinstance(answer[1], int) and answer[1] != 1)
        ):
            raise BackendUnavailable(
                f"The network {self.name} is not one for segmentation: {LAYOUT}."
            )
        height, width = (
            side if isinstance(side, int) else usual
            for side, usual in zip(
                shape[2:], self._wants.size or (USUAL_SIDE, USUAL_SIDE), strict=True
            )
        )
        return inputs[0].name, wanted, (width, height)


def _smoothing(rgb: Bytes, size: tuple[int, int]) -> int:
    smaller = size[0] < rgb.shape[1] and size[1] < rgb.shape[0]
    return cv2.INTER_AREA if smaller else cv2.INTER_LINEAR


def _shares(answer: Floats) -> Floats:
    """0 to 1, whether the network ends in a sigmoid or leaves that to others."""
    if answer.min() < -0.01 or answer.max() > 1.01:
        answer = 1 / (1 + np.exp(-np.clip(answer, -30, 30)))
    return np.asarray(np.nan_to_num(answer).clip(0, 1), np.float32)


@frozen
class Segmentation:
    """What a network says of a picture; or, where none can be used, why not."""

    model: str | None = None
    saliency: Any = None
    """float32 (height, width), 0 to 1, at a size of its own; None without a network."""
    warnings: tuple[str, ...] = ()
    by_hints: bool = False
    """Whether a user's hints have a part in it, so that it is not to be overruled."""
    box: Box | None = None
    """Where alone a user says that the product is."""


Segment = Callable[["Bytes"], Segmentation]


class Segmenter:
    """Asks one network, which ``locate_file`` finds (or fetches) when it is first needed.

    Where it cannot be had the answer says so, and so it is asked again with the next picture.
    """

    def __init__(
        self,
        name: str,
        locate_file: Callable[[], Path],
        providers: Sequence[str] = (CPU,),
        why_absent: Callable[[], str | None] = lambda: None,
    ) -> None:
        """``why_absent`` says why the file is not there yet, or None where it is."""
        self.name = name
        self._locate_file = locate_file
        self._providers = tuple(providers)
        self._why_absent = why_absent
        self._network: SegmentationNetwork | None = None
        self._opening = threading.Lock()

    @property
    def model(self) -> Model | None:
        """The network, once a picture needed it."""
        return self._network.model if self._network else None

    def __call__(self, rgb: Bytes) -> Segmentation:
        """``rgb`` is uint8 (height, width, 3)."""
        try:
            network = self.network()
            saliency = network.saliency(rgb)
        except PixelLabError as error:
            told = f"{error.message} The classical method was used instead."
            log.warning("%s", error.message)
            return Segmentation(warnings=(told,))
        return Segmentation(self.name, saliency, network.warnings)

    def diagnose(self) -> Finding:
        """Whether the network can be used; fetches nothing."""
        part, until = "cut-out network", "until then the classical method works"
        if why := self._why_absent():
            advice = f"To fetch it now: pixellab models pull {self.name}"
            return warning(part, f"{why}, and {until}", advice)
        try:
            self.network()
        except PixelLabError as error:
            return problem(part, error.message, f"Correct PIXELLAB_CUTOUT_MODEL; {until}.")
        return fine(part, f"{self.name} can be used")

    def network(self) -> SegmentationNetwork:
        """Raises PixelLabError, saying why there is none."""
        if self._network is None:
            file = self._locate_file()
            with self._opening:
                if self._network is None:
                    self._network = SegmentationNetwork(
                        file, name=self.name, providers=self._providers
                    )
        return self._network
