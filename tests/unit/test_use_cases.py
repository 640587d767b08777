"""The use cases through their ports: uploading and enhancing again."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pixellab.domain.errors import (
    BackendFailed,
    FileTooLarge,
    IdempotencyConflict,
    InProgress,
    InvalidRequest,
    OriginalNotKept,
    PixelLabError,
    SkuTaken,
    StoreUnavailable,
    UndecodableImage,
    UnknownImage,
    UnsupportedImage,
)
from pixellab.domain.formats import Format
from pixellab.domain.images import ProcessingStatus, Status
from pixellab.domain.ports import Event, Milestone
from pixellab.domain.requests import Mode, Task
from pixellab.domain.requests.framing import Fit
from tests.conftest import photo_bytes
from tests.unit.installation import (
    OTHER,
    PHOTO,
    Installation,
    assert_consistent,
    install,
    photo,
)


def test_an_upload_keeps_the_original_and_a_result_and_records_both(lab: Installation) -> None:
    done = lab.upload(photo(sku_id="mug-1", task=Task(output_format=Format.PNG)))
    image = lab.repository.get(done.image.id)
    assert image.status is Status.COMPLETED
    assert image.sku_id == "mug-1"
    assert image.original.key == f"uploads/original/{image.key_digits}_photo.jpg"
    assert image.enhanced is not None
    assert image.enhanced.key == f"uploads/enhanced/{image.key_digits}_photo.png"
    with lab.store.open(image.original.key) as content:
        assert content.read() == PHOTO
    (entry,) = lab.repository.history(image.id)
    assert entry == done.enhancement
    assert entry.size_metadata["original_size_kb"] == round(len(PHOTO) / 1000, 1)
    assert {"original_blur", "enhanced_blur", "improvement_percent"} <= set(entry.quality_metadata)
    assert entry.processing_time_ms is not None
    assert_consistent(lab)


def test_the_steps_come_in_the_promised_order(lab: Installation) -> None:
    told: list[Event] = []
    done = lab.upload(photo(), told.append)
    assert [event.milestone for event in told] == [
        Milestone.RECEIVED,
        Milestone.RESERVED,
        Milestone.ORIGINAL_STORED,
        Milestone.ASSESSED,
        Milestone.BACKEND_CALLED,
        Milestone.ENHANCED,
        Milestone.RESULT_STORED,
        Milestone.COMPLETED,
    ]
    assert {event.image_id for event in told} == {done.image.id}


@pytest.mark.parametrize("hours", [-3, 0])
def test_the_time_it_took_does_not_follow_the_clock(lab: Installation, hours: int) -> None:
    def work(event: Event) -> None:
        if event.milestone is Milestone.ASSESSED:
            lab.clock.now += timedelta(hours=hours)
            lab.clock.seconds += 1.5

    first = lab.upload(photo(), work)
    again = lab.again(first.image.id, Task(), observe=work)
    accepted = lab.accept(photo(OTHER))
    alone = lab.process(accepted.image.id, observe=work)
    for done in (first, again, alone):
        assert done.enhancement.processing_time_ms == 1500


def test_without_a_sku_the_image_gets_one_from_its_id(lab: Installation) -> None:
    image = lab.upload(photo()).image
    assert image.sku_id == f"upload_{image.id[:8]}"


def test_gemini_has_folders_of_its_own(lab: Installation) -> None:
    image = lab.upload(photo(backend="GEMINI")).image
    assert image.original.key.startswith("originals/")
    assert image.enhanced is not None
    assert image.enhanced.key.startswith("enhanced/")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", UnsupportedImage),
        (b"%PDF-1.7 and so on", UnsupportedImage),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", UnsupportedImage),
        (PHOTO[: len(PHOTO) // 2], UndecodableImage),
        (PHOTO + b"\0" * 1_000_000, FileTooLarge),
        (photo_bytes(400, 300), FileTooLarge),
    ],
)
def test_what_is_not_accepted_leaves_nothing(
    lab: Installation, data: bytes, error: type[PixelLabError]
) -> None:
    with pytest.raises(error):
        lab.upload(photo(data))
    assert lab.images() == []
    assert lab.keys() == set()


def test_a_taken_sku_leaves_nothing_new(lab: Installation) -> None:
    first = lab.upload(photo(sku_id="mug"))
    with pytest.raises(SkuTaken):
        lab.upload(photo(OTHER, sku_id="mug"))
    assert [image.id for image in lab.images()] == [first.image.id]
    assert_consistent(lab)


@pytest.mark.parametrize("text", ["", "a\nb", "x" * 129])
def test_a_sku_is_printable_and_short(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        photo(sku_id=text)
    assert refused.value.field == "sku_id"


def test_two_images_with_the_same_first_digits_get_different_keys() -> None:
    digits = "abcdef01"
    ids = (f"{digits}-0000-4000-8000-{n:012d}" for n in itertools.count())
    fresh = (str(uuid.uuid4()) for _ in itertools.count())
    # Image id, enhancement id, image id, enhancement id, then fresh digits.
    order: Iterator[str] = itertools.chain(itertools.islice(ids, 4), fresh)
    lab = install(lambda: next(order))
    first, second = lab.upload(photo()).image, lab.upload(photo(OTHER)).image
    assert first.id[:8] == second.id[:8] == digits
    assert first.key_digits != second.key_digits
    assert_consistent(lab)


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        ("FAILING", "The backend failed on this picture."),
        ("BUGGY", "BUGGY failed on this picture."),
    ],
)
def test_a_failing_backend_ends_in_failed_with_the_reason(
    lab: Installation, backend: str, reason: str
) -> None:
    with pytest.raises(BackendFailed) as failed:
        lab.upload(photo(backend=backend))
    (image,) = lab.images()
    assert failed.value.image_id == image.id
    assert image.status is Status.FAILED
    assert image.original_kept
    (entry,) = lab.repository.history(image.id)
    assert (entry.status, entry.failure) == (ProcessingStatus.FAILED, reason)
    assert_consistent(lab)


def test_the_same_key_with_the_same_content_gives_the_first_answer(lab: Installation) -> None:
    first = lab.upload(photo(idempotency_key="k1"))
    again = lab.upload(photo(idempotency_key="k1"))
    assert (first.replayed, again.replayed) == (False, True)
    assert again.image == first.image
    assert again.enhancement == first.enhancement
    assert len(lab.images()) == 1


def test_the_same_key_in_other_words_gives_the_first_answer(lab: Installation) -> None:
    lab.upload(photo(idempotency_key="k1", backend="LOCAL", task=Task(profile="Amazon")))
    assert lab.upload(
        photo(idempotency_key="k1", backend="local", task=Task(profile="amazon"))
    ).replayed


def test_the_same_key_after_another_enhancement_still_gives_the_first_answer(
    lab: Installation,
) -> None:
    first = lab.upload(photo(idempotency_key="k1"))
    lab.again(first.image.id, Task(mode=Mode.SHARPEN))
    assert lab.upload(photo(idempotency_key="k1")).enhancement == first.enhancement


@pytest.mark.parametrize(
    "other", [{"data": OTHER}, {"task": Task(mode=Mode.SHARPEN)}, {"sku_id": "another"}]
)
def test_the_same_key_with_another_request_conflicts(
    lab: Installation, other: dict[str, Any]
) -> None:
    lab.upload(photo(idempotency_key="k1"))
    with pytest.raises(IdempotencyConflict):
        lab.upload(photo(**other, idempotency_key="k1"))
    assert len(lab.images()) == 1
    assert_consistent(lab)


def test_the_same_key_retries_what_failed(lab: Installation) -> None:
    lab.fuse.set(3, lambda: StoreUnavailable("The store is down."), late=False)
    with pytest.raises(StoreUnavailable):
        lab.upload(photo(idempotency_key="k1"))
    assert [image.status for image in lab.images()] == [Status.FAILED]
    done = lab.upload(photo(idempotency_key="k1"))
    assert done.image.status is Status.COMPLETED
    assert len(lab.images()) == 1
    assert_consistent(lab)


def test_the_same_key_at_once_is_done_once(lab: Installation) -> None:
    def send(_: int) -> str:
        try:
            return lab.upload(photo(idempotency_key="k1")).image.id
        except InProgress:
            return "later"

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(send, range(16)))
    assert len(answers - {"later"}) == 1
    assert len(lab.images()) == 1
    assert_consistent(lab)


def test_enhancing_again_overwrites_nothing(lab: Installation) -> None:
    first = lab.upload(photo())
    second = lab.again(first.image.id, Task(mode=Mode.SHARPEN, output_format=Format.PNG))
    third = lab.again(first.image.id, Task(), backend="GEMINI")
    assert [e.sequence for e in lab.repository.history(first.image.id)] == [1, 2, 3]
    digits = first.image.key_digits
    assert second.enhancement.key == f"uploads/enhanced/{digits}_2_photo.png"
    assert third.enhancement.key == f"enhanced/{digits}_3_photo.jpg"
    assert lab.repository.get(first.image.id).enhanced == third.enhancement.enhanced
    assert_consistent(lab)


def test_a_failed_second_enhancement_leaves_the_image_completed(lab: Installation) -> None:
    first = lab.upload(photo())
    with pytest.raises(BackendFailed):
        lab.again(first.image.id, Task(), backend="FAILING")
    image = lab.repository.get(first.image.id)
    assert (image.status, image.enhanced) == (Status.COMPLETED, first.image.enhanced)
    assert_consistent(lab)


def test_enhancing_an_unknown_image(lab: Installation) -> None:
    with pytest.raises(UnknownImage):
        lab.again(str(uuid.uuid4()), Task())


def test_what_was_never_stored_cannot_be_enhanced(lab: Installation) -> None:
    lab.fuse.set(2, lambda: StoreUnavailable("The store is down."), late=False)
    with pytest.raises(StoreUnavailable):
        lab.upload(photo())
    (image,) = lab.images()
    assert not image.original_kept
    with pytest.raises(OriginalNotKept):
        lab.again(image.id, Task())


def test_a_result_is_brought_to_the_size_asked_for_and_says_so() -> None:
    lab = install()
    task = Task(width=48, height=48, fit=Fit.PAD, padding="4", background="#102030")
    done = lab.upload(photo(task=task)).enhancement
    assert (done.enhanced_width, done.enhanced_height) == (48, 48)
    assert done.steps[-1].name == "size"
    assert done.steps[-1].applied
    assert "made smaller" in done.steps[-1].why
    assert "padded to 48 x 48" in done.steps[-1].why
    assert not done.warnings
    assert done.enhanced is not None
    with lab.store.open(done.enhanced.key) as file, Image.open(file) as image:
        assert image.size == (48, 48)
        corner = np.asarray(image)[1, 1].astype(int)
        assert np.abs(corner - (0x10, 0x20, 0x30)).max() < 12


def test_no_picture_is_enlarged_to_a_size_and_the_answer_says_so() -> None:
    done = install().upload(photo(task=Task(width=4000))).enhancement
    assert (done.enhanced_width, done.enhanced_height) == (96, 72)
    (warning,) = done.warnings
    assert warning.startswith("The picture has 96 x 72 pixels and was not enlarged")
    larger = Task(mode=Mode.UPSCALE, scale=4, width=240)
    assert install().upload(photo(task=larger)).enhancement.enhanced_width == 240
