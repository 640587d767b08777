"""How a field and its variable are declared, and kinds of values that several fields take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

ADDRESS = (
    "an http:// or https:// address without a query, a user or a password, with brackets around "
    "an IPv6 address"
)
NO_BLANKS = r"^[!-~]+$"
NO_FILE = "no_file"
"""The kind of error whose message says why a path names no file."""


def variable(name: str, default: Any, allowed: str, **limits: Any) -> Any:
    """A field read from the variable ``name``; ``allowed`` completes its error message."""
    return Field(default, validation_alias=name, description=allowed, **limits)


def listed(value: str) -> list[str]:
    """The parts of a comma-separated list."""
    return [part.strip() for part in value.split(",") if part.strip()]


def existing_file(path: Path) -> Path:
    """``path``, if a file is there; else a PydanticCustomError of kind NO_FILE."""
    try:
        if path.is_file():
            return path
        why = "which is a folder" if path.is_dir() else "where there is no file"
    except (OSError, ValueError):  # as below a folder of others, or of a name that is too long
        why = "which cannot be reached"
    raise PydanticCustomError(NO_FILE, why)


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

ExistingFile = Annotated[Path, AfterValidator(existing_file)]
"""A path at which there is a file."""
