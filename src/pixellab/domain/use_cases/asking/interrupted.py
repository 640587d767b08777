"""Paid calls of an attempt that was cut off: what becomes of them, and that none is repeated.

A call is ``under_way`` from its announcement until its attempt ends, well or badly. One that a
later attempt finds so was made by a process that is gone, together with whatever picture came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from attrs import evolve

from pixellab.domain.results import BackendCall, CallOutcome
from pixellab.domain.use_cases.asking.budget import known_cost

UNANSWERED = "The answer never came back; whether it is billed is not known."


def as_found(calls: Iterable[BackendCall]) -> tuple[BackendCall, ...]:
    """The calls, those that were announced and never answered being UNKNOWN, and so their cost."""
    return tuple(map(_as_found, calls))


def ended(calls: Iterable[BackendCall]) -> tuple[BackendCall, ...]:
    """The calls of an attempt that ends."""
    return tuple(evolve(call, under_way=False) for call in calls)


def lost_by(calls: Iterable[BackendCall]) -> Mapping[str, str]:
    """The backends that are not to be asked again by themselves, and why."""
    return {call.backend: _why_lost(call) for call in calls if call.under_way and call.usage}


def cost_of_lost(calls: Iterable[BackendCall]) -> Decimal:
    """What they cost in US dollars as far as that is known, or was estimated."""
    usages = [call.usage for call in calls if call.under_way and call.usage]
    return sum((known_cost(usage) or Decimal() for usage in usages), Decimal())


def _as_found(call: BackendCall) -> BackendCall:
    if call.outcome is not CallOutcome.ASKED or call.usage is None:
        return call
    usage = evolve(call.usage, amount=None, priced_on=None)
    return evolve(call, outcome=CallOutcome.UNKNOWN, why=UNANSWERED, usage=usage)


def _why_lost(call: BackendCall) -> str:
    if call.outcome is CallOutcome.UNKNOWN:
        return UNANSWERED
    if call.outcome is CallOutcome.SERVED:
        return f"{call.backend}'s picture was lost when the work on it was interrupted."
    return call.why or f"{call.backend} failed before the work was interrupted."
