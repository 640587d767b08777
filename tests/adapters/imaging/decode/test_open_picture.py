"""Opening, on real bytes of every accepted format, of what is refused, and of what is damaged."""

from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from pixellab.adapters.imaging.decode.open_picture import open_picture
from pixellab.domain.errors import FileTooLarge, UndecodableImage, UnsupportedImage
from pixellab.domain.pictures import Picture
from tests.conftest import photo_bytes, scene

LOSSLESS = ("PNG", "TIFF", "BMP")
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")
GENEROUS = 50_000_000
AI_URI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def opened(data: bytes, max_bytes: int = GENEROUS, max_pixels: int = 60_000_000) -> Picture:
    return open_picture(io.BytesIO(data), max_bytes=max_bytes, max_pixels=max_pixels)


def saved(image: Image.Image, image_format: str = "PNG", **options: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, image_format, **options)
    return data.getvalue()


def ramp(width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """All pixels differ, so a turned picture can't pass for an upright one."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 3, y * 4, (x + y) * 2], axis=-1).astype(np.uint8)


def rgb_profile(*, swapped: bool = False) -> bytes:
    """An sRGB-like profile by hand; ``swapped`` exchanges the red and the blue primary."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    if swapped:
        count = struct.unpack_from(">I", profile, 128)[0]
        for entry in range(132, 132 + 12 * count, 12):
            name = bytes(profile[entry : entry + 4])
            profile[entry : entry + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(name, name)
    return bytes(profile)


@pytest.mark.parametrize("image_format", FORMATS)
def test_every_format_opens(image_format: str) -> None:
    picture = opened(photo_bytes(image_format=image_format))
    assert picture.format == image_format
    assert (picture.width, picture.height) == (96, 72)
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.flags.c_contiguous
    assert picture.pixels.shape[2] == 3
    assert cv2.PSNR(picture.pixels, scene()) > (60 if image_format in LOSSLESS else 25)
    assert picture.warnings == ()


def test_jpeg_pixels_are_those_of_pillow() -> None:
    data = photo_bytes(201, 133)
    expected = np.asarray(Image.open(io.BytesIO(data)))
    assert np.array_equal(opened(data).pixels, expected)


def test_reading_starts_at_the_current_position() -> None:
    data = io.BytesIO(b"header" + photo_bytes())
    data.seek(6)
    assert open_picture(data, max_bytes=GENEROUS, max_pixels=10_000).width == 96


def test_pixels_cannot_be_changed_in_place() -> None:
    picture = opened(photo_bytes())
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0, 0] = 1


# Limits


def test_a_file_of_exactly_the_limit_opens_and_one_byte_more_does_not() -> None:
    data = photo_bytes()
    assert opened(data, max_bytes=len(data)).width == 96
    with pytest.raises(FileTooLarge, match="file is too large"):
        opened(data, max_bytes=len(data) - 1)


def test_pixels_are_limited_by_the_header() -> None:
    assert opened(photo_bytes(), max_pixels=96 * 72).width == 96
    with pytest.raises(FileTooLarge, match="96 x 72"):
        opened(photo_bytes(), max_pixels=96 * 72 - 1)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises the given size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [8_000, 11_000, 30_000, 100_000])
def test_a_decompression_bomb_is_too_large_before_it_is_decoded(side: int) -> None:
    with pytest.raises(FileTooLarge, match="megapixels"):
        opened(bomb(side, side))


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "TIFF", "BMP"])
def test_one_pixel_opens(image_format: str) -> None:
    assert opened(saved(Image.new("RGB", (1, 1), "red"), image_format)).pixels.shape == (1, 1, 3)


@pytest.mark.parametrize("size", [(100_000, 1), (1, 100_000)])
def test_a_single_row_or_column_opens(size: tuple[int, int]) -> None:
    picture = opened(saved(Image.new("RGB", size)))
    assert (picture.width, picture.height) == size


# Orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_exif_orientation_is_applied_once(image_format: str, orientation: int) -> None:
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying = np.ascontiguousarray(undo[orientation](ramp()))
    picture = opened(saved(Image.fromarray(lying), image_format, exif=exif))
    assert picture.pixels.shape == ramp().shape
    assert cv2.PSNR(picture.pixels, ramp()) > 28


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_a_nonsense_orientation_is_ignored(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = opened(saved(Image.fromarray(ramp()), "PNG", exif=exif))
    assert np.array_equal(picture.pixels, ramp())


# Modes


def test_grey_becomes_rgb() -> None:
    grey = ramp()[..., 0]
    for image_format in LOSSLESS:
        picture = opened(saved(Image.fromarray(grey), image_format))
        assert np.array_equal(picture.pixels, np.repeat(grey[..., None], 3, axis=2))


def test_one_bit_becomes_black_and_white() -> None:
    bits = ramp()[..., 0] > 90
    picture = opened(saved(Image.fromarray(bits)))
    assert np.array_equal(picture.pixels[..., 1], bits * np.uint8(255))


@pytest.mark.parametrize("image_format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_not_clipped(image_format: str) -> None:
    grey = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    picture = opened(saved(Image.fromarray(grey), image_format))
    assert np.array_equal(picture.pixels[..., 0], np.arange(256, dtype=np.uint8).reshape(16, 16))


@pytest.mark.parametrize("extension", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [3, 4])
def test_sixteen_bit_colour_is_scaled_not_clipped(extension: str, channels: int) -> None:
    colour = np.dstack([ramp(), np.full((48, 64), 128, np.uint8)])[..., :channels]
    order = [2, 1, 0, 3][:channels]
    deep = np.ascontiguousarray(colour[..., order]).astype(np.uint16) * 257
    done, data = cv2.imencode(extension, deep)
    assert done
    picture = opened(data.tobytes())
    assert picture.pixels.shape == colour.shape
    assert np.abs(picture.pixels.astype(int) - colour).max() <= 1


def test_float_from_0_to_1_is_scaled_and_other_floats_are_refused() -> None:
    unit = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    picture = opened(saved(Image.fromarray(unit), "TIFF"))
    assert picture.pixels[0, 0, 0] == 0
    assert picture.pixels[-1, -1, 0] == 255
    with pytest.raises(UndecodableImage):
        opened(saved(Image.fromarray(unit * 1000), "TIFF"))


@pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
def test_cmyk_has_its_colours(image_format: str) -> None:
    red = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    picture = opened(saved(red, image_format))
    assert np.abs(picture.pixels.astype(int) - (255, 0, 0)).max() <= 6


def test_cmyk_jpeg_counts_ink_down_from_white_with_and_without_adobes_marker() -> None:
    data = saved(Image.new("CMYK", (32, 32), (255, 0, 0, 0)), "JPEG")
    at = data.index(b"\xff\xee")
    length = struct.unpack(">H", data[at + 2 : at + 4])[0]
    for file in (data, data[:at] + data[at + 2 + length :]):
        assert np.abs(opened(file).pixels.astype(int) - (0, 255, 255)).max() <= 6


def test_palette_and_its_transparency() -> None:
    image = Image.fromarray(ramp()).quantize(16)
    assert np.array_equal(opened(saved(image)).pixels, np.asarray(image.convert("RGB")))
    clear = opened(saved(image, transparency=3))
    assert clear.has_alpha
    assert np.array_equal(clear.pixels[..., 3] == 0, np.asarray(image) == 3)


@pytest.mark.parametrize("image_format", ["PNG", "TIFF"])
def test_alpha_is_kept_straight(image_format: str) -> None:
    rgba = np.dstack([ramp(), ramp()[..., 0]])
    picture = opened(saved(Image.fromarray(rgba), image_format))
    assert np.array_equal(picture.pixels, rgba)
    la = opened(saved(Image.fromarray(rgba).convert("LA"), image_format))
    assert la.pixels.shape == rgba.shape
    assert np.array_equal(la.pixels[..., 3], rgba[..., 3])


def test_transparent_colour_of_an_rgb_png() -> None:
    picture = opened(saved(Image.fromarray(ramp()), transparency=(0, 0, 0)))
    assert picture.pixels[0, 0, 3] == 0
    assert picture.pixels[-1, -1, 3] == 255


def test_alpha_that_hides_nothing_is_dropped() -> None:
    rgba = np.dstack([ramp(), np.full((48, 64), 255, np.uint8)])
    assert np.array_equal(opened(saved(Image.fromarray(rgba))).pixels, ramp())


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_the_first_frame_is_used_with_a_warning(image_format: str) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "lime")]
    data = saved(frames[0], image_format, save_all=True, append_images=frames[1:])
    picture = opened(data)
    assert np.abs(picture.pixels.astype(int) - (255, 0, 0)).max() <= 6
    assert len(picture.warnings) == 1
    assert "first" in picture.warnings[0]


def test_a_stereo_jpeg_is_a_jpeg() -> None:
    frames = [Image.fromarray(scene(seed=seed)) for seed in (1, 2)]
    picture = opened(saved(frames[0], "MPO", save_all=True, append_images=frames[1:]))
    assert picture.format == "JPEG"
    assert cv2.PSNR(picture.pixels, scene(seed=1)) > 25


# Colour profiles


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_profile_is_converted_to_srgb(image_format: str, mode: str) -> None:
    if image_format == "JPEG" and mode == "RGBA":
        mode = "RGB"
    red = Image.new(mode, (32, 32), (255, 0, 0, 100)[: len(mode)])
    options = {"lossless": True} if image_format == "WEBP" else {}
    data = saved(red, image_format, icc_profile=rgb_profile(swapped=True), **options)
    picture = opened(data)
    assert np.abs(picture.pixels[..., :3].astype(int) - (0, 0, 255)).max() <= 4
    if mode == "RGBA":
        assert set(np.unique(picture.pixels[..., 3])) == {100}


