"""Messages to send, and who sends them, signed with two secrets."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from attrs import evolve

from pixellab.adapters.outbound.addresses import AllowedAddresses
from pixellab.adapters.outbound.pinned import Limits
from pixellab.adapters.webhooks.receivers import Receivers
from pixellab.adapters.webhooks.signing import read_secret
from pixellab.domain.webhooks import Announcer, Delivery
from pixellab.testing.records import make_image

OLD, NEW = ("whsec_" + base64.b64encode(bytes([seed]) * 32).decode() for seed in (1, 2))
QUICK, PATIENT = Limits(seconds=0.5, silence=0.5), Limits(seconds=30, silence=30)


def now() -> datetime:
    return datetime.now(UTC)


def delivery(number: int, url: str | None = None, **changes: Any) -> Delivery:
    made = Announcer(
        default="https://default.example", describe=lambda *_: {}, describe_batch=lambda _: {}
    ).of(
        "image.completed",
        make_image(number).id,
        {"n": number},
        now=now(),
        once=make_image(number).id,
        url=url,
    )
    (one,) = (each for each in made if each.url == url)
    return evolve(one, **changes)


def receivers(*origins: str, default: str | None = None, **changes: Any) -> Receivers:
    return Receivers(
        default=default,
        allowed=AllowedAddresses(origins),
        secrets=[read_secret(each) for each in (NEW, OLD)],
        clock=changes.pop("clock", now),
        version="1.2.3",
        limits=changes.pop("limits", PATIENT),
        **changes,
    )
