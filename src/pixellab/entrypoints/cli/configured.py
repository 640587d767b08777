"""PixelLab as the environment configures it: with its stores, and without any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixellab.domain.use_cases import Enhance
    from pixellab.entrypoints.lab import PixelLab
    from pixellab.entrypoints.settings import Settings


def open_enhance(*, log_json: bool) -> Enhance:
    """Enhancing as the environment configures it, without any store.

    What goes wrong in a backend is logged, in JSON or as configured.
    """
    from pixellab.entrypoints.bootstrap import files_only
    from pixellab.entrypoints.settings import load_settings

    settings = load_settings()
    _log_as(settings, log_json=log_json, log_level="warning")
    return files_only(settings)


@contextmanager
def open_lab(*, log_json: bool | None = None) -> Iterator[PixelLab]:
    """PixelLab on the configured stores; with ``log_json`` it logs, in JSON or as configured."""
    from pixellab.entrypoints.bootstrap import bootstrap
    from pixellab.entrypoints.settings import load_settings

    settings = load_settings()
    if log_json is not None:
        _log_as(settings, log_json=log_json, log_level=settings.log_level)
    with bootstrap(settings) as lab:
        lab.open_stores()
        yield lab


def _log_as(settings: Settings, *, log_json: bool, log_level: str) -> None:
    from pixellab.entrypoints.logs import configure_logging

    form = "json" if log_json else settings.log_format
    configure_logging(settings.model_copy(update={"log_format": form, "log_level": log_level}))
