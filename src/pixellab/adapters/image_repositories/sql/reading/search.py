"""Finding images by the words of their file names and sku_ids.

Where few images have the rarest of the words, they are read from the index of words and held
against the rest. Where many do, the newest images are looked through instead, for they will hardly
be far; only if they are, all that have the word are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import Connection, RowMapping, Select, func, select

from pixellab.adapters.image_repositories.sql.reading.listing import (
    Condition,
    count_up_to,
    cut,
    newest,
    passing,
    rows_of,
    uploaded,
)
from pixellab.adapters.image_repositories.sql.statements import images
from pixellab.adapters.image_repositories.sql.tables import image_words, product_images
from pixellab.domain.ports import ImageQuery

LAST = chr(0x10FFFF)
"""Sorts behind every letter."""


@frozen
class Found:
    """The rows of a page, and one more if there is a next page."""

    rows: Sequence[RowMapping]
    total: int | None
    """How many there are in all; None if nobody has counted them."""
    is_exact: bool = True
    """Whether that is all; otherwise there are at least so many."""


def search(connection: Connection, query: ImageQuery, many: int) -> Found:
    """The page of a query with words; a word that more than ``many`` images have is frequent."""
    word, entries = _rarest(connection, query.words, many + 1)
    if entries <= many:
        ids = _having(word, evolve(query, after=None))
        return Found(_read(connection, _having(word, query), query), _count(connection, ids))
    looked_at, total = _look_through(connection, query, many)
    rows = _read(connection, _among_newest(query, many), query)
    if looked_at < many:
        return Found(rows, total)
    if len(rows) <= query.limit:
        rows = _read(connection, _having(word, query), query)
    return Found(rows, max(total, query.offset + len(rows)), is_exact=False)


def _rarest(connection: Connection, words: tuple[str, ...], most: int) -> tuple[str, int]:
    """The word that begins the fewest words, and how many, no more than ``most``."""
    counted: dict[str, int] = {}
    for word in words:
        entries = select(image_words.c.image_id).where(*_beginning(word))
        counted[word] = count_up_to(connection, most, entries)
    return min(counted.items(), key=lambda each: each[1])


def _having(word: str, query: ImageQuery) -> Select[Any]:
    """The ids of all that match, newest first, by way of the index of words."""
    entries = image_words.c
    matching = (
        select(entries.created_at, entries.image_id)
        .where(*_beginning(word), *uploaded(query, entries.created_at, entries.image_id))
        .distinct()
        .subquery("matching")
    )
    others = [each for each in query.words if each != word]
    listing = select(matching.c.image_id.label("id"))
    if others or len(passing(query)) > 1:
        listing = (
            listing.join_from(matching, product_images, images.id == matching.c.image_id)
            # Left to itself, MariaDB may begin with all images, or go through all for each word.
            .prefix_with("STRAIGHT_JOIN", dialect="mysql")
            .with_hint(product_images, "FORCE INDEX FOR JOIN (PRIMARY)", dialect_name="mysql")
            .where(*passing(query), *map(_has, others))
        )
    return listing.order_by(matching.c.created_at.desc(), matching.c.image_id.desc())


def _among_newest(query: ImageQuery, many: int) -> Select[Any]:
    """The ids of those that match among the newest that pass the filters."""
    first = newest(query, images.id, images.created_at, images.search_words).limit(many)
    seen = first.subquery("seen")
    has_all = [func.instr(seen.c.search_words, f" {word}") > 0 for word in query.words]
    return select(seen.c.id).where(*has_all).order_by(seen.c.created_at.desc(), seen.c.id.desc())


def _look_through(connection: Connection, query: ImageQuery, many: int) -> tuple[int, int]:
    """How many were looked at, of the newest that pass the filters, and how many of them match."""
    whole = evolve(query, after=None)
    looked_at = count_up_to(connection, many, newest(whole, images.id))
    return looked_at, _count(connection, _among_newest(whole, many))


def _read(connection: Connection, ids: Select[Any], query: ImageQuery) -> Sequence[RowMapping]:
    return connection.execute(rows_of(cut(ids, query))).mappings().all()


def _count(connection: Connection, ids: Select[Any]) -> int:
    counted = ids.order_by(None).subquery("counted")
    return int(connection.execute(select(func.count()).select_from(counted)).scalar_one())


def _beginning(word: str) -> list[Condition]:
    return [image_words.c.word >= word, image_words.c.word < word + LAST]


def _has(word: str) -> Condition:
    return func.instr(images.search_words, f" {word}") > 0
