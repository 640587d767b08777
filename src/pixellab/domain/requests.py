"""Requests as users make them at every edge: a task, who is to do it, and what to call it."""

from __future__ import annotations

from attrs import field, fields, frozen

from pixellab.domain.images import MAX_SKU_LENGTH
from pixellab.domain.pictures import Task
from pixellab.domain.request_fields import NAME_OF_A_BACKEND_OR_PROFILE, declare


@frozen(kw_only=True)
class EnhanceRequest(Task):
    """The fields of a task, and beside them who does it."""

    backend: str | None = field(
        default=None,
        metadata=declare(
            "Who does it; without it, the routing table decides.",
            allowed="the name of a backend: LOCAL, GEMINI, BEDROCK or a plug-in's",
            pattern=NAME_OF_A_BACKEND_OR_PROFILE,
        ),
    )

    @property
    def task(self) -> Task:
        """The task alone, as it is recorded."""
        return Task(**{each.name: getattr(self, each.name) for each in fields(Task)})


@frozen(kw_only=True)
class UploadRequest(EnhanceRequest):
    """The same, and what to call a photo that is kept."""

    sku_id: str | None = field(
        default=None,
        metadata=declare(
            "Your own identifier; by default upload_ and the first 8 digits of the id.",
            allowed=f"1 to {MAX_SKU_LENGTH} printable characters",
            shortest=1,
            longest=MAX_SKU_LENGTH,
        ),
    )
    filename: str | None = None
    """By default the name of the file that is read. A form carries it with the file."""
    idempotency_key: str | None = None
    """The same key with the same content gives the first answer again. HTTP has a header for it."""
