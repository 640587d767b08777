from __future__ import annotations

import string
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from pixellab.domain.formats import Format
from pixellab.domain.images import (
    Enhancement,
    ProcessingStatus,
    ProductImage,
    Status,
    StoredObject,
    enhanced_key,
    filename_for,
    kilobytes,
    original_key,
    reduction_percent,
    sanitize_filename,
)
from pixellab.domain.requests import Mode, Task

SAFE = set(string.ascii_letters + string.digits + "._-")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@given(st.text(max_size=400))
def test_any_file_name_becomes_a_safe_one(name: str) -> None:
    stem = sanitize_filename(name)
    assert set(stem) <= SAFE
    assert 1 <= len(stem) <= 100
    assert not stem.startswith((".", "-"))
    assert ".." not in filename_for(name, "JPEG").split("/")


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("photo.jpg", "photo.jpg"),
        ("photo.jpeg", "photo.jpeg"),
        ("photo.png", "photo.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\pictures\\Tasse.JPG", "Tasse.jpg"),
        ("Café à la crème.jpg", "Cafe_a_la_creme.jpg"),
        ("Größe 2.jpg", "Grosse_2.jpg"),
        ("Smørrebrød på Łódź.jpg", "Smorrebrod_pa_Lodz.jpg"),
        ("写真.jpg", "image.jpg"),
        ("", "image.jpg"),
        (None, "image.jpg"),
        ("a\x00b\nc.jpg", "a_b_c.jpg"),
        (".jpg", "image.jpg"),
        ("my.best.photo.jpg", "my.best.photo.jpg"),
    ],
)
def test_file_names_are_recognizable(given_name: str | None, kept: str) -> None:
    assert filename_for(given_name, "JPEG") == kept


def test_the_extension_is_that_of_the_bytes() -> None:
    assert filename_for("scan.jpg", "TIFF") == "scan.tif"
    assert filename_for("scan.tiff", "TIFF") == "scan.tiff"
    assert filename_for("x.HEIF", "HEIF") == "x.heif"


def test_keys_are_those_of_the_contract() -> None:
    assert (
        original_key("uploads/original", "550e8400", "photo.jpg")
        == "uploads/original/550e8400_photo.jpg"
    )
    assert original_key("originals", "550e8400", "photo.jpg") == "originals/550e8400_photo.jpg"
    first = enhanced_key("uploads/enhanced", "550e8400", 1, "photo.jpg", Format.JPEG)
    assert first == "uploads/enhanced/550e8400_photo.jpg"
    second = enhanced_key("enhanced", "550e8400", 2, "photo.jpg", Format.PNG)
    assert second == "enhanced/550e8400_2_photo.png"


def test_kilobytes_are_a_thousand_bytes() -> None:
    assert kilobytes(850_512) == 850.5
    assert reduction_percent(850_500, 425_250) == 50.0
    assert reduction_percent(100, 150) == -50.0


def stored(key: str) -> StoredObject:
    return StoredObject(
        key=key, uri=f"u:{key}", url=f"h:{key}", size_bytes=9, sha256="0" * 64, media_type="image/x"
    )


def image() -> ProductImage:
    return ProductImage(
        id="i",
        sku_id="s",
        key_digits="00000000",
        filename="p.jpg",
        status=Status.PENDING,
        backend="LOCAL",
        mode=Mode.AUTO,
        original=stored("o"),
        original_width=1,
        original_height=1,
        original_format="JPEG",
        created_at=NOW,
        updated_at=NOW,
    )


def finished(sequence: int, status: ProcessingStatus) -> Enhancement:
    return Enhancement(
        id=str(sequence),
        image_id="i",
        sequence=sequence,
        backend="LOCAL",
        chain=("LOCAL",),
        task=Task(mode=Mode.SHARPEN),
        key=f"e{sequence}",
        status=status,
        created_at=NOW,
        original_size_bytes=9,
        enhanced=stored(f"e{sequence}") if status is ProcessingStatus.COMPLETED else None,
        finished_at=NOW,
    )


@given(st.permutations([1, 2, 3, 4]), st.sets(st.integers(1, 4)))
def test_an_image_shows_its_latest_completed_enhancement(
    order: list[int], failing: set[int]
) -> None:
    current = image()
    for sequence in order:
        status = ProcessingStatus.FAILED if sequence in failing else ProcessingStatus.COMPLETED
        current = current.after(finished(sequence, status))
    completed = {1, 2, 3, 4} - failing
    if completed:
        assert current.status is Status.COMPLETED
        assert current.enhanced == stored(f"e{max(completed)}")
        assert current.mode is Mode.SHARPEN
    else:
        assert current.status is Status.FAILED
        assert current.enhanced is None


def test_improvement_is_relative_to_the_score_before() -> None:
    done = finished(1, ProcessingStatus.COMPLETED)
    assert done.improvement_percent is None
    assert (
        evolve(done, original_quality_score=80.0, enhanced_quality_score=92.0).improvement_percent
        == 15.0
    )
