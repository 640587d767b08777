"""What was spent on each day, counted before it is spent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Protocol


class Ledger(Protocol):
    """Counts what accounts spend on each day of UTC, in US dollars.

    An account is any text of at most 64 characters. Amounts are exact to a billionth; what is finer
    is rounded up. Each method is one transaction, so that together, however many callers there are,
    they never spend more than they may. Any may raise StoreUnavailable.
    """

    def reserve(self, day: date, amount: Decimal, caps: Mapping[str, Decimal]) -> str | None:
        """Count ``amount`` to every account of ``caps``, unless that takes one beyond its cap.

        Returns None, or the account that has not so much left; then nothing was counted.
        """

    def settle(self, day: date, change: Decimal, accounts: Iterable[str]) -> None:
        """Correct what was reserved by ``change``, which is below 0 where less was spent.

        It is counted even where that takes an account beyond its cap: it has been spent.
        """

    def spent(self, day: date, account: str) -> Decimal:
        """What an account has spent and reserved on a day."""

    def close(self) -> None:
        """Let go of connections; safe to repeat."""
