"""Twenty photos, each mode: the input, ours and a peer's beside each other at full size, as a page.

    python -m benchmarks.pictures.sheets.gallery [--out benchmarks/gallery] [--photos 20]
                                          [--modes AUTO,FULL,...]

Opens in any browser: ``OUT/index.html``. Each row shows the same place of all three, pixel for
pixel: where ours changed the most, or is half transparent; for modes that move the product, the
whole, reduced. A click opens the whole picture. ``--photos`` are evenly chosen of catalogue photos,
products laid on a grey backdrop, and dark and noisy ones (``photos``, ``products_alpha``,
``photos_defects``).
Peers: rembg with the same u2netp, realesr-general, OpenCV's fastNlMeans, Pillow.
"""

from __future__ import annotations

import argparse
import html
import io
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from benchmarks.data import DATA
from benchmarks.peers.networks import realesr_general
from benchmarks.peers.rembg_peer import Rembg
from benchmarks.pictures.super_resolution import network
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmenter
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.network_files.folder import NetworkFolder
from pixellab.adapters.network_files.registry import NETWORKS
from pixellab.adapters.network_files.sources import packaged, released
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Peer = Callable[[Pixels], Pixels]
SIDE = 420
"""Of the places shown, in pixels of the result."""
MOST = 1.5
"""Megapixels of a photo; what enlarges gets a quarter of that."""
ENLARGING = (Mode.UPSCALE, Mode.UPSCALE_DENOISE)
MOVING = (Mode.STANDARDIZE, Mode.FULL)
BACKDROP = 214
CHECKER = (200, 235)
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; background: #fafafa; color: #222 }
table { border-spacing: 8px } td { vertical-align: top } th { text-align: left }
img { display: block; max-width: 420px; image-rendering: pixelated } p { margin: 0; width: 420px }
h2 { margin-top: 3rem } nav a { margin-right: 1em }
"""


def main() -> None:
    args = _arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    u2netp = NetworkFolder().pull(NETWORKS["u2netp"], released, packaged)
    rembg = Rembg(u2netp)
    enhancer, peers = LocalEnhancer(Segmenter("u2netp", lambda: u2netp)), _peers(rembg)
    files = _files(args.photos)
    parts = [f"<title>PixelLab beside its peers</title><style>{STYLE}</style>"]
    parts.append(f"<h1>{len(files)} photos, {len(args.modes)} modes</h1><nav>")
    parts += [f'<a href="#{mode}">{mode}</a>' for mode in args.modes]
    parts.append("</nav>")
    try:
        for mode in args.modes:
            name, peer = peers[mode]
            parts.append(f'<h2 id="{mode}">{mode}</h2><table>')
            parts.append(f"<tr><th>input<th>PixelLab<th>{html.escape(name)}</tr>")
            parts += [_row(args.out, file, mode, enhancer, peer) for file in files]
            parts.append("</table>")
            print(f"{mode}: {len(files)} photos", flush=True)
    finally:
        rembg.close()
    (args.out / "index.html").write_text("<!doctype html><meta charset=utf-8>" + "\n".join(parts))
    print(args.out / "index.html")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "gallery")
    parser.add_argument("--photos", type=int, default=20)
    parser.add_argument(
        "--modes", type=lambda text: [Mode(each) for each in text.split(",")], default=list(Mode)
    )
    return parser.parse_args()


def _files(count: int) -> list[Path]:
    """Half of them catalogue photos, the rest products and damaged ones."""
    kinds = {"photos": count - count // 4 * 2, "products_alpha": count // 4}
    kinds["photos_defects"] = count // 4
    chosen = []
    for folder, wanted in kinds.items():
        files = sorted(p for p in (DATA / folder).iterdir() if p.suffix in (".jpg", ".png"))
        chosen += [files[len(files) * n // wanted] for n in range(wanted)]
    return chosen


def _peers(rembg: Rembg) -> dict[Mode, tuple[str, Peer]]:
    general = network(realesr_general(), 2)

    def cut(pixels: Pixels) -> Pixels:
        return rembg.cut_out(pixels, matting=True)[0]

    def on_white(pixels: Pixels) -> Pixels:
        cutout = Image.fromarray(cut(pixels))
        canvas = Image.new("RGBA", cutout.size, "white")
        canvas.alpha_composite(cutout)
        return np.asarray(ImageOps.pad(canvas.convert("RGB"), (1600, 1600), color="white"))

    matted = ("rembg, u2netp, alpha matting", cut)
    enlarged = ("realesr-general x4, halved", lambda p: _halved(general(p)))
    levelled = ("Pillow: autocontrast", _by_pillow(lambda p: ImageOps.autocontrast(p, 0.5)))
    return {
        Mode.AUTO: levelled,
        Mode.BACKGROUND_REMOVE: matted,
        Mode.LIGHT_CORRECTION: levelled,
        Mode.UPSCALE_DENOISE: enlarged,
        Mode.STANDARDIZE: ("rembg on white, padded", on_white),
        Mode.SHARPEN: (
            "Pillow: unsharp mask",
            _by_pillow(lambda p: p.filter(ImageFilter.UnsharpMask())),
        ),
        Mode.DENOISE: (
            "OpenCV: fastNlMeans, 10",
            lambda p: np.asarray(cv2.fastNlMeansDenoisingColored(p, None, 10, 10), np.uint8),
        ),
        Mode.UPSCALE: enlarged,
        Mode.OPTIMIZE: ("Pillow: JPEG 85", _as_jpeg),
        Mode.FULL: matted,
    }


def _row(out: Path, file: Path, mode: Mode, enhancer: LocalEnhancer, peer: Peer) -> str:
    given = _read(file, MOST / 4 if mode in ENLARGING else MOST)
    began = time.perf_counter()
    done = enhancer.enhance(Picture(pixels=given, format="PNG"), Task(mode=mode))
    seconds = time.perf_counter() - began
    ours = done.picture.pixels
    began = time.perf_counter()
    theirs = peer(given)
    theirs_seconds = time.perf_counter() - began
    shown = [given, ours, theirs]
    if mode in ENLARGING:
        shown[0] = cv2.resize(
            given, (ours.shape[1], ours.shape[0]), interpolation=cv2.INTER_NEAREST
        )
    shown = [_opaque(each) for each in shown]
    if mode in MOVING:
        views = [_reduced(each) for each in shown]
    else:
        views = _same_place(shown, _soft(ours) if ours.shape[2] == 4 else _unlike(*shown[:2]))
    words = [f"{file.name}, {given.shape[1]} x {given.shape[0]}", _words(done, seconds)]
    words.append(f"{theirs_seconds:.1f} s")
    cells = []
    for who, whole, view, said in zip(("input", "ours", "peer"), shown, views, words, strict=True):
        name = f"{mode}-{file.stem}-{who}"
        Image.fromarray(whole).save(out / f"{name}.jpg", quality=95, subsampling=0)
        Image.fromarray(view).save(out / f"{name}.png")
        link = f'<a href="{name}.jpg"><img src="{name}.png" loading="lazy"></a>'
        cells.append(f"<td>{link}<p>{html.escape(said)}</p>")
    return f"<tr>{''.join(cells)}</tr>"


def _read(file: Path, megapixels: float) -> Pixels:
    """uint8 (H, W, 3), on a grey backdrop where the file is transparent."""
    opened = Image.open(file).convert("RGBA")
    backdrop = Image.new("RGBA", opened.size, (BACKDROP, BACKDROP, BACKDROP))
    backdrop.alpha_composite(opened)
    share = min(1.0, (megapixels * 1e6 / (opened.width * opened.height)) ** 0.5)
    size = (max(1, round(opened.width * share)), max(1, round(opened.height * share)))
    return np.asarray(backdrop.convert("RGB").resize(size, Image.Resampling.LANCZOS))


def _words(done: Enhanced, seconds: float) -> str:
    applied = [step.why for step in done.steps if step.applied]
    return " ".join([*(applied or ["Nothing was changed."]), *done.warnings, f"{seconds:.1f} s"])


def _opaque(pixels: Pixels) -> Pixels:
    """Over a chequered ground where ``pixels`` are transparent."""
    if pixels.shape[2] == 3:
        return pixels
    rows, columns = np.indices(pixels.shape[:2]) // 16
    ground = np.where((rows + columns) % 2, *CHECKER)[..., None]
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return np.rint(alpha * pixels[..., :3] + (1 - alpha) * ground).astype(np.uint8)


def _soft(pixels: Pixels) -> Floats:
    """Where ``pixels`` are half transparent."""
    alpha = pixels[..., 3]
    return ((alpha > 0) & (alpha < 255)).astype(np.float32)


def _unlike(one: Pixels, other: Pixels) -> Floats:
    return np.abs(one.astype(np.float32) - other).mean(axis=2)


def _same_place(shown: list[Pixels], interesting: Floats) -> list[Pixels]:
    """Where there is most of what is ``interesting``."""
    height, width = (min(SIDE, side) for side in interesting.shape)
    sums = cv2.boxFilter(
        interesting, -1, (width, height), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT
    )
    sums = sums[: interesting.shape[0] - height + 1, : interesting.shape[1] - width + 1]
    top, left = np.unravel_index(int(sums.argmax()), sums.shape)
    return [each[top : top + height, left : left + width] for each in shown]


def _reduced(pixels: Pixels) -> Pixels:
    return np.asarray(ImageOps.contain(Image.fromarray(pixels), (SIDE, SIDE)))


def _halved(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def _by_pillow(work: Callable[[Image.Image], Image.Image]) -> Peer:
    return lambda pixels: np.asarray(work(Image.fromarray(pixels)))


def _as_jpeg(pixels: Pixels) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85)
    return np.asarray(Image.open(file))


if __name__ == "__main__":
    main()
