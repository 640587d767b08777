"""Does SHARPEN leave alone what is sharp already?

    python -m benchmarks.pictures.sharpening [FOLDER] [--part tune|publish] [--every N]

Clean photos of ``faithful_photos`` (FOLDER: data in benchmarks), by default those of the part
``publish``, go through SHARPEN as they came. Whoever has edges of a blur beyond CRISP, as a
Gaussian's sigma in pixels, is a soft picture; each that was changed is listed with its PSNR.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.data import DATA
from benchmarks.pictures.defects import psnr
from benchmarks.pictures.material.faithful_photos import PUBLISH, SETS, TUNE, photos
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.sharpening.sharpening_stage import CRISP, sharpen_step
from pixellab.adapters.imaging.quality.blur import blur_sigma

WANTED_DB = 40.0


def main() -> None:
    """Print a line for each photo that was changed, and the count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--part", choices=(TUNE, PUBLISH), default=PUBLISH)
    parser.add_argument("--every", type=int, default=1, help="each n-th photo of a set")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    args = parser.parse_args()
    networks, crisp, soft = Networks(), [], []
    for kind in args.sets:
        for photo in photos(args.folder, kind, args.part, args.every):
            result, _ = sharpen_step(photo.pixels, networks)
            same = np.array_equal(result, photo.pixels)
            decibels = np.inf if same else psnr(result, photo.pixels)
            before = blur_sigma(photo.pixels)
            (crisp if before <= CRISP else soft).append(decibels)
            if not same:
                after = blur_sigma(result)
                print(
                    f"{kind:10} {photo.name[:50]:50} blur {before:.2f} to {after:.2f}, "
                    f"{decibels:.1f} dB",
                    flush=True,
                )
    for name, found in (("crisp", crisp), ("soft", soft)):
        unchanged, below = (
            sum(np.isinf(found)),
            sum(each < WANTED_DB for each in found),
        )
        print(f"{name}: {len(found)}, unchanged {unchanged}, below {WANTED_DB:.0f} dB {below}")


if __name__ == "__main__":
    main()
