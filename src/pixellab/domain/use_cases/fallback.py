"""Asking a chain of backends, one after the other, until one serves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from pixellab.domain.errors import (
    BackendError,
    BackendFailed,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    PixelLabError,
)
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Enhancer, Enhancers
from pixellab.domain.requests import Task
from pixellab.domain.results import BackendCall, CallOutcome, Enhanced

log = logging.getLogger(__name__)

MOVES_ON: Mapping[type[BackendError], CallOutcome] = {
    BackendUnavailable: CallOutcome.UNAVAILABLE,
    BackendRefused: CallOutcome.REFUSED,
    BackendFailed: CallOutcome.FAILED,
    BackendTimeout: CallOutcome.TIMED_OUT,
}
"""The errors after which the next backend of a chain is asked, and how the record calls them. After
any other, such as InvalidRequest, it would fare no better."""

Told = Callable[[BackendCall], None]


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
    chain: Sequence[str],
    picture: Picture,
    task: Task,
    report: QualityReport,
    attempt: str | None,
    tell: Told,
) -> Enhanced:
    """The answer of the first backend that serves; ``tell`` hears how each call ended.

    Raises the last one's error if none does.
    """
    *others, last = chain
    for name in others:
        try:
            return _ask(enhancers, name, picture, task, report, attempt, tell)
        except tuple(MOVES_ON):
            continue
    return _ask(enhancers, last, picture, task, report, attempt, tell)


def _ask(
    enhancers: Enhancers,
    name: str,
    picture: Picture,
    task: Task,
    report: QualityReport,
    attempt: str | None,
    tell: Told,
) -> Enhanced:
    try:
        enhanced = _enhanced(enhancers, name, picture, task, report, attempt)
    except BackendError as error:
        tell(
            BackendCall(
                backend=name,
                outcome=_outcome_of(error),
                why=error.message,
                attempt=attempt,
                usage=error.usage,
                model_version=error.model_version,
                response_id=error.response_id,
                fidelity=error.fidelity,
            )
        )
        raise
    tell(
        BackendCall(
            backend=name,
            outcome=CallOutcome.SERVED,
            attempt=attempt,
            usage=enhanced.usage,
            model_version=enhanced.model_version,
            response_id=enhanced.response_id,
            fidelity=enhanced.fidelity,
        )
    )
    return enhanced


def _enhanced(
    enhancers: Enhancers,
    name: str,
    picture: Picture,
    task: Task,
    report: QualityReport,
    attempt: str | None,
) -> Enhanced:
    enhancer = _loaded(enhancers, name, task)
    try:
        enhancer.check(picture.width, picture.height, task)
        return enhancer.enhance(picture, task, report, attempt=attempt)
    except (PixelLabError, MemoryError):
        raise
    except Exception as error:
        # A mistake in the backend, for whoever wrote it; the answer says nothing of it.
        log.exception("%s raised an error of its own.", name)
        raise BackendFailed(f"{name} failed on this picture.") from error


def _loaded(enhancers: Enhancers, name: str, task: Task) -> Enhancer:
    try:
        return enhancers.get(name, task)
    except BackendUnavailable as error:
        if error.__cause__:
            log.exception("%s could not be loaded.", name)
        raise


def _outcome_of(error: BackendError) -> CallOutcome:
    """By the error's class or the nearest class it derives from."""
    kinds = (MOVES_ON.get(kind) for kind in type(error).__mro__)
    return next(filter(None, kinds), CallOutcome.FAILED)
