"""What every ObjectStore promises."""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO

import pytest

from pixellab.domain.errors import ObjectExists, ObjectMissing, PixelLabError
from pixellab.domain.images import StoredObject
from pixellab.domain.ports import ObjectStore
from pixellab.testing.assert_findings import assert_works
from pixellab.testing.threads import at_once

KEY = "uploads/original/550e8400_photo.jpg"
OTHER_KEY = "uploads/enhanced/550e8400_photo.jpg"


class ObjectStoreContract:
    """Needs the fixture ``store``: an empty one."""

    def test_diagnoses_itself_and_leaves_nothing(self, store: ObjectStore) -> None:
        _put(store, KEY, b"kept")
        assert_works(store.diagnose())
        assert list(store.keys()) == [KEY]

    def test_gives_back_what_was_put(self, store: ObjectStore) -> None:
        content = bytes(range(256)) * 12_000 + b"end"
        put = _put(store, KEY, content)
        with store.open(KEY) as stored:
            assert stored.read() == content
        uri, url = store.locate(KEY)
        assert put == StoredObject(
            key=KEY,
            uri=uri,
            url=url,
            size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            media_type="image/jpeg",
        )

    def test_keeps_an_empty_object(self, store: ObjectStore) -> None:
        assert _put(store, KEY, b"").size_bytes == 0
        with store.open(KEY) as stored:
            assert stored.read() == b""

    def test_stores_from_the_current_position_on(self, store: ObjectStore) -> None:
        data = io.BytesIO(b"skipped, stored")
        data.seek(9)
        assert store.put(KEY, data, media_type="image/png", filename="a.png").size_bytes == 6
        with store.open(KEY) as stored:
            assert stored.read() == b"stored"

    def test_readers_are_seekable_and_independent(self, store: ObjectStore) -> None:
        _put(store, KEY, b"0123456789")
        with store.open(KEY) as first, store.open(KEY) as second:
            assert first.read(4) == b"0123"
            assert second.read() == b"0123456789"
            assert first.seek(-2, io.SEEK_END) == 8
            assert first.read() == b"89"
            assert first.seek(0) == 0
            assert first.read() == b"0123456789"

    def test_a_key_is_written_once(self, store: ObjectStore) -> None:
        _put(store, KEY, b"first")
        with pytest.raises(ObjectExists):
            _put(store, KEY, b"second")
        with store.open(KEY) as stored:
            assert stored.read() == b"first"

    def test_of_many_writers_of_one_key_one_wins(self, store: ObjectStore) -> None:
        contents = [str(number).encode() * 100_000 for number in range(10)]
        results = at_once(lambda number: _put(store, KEY, contents[number]), len(contents))
        written = [result for result in results if isinstance(result, StoredObject)]
        assert len(written) == 1
        assert sum(isinstance(result, ObjectExists) for result in results) == len(contents) - 1
        with store.open(KEY) as stored:
            assert hashlib.sha256(stored.read()).hexdigest() == written[0].sha256

    def test_many_writers_of_many_keys_do_not_meet(self, store: ObjectStore) -> None:
        keys = [f"uploads/original/{number:08x}_a.png" for number in range(20)]
        results = at_once(lambda number: _put(store, keys[number], keys[number].encode()), 20)
        assert [result.key for result in results if isinstance(result, StoredObject)] == keys
        for key in keys:
            with store.open(key) as stored:
                assert stored.read() == key.encode()

    def test_an_upload_that_breaks_off_leaves_nothing(self, store: ObjectStore) -> None:
        with pytest.raises(BrokenOff):
            store.put(KEY, _Breaking(2_500_000), media_type="image/jpeg", filename="photo.jpg")
        with pytest.raises(ObjectMissing):
            store.open(KEY)
        assert list(store.keys()) == []
        assert _put(store, KEY, b"another try").size_bytes == 11

    def test_a_missing_object_is_missing(self, store: ObjectStore) -> None:
        with pytest.raises(ObjectMissing):
            store.open(KEY)
        _put(store, KEY, b"there")
        for other in (OTHER_KEY, KEY + "x", KEY[:-1], "uploads", "uploads/original"):
            with pytest.raises(ObjectMissing):
                store.open(other)

    def test_deleting_removes_one_object_and_can_be_repeated(self, store: ObjectStore) -> None:
        _put(store, KEY, b"original")
        _put(store, OTHER_KEY, b"enhanced")
        for _ in range(2):
            store.delete(KEY)
            with pytest.raises(ObjectMissing):
                store.open(KEY)
        assert list(store.keys()) == [OTHER_KEY]
        _put(store, KEY, b"again")
        with store.open(KEY) as stored:
            assert stored.read() == b"again"

    def test_an_open_reader_outlives_a_delete_or_fails_cleanly(self, store: ObjectStore) -> None:
        _put(store, KEY, b"0123456789")
        with store.open(KEY) as stored:
            store.delete(KEY)
            try:
                content = stored.read()
            except PixelLabError:
                return
            assert content == b"0123456789"

    def test_lists_every_key_and_nothing_else(self, store: ObjectStore) -> None:
        assert list(store.keys()) == []
        keys = {KEY, OTHER_KEY, "originals/00000000_a.png", "one", "enhanced/a b/ü%41.webp"}
        for key in keys:
            _put(store, key, b"content")
        assert sorted(store.keys()) == sorted(keys)
        for prefix in (
            "o",
            "one",
            "originals",
            "originals/",
            "originals/0",
            "uploads/original/",
            "x",
        ):
            assert {*store.keys(prefix)} == {key for key in keys if key.startswith(prefix)}

    @pytest.mark.parametrize(
        "key",
        ["", "/", "/etc/passwd", "..", "../a", "a/../../b", "a/..", "/a/b", "a//b", "a/"],
    )
    def test_refuses_keys_that_are_empty_absolute_or_leave_the_store(
        self, store: ObjectStore, key: str
    ) -> None:
        with pytest.raises(ValueError, match="key"):
            _put(store, key, b"content")
        with pytest.raises(ValueError, match="key"):
            store.open(key)
        with pytest.raises(ValueError, match="key"):
            store.delete(key)
        with pytest.raises(ValueError, match="key"):
            store.locate(key)
        with pytest.raises(ValueError, match="key"):
            store.link(key)
        assert list(store.keys()) == []

    def test_locates_a_key_before_and_after_it_is_written(self, store: ObjectStore) -> None:
        before = store.locate(KEY)
        assert _put(store, KEY, b"content").uri == before[0]
        assert store.locate(KEY) == before
        assert "://" in before[0]
        assert before[1].startswith(("https://", "http://"))
        assert store.locate(OTHER_KEY) not in (before, None)

    def test_links_a_key_before_and_after_it_is_written(self, store: ObjectStore) -> None:
        before = store.link(KEY)
        _put(store, KEY, b"content")
        for url in (before, store.link(KEY)):
            assert url.startswith(("https://", "http://"))
            assert url.isascii()
            assert not set(url) & set(' #"<>')
        assert store.link(KEY).split("?")[0] == before.split("?")[0]
        assert store.link(OTHER_KEY).split("?")[0] != before.split("?")[0]

    def test_urls_have_only_characters_that_urls_may_have(self, store: ObjectStore) -> None:
        url = store.locate("uploads/original/550e8400_a b#c?d%ü.jpg")[1]
        assert url.isascii()
        assert not set(url) & set(' #?"<>')
        assert "%25" in url

    def test_has_a_name_and_passes_its_own_check(self, store: ObjectStore) -> None:
        assert store.name
        store.check()
        assert list(store.keys()) == []

    def test_closing_can_be_repeated(self, store: ObjectStore) -> None:
        store.close()
        store.close()


class BrokenOff(Exception):
    pass


class _Breaking(io.RawIOBase, BinaryIO):
    """A client that goes away after ``left`` bytes."""

    def __init__(self, left: int) -> None:
        self._left = left

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0 or self._left <= 0:
            raise BrokenOff
        given = min(self._left, size)
        self._left -= given
        return b"x" * given


def _put(store: ObjectStore, key: str, content: bytes) -> StoredObject:
    return store.put(
        key, io.BytesIO(content), media_type="image/jpeg", filename=key.rsplit("/", 1)[-1]
    )
