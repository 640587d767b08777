"""The library's calls, awaited."""

from __future__ import annotations

import asyncio
import inspect
import io
import threading
from pathlib import Path

import pytest

from pixellab import AsyncLibrary, Library, open_async_pixellab
from pixellab.domain.errors import InvalidRequest, UnknownImage
from pixellab.domain.images import Status
from pixellab.entrypoints.library.photos_in_memory import EnhancedPhoto
from tests.conftest import photo_bytes


def test_every_call_of_the_library_can_be_awaited() -> None:
    calls = {name for name in vars(Library) if not name.startswith("_")} - {"lab"}
    for name in calls:
        method = getattr(AsyncLibrary, name)
        assert inspect.iscoroutinefunction(method)
        assert inspect.signature(method) == inspect.signature(getattr(Library, name))


def test_an_image_from_upload_to_deletion(tmp_path: Path) -> None:
    async def program() -> None:
        async with open_async_pixellab(data_dir=tmp_path / "data", workers=2) as lab:
            done = await lab.upload(photo_bytes(), sku_id="MUG", mode="OPTIMIZE")
            assert done.image.status is Status.COMPLETED
            assert await lab.read(done.image.original) == photo_bytes()
            await lab.enhance_again("MUG", mode="SHARPEN")
            assert len(await lab.history("MUG")) == 2
            enhanced = [lab.enhance(photo_bytes(seed=each), width=40) for each in range(4)]
            assert {each.encoded.width for each in await asyncio.gather(*enhanced)} == {40}
            await lab.delete("MUG")
            with pytest.raises(UnknownImage):
                await lab.image("MUG")
            with pytest.raises(InvalidRequest):
                await lab.enhance(photo_bytes(), width=1)
            assert (await lab.images()).total == 0

    asyncio.run(program())


class SlowFile(io.BytesIO):
    """A photo that is read once somebody lets it."""

    def __init__(self) -> None:
        super().__init__(photo_bytes())
        self.begun, self.let = threading.Event(), threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        self.begun.set()
        assert self.let.wait(30)
        return super().read(size)


def test_a_call_that_has_begun_is_waited_for_before_it_is_cancelled(tmp_path: Path) -> None:
    async def program() -> None:
        async with open_async_pixellab(data_dir=tmp_path / "data", workers=1) as lab:
            photo = SlowFile()
            call = asyncio.create_task(lab.upload(photo, sku_id="SLOW", mode="OPTIMIZE"))
            await asyncio.to_thread(photo.begun.wait, 30)
            for _ in range(3):
                call.cancel()
                await asyncio.wait([call], timeout=0.05)
                assert not call.done()
            photo.let.set()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert (await lab.image("SLOW")).status is Status.COMPLETED

    asyncio.run(program())


def test_a_call_that_is_cancelled_before_its_turn_is_not_begun(tmp_path: Path) -> None:
    async def program() -> None:
        async with open_async_pixellab(data_dir=tmp_path / "data", workers=1) as lab:
            first, second = SlowFile(), SlowFile()
            at_work = asyncio.create_task(lab.enhance(first))
            await asyncio.to_thread(first.begun.wait, 30)
            waiting = asyncio.create_task(lab.upload(second))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            first.let.set()
            assert (await at_work).encoded.width == 96
            assert not second.begun.is_set()
            assert (await lab.images()).total == 0

    asyncio.run(program())


def test_leaving_waits_for_the_calls_that_have_begun(tmp_path: Path) -> None:
    async def left(photo: SlowFile) -> asyncio.Task[EnhancedPhoto]:
        async with open_async_pixellab(data_dir=tmp_path / "data", workers=1) as lab:
            call = asyncio.create_task(lab.enhance(photo))
            await asyncio.to_thread(photo.begun.wait, 30)
            asyncio.get_running_loop().call_later(0.05, photo.let.set)
        return call

    async def program() -> None:
        photo = SlowFile()
        call = await left(photo)
        assert photo.let.is_set()
        assert (await call).encoded.width == 96

    asyncio.run(program())
