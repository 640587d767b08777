"""Google's Gemini, which the backend GEMINI asks."""

from __future__ import annotations

import re

from pydantic import BaseModel, SecretStr, field_validator

from pixellab.entrypoints.settings.variables import ADDRESS, NO_BLANKS, Address, variable


class GeminiSettings(BaseModel):
    gemini_api_key: SecretStr | None = variable(
        "GEMINI_API_KEY", None, "a key of the Gemini API, without blanks"
    )
    gemini_base_url: Address | None = variable("GOOGLE_GEMINI_BASE_URL", None, ADDRESS)
    gemini_model: str = variable(
        "PIXELLAB_GEMINI_MODEL",
        "gemini-nano-banana-2.1",
        "the name of a model that draws pictures, such as gemini-3-pro-image",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
    )
    gemini_api_version: str = variable(
        "PIXELLAB_GEMINI_API_VERSION",
        "v1",
        "a version such as v1 or v1beta",
        pattern=r"^v[0-9]+[a-z0-9]{0,10}$",
    )
    gemini_max_input_mb: float = variable(
        "PIXELLAB_GEMINI_MAX_INPUT_MB", 7, "a number of MB from 0.1 to 100", ge=0.1, le=100
    )

    @field_validator("gemini_api_key")
    @classmethod
    def _gemini_api_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(NO_BLANKS, value.get_secret_value()):
            raise ValueError("not a key")
        return value

    @property
    def gemini_max_input_bytes(self) -> int:
        """Largest file that is sent, in bytes."""
        return int(self.gemini_max_input_mb * 1_000_000)
