"""What every ImageRepository promises of filters and search."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from attrs import evolve

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.images import ProductImage, Status
from pixellab.domain.ports import ImageQuery, ImageRepository
from pixellab.domain.requests import Mode
from pixellab.testing.contracts.repository_contract.records_at_work import (
    LATER,
    add_image,
    claim_first,
)
from pixellab.testing.records import (
    MICROSECOND,
    MINUTE,
    NOON,
    make_completed,
    make_enhancement,
    make_failed,
)

FEW = 3
"""Images that any repository can count."""
NAMES = (
    ("MUG-1", "blue_mug.jpg"),
    ("MUG-10", "Red-Mug.JPG"),
    ("upload_12345678", "mugshot-2026.png"),
    ("Straße 7", "Teller.webp"),
    ("a%b_c", "IMG_0001.jpg"),
)


class FindingImages:
    """Needs the fixture ``repository``: an empty one."""

    # page, filtered

    @pytest.mark.parametrize(
        "names",
        [
            ("mode",),
            ("backend",),
            ("mode", "backend"),
            ("status", "mode"),
            ("status", "backend"),
            ("status", "mode", "backend"),
        ],
    )
    def test_filters_together_let_through_what_each_does(
        self, repository: ImageRepository, names: tuple[str, ...]
    ) -> None:
        images = _some_of_each(repository)
        for asked in images:
            wanted: dict[str, Any] = {name: getattr(asked, name) for name in names}
            expected = [
                each
                for each in images
                if all(getattr(each, name) == value for name, value in wanted.items())
            ]
            _assert_pages(repository, ImageQuery(limit=2, **wanted), expected)

    def test_dates_are_from_the_first_to_before_the_last(self, repository: ImageRepository) -> None:
        images = [add_image(repository, each, created_at=NOON + each * MINUTE) for each in range(6)]
        since, before = images[1].created_at, images[4].created_at
        _assert_pages(repository, ImageQuery(limit=2, since=since, before=before), images[1:4])
        _assert_pages(repository, ImageQuery(limit=2, since=since), images[1:])
        _assert_pages(repository, ImageQuery(limit=2, before=before), images[:4])
        late = ImageQuery(since=images[5].created_at + MICROSECOND)
        _assert_pages(repository, late, [])
        pending = ImageQuery(limit=2, status=Status.PENDING, since=since, before=before)
        _assert_pages(repository, pending, images[1:4])

    def test_dates_the_wrong_way_round_are_refused(self) -> None:
        with pytest.raises(InvalidRequest, match="later than from"):
            ImageQuery(since=NOON, before=NOON)

    # called

    def test_is_called_by_its_digits_and_its_sku_id(self, repository: ImageRepository) -> None:
        image = add_image(repository, 1, sku_id="Mug 1")
        other = add_image(repository, 2, sku_id=image.key_digits)
        assert repository.called("Mug 1") == (image.id,)
        assert repository.called(other.key_digits) == (other.id,)
        assert set(repository.called(image.key_digits)) == {image.id, other.id}
        for name in ("mug 1", "Mug", "", image.key_digits[:7], image.id):
            assert repository.called(name) == ()
        repository.mark_deleted(other.id, now=LATER)
        assert repository.called(image.key_digits) == (image.id,)

    # page, searched

    @pytest.mark.parametrize(
        ("search", "found"),
        [
            ("mug", (0, 1, 2)),
            ("MUG-1", (0, 1, 2)),
            ("mug blue", (0,)),
            ("blue_mug.jpg", (0,)),
            ("red mug jpg", (1,)),
            ("mugs", (2,)),
            ("ug", ()),
            ("upload 12345678", (2,)),
            ("2026", (2,)),
            ("STRASSE", (3,)),
            ("a b c", (4,)),
            ("%", None),
            ("_", None),
            ("img", (4,)),
            ("0001 mug", ()),
            ("x" * 100, ()),
            ("x" * 101, None),
        ],
    )
    def test_finds_by_how_words_of_name_and_sku_id_begin(
        self, repository: ImageRepository, search: str, found: tuple[int, ...] | None
    ) -> None:
        images = _named(repository)
        if found is None:
            with pytest.raises(InvalidRequest, match="q must be"):
                ImageQuery(search=search)
            return
        _assert_pages(repository, ImageQuery(limit=2, search=search), [images[n] for n in found])

    def test_searches_among_what_filters_let_through(self, repository: ImageRepository) -> None:
        images = _named(repository)
        repository.finish(make_failed(claim_first(repository, images[1])))
        failed = repository.get(images[1].id)
        _assert_pages(repository, ImageQuery(search="mug", status=Status.FAILED), [failed])
        since = ImageQuery(search="mug", since=images[2].created_at)
        _assert_pages(repository, since, [images[2]])
        _assert_pages(repository, ImageQuery(search="mug", backend="OTHER"), [])

    def test_a_deleted_image_is_not_found(self, repository: ImageRepository) -> None:
        images = _named(repository)
        repository.mark_deleted(images[0].id, now=LATER)
        _assert_pages(repository, ImageQuery(search="mug red"), [images[1]])
        repository.forget(images[0].id)
        _assert_pages(repository, ImageQuery(search="blue"), [])
        repository.add(images[0], make_enhancement(images[0]))
        _assert_pages(repository, ImageQuery(search="blue"), [images[0]])


def _assert_pages(
    repository: ImageRepository, query: ImageQuery, expected: Iterable[ProductImage]
) -> None:
    """Pages by cursor and by offset list these images, the newest first, and say how many."""
    wanted = sorted(expected, key=lambda each: (each.created_at, each.id), reverse=True)
    found: list[ProductImage] = []
    while True:
        page = repository.page(query)
        same = repository.page(evolve(query, after=None, offset=len(found)))
        assert (page.images, page.next_after) == (same.images, same.next_after)
        assert page.total_is_exact or len(wanted) > FEW
        assert page.total == len(wanted) if page.total_is_exact else page.total <= len(wanted)
        found += page.images
        if page.next_after is None:
            break
        query = evolve(query, after=page.next_after)
    assert found == wanted


LONGEST = Mode("BACKGROUND_REMOVE,LIGHT_CORRECTION,UPSCALE_DENOISE,STANDARDIZE")
"""The longest text that names modes."""


def _some_of_each(repository: ImageRepository) -> list[ProductImage]:
    """Images of three statuses, two modes and two backends, several of each kind."""
    kinds = [(mode, backend) for mode in (Mode.AUTO, LONGEST) for backend in ("LOCAL", "SHINY")]
    for number in range(16):
        mode, backend = kinds[number % 4]
        moment = NOON + number * 5 % 7 * MICROSECOND
        image = add_image(repository, number, mode=mode, backend=backend, created_at=moment)
        if number % 3 == 0:
            repository.finish(make_failed(claim_first(repository, image)))
        elif number % 3 == 1:
            claimed = claim_first(repository, image)
            task = evolve(claimed.task, mode=mode)
            repository.finish(evolve(make_completed(claimed), task=task, backend=backend))
    return list(repository.page(ImageQuery(limit=200)).images)


def _named(repository: ImageRepository) -> list[ProductImage]:
    return [
        add_image(repository, number, sku_id=sku, filename=name, created_at=NOON + number * MINUTE)
        for number, (sku, name) in enumerate(NAMES)
    ]
