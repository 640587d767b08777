"""Which backends were asked, what they used and what that cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

from attrs import asdict

from pixellab.domain.results import BackendCall, Usage, cost_of
from pixellab.entrypoints.answers.answer import Answer

Money = Decimal | Literal["unknown"]
"""An exact amount, in JSON as text; a price that is not known is never 0."""


class UsageAnswer(Answer):
    """What a paid backend used, and what it asks for that."""

    requests: int
    input_tokens: int | None
    output_tokens: int | None
    images: int | None
    amount: Money
    currency: str
    priced_on: date | None
    """The date of the price list."""

    @classmethod
    def of(cls, usage: Usage) -> UsageAnswer:
        return cls(**asdict(usage) | {"amount": _money(usage.amount)})


class BackendCallAnswer(Answer):
    """One backend that was asked, and how that ended."""

    backend: str
    outcome: str
    why: str | None
    usage: UsageAnswer | None
    """None where nothing has to be paid."""
    model_version: str | None
    response_id: str | None

    @classmethod
    def of(cls, call: BackendCall) -> BackendCallAnswer:
        return cls(
            backend=call.backend,
            outcome=call.outcome,
            why=call.why,
            usage=UsageAnswer.of(call.usage) if call.usage else None,
            model_version=call.model_version,
            response_id=call.response_id,
        )


class CostAnswer(Answer):
    """What all calls cost together."""

    amount: Money
    currency: str

    @classmethod
    def of(cls, calls: Iterable[BackendCall]) -> CostAnswer | None:
        cost = cost_of(calls)
        return None if cost is None else cls(amount=_money(cost.amount), currency=cost.currency)


def calls_of(calls: Iterable[BackendCall]) -> list[BackendCallAnswer]:
    return [BackendCallAnswer.of(call) for call in calls]


def _money(amount: Decimal | None) -> Money:
    return "unknown" if amount is None else amount
