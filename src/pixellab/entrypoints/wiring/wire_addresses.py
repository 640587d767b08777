"""What asks others' servers: for photos, and to take messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.ports import Clock, Deliveries
from pixellab.domain.requests import MAX_WEBHOOK
from pixellab.domain.use_cases import refuse_webhook
from pixellab.domain.webhooks import (
    Announce,
    AnnounceBatch,
    Announcer,
    nothing,
    nothing_of_batches,
)
from pixellab.entrypoints.settings import Settings
from pixellab.entrypoints.version import installed_version

if TYPE_CHECKING:
    from pixellab.adapters.outbound.remote_files import FetchedFiles
    from pixellab.adapters.webhooks.receivers import Receivers
    from pixellab.adapters.webhooks.sending import Sending

WEBHOOK_URL = "webhook_url"


def remote_files(settings: Settings) -> FetchedFiles:
    """Fetches photos from where the settings allow."""
    from pixellab.adapters.outbound.remote_files import FetchedFiles

    return FetchedFiles(settings.photo_addresses, max_bytes=settings.max_bytes)


def announcer(settings: Settings) -> Announcer | None:
    """Makes the messages about what has happened; None where nobody may be told."""
    if not settings.webhook_secrets:
        return None
    from pixellab.entrypoints.answers.batches import describe_batch
    from pixellab.entrypoints.answers.operating.webhooks import describe_image

    return Announcer(
        default=_default(settings), describe=describe_image, describe_batch=describe_batch
    )


def announce(settings: Settings) -> Announce:
    """What a repository adds where it finishes an enhancement."""
    return announcer(settings) or nothing


def announce_batch(settings: Settings) -> AnnounceBatch:
    """What is added where a batch ends."""
    found = announcer(settings)
    return nothing_of_batches if found is None else found.of_batch


def check_webhook(settings: Settings, url: str) -> None:
    """Raises InvalidRequest for a request's receiver that may not be told anything."""
    from pixellab.adapters.outbound.addresses import NotAllowed

    allowed = settings.receiver_addresses
    if not allowed:
        refuse_webhook(url)
    if len(url) > MAX_WEBHOOK:
        told = f"{WEBHOOK_URL} must be at most {MAX_WEBHOOK} characters long."
        raise InvalidRequest(WEBHOOK_URL, told)
    try:
        allowed.target(url)
    except NotAllowed as error:
        raise InvalidRequest(WEBHOOK_URL, f"{WEBHOOK_URL} {error}.") from error


def receivers(settings: Settings, clock: Clock) -> Receivers:
    """Sends single messages."""
    from pixellab.adapters.webhooks.receivers import Receivers

    return Receivers(
        default=_default(settings),
        allowed=settings.receiver_addresses,
        secrets=settings.webhook_secrets,
        clock=clock,
        version=installed_version(),
    )


def sending(settings: Settings, deliveries: Deliveries, clock: Clock) -> Sending:
    """Sends what waits."""
    from pixellab.adapters.webhooks.sending import Sending

    send = receivers(settings, clock).send
    return Sending(deliveries, send, clock, knows_default=settings.webhook_url is not None)


def _default(settings: Settings) -> str | None:
    return settings.webhook_url.get_secret_value() if settings.webhook_url else None
