"""Files that would keep a decoder busy are refused before it begins; ordinary ones are not."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from pixellab.adapters.imaging.decode.costs.bounds import refuse_costly
from pixellab.adapters.imaging.decode.open_picture import open_picture
from pixellab.domain.errors import FileTooLarge, UndecodableImage
from pixellab.domain.pictures import Picture
from tests.bombs import jpeg_with, scan_bomb
from tests.conftest import photo_bytes

EXIF, COMMENT, APP5 = 0xE1, 0xFE, 0xE5


def opened(content: bytes) -> Picture:
    return open_picture(io.BytesIO(content), max_bytes=50_000_000, max_pixels=60_000_000)


def saved(kind: str, size: tuple[int, int] = (32, 24), **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 90, 30)).save(file, kind, **options)
    return file.getvalue()


def png_with(*extra: tuple[bytes, bytes]) -> bytes:
    photo = saved("PNG")
    begins = photo.index(b"IDAT") - 4
    chunks = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in extra
    )
    return photo[:begins] + b"".join(chunks) + photo[begins:]


def tiff_of_strips(strips: int, order: str = "<") -> bytes:
    """A grey TIFF, 2 pixels wide, of strips of one row."""
    pixels = bytes(2 * strips)
    offsets = struct.pack(f"{order}{strips}I", *range(8, 8 + 2 * strips, 2))
    counts = struct.pack(f"{order}{strips}I", *[2] * strips)
    ends = 8 + len(pixels)
    entries = (
        *((256, 4, 1, 2), (257, 4, 1, strips), (258, 4, 1, 8), (259, 4, 1, 1), (262, 4, 1, 1)),
        *((273, 4, strips, ends), (278, 4, 1, 1), (279, 4, strips, ends + len(offsets))),
    )
    directory = struct.pack(f"{order}H", len(entries))
    directory += b"".join(struct.pack(f"{order}HHII", *each) for each in entries) + bytes(4)
    data = pixels + offsets + counts
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8 + len(data))
    return head + data + directory


@pytest.mark.parametrize(("scans", "side", "allowed"), [(41, 7700, 40), (101, 64, 100)])
def test_jpeg_scans(scans: int, side: int, allowed: int) -> None:
    with pytest.raises(UndecodableImage, match=f"has {scans} scans .* allowed are {allowed}"):
        opened(scan_bomb(side, scans))
    refuse_costly(scan_bomb(side, allowed), "JPEG")


@pytest.mark.parametrize(
    ("marker", "data"), [(EXIF, b"Exif\0\0MM\0*"), (COMMENT, b""), (APP5, b"")]
)
def test_jpeg_metadata(marker: int, data: bytes) -> None:
    block = data + bytes(60_000)
    with pytest.raises(FileTooLarge, match="more metadata than is accepted; allowed are 16 MB"):
        opened(jpeg_with(photo_bytes(), marker, block, 270))
    assert opened(jpeg_with(photo_bytes(), marker, block, 165)).width == 96  # 10 MB


def test_jpeg_bytes_between_segments() -> None:
    photo = photo_bytes()
    with pytest.raises(UndecodableImage, match="70000 bytes between its segments"):
        opened(photo[:2] + b"\xff" * 70_000 + photo[2:])
    assert opened(photo[:2] + b"\xff" * 100 + photo[2:]).width == 96


def test_png_chunks() -> None:
    with pytest.raises(UndecodableImage, match="too many chunks; allowed are 50000"):
        opened(png_with(*[(b"prVt", b"")] * 50_000))
    assert opened(png_with(*[(b"prVt", b"")] * 5_000)).width == 32


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (b"eXIf", b"MM\0*" + bytes(17_000_000)),
        (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(17_000_000))),
        (b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(bytes(17_000_000))),
        (b"iCCP", b"icc\0\0" + zlib.compress(bytes(17_000_000))),
    ],
    ids=["eXIf", "zTXt", "iTXt", "iCCP"],
)
def test_png_metadata_as_they_are_unpacked(name: bytes, body: bytes) -> None:
    with pytest.raises(FileTooLarge, match="more metadata than is accepted"):
        opened(png_with((name, body)))


@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_strips(order: str) -> None:
    with pytest.raises(UndecodableImage, match="65537 strips or tiles; allowed are 65536"):
        opened(tiff_of_strips(65_537, order))
    assert opened(tiff_of_strips(7_700, order)).height == 7_700


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_tiles(kind: str) -> None:
    def container(items: int, tiles: int) -> bytes:
        infos = box(b"iinf", struct.pack(">IH", 0, items))
        made_of = box(b"dimg", struct.pack(">HH", 1, tiles) + bytes(2 * tiles))
        return box(b"meta", bytes(4) + infos + box(b"iref", bytes(4) + made_of))

    for items, tiles in ((2_001, 1), (2, 2_001)):
        with pytest.raises(UndecodableImage, match="2001 parts, such as tiles; allowed are 2000"):
            refuse_costly(container(items, tiles), kind)
    refuse_costly(container(230, 229), kind)


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP"])
def test_ordinary_files_are_opened(kind: str) -> None:
    assert opened(saved(kind)).width == 32


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP"])
def test_what_is_cut_short_is_left_to_the_decoder(kind: str) -> None:
    whole = saved(kind)
    for length in range(0, len(whole), 7):
        refuse_costly(whole[:length], kind)


def test_a_progressive_photo_is_opened() -> None:
    photo = saved("JPEG", (640, 480), progressive=True)
    assert photo.count(b"\xff\xda") == 10
    assert opened(photo).width == 640
