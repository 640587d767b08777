"""Runs networks that make pictures of pictures: ONNX, one session each, tile by tile."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.networks.onnx_session import (
    Opened,
    open_session,
    read_model,
)
from pixellab.adapters.enhancers.local.networks.tuning import UNTUNED, Tuning
from pixellab.adapters.enhancers.local.pixels.tiles import map_tiles
from pixellab.adapters.network_files.providers import CPU
from pixellab.domain.errors import BackendFailed, BackendUnavailable

Pixels = NDArray[np.uint8]

TILE = 512
"""Side of a tile in pixels once it is enlarged twice or more; half of that where it is not."""
SMALLEST_TILE = 16
UNKNOWN_REACH = 32
"""Margin, in pixels, around the tiles of a network that does not say how far it looks."""
UNKNOWN_GRID = 4
"""Tiles of a network that says nothing of it are multiples of so many pixels: enough for two
halvings."""
PROBE = 32
SCALES = (1, 2, 3, 4)
OUT_OF_MEMORY = ("bad_alloc", "allocate memory", "out of memory", "memory allocation")


@frozen
class Network:
    """A network with float32 input (1, 3, H, W) and output (1, 3, H * scale, W * scale).

    RGB, 0 to 1.
    """

    name: str
    sha256: str
    """Of its file."""
    scale: int
    reach: int
    """How far it looks, in pixels: tiles come with so much around them."""
    grid: int
    """Heights, widths and places of tiles are multiples of this many pixels."""
    opened: Opened = field(eq=False, repr=False)
    tiles: int | None = None
    """Worked on at a time; where that is None, one per core, 4 at most."""
    _turn: threading.Lock = field(factory=threading.Lock, init=False, eq=False, repr=False)

    def run(
        self,
        pixels: Pixels,
        *,
        tile: int | None = None,
        threads: int | None = None,
    ) -> Pixels:
        """uint8 (H, W, 3) RGB to (H * scale, W * scale, 3), whatever the tile's side.

        ``tile`` is a multiple of ``grid``; ``threads`` tiles are worked on at a time: by default
        as many as ``tiles`` says. A tile that memory does not suffice for is done in quarters.
        Raises BackendFailed where even small ones are too large.
        """

        def work(tile: Pixels, _: tuple[slice, slice]) -> Pixels:
            return self._tile(tile)

        try:
            return map_tiles(
                pixels,
                work,
                margin=self.reach,
                scale=self.scale,
                tile=tile or max(TILE // max(self.scale, 2) // self.grid, 1) * self.grid,
                threads=threads or self.tiles,
            )
        except MemoryError as error:
            raise self._too_little_memory() from error

    def _too_little_memory(self) -> BackendFailed:
        return BackendFailed(f"There is too little memory for the network {self.name}.")

    def _tile(self, tile: Pixels) -> Pixels:
        """A tile with its margin in, without it out."""
        margin = self.reach
        if (tile == tile[:1, :1]).all():
            # One colour all over, as before a white background: nothing to look for.
            core = tile[margin : tile.shape[0] - margin, margin : tile.shape[1] - margin]
            return np.repeat(np.repeat(core, self.scale, 0), self.scale, 1)
        try:
            return self._answer(tile)
        except Exception as error:  # onnxruntime's exceptions share no other base
            if not _is_out_of_memory(error):
                raise BackendFailed(f"The network {self.name} failed on this picture.") from error
            if max(tile.shape[:2]) <= 2 * margin + SMALLEST_TILE:
                raise self._too_little_memory() from error
        return self._in_quarters(tile)

    def _in_quarters(self, tile: Pixels) -> Pixels:
        margin, rows, columns = self.reach, *self._halves(tile)
        lines = []
        for top, bottom in rows:
            parts = [
                self._tile(tile[top : bottom + 2 * margin, left : right + 2 * margin])
                for left, right in columns
            ]
            lines.append(np.concatenate(parts, axis=1))
        return np.concatenate(lines, axis=0)

    def _halves(self, tile: Pixels) -> list[list[tuple[int, int]]]:
        """Of rows and of columns without their margin: both halves, or the whole of a few."""
        found = []
        for length in (side - 2 * self.reach for side in tile.shape[:2]):
            middle = -(-length // 2 // self.grid) * self.grid
            found.append([(0, middle), (middle, length)] if 0 < middle < length else [(0, length)])
        return found

    def _answer(self, tile: Pixels) -> Pixels:
        missing = [(0, -side % self.grid) for side in tile.shape[:2]]
        whole = np.pad(tile, (*missing, (0, 0)), mode="edge")
        tensor = np.ascontiguousarray(whole.transpose(2, 0, 1)[None], np.float32)
        tensor /= 255
        (given,) = self.opened.session.get_inputs()
        answer = self._run({given.name: tensor})
        edge, height, width = self.reach * self.scale, *tile.shape[:2]
        core = answer[0, :, edge : height * self.scale - edge, edge : width * self.scale - edge]
        rounded = np.rint(np.clip(core, 0, 1) * np.float32(255)).astype(np.uint8)
        return np.ascontiguousarray(rounded.transpose(1, 2, 0))

    def _run(self, given: dict[str, Any]) -> NDArray[np.float32]:
        if self.opened.on_cpu:
            return np.asarray(self.opened.session.run(None, given)[0])
        with self._turn:
            return np.asarray(self.opened.session.run(None, given)[0])


def _is_out_of_memory(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(sign in text for sign in OUT_OF_MEMORY)


def open_network(
    path: Path,
    *,
    sha256: str | None = None,
    reach: int = UNKNOWN_REACH,
    grid: int = UNKNOWN_GRID,
    providers: Sequence[str] = (CPU,),
    tuning: Tuning = UNTUNED,
) -> Network:
    """The network in the ONNX file at ``path``, checked against ``sha256`` if that is given.

    The scale is found out by running it; ``providers`` are as for ``open_session``. Raises
    BackendUnavailable for a file that is missing, has another checksum, is no ONNX model, or whose
    input and output are not as ``Network`` wants.
    """
    name = path.stem
    data = read_model(path, sha256)
    # Tiles are what runs in parallel; threads inside of one would wait for each other.
    # By its path where it may have weights in files beside it.
    opened = open_session(
        path if sha256 is None else data,
        name,
        threads=1,
        providers=providers,
        level=tuning.level,
    )
    scale = _scale(name, opened.session)
    digest = hashlib.sha256(data).hexdigest()
    return Network(
        name=name,
        sha256=digest,
        scale=scale,
        reach=reach,
        grid=grid,
        opened=opened,
        tiles=tuning.tiles,
    )


def _scale(name: str, session: Any) -> int:
    """How many times larger the answer is. Raises BackendUnavailable for another layout."""
    wanted = BackendUnavailable(
        f"The network {name} has another layout than float32 (1, 3, height, width) in and out, of "
        "any height and width, enlarged 1 to 4 times."
    )
    first, *others = session.get_inputs()
    if first.type != "tensor(float)" or len(first.shape) != 4 or others:
        raise wanted
    given = {first.name: np.zeros((1, 3, PROBE, PROBE + 4), np.float32)}
    try:
        answer = np.asarray(session.run(None, given)[0])
    except Exception as error:
        raise wanted from error
    for scale in SCALES:
        if answer.shape == (1, 3, PROBE * scale, (PROBE + 4) * scale):
            return scale
    raise wanted
