"""Asking a chain of backends, one after the other, until one serves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal

from attrs import define, field, frozen

from pixellab.domain.errors import (
    BackendError,
    BackendFailed,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    OverBudget,
    PixelLabError,
)
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Enhancer, Enhancers
from pixellab.domain.requests import Task
from pixellab.domain.results import BackendCall, CallOutcome, Enhanced, Estimate, Usage
from pixellab.domain.use_cases.asking.budget import Budget, known_cost

log = logging.getLogger(__name__)

MOVES_ON: Mapping[type[BackendError], CallOutcome] = {
    BackendUnavailable: CallOutcome.UNAVAILABLE,
    BackendRefused: CallOutcome.REFUSED,
    BackendFailed: CallOutcome.FAILED,
    BackendTimeout: CallOutcome.TIMED_OUT,
    OverBudget: CallOutcome.OVER_BUDGET,
}
"""The errors after which the next backend of a chain is asked, and how the record calls them. After
any other, such as InvalidRequest, it would fare no better."""

Told = Callable[[BackendCall], None]


def nobody(_: BackendCall) -> None:
    """Hears of calls where nothing is recorded."""


@frozen(kw_only=True)
class Asker:
    """On whose behalf a chain is asked; as it is, somebody of whom nothing is recorded."""

    attempt: str | None = None
    """The attempt key, for the backends."""
    payer: str | None = None
    """Whose account of the ledger pays, beside that of everyone."""
    lost: Mapping[str, str] = field(factory=dict)
    """The backends not to be asked, since an attempt that was cut off paid them; and why."""
    spent: Decimal = Decimal()
    """What that attempt spent, in US dollars."""
    tell: Told = nobody
    """Hears that a paid backend is about to be asked (ASKED), and how each call ended. What it
    raises ends the asking."""


UNRECORDED = Asker()


def check_chain(
    enhancers: Enhancers, chain: Sequence[str], width: int, height: int, task: Task
) -> None:
    """Raise the last one's error if every backend of the chain is certain to refuse."""
    *others, last = chain
    for name in others:
        try:
            return enhancers.get(name, task).check(width, height, task)
        except tuple(MOVES_ON):
            continue
    return enhancers.get(last, task).check(width, height, task)


def waits(enhancers: Enhancers, chain: Sequence[str], task: Task) -> bool:
    """Whether a backend of the chain mostly waits for a service elsewhere."""
    for name in chain:
        with suppress(*MOVES_ON):
            if enhancers.get(name, task).waits:
                return True
    return False


def ask_chain(
    enhancers: Enhancers,
    budget: Budget,
    chain: Sequence[str],
    picture: Picture,
    task: Task,
    report: QualityReport,
    asker: Asker,
) -> Enhanced:
    """The answer of the first backend that serves.

    Raises the last one's error if none does.
    """
    asking = _Asking(enhancers, budget, picture, task, report, asker, asker.spent)
    *others, last = chain
    for name in others:
        try:
            return asking.ask(name)
        except tuple(MOVES_ON):
            continue
    return asking.ask(last)


@define
class _Asking:
    """A request on its way through a chain."""

    enhancers: Enhancers
    budget: Budget
    picture: Picture
    task: Task
    report: QualityReport
    asker: Asker
    spent: Decimal
    """In US dollars, by the calls up to now; as estimated where the cost is not known."""

    def ask(self, name: str) -> Enhanced:
        """The answer of one backend, told to the asker; so are the errors that move on."""
        if name in self.asker.lost:
            raise BackendFailed(self.asker.lost[name])
        try:
            enhanced = self._enhanced(name)
        except BackendError as error:
            self._tell_failure(name, error)
            raise
        self.asker.tell(
            BackendCall(
                backend=name,
                outcome=CallOutcome.SERVED,
                attempt=self.asker.attempt,
                usage=enhanced.usage,
                model_version=enhanced.model_version,
                response_id=enhanced.response_id,
                fidelity=enhanced.fidelity,
            )
        )
        return enhanced

    def _enhanced(self, name: str) -> Enhanced:
        enhancer = _loaded(self.enhancers, name, self.task)
        try:
            size = self.picture.width, self.picture.height
            enhancer.check(*size, self.task)
            estimate = enhancer.estimate(*size, self.task)
            if estimate is None:
                return self._ask_once(enhancer)
        except (PixelLabError, MemoryError):
            raise
        except Exception as error:
            raise _mistake(name) from error
        return self._paid(name, enhancer, estimate)

    def _paid(self, name: str, enhancer: Enhancer, estimate: Estimate) -> Enhanced:
        """Within the budget, and on record before anything is sent: it may be killed on the way."""
        reservation = self.budget.reserve(name, estimate, self.asker.payer, self.spent)
        try:
            self._announce(name, estimate)
        except Exception:
            self.budget.settle(reservation, None)  # nothing was sent
            raise
        # Whatever goes wrong, it may be billed, unless the backend knows better.
        usage: Usage | None = Usage(currency=estimate.usage.currency)
        try:
            enhanced = self._ask_once(enhancer)
            usage = enhanced.usage
            return enhanced
        except BackendError as error:
            usage = error.usage
            raise
        except Exception as error:
            if not isinstance(error, PixelLabError | MemoryError):
                raise _mistake(name, usage) from error
            self._tell_failure(name, BackendFailed(f"{name} failed on this picture.", usage=usage))
            raise
        finally:
            self.budget.settle(reservation, usage)
            if usage is not None:
                cost = known_cost(usage)
                self.spent += reservation.amount if cost is None else cost

    def _ask_once(self, enhancer: Enhancer) -> Enhanced:
        return enhancer.enhance(self.picture, self.task, self.report, attempt=self.asker.attempt)

    def _announce(self, name: str, estimate: Estimate) -> None:
        self.asker.tell(
            BackendCall(
                backend=name,
                outcome=CallOutcome.ASKED,
                attempt=self.asker.attempt,
                usage=estimate.usage,
                model_version=estimate.model,
            )
        )

    def _tell_failure(self, name: str, error: BackendError) -> None:
        self.asker.tell(
            BackendCall(
                backend=name,
                outcome=_outcome_of(error),
                why=error.message,
                attempt=self.asker.attempt,
                usage=error.usage,
                model_version=error.model_version,
                response_id=error.response_id,
                fidelity=error.fidelity,
            )
        )


def _loaded(enhancers: Enhancers, name: str, task: Task) -> Enhancer:
    try:
        return enhancers.get(name, task)
    except BackendUnavailable as error:
        if error.__cause__:
            log.exception("%s could not be loaded.", name)
        raise


def _mistake(name: str, usage: Usage | None = None) -> BackendFailed:
    """A mistake in the backend, for whoever wrote it; the answer says nothing of it."""
    log.exception("%s raised an error of its own.", name)
    return BackendFailed(f"{name} failed on this picture.", usage=usage)


def _outcome_of(error: BackendError) -> CallOutcome:
    """By the error's class or the nearest class it derives from."""
    kinds = (MOVES_ON.get(kind) for kind in type(error).__mro__)
    return next(filter(None, kinds), CallOutcome.FAILED)
