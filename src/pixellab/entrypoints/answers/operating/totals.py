"""What was done, summed up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from pixellab.domain.images import Status
from pixellab.domain.statistics import Day, Payee, Spent, Statistics
from pixellab.entrypoints.answers.parts.answer import Answer


class ImageCountsAnswer(Answer):
    """How many images there are now, deleted ones excepted."""

    total: int
    completed: int
    pending: int
    failed: int


class SpentAnswer(Answer):
    """What a backend's calls cost in one currency."""

    backend: str
    currency: str
    amount: Decimal
    """Of the calls whose price is known, in JSON as text."""
    calls_of_unknown_price: int


class DoneAnswer(Answer):
    """What was done in all, also to images that have been deleted since."""

    images: int
    """Uploaded."""
    enhancements: int
    """Completed."""
    failures: int
    """How often an enhancement failed, also where it was tried again since."""
    bytes_saved: int
    """Originals minus results; negative where results are larger."""
    mean_quality_gained: float | None
    """Points per completed enhancement; null where there is none."""
    cost: list[SpentAnswer]
    """By backend and currency; empty where nothing had to be paid."""


class DayAnswer(DoneAnswer):
    """What was done on one day, in UTC; cost is that of the enhancements asked for on it."""

    date: date


class StatisticsAnswer(Answer):
    """How many images there are, what was done in all, and on each of the latest days."""

    images: ImageCountsAnswer
    total: DoneAnswer
    days: list[DayAnswer]
    """The oldest first, days without anything among them; the last one is today."""

    @classmethod
    def of(cls, statistics: Statistics, first: date, last: date) -> StatisticsAnswer:
        dates = [first + timedelta(days=each) for each in range((last - first).days + 1)]
        counts = statistics.images
        return cls(
            images=ImageCountsAnswer(
                total=sum(counts.values()),
                completed=counts[Status.COMPLETED],
                pending=counts[Status.PENDING],
                failed=counts[Status.FAILED],
            ),
            total=DoneAnswer.model_validate(_done(statistics.total)),
            days=[
                DayAnswer.model_validate({"date": each, **_done(statistics.days.get(each, Day()))})
                for each in dates
            ],
        )


def _done(day: Day) -> dict[str, object]:
    tally = day.tally
    return {
        "images": tally.images,
        "enhancements": tally.completed,
        "failures": tally.failed,
        "bytes_saved": tally.bytes_saved,
        "mean_quality_gained": tally.mean_quality_gained,
        "cost": _cost(day.spent),
    }


def _cost(spent: Mapping[Payee, Spent]) -> list[SpentAnswer]:
    return [
        SpentAnswer(
            backend=payee.backend,
            currency=payee.currency,
            amount=spent[payee].exact_amount,
            calls_of_unknown_price=spent[payee].unpriced,
        )
        for payee in sorted(spent, key=lambda each: (each.backend, each.currency))
    ]
