"""Batches of patches, input and target, for each task."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pixellab.adapters.enhancers.local.cleaning.measure_noise import measure_noise
from training.degrade import degraded, with_blocks, with_noise
from training.recipes import Recipe

Floats = NDArray[np.float32]

MEASURED = 40
"""Crops at the end of the stores that don't train: the progress is measured on them."""


CELL = 8
"""Pixels from one place, where a patch may begin, to the next; it begins up to so many later."""
WORTH, ANYWHERE = 0.7, 0.15
"""Exponent of what there is to learn at a place, and share of patches that are from anywhere."""
CLEAN_SIGMA = 2.0
"""Noise, in 8-bit levels, that a crop may have which shows what is clean."""
DAMAGE = {"denoise": with_noise, "deblock": with_blocks}
"""What is done to a patch for each task that cleans; each says how much it did."""
SOFT, SOFTEST = 0.3, 6
"""Share of patches, to learn cleaning from, that are enlarged out of focus, and how far at most:
the crops are of places with detail, and photos of products are mostly background."""


class Stores:
    """The arrays that ``training.prepare`` wrote."""

    def __init__(self, folder: Path) -> None:
        self.small = np.load(folder / "small.npy")
        self.large = np.load(folder / "large.npy", mmap_mode="r")
        self.taught = np.load(folder / "taught.npy", mmap_mode="r")
        self.training = len(self.small) - MEASURED
        self._cells: dict[int, NDArray[np.float64]] = {}

    @cached_property
    def clean(self) -> list[int]:
        """The crops that train and have next to no noise of their own."""
        crops = (np.ascontiguousarray(self.large[n]) for n in range(self.training))
        return [n for n, crop in enumerate(crops) if measure_noise(crop).sigma < CLEAN_SIGMA]

    def place(self, side: int, chance: np.random.Generator) -> tuple[int, int, int]:
        """Crop, row and column of a patch of the small ones: most often one with much to learn.

        That is where the teacher is far from plain interpolation.
        """
        if side not in self._cells:
            self._cells[side] = np.cumsum(self._worth(side).ravel())
        if chance.random() < ANYWHERE:
            y, x = chance.integers(0, self.small.shape[1] - side + 1, 2)
            return int(chance.integers(self.training)), int(y), int(x)
        sums = self._cells[side]
        found = int(np.searchsorted(sums, chance.random() * sums[-1]))
        per_axis = _per_axis(self.small.shape[1], side)
        n, cell = divmod(found, per_axis**2)
        free = self.small.shape[1] - side
        y, x = (min(at * CELL + int(chance.integers(CELL)), free) for at in divmod(cell, per_axis))
        return n, y, x

    def _worth(self, side: int) -> NDArray[np.float64]:
        per_axis = _per_axis(self.small.shape[1], side)
        worth = np.zeros((self.training, per_axis**2))
        for n in range(self.training):
            plain = cv2.resize(self.small[n], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
            off = np.abs(self.taught[n].astype(np.float32) - plain).mean(axis=2)
            mean = cv2.resize(off, self.small.shape[1:3], interpolation=cv2.INTER_AREA)
            around = cv2.boxFilter(mean, -1, (side, side), anchor=(0, 0))
            places = np.minimum(np.arange(per_axis) * CELL, self.small.shape[1] - side)
            worth[n] = around[np.ix_(places, places)].ravel()
        return worth**WORTH


def _per_axis(length: int, side: int) -> int:
    return (length - side) // CELL + 1


def batch(stores: Stores, recipe: Recipe, chance: np.random.Generator) -> tuple[Tensor, ...]:
    """Float32 NCHW, 0 to 1: inputs (batch, 3, patch, patch) and targets; to clean, the levels."""
    make = _cleaned if recipe.task in DAMAGE else _doubled
    parts = zip(*(make(stores, recipe, chance) for _ in range(recipe.batch)), strict=True)
    inputs, targets, *levels = (np.stack(part) for part in parts)
    return tensor(inputs), tensor(targets), *(torch.from_numpy(each) for each in levels)


def _doubled(stores: Stores, recipe: Recipe, chance: np.random.Generator) -> tuple[Floats, Floats]:
    side = recipe.patch
    n, y, x = stores.place(side, chance)
    here = (n, slice(y, y + side), slice(x, x + side))
    there = (n, slice(2 * y, 2 * (y + side)), slice(2 * x, 2 * (x + side)))
    turn = int(chance.integers(8))
    small = turned(stores.small[here], turn)
    target = recipe.taught * stores.taught[there].astype(np.float32)
    if recipe.taught < 1:
        target += (1 - recipe.taught) * stores.large[there].astype(np.float32)
    if recipe.task == "real":
        small = degraded(small, chance)
    return small.astype(np.float32), turned(target, turn)


def _cleaned(
    stores: Stores, recipe: Recipe, chance: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    n = stores.clean[int(chance.integers(len(stores.clean)))]
    side = recipe.patch
    part = side // int(chance.integers(2, SOFTEST + 1)) if chance.random() < SOFT else side
    y, x = chance.integers(0, stores.large.shape[1] - part + 1, 2)
    truth = turned(stores.large[n, y : y + part, x : x + part], int(chance.integers(8)))
    if part < side:
        truth = cv2.resize(truth, (side, side), interpolation=cv2.INTER_CUBIC)
    damaged, level = DAMAGE[recipe.task](truth, chance)
    return damaged.astype(np.float32), truth.astype(np.float32), np.array([level], np.float32)


def turned(patch: NDArray[Any], turn: int) -> NDArray[Any]:
    """One of the eight symmetries of the square."""
    turned_patch = np.rot90(patch, turn % 4)
    return np.ascontiguousarray(turned_patch[:, ::-1] if turn >= 4 else turned_patch)


def tensor(pixels: Floats) -> Tensor:
    """NHWC 0 to 255 to NCHW 0 to 1."""
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))) / 255
