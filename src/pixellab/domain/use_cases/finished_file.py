"""The file that a user gets: encoded and, where that is configured, signed."""

from __future__ import annotations

from attrs import evolve

from pixellab.domain.pictures import EncodedImage, EncodeSpec, SourceFile
from pixellab.domain.ports import Credentials, Imaging
from pixellab.domain.results import Enhanced

SAMPLE_SIDE = 16
"""Pixels of the sample whose signature shows how many bytes one takes."""


def signed_file(
    imaging: Imaging,
    credentials: Credentials,
    enhanced: Enhanced,
    spec: EncodeSpec,
    photo: SourceFile,
) -> EncodedImage:
    """The file that ``spec`` asks for, signed; its ``max_bytes`` hold for the whole of it.

    Raises NotSigned and what ``Imaging.encode`` does.
    """
    limit = spec.max_bytes
    if limit is None:
        return credentials.sign(imaging.encode(enhanced.picture, spec), photo, enhanced)
    corner = enhanced.picture.pixels[:SAMPLE_SIDE, :SAMPLE_SIDE].copy()
    sample = imaging.encode(
        enhanced.picture.with_pixels(corner), EncodeSpec(format=spec.format, effort=spec.effort)
    )
    spec = evolve(spec, reserved_bytes=credentials.size(sample, photo, enhanced))
    signed = credentials.sign(imaging.encode(enhanced.picture, spec), photo, enhanced)
    return evolve(signed, target_met=signed.size_bytes <= limit)