def test_an_srgb_profile_changes_nothing() -> None:
    for image_format in LOSSLESS[:2]:
        data = saved(Image.fromarray(ramp()), image_format, icc_profile=rgb_profile())
        assert np.abs(opened(data).pixels.astype(int) - ramp()).max() <= 1
    jpeg = photo_bytes()
    tagged = saved(Image.open(io.BytesIO(jpeg)), "JPEG", quality="keep", icc_profile=rgb_profile())
    assert np.array_equal(opened(tagged).pixels, opened(jpeg).pixels)


def test_lab_becomes_srgb() -> None:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(Image.fromarray(scene()), srgb, lab, outputMode="LAB")
    assert image is not None
    assert cv2.PSNR(opened(saved(image, "TIFF")).pixels, scene()) > 33


@pytest.mark.parametrize("profile", [b"not a profile", rgb_profile()[:200]])
def test_a_broken_profile_is_a_warning(profile: bytes) -> None:
    picture = opened(saved(Image.fromarray(ramp()), icc_profile=profile))
    assert np.array_equal(picture.pixels, ramp())
    assert len(picture.warnings) == 1
    assert "profile" in picture.warnings[0]


def test_a_profile_for_another_colour_space_is_a_warning() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    picture = opened(saved(Image.fromarray(ramp()), icc_profile=lab))
    assert np.array_equal(picture.pixels, ramp())
    assert len(picture.warnings) == 1


# Metadata


def exif_with_everything() -> Image.Exif:
    exif = Image.Exif()
    exif[0x8298] = "© 2026 Müller".encode()
    exif[0x013B] = "Ana Müller".encode()
    exif[0x010F] = "Camera maker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    return exif


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_copyright_and_author_come_from_exif(image_format: str) -> None:
    data = saved(Image.fromarray(scene()), image_format, exif=exif_with_everything())
    assert opened(data).metadata.copyright == "© 2026 Müller"
    assert opened(data).metadata.author == "Ana Müller"


XMP = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="{AI_URI}">
 <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">Shop &amp; Söhne</rdf:li></rdf:Alt></dc:rights>
 <dc:creator><rdf:Seq><rdf:li>Ana</rdf:li></rdf:Seq></dc:creator>
