"""Which addresses may be asked for photos, and who is told of what has happened."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, SecretStr, field_validator

from pixellab.adapters.outbound.addresses import AllowedAddresses, NotAllowed, any_address
from pixellab.adapters.webhooks.signing import read_secret
from pixellab.entrypoints.settings.variables import listed, variable

HOSTS = (
    "a comma-separated list of hosts such as images.example or *.images.example, of * for every "
    "public one, or of whole origins such as http://localhost:9000, which need not be public"
)


class AddressSettings(BaseModel):
    image_urls: str = variable("PIXELLAB_IMAGE_URLS", "", HOSTS)
    webhook_urls: str = variable("PIXELLAB_WEBHOOK_URLS", "", HOSTS)
    webhook_url: SecretStr | None = variable(
        "PIXELLAB_WEBHOOK_URL", None, "an http:// or https:// address without a user or a password"
    )
    webhook_secret: SecretStr | None = variable(
        "PIXELLAB_WEBHOOK_SECRET",
        None,
        "whsec_ and 24 to 64 bytes in base64; several, comma-separated, while you change over",
    )

    @field_validator("image_urls", "webhook_urls")
    @classmethod
    def _hosts(cls, value: str) -> str:
        AllowedAddresses(listed(value))
        return value

    @field_validator("webhook_url")
    @classmethod
    def _webhook_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                any_address(value.get_secret_value())
            except NotAllowed as error:
                raise ValueError("not an address") from error
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _webhook_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            for each in listed(value.get_secret_value()):
                read_secret(each)
        return value

    @property
    def photo_addresses(self) -> AllowedAddresses:
        """Where photos may be fetched from."""
        return AllowedAddresses(listed(self.image_urls))

    @property
    def receiver_addresses(self) -> AllowedAddresses:
        """Where a request may have messages sent to."""
        return AllowedAddresses(listed(self.webhook_urls))

    @property
    def webhook_secrets(self) -> tuple[bytes, ...]:
        """What messages are signed with; none are sent where there is none."""
        text = self.webhook_secret.get_secret_value() if self.webhook_secret else ""
        return tuple(map(read_secret, listed(text)))


def address_contradictions(settings: AddressSettings) -> Iterator[str]:
    """What is wrong with values each of which is allowed."""
    for name, value in (
        ("PIXELLAB_WEBHOOK_URL", settings.webhook_url),
        ("PIXELLAB_WEBHOOK_URLS", settings.webhook_urls),
    ):
        if value and not settings.webhook_secrets:
            yield (
                f"{name} is set and PIXELLAB_WEBHOOK_SECRET is not; "
                "allowed is a secret that messages are signed with."
            )
