"""PixelLab as the environment configures it: with its stores, and without any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixellab.domain.use_cases import DryRun, Enhance
    from pixellab.entrypoints.lab import PixelLab


@contextmanager
def open_enhance() -> Iterator[Enhance]:
    """Enhancing as the environment configures it, without any store.

    Only what is paid under a cap for the day is counted, in the configured database.
    """
    from pixellab.entrypoints.bootstrap import bootstrap
    from pixellab.entrypoints.settings import load_settings

    with bootstrap(load_settings()) as lab:
        yield lab.enhance


@contextmanager
def open_dry_run() -> Iterator[DryRun]:
    """What would be done, as the environment configures it; opens no store."""
    from pixellab.entrypoints.bootstrap import bootstrap
    from pixellab.entrypoints.settings import load_settings

    with bootstrap(load_settings()) as lab:
        yield lab.dry_run


@contextmanager
def open_lab(*, log_json: bool | None = None) -> Iterator[PixelLab]:
    """PixelLab on the configured stores; with ``log_json`` it logs, in JSON or as configured."""
    from pixellab.entrypoints.bootstrap import bootstrap
    from pixellab.entrypoints.settings import load_settings

    settings = load_settings()
    if log_json is not None:
        from pixellab.entrypoints.logs import configure_logging

        form = "json" if log_json else settings.log_format
        configure_logging(settings.model_copy(update={"log_format": form}))
    with bootstrap(settings) as lab:
        lab.open_stores()
        yield lab
