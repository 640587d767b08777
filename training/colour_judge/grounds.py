"""Grounds that products lie on, drawn: paper, boards, bricks, carpet and lawn, in neutral light.

So that the colour judge sees what is coloured by itself: wood is no cast.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Random = np.random.Generator

Colour = tuple[float, float, float]
Span = tuple[float, float]

COLOURS: dict[str, tuple[float, Span, Span, Span]] = {
    # share of all grounds; hue (0 to 1), saturation and value, as of HSV
    "white": (0.14, (0, 1), (0, 0.015), (0.9, 1)),
    "light grey": (0.1, (0, 1), (0, 0.03), (0.7, 0.92)),
    "grey": (0.12, (0, 1), (0, 0.04), (0.3, 0.7)),
    "dark": (0.08, (0, 1), (0, 0.12), (0.06, 0.3)),
    "cream": (0.06, (0.09, 0.15), (0.04, 0.13), (0.82, 0.99)),
    "beige": (0.09, (0.06, 0.14), (0.12, 0.32), (0.65, 0.93)),
    "wood": (0.16, (0.05, 0.11), (0.3, 0.68), (0.35, 0.8)),
    "dark wood": (0.05, (0.02, 0.09), (0.3, 0.7), (0.15, 0.4)),
    "brick": (0.05, (0.0, 0.06), (0.35, 0.65), (0.35, 0.7)),
    "green": (0.07, (0.22, 0.42), (0.2, 0.65), (0.25, 0.75)),
    "painted": (0.05, (0, 1), (0.25, 0.8), (0.3, 0.95)),
    "pastel": (0.03, (0, 1), (0.08, 0.25), (0.75, 0.97)),
}
"""Colours of things that photos of goods are taken on, guessed from photos of clothes for sale."""
WOODEN = ("wood", "dark wood")
PLAIN, FALL_OFF = 0.55, 0.25
"""Share of the other grounds that have no texture, and how much darker one end is at most."""


def draw_ground(side: int, chance: Random) -> Floats:
    """One of them: R, G and B, 8-bit levels, (side, side, 3)."""
    names = list(COLOURS)
    shares = np.array([COLOURS[name][0] for name in names])
    name = names[int(chance.choice(len(names), p=shares / shares.sum()))]
    _, *spans = COLOURS[name]
    colour = colorsys.hsv_to_rgb(*(float(chance.uniform(*span)) for span in spans))
    ground = np.broadcast_to(np.float32(255) * np.array(colour, np.float32), (side, side, 3))
    return np.asarray(ground * _texture(name)(side, chance) * _light(side, chance), np.float32)


def _texture(name: str) -> Callable[[int, Random], Floats]:
    if name in WOODEN:
        return _grain
    return _bricks if name == "brick" else _fibres


def _grain(side: int, chance: Random) -> Floats:
    """Noise drawn out along boards, whose joints are dark."""
    noise = chance.normal(0, 1, (side, side, 1)).astype(np.float32)
    grain = cv2.GaussianBlur(noise, (0, 0), chance.uniform(6, 20), sigmaY=chance.uniform(0.5, 1.5))
    texture = 1 + chance.uniform(0.03, 0.2) * grain / grain.std()
    width = int(chance.integers(side // 6, side))
    for number, top in enumerate(range(int(chance.integers(width)), side, width)):
        texture[top : top + width] *= chance.uniform(0.85, 1.1) if number else 1
        texture[top] *= chance.uniform(0.5, 1)
    return _toned(texture if chance.random() < 0.5 else texture.T, chance)


def _bricks(side: int, chance: Random) -> Floats:
    high = int(chance.integers(side // 16, side // 5))
    texture = np.empty((side, side), np.float32)
    mortar = np.zeros((side, side), np.bool_)
    for row, top in enumerate(range(0, side, high)):
        shift = high if row % 2 else 0
        for left in range(-shift, side, 2 * high):
            part = (slice(top, top + high), slice(max(left, 0), max(left + 2 * high, 0)))
            texture[part] = chance.uniform(0.75, 1.2)
            mortar[part[0], max(left, 0) : max(left, 0) + 1] = True
        mortar[top] = True
    coloured = _toned(texture + chance.normal(0, 0.04, texture.shape), chance)
    if chance.random() < 0.7:
        coloured[mortar] = chance.uniform(0.6, 1.3)
    return coloured


def _fibres(side: int, chance: Random) -> Floats:
    """Paper without a texture; or noise of one coarseness, as cloth, carpet or lawn have."""
    noise = chance.normal(0, 1, (side, side)).astype(np.float32)
    if chance.random() < PLAIN:
        return _toned(1 + 0.004 * noise, chance, tones=0.0)
    noise = cv2.GaussianBlur(noise, (0, 0), chance.uniform(0.3, 4))
    return _toned(1 + chance.uniform(0.02, 0.15) * noise / noise.std(), chance)


def _toned(texture: NDArray[np.floating], chance: Random, tones: float = 0.12) -> Floats:
    """(side, side, 3): what is lighter has another tint than what is darker."""
    exponents = 1 + chance.normal(0, tones, 3)
    lifted = np.maximum(texture, 0.05).astype(np.float32)
    return np.asarray(lifted[..., None] ** exponents, np.float32)


def _light(side: int, chance: Random) -> Floats:
    """Light that falls off to one side."""
    angle, depth = chance.uniform(0, 2 * np.pi), chance.uniform(0, FALL_OFF)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j] / np.sqrt(2)
    along = (np.cos(angle) * x + np.sin(angle) * y + 1) / 2
    return np.asarray(1 - depth * along[..., None], np.float32)
