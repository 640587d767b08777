"""The broker that hands jobs to workers."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, field_validator

from pixellab.entrypoints.settings.variables import variable

SCHEMES = ("amqp", "amqps", "redis", "rediss", "sqs")


class QueueSettings(BaseModel):
    # Secret, since it holds a password.
    broker_url: SecretStr | None = variable(
        "PIXELLAB_BROKER_URL",
        None,
        "the address of a broker: amqp://, amqps://, redis://, rediss:// or sqs://",
    )

    @field_validator("broker_url")
    @classmethod
    def _broker_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = urlsplit(value.get_secret_value())
            if parts.scheme not in SCHEMES or not (parts.hostname or parts.scheme == "sqs"):
                raise ValueError("not a broker")
            _ = parts.port  # ValueError unless it is a number
        return value

    @property
    def broker(self) -> str | None:
        """Its address, with user and password; None where threads of this process do the jobs."""
        return self.broker_url.get_secret_value() if self.broker_url else None
