"""Files whose colours are declared otherwise than by an ICC profile."""

from __future__ import annotations

import io
import struct
from typing import Any

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageCms

from pixellab.adapters.imaging.decode.colour_spaces import SRGB, Colours, Curve
from pixellab.adapters.imaging.decode.declared_colours import PRIMARIES
from pixellab.adapters.imaging.srgb import to_linear
from tests.adapters.imaging.decode.files import CHART, png, saved

P3, BT2020 = PRIMARIES[12], PRIMARIES[9]
SRGB_CURVE, PQ, HLG = 13, 16, 18
ADOBE_XY = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)


def levels_in(colours: Colours, chart: NDArray[np.uint8] = CHART) -> NDArray[np.uint8]:
    """What a file of ``colours`` has where sRGB has ``chart``, white being at 203 cd/m2."""
    matrix = np.linalg.inv(colours.primaries.to_xyz()) @ SRGB.to_xyz()
    light = np.clip(to_linear(chart) @ matrix.T, 0, 1)
    if colours.curve is Curve.SRGB:
        level = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    elif colours.curve is Curve.PQ:
        power = (light * 203 / 10_000) ** (2610 / 16384)
        level = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    else:
        assert isinstance(colours.curve, float)
        level = light ** (1 / colours.curve)
    return np.asarray(np.round(255 * level), np.uint8)


def exact_levels(colours: Colours, chart: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The same, from 0 to 1 and not rounded."""
    matrix = np.linalg.inv(colours.primaries.to_xyz()) @ SRGB.to_xyz()
    light = np.clip(to_linear(chart) @ matrix.T, 0, 1)
    return pq_curve(light * 203 / 10_000) if colours.curve is Curve.PQ else light


def pq_curve(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084: levels of light, 1 being 10,000 cd/m2."""
    power = light ** (2610 / 16384)
    return np.asarray(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)


def pq_levels(light: NDArray[np.float64]) -> NDArray[np.uint16]:
    return np.round(65535 * pq_curve(light)).astype(np.uint16)


def lab(levels: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor((levels / 255).astype(np.float32), cv2.COLOR_RGB2LAB))


def wide_png(levels: NDArray[np.float64], primaries: int, transfer: int) -> bytes:
    wide = np.round(levels * 65535).astype(np.uint16)
    return png(wide, 16, 2, cICP=bytes([primaries, transfer, 0, 1]))


def wide_avif(levels: NDArray[np.float64], primaries: int, transfer: int) -> bytes:
    wide = np.round(levels * 4095).astype(np.uint16)[..., ::-1]
    options = [cv2.IMWRITE_AVIF_DEPTH, 12, cv2.IMWRITE_AVIF_QUALITY, 100]
    return with_nclx(cv2.imencode(".avif", wide, options)[1].tobytes(), primaries, transfer)


def wide_heic(levels: NDArray[np.float64], primaries: int, transfer: int) -> bytes:
    wide = np.round(levels * 65535).astype(np.uint16)
    size = wide.shape[1], wide.shape[0]
    file = pillow_heif.from_bytes(mode="RGB;16", size=size, data=wide.tobytes())
    return heic_of(file, primaries, transfer)


def with_nclx(data: bytes, primaries: int, transfer: int) -> bytes:
    """An AVIF or HEIC with other code points in place of its own."""
    at = data.index(b"nclx") + 4
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def avif(pixels: NDArray[np.uint8], primaries: int, transfer: int) -> bytes:
    data = saved(Image.fromarray(pixels), "AVIF", quality=100, subsampling="4:4:4")
    return with_nclx(data, primaries, transfer)


def heic(pixels: NDArray[np.uint8], primaries: int, transfer: int) -> bytes:
    return heic_of(pillow_heif.from_pillow(Image.fromarray(pixels)), primaries, transfer)


def heic_of(file: Any, primaries: int, transfer: int) -> bytes:
    out = io.BytesIO()
    file.save(
        out,
        quality=100,
        chroma=444,
        color_primaries=primaries,
        transfer_characteristics=transfer,
        matrix_coefficients=6,
        full_range_flag=1,
    )
    return out.getvalue()


def cicp(pixels: NDArray[np.uint8], primaries: int, transfer: int) -> bytes:
    return png(pixels, 8, 2, cICP=bytes([primaries, transfer, 0, 1]))


def chrm(*xy: float) -> bytes:
    return struct.pack(">8I", *(round(each * 100_000) for each in xy))


def adobe_exif() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    return exif.tobytes()


def hdr_profile(transfer: int) -> bytes:
    """sRGB's profile that says by code points that it is BT.2020's colours with another curve."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    count = int.from_bytes(profile[128:132], "big")
    tag = b"cicp" + struct.pack(">II", len(profile) + 12, 12)
    table = profile[132 : 132 + 12 * count]
    moved = b"".join(
        entry[:4] + struct.pack(">I", int.from_bytes(entry[4:8], "big") + 12) + entry[8:]
        for entry in (table[at : at + 12] for at in range(0, len(table), 12))
    )
    code_points = b"cicp" + bytes(4) + bytes([9, transfer, 0, 1])
    body = profile[132 + 12 * count :] + code_points
    size = struct.pack(">I", len(profile) + 24)
    return size + profile[4:128] + struct.pack(">I", count + 1) + moved + tag + body
