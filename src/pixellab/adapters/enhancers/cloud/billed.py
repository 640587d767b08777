"""What fails after a service was paid still says what that cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pixellab.adapters.enhancers.cloud.vendor_answer import VendorAnswer
from pixellab.domain.errors import BackendError, BackendFailed, PixelLabError


@contextmanager
def billed(answer: VendorAnswer, service: str) -> Iterator[None]:
    """Errors raised inside carry the usage and the ids of ``answer``."""
    try:
        yield
    except BackendError as error:
        error.usage = error.usage or answer.usage
        error.model_version = error.model_version or answer.model_version
        error.response_id = error.response_id or answer.response_id
        raise
    except (PixelLabError, MemoryError):
        raise
    except Exception as error:
        raise BackendFailed(
            f"{service}'s picture could not be worked on.",
            usage=answer.usage,
            model_version=answer.model_version,
            response_id=answer.response_id,
        ) from error
