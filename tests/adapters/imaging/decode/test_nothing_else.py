"""A file may be handed on untouched only if it holds its pixels and nothing else."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from pixellab.adapters.imaging.imaging import RasterImaging

SCENE = np.linspace(0, 255, 60 * 80 * 3).astype(np.uint8).reshape(60, 80, 3)
BARE: list[tuple[str, dict[str, Any]]] = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True, "quality": 97}),
    ("JPEG", {"restart_marker_blocks": 2}),
    ("JPEG", {"dpi": (72, 72)}),
    ("JPEG", {"icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}),
    ("PNG", {}),
    ("PNG", {"dpi": (72, 72)}),
]


def written(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(SCENE).convert(mode).save(file, kind, **options)
    return file.getvalue()


def as_it_came(data: bytes) -> bool:
    return RasterImaging().open(io.BytesIO(data)).may_be_handed_on


@pytest.mark.parametrize(("kind", "options"), BARE)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_bare_files_may_be_handed_on(kind: str, options: dict[str, Any], mode: str) -> None:
    if mode == "L":
        options = {name: value for name, value in options.items() if name != "icc_profile"}
    assert as_it_came(written(kind, mode, **options))


def _exif(**tags: int | str) -> Image.Exif:
    exif = Image.Exif()
    for tag, value in tags.items():
        exif[int(tag.removeprefix("t"))] = value
    return exif


def _text() -> PngInfo:
    info = PngInfo()
    info.add_text("Comment", "taken at home")
    return info


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(written("JPEG", exif=_exif(t274=6)), id="turned"),
        pytest.param(written("JPEG", exif=_exif(t271="Camera")), id="camera"),
        pytest.param(written("JPEG", comment=b"taken at home"), id="comment"),
        pytest.param(written("JPEG", xmp=b"<x:xmpmeta/>"), id="xmp"),
        pytest.param(written("JPEG") + b"more", id="bytes behind a JPEG"),
        pytest.param(written("JPEG", "CMYK"), id="four inks"),
        pytest.param(written("PNG", pnginfo=_text()), id="text"),
        pytest.param(written("PNG") + b"more", id="bytes behind a PNG"),
        pytest.param(written("PNG", "RGBA"), id="alpha"),
        pytest.param(written("PNG", exif=_exif(t271="Camera")), id="exif in a PNG"),
        pytest.param(written("WEBP"), id="a format that is not looked into"),
    ],
)
def test_what_holds_more_is_written_anew(data: bytes) -> None:
    assert not as_it_came(data)


def test_another_colour_space_is_written_anew() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    assert not as_it_came(written("JPEG", icc_profile=lab))
