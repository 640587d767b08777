"""Originals that browsers cannot draw, as pictures that they can."""

from __future__ import annotations

import base64
import io
from contextlib import suppress

import streamlit as st
from PIL import Image, ImageOps

from pixellab.entrypoints.dashboard.http_api import ApiError, HttpApi

DRAWN_BY_BROWSERS = {"JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP"}
QUALITY = 90
"""Of the JPEG that is shown; the file that is kept stays as it is."""
KEPT = 8
"""Converted pictures that are remembered, by all visitors together."""


def drawable(api: HttpApi, url: str, image_format: str) -> str:
    """A URL that a browser can draw: ``url`` itself, or a JPEG of what is there.

    Says so on the page where it is a JPEG, or where none could be made.
    """
    if image_format in DRAWN_BY_BROWSERS:
        return url
    try:
        shown = _as_jpeg(api, url)
    except (ApiError, OSError, Image.DecompressionBombError):
        st.caption(f"Browsers do not draw {image_format}; the link opens the original.")
        return url
    st.caption(f"Browsers do not draw {image_format}, so the original is shown here as JPEG.")
    return shown


@st.cache_data(max_entries=KEPT, show_spinner="Opening the original")
def _as_jpeg(_api: HttpApi, url: str) -> str:
    """The picture at ``url`` as a ``data:`` URL, upright, with its colour profile."""
    with suppress(ModuleNotFoundError):
        import pi_heif

        pi_heif.register_heif_opener()
    with Image.open(io.BytesIO(_api.file(url))) as opened:
        upright = ImageOps.exif_transpose(opened)
    out = io.BytesIO()
    profile = upright.info.get("icc_profile") if upright.mode == "RGB" else None
    _eight_bits(upright).save(out, "JPEG", quality=QUALITY, icc_profile=profile)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"


def _eight_bits(picture: Image.Image) -> Image.Image:
    """RGB of 8 bits; see-through parts white."""
    if picture.mode.startswith("I;16"):
        # Pillow would clip to 255 what reaches to 65535.
        picture = picture.point(lambda value: value / 256, "L")
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return picture.convert("RGB")
