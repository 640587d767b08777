"""What fails after a service was paid still says what that cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pixellab.adapters.enhancers.cloud.vendor_answer import VendorAnswer
from pixellab.domain.errors import BackendError


@contextmanager
def billed(answer: VendorAnswer, service: str) -> Iterator[None]:
    """Whatever goes wrong inside is a BackendError that carries the usage and ids of ``answer``."""
    try:
        yield
    except BackendError as error:
        error.usage = error.usage or answer.usage
        error.model_version = error.model_version or answer.model_version
        error.response_id = error.response_id or answer.response_id
        raise
    except Exception as error:
        raise answer.error(f"{service}'s picture could not be worked on.") from error
