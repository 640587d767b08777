"""What may be spent: held before anything is sent, counted exactly afterwards."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from attrs import frozen

from pixellab.domain.errors import BudgetSpent, Misconfigured, OverBudget, PixelLabError
from pixellab.domain.ports import Clock, Ledger
from pixellab.domain.results import Estimate, Usage

CURRENCY = "USD"
"""Of the caps and of the ledger."""
EVERYONE = "everyone"
"""The account of all calls together; a payer's own is called as the payer."""
NOTHING = Decimal(0)

log = logging.getLogger(__name__)


@frozen(kw_only=True)
class Caps:
    """The most that may be spent, in US dollars; None for no limit."""

    request: Decimal | None = None
    """By one request, all backends that it asks together."""
    day: Decimal | None = None
    """On one day of UTC, by all requests together."""
    payer_day: Decimal | None = None
    """On one day of UTC, by the requests of one payer."""


@frozen(kw_only=True)
class Reservation:
    """What one call may cost, counted before it is made."""

    day: date
    amount: Decimal
    accounts: tuple[str, ...]
    """Empty where no day has a cap."""


def _no_ledger() -> Ledger:
    raise Misconfigured("A cap for a day needs a ledger.")


def _now() -> datetime:
    return datetime.now(UTC)


@frozen(kw_only=True)
class Budget:
    """Holds paid calls to the caps. Without caps every call may be made, and nothing is kept."""

    caps: Caps = Caps()
    ledger: Callable[[], Ledger] = _no_ledger
    """Asked for only where a day has a cap and a call has to be paid."""
    clock: Clock = _now

    def reserve(
        self, name: str, estimate: Estimate, payer: str | None, spent: Decimal = NOTHING
    ) -> Reservation:
        """Count what asking the backend ``name`` may cost; ``spent`` is what the request cost yet.

        Raises OverBudget, BudgetSpent, StoreUnavailable; then nothing is counted.
        """
        amount, caps = self._priced(name, estimate, spent), self._of_day(payer)
        now = self.clock()
        reservation = Reservation(day=now.date(), amount=amount, accounts=tuple(caps))
        if caps:
            self._refuse(name, self.ledger().reserve(reservation.day, amount, caps), now)
        return reservation

    def check(
        self, name: str, estimate: Estimate, payer: str | None, spent: Decimal = NOTHING
    ) -> None:
        """Raise what ``reserve`` would raise now, and count nothing."""
        amount, caps = self._priced(name, estimate, spent), self._of_day(payer)
        now = self.clock()
        for account, cap in caps.items():
            if self.ledger().spent(now.date(), account) + amount > cap:
                self._refuse(name, account, now)

    def settle(self, reservation: Reservation, usage: Usage | None) -> None:
        """Count what the call did cost; where that is not known, what was reserved stands.

        A ledger that is unavailable raises nothing, for the call has been made.
        """
        cost = NOTHING if usage is None else known_cost(usage)
        if cost is None or cost == reservation.amount or not reservation.accounts:
            return
        change = cost - reservation.amount
        try:
            self.ledger().settle(reservation.day, change, reservation.accounts)
        except PixelLabError:
            log.warning("The cost of a call stays counted as it was estimated.", exc_info=True)

    def _priced(self, name: str, estimate: Estimate, spent: Decimal) -> Decimal:
        amount = known_cost(estimate.usage)
        if self.caps == Caps():
            return amount or NOTHING
        if amount is None:
            raise OverBudget(
                f"What {name} would cost in {CURRENCY} is not known, and costs are limited here; "
                "whoever runs PixelLab can give its price."
            )
        if self.caps.request is not None and spent + amount > self.caps.request:
            before = f", after {spent:f} {CURRENCY} for earlier calls" if spent else ""
            raise OverBudget(
                f"{name} would cost {amount:f} {CURRENCY}{before}; "
                f"a request may cost {self.caps.request:f} {CURRENCY}."
            )
        return amount

    def _of_day(self, payer: str | None) -> Mapping[str, Decimal]:
        caps = {EVERYONE: self.caps.day, payer: self.caps.payer_day}
        return {account: cap for account, cap in caps.items() if account and cap is not None}

    def _refuse(self, name: str, account: str | None, now: datetime) -> None:
        if account is None:
            return
        cap, whose = (
            (self.caps.day, "all requests together")
            if account == EVERYONE
            else (self.caps.payer_day, "the requests of one API key")
        )
        raise BudgetSpent(
            f"{name} would cost more than is left of today's {cap:f} {CURRENCY} for {whose}; "
            "the next day begins at midnight UTC.",
            retry_after=_seconds_to_midnight(now),
        )


def known_cost(usage: Usage) -> Decimal | None:
    """In US dollars; None where the price is not known, or in another currency."""
    return usage.amount if usage.currency == CURRENCY else None


def _seconds_to_midnight(now: datetime) -> int:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    return math.ceil((tomorrow - now).total_seconds())
