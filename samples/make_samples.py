"""Makes the sample photos: products rendered as in a small studio, then photographed badly.

    python samples/make_samples.py            # all of them, into this folder
    python samples/make_samples.py --clean    # the same without their defects

Each has the defect that its name says. The same code always makes the same pictures; they are
nobody's photos, so they are free of any claim.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from products import bottle, mug, perfume, tea_box, watch
from raymarch import Array, Camera, Studio, Thing, render
from sets import books, fruit, pencil, plant, sweep, table

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Sample:
    """A scene, and what goes wrong when it is photographed."""

    things: Callable[[], list[Thing]]
    camera: Camera
    width: int
    height: int
    defect: Callable[[Array], Array]
    """Linear light to linear light, (height, width, 3), as it reaches the sensor."""
    studio: Studio = Studio()
    quality: int = 86


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(SAMPLES)}")
    parser.add_argument("-o", "--out", type=Path, default=HERE)
    parser.add_argument("--clean", action="store_true", help="leave the defects out")
    parser.add_argument("--scale", type=float, default=1.0, help="of both sides (default 1)")
    asked = parser.parse_args()
    for name in asked.names or SAMPLES:
        path = asked.out / f"{name}{'.clean' if asked.clean else ''}.jpg"
        pixels = photograph(SAMPLES[name], asked.scale, clean=asked.clean)
        Image.fromarray(pixels).save(
            path, quality=SAMPLES[name].quality, optimize=True, progressive=True
        )
        print(
            f"{path.name}: {pixels.shape[1]} x {pixels.shape[0]}, "
            f"{path.stat().st_size / 1000:.0f} KB"
        )


def photograph(sample: Sample, scale: float = 1.0, *, clean: bool = False) -> NDArray[np.uint8]:
    """The photo, uint8 (height, width, 3) sRGB, at ``scale`` times its full size."""
    width, height = round(sample.width * scale), round(sample.height * scale)
    light = render(sample.things(), sample.camera, sample.studio, width, height)
    light = _through_lens(light)
    if not clean:
        light = SENSOR(sample.defect(light))
    return _developed(light)


def _through_lens(light: Array) -> Array:
    """Corners a little darker, as with any lens."""
    height, width = light.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    return np.asarray(light * (1 - 0.07 * (x * x + y * y))[..., None], np.float32)


def _developed(light: Array) -> NDArray[np.uint8]:
    """Linear light to sRGB, highlights rolled off as a camera does."""
    knee = np.where(light > 0.8, 0.8 + 0.2 * np.tanh((light - 0.8) / 0.2), light)
    knee = np.clip(knee, 0, 1)
    srgb = np.where(knee <= 0.0031308, knee * 12.92, 1.055 * knee ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(srgb * 255), np.uint8)


# What goes wrong


def underexposed(stops: float) -> Callable[[Array], Array]:
    return lambda light: np.asarray(light / 2**stops, np.float32)


def high_iso(photons: float, read_noise: float) -> Callable[[Array], Array]:
    """Shot noise of that many photons at white, and read noise as a share of white.

    The grain is as coarse as that of a demosaiced picture.
    """

    def defect(light: Array) -> Array:
        rng = np.random.default_rng(2026)
        shot = rng.standard_normal(light.shape).astype(np.float32) * np.sqrt(
            np.maximum(light, 0) / photons
        )
        read = rng.standard_normal(light.shape).astype(np.float32) * np.float32(read_noise)
        return np.asarray(light + cv2.GaussianBlur(shot + read, (0, 0), 0.6) * 2.0, np.float32)

    return defect


SENSOR = high_iso(30_000, 0.0006)
"""What every camera adds, even at its lowest sensitivity."""


def tungsten(light: Array) -> Array:
    """Lamps at about 3200 K taken with the white balance left on daylight."""
    return np.asarray(light * np.asarray((1.18, 0.90, 0.50), np.float32), np.float32)


def out_of_focus(sigma_share: float) -> Callable[[Array], Array]:
    """Blur whose standard deviation is that share of the picture's height."""
    return lambda light: np.asarray(
        cv2.GaussianBlur(light, (0, 0), sigma_share * light.shape[0]), np.float32
    )


def hazy(light: Array) -> Array:
    """Flat light with a veil of flare."""
    return np.asarray(light * 0.72 + 0.06, np.float32)


def _placed(things: list[Thing], x: float, z: float) -> list[Thing]:
    return [replace(each, position=(x, 0.0, z)) for each in things]


SAMPLES = {
    "dark-mug": Sample(
        lambda: [sweep("d8d4cc"), *mug(-14)],
        Camera((0.35, 3.1, 9.2), (0.12, 0.86, 0), 18),
        1080,
        1080,
        underexposed(2.4),
        quality=94,
    ),
    "noisy-bottle": Sample(
        lambda: [sweep("c8ccd0"), *bottle(6)],
        Camera((0.2, 2.6, 11.5), (0, 1.62, 0), 20),
        720,
        900,
        high_iso(260, 0.016),
        quality=78,
    ),
    "yellow-box": Sample(
        lambda: [sweep("9ba2a9"), *tea_box(-32)],
        Camera((0.2, 3.2, 9.6), (0, 0.98, 0), 19),
        1000,
        1000,
        tungsten,
        Studio(key=(-0.22, 0.82, 0.53), ambient=0.75, softness=5),
    ),
    "soft-watch": Sample(
        lambda: [sweep("d5d2cd", -7), *watch(-35)],
        Camera((0.3, 8.6, 5.6), (0, 0.1, 0.05), 19),
        1080,
        1080,
        out_of_focus(0.0022),
    ),
    "cluttered-table": Sample(
        lambda: [
            *table("b98a58", "7c5129", "b7bcae"),
            *_placed(perfume(12), 0.1, 0.4),
            *books(["8c2f39", "2d4a6b", "c7a544"], -1.9, -1.6, 18),
            *plant(1.9, -2.0),
            fruit("e08a1e", -1.35, 0.5, 0.42),
            fruit("c23b22", 1.25, -0.4, 0.38),
            *_placed(mug(40, "d8d2c4"), 0.1, -2.6),
            pencil("d9a514", 0.9, 1.35, 24),
            pencil("b03a3a", -0.9, 1.5, -20),
        ],
        Camera((0.3, 3.0, 9.4), (0.05, 0.95, 0), 25),
        1100,
        900,
        hazy,
        Studio(key=(-0.7, 0.55, 0.5), softness=7),
    ),
}


if __name__ == "__main__":
    main()
