"""How many words of print can be read after enlarging, and how many are read that aren't there?

    python -m benchmarks.pictures.print_legibility [--noisy]

Photos with print (of ``data/photos`` and ``data/products_alpha``, laid on white, 0.6 megapixels
large) are halved and doubled again: by bicubic, UPSCALE, SPAN and realesr-general. With ``--noisy``
the halved ones get noise of sigma 8 and a JPEG of quality 80 first, and ours is UPSCALE_DENOISE.
tesseract (``apt-get install tesseract-ocr``) reads them, and what it reads in the original is the
truth. No network of ours was trained on these photos.
"""

from __future__ import annotations

import argparse
import csv
import io
import subprocess
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.data import DATA, PHOTOS
from benchmarks.peers.networks import realesr_general, span
from benchmarks.pictures.super_resolution import Enlarge, damaged, even, network
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from training.bicubic import reduced

Pixels = NDArray[np.uint8]
SURE = 60
"""Confidence, in percent, from which on a word counts as read."""
SHORTEST = 3
READ_AT = 2
MEGAPIXELS = 0.6
WITH_PRINT = ("books.jpg", "mugs.jpg", "stickers.jpg", "t-shirts.jpg")
PRODUCTS_WITH_PRINT = (
    *("ascii-shirt-back", "banana-drink", "bean-drink", "carrot-drink", "dash-force-1"),
    *("digital-product", "gift-100", "gift-500", "headless-omnichannel-book", "team-tee-back"),
)


def main() -> None:
    args = _arguments()
    files = [PHOTOS / name for name in WITH_PRINT]
    files += [DATA / "products_alpha" / f"saleor-{name}.png" for name in PRODUCTS_WITH_PRINT]
    truths = [even(_on_white(file), MEGAPIXELS) for file in files]
    general = network(realesr_general(), 2)
    ways: dict[str, Enlarge] = {
        "bicubic": lambda p: np.asarray(
            cv2.resize(p, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8
        ),
        "PixelLab": _by_mode(Mode.UPSCALE_DENOISE if args.noisy else Mode.UPSCALE),
        "SPAN": network(span(), 2),
        "realesr-general": lambda p: reduced(general(p), 2),
    }
    there = [_words(truth) for truth in truths]
    print(f"{len(truths)} photos; in the originals {sum(map(Counter.total, there))} words are read")
    for name, enlarge in ways.items():
        right = wrong = 0
        for n, (truth, words) in enumerate(zip(truths, there, strict=True)):
            small = damaged(reduced(truth, 2), (8, 80) if args.noisy else (0, None), n)
            found = _words(enlarge(small))
            right += (found & words).total()
            wrong += (found - words).total()
        print(f"  {name:16} {right:4} of them, and {wrong:4} others", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--noisy", action="store_true")
    return parser.parse_args()


def _on_white(file: Path) -> Pixels:
    pixels = np.asarray(Image.open(file).convert("RGBA"), np.float32)
    opaque = pixels[..., 3:] / 255
    return np.rint(pixels[..., :3] * opaque + 255 * (1 - opaque)).astype(np.uint8)


def _by_mode(mode: Mode) -> Enlarge:
    def enlarge(pixels: Pixels) -> Pixels:
        picture = Picture(pixels=np.ascontiguousarray(pixels), format="PNG")
        return LocalEnhancer().enhance(picture, Task(mode=mode)).picture.pixels

    return enlarge


def _words(pixels: Pixels) -> Counter[str]:
    large = cv2.resize(pixels, None, fx=READ_AT, fy=READ_AT, interpolation=cv2.INTER_CUBIC)
    _, data = cv2.imencode(".png", large[..., ::-1])
    command = ["tesseract", "stdin", "stdout", "--psm", "11", "tsv"]
    run = subprocess.run(command, input=data.tobytes(), capture_output=True, check=True)
    lines = csv.DictReader(io.StringIO(run.stdout.decode()), delimiter="\t", quoting=csv.QUOTE_NONE)
    found: Counter[str] = Counter()
    for line in lines:
        word = "".join(c for c in (line["text"] or "") if c.isalnum()).lower()
        if len(word) >= SHORTEST and float(line["conf"]) >= SURE:
            found[word] += 1
    return found


if __name__ == "__main__":
    main()
