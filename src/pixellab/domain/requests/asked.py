"""Requests as users make them: a task, who is to do it, and what to call it."""

from __future__ import annotations

from attrs import field, fields, frozen

from pixellab.domain.request_fields import NAME_OF_A_BACKEND_OR_PROFILE, RequestField, declare
from pixellab.domain.requests.tasks import Task

MAX_SKU_LENGTH = 128
MAX_ADDRESS = 4096
"""Characters; signed addresses of S3 have up to 2000."""
MAX_WEBHOOK = 1024
MAX_BATCH_NAME = 128


@frozen(kw_only=True)
class EnhanceRequest(Task):
    """The fields of a task, and beside them who does it."""

    backend: str | None = field(
        default=None,
        metadata=declare(
            "Who does it; without it, the routing table decides.",
            allowed="the name of a backend: LOCAL, GEMINI, BEDROCK or a plug-in's",
            example="LOCAL",
            pattern=NAME_OF_A_BACKEND_OR_PROFILE,
        ),
    )

    @property
    def task(self) -> Task:
        """The task alone, as it is recorded."""
        return Task(**{each.name: getattr(self, each.name) for each in fields(Task)})


@frozen(kw_only=True)
class Rehearsal:
    """What HTTP and the command line ask for beside a request; a program calls another method."""

    dry_run: bool = field(
        default=False,
        metadata=declare(
            "Do nothing; say what would be sent where, and what it would cost.",
            allowed="true or false",
        ),
    )


@frozen(kw_only=True)
class ByAddress:
    """How HTTP names a photo that it does not carry; others give the address as the photo."""

    image_url: str | None = field(
        default=None,
        metadata=declare(
            "Where to fetch the photo from, in place of sending it.",
            allowed="an https:// address of a host that is allowed here",
            shortest=1,
            longest=MAX_ADDRESS,
        ),
    )


def _webhook(about: str) -> dict[str, RequestField]:
    return declare(
        about,
        allowed=f"an https:// address of a host that is allowed here, 1 to {MAX_WEBHOOK} "
        "characters long",
        shortest=1,
        longest=MAX_WEBHOOK,
    )


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
            example="MUG-1",
        ),
    )
    webhook_url: str | None = field(
        default=None,
        metadata=_webhook("Who is told, by a signed message, once it has been done or has failed."),
    )
    filename: str | None = None
    """By default the name of the file that is read. A form carries it with the file."""
    idempotency_key: str | None = None
    """The same key with the same content gives the first answer again. HTTP has a header for it."""


@frozen(kw_only=True)
class BatchRequest(EnhanceRequest):
    """What is asked of all photos of a batch, and what to call it."""

    name: str | None = field(
        default=None,
        metadata=declare(
            "What you call the batch.",
            allowed=f"1 to {MAX_BATCH_NAME} printable characters",
            shortest=1,
            longest=MAX_BATCH_NAME,
            example="Spring catalogue",
        ),
    )
    prefix: str | None = field(
        default=None,
        metadata=declare(
            "Instead of a manifest: all objects of the store whose keys begin so.",
            allowed="1 to 1000 printable characters",
            shortest=1,
            longest=1000,
            example="incoming/spring/",
        ),
    )
    webhook_url: str | None = field(
        default=None,
        metadata=_webhook("Who is told, by a signed message, once nothing of it is left to do."),
    )
    idempotency_key: str | None = None
    """The same key with the same content gives the same batch again. HTTP has a header for it."""
