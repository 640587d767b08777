"""Makes the dashboard's small pictures of what each mode does: left before, right after.

    python samples/make_mode_pictures.py

Each is a sample photo, half of it as it came and half as PixelLab's own backend makes it.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw

from pixellab import Mode, open_pixellab

HERE = Path(__file__).parent
FOLDER = HERE.parent / "src/pixellab/entrypoints/dashboard/assets/modes"
WIDTH, HEIGHT = 360, 180
"""Twice as many pixels as the page shows, for displays of high density."""
QUALITY = 70

# The sample that shows best what a mode does; the part of it that is shown, as shares of its sides
# (left, top, side length as a share of the width); and what is done to it first.
PICTURES = {
    Mode.AUTO: ("soft-watch.jpg", (0.3, 0.3, 0.42), "as it is"),
    Mode.STANDARDIZE: ("yellow-box.jpg", (0, 0, 1), "as it is"),
    Mode.BACKGROUND_REMOVE: ("yellow-box.jpg", (0.1, 0.05, 0.85), "as it is"),
    Mode.FULL: ("noisy-bottle.jpg", (0.1, 0.1, 0.8), "as it is"),
    Mode.LIGHT_CORRECTION: ("dark-mug.jpg", (0.12, 0.12, 0.76), "as it is"),
    Mode.SHARPEN: ("soft-watch.jpg", (0.38, 0.38, 0.26), "as it is"),
    Mode.DENOISE: ("noisy-bottle.jpg", (0.34, 0.48, 0.3), "as it is"),
    Mode.UPSCALE: ("yellow-box.jpg", (0.3, 0.55, 0.3), "small"),
    Mode.UPSCALE_DENOISE: ("noisy-bottle.jpg", (0.34, 0.48, 0.3), "small"),
    Mode.OPTIMIZE: ("yellow-box.jpg", (0.2, 0.2, 0.6), "as it is"),
}


def main() -> None:
    """Write a WEBP for each mode."""
    FOLDER.mkdir(exist_ok=True)
    with open_pixellab() as lab:
        for mode, (name, part, first) in PICTURES.items():
            photo = _prepared(Image.open(HERE / name).convert("RGB"), first)
            file = io.BytesIO()
            photo.save(file, "PNG")
            file.seek(0)
            made = lab.enhance(file, mode=mode, output_format="PNG")
            after = Image.open(io.BytesIO(made.encoded.data))
            out = FOLDER / f"{mode.lower()}.webp"
            _side_by_side(_part(photo, part), _part(after, part)).save(out, quality=QUALITY)
            print(out.name, out.stat().st_size)


def _prepared(photo: Image.Image, first: str) -> Image.Image:
    return photo.resize((photo.width // 4, photo.height // 4)) if first == "small" else photo


def _part(picture: Image.Image, part: tuple[float, float, float]) -> Image.Image:
    """A square of the picture, on white, or on squares where it is see-through."""
    left, top, side = part
    box = [round(each * picture.width) for each in (left, top, left + side, top + side)]
    square = picture.convert("RGBA").crop((box[0], box[1], box[2], box[3]))
    square = square.resize((WIDTH // 2, HEIGHT), Image.Resampling.LANCZOS)
    return Image.alpha_composite(_squares(), square).convert("RGB")


def _squares(cell: int = 12) -> Image.Image:
    ground = Image.new("RGBA", (WIDTH // 2, HEIGHT), "#fafaf9")
    draw = ImageDraw.Draw(ground)
    for y in range(0, HEIGHT, cell):
        for x in range(y // cell % 2 * cell, WIDTH // 2, 2 * cell):
            draw.rectangle((x, y, x + cell - 1, y + cell - 1), "#d6d3d1")
    return ground


def _side_by_side(before: Image.Image, after: Image.Image) -> Image.Image:
    both = Image.new("RGB", (WIDTH, HEIGHT))
    both.paste(before, (0, 0))
    both.paste(after, (WIDTH // 2, 0))
    ImageDraw.Draw(both).line((WIDTH // 2, 0, WIDTH // 2, HEIGHT), "white", 2)
    return both


if __name__ == "__main__":
    main()
