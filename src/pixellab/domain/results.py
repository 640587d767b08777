"""What asking a backend took: how it ended, what it used, what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum

from attrs import frozen


class CallOutcome(StrEnum):
    """How asking one backend ended."""

    SERVED = "served"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


@frozen(kw_only=True)
class Usage:
    """What a paid backend used for one enhancement, and what it asks for that."""

    requests: int = 1
    """How many requests were sent to it, repeated ones included."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    images: int | None = None
    amount: Decimal | None = None
    """In units of ``currency``; None where the price is not known."""
    currency: str = "USD"
    """ISO 4217."""
    priced_on: date | None = None
    """The date of the price list that ``amount`` follows."""


@frozen(kw_only=True)
class BackendCall:
    """One backend that was asked to enhance a picture, and how that ended."""

    backend: str
    outcome: CallOutcome
    why: str | None = None
    """Why it did not serve, in one sentence that may be shown to anyone."""
    attempt: str | None = None
    """The attempt key that it was given."""
    usage: Usage | None = None
    """None where nothing has to be paid."""
    model_version: str | None = None
    response_id: str | None = None


@frozen
class Cost:
    """A sum of money; ``amount`` is None where it is not known."""

    amount: Decimal | None
    currency: str

    def __str__(self) -> str:
        return "unknown" if self.amount is None else f"{self.amount} {self.currency}"


def cost_of(calls: Iterable[BackendCall]) -> Cost | None:
    """What calls cost together; None where none of them has to be paid.

    Not known where one of the prices is not, or where they are in several currencies.
    """
    paid = [call.usage for call in calls if call.usage]
    if not paid:
        return None
    amounts = [usage.amount for usage in paid if usage.amount is not None]
    one_currency = len({usage.currency for usage in paid}) == 1
    known = one_currency and len(amounts) == len(paid)
    return Cost(sum(amounts, Decimal()) if known else None, paid[0].currency)
