"""Whether two checkouts make the same files: ``python tests/compare_bytes.py OTHER_CHECKOUT``.

Every mode writes every format, from the photos in ``samples/`` and from small pictures made here,
with and without a network that finds the product; the SHA-256 of each file is compared. It ends
with 1, and lists what differs, if anything does. To compare with the last commit::

    git worktree add ../before HEAD
    python tests/compare_bytes.py ../before

Both checkouts run here, one after the other, because no digests could be kept in the repository:
OpenCV and ONNX Runtime choose their code by the CPU's instructions (AVX2, AVX-512, NEON), which
round differently, and the encoders change with Pillow's version. Both run in this environment.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "samples"
NETWORK = "u2netp"
WISHES: tuple[Mapping[str, Any], ...] = (
    *(
        {"mode": mode, "scale": scale}
        for mode in ("UPSCALE", "UPSCALE_DENOISE")
        for scale in (3, 4)
    ),
    *({"mode": mode, "target_size_kb": 50} for mode in ("UPSCALE", "OPTIMIZE")),
    *({"mode": "STANDARDIZE", "profile": profile} for profile in ("amazon", "ebay", "etsy")),
    {"mode": "BACKGROUND_REMOVE", "background": "#f2f2f2"},
    {"mode": "BACKGROUND_REMOVE", "keep_shadow": True},
    {"mode": "FULL", "background": "white", "keep_shadow": True},
)
"""Tasks that ask for more than a mode."""


MAKING = "COMPARE_BYTES_OF"
"""Names the folder whose PixelLab is at work, in the process that makes its files."""


class Scope(StrEnum):
    """Of which photos files are made."""

    ONE = "one"
    """A small picture alone, and no task but a mode and a format."""
    QUICK = "quick"
    """The small pictures, and the samples as PNG."""
    ALL = "all"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path, help="another checkout of this repository")
    parser.add_argument("--quick", action="store_true", help="of the samples only PNG files")
    asked = parser.parse_args()
    scope = Scope.QUICK if asked.quick else Scope.ALL
    before, after = (digests(each / "src", scope) for each in (asked.other, ROOT))
    differing = differences(before, after)
    for name in differing:
        sys.stdout.write(f"{name}\n")
    sys.stdout.write(f"{len(differing)} of {len({**before, **after})} files differ.\n")
    return 1 if differing else 0


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The names of the files that are not the same, or are made by one of the two alone."""
    return sorted(each for each in {**before, **after} if before.get(each) != after.get(each))


def digests(packages: Path, scope: Scope, **environment: str) -> dict[str, str]:
    """The SHA-256 of each file that the PixelLab in the folder ``packages`` makes, by its name."""
    packages = packages.resolve()
    if not (packages / "pixellab").is_dir():
        raise SystemExit(f"There is no PixelLab in {packages}.")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, __file__, scope],
            env={**os.environ, **environment, "PYTHONPATH": str(packages), MAKING: str(packages)},
            cwd=folder,
            stdout=subprocess.PIPE,
            check=True,
        )
    made: dict[str, str] = json.loads(done.stdout)
    return made


def _make(packages: Path, scope: Scope) -> dict[str, str]:
    """What ``digests`` gives, by the PixelLab that this process imports."""
    import pixellab

    if not Path(pixellab.__file__).is_relative_to(packages):
        raise SystemExit(f"{pixellab.__file__} was imported, which is not in {packages}.")
    found: dict[str, str] = {}
    for network in ("none",) if scope is Scope.ONE else ("none", NETWORK):
        settings = {"cutout_model": network, "fetch_models": False, "data_dir": Path("data")}
        with pixellab.open_pixellab(**settings) as lab:
            modes = {*pixellab.Mode} if network == "none" else _modes_that_ask(pixellab, lab)
            for name, photo, task in _tasks(pixellab, scope):
                if task["mode"] in modes:
                    result = lab.enhance(photo, **task)
                    asked = " ".join(str(each) for each in task.values())
                    found[f"{name} {asked} {network}"] = _sha256(result.encoded.data)
                    _warn_of(network, result.warnings)
    return found


def _modes_that_ask(pixellab: Any, lab: Any) -> set[str]:
    """Those that ask the network where the product is, as their answer to a small picture says."""
    found = set()
    for mode in map(str, pixellab.Mode):
        result = lab.enhance(_pictures()["noisy"], mode=mode, output_format="PNG")
        _warn_of(NETWORK, result.warnings)
        if NETWORK in str(result.enhanced.model_version):
            found.add(mode)
    return found


def _warn_of(network: str, warnings: Iterable[str]) -> None:
    if missing := [each for each in warnings if f"network {network} is not here" in each]:
        raise SystemExit(f"{missing[0]} Fetch it: pixellab models pull {network}")


def _tasks(pixellab: Any, scope: Scope) -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """(name of the photo, its bytes, what is asked)."""
    tasks = [
        {"mode": str(mode), "output_format": str(written)}
        for mode in pixellab.Mode
        for written in pixellab.Format
    ]
    if scope is Scope.ONE:
        for task in tasks:
            yield "noisy", _pictures()["noisy"], task
        return
    for name, photo in _pictures().items():
        for task in (*tasks, *({**wish, "output_format": "PNG"} for wish in WISHES)):
            yield name, photo, task
    for path in sorted(SAMPLES.glob("*.jpg")):
        for task in tasks:
            # Files that someone made beside the samples have a second dot in their names.
            if "." not in path.stem and (scope is Scope.ALL or task["output_format"] == "PNG"):
                yield path.stem, path.read_bytes(), task


def _pictures() -> dict[str, bytes]:
    """Small pictures of what no sample shows, as files: transparent, noisy, coarsely compressed."""
    y, x = np.mgrid[0:60, 0:80].astype(np.float64)
    inside = np.clip(22 - np.hypot(x - 40, y - 30), 0, 1)[..., None]
    ground = np.full((60, 80, 3), 228.0)
    product = np.stack([60 + 2 * x, 150 - x, 40 + 2 * y], axis=2)
    picture = ground * (1 - inside) + product * inside
    noise = np.random.default_rng(1).normal(0, 14, picture.shape)
    return {
        "transparent": _file(np.concatenate([product, 255 * inside], axis=2), "PNG"),
        "noisy": _file(picture + noise, "PNG"),
        "blocky": _file(picture * 0.7, "JPEG", quality=35),
    }


def _file(pixels: np.ndarray[Any, Any], kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(out, kind, **options)
    return out.getvalue()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    if making := os.environ.get(MAKING):
        json.dump(_make(Path(making), Scope(sys.argv[1])), sys.stdout)
    else:
        sys.exit(main())
