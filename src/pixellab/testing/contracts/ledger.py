"""What every Ledger promises."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from pixellab.domain.ports import Ledger
from pixellab.testing.records import NOON
from pixellab.testing.threads import at_once

TODAY = NOON.date()
ALL, KEY, OTHER = "everyone", "9f86d081884c7d65", "60303ae22b998861"
CENT = Decimal("0.01")
THREADS = 20


class LedgerContract:
    """Needs the fixture ``ledger``: an empty one."""

    def test_counts_what_is_reserved_and_settled(self, ledger: Ledger) -> None:
        assert ledger.spent(TODAY, ALL) == 0
        assert ledger.reserve(TODAY, 5 * CENT, {ALL: Decimal(1), KEY: Decimal(1)}) is None
        assert ledger.spent(TODAY, ALL) == ledger.spent(TODAY, KEY) == 5 * CENT
        ledger.settle(TODAY, -2 * CENT, [KEY, ALL])
        assert ledger.spent(TODAY, ALL) == ledger.spent(TODAY, KEY) == 3 * CENT
        assert ledger.spent(TODAY, OTHER) == 0

    def test_a_cap_may_be_reached_and_not_passed(self, ledger: Ledger) -> None:
        for _ in range(3):
            assert ledger.reserve(TODAY, Decimal("0.1"), {ALL: Decimal("0.3")}) is None
        assert ledger.reserve(TODAY, Decimal("1e-9"), {ALL: Decimal("0.3")}) == ALL
        assert ledger.spent(TODAY, ALL) == Decimal("0.3")
        assert ledger.reserve(TODAY, Decimal(0), {ALL: Decimal("0.3")}) is None

    def test_what_one_account_has_not_left_is_counted_to_none(self, ledger: Ledger) -> None:
        caps = {ALL: Decimal(1), KEY: 2 * CENT}
        assert ledger.reserve(TODAY, 2 * CENT, caps) is None
        assert ledger.reserve(TODAY, CENT, caps) == KEY
        assert ledger.spent(TODAY, ALL) == 2 * CENT
        assert ledger.reserve(TODAY, CENT, {ALL: Decimal(1), OTHER: 2 * CENT}) is None

    def test_what_was_spent_is_counted_beyond_the_cap(self, ledger: Ledger) -> None:
        assert ledger.reserve(TODAY, CENT, {ALL: CENT}) is None
        ledger.settle(TODAY, 9 * CENT, [ALL])
        assert ledger.spent(TODAY, ALL) == 10 * CENT
        assert ledger.reserve(TODAY, Decimal(0), {ALL: CENT}) == ALL

    def test_each_day_begins_anew(self, ledger: Ledger) -> None:
        tomorrow = TODAY + timedelta(days=1)
        assert ledger.reserve(TODAY, CENT, {ALL: CENT}) is None
        assert ledger.reserve(tomorrow, CENT, {ALL: CENT}) is None
        assert ledger.reserve(TODAY, CENT, {ALL: CENT}) == ALL
        ledger.settle(TODAY, -CENT, [ALL])
        assert ledger.spent(TODAY, ALL) == 0
        assert ledger.spent(tomorrow, ALL) == CENT

    def test_a_billionth_is_exact_and_what_is_finer_rounded_up(self, ledger: Ledger) -> None:
        assert ledger.reserve(TODAY, Decimal("0.0340000001"), {ALL: Decimal(1)}) is None
        assert ledger.spent(TODAY, ALL) == Decimal("0.034000001")

    def test_many_at_once_never_spend_more_than_they_may(self, ledger: Ledger) -> None:
        caps = {ALL: 7 * CENT, KEY: 5 * CENT}
        theirs = {ALL: 7 * CENT, OTHER: 5 * CENT}
        answers = at_once(
            lambda number: ledger.reserve(TODAY, CENT, caps if number % 2 else theirs), THREADS
        )
        assert answers.count(None) == 7
        assert ledger.spent(TODAY, ALL) == 7 * CENT
        assert ledger.spent(TODAY, KEY) + ledger.spent(TODAY, OTHER) == 7 * CENT

    def test_many_settle_at_once_and_nothing_is_lost(self, ledger: Ledger) -> None:
        accounts = [ALL, KEY]
        assert ledger.reserve(TODAY, Decimal(1), dict.fromkeys(accounts, Decimal(1))) is None
        at_once(lambda number: ledger.settle(TODAY, -CENT, accounts[:: 1 - number % 2 * 2]), 10)
        assert ledger.spent(TODAY, ALL) == ledger.spent(TODAY, KEY) == Decimal("0.9")
