"""Draws what is fine and regular on products: mesh, weave, twill, knit, ribs, chequers, halftone.

Photos of such things are rare, and noisy ones can't be told from them by measure, so that without
these a network learns that whatever repeats every few pixels is noise.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from training.prints import FINER, Colour, colour, light

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]
Pattern = Callable[[Plane, Plane], tuple[Plane, Plane]]
"""Places in periods along both threads, to the share of the second colour and the shade, both 0 to
1."""

SHORTEST, LONGEST = 2.0, 6.5
"""Of a period, in pixels; below two nothing is left of it, and beyond lie prints."""
STRONG = 0.5
"""Share of patterns whose two colours are chosen apart; of others one is a shade of the other."""
WHOLE = 0.5
"""Share of pictures that are covered by their pattern; on others it fills a few shapes."""


def meshes(side: int, count: int, seed: int) -> Iterator[Pixels]:
    """``count`` crops, uint8 (side, side, 3) RGB, without any noise."""
    chance = random.Random(seed)
    for _ in range(count):
        yield _one(side, chance)


def _one(side: int, chance: random.Random) -> Pixels:
    large = side * FINER
    sheet = np.empty((large, large, 3), np.float32)
    sheet[:] = colour(chance)
    if chance.random() < WHOLE:
        sheet = _cloth(large, chance)
    else:
        for _ in range(chance.randint(1, 3)):
            inside = _shape(large, chance)
            sheet[inside] = _cloth(large, chance)[inside]
    sheet *= light(large, chance)
    # Lenses differ, and so does how far a camera sharpens again.
    blurred = cv2.GaussianBlur(sheet, (0, 0), FINER * chance.uniform(0.2, 0.55))
    small = cv2.resize(blurred, (side, side), interpolation=cv2.INTER_AREA)
    return np.clip(np.rint(small), 0, 255).astype(np.uint8)


def _cloth(side: int, chance: random.Random) -> Plane:
    """(side, side, 3): one pattern all over."""
    u, v = _threads(side, chance)
    share, shade = chance.choice(PATTERNS)(u, v)
    depth = chance.uniform(0, 0.6)
    first, second = _two_colours(chance)
    mixed = np.float32(first) + share[..., None] * (np.float32(second) - np.float32(first))
    return np.asarray(mixed * (1 - depth + depth * shade)[..., None], np.float32)


def _threads(side: int, chance: random.Random) -> tuple[Plane, Plane]:
    """Places along both threads, in periods: turned, skewed, bent and seen at an angle."""
    y, x = np.mgrid[:side, :side].astype(np.float32) / side - 0.5
    away = 1 + chance.uniform(0, 0.4) * x + chance.uniform(-0.4, 0.4) * y
    waves, depth, phase = chance.uniform(1, 9), chance.uniform(0, 0.01), chance.uniform(0, 6)
    x, y = x / away + depth * np.sin(waves * y + phase), y / away + depth * np.sin(waves * x)
    period = np.exp(chance.uniform(np.log(SHORTEST), np.log(LONGEST)))
    angle = chance.choice([0, np.pi / 4, chance.uniform(0, np.pi)])
    found = []
    for turn, stretch in ((angle, 1.0), (angle + np.pi / 2, chance.uniform(0.8, 1.3))):
        turn += chance.choice([0, chance.uniform(-0.2, 0.2)])
        along = x * np.cos(turn) + y * np.sin(turn)
        periods = side / FINER / max(period * stretch, SHORTEST)
        found.append(np.asarray(along * periods + chance.uniform(50, 51), np.float32))
    return found[0], found[1]


def _round(place: Plane) -> Plane:
    """How light a round thread is across: 1 in its middle, 0 at its sides."""
    return np.asarray(np.sin(np.pi * (place % 1)), np.float32)


def _holes(u: Plane, v: Plane) -> tuple[Plane, Plane]:
    """Round holes in rows, every other of them shifted by half a period."""
    row = np.floor(2 * v)
    across, along = (u + row / 2) % 1 - 0.5, (2 * v % 1 - 0.5) / 2
    inside = across**2 + along**2 < 0.05 + 0.05 * float(u[0, 0] % 1)
    return inside.astype(np.float32), np.ones_like(u)


def _net(u: Plane, v: Plane) -> tuple[Plane, Plane]:
    wide = 0.2 + 0.4 * float(u[0, 0] % 1)
    threads = (u % 1 < wide) | (v % 1 < wide)
    return threads.astype(np.float32), np.ones_like(u)


def _weave(u: Plane, v: Plane) -> tuple[Plane, Plane]:
    over = (np.floor(2 * u) + np.floor(2 * v)) % 2
    return over, np.where(over > 0, _round(2 * u), _round(2 * v))


def _twill(u: Plane, v: Plane) -> tuple[Plane, Plane]:
    over = ((np.floor(2 * u) + np.floor(2 * v)) % 4 < 2).astype(np.float32)
    return over, np.where(over > 0, _round(2 * u), _round(2 * v))


def _knit(u: Plane, v: Plane) -> tuple[Plane, Plane]:
    """Columns of stitches, each the two legs of a V."""
    leg = _round(v + np.abs(u % 1 - 0.5))
    return np.asarray(leg**2, np.float32), _round(2 * u)


def _ribs(u: Plane, v: Plane) -> tuple[Plane, Plane]:
    return (u % 1 < 0.3 + 0.4 * float(v[0, 0] % 1)).astype(np.float32), _round(u)


def _chequer(u: Plane, v: Plane) -> tuple[Plane, Plane]:
    return (np.floor(2 * u) + np.floor(2 * v)) % 2, np.ones_like(u)


def _halftone(u: Plane, v: Plane) -> tuple[Plane, Plane]:
    """Dots as large as the tone is dark, which changes slowly."""
    tone = (np.sin(u / 9) + np.sin(v / 7)) / 5 + 0.5
    height = (np.cos(2 * np.pi * u) + np.cos(2 * np.pi * v)) / 4 + 0.5
    return (height > tone).astype(np.float32), np.ones_like(u)


PATTERNS: tuple[Pattern, ...] = (
    _holes,
    _net,
    _weave,
    _twill,
    _knit,
    _ribs,
    _chequer,
    _halftone,
)


def _two_colours(chance: random.Random) -> tuple[Colour, Colour]:
    first = _muted(chance)
    if chance.random() < STRONG:
        return first, _muted(chance)
    off = chance.choice([-1, 1]) * chance.randint(12, 90)
    shade = [min(max(level + off + chance.randint(-6, 6), 0), 255) for level in first]
    return first, (shade[0], shade[1], shade[2])


def _muted(chance: random.Random) -> Colour:
    """Dyes are seldom as strong as inks."""
    inks, grey = colour(chance), chance.random()
    mean = sum(inks) / 3
    red, green, blue = (round(level + grey * (mean - level)) for level in inks)
    return red, green, blue


def _shape(side: int, chance: random.Random) -> NDArray[np.bool_]:
    """Where a piece of cloth lies: an ellipse or a polygon."""
    inside = np.zeros((side, side), np.uint8)
    if chance.random() < 0.5:
        centre = (chance.randint(0, side), chance.randint(0, side))
        half = (chance.randint(side // 6, side // 2), chance.randint(side // 6, side // 2))
        cv2.ellipse(inside, centre, half, chance.uniform(0, 180), 0, 360, 1, -1)
    else:
        corners = [(chance.randint(0, side), chance.randint(0, side)) for _ in range(5)]
        cv2.fillConvexPoly(inside, cv2.convexHull(np.array(corners)), 1)
    return inside > 0
