"""S3, or a server that speaks it, and the CDN in front of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypedDict

from pydantic import BaseModel, SecretStr, field_validator

from pixellab.entrypoints.settings.variables import ADDRESS, NO_BLANKS, Address, variable

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?")


class AwsKeys(TypedDict):
    """Amazon's keys as plain text; None where boto3's own chain is to find them."""

    access_key_id: str | None
    secret_access_key: str | None
    session_token: str | None


class S3Settings(BaseModel):
    s3_bucket: str | None = variable(
        "S3_BUCKET", None, "the name of a bucket: 3 to 63 lower-case letters, digits, dots, dashes"
    )
    aws_region: str | None = variable(
        "AWS_REGION", None, "a region such as eu-central-1", pattern=r"^[a-z0-9-]{1,40}$"
    )
    aws_access_key_id: SecretStr | None = variable(
        "AWS_ACCESS_KEY_ID", None, "an access key without blanks"
    )
    aws_secret_access_key: SecretStr | None = variable(
        "AWS_SECRET_ACCESS_KEY", None, "a secret key"
    )
    aws_session_token: SecretStr | None = variable("AWS_SESSION_TOKEN", None, "a session token")
    s3_endpoint_url: Address | None = variable("AWS_ENDPOINT_URL_S3", None, ADDRESS)
    aws_endpoint_url: Address | None = variable("AWS_ENDPOINT_URL", None, ADDRESS)
    cloudfront_domain: str | None = variable(
        "CLOUDFRONT_DOMAIN",
        None,
        "a domain such as d111111abcdef8.cloudfront.net, or https:// and that",
    )
    s3_addressing: Literal["auto", "path", "virtual"] = variable(
        "PIXELLAB_S3_ADDRESSING", "auto", "auto, path or virtual"
    )
    s3_encryption: Literal["AES256", "off"] = variable(
        "PIXELLAB_S3_ENCRYPTION", "AES256", "AES256 or off"
    )
    s3_timeout: float = variable("PIXELLAB_S3_TIMEOUT", 10, "seconds, 0.1 to 60", ge=0.1, le=60)
    presign_seconds: int | None = variable(
        "PIXELLAB_PRESIGN_SECONDS", None, "seconds, 1 to 604800 (a week)", ge=1, le=604_800
    )

    @field_validator("s3_bucket")
    @classmethod
    def _s3_bucket(cls, value: str | None) -> str | None:
        if value is not None and (not BUCKET.fullmatch(value) or ".." in value):
            raise ValueError("not a bucket's name")
        return value

    @field_validator("aws_access_key_id")
    @classmethod
    def _aws_access_key_id(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(NO_BLANKS, value.get_secret_value()):
            raise ValueError("with blanks")
        return value

    @property
    def aws_keys(self) -> AwsKeys:
        return AwsKeys(
            access_key_id=_shown(self.aws_access_key_id),
            secret_access_key=_shown(self.aws_secret_access_key),
            session_token=_shown(self.aws_session_token),
        )

    @field_validator("cloudfront_domain")
    @classmethod
    def _cloudfront_domain(cls, value: str | None) -> str | None:
        if value is None:
            return None
        domain = value.removeprefix("https://").rstrip("/")
        if not HOST.fullmatch(domain):
            raise ValueError("not a domain")
        return domain

    @property
    def endpoint_url(self) -> str | None:
        """Of the server that speaks S3, where that is not Amazon's."""
        return self.s3_endpoint_url or self.aws_endpoint_url


def _shown(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def s3_contradictions(settings: S3Settings) -> Iterator[str]:
    """What is wrong with values each of which is allowed."""
    if settings.s3_bucket and settings.presign_seconds and settings.cloudfront_domain:
        yield (
            "PIXELLAB_PRESIGN_SECONDS and CLOUDFRONT_DOMAIN are both set; allowed is one: "
            "presigned URLs lead to the bucket itself."
        )


def key_contradictions(settings: S3Settings) -> Iterator[str]:
    """The same of the keys, for whatever at Amazon they are used."""
    if (settings.aws_access_key_id is None) != (settings.aws_secret_access_key is None):
        yield (
            "Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set; "
            "allowed are both, or neither for boto3's own credential chain."
        )
