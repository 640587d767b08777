"""Batches by the library, awaited or not."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pixellab.domain.batches import BatchState, Counts, ItemState
from pixellab.domain.errors import InvalidRequest, Misconfigured, UnknownBatch
from pixellab.entrypoints.library.async_library import open_async_pixellab
from pixellab.entrypoints.library.whole_library import Library, open_pixellab
from tests.unit.batches.conftest import put


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_pixellab(data_dir=tmp_path / "data") as library:
        put(library.lab, "a.jpg", "b.jpg")
        yield library


def test_lines_are_added_and_done(library: Library) -> None:
    lines = [{"key": "incoming/a.jpg", "sku_id": "MUG-1"}, {"key": "incoming/no.jpg"}, {"key": ""}]
    added = library.add_batch(lines, mode="optimize", name="Spring", idempotency_key="once")
    assert added.counts == Counts(waiting=2, failed=1)
    again = library.add_batch(lines, mode="optimize", name="Spring", idempotency_key="once")
    assert again == added
    done = library.do_batch(added.batch.id)
    assert done.counts == Counts(done=1, failed=2)
    assert library.batches(limit=1) == (done,)
    (item,) = library.batch_items(added.batch.id, state=ItemState.DONE)
    assert library.image("MUG-1").id == item.image_id
    results = list(library.batch_results(added.batch.id))
    assert [each.image is not None for each in results] == [True, False, False]
    put(library.lab, "no.jpg")
    assert library.retry_batch(added.batch.id).counts.waiting == 1
    assert library.do_batch(added.batch.id).counts == Counts(done=2, failed=1)


def test_a_manifest_or_a_prefix(library: Library, tmp_path: Path) -> None:
    manifest = tmp_path / "photos.csv"
    manifest.write_text("key\nincoming/a.jpg\n")
    for photos in (manifest, str(manifest), io.BytesIO(manifest.read_bytes())):
        assert library.add_batch(photos).counts == Counts(waiting=1)
    assert library.add_batch(None, prefix="incoming/").counts == Counts(waiting=2)
    with pytest.raises(InvalidRequest, match="either a manifest, items or a prefix"):
        library.add_batch(manifest, prefix="incoming/")
    with pytest.raises(InvalidRequest, match="either a manifest, items or a prefix"):
        library.add_batch(None)


def test_what_names_no_photos_is_refused_and_nothing_is_added(library: Library) -> None:
    lines: Any = ["incoming/a.jpg"]
    with pytest.raises(InvalidRequest, match="items must be mappings from columns"):
        library.add_batch(lines)
    with pytest.raises(InvalidRequest, match="No photo is named"):
        library.add_batch([])
    with pytest.raises(InvalidRequest, match="has a key that begins so"):
        library.add_batch(None, prefix="incoming/nothing/")
    assert library.batches() == ()


def test_a_state_that_there_is_not_is_refused(library: Library) -> None:
    batch = library.add_batch(None, prefix="incoming/").batch
    wrong: Any = "lost"
    with pytest.raises(InvalidRequest, match="state is 'lost'; allowed are waiting, working"):
        library.batch_items(batch.id, state=wrong)


def test_cancelling(library: Library) -> None:
    batch = library.add_batch(None, prefix="incoming/").batch
    assert library.cancel_batch(batch.id).batch.state is BatchState.CANCELLED
    assert library.do_batch(batch.id).counts == Counts(cancelled=2)
    with pytest.raises(UnknownBatch):
        library.batch("5")


def test_where_no_thread_may_work(tmp_path: Path) -> None:
    with open_pixellab(data_dir=tmp_path / "data", job_workers=0) as library:
        batch = library.add_batch([{"key": "incoming/a.jpg"}]).batch
        with pytest.raises(Misconfigured, match="PIXELLAB_JOB_WORKERS"):
            library.do_batch(batch.id)


def test_awaited(tmp_path: Path) -> None:
    async def work() -> Counts:
        async with open_async_pixellab(data_dir=tmp_path / "data") as library:
            put(library.library.lab, "a.jpg")
            added = await library.add_batch(None, prefix="incoming/", mode="optimize")
            done = await library.do_batch(added.batch.id)
            assert await library.batches() == (done,)
            assert len(await library.batch_items(added.batch.id)) == 1
            return done.counts

    assert asyncio.run(work()) == Counts(done=1)
