"""What every ImageRepository promises of thumbnails."""

from __future__ import annotations

import pytest
from attrs import evolve

from pixellab.domain.errors import UnknownImage
from pixellab.domain.images import thumbnail_key
from pixellab.domain.ports import ImageRepository
from pixellab.testing.contracts.repository_contract.records_at_work import (
    LATER,
    add_image,
    claim_first,
)
from pixellab.testing.records import (
    make_completed,
)


class WithThumbnails:
    """Needs the fixture ``repository``: an empty one."""

    def test_an_image_is_shown_by_the_thumbnail_of_its_result(
        self, repository: ImageRepository
    ) -> None:
        image = add_image(repository, 1, original_thumbnail_key="t/0.webp")
        repository.keep_thumbnail(image.id, 0, "https://cdn.example/t/0.webp")
        shown = repository.get(image.id)
        assert (shown.thumbnail_key, shown.thumbnail_url) == (
            "t/0.webp",
            "https://cdn.example/t/0.webp",
        )
        claimed = evolve(claim_first(repository, image), thumbnail_key="t/1.webp")
        url = "https://cdn.example/t/1.webp"
        shown = repository.finish(evolve(make_completed(claimed), thumbnail_url=url))
        assert (shown.thumbnail_key, shown.thumbnail_url) == ("t/1.webp", url)
        assert repository.get(image.id) == shown
        repository.keep_thumbnail(image.id, 0, "https://cdn.example/t/other.webp")
        assert repository.get(image.id) == shown

    def test_a_thumbnail_can_be_made_later(self, repository: ImageRepository) -> None:
        image = add_image(repository, 1)
        before = repository.finish(make_completed(claim_first(repository, image)))
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
        image = add_image(repository, 1, original_thumbnail_key="t/0.webp")
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
