"""How much nearer to the truth is a cleaned picture, beside BM3D, FFDNet, fastNlMeans, deJPEG?

    python -m benchmarks.pictures.cleaning [--photos FOLDER] [--only N] [--most MEGAPIXELS]
                                           [--no-bm3d] [--camera [--side PIXELS]] [--meshes]

Photos of FOLDER (default: ``data/photos``), none of which trained our networks, are reduced to at
most MEGAPIXELS, then given white noise of sigma 15, 25 and 50, or saved as JPEG of quality 10, 20
and 40. BM3D, FFDNet and fastNlMeans are told the true sigma. Ours is shown twice: the network
alone, which is told nothing, and DENOISE, which measures before it begins.
PSNR of R, G and B; seconds of the same run. ``--camera`` instead takes real noise and its truth
(``data/eval/PolyU``), of unknown sigma: BM3D and FFDNet are told each of several, and the best
mean of theirs counts; each mean is also given without the pictures whose light AUTO
corrects; ``--side`` leaves the middle of each, since BM3D takes minutes for a whole one.
``--meshes`` takes drawn cloth, which cleaning greys if it takes what repeats every few
pixels for noise: without noise, with white noise and with a camera's, none of it among what
trained; it also tells the most that one of them lost. Wants ``pip install bm3d torch`` (bm3d's
licence allows research only).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from benchmarks.data import DATA, PHOTOS
from benchmarks.peers import networks as peers
from benchmarks.pictures.super_resolution import even, levels, read
from pixellab.adapters.enhancers.local.networks.shipped import WEIGHTS, contents
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from training.meshes import meshes

Pixels = NDArray[np.uint8]
Clean = Callable[[Pixels, int], Pixels]
"""A damaged picture and the true sigma or quality, to a cleaned one."""


MESH_SIDE, MESH_SEED = 160, 900_001
"""Of drawn cloth; the seeds that trained are smaller."""
EXACT = 60.0
"""PSNR of what has no error."""
CAMERA_SIGMAS = (3, 5, 8, 12)


def main() -> None:
    args = _arguments()
    if args.camera:
        _camera(args)
        return
    if args.meshes:
        _meshes(args)
        return
    files = sorted(p for p in args.photos.iterdir() if p.suffix in (".jpg", ".png"))
    truths = [
        even(read(file), args.most)
        for file in files[:: max(1, len(files) // args.only)][: args.only]
    ]
    denoise, deblock = (_framed(name, args.threads) for name in ("denoise", "deblock"))
    from benchmarks.peers import torch_networks as torch_peers  # --help needs no torch

    ffdnet = _network(torch_peers.ffdnet(peers.ffdnet()), args.threads)
    ways: dict[str, Clean] = {
        "network alone": lambda p, _: denoise(p, ()),
        "PixelLab DENOISE": lambda p, _: _by_mode(p),
        "FFDNet": lambda p, sigma: ffdnet(p, (sigma / 255,)),
        "fastNlMeans": _non_local_means,
    }
    if not args.no_bm3d:
        ways["BM3D"] = _bm3d
    for sigma in (15, 25, 50):
        _table(f"noise of sigma {sigma}", truths, ways, sigma, _noisy)
    dejpeg = _network(torch_peers.dejpeg(peers.dejpeg()), args.threads)
    ways = {
        "network alone": lambda p, _: deblock(p, ()),
        "PixelLab DENOISE": lambda p, _: _by_mode(p),
        "deJPEG": lambda p, _: dejpeg(p, ()),
    }
    for quality in (10, 20, 40):
        _table(f"JPEG of quality {quality}", truths, ways, quality, _compressed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--only", type=int, default=8, help="so many photos, evenly chosen")
    parser.add_argument("--most", type=float, default=0.25, help="megapixels of a photo")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--camera", action="store_true", help="real noise of cameras")
    parser.add_argument("--side", type=int, default=512, help="of what is taken of camera photos")
    parser.add_argument("--meshes", action="store_true", help="drawn cloth")
    parser.add_argument("--no-bm3d", action="store_true", help="it takes most of the time")
    return parser.parse_args()


def _camera(args: argparse.Namespace) -> None:
    from benchmarks.peers import torch_networks as torch_peers

    files = sorted((DATA / "eval" / "PolyU").glob("*_real.JPG"))
    chosen = files[:: max(1, len(files) // args.only)][: args.only]
    truths = [f.with_name(f.name.replace("_real", "_mean")) for f in chosen]
    pairs = [
        (_middle(read(f), args.side), _middle(read(truth), args.side))
        for f, truth in zip(chosen, truths, strict=True)
    ]
    ours, told = (
        _framed("denoise", args.threads),
        _network(torch_peers.ffdnet(peers.ffdnet()), args.threads),
    )
    ways: dict[str, Callable[[Pixels], Pixels]] = {
        "as it is": lambda p: p,
        "PixelLab AUTO": partial(_by_mode, mode=Mode.AUTO),
        "PixelLab DENOISE": _by_mode,
        "network alone": lambda p: ours(p, ()),
    }
    for sigma in CAMERA_SIGMAS:
        ways[f"FFDNet, {sigma}"] = partial(_at, lambda p, s: told(p, (s / 255,)), sigma)
        if not args.no_bm3d:
            ways[f"BM3D, {sigma}"] = partial(_at, _bm3d, sigma)
    lit = np.array([_lit(noisy) for noisy, _ in pairs])
    print(
        f"real noise of cameras: all {len(pairs)}, and the {(~lit).sum()} whose light AUTO leaves"
    )
    for name, clean in ways.items():
        found = np.array([_psnr(clean(noisy), truth) for noisy, truth in pairs])
        print(f"  {name:18} {found.mean():6.2f} dB {found[~lit].mean():6.2f} dB", flush=True)


def _middle(pixels: Pixels, side: int) -> Pixels:
    y, x = (max(0, length - side) // 2 for length in pixels.shape[:2])
    return np.ascontiguousarray(pixels[y : y + side, x : x + side])


def _meshes(args: argparse.Namespace) -> None:
    from benchmarks.peers import torch_networks as torch_peers

    ours, told = (
        _framed("denoise", args.threads),
        _network(torch_peers.ffdnet(peers.ffdnet()), args.threads),
    )
    truths = list(meshes(MESH_SIDE, 4 * args.only, MESH_SEED))
    ways: dict[str, Clean] = {
        "as it is": lambda p, _: p,
        "network alone": lambda p, _: ours(p, ()),
        "PixelLab DENOISE": lambda p, _: _by_mode(p),
        "FFDNet, told": lambda p, sigma: told(p, (sigma / 255,)),
    }
    kinds = {"no noise": (0, _noisy), "white": (8, _noisy), "of a camera": (8, _seen_by_a_camera)}
    for kind, (sigma, damage) in kinds.items():
        print(f"\ndrawn cloth, noise: {kind}, {sigma} ({len(truths)} pictures)")
        damaged = [damage(truth, sigma) for truth in truths]
        before = np.array([_psnr(d, t) for d, t in zip(damaged, truths, strict=True)])
        for name, clean in ways.items():
            after = np.array(
                [_psnr(clean(d, sigma), t) for d, t in zip(damaged, truths, strict=True)]
            )
            lost = (before - after).max()
            print(f"  {name:18} {after.mean():6.2f} dB   one lost {lost:5.2f} dB", flush=True)


def _seen_by_a_camera(pixels: Pixels, sigma: int) -> Pixels:
    """Demosaiced well; the strength is that of mid-tones."""
    import torch

    from training.degrade import demosaiced

    noise = np.random.default_rng(1).normal(0, sigma / 255, (1, 3, *pixels.shape[:2]))
    seen = demosaiced(torch.from_numpy(noise.astype(np.float32)))[0].numpy()
    return levels(pixels + 255 * seen.transpose(1, 2, 0))


def _lit(pixels: Pixels) -> bool:
    """Whether AUTO corrects the light, which a truth in the same light cannot judge."""
    picture = Picture(pixels=np.ascontiguousarray(pixels), format="PNG")
    steps = LocalEnhancer().enhance(picture, Task()).steps
    return any(step.name == "light" and step.applied for step in steps)


def _at(clean: Clean, sigma: int, pixels: Pixels) -> Pixels:
    return clean(pixels, sigma)


def _table(
    title: str,
    truths: list[Pixels],
    ways: dict[str, Clean],
    amount: int,
    damage: Callable[[Pixels, int], Pixels],
) -> None:
    damaged = [damage(truth, amount) for truth in truths]
    before = np.mean([_psnr(d, t) for d, t in zip(damaged, truths, strict=True)])
    megapixels = sum(t.shape[0] * t.shape[1] for t in truths) / 1e6
    print(f"\n{title} ({len(truths)} pictures)\n  {'as it is':18} {before:6.2f} dB")
    for name, clean in ways.items():
        clean(damaged[0][:64, :64], amount)
        began = time.perf_counter()
        cleaned = [clean(d, amount) for d in damaged]
        seconds = (time.perf_counter() - began) / megapixels
        after = np.mean([_psnr(c, t) for c, t in zip(cleaned, truths, strict=True)])
        print(
            f"  {name:18} {after:6.2f} dB ({after - before:+.2f})  {seconds:6.2f} s/MP", flush=True
        )


def _network(model: bytes, threads: int) -> Callable[[Pixels, tuple[float, ...]], Pixels]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def clean(pixels: Pixels, numbers: tuple[float, ...]) -> Pixels:
        tensor = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32) / 255
        given = {"x": tensor}
        given |= {each.name: np.float32(numbers) for each in session.get_inputs()[1:]}
        return levels(session.run(None, given)[0][0].transpose(1, 2, 0) * 255)

    return clean


def _framed(name: str, threads: int) -> Callable[[Pixels, tuple[float, ...]], Pixels]:
    """One of ours, with the margin that it wants, and that is cut off again."""
    network = _network((WEIGHTS / f"{name}.onnx").read_bytes(), threads)
    reach = int(contents()[name]["reach"])

    def clean(pixels: Pixels, numbers: tuple[float, ...]) -> Pixels:
        wide = np.pad(pixels, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
        return network(wide, numbers)[reach:-reach, reach:-reach]

    return clean


def _by_mode(pixels: Pixels, mode: Mode = Mode.DENOISE) -> Pixels:
    picture = Picture(pixels=np.ascontiguousarray(pixels), format="PNG")
    return LocalEnhancer().enhance(picture, Task(mode=mode)).picture.pixels


def _non_local_means(pixels: Pixels, sigma: int) -> Pixels:
    return np.asarray(cv2.fastNlMeansDenoisingColored(pixels, None, sigma, sigma), np.uint8)


def _bm3d(pixels: Pixels, sigma: int) -> Pixels:
    from bm3d import bm3d_rgb

    return levels(bm3d_rgb(pixels / 255.0, sigma / 255) * 255)


def _noisy(pixels: Pixels, sigma: int) -> Pixels:
    return levels(pixels + np.random.default_rng(1).normal(0, sigma, pixels.shape))


def _compressed(pixels: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def _psnr(a: Pixels, b: Pixels) -> float:
    error = float(np.mean((a.astype(float) - b) ** 2))
    return min(EXACT, float(10 * np.log10(255**2 / max(error, 1e-9))))


if __name__ == "__main__":
    main()
