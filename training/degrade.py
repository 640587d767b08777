"""What cameras and shops do to photos: blur, noise, JPEG; on batches, on any device.

Pictures are float32 (N, 3, H, W), RGB, 0 to 1. What is drawn by chance is drawn for each picture of
a batch anew, from torch's own generator.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.bicubic import taps

BLUR_REACH = 3
GAMMA = 2.2
"""Of sRGB, near enough to give noise the brightness that a sensor gives it."""

_LUMA_TABLE = """
    16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
    18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101
    72 92 95 98 112 100 103 99"""
_CHROMA_TABLE = """
    17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99
    99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99
    99 99 99 99 99 99 99 99"""
"""ITU-T T.81, tables K.1 and K.2."""


def uniform(like: Tensor, low: float, high: float) -> Tensor:
    """(N, 1, 1, 1), one number for each picture of ``like``."""
    return torch.rand(len(like), 1, 1, 1, device=like.device) * (high - low) + low


def sometimes(share: float, changed: Tensor, otherwise: Tensor) -> Tensor:
    """Each picture of ``changed`` with that probability, else that of ``otherwise``."""
    chosen = torch.rand(len(changed), 1, 1, 1, device=changed.device) < share
    return torch.where(chosen, changed, otherwise)


def levels(x: Tensor) -> Tensor:
    """Rounded and clipped to the 256 levels of a file."""
    return (x * 255).round().clamp(0, 255) / 255


def halved(pictures: Tensor) -> Tensor:
    """float32 (N, C, H, W), H and W even, at half the size by antialiased bicubic, not rounded."""
    for _ in range(2):
        length = pictures.shape[-1]
        places, weights = (torch.from_numpy(each) for each in taps(length, length // 2))
        pictures = (pictures[..., places] * weights).sum(-1).transpose(2, 3)
    return pictures


def blurred(x: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian blur of a sigma in pixels for each picture, up to about 1.2."""
    at = torch.arange(-BLUR_REACH, BLUR_REACH + 1, device=x.device, dtype=x.dtype)
    line = torch.exp(-(at**2) / (2 * sigma.reshape(-1, 1) ** 2))
    line = (line / line.sum(1, keepdim=True)).repeat_interleave(x.shape[1], 0)
    planes = functional.pad(x, [BLUR_REACH] * 4, mode="reflect").flatten(0, 1)[None]
    count = planes.shape[1]
    planes = functional.conv2d(planes, line[:, None, None, :], groups=count)
    planes = functional.conv2d(planes, line[:, None, :, None], groups=count)
    return planes[0].unflatten(0, x.shape[:2])


def white_noise(x: Tensor) -> Tensor:
    """Of deviation 1; in one of seven cases the same in all channels."""
    noise = torch.randn_like(x)
    return sometimes(1 / 7, noise[:, :1].expand_as(noise), noise)


def soft_noise(x: Tensor, softest: float) -> Tensor:
    """Noise of deviation 1 that neighbours share, as phones and resizing leave it."""
    noise = blurred(white_noise(x), uniform(x, 0.4, softest))
    return noise / noise.std(dim=(1, 2, 3), keepdim=True)


def sensor_noise(x: Tensor, strongest: float) -> Tensor:
    """``x`` as a sensor with a Bayer pattern sees it: the noise alone goes through demosaicing.

    Its variance is a share of the linear brightness and a constant (A. Foi et al., "Practical
    Poissonian-Gaussian noise modeling and fitting for single-image raw-data", IEEE TIP 17(10),
    2008). Demosaicing is mostly as good cameras do it, else bilinear; both are linear, so that of
    the picture itself is left out. ``strongest`` is about the deviation in mid-tones, 0 to 1, at
    most.
    """
    linear = x.clamp(min=1e-4) ** GAMMA
    amount = uniform(x, 0, 1) ** 2 * strongest
    shot, read = uniform(x, 0.3, 1.0), uniform(x, 0, 0.3)
    # At a mid-tone of 0.5 the slope of the tone curve is about 1 / 0.9, so amounts carry over.
    variance = amount**2 * (shot * linear / 0.22 + read)
    noise = torch.randn_like(x) * variance.sqrt()
    seen = sometimes(0.7, 1.1 * demosaiced(noise), 1.5 * demosaiced(noise, bilinear=True))
    return (linear + seen).clamp(min=0) ** (1 / GAMMA)


