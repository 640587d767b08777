"""How a field and its variable are declared, and kinds of values that several fields take."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

ADDRESS = (
    "an http:// or https:// address without a query, a user or a password, with brackets around "
    "an IPv6 address"
)
NO_BLANKS = r"^[!-~]+$"


def variable(name: str, default: Any, allowed: str, **limits: Any) -> Any:
    """A field read from the variable ``name``; ``allowed`` completes its error message."""
    return Field(default, validation_alias=name, description=allowed, **limits)


def listed(value: str) -> list[str]:
    """The parts of a comma-separated list."""
    return [part.strip() for part in value.split(",") if part.strip()]


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ValueError("not an address")
    if "@" in parts.netloc:  # It is logged, and told in errors; no secret belongs there.
        raise ValueError("with a user")
    _ = parts.port  # ValueError unless it is a number, as after an IPv6 address in no brackets
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
"""What ADDRESS allows, kept without a trailing slash."""
