"""PixelLab as the environment configures it: with its stores, and without any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixellab.domain.use_cases import KnownPresets
    from pixellab.entrypoints.lab import PixelLab
    from pixellab.entrypoints.settings import Settings


@contextmanager
def open_without_stores(*, log_json: bool) -> Iterator[PixelLab]:
    """To enhance as the environment configures it, without any store.

    What goes wrong in a backend is logged, in JSON or as configured. Only what is paid under a cap
    for the day is counted, in the configured database.
    """
    from pixellab.entrypoints.bootstrap import bootstrap
    from pixellab.entrypoints.settings import load_settings

    settings = load_settings()
    _log_as(settings, log_json=log_json, log_level="warning")
    with bootstrap(settings) as lab:
        yield lab


def filled_in(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """``asked`` with the fields of the preset that it names; its own win.

    Opens the database only for a preset that the configuration's file does not have. Raises
    InvalidRequest for one that there is not.
    """
    if asked.get("preset") is None:
        return asked
    with open_presets() as presets:
        return presets.fill_in(asked)


@contextmanager
def open_presets() -> Iterator[KnownPresets]:
    """The presets, as the environment configures them."""
    from pixellab.entrypoints.bootstrap import bootstrap
    from pixellab.entrypoints.settings import load_settings

    with bootstrap(load_settings()) as lab:
        yield lab.presets


@contextmanager
def open_dry_run() -> Iterator[PixelLab]:
    """To say what would be done, as the environment configures it; opens no store."""
    from pixellab.entrypoints.bootstrap import bootstrap
    from pixellab.entrypoints.settings import load_settings

    with bootstrap(load_settings()) as lab:
        yield lab


@contextmanager
def open_lab(*, log_json: bool | None = None, job_workers: int | None = None) -> Iterator[PixelLab]:
    """PixelLab on the configured stores; with ``log_json`` it logs, in JSON or as configured.

    With ``job_workers`` so many threads do what is put off, whatever is configured.
    Where people read its answers it logs what went wrong alone, unless a level is configured.
    """
    from pixellab.entrypoints.bootstrap import bootstrap
    from pixellab.entrypoints.settings import load_settings

    settings = load_settings()
    if job_workers is not None:
        settings = settings.model_copy(update={"job_workers": job_workers})
    if log_json is not None:
        told = log_json or "log_level" in settings.model_fields_set
        level = settings.log_level if told else "warning"
        _log_as(settings, log_json=log_json, log_level=level)
    with bootstrap(settings) as lab:
        lab.open_stores()
        yield lab


@contextmanager
def open_worker(threads: int | None) -> Iterator[PixelLab]:
    """PixelLab on the configured stores, logging as configured, to work on what was put off.

    It does so on ``threads``, or as the settings say; a worker leaves nothing to others.
    """
    from pixellab.entrypoints.bootstrap import bootstrap
    from pixellab.entrypoints.settings import load_settings
    from pixellab.entrypoints.telemetry.logs import configure_logging

    settings = load_settings()
    threads = threads or settings.job_workers or settings.workers
    settings = settings.model_copy(update={"job_workers": threads})
    configure_logging(settings)
    with bootstrap(settings) as lab:
        lab.open_stores()
        yield lab


def _log_as(settings: Settings, *, log_json: bool, log_level: str) -> None:
    from pixellab.entrypoints.telemetry.logs import configure_logging

    form = "json" if log_json else settings.log_format
    configure_logging(settings.model_copy(update={"log_format": form, "log_level": log_level}))
