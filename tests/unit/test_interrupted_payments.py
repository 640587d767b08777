"""Paid calls of attempts that were killed: on record, and never repeated by themselves."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.domain.errors import (
    BackendFailed,
    BackendTimeout,
    BackendUnavailable,
    OverBudget,
    StoreUnavailable,
)
from pixellab.domain.images import Enhancement, ProcessingStatus
from pixellab.domain.ports import Event, Milestone
from pixellab.domain.results import CallOutcome, Cost, Usage, cost_of
from pixellab.domain.use_cases import LEASE, Caps, Reconciled
from pixellab.domain.use_cases.asking.budget import EVERYONE
from pixellab.domain.use_cases.asking.interrupted import UNANSWERED
from tests.unit.installation import (
    PRICE,
    Installation,
    Killed,
    PaidEnhancer,
    assert_consistent,
    install,
    photo,
)


def entry_of(lab: Installation) -> Enhancement:
    (image,) = lab.images()
    (entry,) = lab.repository.history(image.id)
    return entry


def killed_while_asking(*chain: str, caps: Caps | None = None) -> tuple[Installation, PaidEnhancer]:
    """The process died between the service's answer and ours."""
    paid = PaidEnhancer("GEMINI", Killed())
    lab = install(chain=chain, gemini=paid, caps=caps)
    with pytest.raises(Killed):
        lab.upload(photo(idempotency_key="k"))
    paid.error = None
    return lab, paid


def test_a_paid_call_is_on_record_before_it_is_made() -> None:
    lab, paid = killed_while_asking("GEMINI")
    (call,) = entry_of(lab).calls
    assert call.outcome is CallOutcome.ASKED
    assert call.usage == paid.estimated
    assert (call.attempt, call.model_version) == (paid.attempts[0], "painter-1")


def test_the_answer_takes_the_place_of_the_announcement() -> None:
    lab = install(chain=("GEMINI",), gemini=PaidEnhancer("GEMINI"))
    told: list[Event] = []
    entry = lab.upload(photo(), told.append).enhancement
    (call,) = entry.calls
    assert (call.outcome, call.under_way) == (CallOutcome.SERVED, False)
    assert sum(event.milestone is Milestone.BACKEND_CALLED for event in told) == 1
    assert entry == entry_of(lab)


def test_an_answer_that_never_came_is_not_asked_for_again() -> None:
    lab, paid = killed_while_asking("GEMINI", caps=Caps(day=Decimal(1)))
    told: list[Event] = []
    assert lab.reconcile(ignore_leases=True, observe=told.append) == Reconciled(failed=1)
    entry = entry_of(lab)
    (call,) = entry.calls
    assert len(paid.attempts) == 1
    assert (entry.status, entry.failure) == (ProcessingStatus.FAILED, UNANSWERED)
    assert (call.outcome, call.why, call.under_way) == (CallOutcome.UNKNOWN, UNANSWERED, False)
    assert cost_of(entry.calls) == Cost(None, "USD")
    (counted,) = [event.fields for event in told if event.milestone is Milestone.BACKEND_CALLED]
    assert (counted["outcome"], str(counted["cost"])) == ("unknown", "unknown")
    assert lab.ledger.spent(lab.clock.now.date(), EVERYONE) == PRICE
    assert_consistent(lab)


def test_the_next_backend_does_what_was_never_answered() -> None:
    lab, paid = killed_while_asking("GEMINI", "LOCAL")
    assert lab.reconcile(ignore_leases=True) == Reconciled(finished=1)
    entry = entry_of(lab)
    assert (entry.backend, len(paid.attempts)) == ("LOCAL", 1)
    assert [call.outcome for call in entry.calls] == [CallOutcome.UNKNOWN, CallOutcome.SERVED]
    assert f"{UNANSWERED} LOCAL did it instead." in entry.warnings
    assert_consistent(lab)


def test_a_client_that_repeats_its_key_hears_of_it_and_is_served_when_it_asks_again() -> None:
    lab, paid = killed_while_asking("GEMINI")
    lab.clock.now += LEASE + timedelta(seconds=1)
    with pytest.raises(BackendFailed, match="never came back"):
        lab.upload(photo(idempotency_key="k"))
    assert len(paid.attempts) == 1
    done = lab.upload(photo(idempotency_key="k")).enhancement
    assert (done.status, done.attempts) == (ProcessingStatus.COMPLETED, 3)
    assert [call.outcome for call in done.calls] == [CallOutcome.UNKNOWN, CallOutcome.SERVED]
    assert str(cost_of(done.calls)) == "unknown"
    assert_consistent(lab)


def test_a_picture_that_was_paid_and_lost_is_not_paid_again() -> None:
    paid = PaidEnhancer("GEMINI")
    lab = install(chain=("GEMINI",), gemini=paid)

    def kill(event: Event) -> None:
        if event.milestone is Milestone.ENHANCED:
            raise Killed

    with pytest.raises(Killed):
        lab.upload(photo(), kill)
    assert lab.reconcile(ignore_leases=True) == Reconciled(failed=1)
    entry = entry_of(lab)
    assert len(paid.attempts) == 1
    assert "GEMINI's picture was lost" in str(entry.failure)
    assert cost_of(entry.calls) == Cost(PRICE, "USD")
    assert_consistent(lab)


