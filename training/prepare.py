"""Cuts crops out of the photos, draws some of print, and lets a teacher enlarge them.

    python -m training.prepare --debian UNPACKED --photos FOLDER --teacher span_x2.onnx --out WORK

writes ``large.npy`` (crops, uint8), ``small.npy`` (their antialiased bicubic half, uint8) and
``taught.npy`` (what the teacher makes of the small ones, float16, 0 to 255), NHWC, RGB.
"""

from __future__ import annotations

import argparse
import os
from itertools import chain
from pathlib import Path

import numpy as np
import onnxruntime

from training.bicubic import reduced
from training.photos import crops, debian_photos, folder_photos
from training.prints import prints

SIDE = 256
RIM = 8
"""Pixels of a small crop whose enlargement the teacher's border spoils: they are cut off."""


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--debian", type=Path, required=True)
    ask.add_argument("--photos", type=Path, default=os.environ.get("PIXELLAB_TRAINING_PHOTOS"))
    ask.add_argument("--teacher", type=Path, required=True)
    ask.add_argument("--out", type=Path, required=True)
    ask.add_argument("--count", type=int, default=6000)
    ask.add_argument("--prints", type=int, default=2000)
    ask.add_argument("--seed", type=int, default=1)
    given = ask.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    teacher = onnxruntime.InferenceSession(given.teacher, providers=["CPUExecutionProvider"])
    large, small, taught = [], [], []
    photos = crops(
        debian_photos(given.debian),
        folder_photos(Path(given.photos)),
        SIDE,
        given.count,
        given.seed,
    )
    for crop in chain(photos, prints(SIDE, given.prints, given.seed)):
        half = reduced(crop, 2)
        tensor = half.astype(np.float32).transpose(2, 0, 1)[None] / 255
        answer = teacher.run(None, {"x": tensor})[0][0].transpose(1, 2, 0) * 255
        small.append(half[RIM:-RIM, RIM:-RIM])
        large.append(crop[2 * RIM : -2 * RIM, 2 * RIM : -2 * RIM])
        taught.append(answer[2 * RIM : -2 * RIM, 2 * RIM : -2 * RIM].astype(np.float16))
    order = np.random.default_rng(given.seed).permutation(len(large))
    for name, pile in (("large", large), ("small", small), ("taught", taught)):
        np.save(given.out / f"{name}.npy", np.stack(pile)[order])
    print(f"{len(large)} crops")


if __name__ == "__main__":
    main()
