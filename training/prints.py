"""Draws what packages and cloth are printed with: text, lines, bars, dots, shapes, unevenly lit."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

FINER = 4
"""Prints are drawn so many times larger and averaged, as a lens and a sensor would."""
LETTERS = string.ascii_letters + string.digits + string.digits + "%&.,:;()/-+*!?"


def prints(side: int, count: int, seed: int, fonts: list[Path]) -> Iterator[Pixels]:
    """``count`` crops, uint8 (side, side, 3) RGB, in Pillow's own font and those in ``fonts``."""
    chance = random.Random(seed)
    for _ in range(count):
        yield _one(side, chance, fonts)


def _one(side: int, chance: random.Random, fonts: list[Path]) -> Pixels:
    large = side * FINER
    paper = colour(chance)
    sheet = Image.new("RGB", (large, large), paper)
    draw = ImageDraw.Draw(sheet)
    for _ in range(chance.randint(2, 7)):
        _shape(draw, large, chance)
    y = chance.randint(0, 40)
    while y < large:
        size = FINER * int(np.exp(chance.uniform(np.log(6), np.log(60))))
        font = _font(size, fonts, chance)
        words = " ".join(_word(chance) for _ in range(chance.randint(2, 12)))
        x = chance.randint(-200, large // 2)
        draw.text((x, y), words, font=font, fill=_against(sheet, x, y, chance))
        y += int(size * chance.uniform(1.1, 2.5))
    turned = sheet.rotate(
        chance.choice([0, 0, chance.uniform(-20, 20)]), Image.Resampling.BICUBIC, fillcolor=paper
    )
    pixels = np.asarray(turned, np.float32) * light(large, chance)
    spread = FINER * chance.uniform(0.3, 0.6)
    pixels = cv2.GaussianBlur(pixels, (0, 0), spread)
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    return np.clip(np.rint(small), 0, 255).astype(np.uint8)


def _font(size: int, fonts: list[Path], chance: random.Random) -> ImageFont.FreeTypeFont:
    if not fonts or chance.random() < 0.1:
        return ImageFont.load_default(size)
    return ImageFont.truetype(chance.choice(fonts), size)


def _word(chance: random.Random) -> str:
    word = "".join(chance.choices(LETTERS, k=chance.randint(1, 10)))
    return word.upper() if chance.random() < 0.3 else word


def _shape(draw: ImageDraw.ImageDraw, large: int, chance: random.Random) -> None:
    x, y, width, height = (chance.randint(0, large) for _ in range(4))
    box = (x - width // 2, y - height // 2, x + width // 2 + 1, y + height // 2 + 1)
    fill, line = colour(chance), chance.randint(FINER, 6 * FINER)
    kind = chance.randrange(6)
    if kind == 0:
        draw.rectangle(box, fill=fill)
    elif kind == 1:
        draw.ellipse(box, outline=fill, width=line)
    elif kind == 2:
        draw.ellipse(box, fill=fill)
    elif kind == 3:
        corners = [(chance.randint(0, large), chance.randint(0, large)) for _ in range(5)]
        draw.line(corners, fill=fill, width=line, joint="curve")
    elif kind == 4:
        _dots(draw, box, fill, chance)
    else:
        for bar in range(box[0], box[2], 2 * line):
            draw.rectangle((bar, box[1], bar + chance.randint(1, line), box[3]), fill=fill)


def _dots(
    draw: ImageDraw.ImageDraw, box: tuple[int, ...], fill: Colour, chance: random.Random
) -> None:
    """One to five pixels wide each, in crooked rows."""
    radius = FINER * chance.uniform(0.5, 2.5)
    apart = max(4 * FINER, round(radius * chance.uniform(3, 8)))
    for x in range(box[0], box[2], apart):
        for y in range(box[1], box[3], apart):
            left, top = (at + chance.uniform(-0.3, 0.3) * apart for at in (x, y))
            draw.ellipse((left, top, left + 2 * radius, top + 2 * radius), fill=fill)


def light(side: int, chance: random.Random) -> NDArray[np.float32]:
    """(side, side, 1): what a bent sheet reflects, half of the time; else 1."""
    least = chance.uniform(0.3, 1) if chance.random() < 0.5 else 1
    points = chance.randint(2, 8)
    coarse = np.array([chance.uniform(least, 1) for _ in range(points**2)], np.float32)
    even = cv2.resize(coarse.reshape(points, points), (side, side), interpolation=cv2.INTER_CUBIC)
    return even[..., None]


def colour(chance: random.Random) -> Colour:
    if chance.random() < 0.4:
        level = chance.choice([chance.randint(0, 40), chance.randint(215, 255)])
        return level, level, level
    return chance.randint(0, 255), chance.randint(0, 255), chance.randint(0, 255)


def _against(sheet: Image.Image, x: int, y: int, chance: random.Random) -> Colour:
    """A colour that can be read at this place."""
    here = sheet.getpixel((min(max(x, 0), sheet.width - 1), min(y, sheet.height - 1)))
    for _ in range(20):
        found = colour(chance)
        if sum(abs(a - b) for a, b in zip(found, here, strict=True)) > 150:
            return found
    return found
