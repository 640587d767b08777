"""The SQL repository on SQLite: what its rows say, beyond the contract."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.domain.errors import UnknownImage
from pixellab.domain.ports import ImageQuery
from pixellab.testing.records import MINUTE, NOON, make_completed, make_enhancement, make_image
from tests.adapters.image_repositories.sqlite.stored_rows import add, change, rows

# What other versions wrote


def test_history_is_read_without_what_only_a_newer_version_knows(
    path: Path, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    repository.finish(make_completed(repository.claim(image_id, 1, now=NOON, until=NOON + MINUTE)))
    before = repository.history(image_id)
    change(path, "enhancement_history", "parameters", '"scale"', '"glow": [0.5, 1], "scale"')
    for column in ("steps", "rules"):
        change(path, "enhancement_history", column, '"name"', '"seconds": 0.5, "name"')
    assert repository.history(image_id) == before


def test_history_is_read_though_limits_were_tightened(
    path: Path, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    change(path, "enhancement_history", "parameters", '"scale": 3', '"scale": 8')
    change(path, "enhancement_history", "parameters", "#f2f2f2", "checkered")
    (entry,) = repository.history(image_id)
    assert (entry.task.scale, entry.task.background) == (8, "checkered")
    (left,) = repository.unfinished(NOON + MINUTE, 10)
    assert left == entry


def test_a_mode_and_a_format_of_a_newer_version_are_shown_by_name(
    path: Path, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    change(path, "product_images", "operation", "AUTO", "RELIGHT")
    change(path, "enhancement_history", "parameters", "STANDARDIZE", "RELIGHT")
    change(path, "enhancement_history", "parameters", '"JPEG"', '"JXL"')
    (listed,) = repository.page(ImageQuery()).images
    (entry,) = repository.history(image_id)
    assert (listed.mode, entry.task.mode, entry.task.output_format) == ("RELIGHT", "RELIGHT", "JXL")


def test_what_a_newer_version_was_asked_stays_in_the_record(
    path: Path, repository: SqlImageRepository
) -> None:
    image_id = add(repository, 1)
    change(path, "enhancement_history", "parameters", '"scale"', '"glow": [0.5, 1], "scale"')
    repository.finish(make_completed(repository.claim(image_id, 1, now=NOON, until=NOON + MINUTE)))
    (row,) = rows(path, "SELECT parameters FROM enhancement_history")
    assert json.loads(row["parameters"])["glow"] == [0.5, 1]


# What users see who query by hand


def test_the_columns_that_users_rely_on_are_there(path: Path) -> None:
    def columns(table: str) -> set[str]:
        return {row["name"] for row in rows(path, f"PRAGMA table_info({table})")}

    images = """id sku_id image_url enhanced_image_url original_filename original_size_bytes
        enhanced_size_bytes original_width original_height enhanced_width enhanced_height
        original_format enhanced_format status enhancement_mode operation processing_time_ms
        processed_at created_at updated_at"""
    history = """id product_image_id enhancement_sequence enhancement_mode operation original_s3_url
        original_https_url enhanced_s3_url enhanced_https_url original_size_bytes
        enhanced_size_bytes original_quality_score enhanced_quality_score quality_metadata
        size_metadata processing_time_ms processing_status model_version response_id created_at"""
    assert columns("product_images") >= set(images.split())
    assert columns("enhancement_history") >= set(history.split())


def test_rows_read_as_documented(path: Path, repository: SqlImageRepository) -> None:
    image_id = add(repository, 1)
    repository.finish(make_completed(repository.claim(image_id, 1, now=NOON, until=NOON + MINUTE)))
    (image,) = rows(path, "SELECT * FROM product_images")
    (enhancement,) = rows(path, "SELECT * FROM enhancement_history")
    for row in (image, enhancement):
        assert (row["enhancement_mode"], row["operation"]) == ("LOCAL", "STANDARDIZE")
        assert row["created_at"] == "2026-11-01 12:00:00.123457"
    assert (image["status"], enhancement["processing_status"]) == ("COMPLETED", "completed")
    assert image["enhanced_image_url"].startswith("https://cdn.example/uploads/enhanced/")
    assert image["enhanced_image_url"] == enhancement["enhanced_https_url"]
    assert image["image_url"] == enhancement["original_https_url"]
    assert enhancement["original_s3_url"].startswith("memory://pixellab/uploads/original/")
    assert enhancement["enhanced_s3_url"].startswith("memory://pixellab/uploads/enhanced/")
    assert json.loads(enhancement["size_metadata"])["original_size_kb"] == 850.5
    assert json.loads(enhancement["parameters"])["target_size_kb"] == 500


def test_no_row_has_the_url_of_an_original_that_is_not_kept(
    path: Path, repository: SqlImageRepository
) -> None:
    image = make_image(1, original_kept=False)
    repository.add(image, make_enhancement(image))
    query = """SELECT image_url, h.original_s3_url, h.original_https_url
        FROM product_images AS i JOIN enhancement_history AS h ON h.product_image_id = i.id"""
    assert [list(row.values()) for row in rows(path, query)] == [[None, None, None]]
    repository.keep_original(image.id, image.original, now=NOON)
    repository.add_enhancement(image.id, lambda number: make_enhancement(image, number))
    original = image.original
    expected = [original.url, original.uri, original.url]
    assert [list(row.values()) for row in rows(path, query)] == [expected, expected]


def test_rows_that_others_refer_to_stay(path: Path, repository: SqlImageRepository) -> None:
    image = make_image(1)
    add(repository, 1)
    stray = evolve(make_enhancement(image, 2), image_id=make_image(2).id)
    with pytest.raises(UnknownImage):
        repository.add_enhancement(stray.image_id, lambda _: stray)
    assert len(rows(path, "SELECT * FROM enhancement_history")) == 1


# Times


@pytest.fixture(scope="module")
def shared_path(migrated: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file for all examples, which take their images out of it again."""
    path = tmp_path_factory.mktemp("times") / "pixellab.db"
    path.write_bytes(migrated)
    return path


@settings(max_examples=25)
@given(
    moment=st.datetimes(
        min_value=datetime(1970, 1, 2),
        max_value=datetime(2200, 1, 1),
        timezones=st.integers(-720, 720).map(lambda each: timezone(timedelta(minutes=each))),
    )
)
def test_times_come_back_to_the_microsecond_in_utc(shared_path: Path, moment: datetime) -> None:
    repository = SqlImageRepository(f"sqlite:///{shared_path}")
    image = make_image(1, created_at=moment, updated_at=moment)
    try:
        repository.add(image, evolve(make_enhancement(image), lease_until=moment))
        stored = repository.get(image.id)
        assert stored.created_at == moment
        assert stored.created_at.tzinfo is UTC
        assert repository.history(image.id)[0].lease_until == moment
        assert repository.page(ImageQuery(after=(moment, "~"))).images == (stored,)
    finally:
        repository.mark_deleted(image.id, now=moment)
        repository.forget(image.id)
        repository.close()


def test_a_time_without_a_zone_is_refused(repository: SqlImageRepository) -> None:
    naive = make_image(1, created_at=datetime(2026, 1, 1))
    with pytest.raises(Exception, match="without tzinfo"):
        repository.add(naive, make_enhancement(naive))
    assert repository.page(ImageQuery()).total == 0
