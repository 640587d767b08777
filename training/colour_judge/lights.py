"""Photos as other light, exposure and framing would have shown them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SIDE = 64
"""Pixels a side of what the judge sees."""
SIGMAS = ((0.14, 0.05), (0.3, 0.1), (0.35, 0.25))
"""Standard deviations of log-gains along warm and cool, and across (green and magenta): of slight,
ordinary and odd light."""
SHARES = (0.35, 0.45, 0.2)
UNTINTED, STEADY = 0.35, 0.01
"""Share of photos in nearly neutral light, and the standard deviation of that."""
SMALLEST_CROP = 0.55
STOPS = (-2.3, 0.8)
AS_EXPOSED = 0.5
"""Share of photos whose exposure stays: the light's colour darkens the other channels."""
VEILED, VEIL = 0.1, 0.3
NOISY, NOISE = 0.25, 0.06
SATURATIONS = (0.75, 1.2)
WARM = torch.tensor([[0.5, -0.5], [0.5, 0.5]]) * 2**0.5
"""Rotation from log R / G and log B / G to warm and cool, and across."""


def relit(photos: Tensor) -> tuple[Tensor, Tensor]:
    """uint8 (N, 3, H, W) to linear light as an 8-bit file has it, (N, 3, SIDE, SIDE), 0 to 1.

    And the light's log R / G and log B / G, (N, 2).
    """
    x = _linear(_cropped(photos.float()) / 255)
    x = _saturated(x)
    count = len(x)
    tint = tints(count)
    logs = torch.stack((tint[:, 0], torch.zeros(count), tint[:, 1]), dim=1)
    stops = torch.empty(count).uniform_(*STOPS)
    free = stops * 0.693 - logs.mean(1)
    as_it_is = torch.rand(count) < AS_EXPOSED
    gain = torch.where(as_it_is, -logs.amax(1), free)
    veil = torch.where(torch.rand(count) < VEILED, torch.rand(count) * VEIL, torch.zeros(count))
    veil = veil[:, None, None, None]
    x = x * (1 - veil) + veil * 0.25
    levels = _encoded((x * (logs + gain[:, None]).exp()[:, :, None, None]).clamp(0, 1))
    noisy = torch.where(torch.rand(count) < NOISY, torch.rand(count) * NOISE, torch.zeros(count))
    levels = levels + torch.randn_like(levels) * noisy[:, None, None, None]
    return _linear((levels.clamp(0, 1) * 255).round() / 255), tint


def tints(count: int) -> Tensor:
    """Random lights: log R / G and log B / G, (count, 2)."""
    kind = torch.multinomial(torch.tensor(SHARES), count, replacement=True)
    sigma = torch.tensor(SIGMAS)[kind]
    sigma[torch.rand(count) < UNTINTED] = STEADY
    return (torch.randn(count, 2) * sigma) @ WARM


def _cropped(photos: Tensor) -> Tensor:
    """Random crops, turned left to right or not, SIDE pixels a side."""
    count = len(photos)
    size = torch.empty(count, 2).uniform_(SMALLEST_CROP, 1)
    size[torch.rand(count) < 0.4] = 1
    place = (torch.rand(count, 2) * 2 - 1) * (1 - size)
    matrix = torch.zeros(count, 2, 3)
    matrix[:, 0, 0] = size[:, 0] * torch.where(torch.rand(count) < 0.5, -1, 1)
    matrix[:, 1, 1], matrix[:, :, 2] = size[:, 1], place
    grid = functional.affine_grid(matrix, [count, 3, SIDE, SIDE], align_corners=False)
    return functional.grid_sample(photos, grid, align_corners=False, padding_mode="border")


def _saturated(linear: Tensor) -> Tensor:
    grey = linear.mean(1, keepdim=True)
    by = torch.empty(len(linear), 1, 1, 1).uniform_(*SATURATIONS)
    return (grey + (linear - grey) * by).clamp(0, 1)


def _linear(levels: Tensor) -> Tensor:
    return torch.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def _encoded(linear: Tensor) -> Tensor:
    bright = 1.055 * linear.clamp(min=1e-6) ** (1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, linear * 12.92, bright)
