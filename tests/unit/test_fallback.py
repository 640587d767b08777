"""Chains of backends: who is asked when another does not serve, and what is recorded of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pixellab.domain.errors import (
    BackendError,
    BackendFailed,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    InProgress,
    InvalidRequest,
    StoreUnavailable,
)
from pixellab.domain.images import ProcessingStatus
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Event, Milestone
from pixellab.domain.requests import Task
from pixellab.domain.results import BackendCall, CallOutcome, Cost, Enhanced, Usage, cost_of
from pixellab.domain.use_cases import LEASE
from tests.unit.installation import (
    PRICE,
    Installation,
    Killed,
    PaidEnhancer,
    assert_consistent,
    install,
    photo,
)

CHAIN = ("GEMINI", "LOCAL")


def only_call(lab: Installation) -> tuple[Any, ...]:
    (image,) = lab.images()
    (entry,) = lab.repository.history(image.id)
    return entry, *entry.calls


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (BackendUnavailable, CallOutcome.UNAVAILABLE),
        (BackendRefused, CallOutcome.REFUSED),
        (BackendFailed, CallOutcome.FAILED),
        (BackendTimeout, CallOutcome.TIMED_OUT),
    ],
)
def test_the_next_backend_serves_and_the_record_says_why(
    error: type[BackendError], outcome: CallOutcome
) -> None:
    failing = PaidEnhancer("GEMINI", error("It did not work.", usage=Usage(), response_id="r-9"))
    lab = install(chain=CHAIN, gemini=failing)
    done = lab.upload(photo())
    entry, first, second = only_call(lab)
    assert entry == done.enhancement
    assert (entry.backend, done.image.backend) == ("LOCAL", "LOCAL")
    assert (first.backend, first.outcome, first.why) == ("GEMINI", outcome, "It did not work.")
    assert (first.response_id, first.usage) == ("r-9", Usage())
    assert (second.backend, second.outcome, second.why) == ("LOCAL", CallOutcome.SERVED, None)
    assert "It did not work. LOCAL did it instead." in entry.warnings
    assert entry.key.startswith("uploads/enhanced/")
    assert_consistent(lab)


def test_a_backend_that_does_not_say_that_it_left_a_step_out_is_told_of() -> None:
    done = install().upload(photo(task=Task(without="light")))
    assert done.enhancement.warnings == ("LOCAL does not say that it left out light.",)


def test_a_backend_with_a_fault_is_followed_by_the_next() -> None:
    lab = install(chain=("BUGGY", "PICKY", "LOCAL"))
    lab.upload(photo())
    entry, buggy, picky, _ = only_call(lab)
    assert entry.backend == "LOCAL"
    assert (buggy.outcome, buggy.why) == (CallOutcome.FAILED, "BUGGY failed on this picture.")
    assert picky.outcome is CallOutcome.REFUSED
    assert_consistent(lab)


def test_a_backend_that_is_not_configured_is_followed_by_the_next() -> None:
    lab = install(chain=("BEDROCK", "LOCAL"))
    lab.upload(photo())
    entry, first, _ = only_call(lab)
    assert first.outcome is CallOutcome.UNAVAILABLE
    assert "BEDROCK is not configured" in first.why
    assert entry.backend == "LOCAL"


def test_a_bad_request_is_not_tried_elsewhere() -> None:
    class Strict(PaidEnhancer):
        def enhance(
            self,
            picture: Picture,
            task: Task,
            report: QualityReport | None = None,
            *,
            attempt: str | None = None,
        ) -> Enhanced:
            raise InvalidRequest("scale", "scale is 2; allowed is 3.")

    lab = install(chain=CHAIN, gemini=Strict("GEMINI"))
    with pytest.raises(InvalidRequest):
        lab.upload(photo())
    entry, call = only_call(lab)
    assert (entry.status, call.outcome) == (ProcessingStatus.FAILED, CallOutcome.FAILED)


def test_where_none_serves_the_last_error_is_the_answer_and_all_are_recorded() -> None:
    failing = PaidEnhancer("GEMINI", BackendTimeout("It took too long."))
    lab = install(chain=("GEMINI", "FAILING"), gemini=failing)
    with pytest.raises(BackendFailed):
        lab.upload(photo())
    entry, first, second = only_call(lab)
    assert (first.outcome, second.outcome) == (CallOutcome.TIMED_OUT, CallOutcome.FAILED)
    assert (entry.status, entry.failure) == (ProcessingStatus.FAILED, second.why)
    assert_consistent(lab)


def test_a_chain_that_is_certain_to_refuse_leaves_nothing() -> None:
    lab = install(chain=("BEDROCK", "PICKY"))
    with pytest.raises(BackendRefused):
        lab.upload(photo())
    assert lab.images() == []


def test_a_named_backend_has_no_fallback() -> None:
    lab = install(chain=CHAIN, gemini=PaidEnhancer("GEMINI", BackendFailed("No.")))
    with pytest.raises(BackendFailed):
        lab.upload(photo(backend="GEMINI"))


def test_each_backend_of_a_chain_has_a_lease_of_its_own() -> None:
    lab = install(chain=("FAILING", "BUGGY", "LOCAL"))

    def almost(event: Event) -> None:
        if event.milestone is Milestone.BACKEND_CALLED:
            lab.clock.now += LEASE - timedelta(seconds=1)

    assert lab.upload(photo(), almost).enhancement.backend == "LOCAL"
    assert_consistent(lab)


def test_a_backend_that_outlives_its_lease_is_not_followed_by_another() -> None:
    lab = install(chain=("FAILING", "LOCAL"))

    def too_long(event: Event) -> None:
        if event.milestone is Milestone.BACKEND_CALLED:
            lab.clock.now += LEASE

    with pytest.raises(InProgress):
        lab.upload(photo(), too_long)
    lab.reconcile()
    assert_consistent(lab)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("at", range(1, 14))
def test_killed_anywhere_a_result_is_where_its_backend_keeps_it(at: int, late: bool) -> None:
    for first_fails in (True, False):
        error = BackendFailed("It failed.")
        paid = PaidEnhancer("GEMINI", error if first_fails else None)
        lab = install(chain=CHAIN, gemini=paid)
        lab.fuse.set(at, Killed, late=late)
        try:
            lab.upload(photo())
        except Killed:
            paid.error = None if first_fails else error  # Another serves the next attempt.
        lab.fuse.at = None
        lab.reconcile(ignore_leases=True)
        assert_consistent(lab)
        for image in lab.images():
            for entry in lab.repository.history(image.id):
                ours = entry.backend == "GEMINI"
                assert entry.key.startswith("enhanced/" if ours else "uploads/enhanced/")


def test_what_was_paid_is_recorded_though_the_result_is_lost() -> None:
    class Full(PaidEnhancer):
        def enhance(
            self,
            picture: Picture,
            task: Task,
            report: QualityReport | None = None,
            *,
            attempt: str | None = None,
        ) -> Enhanced:
            # The next call of a store notes what was paid; the one after stores the result.
            lab.fuse.set(2, lambda: StoreUnavailable("The store is down."), late=False)
            return super().enhance(picture, task, report, attempt=attempt)

    lab = install(chain=("GEMINI",), gemini=Full("GEMINI"))
    with pytest.raises(StoreUnavailable):
        lab.upload(photo())
    entry, call = only_call(lab)
    assert entry.status is ProcessingStatus.FAILED
    assert cost_of([call]) == Cost(PRICE, "USD")
    assert call.response_id == "r-1"


def test_an_attempt_has_one_key_and_the_next_another() -> None:
    paid = PaidEnhancer("GEMINI", BackendUnavailable("Come back later."))
    lab = install(chain=("GEMINI",), gemini=paid)
    for _ in range(2):
        with pytest.raises(BackendUnavailable):
            lab.upload(photo(idempotency_key="k"))
    entry, first, second = only_call(lab)
    assert paid.attempts == [first.attempt, second.attempt]
    assert first.attempt != second.attempt
    assert entry.attempt_key == entry.attempt_key == second.attempt


@pytest.mark.parametrize(
    ("usages", "cost"),
    [
        ([], None),
        ([None, None], None),
        ([Usage(amount=Decimal("0.1")), Usage(amount=Decimal("0.2"))], Cost(Decimal("0.3"), "USD")),
        ([None, Usage(amount=Decimal("0.1"))], Cost(Decimal("0.1"), "USD")),
        ([Usage(amount=Decimal("0.1")), Usage()], Cost(None, "USD")),
        ([Usage(amount=Decimal(0))], Cost(Decimal(0), "USD")),
        (
            [Usage(amount=Decimal(1), currency="EUR"), Usage(amount=Decimal(1))],
            Cost(None, "EUR"),
        ),
    ],
)
def test_a_price_that_is_not_known_makes_the_sum_unknown(
    usages: list[Usage | None], cost: Cost | None
) -> None:
    calls = [BackendCall(backend="X", outcome=CallOutcome.SERVED, usage=each) for each in usages]
    assert cost_of(calls) == cost
