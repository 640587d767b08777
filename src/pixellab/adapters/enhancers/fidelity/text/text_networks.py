"""PP-OCR's two networks: one tells where lines of text are, one reads a line.

Their files are those of RapidOCR, which PaddleOCR's were converted to. What goes in and comes out
is described by M. Liao et al., "Real-time scene text detection with differentiable binarization"
(AAAI 2020), and by Y. Du et al., "SVTR: Scene text recognition with a single visual model" (IJCAI
2022). One picture at a time goes through them, on all cores.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from attrs import field, frozen

from pixellab.adapters.enhancers.fidelity.text.text_boxes import cut_out_line, text_boxes
from pixellab.adapters.enhancers.local.networks.onnx_session import open_session
from pixellab.adapters.enhancers.local.pixels.cores import cores
from pixellab.adapters.network_files.providers import CPU
from pixellab.domain.errors import BackendFailed, BackendUnavailable

if TYPE_CHECKING:
    from pixellab.adapters.enhancers.local.pixels.arrays import Bytes, Floats
SEARCHED_SIDE, MAX_ENLARGED = 960, 2.0
"""Longest side, in pixels, of the copy in which text is searched, and how far it is enlarged."""
STEP = 32
"""The detection network takes sides that are multiples of this."""
LINE_HEIGHT, LEAST_WIDTH, MOST_WIDTH = 48, 96, 1600
"""Height that the recognition network takes, and the narrowest and widest line given to it."""
AT_ONCE = 6
"""Lines that are read together, which are of similar width."""
BLANK = 0
"""The class that stands for no character (connectionist temporal classification)."""


@frozen
class Reading:
    """What is read in one place; empty where nothing is."""

    text: str
    sureness: tuple[float, ...] = field(repr=False)
    """Of each character, 0 to 1."""

    @property
    def sure(self) -> float:
        """The mean over its characters; 0 where there are none."""
        return float(np.mean(self.sureness)) if self.sureness else 0.0


class TextNetworks:
    """Both networks, opened from their files.

    Raises BackendUnavailable for one that is missing, cut or has no alphabet.
    """

    def __init__(
        self, detection: Path, recognition: Path, providers: Sequence[str] = (CPU,)
    ) -> None:
        self._detection = _opened(detection, providers)
        self._recognition = _opened(recognition, providers)
        self._alphabet = _alphabet(self._recognition)
        self._turn = threading.Lock()

    def find(self, rgb: Bytes) -> Floats:
        """Where lines of text are in uint8 (height, width, 3): corners, float32 (n, 4, 2).

        Each is x and y in pixels: top left, top right, bottom right, bottom left of a line as it is
        read. Raises BackendFailed.
        """
        height, width = rgb.shape[:2]
        scale = min(SEARCHED_SIDE / max(height, width), MAX_ENLARGED)
        size = tuple(max(STEP, round(side * scale / STEP) * STEP) for side in (width, height))
        small = scale < 1
        given = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if small else cv2.INTER_CUBIC)
        (likely,) = self._run(self._detection, _tensor(given)[None])
        return text_boxes(likely[0, 0]) * np.array([width / size[0], height / size[1]], np.float32)

    def read(self, rgb: Bytes, boxes: Floats) -> list[Reading]:
        """What is read in each of ``boxes``, as ``find`` gives them. Raises BackendFailed."""
        lines = [_line(cut_out_line(rgb, box)) for box in boxes]
        order = sorted(range(len(lines)), key=lambda n: lines[n].shape[1])
        readings: dict[int, Reading] = {}
        for first in range(0, len(order), AT_ONCE):
            numbers = order[first : first + AT_ONCE]
            widest = max(lines[n].shape[1] for n in numbers)
            given = np.zeros((len(numbers), 3, LINE_HEIGHT, widest), np.float32)
            for place, n in enumerate(numbers):
                given[place, :, :, : lines[n].shape[1]] = _tensor(lines[n])
            (answer,) = self._run(self._recognition, given)
            for n, classes in zip(numbers, answer, strict=True):
                readings[n] = self._decoded(classes)
        return [readings[n] for n in range(len(lines))]

    def _decoded(self, classes: Floats) -> Reading:
        """The best class of each column, repeated ones once, without blanks."""
        best = classes.argmax(axis=1)
        new = np.concatenate([[True], best[1:] != best[:-1]]) & (best != BLANK)
        text = "".join(self._alphabet[n] for n in best[new])
        return Reading(text, tuple(map(float, classes.max(axis=1)[new])))

    def _run(self, session: Any, tensor: Floats) -> list[Floats]:
        try:
            with self._turn:
                return list(session.run(None, {session.get_inputs()[0].name: tensor}))
        except Exception as error:  # onnxruntime's exceptions share no other base
            raise BackendFailed("The networks that read text failed on this picture.") from error


def opened_when_asked(
    locate: Sequence[Callable[[], Path]], providers: Sequence[str] = (CPU,)
) -> Callable[[], TextNetworks]:
    """Gives the networks, whose files ``locate`` finds (or fetches) when first asked.

    What it gives raises PixelLabError where they cannot be had, and tries again when next asked.
    """
    opened: list[TextNetworks] = []
    opening = threading.Lock()

    def networks() -> TextNetworks:
        with opening:
            if not opened:
                detection, recognition = (find() for find in locate)
                opened.append(TextNetworks(detection, recognition, providers))
            return opened[0]

    return networks


def _opened(file: Path, providers: Sequence[str]) -> Any:
    return open_session(file, file.stem, threads=cores(), providers=providers).session


def _alphabet(session: Any) -> list[str]:
    """What each class stands for: a blank, the characters that the file lists, a space."""
    listed = session.get_modelmeta().custom_metadata_map.get("character", "")
    alphabet = ["", *listed.splitlines(), " "]
    if session.get_outputs()[0].shape[-1] != len(alphabet):
        raise BackendUnavailable("The network that reads text lists no alphabet that fits it.")
    return alphabet


def _line(rgb: Bytes) -> Bytes:
    """A line at the height that is read, as wide as its shape asks for."""
    height, width = rgb.shape[:2]
    wide = min(max(math.ceil(width * LINE_HEIGHT / height), LEAST_WIDTH), MOST_WIDTH)
    wanted = min(math.ceil(width * LINE_HEIGHT / height), wide)
    line = cv2.resize(rgb, (wanted, LINE_HEIGHT), interpolation=cv2.INTER_LINEAR)
    return cv2.copyMakeBorder(line, 0, 0, 0, wide - wanted, cv2.BORDER_REPLICATE)


def _tensor(rgb: Bytes) -> Floats:
    """(3, height, width), B, G, R, -1 to 1: what both were trained on."""
    return np.ascontiguousarray(rgb[..., ::-1].transpose(2, 0, 1), np.float32) / 127.5 - 1
