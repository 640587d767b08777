"""A bucket, and how botocore, the core of boto3, is made to reach it."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlsplit

import botocore.loaders
import botocore.session
from attrs import field, frozen
from botocore.config import Config

ATTEMPTS = 3
"""Of each call, by botocore's standard retries: for time-outs, throttling and answers of 5xx."""
CONNECT_TIMEOUT = 3.0


@frozen(kw_only=True)
class Bucket:
    """Where objects are kept, and how it is reached."""

    name: str
    region: str | None = None
    access_key_id: str | None = field(default=None, repr=False)
    """Without it botocore looks where it always does: environment, profile, role."""
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    endpoint_url: str | None = None
    """Of a server that is not Amazon's."""
    addressing: str = "auto"
    """``path``, ``virtual`` (the bucket in the host name), or ``auto``: path where an endpoint is
    named or the bucket's name has dots, which no certificate for its host would cover."""
    encrypted: bool = True
    """Ask for AES256; off for servers that have no keys for it."""
    cdn: str | None = None
    """Host of the CDN in front of the bucket."""
    presign_seconds: int | None = None
    """How long the URLs handed out are valid; None for plain, lasting ones."""
    timeout: float = 10.0
    """Seconds that an answer may take."""
    connections: int = 10

    @property
    def style(self) -> str:
        if self.addressing != "auto":
            return self.addressing
        return "path" if self.endpoint_url or "." in self.name else "virtual"


def client_of(bucket: Bucket) -> Any:
    """An S3 client; connects to nothing yet. Raises BotoCoreError and ValueError."""
    session = botocore.session.Session()
    session.register_component(
        "data_loader", _descriptions(session.get_config_variable("data_path"))
    )
    config = Config(
        signature_version="s3v4",
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        connect_timeout=min(CONNECT_TIMEOUT, bucket.timeout),
        read_timeout=bucket.timeout,
        max_pool_connections=bucket.connections,
        s3={"addressing_style": bucket.style},
        # Ours is SHA-256, in a header. boto3's own comes as a trailer, which some servers refuse.
        request_checksum_calculation="when_required",
        tcp_keepalive=True,
    )
    return session.create_client(
        "s3",
        region_name=bucket.region,
        endpoint_url=bucket.endpoint_url,
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key,
        aws_session_token=bucket.session_token,
        config=config,
    )


@cache
def _descriptions(more: str | None) -> Any:
    """Amazon's descriptions of its services, and those in the folders ``more``.

    Kept, because reading them is nearly all the time that making a client takes.
    """
    return botocore.loaders.create_loader(more)


def base_url(bucket: Bucket, endpoint_url: str) -> str:
    """What the plain URL of every object begins with."""
    if bucket.cdn:
        return f"https://{bucket.cdn}"
    endpoint = urlsplit(endpoint_url)
    if bucket.style == "virtual":
        return f"{endpoint.scheme}://{bucket.name}.{endpoint.netloc}{endpoint.path.rstrip('/')}"
    return f"{endpoint_url.rstrip('/')}/{bucket.name}"
