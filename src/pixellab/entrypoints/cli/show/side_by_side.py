"""Both versions of a photo in one picture."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

from pixellab.domain.pictures import Picture
from pixellab.domain.use_cases import Result

MAX_HEIGHT = 1000
"""Taller pictures are shown smaller."""
DIVIDER_SHARE = 0.004
LABEL_SHARE = 0.035
"""The divider's width and the letters' height, as shares of the picture's height."""
JPEG_QUALITY = 90
CHECKER = (255, 235)
CHECKER_SHARE = 0.02
"""Two greys, and the size of a square, of the pattern that shows through transparent parts."""


def side_by_side(picture: Picture, done: Result) -> bytes:
    """A JPEG with the photo on the left and the finished file on the right, equally tall."""
    before = Image.fromarray(picture.pixels)
    with Image.open(io.BytesIO(done.encoded.data)) as after:
        after.load()
    height = min(MAX_HEIGHT, max(before.height, after.height))
    left, right = (_as_tall(image, height) for image in (before, after))
    gap = max(2, round(height * DIVIDER_SHARE))
    canvas = Image.new("RGB", (left.width + gap + right.width, height), "white")
    canvas.paste(left, (0, 0))
    canvas.paste(right, (left.width + gap, 0))
    _label(canvas, 0, f"Before: score {done.before.score:.0f}")
    _label(canvas, left.width + gap, f"After: score {done.after.score:.0f}")
    file = io.BytesIO()
    canvas.save(file, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return file.getvalue()


def _as_tall(image: Image.Image, height: int) -> Image.Image:
    width = max(1, round(image.width * height / image.height))
    sized = image.convert("RGBA").resize((width, height), Image.Resampling.LANCZOS)
    if sized.getchannel("A").getextrema() == (255, 255):
        return sized.convert("RGB")
    return Image.alpha_composite(_checkered(width, height), sized).convert("RGB")


def _checkered(width: int, height: int) -> Image.Image:
    square = max(4, round(height * CHECKER_SHARE))
    tile = Image.new("L", (2, 2), CHECKER[0])
    tile.putpixel((0, 0), CHECKER[1])
    tile.putpixel((1, 1), CHECKER[1])
    page = Image.new("L", (width, height))
    tile = tile.resize((2 * square, 2 * square), Image.Resampling.NEAREST)
    for top in range(0, height, 2 * square):
        for left in range(0, width, 2 * square):
            page.paste(tile, (left, top))
    return page.convert("RGBA")


def _label(canvas: Image.Image, x: int, words: str) -> None:
    """White words on a dark, see-through ground, in the half's upper left corner."""
    size = max(11, round(canvas.height * LABEL_SHARE))
    font = ImageFont.load_default(size)
    pad = size // 2
    box = font.getbbox(words)
    ground = (x + pad, pad, round(x + 2 * pad + box[2]), round(2 * pad + box[3]))
    veil = Image.new("RGB", (ground[2] - ground[0], ground[3] - ground[1]), "black")
    canvas.paste(veil, ground[:2], Image.new("L", veil.size, 150))
    ImageDraw.Draw(canvas).text((x + 1.5 * pad, 1.5 * pad), words, font=font, fill="white")
