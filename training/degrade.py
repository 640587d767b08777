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


def damaged_with_levels(
    pixels: Pixels, chance: np.random.Generator
) -> tuple[Pixels, NDArray[np.float32]]:
    """uint8 with noise or JPEG's artefacts or both, and how much of each as ``Cleaning`` is told.

    What is told is off by up to a fifth, as what is measured on a photo would be.
    """
    kind = chance.random()
    sigma = float(chance.uniform(0.5, 55)) if kind < 0.65 else 0.0
    quality = int(chance.integers(5, 91)) if kind > 0.5 else 0
    if quality and sigma:
        sigma, quality = sigma / 3, max(quality, 30)
    noise = chance.standard_normal(pixels.shape, np.float32)
    if sigma and chance.random() < 0.15:
        soft = cv2.GaussianBlur(noise, (0, 0), chance.uniform(0.4, 0.8))
        noise = soft / float(soft.std())
    out = np.clip(np.rint(pixels + sigma * noise), 0, 255).astype(np.uint8)
    out = compressed(out, quality, chance) if quality else out
    off = chance.uniform(0.8, 1.2, 2) if chance.random() < 0.5 else np.ones(2)
    levels = off * [sigma / 100, (100 - quality) / 100 if quality else 0]
    return out, levels.astype(np.float32)


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
