"""Asks each configured part about itself; ``pixellab doctor`` tells what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

from attrs import evolve

from pixellab.domain.errors import PixelLabError
from pixellab.domain.findings import Finding, fine, problem, warning
from pixellab.entrypoints.cli.show.screen import shown

if TYPE_CHECKING:
    from pixellab.entrypoints.bootstrap import Part
    from pixellab.entrypoints.settings import Settings

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
CORRECT_IT = "Correct it, then run this again."


def examine(*, tune: bool = False) -> Iterator[Finding]:
    """What each part finds; after a wrong setting there is nothing else to ask.

    With ``tune`` it is measured first what computes the networks quickest.
    """
    for each in _findings(tune=tune):
        # A path may hold bytes that cannot be printed.
        yield evolve(each, found=shown(each.found), advice=shown(each.advice))


def _findings(*, tune: bool) -> Iterator[Finding]:
    from pixellab.entrypoints.bootstrap import parts
    from pixellab.entrypoints.settings import load_settings, unknown_variables
    from pixellab.entrypoints.wiring import wire_backends

    try:
        settings = load_settings()
    except PixelLabError as error:
        yield problem("settings", error.message, CORRECT_IT)
        return
    yield fine("settings", "every value is allowed")
    for variable in unknown_variables():
        advice = "Correct its name, or unset it."
        yield warning(variable, "is set, but there is no such setting", advice)
    yield from _serving(settings)
    if tune:
        yield wire_backends.tune(settings)
    for name, make in parts(settings):
        yield from _diagnosis(name, make)


def _diagnosis(name: str, make: Callable[[], Part]) -> list[Finding]:
    with ExitStack() as stack:
        try:
            part = make()
        except PixelLabError as error:
            return [problem(name, error.message, CORRECT_IT)]
        if close := getattr(part, "close", None):
            stack.callback(close)
        return part.diagnose()


def _serving(settings: Settings) -> Iterator[Finding]:
    from pixellab.entrypoints.api.listening import refuse_open_door

    try:
        refuse_open_door(settings)
    except PixelLabError as error:
        advice = "Until then pixellab serve refuses to start."
        yield problem("serving", error.message, advice)
    else:
        yield fine("serving", f"on {settings.host}, port {settings.port}")
    if settings.public_url is None and settings.host not in LOOPBACK:
        yield warning(
            "addresses",
            f"answers will contain addresses that begin with {settings.base_url}",
            "Set PIXELLAB_PUBLIC_URL to the address that clients use.",
        )
