"""The products that are for sale."""

from __future__ import annotations

import numpy as np
from PIL import ImageDraw
from raymarch import Array, Thing
from shapes import around, artwork, at, blend, block, cylinder, grain, plain, printed, rgb, text


def mug(turn: float, glaze: str = "1f6f78", inside: str = "f3ead9") -> list[Thing]:
    """A glazed mug with a printed sun, 1.8 high, full of coffee."""

    def body(p: Array) -> Array:
        shell = np.maximum(
            cylinder(at(p, 0, 0.9, 0), 0.78, 0.9, 0.07),
            -cylinder(at(p, 0, 1.06, 0), 0.69, 0.95, 0.1),
        )
        ring = np.hypot(np.hypot(p[:, 0] - 0.78, (p[:, 1] - 0.93) * 0.86) - 0.42, p[:, 2]) - 0.095
        return blend(shell, np.maximum(ring, 0.74 - np.hypot(p[:, 0], p[:, 2])), 0.07)

    def draw(page: ImageDraw.ImageDraw) -> None:
        page.ellipse((1095, 180, 1355, 440), fill="#f4b942")
        for ray in range(16):
            angle = ray * np.pi / 8
            ends = [(1225 + r * np.cos(angle), 310 + r * np.sin(angle)) for r in (158, 208)]
            page.line(ends, fill="#f4b942", width=14)
        text(page, 1225, 620, "good morning", 100, "f6efdf")
        text(page, 1225, 715, "STONEWARE 350 ML", 40, "d9cfb8")

    page = artwork(2450, 900, glaze, draw)
    rim, cream = rgb("c9b48c"), rgb(inside)

    def colour(p: Array) -> Array:
        surface = printed(page, around(p), 1 - p[:, 1] / 1.8)
        hollow = (np.hypot(p[:, 0], p[:, 2]) < 0.725) & (p[:, 1] > 0.1)
        surface = np.where(hollow[:, None], cream, surface)
        bare = np.clip((p[:, 1] - 1.74) / 0.04, 0, 1)[:, None] * 0.8
        speckle = 1 + 0.10 * grain(around(p) * 3, p[:, 1], 7)[:, None]
        return np.asarray((surface * (1 - bare) + rim * bare) * speckle, np.float32)

    def coffee(p: Array) -> Array:
        return cylinder(at(p, 0, 1.42, 0), 0.71, 0.02, 0.005)

    return [
        Thing(body, colour, turn=turn, reflectance=0.05, polish=0.86, bound=(0.9, 1.6)),
        Thing(coffee, plain("2b1608"), turn=turn, reflectance=0.03, polish=0.9, bound=(1.42, 0.75)),
    ]


def bottle(turn: float) -> list[Thing]:
    """A dark green oil bottle with a paper label and a cork-brown cap, 3.3 high."""

    def glass(p: Array) -> Array:
        body = cylinder(at(p, 0, 1.05, 0), 0.56, 1.05, 0.1)
        neck = cylinder(at(p, 0, 2.3, 0), 0.19, 0.75, 0.04)
        lip = cylinder(at(p, 0, 2.86, 0), 0.235, 0.06, 0.03)
        return np.minimum(blend(body, neck, 0.62), lip)

    def label(p: Array) -> Array:
        return cylinder(at(p, 0, 0.8, 0), 0.572, 0.56, 0.004)

    def cap(p: Array) -> Array:
        ribs = 0.006 * np.cos(around(p) * 2 * np.pi * 40)
        return cylinder(at(p, 0, 3.08, 0), 0.24, 0.2, 0.03) - ribs.astype(np.float32)

    def draw(page: ImageDraw.ImageDraw) -> None:
        page.rectangle((0, 36, 1800, 44), fill="#8a7a3a")
        page.rectangle((0, 516, 1800, 524), fill="#8a7a3a")
        for leaf in range(5):
            x = 900 + (leaf - 2) * 52
            page.ellipse((x - 40, 76 + abs(leaf - 2) * 12, x + 4, 140), fill="#5d7a2c")
        page.ellipse((872, 96, 928, 166), fill="#3d5020")
        text(page, 900, 250, "Oliva", 136, "2f3b1c")
        text(page, 900, 350, "EXTRA VIRGIN OLIVE OIL", 38, "4a4a32")
        text(page, 900, 406, "first cold pressing", 34, "6d6a4e")
        text(page, 900, 468, "500 ml", 40, "2f3b1c")

    page = artwork(1800, 560, "efe6cf", draw)

    def paper(p: Array) -> Array:
        fibre = 1 + 0.05 * grain(around(p) * 5, p[:, 1] * 2, 3)[:, None]
        return np.asarray(printed(page, around(p), (1.36 - p[:, 1]) / 1.12) * fibre, np.float32)

    def green(p: Array) -> Array:
        # Light through the oil: brighter towards the silhouette's middle and the bottom.
        depth = np.clip(1.15 - 0.4 * p[:, 1] / 2, 0.4, 1.2)[:, None]
        return np.asarray(rgb("33421a") * depth, np.float32)

    return [
        Thing(glass, green, turn=turn, reflectance=0.06, polish=0.97, bound=(1.5, 1.75)),
        Thing(label, paper, turn=turn, reflectance=0.02, polish=0.1, bound=(0.8, 0.9)),
        Thing(cap, plain("3a2a18"), turn=turn, reflectance=0.04, polish=0.35, bound=(3.08, 0.35)),
    ]


