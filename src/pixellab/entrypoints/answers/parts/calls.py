"""Which backends were asked, what they used and what that cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

from attrs import asdict

from pixellab.domain.results import BackendCall, CallOutcome, Cost, Fidelity, Usage, cost_of
from pixellab.entrypoints.answers.parts.answer import Answer

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


class FidelityAnswer(Answer):
    """How well a picture that a model drew keeps the product that was photographed."""

    passed: bool
    figures: dict[str, float]
    objections: list[str]
    text_checked: bool
    """Whether the text on the product was read and compared."""

    @classmethod
    def of(cls, fidelity: Fidelity) -> FidelityAnswer:
        return cls(
            passed=fidelity.passed,
            figures=dict(fidelity.figures),
            objections=list(fidelity.objections),
            text_checked=fidelity.text_checked,
        )


class BackendCallAnswer(Answer):
    """One backend that was asked, and how that ended."""

    backend: str
    outcome: str
    why: str | None
    usage: UsageAnswer | None
    """None where nothing has to be paid."""
    model_version: str | None
    response_id: str | None
    fidelity: FidelityAnswer | None
    """None where no picture was held against the photo."""

    @classmethod
    def of(cls, call: BackendCall) -> BackendCallAnswer:
        return cls(
            backend=call.backend,
            outcome=call.outcome,
            why=call.why,
            usage=UsageAnswer.of(call.usage) if call.usage else None,
            model_version=call.model_version,
            response_id=call.response_id,
            fidelity=FidelityAnswer.of(call.fidelity) if call.fidelity else None,
        )


class CostAnswer(Answer):
    """What all calls cost together."""

    amount: Money
    currency: str

    @classmethod
    def of(cls, calls: Iterable[BackendCall]) -> CostAnswer | None:
        return cls.of_cost(cost_of(calls))

    @classmethod
    def of_cost(cls, cost: Cost | None) -> CostAnswer | None:
        return None if cost is None else cls(amount=_money(cost.amount), currency=cost.currency)


def calls_of(calls: Iterable[BackendCall]) -> list[BackendCallAnswer]:
    return [BackendCallAnswer.of(call) for call in calls]


def fidelity_of(calls: Iterable[BackendCall]) -> FidelityAnswer | None:
    """Of the picture that was kept."""
    kept = [call.fidelity for call in calls if call.outcome is CallOutcome.SERVED]
    return FidelityAnswer.of(kept[-1]) if kept and kept[-1] else None


def _money(amount: Decimal | None) -> Money:
    return "unknown" if amount is None else amount
