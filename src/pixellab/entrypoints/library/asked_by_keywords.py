"""A request's fields as keywords of the library's methods."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from pixellab.entrypoints.lab import PixelLab

P = ParamSpec("P")
R = TypeVar("R")
Request = TypeVar("Request")
Self_ = TypeVar("Self_", bound="_WithLab")
What = TypeVar("What")


class _WithLab(Protocol):
    @property
    def lab(self) -> PixelLab: ...


def asked_by_keywords(
    request: Callable[P, Request],
) -> Callable[[Callable[[Self_, What, Request], R]], Callable[Concatenate[Self_, What, P], R]]:
    """For a method that takes a request last: its callers give the request's fields by keyword."""

    def decorate(
        method: Callable[[Self_, What, Request], R],
    ) -> Callable[Concatenate[Self_, What, P], R]:
        @wraps(method)
        def call(self: Self_, what: What, /, *args: P.args, **fields: P.kwargs) -> R:
            if fields.get("preset") is not None:
                fields = self.lab.presets.fill_in(fields)  # type: ignore[assignment]
            return method(self, what, request(*args, **fields))

        own, fields = signature(method), signature(request).parameters.values()
        shown = [*list(own.parameters.values())[:-1], *fields]
        call.__signature__ = own.replace(parameters=shown)  # type: ignore[attr-defined]
        return call

    return decorate
