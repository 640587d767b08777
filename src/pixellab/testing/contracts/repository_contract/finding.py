"""What every ImageRepository promises of filters, search, statistics and thumbnails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from pixellab.domain.errors import InvalidRequest, UnknownImage
from pixellab.domain.images import Enhancement, ProductImage, Status, thumbnail_key
from pixellab.domain.ports import ImageQuery, ImageRepository
from pixellab.domain.requests import Mode
from pixellab.domain.statistics import Day, Payee, Spent, Tally, spent_on
from pixellab.testing.records import (
    MICROSECOND,
    MINUTE,
    NOON,
    make_calls,
    make_completed,
    make_enhancement,
    make_failed,
    make_image,
)
from pixellab.testing.threads import at_once

DAY = timedelta(days=1)
LATER = NOON + 60 * MINUTE
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
        images = [_added(repository, each, created_at=NOON + each * MINUTE) for each in range(6)]
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
        image = _added(repository, 1, sku_id="Mug 1")
        other = _added(repository, 2, sku_id=image.key_digits)
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
        repository.finish(make_failed(_claim(repository, images[1])))
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

    # statistics

    def test_counts_what_was_done_by_day(self, repository: ImageRepository) -> None:
        first = _added(repository, 1, created_at=NOON - DAY)
        second = _added(repository, 2)
        assert repository.statistics(NOON.date()).total == Day(tally=Tally(images=2))
        done = make_completed(_claim(repository, first))
        repository.finish(done)
        repository.finish(make_failed(_claim(repository, second)))
        again = _claim(repository, second, now=LATER)
        repository.finish(evolve(make_failed(again), finished_at=NOON + DAY))
        assert done.enhanced is not None
        saved = done.original_size_bytes - done.enhanced.size_bytes
        completed = Tally(completed=1, bytes_saved=saved, quality_gained=-5217)
        found = repository.statistics(NOON.date())
        assert found.images == {Status.COMPLETED: 1, Status.PENDING: 0, Status.FAILED: 1}
        assert found.total == Day(
            tally=Tally(images=2, failed=2) + completed, spent=spent_on(done.calls)
        )
        assert found.total.tally.mean_quality_gained == -52.2
        assert found.days == {
            NOON.date(): Day(tally=Tally(images=1, failed=1) + completed),
            (NOON + DAY).date(): Day(tally=Tally(failed=1)),
        }
        whole = repository.statistics((NOON - DAY).date())
        yesterday = Day(tally=Tally(images=1), spent=spent_on(done.calls))
        assert whole.days == {(NOON - DAY).date(): yesterday, **found.days}

    def test_a_deleted_image_is_not_counted_but_what_was_done_to_it(
        self, repository: ImageRepository
    ) -> None:
        image = _added(repository, 1)
        repository.finish(make_completed(_claim(repository, image)))
        before = repository.statistics(NOON.date())
        repository.mark_deleted(image.id, now=LATER)
        repository.forget(image.id)
        after = repository.statistics(NOON.date())
        assert after.images == dict.fromkeys(Status, 0)
        assert (after.total, after.days) == (before.total, before.days)

    def test_each_call_is_paid_once(self, repository: ImageRepository) -> None:
        image = _added(repository, 1)
        claimed = _claim(repository, image)
        calls = make_calls(claimed)
        repository.note(evolve(claimed, calls=calls[:1]))
        paid = {Payee("FIRST", "EUR"): Spent(340_000_001)}
        assert repository.statistics(NOON.date()).total.spent == paid
        assert paid[Payee("FIRST", "EUR")].exact_amount == Decimal("0.0340000001")
        repository.finish(make_failed(evolve(claimed, calls=calls[:2])))
        both: Mapping[Payee, Spent] = {**paid, Payee("FIRST", "USD"): Spent(0, unpriced=1)}
        assert repository.statistics(NOON.date()).total.spent == both
        again = _claim(repository, image, now=LATER)
        repository.finish(evolve(make_completed(again), calls=(*again.calls, calls[2])))
        found = repository.statistics(NOON.date())
        assert found.total.spent == both
        assert found.days[NOON.date()].spent == both

    def test_many_at_once_are_all_counted(self, repository: ImageRepository) -> None:
        images = [make_image(number) for number in range(20)]

        def upload(number: int) -> None:
            repository.add(images[number], make_enhancement(images[number]))
            repository.finish(make_failed(_claim(repository, images[number])))

        assert at_once(upload, 20) == [None] * 20
        assert repository.statistics(NOON.date()).total.tally == Tally(images=20, failed=20)

    # reserve_thumbnail, keep_thumbnail

    def test_an_image_is_shown_by_the_thumbnail_of_its_result(
        self, repository: ImageRepository
    ) -> None:
        image = _added(repository, 1, original_thumbnail_key="t/0.webp")
        repository.keep_thumbnail(image.id, 0, "https://cdn.example/t/0.webp")
        shown = repository.get(image.id)
        assert (shown.thumbnail_key, shown.thumbnail_url) == (
            "t/0.webp",
            "https://cdn.example/t/0.webp",
        )
        claimed = evolve(_claim(repository, image), thumbnail_key="t/1.webp")
        url = "https://cdn.example/t/1.webp"
        shown = repository.finish(evolve(make_completed(claimed), thumbnail_url=url))
        assert (shown.thumbnail_key, shown.thumbnail_url) == ("t/1.webp", url)
        assert repository.get(image.id) == shown
        repository.keep_thumbnail(image.id, 0, "https://cdn.example/t/other.webp")
        assert repository.get(image.id) == shown

    def test_a_thumbnail_can_be_made_later(self, repository: ImageRepository) -> None:
        image = _added(repository, 1)
        before = repository.finish(make_completed(_claim(repository, image)))
        assert (before.thumbnail_key, before.thumbnail_url) == (None, None)
        key = thumbnail_key(image.key_digits, 1, image.filename)
        assert repository.reserve_thumbnail(image.id, 1, key) == key
        assert repository.reserve_thumbnail(image.id, 1, "another") == key
        assert repository.get(image.id) == before
        repository.keep_thumbnail(image.id, 1, "https://cdn.example/t.webp")
        shown = evolve(before, thumbnail_key=key, thumbnail_url="https://cdn.example/t.webp")
        assert repository.get(image.id) == shown
        (entry,) = repository.history(image.id)
        assert (entry.thumbnail_key, entry.thumbnail_url) == (key, "https://cdn.example/t.webp")
        assert repository.reserve_thumbnail(image.id, 0, "of original") == "of original"
        assert repository.get(image.id).original_thumbnail_key == "of original"

    def test_a_deleted_image_gets_no_thumbnail(self, repository: ImageRepository) -> None:
        image = _added(repository, 1, original_thumbnail_key="t/0.webp")
        with pytest.raises(UnknownImage):
            repository.reserve_thumbnail(image.id, 2, "key")
        with pytest.raises(UnknownImage):
            repository.keep_thumbnail(image.id, 2, "https://cdn.example/2")
        repository.mark_deleted(image.id, now=LATER)
        for sequence in (0, 1):
            with pytest.raises(UnknownImage):
                repository.reserve_thumbnail(image.id, sequence, "key")
            with pytest.raises(UnknownImage):
                repository.keep_thumbnail(image.id, sequence, "https://cdn.example/t")


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
        image = _added(repository, number, mode=mode, backend=backend, created_at=moment)
        if number % 3 == 0:
            repository.finish(make_failed(_claim(repository, image)))
        elif number % 3 == 1:
            claimed = _claim(repository, image)
            task = evolve(claimed.task, mode=mode)
            repository.finish(evolve(make_completed(claimed), task=task, backend=backend))
    return list(repository.page(ImageQuery(limit=200)).images)


def _named(repository: ImageRepository) -> list[ProductImage]:
    return [
        _added(repository, number, sku_id=sku, filename=name, created_at=NOON + number * MINUTE)
        for number, (sku, name) in enumerate(NAMES)
    ]


def _added(repository: ImageRepository, number: int, **changes: Any) -> ProductImage:
    image = make_image(number, **changes)
    repository.add(image, make_enhancement(image))
    return image


def _claim(repository: ImageRepository, image: ProductImage, *, now: Any = NOON) -> Enhancement:
    return repository.claim(image.id, 1, now=now, until=now + MINUTE)