_BILINEAR = (
    "0 0 0 0 0  0 0 2 0 0  0 2 0 2 0  0 0 2 0 0  0 0 0 0 0",
    "0 0 0 0 0  0 0 0 0 0  0 4 0 4 0  0 0 0 0 0  0 0 0 0 0",
    "0 0 0 0 0  0 2 0 2 0  0 0 0 0 0  0 2 0 2 0  0 0 0 0 0",
)
_CORRECTED = (
    "0 0 -1 0 0  0 0 2 0 0  -1 2 4 2 -1  0 0 2 0 0  0 0 -1 0 0",
    "0 0 0.5 0 0  0 -1 0 -1 0  -1 4 5 4 -1  0 -1 0 -1 0  0 0 0.5 0 0",
    "0 0 -1.5 0 0  0 2 0 2 0  -1.5 0 6 0 -1.5  0 2 0 2 0  0 0 -1.5 0 0",
)
"""Eighths of the samples around: green where red or blue was seen, red where green was and red is
beside it, red where blue was."""


def demosaiced(x: Tensor, *, bilinear: bool = False) -> Tensor:
    """What is left of ``x`` where each pixel sees one colour and the others are interpolated.

    With gradients corrected by the colour seen (H. S. Malvar, L. He and R. Cutler, "High-quality
    linear interpolation for demosaicing of Bayer-patterned color images", ICASSP 2004): of white
    noise neighbours in red correlate by 0.38 then, in green by 0.32; ``bilinear``, by 0.67 and
    0.40, which is smoother than what most cameras deliver.
    """
    lines = _BILINEAR if bilinear else _CORRECTED
    green, beside, across = (
        torch.tensor([float(n) for n in line.split()], device=x.device).reshape(5, 5) / 8
        for line in lines
    )
    mosaic = torch.zeros_like(x[:, 0])
    for channel, row, column in ((0, 0, 0), (1, 0, 1), (1, 1, 0), (2, 1, 1)):
        mosaic[:, row::2, column::2] = x[:, channel, row::2, column::2]
    wide = functional.pad(mosaic[:, None], (2, 2, 2, 2), mode="reflect")
    kernels = torch.stack([green, beside, beside.T, across])[:, None]
    at_other, in_row, in_column, diagonal = functional.conv2d(wide, kernels).unbind(1)
    out = torch.empty_like(x)
    out[:, 0], out[:, 1], out[:, 2] = diagonal, mosaic, diagonal
    out[:, 0, 0::2, 0::2] = mosaic[:, 0::2, 0::2]
    out[:, 0, 0::2, 1::2], out[:, 0, 1::2, 0::2] = in_row[:, 0::2, 1::2], in_column[:, 1::2, 0::2]
    out[:, 1, 0::2, 0::2], out[:, 1, 1::2, 1::2] = at_other[:, 0::2, 0::2], at_other[:, 1::2, 1::2]
    out[:, 2, 1::2, 1::2] = mosaic[:, 1::2, 1::2]
    out[:, 2, 1::2, 0::2], out[:, 2, 0::2, 1::2] = in_row[:, 1::2, 0::2], in_column[:, 0::2, 1::2]
    return out


def compressed(x: Tensor, quality: Tensor, *, halved: bool) -> Tensor:
    """Through a JPEG of a quality (1 to 100) for each picture, whose blocks begin anywhere.

    As libjpeg does it: chroma at half size or not (for the whole batch), and enlarged again with
    its triangle filter. Levels are those of a file.
    """
    top, left = (int(n) for n in torch.randint(0, 16, (2,)))
    height, width = x.shape[2:]
    wide = functional.pad(
        x, (left, -(left + width) % 16, top, -(top + height) % 16), mode="reflect"
    )
    r, g, b = (levels(wide) * 255).unbind(1)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    chroma = torch.stack([(b - y) / 1.772 + 128, (r - y) / 1.402 + 128], 1).round()
    if halved:
        chroma = functional.avg_pool2d(chroma, 2).round()
    y = _quantized(y.round()[:, None], quality, _LUMA_TABLE)[:, 0]
    chroma = _quantized(chroma, quality, _CHROMA_TABLE)
    if halved:
        chroma = functional.interpolate(chroma, scale_factor=2, mode="bilinear").round()
    cb, cr = (chroma - 128).unbind(1)
    back = torch.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], 1)
    return levels(back[:, :, top : top + height, left : left + width] / 255)


