"""Thumbnails: of results and of originals, when things go wrong, and of older images."""

from __future__ import annotations

import io

import pytest
from attrs import evolve
from PIL import Image

from pixellab.domain.errors import BackendFailed, StoreUnavailable
from pixellab.domain.images import ProductImage, Status
from pixellab.domain.ports import Origin
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases import MakeThumbnails
from tests.conftest import photo_bytes
from tests.unit.installation import (
    Installation,
    PaidEnhancer,
    assert_consistent,
    install,
    photo,
)


def make_missing(lab: Installation) -> list[tuple[str, bool]]:
    """Which images got one, and which could not."""
    make = MakeThumbnails(thumbnails=lab.process.thumbnails)
    return [(image.id, error is None) for image, error in make()]


def without_thumbnails(lab: Installation) -> list[ProductImage]:
    """A completed and a failed image, as a version without thumbnails left them."""
    completed = lab.upload(photo()).image
    with pytest.raises(BackendFailed):
        lab.upload(photo(backend="FAILING"))
    for image in lab.images():
        lab.store.delete(str(image.thumbnail_key))
        bare = evolve(image, thumbnail_key=None, thumbnail_url=None, original_thumbnail_key=None)
        lab.repository._images[image.id] = bare
        (entry,) = lab.repository.history(image.id)
        lab.repository._histories[image.id] = [
            evolve(entry, thumbnail_key=None, thumbnail_url=None)
        ]
    return sorted(lab.images(), key=lambda image: image.id != completed.id)


def test_a_result_has_a_thumbnail_under_a_key_of_its_own(lab: Installation) -> None:
    image = lab.upload(photo()).image
    assert image.thumbnail_key == f"uploads/thumbnails/{image.key_digits}_photo.webp"
    again = lab.again(image.id, Task(mode=Mode.SHARPEN)).image
    assert again.thumbnail_key == f"uploads/thumbnails/{image.key_digits}_2_photo.webp"
    keys = {image.thumbnail_key, again.thumbnail_key}
    assert keys <= lab.keys()
    for key in keys:
        with lab.store.open(str(key)) as content, Image.open(content) as picture:
            assert picture.format == "WEBP"
    lab.delete(image.id)
    assert lab.keys() == set()


def test_an_image_that_failed_is_shown_by_its_original(lab: Installation) -> None:
    with pytest.raises(BackendFailed):
        lab.upload(photo(backend="FAILING"))
    (image,) = lab.images()
    assert image.status is Status.FAILED
    assert image.thumbnail_key == f"uploads/thumbnails/{image.key_digits}_0_photo.webp"
    assert {image.thumbnail_key} <= lab.keys()
    done = lab.again(image.id, Task(), "LOCAL").image
    assert done.thumbnail_key == f"uploads/thumbnails/{image.key_digits}_2_photo.webp"
    assert_consistent(lab)
    lab.delete(image.id)
    assert lab.keys() == set()


def test_a_failure_leaves_the_thumbnail_of_the_earlier_result(lab: Installation) -> None:
    image = lab.upload(photo()).image
    with pytest.raises(BackendFailed):
        lab.again(image.id, Task(), "FAILING")
    assert lab.repository.get(image.id).thumbnail_key == image.thumbnail_key
    assert_consistent(lab)


def test_a_failed_attempt_that_is_repeated_gets_another_address() -> None:
    backend = PaidEnhancer("GEMINI", BackendFailed("It failed."))
    lab = install(chain=("GEMINI",), gemini=backend)
    with pytest.raises(BackendFailed):
        lab.upload(photo(idempotency_key="key"))
    (failed,) = lab.images()
    backend.error = None
    done = lab.upload(photo(idempotency_key="key")).image
    assert done.id == failed.id
    assert done.thumbnail_url != failed.thumbnail_url
    assert_consistent(lab)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("error", [lambda: StoreUnavailable("down"), lambda: OSError("bug")])
def test_a_thumbnail_that_cannot_be_stored_fails_nothing(
    lab: Installation, late: bool, error: type[Exception]
) -> None:
    lab.upload(photo())
    whole = lab.fuse.calls
    found = []
    for at in range(1, whole + 1):
        lab.fuse.set(at, error, late=late)
        try:
            found.append(lab.upload(photo()).image)
        except Exception:
            lab.fuse.set(0, error, late=late)
    lab.fuse.set(0, error, late=late)
    assert [image for image in found if image.thumbnail_url is None]
    assert all(image.status is Status.COMPLETED for image in found)
    made = dict(make_missing(lab))
    assert all(made[image.id] for image in found if image.thumbnail_url is None)


def test_older_images_get_thumbnails_once(lab: Installation) -> None:
    completed, failed = without_thumbnails(lab)
    assert sorted(make_missing(lab)) == sorted([(completed.id, True), (failed.id, True)])
    assert make_missing(lab) == []
    shown = {image.id: image.thumbnail_key for image in lab.images()}
    assert shown == {
        completed.id: f"uploads/thumbnails/{completed.key_digits}_photo.webp",
        failed.id: f"uploads/thumbnails/{failed.key_digits}_0_photo.webp",
    }
    assert_consistent(lab)
    for image in (completed, failed):
        lab.delete(image.id)
    assert lab.keys() == set()


def test_making_thumbnails_goes_on_where_it_was_stopped(lab: Installation) -> None:
    completed, failed = without_thumbnails(lab)
    for at in range(1, 12):
        for late in (False, True):
            lab.fuse.set(at, lambda: StoreUnavailable("down"), late=late)
            try:
                make_missing(lab)
            except StoreUnavailable:
                assert_consistent_but_for_thumbnails(lab)
    lab.fuse.set(0, lambda: StoreUnavailable("down"), late=False)
    make_missing(lab)
    assert {image.id for image in lab.images() if image.thumbnail_url} == {completed.id, failed.id}
    assert_consistent(lab)


def assert_consistent_but_for_thumbnails(lab: Installation) -> None:
    """No object that no row names."""
    named: set[str | None] = set()
    for image in lab.images():
        named |= {image.original.key, image.original_thumbnail_key}
        for each in lab.repository.history(image.id):
            named |= {each.key, each.thumbnail_key}
    assert lab.keys() <= named


def test_one_that_cannot_be_made_does_not_stop_the_others(lab: Installation) -> None:
    completed, failed = without_thumbnails(lab)
    lab.store.delete(failed.original.key)
    assert sorted(make_missing(lab)) == sorted([(completed.id, True), (failed.id, False)])


def test_no_thumbnail_outlives_an_image_that_is_deleted_meanwhile(lab: Installation) -> None:
    completed, failed = without_thumbnails(lab)
    make = MakeThumbnails(thumbnails=lab.process.thumbnails)()
    listed = next(make)[0]
    for image in (completed, failed):
        lab.delete(image.id)
    assert [error for _, error in make if error is None] == []
    assert listed.id in {completed.id, failed.id}
    assert lab.keys() == set()


def test_a_thumbnail_keeps_shape_and_transparency(lab: Installation) -> None:
    imaging = lab.process.enhance.imaging
    tall = imaging.open(io.BytesIO(photo_bytes(60, 900)), origin=Origin.OWN)
    file = imaging.thumbnail(tall, 320)
    assert (file.width, file.height, file.format) == (21, 320, "WEBP")
    small = imaging.open(io.BytesIO(photo_bytes(40, 30)))
    assert (imaging.thumbnail(small, 320).width, imaging.thumbnail(small, 320).height) == (40, 30)
