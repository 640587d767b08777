"""Makes a folder of files that a stranger might send: cut short, damaged, bombs, two in one.

    python -m benchmarks.service.make_hostile FOLDER

Always the same ones. ``benchmarks.service.hostile_files`` sends them to a server.
"""

from __future__ import annotations

import argparse
import io
import random
import zipfile
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

from PIL import Image

from benchmarks.service.bombs import avif_tiles, bombs

SIZE = (320, 240)
STEP = 5
"""Percent of a file between one cut and the next."""
DAMAGED, FLIPPED = 4, 12
"""Files of each kind, and bytes changed in each."""


def main() -> None:
    """Write the files, and say how many there are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for make in (cut_short, damaged, two_in_one, bombs, tiles):
        for name, content in make():
            (folder / f"{make.__name__}_{name}").write_bytes(content)
            count += 1
    print(f"{count} files in {folder}")


def photos() -> dict[str, bytes]:
    """An ordinary file of every kind, by a name with its extension."""
    picture = Image.effect_noise(SIZE, 40).resize(SIZE).convert("RGB")
    kinds = {
        "plain.jpg": ("JPEG", {}),
        "progressive.jpg": ("JPEG", {"progressive": True}),
        "plain.png": ("PNG", {}),
        "lossy.webp": ("WEBP", {}),
        "lossless.webp": ("WEBP", {"lossless": True}),
        "plain.avif": ("AVIF", {}),
        "raw.tif": ("TIFF", {}),
        "lzw.tif": ("TIFF", {"compression": "tiff_lzw"}),
        "jpeg.tif": ("TIFF", {"compression": "jpeg"}),
        "plain.gif": ("GIF", {}),
        "plain.bmp": ("BMP", {}),
    }
    made = {}
    for name, (kind, options) in kinds.items():
        file = io.BytesIO()
        picture.save(file, kind, **options)
        made[name] = file.getvalue()
    return made


def cut_short() -> Iterator[tuple[str, bytes]]:
    for name, content in photos().items():
        for percent in range(STEP, 100, STEP):
            yield f"{percent:02}_{name}", content[: len(content) * percent // 100]


def damaged() -> Iterator[tuple[str, bytes]]:
    chance = random.Random(1)
    for name, content in photos().items():
        for number in range(DAMAGED):
            changed = bytearray(content)
            for _ in range(FLIPPED):
                changed[chance.randrange(8, len(changed))] = chance.randrange(256)
            yield f"{number}_{name}", bytes(changed)


def two_in_one() -> Iterator[tuple[str, bytes]]:
    """Files that are something else, too, depending on who reads them."""
    made = photos()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("page.html", "<script>alert(1)</script>")
    for name in ("plain.jpg", "plain.png", "plain.gif", "lossy.webp"):
        yield f"zip_{name}", made[name] + archive.getvalue()
        yield f"page_{name}", made[name] + b"<script>alert(1)</script>"
        yield f"document_{name}", b"%PDF-1.7\n" + made[name]
    for one, other in permutations(("plain.jpg", "plain.png", "plain.gif"), 2):
        yield f"{one.replace('.', '_')}_{other}", made[one] + made[other]
    yield "drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "empty.jpg", b""
    yield "zeros.png", bytes(100_000)


def tiles() -> Iterator[tuple[str, bytes]]:
    for across in (4, 30, 60, 110):
        yield f"{across * across}.avif", avif_tiles(across)


if __name__ == "__main__":
    main()
