"""The HTTP server: its address, how much it does at once, who may use it, what it logs."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from ipaddress import ip_network
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, field_validator

from pixellab.entrypoints.settings.variables import ADDRESS, Address, listed, variable

HASHED_KEY = re.compile(r"sha256:[0-9a-f]{64}")
RATE = re.compile(r"([1-9]\d{0,6})/(second|minute|hour)")
SECONDS = {"second": 1, "minute": 60, "hour": 3600}


class ServerSettings(BaseModel):
    host: str = variable("PIXELLAB_HOST", "127.0.0.1", "an address to listen on")
    port: int = variable("PIXELLAB_PORT", 8000, "a port, 0 to 65535", ge=0, le=65535)
    public_url: Address | None = variable("PIXELLAB_PUBLIC_URL", None, ADDRESS)
    workers: int = variable(
        "PIXELLAB_WORKERS",
        min(os.cpu_count() or 1, 64),
        "a whole number from 1 to 64",
        ge=1,
        le=64,
    )
    cloud_workers: int = variable(
        "PIXELLAB_CLOUD_WORKERS", 16, "a whole number from 1 to 256", ge=1, le=256
    )
    decode_processes: int | None = variable(
        "PIXELLAB_DECODE_PROCESSES",
        None,
        "a whole number from 0 (photos are opened in the process itself) to 64, above 0 on Linux",
        ge=0,
        le=64,
    )
    decode_seconds: float = variable(
        "PIXELLAB_DECODE_SECONDS", 10, "seconds, 0.1 to 540", ge=0.1, le=540
    )
    queue: int = variable("PIXELLAB_QUEUE", 16, "a whole number from 0 to 10000", ge=0, le=10_000)
    job_workers: int = variable(
        "PIXELLAB_JOB_WORKERS",
        min(os.cpu_count() or 1, 64),
        "a whole number from 0 to 64",
        ge=0,
        le=64,
    )
    queue_limit: int = variable(
        "PIXELLAB_QUEUE_LIMIT",
        100_000,
        "a whole number from 1 to 10000000",
        ge=1,
        le=10_000_000,
    )
    request_timeout: float = variable(
        "PIXELLAB_REQUEST_TIMEOUT", 120, "seconds, 1 to 540", ge=1, le=540
    )
    api_keys: SecretStr = variable(
        "PIXELLAB_API_KEYS",
        SecretStr(""),
        "a comma-separated list of keys of 16 or more characters, or of sha256:HEX",
    )
    allow_anonymous: bool = variable("PIXELLAB_ALLOW_ANONYMOUS", False, "true or false")
    rate_limit: str = variable(
        "PIXELLAB_RATE_LIMIT", "600/minute", "off, or N/second, N/minute or N/hour"
    )
    trusted_proxies: str = variable(
        "PIXELLAB_TRUSTED_PROXIES",
        "",
        "a comma-separated list of addresses or networks such as 10.0.0.0/8",
    )
    cors_origins: str = variable(
        "PIXELLAB_CORS_ORIGINS",
        "",
        "a comma-separated list of origins such as https://shop.example, or *",
    )
    log_format: Literal["text", "json"] = variable("PIXELLAB_LOG_FORMAT", "text", "text or json")
    log_level: Literal["debug", "info", "warning", "error"] = variable(
        "PIXELLAB_LOG_LEVEL", "info", "debug, info, warning or error"
    )

    @field_validator("decode_processes")
    @classmethod
    def _decode_processes(cls, value: int | None) -> int | None:
        if value and not sys.platform.startswith("linux"):
            raise ValueError("not possible here")
        return value

    @field_validator("api_keys")
    @classmethod
    def _api_keys(cls, value: SecretStr) -> SecretStr:
        for key in listed(value.get_secret_value()):
            if not HASHED_KEY.fullmatch(key) and (len(key) < 16 or not key.isascii()):
                raise ValueError("too short")
        return value

    @field_validator("rate_limit")
    @classmethod
    def _rate_limit(cls, value: str) -> str:
        if value != "off" and not RATE.fullmatch(value):
            raise ValueError("not a rate")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _trusted_proxies(cls, value: str) -> str:
        for proxy in listed(value):
            ip_network(proxy)
        return value

    @field_validator("cors_origins")
    @classmethod
    def _cors_origins(cls, value: str) -> str:
        for origin in listed(value):
            parts = urlsplit(origin)
            if origin != "*" and (parts.scheme not in {"http", "https"} or parts.path):
                raise ValueError("not an origin")
        return value

    def serving(self) -> Self:
        """These, for a server that opens what strangers send; its own defaults where none are set.

        As many processes as workers, since each worker waits for one at a time.
        """
        if self.decode_processes is not None or not sys.platform.startswith("linux"):
            return self
        return self.model_copy(update={"decode_processes": self.workers})

    @property
    def base_url(self) -> str:
        """Where clients reach this installation, without a trailing slash."""
        if self.public_url:
            return self.public_url
        host = self.host.strip("[]")
        if host in {"0.0.0.0", "::", "127.0.0.1", "::1"}:  # noqa: S104
            host = "localhost"
        elif ":" in host:  # RFC 3986 and, for a zone's %, RFC 6874
            host = f"[{host.replace('%', '%25')}]"
        return f"http://{host}:{self.port}"

    @property
    def api_key_hashes(self) -> tuple[str, ...]:
        """SHA-256 in hexadecimal of every API key; empty where none is asked for."""
        return tuple(
            key.removeprefix("sha256:")
            if HASHED_KEY.fullmatch(key)
            else hashlib.sha256(key.encode()).hexdigest()
            for key in listed(self.api_keys.get_secret_value())
        )

    @property
    def rate(self) -> tuple[int, int] | None:
        """(requests, seconds) that one client may make, or None for no limit."""
        match = RATE.fullmatch(self.rate_limit)
        return (int(match[1]), SECONDS[match[2]]) if match else None

    @property
    def proxies(self) -> tuple[str, ...]:
        """Whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed."""
        return tuple(listed(self.trusted_proxies))

    @property
    def cors(self) -> tuple[str, ...]:
        """Origins whose pages may call the API."""
        return tuple(listed(self.cors_origins))