def tea_box(turn: float) -> list[Thing]:
    """A printed carton, 1.5 x 2.1 x 0.9."""
    half = (0.75, 1.05, 0.45)

    def carton(p: Array) -> Array:
        return block(at(p, 0, half[1], 0), half, 0.02)

    def front(page: ImageDraw.ImageDraw) -> None:
        page.rectangle((0, 0, 750, 210), fill="#2c7a5a")
        text(page, 375, 108, "Hill & Leaf", 104, "f7f3e6")
        for angle, shade in ((-38, "#6fae5c"), (0, "#4d9150"), (38, "#6fae5c")):
            centre = (375 + 2.6 * angle, 520 + abs(angle))
            points = []
            for step in range(25):
                along = step / 12 - 1 if step < 13 else 1 - (step - 12) / 6
                wide = 62 * (1 - along * along) * (1 if step < 13 else -1)
                a = np.deg2rad(angle)
                x, y = wide, along * 190
                points.append(
                    (
                        centre[0] + x * np.cos(a) - y * np.sin(a),
                        centre[1] + x * np.sin(a) + y * np.cos(a),
                    )
                )
            page.polygon(points, fill=shade)
        text(page, 375, 800, "GREEN TEA", 84, "23533f")
        text(page, 375, 880, "organic, hand picked", 42, "5a6b5d")
        text(page, 375, 980, "20 bags   40 g", 44, "23533f")

    def side(page: ImageDraw.ImageDraw) -> None:
        page.rectangle((0, 0, 450, 210), fill="#2c7a5a")
        text(page, 225, 108, "H & L", 90, "f7f3e6")
        text(page, 225, 300, "How to brew", 46, "23533f")
        for row, words in enumerate(("one bag a cup", "80 degrees", "two minutes", "no sugar")):
            text(page, 225, 380 + row * 64, words, 38, "5a6b5d")
        for bar in range(30):
            if (bar * 7) % 5 < 3:
                page.rectangle((90 + bar * 9, 820, 94 + bar * 9, 960), fill="#222222")

    front_page = artwork(750, 1050, "f4efe0", front)
    side_page = artwork(450, 1050, "f4efe0", side)
    top = rgb("2c7a5a")

    def colour(p: Array) -> Array:
        down = 1 - p[:, 1] / (2 * half[1])
        face = np.abs(at(p, 0, half[1], 0) / np.asarray(half, np.float32)).argmax(axis=1)
        on_front = printed(front_page, p[:, 0] / 1.5 + 0.5, down)
        on_side = printed(side_page, 0.5 - np.sign(p[:, 0]) * p[:, 2] / 0.9, down)
        surface = np.where((face == 2)[:, None], on_front, on_side)
        return np.asarray(np.where((face == 1)[:, None], top, surface), np.float32)

    return [Thing(carton, colour, turn=turn, reflectance=0.03, polish=0.4, bound=(1.05, 1.4))]


