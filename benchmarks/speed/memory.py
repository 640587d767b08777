"""Peak memory of a large photo's AUTO or UPSCALE, beside plain resizing by Pillow and libvips.

    python -m benchmarks.speed.memory [PHOTO] [--mode AUTO] [--megapixels N]
    python -m benchmarks.speed.memory [PHOTO] --after

PHOTO (default: one of data/photos in benchmarks) is enlarged, once without noise and once with,
so that there is work to do, and saved as JPEG. The peers halve it, or for UPSCALE double it. Each
contender runs in a process of its own; what is printed is that process's largest resident size,
its imports included. ``--after`` prints instead what a server keeps after its work, also while
another request is stuck: one whose file takes its decoder the whole time that it is given.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from math import sqrt
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.data import PHOTOS

DECODED_TIMES, FIXED_MB = 6, 250
"""The limit: so many times the size of the decoded RGB picture, plus so much."""
UPSCALE_MB = 1500
"""The limit for UPSCALE of 12 megapixels."""
SETTLE_SECONDS = 1.0
STUCK_SECONDS = 120
STRIP = 500
"""Rows at a time, when the photo is made."""


def main() -> None:
    """Print the table, or be one of its contenders."""
    args = _arguments()
    if args.make:
        print(_make(args.photo, args.megapixels, *args.make))
        return
    if args.run:
        CONTENDERS[args.run](args.photo, args.mode)
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{kilobytes / 1000:.0f}")
        return
    if args.after:
        _after(args.photo)
        return
    with tempfile.TemporaryDirectory() as folder:
        for sigma in (0.0, 8.0):
            large = Path(folder) / f"large{sigma:.0f}.jpg"
            # In a process of its own, as a child's figure begins at its parent's.
            making = ["--make", str(sigma), str(large), "--megapixels", str(args.megapixels)]
            decoded = float(_child(args.photo, *making) or 0) / 1e6
            limit = UPSCALE_MB if args.mode == "UPSCALE" else DECODED_TIMES * decoded + FIXED_MB
            print(
                f"{args.mode} of {args.megapixels:.0f} megapixels, noise {sigma:.0f}: "
                f"decoded {decoded:.0f} MB, limit {limit:.0f} MB"
            )
            for name in CONTENDERS:
                printed = _child(large, "--run", name, "--mode", args.mode)
                if printed is None:
                    print(f"  {name:10} did not finish")
                else:
                    peak = float(printed)
                    print(
                        f"  {name:10} {peak:6.0f} MB   {peak / limit:5.2f} of the limit", flush=True
                    )


def _after(photo: Path) -> None:
    from benchmarks.service.bombs import bmp_runs
    from benchmarks.service.burst import server, upload

    os.environ["PIXELLAB_DECODE_SECONDS"] = str(STUCK_SECONDS)
    with tempfile.TemporaryDirectory() as folder, server() as (process, port):
        large = Path(folder) / "large.jpg"
        _make(photo, 12, "8", str(large))
        content = large.read_bytes()

        def told(when: str) -> None:
            time.sleep(SETTLE_SECONDS)
            decoders = sum(each.memory_full_info().uss for each in process.children())
            resident = process.memory_info().rss
            print(
                f"{when:45} {resident / 1e6:5.0f} MB, its decoders {decoders / 1e6:4.0f} MB",
                flush=True,
            )

        told("a server at rest")
        for mode, times in (("AUTO", 10), ("BACKGROUND_REMOVE", 1), ("AUTO", 10)):
            for _ in range(times):
                upload(port, content, mode)
            told(f"after {times} x {mode} of 12 megapixels")
        with ThreadPoolExecutor(1) as beside:
            stuck = beside.submit(upload, port, bmp_runs(7000), "AUTO")
            upload(port, content, "AUTO")
            assert not stuck.done(), "The file was opened too quickly."
            told("after another AUTO, one request being stuck")


def _child(photo: Path, *arguments: str) -> str | None:
    """The last line that this program prints with these arguments, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.speed.memory", str(photo), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1])
        return None
    return done.stdout.splitlines()[-1]


def _pixellab(photo: Path, mode: str) -> None:
    from pixellab.domain.requests import Mode, Task
    from pixellab.domain.use_cases import Upload
    from pixellab.entrypoints.bootstrap import bootstrap
    from pixellab.entrypoints.settings import load_settings

    with (
        tempfile.TemporaryDirectory() as folder,
        bootstrap(load_settings(data_dir=folder)) as lab,
        photo.open("rb") as file,
    ):
        lab.upload_and_enhance(
            Upload(content=file, filename="photo.jpg", task=Task(mode=Mode(mode)))
        )


def _factor(mode: str) -> float:
    return 2 if mode == "UPSCALE" else 0.5


def _pillow(photo: Path, mode: str) -> None:
    picture = Image.open(photo)
    size = round(picture.width * _factor(mode)), round(picture.height * _factor(mode))
    picture.resize(size, Image.Resampling.LANCZOS).save(io.BytesIO(), "JPEG", quality=90)


def _libvips(photo: Path, mode: str) -> None:
    import pyvips

    picture = pyvips.Image.new_from_file(str(photo))
    picture.resize(_factor(mode)).write_to_buffer(".jpg", Q=90)


CONTENDERS = {"PixelLab": _pixellab, "Pillow": _pillow, "libvips": _libvips}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", nargs="?", type=Path, default=PHOTOS / "dresses_dress_03.jpg")
    parser.add_argument("--megapixels", type=float, help="default: 50, for UPSCALE 12")
    parser.add_argument("--mode", choices=("AUTO", "UPSCALE"), default="AUTO")
    parser.add_argument("--after", action="store_true", help="what a server keeps after its work")
    parser.add_argument("--run", choices=sorted(CONTENDERS), help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.megapixels = args.megapixels or (12 if args.mode == "UPSCALE" else 50)
    return args


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
