"""What products stand on and among."""

from __future__ import annotations

import numpy as np
from raymarch import Array, Thing
from shapes import around, at, ball, blend, block, cylinder, grain, plain, rgb

FARTHEST = 1e3


def sweep(paper: str, wall: float = -4.0) -> Thing:
    """A roll of background paper that curves from the table up the wall."""

    def distance(p: Array) -> Array:
        return blend(p[:, 1], p[:, 2] - np.float32(wall), 3.0)

    colour = rgb(paper)

    def fibres(p: Array) -> Array:
        return np.asarray(
            colour * (1 + 0.025 * grain(p[:, 0] * 0.3, p[:, 2] * 0.3, 5, 7))[:, None], np.float32
        )

    return Thing(distance, fibres, reflectance=0.01, polish=0.05)


def table(wood: str, dark: str, wall: str) -> list[Thing]:
    """Wooden planks and, behind them, a painted wall."""
    light_wood, dark_wood = rgb(wood), rgb(dark)

    def planks(p: Array) -> Array:
        plank = np.floor(p[:, 2] / 1.1)
        across = (p[:, 2] / 1.1) % 1
        rings = grain(p[:, 0] * 0.05 + plank * 0.37, p[:, 2] * 0.9 + plank * 0.21, 21, 7)
        lines = np.sin(rings * 16 + p[:, 2] * 9) * 0.5 + 0.5
        share = np.clip(0.25 + 0.45 * lines + 0.25 * rings, 0, 1)[:, None]
        gap = np.where((across < 0.018) | (across > 0.982), 0.35, 1.0)[:, None]
        return np.asarray((light_wood * (1 - share) + dark_wood * share) * gap, np.float32)

    return [
        Thing(lambda p: p[:, 1], planks, reflectance=0.03, polish=0.35),
        Thing(lambda p: p[:, 2] + np.float32(4.6), plain(wall), reflectance=0.0, polish=0.0),
    ]


def books(spines: list[str], x: float, z: float, turn: float) -> list[Thing]:
    """A pile of books, the first at the bottom."""
    pile = []
    for index, spine in enumerate(spines):
        cover, paper = rgb(spine), rgb("e9e2d0")

        def colour(p: Array, cover: Array = cover, paper: Array = paper) -> Array:
            cut = (np.abs(p[:, 1] - 0.17) < 0.12) & (p[:, 0] > 0.93)
            band = np.abs(np.abs(p[:, 0]) - 0.7) < 0.04
            inked = np.where(band[:, None], rgb("d9c48a"), cover)
            return np.asarray(np.where(cut[:, None], paper, inked), np.float32)

        def shape(p: Array) -> Array:
            return block(at(p, 0, 0.17, 0), (1.0, 0.165, 0.7), 0.02)

        place = (x + 0.06 * (index % 2), 0.34 * index, z)
        pile.append(
            Thing(shape, colour, place, turn + 7 * (index % 3), 0.03, 0.3, bound=(0.17, 1.25))
        )
    return pile


def plant(x: float, z: float) -> list[Thing]:
    """A succulent in a clay pot."""

    def pot(p: Array) -> Array:
        taper = p * np.asarray((1, 1, 1), np.float32) * (1.12 - 0.16 * p[:, 1:2]).astype(np.float32)
        rim = cylinder(at(p, 0, 1.0, 0), 0.62, 0.12, 0.03)
        return np.minimum(cylinder(at(taper, 0, 0.5, 0), 0.58, 0.5, 0.03) * 0.8, rim)

    def leaves(p: Array) -> Array:
        nearest = np.full(len(p), FARTHEST, np.float32)
        for leaf in range(11):
            yaw = leaf * 2.4
            tilt = 0.35 + 0.075 * leaf
            along = np.asarray(
                (np.sin(yaw) * np.sin(tilt), np.cos(tilt), np.cos(yaw) * np.sin(tilt)), np.float32
            )
            q = p - np.asarray((0, 1.05, 0), np.float32)
            length = np.clip(q @ along, 0.0, 0.85)
            gap = np.linalg.norm(q - length[:, None] * along, axis=1)
            nearest = np.minimum(nearest, gap - (0.15 * (1 - (length / 0.95) ** 2) + 0.02))
        return nearest * np.float32(0.8)

    def green(p: Array) -> Array:
        tip = np.clip((p[:, 1] - 1.1) / 0.9, 0, 1)[:, None]
        return np.asarray(rgb("3f6b3a") * (1 - tip) + rgb("8fb36b") * tip, np.float32)

    return [
        Thing(pot, plain("b5603a"), (x, 0, z), 0, 0.02, 0.1, bound=(0.55, 0.95)),
        Thing(leaves, green, (x, 0, z), 20, 0.03, 0.4, bound=(1.3, 1.1)),
    ]


def fruit(skin: str, x: float, z: float, radius: float) -> Thing:
    def shape(p: Array) -> Array:
        return ball(at(p, 0, radius, 0), (radius, radius * 0.95, radius))

    def peel(p: Array) -> Array:
        pits = 1 + 0.12 * grain(around(p) * 4, p[:, 1] * 2, 13, 7)
        return np.asarray(rgb(skin) * pits[:, None], np.float32)

    return Thing(shape, peel, (x, 0, z), 0, 0.04, 0.55, bound=(radius, radius * 1.05))


def pencil(paint: str, x: float, z: float, turn: float) -> Thing:
    def shape(p: Array) -> Array:
        return cylinder(at(p, 0, 0.07, 0)[:, [1, 0, 2]], 0.07, 1.1, 0.02)

    def colour(p: Array) -> Array:
        end = (p[:, 0] > 0.95)[:, None]
        return np.asarray(np.where(end, rgb("e6c79c"), rgb(paint)), np.float32)

    return Thing(shape, colour, (x, 0, z), turn, 0.04, 0.6, bound=(0.07, 1.2))