def test_what_a_killed_attempt_spent_counts_for_its_request() -> None:
    paid = PaidEnhancer("GEMINI", Killed())
    second = PaidEnhancer("BEDROCK")
    lab = install(
        chain=("GEMINI", "BEDROCK"), gemini=paid, bedrock=second, caps=Caps(request=PRICE)
    )
    with pytest.raises(Killed):
        lab.upload(photo())
    assert lab.reconcile(ignore_leases=True) == Reconciled(failed=1)
    assert second.attempts == []
    assert entry_of(lab).calls[-1].outcome is CallOutcome.OVER_BUDGET


def test_a_timed_out_call_is_repeated_by_nobody_but_the_user() -> None:
    late = BackendTimeout("GEMINI took too long.", usage=Usage())
    paid = PaidEnhancer("GEMINI", late)
    lab = install(chain=("GEMINI",), gemini=paid)
    with pytest.raises(BackendTimeout):
        lab.upload(photo(idempotency_key="k"))
    lab.clock.now += 2 * LEASE
    assert lab.reconcile() == lab.reconcile(ignore_leases=True) == Reconciled()
    assert len(paid.attempts) == 1
    assert cost_of(entry_of(lab).calls) == Cost(None, "USD")
    with pytest.raises(BackendTimeout):
        lab.upload(photo(idempotency_key="k"))
    assert len(paid.attempts) == 2


def test_a_timed_out_call_is_not_repeated_where_the_next_backend_was_killed() -> None:
    paid = PaidEnhancer("GEMINI", BackendTimeout("GEMINI took too long.", usage=Usage()))
    killed = PaidEnhancer("BEDROCK", Killed())
    lab = install(chain=("GEMINI", "BEDROCK", "LOCAL"), gemini=paid, bedrock=killed)
    with pytest.raises(Killed):
        lab.upload(photo())
    assert lab.reconcile(ignore_leases=True) == Reconciled(finished=1)
    entry = entry_of(lab)
    assert (len(paid.attempts), len(killed.attempts), entry.backend) == (1, 1, "LOCAL")
    assert entry.warnings[:2] == (
        "GEMINI took too long. LOCAL did it instead.",
        f"{UNANSWERED} LOCAL did it instead.",
    )


def test_what_was_free_is_asked_again_after_a_kill() -> None:
    paid = PaidEnhancer("GEMINI", BackendUnavailable("Come back later."))
    lab = install(chain=("GEMINI",), gemini=paid)
    lab.fuse.set(7, Killed, late=True)  # the call's end is on record, the attempt's is not
    with pytest.raises(Killed):
        lab.upload(photo())
    assert [call.outcome for call in entry_of(lab).calls] == [CallOutcome.UNAVAILABLE]
    paid.error = None
    assert lab.reconcile(ignore_leases=True) == Reconciled(finished=1)
    assert entry_of(lab).backend == "GEMINI"


@pytest.mark.parametrize("late", [False, True])
def test_nothing_is_sent_that_cannot_be_put_on_record(late: bool) -> None:
    paid = PaidEnhancer("GEMINI")
    lab = install(chain=("GEMINI",), gemini=paid, caps=Caps(day=Decimal(1)))
    # The calls are: add, put, keep_original, claim, get, note.
    lab.fuse.set(6, lambda: StoreUnavailable("The database is down."), late=late)
    with pytest.raises(StoreUnavailable):
        lab.upload(photo())
    assert paid.attempts == []
    assert entry_of(lab).calls == ()
    assert lab.ledger.spent(lab.clock.now.date(), EVERYONE) == 0
    assert_consistent(lab)


@given(at=st.integers(1, 14), late=st.booleans(), falls_back=st.booleans())
def test_killed_anywhere_a_backend_is_paid_once(at: int, late: bool, falls_back: bool) -> None:
    paid = PaidEnhancer("GEMINI")
    lab = install(chain=("GEMINI", "LOCAL")[: 1 + falls_back], gemini=paid)
    lab.fuse.set(at, Killed, late=late)
    try:
        lab.upload(photo())
    except Killed:
        lab.fuse.at = None
        lab.reconcile(ignore_leases=True)
    assert len(paid.attempts) <= 1
    assert_consistent(lab)
    if paid.attempts and lab.images():
        assert cost_of(entry_of(lab).calls) is not None


def test_an_attempt_over_its_cap_is_tried_again_when_asked() -> None:
    lab = install(
        chain=("GEMINI",), gemini=PaidEnhancer("GEMINI"), caps=Caps(request=Decimal("0.01"))
    )
    for _ in range(2):
        with pytest.raises(OverBudget):
            lab.upload(photo(idempotency_key="k"))
    assert entry_of(lab).attempts == 2