def watch(turn: float) -> list[Thing]:
    """A steel wristwatch on a leather strap, lying flat, the dial 1.5 wide."""

    def case(p: Array) -> Array:
        body = cylinder(at(p, 0, 0.2, 0), 0.86, 0.17, 0.06)
        lugs = np.minimum(
            block(at(np.abs(p), 0.42, 0.16, 0.82), (0.1, 0.09, 0.2), 0.05),
            cylinder(at(p, 0, 0.2, 0), 0.5, 0.1, 0.02),
        )
        crown = cylinder(at(p, 0.95, 0.2, 0)[:, [1, 0, 2]], 0.09, 0.09, 0.02)
        hollow = cylinder(at(p, 0, 0.38, 0), 0.74, 0.06, 0.01)
        return np.maximum(np.minimum(blend(body, lugs, 0.05), crown), -hollow)

    def dial(p: Array) -> Array:
        return cylinder(at(p, 0, 0.31, 0), 0.75, 0.012, 0.002)

    def strap(p: Array) -> Array:
        away = np.abs(p[:, 2])
        width = 0.44 - 0.05 * np.clip((away - 0.8) / 1.8, 0, 1)
        q = np.stack([p[:, 0] / width * 0.44, p[:, 1] - 0.12, away - 1.95], axis=1)
        padded = 0.02 * np.cos(np.clip(p[:, 0] / 0.44, -1, 1) * np.pi / 2)
        return np.asarray(block(q, (0.44, 0.065, 1.15), 0.05) - padded, np.float32) * 0.8

    def face(page: ImageDraw.ImageDraw) -> None:
        page.ellipse((20, 20, 980, 980), outline="#c9ced6", width=6)
        for minute in range(60):
            angle = minute * np.pi / 30
            inner, width = (396, 16) if minute % 5 == 0 else (438, 5)
            page.line(
                [(500 + r * np.sin(angle), 500 - r * np.cos(angle)) for r in (inner, 462)],
                fill="#eef1f5",
                width=width,
            )
        for hour, words in ((12, "12"), (3, "3"), (6, "6"), (9, "9")):
            angle = hour * np.pi / 6
            spot = round(500 + 330 * np.sin(angle)), round(500 - 330 * np.cos(angle))
            text(page, *spot, words, 110, "eef1f5")
        text(page, 500, 350, "MERIDIAN", 50, "cfd6df")
        text(page, 500, 660, "automatic", 40, "cfd6df")
        for angle, length, width, ink in (
            (305, 260, 26, "#eef1f5"),
            (60, 390, 18, "#eef1f5"),
            (190, 430, 6, "#e4572e"),
        ):
            a = np.deg2rad(angle)
            tail = (500 - 60 * np.sin(a), 500 + 60 * np.cos(a))
            page.line(
                [tail, (500 + length * np.sin(a), 500 - length * np.cos(a))], fill=ink, width=width
            )
        page.ellipse((474, 474, 526, 526), fill="#e4572e")

    page = artwork(1000, 1000, "17304f", face)

    def dial_colour(p: Array) -> Array:
        return printed(page, p[:, 0] / 1.5 + 0.5, p[:, 2] / 1.5 + 0.5)

    def leather(p: Array) -> Array:
        pores = 1 + 0.22 * grain(p[:, 0] * 0.9, p[:, 2] * 0.9, 11, octaves=7)
        stitched = (np.abs(np.abs(p[:, 0]) - 0.36) < 0.013) & ((p[:, 2] * 9) % 1 < 0.62)
        holes = (np.abs(p[:, 2]) > 1.9) & (np.hypot(p[:, 0], (p[:, 2] % 0.26) - 0.13) < 0.035)
        brown = rgb("7a4420") * pores[:, None].astype(np.float32)
        brown = np.where(stitched[:, None], rgb("e3d2ac"), brown)
        return np.asarray(
            np.where((holes & (p[:, 2] > 0))[:, None], rgb("1d0f07"), brown), np.float32
        )

    return [
        Thing(case, plain("c4c8cc"), turn=turn, reflectance=0.55, polish=0.82, bound=(0.2, 1.2)),
        Thing(dial, dial_colour, turn=turn, reflectance=0.03, polish=0.7, bound=(0.31, 0.78)),
        Thing(strap, leather, turn=turn, reflectance=0.03, polish=0.3),
    ]


def perfume(turn: float) -> list[Thing]:
    """A block of tinted glass with a gilt cap, 2.1 high."""

    def flask(p: Array) -> Array:
        return block(at(p, 0, 0.72, 0), (0.62, 0.72, 0.34), 0.09)

    def cap(p: Array) -> Array:
        collar = cylinder(at(p, 0, 1.5, 0), 0.2, 0.08, 0.02)
        return np.minimum(collar, cylinder(at(p, 0, 1.8, 0), 0.27, 0.26, 0.03))

    def draw(page: ImageDraw.ImageDraw) -> None:
        for row in range(1440):
            share = np.clip((row - 260) / 30, 0, 1) * (0.75 + 0.25 * row / 1440)
            inks = [round(a + (b - a) * share) for a, b in ((226, 205), (214, 112), (210, 96))]
            page.line([(0, row), (1240, row)], fill=(inks[0], inks[1], inks[2]))
        page.rectangle((0, 1370, 1240, 1440), fill="#e8d9d4")
        page.rectangle((290, 520, 950, 1090), fill="#f9f3ea", outline="#b08d4a", width=10)
        text(page, 620, 690, "Aurelie", 150, "3b2a22")
        text(page, 620, 850, "EAU DE PARFUM", 58, "6b5648")
        text(page, 620, 980, "50 ml", 54, "6b5648")

    page = artwork(1240, 1440, "d9a08f", draw)

    def glass(p: Array) -> Array:
        return printed(page, p[:, 0] / 1.24 + 0.5, 1 - p[:, 1] / 1.44)

    return [
        Thing(flask, glass, turn=turn, reflectance=0.06, polish=0.95, bound=(0.72, 1.02)),
        Thing(cap, plain("d9b25f"), turn=turn, reflectance=0.6, polish=0.8, bound=(1.74, 0.45)),
    ]
