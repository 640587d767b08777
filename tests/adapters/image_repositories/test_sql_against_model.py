"""The SQL repository answers as the one in memory does, and counts right, whatever is done."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from pixellab.adapters.image_repositories.in_memory import InMemoryImageRepository
from pixellab.adapters.image_repositories.sql.image_repository import SqlImageRepository
from pixellab.adapters.image_repositories.sql.migrate import upgrade
from pixellab.domain.errors import PixelLabError
from pixellab.domain.images import Enhancement, ProductImage, Status
from pixellab.domain.ports import ImageQuery, ImageRepository
from pixellab.domain.requests import Mode
from pixellab.testing.records import (
    MICROSECOND,
    NOON,
    make_completed,
    make_enhancement,
    make_failed,
    make_image,
)

moments = st.integers(0, 5).map(lambda each: NOON + each * MICROSECOND)
statuses = st.none() | st.sampled_from(Status)
sequences = st.integers(1, 3)
COUNTS = """
    SELECT status, SUM(n) FROM (
        SELECT status, images AS n FROM image_counts
        UNION ALL SELECT status, -1 FROM product_images WHERE deleted_at IS NULL
    ) GROUP BY status
"""


class TwoRepositories(RuleBasedStateMachine):
    images = Bundle("images")
    claims = Bundle("claims")

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "pixellab.db"
        shutil.copy(_migrated(), self.path)
        self.sql = SqlImageRepository(f"sqlite:///{self.path}")
        self.model = InMemoryImageRepository()

    def teardown(self) -> None:
        if hasattr(self, "sql"):
            self.sql.close()
            self.folder.cleanup()

    def both(self, call: Callable[[ImageRepository], Any]) -> Any:
        """What both answered: a value, or the class of an error."""
        answers = []
        for repository in (self.model, self.sql):
            try:
                answers.append(call(repository))
            except PixelLabError as error:
                answers.append(type(error))
        assert answers[0] == answers[1]
        return answers[0]

    @rule(
        target=images,
        number=st.integers(0, 6),
        sku_id=st.none() | st.sampled_from(["a", "A"]),
        key=st.none() | st.sampled_from(["k", "K"]),
        created_at=moments,
        kept=st.booleans(),
    )
    def add(
        self, number: int, sku_id: str | None, key: str | None, created_at: datetime, kept: bool
    ) -> ProductImage:
        names = {"sku_id": sku_id} if sku_id else {}
        image = make_image(
            number, created_at=created_at, original_kept=kept, idempotency_key=key, **names
        )
        if self.both(lambda each: each.find(key) if key else None) is None:
            present = self.both(lambda each: _id(each.get(image.id)))
            hidden = self.both(lambda each: len(each.deleted(1, image.id)))
            if present != image.id and not hidden:
                self.both(lambda each: each.add(image, make_enhancement(image)))
        return image

    @rule(image=images)
    def add_enhancement(self, image: ProductImage) -> None:
        self.both(
            lambda each: each.add_enhancement(
                image.id, lambda number: make_enhancement(image, number)
            )
        )

    @rule(
        target=claims,
        image=images,
        sequence=sequences,
        now=moments,
        until=moments,
        retry=st.booleans(),
    )
    def claim(
        self, image: ProductImage, sequence: int, now: datetime, until: datetime, retry: bool
    ) -> Any:
        claimed = self.both(
            lambda each: each.claim(image.id, sequence, now=now, until=until, retry=retry)
        )
        return claimed if isinstance(claimed, Enhancement) else multiple()

    @rule(claimed=claims, good=st.booleans())
    def finish(self, claimed: Enhancement, good: bool) -> None:
        done = make_completed(claimed) if good else make_failed(claimed)
        self.both(lambda each: each.finish(done))

    @rule(image=images, now=moments)
    def keep_original(self, image: ProductImage, now: datetime) -> None:
        self.both(lambda each: each.keep_original(image.id, image.original, now=now))

    @rule(image=images, now=moments)
    def mark_deleted(self, image: ProductImage, now: datetime) -> None:
        self.both(lambda each: each.mark_deleted(image.id, now=now))

    @rule(image=consumes(images))
    def forget(self, image: ProductImage) -> None:
        self.both(lambda each: each.forget(image.id))

    @rule(limit=st.integers(1, 4), offset=st.integers(0, 4), status=statuses)
    def page(self, limit: int, offset: int, status: Status | None) -> None:
        query = ImageQuery(limit=limit, offset=offset, status=status)
        self.both(lambda each: each.page(query))

    @rule(image=images, status=statuses)
    def page_after(self, image: ProductImage, status: Status | None) -> None:
        query = ImageQuery(limit=3, after=(image.created_at, image.id), status=status)
        self.both(lambda each: each.page(query))

    @rule(
        mode=st.none() | st.sampled_from([Mode.AUTO, Mode.STANDARDIZE]),
        backend=st.none() | st.sampled_from(["LOCAL", "OTHER"]),
        status=statuses,
        since=st.none() | moments,
        search=st.none() | st.sampled_from(["photo", "upload 9", "a", "photo zebra"]),
        offset=st.integers(0, 2),
    )
    def find(
        self,
        mode: Mode | None,
        backend: str | None,
        status: Status | None,
        since: datetime | None,
        search: str | None,
        offset: int,
    ) -> None:
        query = ImageQuery(
            mode=mode, backend=backend, status=status, since=since, search=search, offset=offset
        )
        self.both(lambda each: each.page(query))

    @rule(since=st.sampled_from([NOON.date(), NOON.date() + timedelta(days=1)]))
    def sum_up(self, since: date) -> None:
        self.both(lambda each: each.statistics(since))

    @rule(image=images, sequence=st.integers(0, 2))
    def make_thumbnail(self, image: ProductImage, sequence: int) -> None:
        key = f"thumbnails/{sequence}"
        if self.both(lambda each: each.reserve_thumbnail(image.id, sequence, key)) == key:
            self.both(lambda each: each.keep_thumbnail(image.id, sequence, f"https://x/{key}"))

    @rule(now=moments, limit=st.integers(1, 4))
    def look_around(self, now: datetime, limit: int) -> None:
        first = self.both(lambda each: each.unfinished(now, limit))
        if first:
            after = first[-1].created_at, first[-1].id
            self.both(lambda each: each.unfinished(now, limit, after))
        self.both(lambda each: each.deleted(limit))

    @rule(image=images)
    def look(self, image: ProductImage) -> None:
        self.both(lambda each: each.get(image.id))
        self.both(lambda each: each.history(image.id))
        self.both(lambda each: each.deleted(1, image.id))

    @invariant()
    def counts_are_right(self) -> None:
        if hasattr(self, "path"):
            with closing(sqlite3.connect(self.path)) as connection:
                assert dict(connection.execute(COUNTS)) == dict.fromkeys(Status, 0)


def _id(image: ProductImage) -> str:
    return image.id


def _migrated() -> Path:
    """An empty database of the current schema, made once."""
    if not TEMPLATE:
        folder = tempfile.TemporaryDirectory()
        upgrade(f"sqlite:///{folder.name}/pixellab.db")
        TEMPLATE.append(folder)
    return Path(TEMPLATE[0].name) / "pixellab.db"


TEMPLATE: list[tempfile.TemporaryDirectory[str]] = []

TestTwoRepositories = TwoRepositories.TestCase
TestTwoRepositories.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
