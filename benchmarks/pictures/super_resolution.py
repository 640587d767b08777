"""How near is an enlargement to the truth, and at what cost, beside SPAN, bicubic and Lanczos?

    python -m benchmarks.pictures.super_resolution [--threads N] [--photos FOLDER] [--most MP]
                                                   [--real] [--unseen]

Set5 (``data/eval/Set5``) by the usual protocol: the truth is halved by antialiased bicubic,
enlarged again, and PSNR taken of Y (BT.601) without a rim of 2 pixels. Beside it the photos in
FOLDER (default: ``data/photos``), none of which trained our networks, made ``--most`` megapixels
large or smaller.
``--real`` damages the halved picture first: noise of sigma 5, 10 and 15, JPEG 90, 75 and 60.
"PixelLab" is the network alone, in tiles with mirrored surroundings as every mode runs it; the mode
itself stands beside it. SPAN is shown as its authors run it, without surroundings, and with
mirrored ones: its better figure counts. "Below" counts pictures whose PSNR or SSIM is below
bicubic's.
``--unseen`` takes clothes and groceries in place of all these, of the part of
``faithful_split.txt`` on which no threshold was set.
Seconds are per megapixel of input under one runtime, the networks in turn in the same run.
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
from skimage.metrics import structural_similarity

from benchmarks.data import DATA, PHOTOS
from benchmarks.peers.networks import realesr_general, span
from benchmarks.pictures.material.faithful_photos import PUBLISH, photos
from pixellab.adapters.enhancers.local.networks.shipped import WEIGHTS, shipped
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.enhancers.local.upscaling.enlarge import CLEAN, REAL
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from training.bicubic import reduced, resized

Pixels = NDArray[np.uint8]
Enlarge = Callable[[Pixels], Pixels]
LUMA = np.array([65.481, 128.553, 24.966]) / 255
RIM = 2
EVERY = 12
"""Of the unseen photos, so that there are about ten of each kind."""
PEER_MARGIN = 32
TIMED_SIDE = 512
DAMAGES = [(5, 90), (10, 75), (15, 60), (10, None), (0, 75)]


def main() -> None:
    args = _arguments()
    ways = _ways(args)
    for kind, truths in _truths(args).items():
        for damage in DAMAGES if args.real else [(0, None)]:
            _table(f"{kind}, {_words(damage)}", truths, ways, damage)
    _costs(args)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--most", type=float, default=0.25, help="megapixels of a photo")
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--unseen", action="store_true")
    return parser.parse_args()


def _truths(args: argparse.Namespace) -> dict[str, list[Pixels]]:
    if args.unseen:
        kinds = {"clothes": "clothing", "groceries": "groceries"}
        return {
            name: [even(each.pixels, args.most) for each in photos(DATA, kind, PUBLISH, EVERY)]
            for name, kind in kinds.items()
        }
    set5 = sorted((DATA / "eval" / "Set5").iterdir())
    files = sorted(p for p in args.photos.iterdir() if p.suffix in (".jpg", ".png"))
    return {
        "Set5": [even(read(file), np.inf) for file in set5],
        "photos": [even(read(file), args.most) for file in files],
    }


def _ways(args: argparse.Namespace) -> dict[str, Enlarge]:
    ways = {
        "bicubic": lambda p: levels(resized(p, (p.shape[1] * 2, p.shape[0] * 2))),
        "Lanczos": lambda p: np.asarray(
            cv2.resize(p, None, fx=2, fy=2, interpolation=cv2.INTER_LANCZOS4), np.uint8
        ),
        "PixelLab": lambda p: shipped(_ours(args)).run(p, threads=args.threads),
        "SPAN": network(span(), args.threads),
        "SPAN, mirrored": network(span(), args.threads, margin=PEER_MARGIN),
    }
    if args.real:
        ways["UPSCALE_DENOISE"] = by_mode
    else:
        ways["UPSCALE"] = partial(by_mode, mode=Mode.UPSCALE)
        general = network(realesr_general(), args.threads)
        ways["realesr-general"] = lambda p: reduced(general(p), 2)
    return ways


def by_mode(pixels: Pixels, mode: Mode = Mode.UPSCALE_DENOISE) -> Pixels:
    task = Task(mode=mode, scale=2)
    return LocalEnhancer().enhance(Picture(pixels=pixels, format="PNG"), task).picture.pixels


def _ours(args: argparse.Namespace) -> str:
    return REAL if args.real else CLEAN


def _session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def network(model: bytes, threads: int, *, margin: int = 0) -> Enlarge:
    session = _session(model, threads)

    def enlarge(pixels: Pixels) -> Pixels:
        wide = cv2.copyMakeBorder(pixels, *[margin] * 4, cv2.BORDER_REFLECT_101)
        tensor = wide.transpose(2, 0, 1)[None].astype(np.float32) / 255
        (answer,) = session.run(None, {session.get_inputs()[0].name: tensor})
        edge = margin * answer.shape[2] // tensor.shape[2]
        inner = slice(edge, -edge if edge else None)
        return levels(answer[0, :, inner, inner].transpose(1, 2, 0) * 255)

    return enlarge


def _table(
    title: str, truths: list[Pixels], ways: dict[str, Enlarge], damage: tuple[int, int | None]
) -> None:
    print(f"\n{title} ({len(truths)} pictures)")
    inputs = [damaged(reduced(t, 2), damage, n) for n, t in enumerate(truths)]
    base: list[tuple[float, float]] = []
    for name, enlarge in ways.items():
        pairs = [_likeness(enlarge(i), t) for i, t in zip(inputs, truths, strict=True)]
        base = base or pairs
        psnr, ssim = np.mean(pairs, axis=0)
        gain = psnr - np.mean(base, axis=0)[0]
        below = sum(a[0] < b[0] or a[1] < b[1] for a, b in zip(pairs, base, strict=True))
        print(
            f"  {name:16} {psnr:6.2f} dB ({gain:+.2f})   SSIM {ssim:.4f}   below {below}",
            flush=True,
        )


def _likeness(made: Pixels, truth: Pixels) -> tuple[float, float]:
    """PSNR in dB and SSIM of Y, without the rim."""
    inner = slice(RIM, -RIM)
    a, b = ((p @ LUMA + 16)[inner, inner] for p in (made, truth))
    psnr = 10 * np.log10(255**2 / np.mean((a - b) ** 2))
    how = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(psnr), float(structural_similarity(a, b, data_range=255, **how))


def damaged(pixels: Pixels, damage: tuple[int, int | None], seed: int) -> Pixels:
    sigma, quality = damage
    noise = np.random.default_rng(seed).normal(0, sigma, pixels.shape) if sigma else 0
    out = levels(pixels + noise)
    if quality is None:
        return out
    _, data = cv2.imencode(".jpg", out[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def _costs(args: argparse.Namespace) -> None:
    print(f"\nseconds per megapixel of input, {args.threads} threads, best of 5 in turns")
    tensor = np.random.default_rng(1).random((1, 3, TIMED_SIDE, TIMED_SIDE), np.float32)
    sessions = {"SPAN": _session(span(), args.threads)}
    ours = (WEIGHTS / f"{_ours(args)}.onnx").read_bytes()
    sessions["PixelLab"] = _session(ours, args.threads)
    seconds = dict.fromkeys(sessions, np.inf)
    for _ in range(6):
        for name, session in sessions.items():
            began = time.perf_counter()
            session.run(None, {session.get_inputs()[0].name: tensor})
            seconds[name] = min(seconds[name], time.perf_counter() - began)
    for name, each in seconds.items():
        share = each / seconds["SPAN"]
        print(f"  {name:16} {each / TIMED_SIDE**2 * 1e6:6.2f} s   {share:.3f} of SPAN's")


def read(file: Path) -> Pixels:
    return np.ascontiguousarray(cv2.imread(str(file), cv2.IMREAD_COLOR)[..., ::-1])


def even(pixels: Pixels, most: float) -> Pixels:
    factor = np.sqrt(pixels.shape[0] * pixels.shape[1] / (most * 1e6))
    if factor > 1:
        pixels = reduced(pixels, factor)
    return pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]


def levels(values: NDArray[np.floating]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _words(damage: tuple[int, int | None]) -> str:
    sigma, quality = damage
    said = [f"noise {sigma}"] if sigma else []
    return ", ".join([*said, *([f"JPEG {quality}"] if quality else [])]) or "clean"


if __name__ == "__main__":
    main()
