"""PixelLab makes product photos better, keeps both versions, and records what it did.

``open_pixellab`` is the way in, and ``open_async_pixellab`` for asyncio; they and what they need
load when first used, so importing this package is quick and loads no imaging, database or web
library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pixellab.domain.batches import BatchItem, BatchProgress, ItemState
from pixellab.domain.errors import PixelLabError
from pixellab.domain.formats import Format
from pixellab.domain.images import Enhancement, ProductImage, Status
from pixellab.domain.pictures import QualityReport
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases import Upload

if TYPE_CHECKING:
    from pixellab.entrypoints.library.async_library import AsyncLibrary, open_async_pixellab
    from pixellab.entrypoints.library.whole_library import Library, open_pixellab

__all__ = [
    "AsyncLibrary",
    "BatchItem",
    "BatchProgress",
    "Enhancement",
    "Format",
    "ItemState",
    "Library",
    "Mode",
    "PixelLabError",
    "ProductImage",
    "QualityReport",
    "Status",
    "Task",
    "Upload",
    "open_async_pixellab",
    "open_pixellab",
]


def __getattr__(name: str) -> Any:
    if name in {"Library", "open_pixellab"}:
        from pixellab.entrypoints.library import whole_library

        return getattr(whole_library, name)
    if name in {"AsyncLibrary", "open_async_pixellab"}:
        from pixellab.entrypoints.library import async_library

        return getattr(async_library, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
