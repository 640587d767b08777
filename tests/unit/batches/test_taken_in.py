"""Photos that are put into the store for a batch."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.object_stores.keys import parts_of
from pixellab.domain.batches import STORE, Counts, ItemState, Line
from pixellab.domain.errors import InvalidRequest, StoreUnavailable
from pixellab.domain.use_cases import ForgetUploads
from pixellab.domain.use_cases.batches import lines_of_keys
from pixellab.domain.use_cases.batches.sources import TAKEN_IN, mark_of, name_of, source_of
from pixellab.domain.use_cases.batches.take_in import KEPT
from pixellab.entrypoints.lab import PixelLab
from tests.conftest import photo_bytes
from tests.unit.batches.conftest import accepted_lines, feed
from tests.unit.batches.test_do_items import Later, kept

PHOTO = photo_bytes(60, 40)
SHA256 = hashlib.sha256(PHOTO).hexdigest()
SAFE = st.text("abz019._-", min_size=1, max_size=100).filter(lambda name: name.strip("._-"))


def taken_in(lab: PixelLab, content: bytes = PHOTO) -> str:
    """A batch of one photo that has arrived; its id."""
    line = Line(number=1, source=source_of("1f", "2e", "sets/mug.jpg"), arriving=True)
    batch = accepted_lines(lab, [line])
    (item,) = kept(lab).items(batch.id, state=ItemState.ARRIVING, limit=9)
    for _ in range(2):  # by two processes, one of which is late
        lab.take_in(item, io.BytesIO(content), hashlib.sha256(content).hexdigest())
    return batch.id


def test_a_photo_is_in_the_store_until_its_image_has_it(lab: PixelLab) -> None:
    batch_id = taken_in(lab)
    assert [*lab.store.keys()] == [f"{TAKEN_IN}2e-1f_sets~mug.jpg"]
    assert feed(lab)(9) == 1
    assert lab.batches.progress(batch_id).counts == Counts(done=1)
    assert [*lab.store.keys(TAKEN_IN)] == []
    assert lab.direct_uploads.expired(Later()() + 2 * KEPT, 9) == ()
    (done,) = lab.batches.results(batch_id)
    assert done.image is not None
    assert done.image.filename == "mug.jpg"


def test_what_nobody_does_is_removed_in_the_end(lab: PixelLab) -> None:
    batch_id = taken_in(lab)
    lab.batches.cancel(batch_id)
    later = Later()
    tidy = ForgetUploads(uploads=lab.direct_uploads, store=lab.store, clock=later)
    later.by = KEPT - timedelta(minutes=1)
    tidy()
    assert len([*lab.store.keys(TAKEN_IN)]) == 1
    later.by = KEPT
    tidy()
    assert [*lab.store.keys(TAKEN_IN)] == []


def test_what_could_not_be_done_stays_to_be_tried_again(lab: PixelLab) -> None:
    batch_id = taken_in(lab, b"no image")
    feed(lab)(9)
    assert lab.batches.progress(batch_id).counts == Counts(failed=1)
    assert len([*lab.store.keys(TAKEN_IN)]) == 1
    assert lab.batches.retry(batch_id)[1] == 1


def test_a_store_that_cannot_remove_it_fails_nothing(lab: PixelLab) -> None:
    def unavailable(*_: object) -> None:
        raise StoreUnavailable("The object store cannot be written to.")

    batch_id = taken_in(lab)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(lab.store), "delete", unavailable)
        feed(lab)(9)
    assert lab.batches.progress(batch_id).counts == Counts(done=1)
    later = Later()
    later.by = KEPT
    ForgetUploads(uploads=lab.direct_uploads, store=lab.store, clock=later)()
    assert [*lab.store.keys(TAKEN_IN)] == []


def test_no_manifest_and_no_prefix_names_what_was_taken_in_for_another(lab: PixelLab) -> None:
    taken_in(lab)
    (key,) = lab.store.keys()
    line = lab.source_rules("").line(1, {"key": key})
    assert line.failure == f"Keys that begin with {TAKEN_IN} are another batch's."
    with pytest.raises(InvalidRequest, match="nothing to do"):
        [*lines_of_keys(lab.store.keys("uploads/"))]


@given(st.lists(SAFE, min_size=1, max_size=8))
def test_what_a_line_names_is_a_key_and_tells_what_its_file_is_called(path: list[str]) -> None:
    source = source_of("1f" * 16, "2e" * 8, "/".join(path))
    assert len(parts_of(source.removeprefix(STORE))) == 3
    assert (mark_of(source), name_of(source)) == ("1f" * 16, path[-1])
    assert mark_of("store:incoming/a.jpg") is None