def _quantized(planes: Tensor, quality: Tensor, table: str) -> Tensor:
    """(N, C, H, W) of 0 to 255 through the quantized cosine transform of 8 x 8 blocks."""
    count, channels, height, width = planes.shape
    quality = quality.reshape(-1, 1, 1, 1, 1, 1)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    base = torch.tensor([float(n) for n in table.split()], device=planes.device).reshape(8, 8)
    steps = ((base * scale + 50) / 100).floor().clamp(1, 255)
    blocks = planes.reshape(count, channels, height // 8, 8, width // 8, 8).transpose(3, 4) - 128
    cosines = _cosines(planes.device)
    found = (cosines @ blocks @ cosines.T / steps).round() * steps
    back = (cosines.T @ found @ cosines + 128).round().clamp(0, 255)
    return back.transpose(3, 4).reshape(count, channels, height, width)


def _cosines(device: torch.device) -> Tensor:
    at = torch.arange(8, device=device, dtype=torch.float32)
    matrix = torch.cos((2 * at[None] + 1) * at[:, None] * torch.pi / 16) / 2
    matrix[0] /= 2**0.5
    return matrix


def real(x: Tensor) -> Tensor:
    """Blurred or not, with noise or not, through a JPEG or not: as photos come."""
    out = sometimes(0.5, blurred(x, uniform(x, 0.2, 0.8)), x)
    noise = sometimes(0.2, soft_noise(x, 0.9), white_noise(x))
    out = sometimes(0.85, out + noise * uniform(x, 1, 17) / 255, out)
    return sometimes(0.7, _through_jpeg(out, 50, 95), levels(out))


def slight(x: Tensor) -> Tensor:
    """Noise of sigma 0.5 to 6, mostly through a good JPEG: as photos of shops come."""
    noise = sometimes(0.5, soft_noise(x, 0.7), white_noise(x))
    out = x + noise * uniform(x, 0.5, 6) / 255
    return sometimes(0.7, _through_jpeg(out, 75, 98), levels(out))


def noisy(x: Tensor) -> Tensor:
    """Noise of sigma 0 to 55: white, soft, or a sensor's and then through a good JPEG or not."""
    sigma = 55 * uniform(x, 0, 1) ** 1.4 / 255
    sensed = sensor_noise(x, 40 / 255)
    third = len(x) // 3
    if third:
        last = _through_jpeg(sensed[:third], 75, 99)
        sensed = torch.cat([sometimes(0.6, last, levels(sensed[:third])), sensed[third:]])
    white = torch.randn_like(x)
    out = sometimes(0.15, x + sigma * soft_noise(x, 0.7), x + sigma * white)
    return levels(sometimes(0.3, sensed, out))


def seen_by_camera(x: Tensor, strongest: float, least: int) -> Tensor:
    """A sensor's noise, in half of the pictures made coarser, mostly through a JPEG.

    Cameras smooth their noise themselves, and JPEG takes the finest of it; what is left is shared
    by neighbours. ``least`` is the lowest quality.
    """
    noise = sensor_noise(x, strongest) - x
    coarse = blurred(noise, uniform(x, 0.4, 1.1))
    coarse = (
        coarse * noise.std((1, 2, 3), keepdim=True) / (coarse.std((1, 2, 3), keepdim=True) + 1e-6)
    )
    seen = x + sometimes(0.5, coarse, noise)
    return sometimes(0.7, _through_jpeg(seen, least, 99), levels(seen))


def blocky(x: Tensor, least: int = 5, best: int = 90) -> Tensor:
    """Through a JPEG of such a quality."""
    return _through_jpeg(x, least, best)


def _through_jpeg(x: Tensor, least: int, best: int) -> Tensor:
    quality = uniform(x, least, best + 1).floor()
    halved = round(0.7 * len(x))
    parts = [(x[:halved], quality[:halved], True), (x[halved:], quality[halved:], False)]
    return torch.cat([compressed(p, q, halved=h) for p, q, h in parts if len(p)])


DAMAGES = {"double": levels, "real": real, "denoise": noisy, "deblock": blocky}
"""What is done to a patch for each task."""
