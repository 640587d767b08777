"""The file that a user gets: the photo's own, or encoded and, where that is configured, signed."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from pixellab.domain.pictures import Effort, EncodedImage, EncodeSpec, Picture, SourceFile
from pixellab.domain.ports import Credentials, Imaging
from pixellab.domain.results import Enhanced

SAMPLE_SIDE = 16
"""Pixels of the sample whose signature shows how many bytes one takes."""


@frozen(kw_only=True)
class Photo:
    """What was opened, and how its file is read again, which is asked where that is needed."""

    picture: Picture
    read: Callable[[], bytes]


def finished_file(
    imaging: Imaging,
    credentials: Credentials | None,
    enhanced: Enhanced,
    spec: EncodeSpec,
    photo: Photo,
) -> EncodedImage:
    """The file that ``spec`` asks for, signed by ``credentials`` if there are any.

    Raises NotSigned and what ``Imaging.encode`` does.
    """
    if credentials is not None:
        return _signed_file(imaging, credentials, enhanced, spec, photo)
    untouched = _file_as_it_came(enhanced.picture, spec, photo)
    if untouched and spec.effort is Effort.FAITHFUL:
        return untouched
    encoded = imaging.encode(enhanced.picture, spec)
    if untouched and untouched.size_bytes <= encoded.size_bytes:
        return untouched
    return encoded


def _signed_file(
    imaging: Imaging,
    credentials: Credentials,
    enhanced: Enhanced,
    spec: EncodeSpec,
    photo: Photo,
) -> EncodedImage:
    """``spec.max_bytes`` hold for the whole of it."""
    source = SourceFile(
        data=photo.read(),
        format=photo.picture.format,
        digital_source_type=photo.picture.metadata.digital_source_type,
    )
    limit = spec.max_bytes
    if limit is None:
        return credentials.sign(imaging.encode(enhanced.picture, spec), source, enhanced)
    corner = enhanced.picture.pixels[:SAMPLE_SIDE, :SAMPLE_SIDE].copy()
    sample = imaging.encode(
        enhanced.picture.with_pixels(corner), EncodeSpec(format=spec.format, effort=spec.effort)
    )
    spec = evolve(spec, reserved_bytes=credentials.size(sample, source, enhanced))
    signed = credentials.sign(imaging.encode(enhanced.picture, spec), source, enhanced)
    return evolve(signed, target_met=signed.size_bytes <= limit)


def _file_as_it_came(result: Picture, spec: EncodeSpec, photo: Photo) -> EncodedImage | None:
    """The photo's own file, if it is what is asked for; None if it is to be encoded."""
    picture = photo.picture
    is_unchanged = result.pixels is picture.pixels and result.metadata == picture.metadata
    asked = picture.format == spec.format
    if not (picture.may_be_handed_on and is_unchanged and asked):
        return None
    data = photo.read()
    if spec.max_bytes is not None and len(data) > spec.max_bytes:
        return None
    return EncodedImage(
        data=data,
        format=spec.format,
        width=picture.width,
        height=picture.height,
        quality=picture.source_quality,
        target_met=None if spec.max_bytes is None else True,
        encodes=0,
    )
