"""What cameras and shops do to photos: slight blur, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def degraded(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    """uint8 (H, W, 3) RGB, blurred or not, with noise or not, through a JPEG or not."""
    out = pixels.astype(np.float32)
    if chance.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), chance.uniform(0.2, 0.8))
    if chance.random() < 0.85:
        out = noisy(out, chance.uniform(1, 17), chance)
    clean = np.clip(np.rint(out), 0, 255).astype(np.uint8)
    return (
        compressed(clean, int(chance.integers(50, 96)), chance) if chance.random() < 0.7 else clean
    )


def with_noise(pixels: Pixels, chance: np.random.Generator) -> tuple[Pixels, float]:
    """uint8 with white noise of sigma 0.5 to 55, and sigma / 100, off by up to a tenth.

    Slight noise is more frequent, as on photos; one time in ten it is soft, as phones leave it.
    What is measured on a photo is off as well.
    """
    sigma = 0.5 + 54.5 * chance.random() ** 2
    noise = chance.standard_normal(pixels.shape, np.float32)
    if chance.random() < 0.1:
        soft = cv2.GaussianBlur(noise, (0, 0), chance.uniform(0.4, 0.7))
        noise = soft / float(soft.std())
    out = np.clip(np.rint(pixels + sigma * noise), 0, 255).astype(np.uint8)
    off = chance.uniform(0.9, 1.1) if chance.random() < 0.5 else 1.0
    return out, off * sigma / 100


def with_blocks(pixels: Pixels, chance: np.random.Generator) -> tuple[Pixels, float]:
    """uint8 through a JPEG of quality 5 to 90, and what that lacks to 100, over 100."""
    quality = int(chance.integers(5, 91))
    return compressed(pixels, quality, chance), (100 - quality) / 100


def noisy(
    pixels: NDArray[np.float32], sigma: float, chance: np.random.Generator
) -> NDArray[np.float32]:
    """Gaussian noise, in a third of cases the same in all channels or softened over pixels."""
    grey = chance.random() < 0.15
    noise = chance.standard_normal((*pixels.shape[:2], 1 if grey else 3), np.float32)
    if chance.random() < 0.2:
        soft = cv2.GaussianBlur(noise, (0, 0), chance.uniform(0.4, 0.9))
        noise = soft.reshape(noise.shape) / max(float(soft.std()), 1e-6)
    return pixels + sigma * noise


def compressed(pixels: Pixels, quality: int, chance: np.random.Generator) -> Pixels:
    """Through a JPEG whose 8 x 8 blocks begin anywhere, with or without chroma at half size."""
    top, left = (int(v) for v in chance.integers(0, 8, 2))
    wide = cv2.copyMakeBorder(pixels, top, 8, left, 8, cv2.BORDER_REFLECT_101)
    sampling = (
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
        if chance.random() < 0.7
        else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    )
    how = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, data = cv2.imencode(".jpg", wide[..., ::-1], how)
    back = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    return back[top : top + pixels.shape[0], left : left + pixels.shape[1]]
