"""What several steps, some here and some at a service, have made together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from attrs import evolve

from pixellab.adapters.enhancers.cloud.vendor_answer import VendorAnswer
from pixellab.domain.errors import BackendError, BackendFailed
from pixellab.domain.results import Enhanced, Usage

MAX_TEXT = 255
"""Characters that a record keeps of a model's version and of a response's id."""


def paid(done: Enhanced, answer: VendorAnswer) -> Enhanced:
    """``done`` with the call that ``answer`` tells of."""
    return evolve(
        done,
        usage=together(done.usage, answer.usage),
        model_version=_listed(done.model_version, answer.model_version),
        response_id=_listed(done.response_id, answer.response_id),
    )


def followed_by(so_far: Enhanced, after: Enhanced) -> Enhanced:
    """``after``, which LOCAL made of the picture of ``so_far``, with what was done before."""
    return evolve(
        after,
        backend=so_far.backend,
        steps=(*so_far.steps, *after.steps),
        warnings=tuple(dict.fromkeys((*so_far.warnings, *after.warnings))),
        model_version=_listed(so_far.model_version, after.model_version),
        models=tuple(dict.fromkeys((*so_far.models, *after.models))),
        response_id=so_far.response_id,
        usage=so_far.usage,
        fidelity=so_far.fidelity,
        drawn=so_far.drawn,
        product=after.product or so_far.product,
    )


@contextmanager
def counting(so_far: Enhanced) -> Iterator[None]:
    """An error that is raised within, whichever it is, tells of the calls before it, too."""
    try:
        yield
    except BackendError as error:
        error.usage = together(so_far.usage, error.usage)
        error.model_version = _listed(so_far.model_version, error.model_version)
        error.response_id = _listed(so_far.response_id, error.response_id)
        error.fidelity = error.fidelity or so_far.fidelity
        raise
    except Exception as error:
        if so_far.usage is None:
            raise
        raise BackendFailed(
            "What BEDROCK answered could not be worked on.",
            usage=so_far.usage,
            model_version=so_far.model_version,
            response_id=so_far.response_id,
            fidelity=so_far.fidelity,
        ) from error


def together(first: Usage | None, second: Usage | None) -> Usage | None:
    """Both as one; the amount is not known where one of them is not."""
    if first is None or second is None:
        return first or second
    unknown = first.amount is None or second.amount is None
    return Usage(
        requests=first.requests + second.requests,
        images=(first.images or 0) + (second.images or 0),
        amount=None if unknown else sum(filter(None, (first.amount, second.amount)), Decimal()),
        currency=first.currency,
        priced_on=first.priced_on,
    )


def _listed(first: str | None, second: str | None) -> str | None:
    both = dict.fromkeys(each for each in (first, second) if each)
    return ", ".join(both)[:MAX_TEXT] or None
