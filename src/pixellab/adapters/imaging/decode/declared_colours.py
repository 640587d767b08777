"""Which colours a file declares otherwise than by an ICC profile."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import takewhile

from attrs import frozen
from PIL.ExifTags import IFD
from PIL.ImageFile import ImageFile

from pixellab.adapters.imaging.decode.colour_spaces import D65, SRGB, Colours, Curve, Primaries
from pixellab.adapters.imaging.decode.container_boxes import (
    code_points,
    item_properties,
    item_types,
)
from pixellab.adapters.imaging.decode.jpeg_data import has_second_image
from pixellab.adapters.imaging.decode.png_chunks import chunks

C = (0.310, 0.316)
PRIMARIES: Mapping[int, Primaries] = {
    1: SRGB,
    2: SRGB,  # unspecified
    4: Primaries((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), C),
    5: Primaries((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), D65),
    6: Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65),
    7: Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65),
    9: Primaries((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65),
    11: Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), D65),
    22: Primaries((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), D65),
}
"""ITU-T H.273, table 2."""
CURVES: Mapping[int, Curve | float] = {
    # A video camera's curve is not its display's; still pictures with it are shown as sRGB's.
    **dict.fromkeys((1, 2, 6, 13, 14, 15), Curve.SRGB),
    4: 2.2,
    5: 2.8,
    8: 1.0,
    16: Curve.PQ,
    18: Curve.HLG,
}
"""ITU-T H.273, table 3."""
ADOBE_RGB = Colours(Primaries((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), D65), 563 / 256)
"""Adobe RGB (1998), version 2005-05, 4.3.1."""
SRGB_GAMMA, GAMMA_TOLERANCE = 1 / 2.2, 0.005
"""PNG's gAMA for sRGB (ISO/IEC 15948, 11.3.3.5)."""
LEAST_GAMMA = 0.1
"""Below it, and above its inverse, a picture would be black or white."""
XY_TOLERANCE = 0.003
PROFILE_TAGS, PROFILE_TAG, MAX_PROFILE_TAGS = 132, 12, 100
"""Where a profile's table of tags begins, bytes of each entry (ICC.1:2022, 7.3), and how many are
looked through; the tag ``cicp`` (9.2.17) has code points behind 8 bytes of type."""
PQ_PROFILE, PQ_POINTS = b"ITUR_2100_PQ_FULL\0", (9, 16)
"""The profile by whose name PNGs said PQ before they had code points (W3C Note "Using the ITU
BT.2100 PQ EOTF with the PNG Format"), and what it means."""
COLOUR_SPACE, INTEROPERABILITY = 0xA001, 0x0001
UNCALIBRATED, ADOBE_INTEROPERABILITY = 0xFFFF, "R03"
"""EXIF 2.32, 4.6.5: a colour space that is not sRGB; DCF 2.0, 3.2: the one that is Adobe RGB."""
APPLES_MAP = b"urn:com:apple:photo:2020:aux:hdrgainmap"
GAIN_MAPS = (
    b"http://ns.adobe.com/hdr-gain-map/1.0/",
    b"urn:iso:std:iso:ts:21496:-1",
    APPLES_MAP,
)
"""How Ultra HDR, ISO 21496-1 and Apple name a picture that makes another one HDR."""
DERIVED_HDR = b"tmap"
"""The item of HEIC and AVIF that such a pair makes (ISO 21496-1, annex C)."""

HDR = "The photo is HDR; it was brought to standard range, with white at 203 cd/m2."
GAIN_MAP = "The photo's HDR gain map was dropped; what it shows in standard range was used."
ADOBE = "The photo's EXIF says that its colours are Adobe RGB; they were converted to sRGB."
NOT_SAID = "The photo's EXIF says that its colours are not sRGB, not which; sRGB was assumed."
NOT_KNOWN = "The file declares colours in a way that is not known; sRGB was assumed."


@frozen
class Declared:
    """What a file says of its colours, and what a user should know of that."""

    colours: Colours | None = None
    """None where they are sRGB or an ICC profile has them."""
    warning: str | None = None


def declared_colours(image: ImageFile, content: bytes, icc: bytes | None) -> Declared:
    """Of ``image``, whose whole file ``content`` is and whose ICC profile ``icc``.

    PNG's code points go before a profile (PNG, third edition, 4.3), in AVIF and HEIC the profile
    before them (ISO/IEC 23000-22, 7.3.6.4).
    """
    if image.format == "PNG":
        return _of_png(image, content, icc)
    if icc is not None:
        return _of_profile(icc)
    if image.format in ("AVIF", "HEIF"):
        points = code_points(content)
        return _by_code(*points) if points else _of_exif(image)
    return _of_exif(image)


