"""What every DirectUploads promises."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from attrs import evolve

from pixellab.domain.ports import DirectUpload, DirectUploads
from pixellab.testing.records import MICROSECOND, NOON

HOUR = timedelta(hours=1)


def _invited(number: int, payer: str | None = None) -> DirectUpload:
    upload_id = str(UUID(int=number))
    return DirectUpload(
        id=upload_id,
        key=f"uploads/incoming/{upload_id}",
        payer=payer,
        created_at=NOON,
        expires_at=NOON + number * HOUR,
    )


class DirectUploadsContract:
    """Needs the fixture ``uploads``: an empty one."""

    def test_gives_back_what_was_added(self, uploads: DirectUploads) -> None:
        nobodys, somebodys = _invited(1), _invited(2, payer="9f86d081884c7d65")
        for each in (nobodys, somebodys):
            uploads.add(each)
        assert uploads.get(nobodys.id) == nobodys
        assert uploads.get(somebodys.id) == somebodys
        assert uploads.get(_invited(3).id) is None

    def test_one_that_is_there_stays_as_it_is(self, uploads: DirectUploads) -> None:
        first = _invited(1)
        for each in (first, evolve(first, expires_at=NOON + 9 * HOUR)):
            uploads.add(each)
        assert uploads.get(first.id) == first

    def test_finds_those_whose_time_is_over(self, uploads: DirectUploads) -> None:
        for number in (3, 1, 2):
            uploads.add(_invited(number))
        assert uploads.expired(NOON, 10) == ()
        assert uploads.expired(NOON + 2 * HOUR - MICROSECOND, 10) == (_invited(1),)
        assert uploads.expired(NOON + 2 * HOUR, 10) == (_invited(1), _invited(2))
        assert uploads.expired(NOON + 9 * HOUR, 2) == (_invited(1), _invited(2))

    def test_forgets_one(self, uploads: DirectUploads) -> None:
        for number in (1, 2):
            uploads.add(_invited(number))
        for _ in range(2):
            uploads.forget(_invited(1).id)
        assert uploads.get(_invited(1).id) is None
        assert uploads.expired(NOON + 9 * HOUR, 10) == (_invited(2),)
