"""What paid backends may cost, and that no more is sent than may be paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.enhancers.routing import RoutedEnhancers
from pixellab.adapters.ledger.ledger_in_memory import InMemoryLedger
from pixellab.domain.errors import (
    BackendFailed,
    BackendTimeout,
    BudgetSpent,
    InvalidRequest,
    OverBudget,
    PixelLabError,
    StoreUnavailable,
)
from pixellab.domain.images import ProcessingStatus
from pixellab.domain.ports import Ledger
from pixellab.domain.requests import Task
from pixellab.domain.results import CallOutcome, Cost, Estimate, Usage, cost_of
from pixellab.domain.use_cases import Budget, Caps
from pixellab.domain.use_cases.asking.budget import EVERYONE
from pixellab.testing.threads import at_once
from tests.unit.installation import (
    PRICE,
    Installation,
    PaidEnhancer,
    assert_consistent,
    install,
    photo,
)

CENT = Decimal("0.01")
KEY = "9f86d081884c7d65"


def paying(
    caps: Caps, paid: PaidEnhancer | None = None, chain: tuple[str, ...] = ("GEMINI",)
) -> tuple[Installation, PaidEnhancer]:
    paid = paid or PaidEnhancer("GEMINI")
    return install(chain=chain, gemini=paid, caps=caps), paid


def spent(lab: Installation, account: str = EVERYONE) -> Decimal:
    return lab.ledger.spent(lab.clock.now.date(), account)


def refused(lab: Installation, paid: PaidEnhancer) -> OverBudget:
    """Nothing was sent, and the record says why."""
    asked = len(paid.attempts)
    with pytest.raises(OverBudget) as caught:
        lab.upload(photo())
    assert len(paid.attempts) == asked
    (entry,) = lab.repository.history(lab.images()[0].id)
    assert (entry.status, entry.failure) == (ProcessingStatus.FAILED, caught.value.message)
    assert entry.calls[-1].outcome is CallOutcome.OVER_BUDGET
    assert cost_of(entry.calls) is None
    assert_consistent(lab)
    return caught.value


def test_a_request_over_its_cap_is_refused_before_anything_is_sent() -> None:
    lab, paid = paying(Caps(request=3 * CENT))
    error = refused(lab, paid)
    assert error.message == "GEMINI would cost 0.034 USD; a request may cost 0.03 USD."
    assert error.retry_after is None


def test_a_request_at_its_cap_is_served() -> None:
    lab, _ = paying(Caps(request=PRICE))
    assert cost_of(lab.upload(photo()).enhancement.calls) == Cost(PRICE, "USD")


@pytest.mark.parametrize(("amount", "currency"), [(None, "USD"), (CENT, "EUR")])
def test_a_price_that_is_not_known_is_refused_where_costs_are_limited(
    amount: Decimal | None, currency: str
) -> None:
    paid = PaidEnhancer("GEMINI", estimated=amount, currency=currency)
    for caps in (Caps(request=Decimal(1)), Caps(day=Decimal(1)), Caps(payer_day=Decimal(1))):
        lab, _ = paying(caps, paid)
        assert "can give its price" in refused(lab, paid).message
    lab, _ = paying(Caps(), paid)
    assert lab.upload(photo()).enhancement.backend == "GEMINI"


def test_the_cap_of_a_day_holds_until_midnight_utc() -> None:
    lab, paid = paying(Caps(day=2 * PRICE))
    lab.clock.now = datetime(2026, 11, 23, 23, 59, 0, tzinfo=UTC)
    for _ in range(2):
        lab.upload(photo())
    error = refused(lab, paid)
    assert isinstance(error, BudgetSpent)
    assert error.retry_after == 60
    assert "today's 0.068 USD for all requests together" in error.message
    assert spent(lab) == 2 * PRICE
    lab.clock.now = datetime(2026, 11, 24, 0, 0, 0, tzinfo=UTC)
    lab.upload(photo())
    assert spent(lab) == PRICE


def test_each_payer_has_a_cap_of_its_own() -> None:
    lab, _ = paying(Caps(payer_day=PRICE))
    done = lab.upload(photo(payer=KEY))
    assert done.enhancement.payer == KEY
    with pytest.raises(BudgetSpent, match="requests of one API key"):
        lab.again(done.image.id, Task(), payer=KEY)
    lab.again(done.image.id, Task(), payer="another")
    lab.again(done.image.id, Task())
    assert spent(lab, KEY) == spent(lab, "another") == PRICE
    assert spent(lab) == 0


def test_over_the_cap_the_next_backend_serves() -> None:
    lab, paid = paying(Caps(request=CENT), chain=("GEMINI", "LOCAL"))
    done = lab.upload(photo()).enhancement
    assert done.backend == "LOCAL"
    assert paid.attempts == []
    assert [call.outcome for call in done.calls] == [CallOutcome.OVER_BUDGET, CallOutcome.SERVED]
    assert f"{done.calls[0].why} LOCAL did it instead." in done.warnings


def test_a_chain_costs_no_more_than_a_request_may() -> None:
    first = PaidEnhancer("GEMINI", BackendFailed("No picture.", usage=Usage(amount=2 * CENT)))
    for second_price, served in ((CENT, True), (CENT + Decimal("1e-9"), False)):
        second = PaidEnhancer("BEDROCK", estimated=second_price)
        lab = install(
            chain=("GEMINI", "BEDROCK"), gemini=first, bedrock=second, caps=Caps(request=4 * CENT)
        )
        first.estimated = Usage(amount=CENT)
        first.error = BackendFailed("No picture.", usage=Usage(amount=3 * CENT))
        if served:
            assert lab.upload(photo()).enhancement.backend == "BEDROCK"
        else:
            with pytest.raises(OverBudget, match=r"after 0\.03 USD for earlier calls"):
                lab.upload(photo())
        assert len(second.attempts) == served


def test_a_call_of_unknown_cost_counts_as_it_was_estimated() -> None:
    late = BackendTimeout("It took too long.", usage=Usage())
    lab, _ = paying(Caps(day=Decimal(1)), PaidEnhancer("GEMINI", late))
    with pytest.raises(BackendTimeout):
        lab.upload(photo())
    assert spent(lab) == PRICE
    (entry,) = lab.repository.history(lab.images()[0].id)
    assert str(cost_of(entry.calls)) == "unknown"


@pytest.mark.parametrize(
    ("error", "counted"),
    [
        (BackendFailed("Nothing was sent."), Decimal(0)),
        (BackendFailed("It failed.", usage=Usage(amount=CENT)), CENT),
        (BackendFailed("It failed.", usage=Usage(amount=CENT, currency="EUR")), PRICE),
        (ZeroDivisionError("a bug"), PRICE),
        (InvalidRequest("scale", "scale is 2; allowed is 3."), PRICE),
    ],
)
def test_what_a_failed_call_did_cost_is_counted(error: Exception, counted: Decimal) -> None:
    lab, _ = paying(Caps(day=Decimal(1)), PaidEnhancer("GEMINI", error))
    with pytest.raises(PixelLabError):
        lab.upload(photo())
    assert spent(lab) == counted
    (entry,) = lab.repository.history(lab.images()[0].id)
    (call,) = entry.calls
    assert call.outcome is CallOutcome.FAILED
    assert (cost_of(entry.calls) is None) is (counted == 0)


def test_what_a_call_cost_beyond_its_estimate_is_counted() -> None:
    lab, _ = paying(Caps(day=PRICE), PaidEnhancer("GEMINI", estimated=CENT))
    lab.upload(photo())
    assert spent(lab) == PRICE
    with pytest.raises(BudgetSpent):
        lab.upload(photo())


def test_uploads_at_once_spend_no_more_than_a_day_may() -> None:
    lab, paid = paying(Caps(day=3 * PRICE))
    answers = at_once(lambda _: lab.upload(photo()), 8)
    assert sum(isinstance(each, BudgetSpent) for each in answers) == 5
    assert len(paid.attempts) == 3
    assert spent(lab) == 3 * PRICE


class Closed(InMemoryLedger):
    """Fails as a database that is down."""

    def reserve(self, *_: object) -> str | None:
        raise StoreUnavailable("The database cannot be reached; try again later.")

    settle = reserve  # type: ignore[assignment]


ESTIMATE = Estimate(service="s", model="m", sends="the photo", usage=Usage(amount=CENT))


def budget(caps: Caps, ledger: Callable[[], Ledger]) -> Budget:
    return Budget(caps=caps, ledger=ledger)


def test_without_a_cap_for_the_day_no_ledger_is_opened() -> None:
    def never() -> Ledger:
        raise AssertionError

    for caps in (Caps(), Caps(request=Decimal(1)), Caps(payer_day=Decimal(1))):
        held = budget(caps, never)
        held.check("X", ESTIMATE, None)
        held.settle(held.reserve("X", ESTIMATE, None), Usage(amount=Decimal(1)))


def test_a_ledger_that_is_down_lets_nothing_be_sent_but_keeps_what_was_paid() -> None:
    down, up = (
        budget(Caps(day=Decimal(1)), lambda: Closed()),
        budget(Caps(day=Decimal(1)), InMemoryLedger),
    )
    with pytest.raises(StoreUnavailable):
        down.reserve("X", ESTIMATE, None)
    down.settle(up.reserve("X", ESTIMATE, None), None)


@given(
    estimated=st.lists(st.decimals(0, 1, places=4), max_size=20),
    cap=st.decimals(0, 3, places=3),
)
def test_however_calls_come_what_is_reserved_stays_within_the_cap(
    estimated: list[Decimal], cap: Decimal
) -> None:
    ledger = InMemoryLedger()
    held = budget(Caps(day=cap), lambda: ledger)
    total = Decimal(0)
    for amount in estimated:
        estimate = Estimate(service="s", model="m", sends="it", usage=Usage(amount=amount))
        try:
            day = held.reserve("X", estimate, None).day
        except BudgetSpent:
            assert total + amount > cap
            continue
        total += amount
        assert ledger.spent(day, EVERYONE) == total <= cap


# Dry runs


def test_a_dry_run_says_who_would_be_asked_and_does_nothing() -> None:
    lab, paid = paying(Caps(request=PRICE, day=Decimal(1)), chain=("PICKY", "GEMINI", "LOCAL"))
    picky, gemini, local = lab.dry_run(photo().content, Task())
    assert (picky.backend, picky.serves, picky.estimate) == ("PICKY", False, None)
    assert "takes no picture of 96 x 72" in str(picky.why_not)
    assert (gemini.serves, gemini.estimate) == (True, paid.estimate(96, 72, Task()))
    assert (local.serves, local.estimate) == (True, None)
    assert (lab.images(), lab.keys(), paid.attempts) == ([], set(), [])
    assert spent(lab) == 0


def test_a_dry_run_says_what_would_be_over_a_cap() -> None:
    lab, _ = paying(Caps(request=CENT))
    (gemini,) = lab.dry_run(photo().content, Task())
    assert not gemini.serves
    assert gemini.estimate is not None
    assert "a request may cost 0.01 USD" in str(gemini.why_not)
    lab, _ = paying(Caps(day=PRICE))
    assert lab.dry_run(photo().content, Task())[0].serves
    image = lab.upload(photo()).image
    for found in (lab.dry_run(photo().content, Task()), lab.dry_run.again(image, Task())):
        assert "today's 0.034 USD" in str(found[0].why_not)
    assert len(lab.repository.history(image.id)) == 1


def test_a_dry_run_names_a_backend_that_is_not_configured() -> None:
    lab = install()
    assert isinstance(lab.dry_run.enhancers, RoutedEnhancers)
    with pytest.raises(InvalidRequest):
        lab.dry_run(photo().content, Task(), "NOBODY")
