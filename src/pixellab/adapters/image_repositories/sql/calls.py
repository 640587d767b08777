"""Calls of backends to columns and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from attrs import asdict, fields_dict

from pixellab.domain.results import BackendCall, CallOutcome, Fidelity, Usage, cost_of


def call_columns(calls: Iterable[BackendCall]) -> dict[str, Any]:
    """What ``enhancement_history`` has about the calls and their sum."""
    calls = tuple(calls)
    cost = cost_of(calls)
    return {
        "backend_calls": [asdict(call, value_serializer=_plain) for call in calls],
        "cost_amount": cost and cost.amount,
        "cost_currency": cost and cost.currency,
        "cost_known": None if cost is None else cost.amount is not None,
    }


def calls_of(values: Iterable[Mapping[str, Any]] | None) -> tuple[BackendCall, ...]:
    """The calls that a row has, of whatever version."""
    return tuple(map(_call_of, values or ()))


def _plain(_: Any, __: Any, value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date) else value


def _call_of(values: Mapping[str, Any]) -> BackendCall:
    known = _known(BackendCall, values)
    usage, fidelity = known.get("usage"), known.get("fidelity")
    return BackendCall(
        **known
        | {
            "outcome": _outcome(known["outcome"]),
            "usage": usage and _usage_of(usage),
            "fidelity": fidelity and _fidelity_of(fidelity),
        }
    )


def _usage_of(values: Mapping[str, Any]) -> Usage:
    known = _known(Usage, values)
    amount, priced_on = known.get("amount"), known.get("priced_on")
    return Usage(
        **known
        | {
            "amount": None if amount is None else Decimal(amount),
            "priced_on": priced_on and date.fromisoformat(priced_on),
        }
    )


def _fidelity_of(values: Mapping[str, Any]) -> Fidelity:
    known = _known(Fidelity, values)
    return Fidelity(**known | {"objections": tuple(known.get("objections", ()))})


def _outcome(name: str) -> CallOutcome:
    """A newer version may know of other ways to fail."""
    return CallOutcome(name) if name in [*CallOutcome] else CallOutcome.FAILED


def _known(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in fields_dict(kind) if name in values}
