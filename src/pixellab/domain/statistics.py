"""What was done, summed up: in all and by day, and what a change adds to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from attrs import field, frozen

from pixellab.domain.images import Enhancement, ProcessingStatus, Status
from pixellab.domain.results import BackendCall

MAX_DAYS = 366
QUALITY_STEP = 100
"""Gains of quality are counted in hundredths of a point, so that sums are exact."""
AMOUNT_STEP = Decimal(10**10)
"""Amounts of money are counted in units of 1e-10, as many decimals as a record keeps."""


@frozen(kw_only=True)
class Tally:
    """Sums over some uploads and enhancements."""

    images: int = 0
    """Uploaded."""
    completed: int = 0
    """Enhancements."""
    failed: int = 0
    """How often an enhancement ended in a failure; also where it was tried again since."""
    bytes_saved: int = 0
    """By which results are smaller than their originals; negative where they are larger."""
    quality_gained: int = 0
    """Hundredths of a point of the quality score, of all that were completed."""

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            images=self.images + other.images,
            completed=self.completed + other.completed,
            failed=self.failed + other.failed,
            bytes_saved=self.bytes_saved + other.bytes_saved,
            quality_gained=self.quality_gained + other.quality_gained,
        )

    @property
    def mean_quality_gained(self) -> float | None:
        """Points per completed enhancement, one decimal; None where there is none."""
        if not self.completed:
            return None
        return round(self.quality_gained / self.completed / QUALITY_STEP, 1)


@frozen
class Payee:
    """Who is paid, and in what."""

    backend: str
    currency: str
    """ISO 4217."""


@frozen
class Spent:
    """What calls of a backend cost."""

    amount: int = 0
    """Of those whose price is known, in units of 1e-10 of the currency."""
    unpriced: int = 0
    """How many calls have to be paid at a price that is not known."""

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.amount + other.amount, self.unpriced + other.unpriced)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.amount - other.amount, self.unpriced - other.unpriced)

    @property
    def exact_amount(self) -> Decimal:
        """In units of the currency."""
        return (Decimal(self.amount) / AMOUNT_STEP).normalize() + 0


@frozen(kw_only=True)
class Day:
    """What was done on one day, in UTC."""

    tally: Tally = Tally()
    spent: Mapping[Payee, Spent] = field(factory=dict)
    """By the day on which the enhancement was asked for."""


@frozen(kw_only=True)
class Statistics:
    """All that was done, and what stands now."""

    images: Mapping[Status, int]
    """How many there are of each status; deleted ones are not counted."""
    total: Day
    days: Mapping[date, Day]
    """Those on which anything was done."""


def tally_of_end(done: Enhancement) -> Tally:
    """What an enhancement that ended adds, on the day of its ``finished_at``."""
    if done.status is not ProcessingStatus.COMPLETED:
        return Tally(failed=1)
    before, after = done.original_quality_score or 0.0, done.enhanced_quality_score or 0.0
    size = done.enhanced.size_bytes if done.enhanced else done.original_size_bytes
    return Tally(
        completed=1,
        bytes_saved=done.original_size_bytes - size,
        quality_gained=round((after - before) * QUALITY_STEP),
    )


def spent_on(calls: Iterable[BackendCall]) -> Mapping[Payee, Spent]:
    """What has to be paid for calls."""
    spent: dict[Payee, Spent] = {}
    for call in calls:
        if call.usage is None:
            continue
        payee, amount = Payee(call.backend, call.usage.currency), call.usage.amount
        one = Spent(unpriced=1) if amount is None else Spent(round(amount * AMOUNT_STEP))
        spent[payee] = spent.get(payee, Spent()) + one
    return spent


def spent_more(
    before: Iterable[BackendCall], after: Iterable[BackendCall]
) -> Mapping[Payee, Spent]:
    """What the record of calls adds to the sums when it changes from ``before`` to ``after``."""
    was, is_ = spent_on(before), spent_on(after)
    changes = {each: is_.get(each, Spent()) - was.get(each, Spent()) for each in {*was, *is_}}
    return {each: change for each, change in changes.items() if change != Spent()}


def added(many: Iterable[Day]) -> Day:
    """The sum of days."""
    tally, spent = Tally(), dict[Payee, Spent]()
    for day in many:
        tally += day.tally
        for payee, one in day.spent.items():
            spent[payee] = spent.get(payee, Spent()) + one
    return Day(tally=tally, spent=spent)