def gain_map_dropped(image: ImageFile, content: bytes) -> str | None:
    """A warning where the file has a gain map; its standard rendition is what is decoded."""
    match image.format:
        case "JPEG":
            # An editor may drop the map, which lies behind the photo, and keep what is said of it.
            has_map = any(each in content for each in GAIN_MAPS) and has_second_image(content)
        case "AVIF" | "HEIF":
            named = (each.body for each in item_properties(content) if each.name == b"auxC")
            has_map = DERIVED_HDR in item_types(content) or any(
                APPLES_MAP in each for each in named
            )
        case _:
            has_map = False
    return GAIN_MAP if has_map else None


def _of_png(image: ImageFile, content: bytes, icc: bytes | None) -> Declared:
    before = takewhile(lambda each: each[0] != b"IDAT", chunks(content))
    found = {name: body for name, body in before if name in (b"cICP", b"iCCP")}
    if len(points := found.get(b"cICP", b"")) == 4:
        return _by_code(points[0], points[1], is_narrow=points[3] == 0)
    if icc is not None:
        is_pq = found.get(b"iCCP", b"").startswith(PQ_PROFILE)
        return _by_code(*PQ_POINTS) if is_pq else _of_profile(icc)
    if "srgb" in image.info:
        return Declared()
    gamma, xy = image.info.get("gamma"), image.info.get("chromaticity")
    if gamma is None and xy is None:
        return _of_exif(image)
    primaries = _primaries(xy) if xy else SRGB
    is_sound = primaries.make_white and LEAST_GAMMA <= (gamma or 1) <= 1 / LEAST_GAMMA
    if not is_sound:
        return Declared(warning=NOT_KNOWN)
    curve: Curve | float = Curve.SRGB
    if gamma and not (_is_near(gamma, SRGB_GAMMA, GAMMA_TOLERANCE) and primaries == SRGB):
        curve = 1 / gamma
    return _unless_srgb(Colours(primaries, curve))


def _primaries(xy: tuple[float, ...]) -> Primaries:
    white, red, green, blue = ((xy[at], xy[at + 1]) for at in range(0, 8, 2))
    known = (*SRGB.white, *SRGB.red, *SRGB.green, *SRGB.blue)
    if all(_is_near(a, b, XY_TOLERANCE) for a, b in zip(xy, known, strict=True)):
        return SRGB
    return Primaries(red, green, blue, white)


def _is_near(a: float, b: float, tolerance: float) -> bool:
    return abs(a - b) <= tolerance


def _of_profile(icc: bytes) -> Declared:
    """Only HDR counts: what else a profile has code points for, its curves and tables say, too."""
    tags = range(PROFILE_TAGS, PROFILE_TAGS + PROFILE_TAG * MAX_PROFILE_TAGS, PROFILE_TAG)
    place = next((at for at in tags if icc[at : at + 4] == b"cicp"), None)
    if place is None:
        return Declared()
    begins = int.from_bytes(icc[place + 4 : place + 8], "big")
    points = icc[begins + 8 : begins + 12]
    declared = _by_code(points[0], points[1]) if len(points) == 4 else Declared()
    return declared if declared.colours and declared.colours.is_hdr else Declared()


def _by_code(primaries: int, transfer: int, *, is_narrow: bool = False) -> Declared:
    if primaries not in PRIMARIES or transfer not in CURVES:
        return Declared(warning=NOT_KNOWN)
    return _unless_srgb(Colours(PRIMARIES[primaries], CURVES[transfer], is_narrow))


def _unless_srgb(colours: Colours) -> Declared:
    if colours == Colours():
        return Declared()
    return Declared(colours, HDR if colours.is_hdr else None)


def _of_exif(image: ImageFile) -> Declared:
    with suppress(Exception):  # Damaged metadata count as absent.
        exif = image.getexif()
        if exif.get_ifd(IFD.Interop).get(INTEROPERABILITY) == ADOBE_INTEROPERABILITY:
            return Declared(ADOBE_RGB, ADOBE)
        if exif.get_ifd(IFD.Exif).get(COLOUR_SPACE) == UNCALIBRATED:
            return Declared(warning=NOT_SAID)
    return Declared()
