"""A third party's backends that cause trouble: one takes money and fails, one never ends, ..."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from threading import Event

from pixellab.domain.errors import BackendTimeout, BackendUnavailable
from pixellab.domain.findings import Finding
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Enhancer
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Usage


class Moody(Enhancer):
    name = "MOODY"
    modes = frozenset(Mode)

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        usage = Usage(images=1, amount=Decimal("0.034"), priced_on=date(2026, 11, 1))
        raise BackendTimeout("MOODY took too long.", usage=usage, response_id="m-1")


class Stuck(Enhancer):
    name = "STUCK"
    modes = frozenset(Mode)

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        sys.stderr.write("at work\n")
        sys.stderr.flush()
        Event().wait()
        raise AssertionError("Nobody sets it.")


class Clumsy(Enhancer):
    name = "CLUMSY"
    modes = frozenset(Mode)

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        raise ZeroDivisionError("a secret detail")

    def diagnose(self) -> list[Finding]:
        raise ZeroDivisionError("a secret detail")


class Hollow:
    """No enhancer at all."""

    name = "HOLLOW"


class Empty(Enhancer):
    name = "EMPTY"
    modes = frozenset(Mode)

    def __init__(self) -> None:
        raise BackendUnavailable("EMPTY needs the variable EMPTY_KEY.")
