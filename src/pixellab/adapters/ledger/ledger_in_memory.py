"""What was spent, in memory: for trials and for tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_CEILING, Decimal
from threading import Lock

from pixellab.domain.ports import Ledger

UNIT = Decimal("1e-9")


class InMemoryLedger(Ledger):
    """Counts in a dictionary, which ends with the process."""

    def __init__(self) -> None:
        self._spent: defaultdict[tuple[date, str], Decimal] = defaultdict(Decimal)
        self._lock = Lock()

    def reserve(self, day: date, amount: Decimal, caps: Mapping[str, Decimal]) -> str | None:
        amount = amount.quantize(UNIT, ROUND_CEILING)
        with self._lock:
            for account in sorted(caps):
                if self._spent[day, account] + amount > caps[account]:
                    return account
            for account in caps:
                self._spent[day, account] += amount
        return None

    def settle(self, day: date, change: Decimal, accounts: Iterable[str]) -> None:
        with self._lock:
            for account in accounts:
                self._spent[day, account] += change.quantize(UNIT, ROUND_CEILING)

    def spent(self, day: date, account: str) -> Decimal:
        with self._lock:
            return self._spent[day, account]

    def close(self) -> None:
        """There is nothing to let go of."""
