"""PixelLab embedded in an asyncio program: the library's calls, awaitable, done by threads."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from attrs import field, frozen

from pixellab.entrypoints.library.whole_library import Library, open_pixellab

P = ParamSpec("P")
R = TypeVar("R")


@asynccontextmanager
async def open_async_pixellab(**settings: Any) -> AsyncIterator[AsyncLibrary]:
    """As ``open_pixellab``, for ``async with``; leaving it waits for the calls that have begun.

    At most as many photos are worked on at once as PIXELLAB_WORKERS says.
    """
    opening = open_pixellab(**settings)
    library = await asyncio.to_thread(opening.__enter__)
    threads = ThreadPoolExecutor(library.lab.settings.workers, "pixellab-library")
    try:
        yield AsyncLibrary(library=library, threads=threads)
    finally:
        await asyncio.to_thread(threads.shutdown)
        await asyncio.to_thread(opening.__exit__, None, None, None)


def _awaitable(
    method: Callable[Concatenate[Library, P], R],
) -> Callable[Concatenate[AsyncLibrary, P], Coroutine[Any, Any, R]]:
    @wraps(method)
    async def call(self: AsyncLibrary, /, *args: P.args, **fields: P.kwargs) -> R:
        return await _done_by(self.threads, partial(method, self.library, *args, **fields))

    return call


@frozen(kw_only=True)
class AsyncLibrary:
    """The methods of Library, to be awaited, from one event loop or several.

    One that is cancelled before a thread was free is not begun. One that has begun is waited for,
    so that nothing is left half done and the photo is in nobody's hands; then it is cancelled, and
    its result is dropped. What an upload has kept by then is found by its ``sku_id``.
    """

    library: Library
    """The same, not awaitable."""
    threads: ThreadPoolExecutor = field(repr=False)

    upload = _awaitable(Library.upload)
    enhance = _awaitable(Library.enhance)
    dry_run = _awaitable(Library.dry_run)
    enhance_again = _awaitable(Library.enhance_again)
    images = _awaitable(Library.images)
    statistics = _awaitable(Library.statistics)
    image = _awaitable(Library.image)
    history = _awaitable(Library.history)
    replay = _awaitable(Library.replay)
    revert = _awaitable(Library.revert)
    presets = _awaitable(Library.presets)
    save_preset = _awaitable(Library.save_preset)
    remove_preset = _awaitable(Library.remove_preset)
    read = _awaitable(Library.read)
    delete = _awaitable(Library.delete)
    add_batch = _awaitable(Library.add_batch)
    do_batch = _awaitable(Library.do_batch)
    batch = _awaitable(Library.batch)
    batches = _awaitable(Library.batches)
    batch_items = _awaitable(Library.batch_items)
    batch_results = _awaitable(Library.batch_results)
    cancel_batch = _awaitable(Library.cancel_batch)
    retry_batch = _awaitable(Library.retry_batch)
    reconcile = _awaitable(Library.reconcile)
    send_webhooks = _awaitable(Library.send_webhooks)


async def _done_by(threads: ThreadPoolExecutor, work: Callable[[], R]) -> R:
    running = threads.submit(contextvars.copy_context().run, work)
    try:
        return await asyncio.shield(asyncio.wrap_future(running))
    except asyncio.CancelledError:
        if not running.cancel():
            await _ended(running)
        raise


async def _ended(running: Future[Any]) -> None:
    """Once ``running`` has ended, well or badly, however often this is cancelled meanwhile."""
    while not running.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([asyncio.wrap_future(running)])
