"""Cuts crops out of the photos, draws some of print, and lets a teacher enlarge them.

    python -m training.prepare --photos PHOTOS [--teacher span_x2.onnx] --work WORK

PHOTOS has a folder for each of ``training.photos.SOURCES``. Writes ``large.npy`` (crops),
``small.npy`` (their antialiased bicubic half), ``taught.npy`` (what the teacher makes of that), all
uint8, NHWC, RGB; ``clean.npy`` and ``drawn.npy``: which crops have next to no noise of their own,
and which are drawn; and ``meshes.npy``: drawn cloth, which cleaning alone learns from. Its patterns
repeat every few pixels, which is measured as noise, and most of them are lost when a picture is
halved. Without a teacher, who takes most of the time on a CPU, there is no ``taught.npy``, which
only enlarging learns from.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cleaning.measure_noise import measure_noise
from training.bicubic import reduced
from training.meshes import meshes
from training.photos import SOURCES, Source, crops, training_photos
from training.prints import prints
from training.teacher import Teacher

Pixels = NDArray[np.uint8]
SIDE = 256
RIM = 8
"""Pixels of a small crop whose enlargement the teacher's border spoils: they are cut off."""
CLEAN_SIGMA = 2.0
"""Noise, in 8-bit levels, that a crop may have which shows what is clean."""
AT_ONCE = 64
DRAWN_AT_ONCE = 25


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--photos", type=Path, required=True)
    ask.add_argument("--teacher", type=Path)
    ask.add_argument("--work", type=Path, required=True)
    ask.add_argument("--count", type=int, default=15000, help="crops of photos")
    ask.add_argument("--prints", type=int, default=3000)
    ask.add_argument("--meshes", type=int, default=1500)
    ask.add_argument("--fonts", type=Path, help="a folder of them, to print with")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = ask.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:
        photos = [
            pool.submit(_cut, path, source, wanted, given.seed)
            for source in SOURCES
            for path, wanted in _shares(given.photos, source, given.count)
        ]
        fonts = sorted(given.fonts.iterdir()) if given.fonts else []
        drawn = [
            pool.submit(_drawn, DRAWN_AT_ONCE, given.seed + start, fonts)
            for start in range(0, given.prints, DRAWN_AT_ONCE)
        ]
        cloth = [
            pool.submit(_meshes, DRAWN_AT_ONCE, given.seed + start)
            for start in range(0, given.meshes, DRAWN_AT_ONCE)
        ]
        large, small, clean = (
            np.concatenate(part)
            for part in zip(*(job.result() for job in (*photos, *drawn)), strict=True)
        )
        photographed = sum(len(job.result()[0]) for job in photos)
        none = np.zeros((0, SIDE - 4 * RIM, SIDE - 4 * RIM, 3), np.uint8)
        np.save(given.work / "meshes.npy", np.concatenate([none, *(job.result() for job in cloth)]))
    order = np.random.default_rng(given.seed).permutation(len(large))
    large, small, clean = large[order], small[order], clean[order]
    inner, outer = slice(RIM, -RIM), slice(2 * RIM, -2 * RIM)
    np.save(given.work / "large.npy", large[:, outer, outer])
    np.save(given.work / "small.npy", small[:, inner, inner])
    np.save(given.work / "clean.npy", clean)
    np.save(given.work / "drawn.npy", order >= photographed)
    if given.teacher:
        taught = _taught(small, Teacher(given.teacher).to(given.device), given.device)
        np.save(given.work / "taught.npy", taught[:, outer, outer])
    print(f"{len(large)} crops, {clean.sum()} of them clean")


def _shares(root: Path, source: Source, count: int) -> list[tuple[Path, int]]:
    """Each photo of ``source``, and how many crops of it are wanted."""
    found = training_photos(root, source)
    total = round(count * source.share)
    counts = [total * (n + 1) // len(found) - total * n // len(found) for n in range(len(found))]
    return [(path, wanted) for path, wanted in zip(found, counts, strict=True) if wanted]


def _cut(path: Path, source: Source, wanted: int, seed: int) -> tuple[Pixels, Pixels, NDArray]:
    return _with_halves(list(crops(path, source, SIDE, wanted, seed)))


def _drawn(count: int, seed: int, fonts: list[Path]) -> tuple[Pixels, Pixels, NDArray]:
    return _with_halves(list(prints(SIDE, count, seed, fonts)))


def _meshes(count: int, seed: int) -> Pixels:
    return np.stack(list(meshes(SIDE - 4 * RIM, count, seed)))


def _with_halves(found: list[Pixels]) -> tuple[Pixels, Pixels, NDArray]:
    empty = np.zeros((0, SIDE, SIDE, 3), np.uint8)
    large = np.stack(found) if found else empty
    small = np.stack([reduced(crop, 2) for crop in found]) if found else empty[:, ::2, ::2]
    clean = np.array([measure_noise(crop).sigma < CLEAN_SIGMA for crop in found], bool)
    return large, small, clean


@torch.no_grad()
def _taught(small: Pixels, teacher: Teacher, device: str) -> Pixels:
    made = []
    for start in range(0, len(small), AT_ONCE):
        given = torch.from_numpy(small[start : start + AT_ONCE]).to(device)
        answer = teacher(given.permute(0, 3, 1, 2).float() / 255) * 255
        made.append(answer.round().clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy())
    return np.concatenate(made)


if __name__ == "__main__":
    main()
