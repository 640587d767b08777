"""How boto3 is made to reach Bedrock."""

from __future__ import annotations

from typing import Any

import boto3
from attrs import field, frozen
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from pixellab.domain.errors import BackendUnavailable

CONNECT_TIMEOUT = 5.0
NOT_AVAILABLE = "BEDROCK is not available here; ask whoever runs this installation."


@frozen(kw_only=True)
class BedrockAccess:
    """An account at Amazon, and how patient to be."""

    region: str
    endpoint_url: str | None = None
    """Of a server that speaks InvokeModel in place of Amazon's."""
    control_endpoint_url: str | None = None
    """Of one that speaks for its control plane, which is asked for a diagnosis only."""
    access_key_id: str | None = field(default=None, repr=False)
    """Without it boto3 looks where it always does: environment, profile, role. In the environment
    AWS_BEARER_TOKEN_BEDROCK comes before any key."""
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    timeout: float = 180.0
    """Seconds that an answer may take."""
    pauses: tuple[float, ...] = (1.0, 2.0, 4.0)
    """Seconds to wait before each repetition of a request that was throttled."""
    connections: int = 16


def client_of(access: BedrockAccess, service: str = "bedrock-runtime") -> Any:
    """boto3's client; connects to nothing yet. Raises BackendUnavailable."""
    endpoints = {"bedrock-runtime": access.endpoint_url, "bedrock": access.control_endpoint_url}
    try:
        # A session of its own: boto3's default one is the whole program's.
        session = boto3.session.Session(
            aws_access_key_id=access.access_key_id,
            aws_secret_access_key=access.secret_access_key,
            aws_session_token=access.session_token,
            region_name=access.region,
        )
        return session.client(service, endpoint_url=endpoints[service], config=_config(access))
    except (BotoCoreError, ValueError) as error:
        raise BackendUnavailable(NOT_AVAILABLE) from error


def _config(access: BedrockAccess) -> Config:
    return Config(
        # botocore would repeat a request that timed out, which may be billed twice.
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=min(CONNECT_TIMEOUT, access.timeout),
        read_timeout=access.timeout,
        max_pool_connections=access.connections,
        # AWS_ENDPOINT_URL is for the object store; photos must not be sent there.
        ignore_configured_endpoint_urls=True,
        tcp_keepalive=True,
    )
