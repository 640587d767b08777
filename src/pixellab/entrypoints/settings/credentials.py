"""The certificate that results are signed with, where they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, SecretStr, field_validator

from pixellab.entrypoints.settings.variables import (
    ADDRESS,
    Address,
    ExistingFile,
    existing_file,
    variable,
)


class CredentialSettings(BaseModel):
    c2pa_certificate: ExistingFile | None = variable(
        "PIXELLAB_C2PA_CERTIFICATE", None, "a PEM file"
    )
    c2pa_key: SecretStr | None = variable("PIXELLAB_C2PA_KEY", None, "the path of a PEM file")
    """Secret, since somebody may set it to the key itself."""
    c2pa_algorithm: Literal["es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"] = (
        variable(
            "PIXELLAB_C2PA_ALGORITHM",
            "es256",
            "es256, es384, es512, ps256, ps384, ps512 or ed25519",
        )
    )
    c2pa_timestamp_url: Address | None = variable("PIXELLAB_C2PA_TIMESTAMP_URL", None, ADDRESS)

    @field_validator("c2pa_key")
    @classmethod
    def _c2pa_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            existing_file(Path(value.get_secret_value()))
        return value

    @property
    def c2pa_key_file(self) -> Path | None:
        """Where the private key is."""
        return Path(self.c2pa_key.get_secret_value()) if self.c2pa_key else None


def credential_contradictions(settings: CredentialSettings) -> Iterator[str]:
    """What is wrong with values each of which is allowed."""
    if (settings.c2pa_certificate is None) != (settings.c2pa_key is None):
        yield (
            "Only one of PIXELLAB_C2PA_CERTIFICATE and PIXELLAB_C2PA_KEY is set; "
            "allowed are both, or neither."
        )
    if settings.c2pa_timestamp_url and settings.c2pa_certificate is None:
        yield (
            "PIXELLAB_C2PA_TIMESTAMP_URL is set and PIXELLAB_C2PA_CERTIFICATE is not; "
            "allowed is a time-stamping service for signatures."
        )