</rdf:Description></rdf:RDF></x:xmpmeta>""".encode()


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP", "AVIF", "PNG"])
def test_xmp_gives_the_same_and_the_digital_source_type(image_format: str) -> None:
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    options = {"pnginfo": info} if image_format == "PNG" else {"xmp": XMP}
    metadata = opened(saved(Image.fromarray(scene()), image_format, **options)).metadata
    assert metadata.copyright == "Shop & Söhne"
    assert metadata.author == "Ana"
    assert metadata.digital_source_type == "trainedAlgorithmicMedia"


@pytest.mark.parametrize(
    "packet",
    [
        b"<dc:rights " * 100_000,
        b"<dc:rights>" + b"<rdf:li " * 100_000,
        b"<dc:rights/><dc:creator><rdf:li>Ana</rdf:li></dc:creator>",
        b"<dc:rights><rdf:li>&#" + b"9" * 9_000 + b";</rdf:li></dc:rights>",
    ],
    ids=["elements", "items", "empty", "digits"],
)
def test_an_xmp_packet_made_to_do_harm_has_no_copyright(packet: bytes) -> None:
    picture = opened(saved(Image.fromarray(scene()), "WEBP", xmp=packet))
    assert picture.metadata.copyright is None


def test_a_content_credential_gives_the_digital_source_type() -> None:
    data = photo_bytes()
    manifest = b"\x00jumb c2pa digitalSourceType\x78" + AI_URI.encode()
    segment = b"\xff\xeb" + struct.pack(">H", len(manifest) + 2) + manifest
    metadata = opened(data[:2] + segment + data[2:]).metadata
    assert metadata.digital_source_type == "trainedAlgorithmicMedia"


def test_iptc_gives_copyright_and_author() -> None:
    def record(number: int, text: bytes) -> bytes:
        return b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(text)) + text

    records = record(80, b"Ana") + record(116, b"Shop")
    resource = b"8BIM\x04\x04\x00\x00" + struct.pack(">I", len(records)) + records
    body = b"Photoshop 3.0\x00" + resource + b"\x00" * (len(records) % 2)
    segment = b"\xff\xed" + struct.pack(">H", len(body) + 2) + body
    data = photo_bytes()
    metadata = opened(data[:2] + segment + data[2:]).metadata
    assert (metadata.copyright, metadata.author) == ("Shop", "Ana")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_metadata_count_as_none() -> None:
    broken = b"Exif\x00\x00II*\x00\xff\xff\xff\xff"
    segment = b"\xff\xe1" + struct.pack(">H", len(broken) + 2) + broken
    data = photo_bytes()
    picture = opened(data[:2] + segment + data[2:])
    assert picture.metadata.copyright is None
    assert picture.width == 96


@pytest.mark.parametrize("quality", [10, 35, 50, 75, 85, 92, 100])
def test_jpeg_quality_is_read_from_its_tables(quality: int) -> None:
    data = saved(Image.fromarray(scene()), "JPEG", quality=quality)
    assert opened(data).source_quality == quality


def test_other_formats_have_no_source_quality() -> None:
    assert opened(photo_bytes(image_format="WEBP")).source_quality is None


# What is refused

NOT_PICTURES = {
    "empty": b"",
    "one byte": b"\xff",
    "text": b"hello, world, this is no picture",
    "text that begins as a bitmap": b"BM stands for something else in this sentence, surely.",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>',
    "pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage",
    "html": b"<!DOCTYPE html><html><img src=x></html>",
    "zip": b"PK\x03\x04" + bytes(100),
    "mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(100),
    "canon raw": b"II*\x00\x10\x00\x00\x00CR\x02\x00" + bytes(100),
    "zeros": bytes(1000),
}


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_no_accepted_picture_is_refused(name: str) -> None:
    with pytest.raises(UnsupportedImage, match="accepted") as refused:
        opened(NOT_PICTURES[name])
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize("image_format", ["PPM", "ICO", "TGA", "EPS", "PDF", "PCX", "JPEG2000"])
def test_pictures_in_other_formats_are_refused(image_format: str) -> None:
    with pytest.raises(UnsupportedImage):
        opened(saved(Image.fromarray(scene()), image_format))


def test_camera_raw_is_refused() -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[50706] = b"\x01\x04\x00\x00"
    tags.tagtype[50706] = 1
    with pytest.raises(UnsupportedImage, match="raw"):
        opened(saved(Image.fromarray(scene()), "TIFF", tiffinfo=tags))


def heic_header() -> bytes:
    return b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200)


def test_heic_is_recognised() -> None:
    """Without the extra it is refused with the reason; with it, these bytes are damaged."""
    with pytest.raises((UnsupportedImage, UndecodableImage), match="HEI"):
        opened(heic_header())


@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.8, 0.95])
def test_a_truncated_file_is_undecodable(image_format: str, share: float) -> None:
    data = photo_bytes(160, 120, image_format)
    kept = max(70, int(len(data) * share))
    with pytest.raises(UndecodableImage) as refused:
        opened(data[:kept])
    assert refused.value.message.startswith(f"The {image_format} file is damaged")


def test_a_truncated_progressive_jpeg_is_undecodable() -> None:
    data = saved(Image.fromarray(scene(160, 120)), "JPEG", progressive=True)
    for kept in range(len(data) // 8, len(data) - 2, len(data) // 8):
        with pytest.raises(UndecodableImage):
            opened(data[:kept])


@settings(max_examples=150)
@given(data=st.data(), image_format=st.sampled_from(FORMATS))
def test_damaged_bytes_open_or_are_refused_in_our_own_words(
    data: st.DataObject, image_format: str
) -> None:
    content = bytearray(photo_bytes(40, 30, image_format))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = opened(bytes(content), max_pixels=1_000_000)
    except (FileTooLarge, UnsupportedImage, UndecodableImage):
        return
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape[2] in (3, 4)


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises((UnsupportedImage, UndecodableImage)):
        opened(garbage)


def test_many_threads_open_at_once() -> None:
    files = [photo_bytes(120, 90, image_format) for image_format in FORMATS] * 4
    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(opened, files))
    for data, picture in zip(files, at_once, strict=True):
        assert np.array_equal(picture.pixels, opened(data).pixels)


def heic(pixels: NDArray[np.uint8], **options: Any) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(out, quality=95, **options)
    return out.getvalue()


def test_a_phones_heic_opens_upright_and_without_its_place() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x8298] = 6, "The shop"
    exif.get_ifd(0x8825)[1] = "N"
    picture = opened(heic(scene(128, 96), exif=exif.tobytes()))
    assert picture.format == "HEIF"
    assert picture.metadata.copyright == "The shop"
    # 6 is "turn 90 degrees clockwise".
    assert (picture.width, picture.height) == (96, 128)
    upright = np.rot90(scene(128, 96), -1).astype(np.float64)
    assert np.abs(picture.pixels - upright).mean() < 4


def test_a_cut_heic_is_undecodable() -> None:
    data = heic(scene(128, 96))
    with pytest.raises(UndecodableImage):
        opened(data[: len(data) * 2 // 3])
