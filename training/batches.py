"""Batches of patches, input and target, for each task; made on the device that trains."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.degrade import DAMAGES
from training.recipes import Recipe

CELL = 8
"""Pixels from one place, where a patch may begin, to the next; it begins up to so many later."""
WORTH, ANYWHERE = 0.7, 0.15
"""Exponent of what there is to learn at a place, and share of patches that are from anywhere."""
SOFT, SOFTEST = 0.3, 6
"""Share of patches, to learn cleaning from, that are enlarged out of focus, and how far at most:
the crops are of places with detail, and photos of products are mostly background."""
FINE = 0.15
"""Share of patches, to learn cleaning from, that are of drawn meshes and cloth."""
AT_ONCE = 256


class Crops:
    """The arrays that ``training.prepare`` wrote, on ``device``: each once it is asked for."""

    def __init__(self, work: Path, device: str) -> None:
        self._work, self._device = work, device
        self._sums: dict[int, Tensor] = {}

    @cached_property
    def small(self) -> Tensor:
        return self._kept("small")

    @cached_property
    def large(self) -> Tensor:
        return self._kept("large")

    @cached_property
    def taught(self) -> Tensor:
        return self._kept("taught")

    @cached_property
    def meshes(self) -> Tensor:
        return self._kept("meshes")

    @cached_property
    def clean(self) -> Tensor:
        """The numbers of the crops that are."""
        return self._kept("clean").nonzero()[:, 0]

    @cached_property
    def drawn(self) -> Tensor:
        """The numbers of the crops of print."""
        return self._kept("drawn").nonzero()[:, 0]

    def _kept(self, name: str) -> Tensor:
        return torch.from_numpy(np.load(self._work / f"{name}.npy")).to(self._device)

    def places(self, side: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Crops, rows and columns of patches of the small ones.

        Mostly where there is much to learn: where the teacher is far from plain interpolation.
        """
        if side not in self._sums:
            self._sums[side] = self._worth(side).flatten().double().cumsum(0)
        sums, free = self._sums[side], self.small.shape[1] - side
        device = self.small.device
        found = torch.searchsorted(sums, torch.rand(count, device=device).double() * sums[-1])
        per_axis = free // CELL + 1
        n = (found // per_axis**2).clamp(max=len(self.small) - 1)
        cell = found % per_axis**2
        y = (cell // per_axis * CELL + _below(CELL, count, device)).clamp(max=free)
        x = (cell % per_axis * CELL + _below(CELL, count, device)).clamp(max=free)
        anywhere = torch.rand(count, device=device) < ANYWHERE
        n = torch.where(anywhere, _below(len(self.small), count, device), n)
        y = torch.where(anywhere, _below(free + 1, count, device), y)
        return n, y, torch.where(anywhere, _below(free + 1, count, device), x)

    @torch.no_grad()
    def _worth(self, side: int) -> Tensor:
        """(crops, places of a row, of a column)."""
        found = []
        for start in range(0, len(self.small), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            plain = functional.interpolate(
                _tensor(self.small[part]), scale_factor=2, mode="bicubic"
            )
            off = (_tensor(self.taught[part]) - plain).abs().mean(1, keepdim=True)
            near = functional.avg_pool2d(functional.avg_pool2d(off, 2), side, CELL)
            found.append(near[:, 0] ** WORTH)
        return torch.cat(found)


def batch(crops: Crops, recipe: Recipe) -> tuple[Tensor, Tensor]:
    """Float32 NCHW, 0 to 1: inputs (batch, 3, patch, patch) and their targets."""
    if recipe.shape.scale == 1:
        return _cleaned(crops, recipe)
    side = recipe.patch
    n, y, x = crops.places(side, recipe.batch)
    small = _patches(crops.small, n, y, x, side)
    target = recipe.taught * _patches(crops.taught, n, 2 * y, 2 * x, 2 * side)
    target += (1 - recipe.taught) * _patches(crops.large, n, 2 * y, 2 * x, 2 * side)
    small, target = turned(small, target)
    return DAMAGES[recipe.task](small), target


def doubled(crops: Crops, chosen: Tensor, count: int, side: int) -> tuple[Tensor, Tensor]:
    """``count`` patches (side x side) from anywhere in the small crops ``chosen``, and what the
    large ones show there."""
    device = crops.small.device
    n = chosen[_below(len(chosen), count, device)]
    y, x = (_below(crops.small.shape[1] - side + 1, count, device) for _ in range(2))
    small = _patches(crops.small, n, y, x, side)
    return small, _patches(crops.large, n, 2 * y, 2 * x, 2 * side)


def _cleaned(crops: Crops, recipe: Recipe) -> tuple[Tensor, Tensor]:
    soft, fine = (round(share * recipe.batch) for share in (SOFT, FINE))
    side = recipe.patch
    parts = [
        some(crops.large, recipe.batch - soft - fine, side, crops.clean),
        some(crops.meshes, fine, side),
        out_of_focus(crops, soft, side),
    ]
    (truth,) = turned(torch.cat(parts))
    truth = truth[torch.randperm(len(truth), device=truth.device)]
    return DAMAGES[recipe.task](truth), truth


def out_of_focus(crops: Crops, count: int, side: int) -> Tensor:
    """``count`` patches (side x side) of the clean crops, enlarged 2 to ``SOFTEST`` times."""
    near = int(torch.randint(2, SOFTEST + 1, ()))
    patches = some(crops.large, count, side // near, crops.clean)
    return functional.interpolate(patches, (side, side), mode="bicubic").clamp(0, 1)


def some(pictures: Tensor, count: int, side: int, chosen: Tensor | None = None) -> Tensor:
    """``count`` patches from anywhere in the pictures, or in those whose numbers are ``chosen``."""
    device = pictures.device
    n = _below(len(pictures if chosen is None else chosen), count, device)
    y, x = (_below(pictures.shape[1] - side + 1, count, device) for _ in range(2))
    return _patches(pictures, n if chosen is None else chosen[n], y, x, side)


def _below(end: int, count: int, device: torch.device) -> Tensor:
    return torch.randint(0, end, (count,), device=device)


def _patches(pictures: Tensor, n: Tensor, y: Tensor, x: Tensor, side: int) -> Tensor:
    at = torch.arange(side, device=pictures.device)
    rows, columns = (y[:, None] + at)[:, :, None], (x[:, None] + at)[:, None, :]
    return _tensor(pictures[n[:, None, None], rows, columns])


def _tensor(pixels: Tensor) -> Tensor:
    """NHWC, 0 to 255, to NCHW, 0 to 1."""
    return pixels.permute(0, 3, 1, 2).float().contiguous() / 255


def turned(*together: Tensor) -> list[Tensor]:
    """One of the eight symmetries of the square, another for each eighth of the batch."""
    found = []
    for patches in together:
        parts = [
            torch.rot90(part.flip(3) if turn >= 4 else part, turn % 4, (2, 3))
            for turn, part in enumerate(patches.tensor_split(8))
        ]
        found.append(torch.cat(parts))
    return found
