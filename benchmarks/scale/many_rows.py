"""Fills a database with copies of one real upload, so that rows are as wide as they are in life."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import track
from sqlalchemy import Connection, String, Table, Text, text
from sqlalchemy.types import CHAR

from pixellab.adapters.image_repositories.sql.tables import (
    COUNT_SHARDS,
    DAY_SHARDS,
    enhancement_history,
    product_images,
)
from pixellab.adapters.object_stores.in_memory import InMemoryObjectStore
from pixellab.domain.images import ProductImage
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.wiring.wire_stores import database_engine

PHOTO = Path(__file__).parents[2] / "samples" / "yellow-box.jpg"
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
OLD_WORD = "shoe"
"""Only the oldest images are found by it."""
SECONDS_APART = 31
"""Between one upload and the next; a million of them take a year."""
SHUFFLE = 611_953
"""A prime: ids and times of the copies are in no relation to each other."""
DIGITS_APART = 4294
"""Between the first eight hexadecimal digits of two ids, which go on for a million."""
CHUNK = 10_000

# Every second image was enhanced twice; 2 of 100 have failed and 1 is in work.
_STATUS = "CASE n % 100 WHEN 1 THEN {0} WHEN 3 THEN {0} WHEN 5 THEN {1} ELSE {2} END"
_IMAGE_STATUS = _STATUS.format("'FAILED'", "'PENDING'", "'COMPLETED'")
_HISTORY_STATUS = _STATUS.format("'failed'", "'processing'", "'completed'")
_MODES = ", ".join(f"'{mode}'" for mode in Mode)
_MODE = f"ELT(1 + n % {len(Mode)}, {_MODES})"
_BACKEND = "IF(n % 7 = 0, 'SHINY', 'LOCAL')"
_COMPLETED = "n % 100 NOT IN (1, 3, 5)"
_DIGITS = f"LOWER(LPAD(HEX(n * {DIGITS_APART}), 8, '0'))"
_MADE = "SELECT COUNT(*) FROM product_images WHERE idempotency_key LIKE 'key-%'"
_TEN = "(" + " UNION ALL ".join(f"SELECT {digit} AS d" for digit in range(10)) + ")"
_NUMBERS = (
    "(SELECT :first + a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n "
    f"FROM {_TEN} a, {_TEN} b, {_TEN} c, {_TEN} e) numbers"
)


def fill(settings: Settings, rows: int, console: Console) -> None:
    """Make ``rows`` images, a multiple of 10,000, and half as many enhancements again.

    Goes on where it was interrupted; does nothing where all are there.
    """
    engine = database_engine(settings, patient=True)
    with engine.connect() as connection:
        made = connection.execute(text(_MADE)).scalar_one()
    if made >= rows:
        engine.dispose()
        return
    template, chunks = _template(settings), range(made + 1, rows + 1, CHUNK)
    with engine.connect() as connection:
        # The copies break no rule, so the server need not look.
        connection.execute(text("SET unique_checks = 0, foreign_key_checks = 0"))
        for first in track(chunks, "Making rows", console=console):
            for statement in (_copy_images(rows), _copy_history(rows)):
                values = {"first": first, "id": template.id, "digits": template.key_digits}
                connection.execute(text(statement), values)
            connection.commit()
        _count(connection)
        _sum_up(connection)
        for word in track(_WORDS, "Making words", console=console):
            _find_by(connection, word)
        connection.commit()
        tables = "product_images, enhancement_history, image_words, day_tallies, day_costs"
        connection.execute(text(f"ANALYZE TABLE {tables}"))
    engine.dispose()


def _template(settings: Settings) -> ProductImage:
    """An image that was uploaded and then enhanced again."""
    with bootstrap(settings, store=InMemoryObjectStore()) as pixellab:
        content = io.BytesIO(PHOTO.read_bytes())
        image = pixellab.upload_and_enhance(Upload(content=content, filename="photo.jpg")).image
        return pixellab.enhance_again(image.id, Task(mode=Mode.OPTIMIZE)).image


def _copy_images(rows: int) -> str:
    created = _created(rows)
    return _copy(
        product_images,
        {
            "id": f"CONCAT({_DIGITS}, SUBSTR(t.id, 9))",
            "idempotency_key": f"CONCAT('key-', {_DIGITS})",
            "status": _IMAGE_STATUS,
            "operation": _MODE,
            "enhancement_mode": _BACKEND,
            "search_words": _words(rows),
            "created_at": created,
            "updated_at": created,
            "deleted_at": "NULL",
        },
        "t.id = :id",
    )


def _words(rows: int) -> str:
    """Those of its file name and its sku_id; the oldest fiftieth are shoes, too."""
    shoe = f"IF(n * {SHUFFLE} % {rows} < {rows // 50}, ' {OLD_WORD}', '')"
    return f"CONCAT(REPLACE(t.search_words, :digits, {_DIGITS}), {shoe})"


def _copy_history(rows: int) -> str:
    digits = f"(n * {DIGITS_APART} + t.enhancement_sequence * 2147483648) % 4294967296"
    return _copy(
        enhancement_history,
        {
            "id": f"CONCAT(LOWER(LPAD(HEX({digits}), 8, '0')), SUBSTR(t.id, 9))",
            "product_image_id": f"CONCAT({_DIGITS}, SUBSTR(t.product_image_id, 9))",
            "processing_status": _HISTORY_STATUS,
            "created_at": f"{_created(rows)} + INTERVAL t.enhancement_sequence - 1 DAY",
            "lease_until": f"IF(n % 100 = 5, {_created(rows)} + INTERVAL 10 MINUTE, NULL)",
        },
        "t.product_image_id = :id AND (t.enhancement_sequence = 1 OR n % 2 = 0)",
    )


def _created(rows: int) -> str:
    seconds = f"(n * {SHUFFLE} % {rows}) * {SECONDS_APART}"
    return f"'{FIRST:%Y-%m-%d %H:%M:%S}.000001' + INTERVAL {seconds} SECOND"


def _copy(table: Table, own: Mapping[str, str], where: str) -> str:
    """A statement that copies template ``t`` for 10,000 numbers ``n``."""
    values = {}
    for column in table.columns:
        value = f"t.{column.name}"
        if isinstance(column.type, String | Text | CHAR):
            value = f"REPLACE({value}, :digits, {_DIGITS})"
        if column.nullable:
            value = f"IF({_COMPLETED}, {value}, NULL)"
        values[column.name] = own.get(column.name, value)
    names, selected = ", ".join(values), ", ".join(values.values())
    source = f"{table.name} t, {_NUMBERS}"
    return f"INSERT INTO {table.name} ({names}) SELECT {selected} FROM {source} WHERE {where}"


def _count(connection: Connection) -> None:
    counted = (
        f"SELECT status, CRC32(id) % {COUNT_SHARDS} AS shard, COUNT(*) AS images "
        "FROM product_images WHERE deleted_at IS NULL GROUP BY 1, 2"
    )
    connection.execute(
        text(
            f"UPDATE image_counts JOIN ({counted}) counted USING (status, shard) "
            "SET image_counts.images = counted.images"
        )
    )


_WORDS = ("photo", "jpg", "upload", OLD_WORD, None)
"""What images are found by; None is the word that each has of its own."""


def _find_by(connection: Connection, word: str | None) -> None:
    its_word = "SUBSTR(id, 1, 8)" if word is None else f"'{word}'"
    wanted = f"search_words LIKE '% {word}%'" if word else "TRUE"
    connection.execute(
        text(
            "REPLACE INTO image_words (word, created_at, image_id) "
            f"SELECT {its_word}, created_at, id FROM product_images "
            f"WHERE deleted_at IS NULL AND {wanted} ORDER BY 1, 2, 3"
        )
    )
    connection.commit()


def _sum_up(connection: Connection) -> None:
    """By day and shard, as the program would have; each image cost 4 cents."""
    shard = f"CRC32(id) % {DAY_SHARDS}"
    tallies = (
        "INSERT INTO day_tallies (day, shard, images, completed, failed, bytes_saved, "
        f"quality_gained) SELECT DATE(created_at), {shard}, COUNT(*), SUM(status = 'COMPLETED'), "
        "SUM(status = 'FAILED'), SUM(COALESCE(original_size_bytes - enhanced_size_bytes, 0)), "
        "SUM(COALESCE(ROUND((quality_after - quality_before) * 100), 0)) "
        "FROM product_images GROUP BY 1, 2"
    )
    costs = (
        "INSERT INTO day_costs (day, backend, currency, shard, amount, unpriced) "
        f"SELECT DATE(created_at), enhancement_mode, 'USD', {shard}, COUNT(*) * 400000000, 0 "
        "FROM product_images GROUP BY 1, 2, 3, 4"
    )
    for statement in ("DELETE FROM day_tallies", "DELETE FROM day_costs", tallies, costs):
        connection.execute(text(statement))
    connection.commit()
