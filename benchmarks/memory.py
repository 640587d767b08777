"""Peak memory of one 50-megapixel AUTO, beside plain decode-and-encode by Pillow and libvips.

    python benchmarks/memory.py [PHOTO] [--megapixels N]

PHOTO (default: one of data/photos beside this file) is enlarged, given noise so that
AUTO has work to do, and saved as JPEG. Each contender runs in a process of its own; what is printed
is that process's largest resident size, its imports included.
"""

from __future__ import annotations

import argparse
import io
import resource
import subprocess
import sys
import tempfile
from math import sqrt
from pathlib import Path

import numpy as np
from data import PHOTOS
from PIL import Image

DECODED_TIMES, FIXED_MB = 6, 250
"""The limit: so many times the size of the decoded RGB picture, plus so much."""
STRIP = 500
"""Rows at a time, when the photo is made."""


def main() -> None:
    """Print the table, or be one of its contenders."""
    args = _arguments()
    if args.make:
        print(_make(args.photo, args.megapixels, *args.make))
        return
    if args.run:
        CONTENDERS[args.run](args.photo)
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{kilobytes / 1000:.0f}")
        return
    with tempfile.TemporaryDirectory() as folder:
        for sigma in (0.0, 8.0):
            large = Path(folder) / f"large{sigma:.0f}.jpg"
            # In a process of its own, as a child's figure begins at its parent's.
            making = ["--make", str(sigma), str(large), "--megapixels", str(args.megapixels)]
            decoded = float(_child(args.photo, *making) or 0) / 1e6
            limit = DECODED_TIMES * decoded + FIXED_MB
            print(
                f"{args.megapixels:.0f} megapixels, noise {sigma:.0f}: decoded {decoded:.0f} MB, "
                f"limit {limit:.0f} MB"
            )
            for name in CONTENDERS:
                printed = _child(large, "--run", name)
                if printed is None:
                    print(f"  {name:10} did not finish")
                else:
                    peak = float(printed)
                    print(
                        f"  {name:10} {peak:6.0f} MB   {peak / limit:5.2f} of the limit", flush=True
                    )


def _child(photo: Path, *arguments: str) -> str | None:
    """The last line that this program prints with these arguments, in a process of its own."""
    command = [sys.executable, __file__, str(photo), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1])
        return None
    return done.stdout.splitlines()[-1]


def _auto(photo: Path) -> None:
    from pixellab.domain.pictures import Task
    from pixellab.domain.use_cases import Upload
    from pixellab.entrypoints.bootstrap import bootstrap
    from pixellab.entrypoints.settings import load_settings

    with (
        tempfile.TemporaryDirectory() as folder,
        bootstrap(load_settings(data_dir=folder)) as lab,
        photo.open("rb") as file,
    ):
        lab.upload_and_enhance(Upload(content=file, filename="photo.jpg", task=Task()))


def _pillow(photo: Path) -> None:
    picture = Image.open(photo)
    half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
    half.save(io.BytesIO(), "JPEG", quality=90)


def _libvips(photo: Path) -> None:
    import pyvips

    picture = pyvips.Image.new_from_file(str(photo))
    picture.resize(0.5).write_to_buffer(".jpg", Q=90)


CONTENDERS = {"PixelLab": _auto, "Pillow": _pillow, "libvips": _libvips}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", nargs="?", type=Path, default=PHOTOS / "dresses_dress_03.jpg")
    parser.add_argument("--megapixels", type=float, default=50.0)
    parser.add_argument("--run", choices=sorted(CONTENDERS), help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def _make(source: Path, megapixels: float, noise: str, target: str) -> int:
    """Write the large photo; return how many bytes it has decoded."""
    sigma = float(noise)
    photo = Image.open(source).convert("RGB")
    scale = sqrt(megapixels * 1e6 / (photo.width * photo.height))
    pixels = np.array(photo.resize((round(photo.width * scale), round(photo.height * scale))))
    rng = np.random.default_rng(1)
    for top in range(0, len(pixels) if sigma else 0, STRIP):
        rows = pixels[top : top + STRIP]
        rows[:] = np.clip(np.rint(rows + rng.normal(0, sigma, rows.shape)), 0, 255)
    Image.fromarray(pixels).save(target, "JPEG", quality=90)
    return pixels.nbytes


if __name__ == "__main__":
    main()
