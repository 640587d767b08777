"""Sending one message to its receiver."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from email.utils import mktime_tz, parsedate_tz
from ipaddress import ip_address

from attrs import Factory, field, frozen

from pixellab.adapters.outbound.addresses import (
    AllowedAddresses,
    NotAllowed,
    NotReached,
    Resolve,
    Target,
    addresses_of,
    any_address,
    resolved,
)
from pixellab.adapters.outbound.pinned import Deadline, Limits, Outbound
from pixellab.adapters.webhooks.signing import signed_headers
from pixellab.domain.findings import Finding, fine, problem, warning
from pixellab.domain.ports import Clock
from pixellab.domain.webhooks import Delivery, Reply

PART = "webhooks"
LIMITS = Limits(seconds=15, silence=15)
"""As Standard Webhooks recommends."""


@frozen(kw_only=True)
class Receivers:
    """Sends messages: those without an address to ``default``, the others where ``allowed`` lets.

    The operator set the first, so it may be any address, on this machine and without TLS, too.
    """

    default: str | None = field(repr=False)
    allowed: AllowedAddresses
    secrets: Sequence[bytes] = field(repr=False)
    """The latest first; each signs every message, so that receivers can change over in their
    time."""
    clock: Clock
    version: str
    limits: Limits = LIMITS
    resolve: Resolve = resolved
    _outbound: Outbound = field(
        init=False, default=Factory(lambda self: Outbound(self.limits, self.resolve), True)
    )

    def send(self, delivery: Delivery) -> Reply:
        """What came of it. Follows no redirect, and reads no more of an answer than its head."""
        body = delivery.body.encode()
        now = int(self.clock().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"PixelLab/{self.version}",
            **signed_headers(delivery.id, now, body, self.secrets),
        }
        try:
            target = self._target(delivery)
            with (
                Deadline(self.limits.seconds, time.monotonic) as deadline,
                self._outbound.ask("POST", target, headers, deadline, body) as answer,
            ):
                return self._reply(answer.status, answer.headers.get("Retry-After", ""))
        except (NotAllowed, NotReached) as error:
            return Reply(error=f"The receiver's address {error}.")

    def diagnose(self) -> list[Finding]:
        """Who is told, and whether the receiver of the settings has an address; sends nothing."""
        return [*self._default_found(), *self._others_found()]

    def _default_found(self) -> Iterator[Finding]:
        if self.default is None:
            return
        target = any_address(self.default)
        try:
            found = addresses_of(target, self.resolve, self.limits.seconds)
        except NotReached as error:
            yield problem(PART, f"the receiver {error}", "Correct PIXELLAB_WEBHOOK_URL.")
            return
        signed = "one secret" if len(self.secrets) == 1 else f"{len(self.secrets)} secrets"
        told = f"{target.host} is told of every image, signed with {signed}"
        if target.scheme == "http" and not ip_address(found[0].partition("%")[0]).is_loopback:
            yield warning(PART, f"{told}, for all on the way to read", "Use https://.")
        else:
            yield fine(PART, told)

    def _others_found(self) -> Iterator[Finding]:
        if self.allowed:
            yield fine(PART, f"requests may name receivers at {self.allowed.told}")

    def _target(self, delivery: Delivery) -> Target:
        if delivery.url is not None:
            return self.allowed.target(delivery.url)
        if self.default is None:
            raise NotAllowed("is not set any more")
        return any_address(self.default)

    def _reply(self, status: int, retry_after: str) -> Reply:
        if 200 <= status < 300:
            return Reply(status=status)
        told = f"The receiver answered with status {status}; allowed are 200 to 299."
        if status == 410:
            told = "The receiver wants no more messages (410)."
        elif 300 <= status < 400:
            told = f"The receiver redirects ({status}), which is not followed."
        return Reply(status=status, error=told, retry_after=self._seconds(retry_after))

    def _seconds(self, retry_after: str) -> float:
        if retry_after.isascii() and retry_after.isdigit():
            return float(retry_after[:9])
        if when := parsedate_tz(retry_after):
            return max(mktime_tz(when) - self.clock().timestamp(), 0.0)
        return 0.0
