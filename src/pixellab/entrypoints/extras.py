"""Drivers that come with an extra, such as ``s3``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from pixellab.domain.errors import Misconfigured


@contextmanager
def installed(module: str, extra: str, variable: str) -> Iterator[None]:
    """Raises Misconfigured, which says what to install, where ``module`` is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        # Where google.genai is missing, google may be, too, which other packages share.
        if not f"{module}.".startswith(f"{error.name}."):
            raise
        raise Misconfigured(
            f"{variable} is set, but {module} is not installed; "
            f"in the folder of PixelLab's source: pip install '.[{extra}]'"
        ) from error


def require(module: str, extra: str, variable: str) -> None:
    """The same for what is imported later: looks for ``module`` without importing it."""
    with installed(module, extra, variable):
        if find_spec(module) is None:
            raise ModuleNotFoundError(name=module)
