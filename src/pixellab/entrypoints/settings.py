"""The environment, read once into one frozen object. Nothing else reads ``os.environ``."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, FilePath, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    SettingsConfigDict,
)

from pixellab.adapters.network_files.providers import PROVIDERS
from pixellab.adapters.network_files.registry import DEFAULT, NETWORKS, NONE
from pixellab.domain.errors import Misconfigured
from pixellab.domain.requests import Mode

DEFAULT_PORT = 8000
HASHED_KEY = re.compile(r"sha256:[0-9a-f]{64}")
RATE = re.compile(r"([1-9]\d{0,6})/(second|minute|hour)")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
BACKEND_NAME = re.compile(r"[A-Z][A-Z0-9_-]{0,31}")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?")
NO_BLANKS = r"^[!-~]+$"
ADDRESS = "an http:// or https:// address without a query, with brackets around an IPv6 address"
SECONDS = {"second": 1, "minute": 60, "hour": 3600}


def _env(name: str, default: Any, allowed: str, **limits: Any) -> Any:
    """A field read from the variable ``name``; ``allowed`` completes its error message."""
    return Field(default, validation_alias=name, description=allowed, **limits)


class Settings(BaseSettings):
    """Everything that can be configured. Made by ``load_settings``."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    data_dir: Path = _env("PIXELLAB_DATA_DIR", Path("pixellab-data"), "a folder")
    max_upload_mb: float = _env(
        "PIXELLAB_MAX_UPLOAD_MB", 50, "a number of MB above 0, at most 1000", gt=0, le=1000
    )
    max_megapixels: float = _env(
        "PIXELLAB_MAX_MEGAPIXELS",
        60,
        "a number of megapixels above 0, at most 1000",
        gt=0,
        le=1000,
    )
    routes: str = _env(
        "PIXELLAB_ROUTES",
        "*=LOCAL",
        "a comma-separated list of MODE=BACKEND or MODE=BACKEND>BACKEND, the second being asked "
        "where the first fails, * standing for every other mode",
    )
    host: str = _env("PIXELLAB_HOST", "127.0.0.1", "an address to listen on")
    port: int = _env("PIXELLAB_PORT", DEFAULT_PORT, "a port, 0 to 65535", ge=0, le=65535)
    public_url: str | None = _env("PIXELLAB_PUBLIC_URL", None, ADDRESS)
    workers: int = _env(
        "PIXELLAB_WORKERS",
        min(os.cpu_count() or 1, 64),
        "a whole number from 1 to 64",
        ge=1,
        le=64,
    )
    cloud_workers: int = _env(
        "PIXELLAB_CLOUD_WORKERS", 16, "a whole number from 1 to 256", ge=1, le=256
    )
    queue: int = _env("PIXELLAB_QUEUE", 16, "a whole number from 0 to 10000", ge=0, le=10_000)
    request_timeout: float = _env(
        "PIXELLAB_REQUEST_TIMEOUT", 120, "seconds, 1 to 540", ge=1, le=540
    )
    api_keys: SecretStr = _env(
        "PIXELLAB_API_KEYS",
        SecretStr(""),
        "a comma-separated list of keys of 16 or more characters, or of sha256:HEX",
    )
    allow_anonymous: bool = _env("PIXELLAB_ALLOW_ANONYMOUS", False, "true or false")
    rate_limit: str = _env(
        "PIXELLAB_RATE_LIMIT", "600/minute", "off, or N/second, N/minute or N/hour"
    )
    cors_origins: str = _env(
        "PIXELLAB_CORS_ORIGINS",
        "",
        "a comma-separated list of origins such as https://shop.example, or *",
    )
    log_format: Literal["text", "json"] = _env("PIXELLAB_LOG_FORMAT", "text", "text or json")
    log_level: Literal["debug", "info", "warning", "error"] = _env(
        "PIXELLAB_LOG_LEVEL", "info", "debug, info, warning or error"
    )
    database_timeout: float = _env(
        "PIXELLAB_DATABASE_TIMEOUT", 5, "seconds, 0.1 to 60", ge=0.1, le=60
    )
    models: Path | None = _env("PIXELLAB_MODELS", None, "a folder")
    fetch_models: bool = _env("PIXELLAB_FETCH_MODELS", True, "true or false")
    cutout_model: str = _env(
        "PIXELLAB_CUTOUT_MODEL",
        DEFAULT,
        f"{', '.join(NETWORKS)}, {NONE}, or the path of an .onnx file",
    )
    upscale_model: Path | None = _env("PIXELLAB_UPSCALE_MODEL", None, "the path of an .onnx file")
    providers: str = _env(
        "PIXELLAB_PROVIDERS", "CPU", f"a comma-separated list of {', '.join(PROVIDERS)}"
    )
    s3_bucket: str | None = _env(
        "S3_BUCKET", None, "the name of a bucket: 3 to 63 lower-case letters, digits, dots, dashes"
    )
    aws_region: str | None = _env(
        "AWS_REGION", None, "a region such as eu-central-1", pattern=r"^[a-z0-9-]{1,40}$"
    )
    aws_access_key_id: str | None = _env(
        "AWS_ACCESS_KEY_ID", None, "an access key without blanks", pattern=NO_BLANKS
    )
    aws_secret_access_key: SecretStr | None = _env("AWS_SECRET_ACCESS_KEY", None, "a secret key")
    aws_session_token: SecretStr | None = _env("AWS_SESSION_TOKEN", None, "a session token")
    s3_endpoint_url: str | None = _env("AWS_ENDPOINT_URL_S3", None, ADDRESS)
    aws_endpoint_url: str | None = _env("AWS_ENDPOINT_URL", None, ADDRESS)
    cloudfront_domain: str | None = _env(
        "CLOUDFRONT_DOMAIN",
        None,
        "a domain such as d111111abcdef8.cloudfront.net, or https:// and that",
    )
    s3_addressing: Literal["auto", "path", "virtual"] = _env(
        "PIXELLAB_S3_ADDRESSING", "auto", "auto, path or virtual"
    )
    s3_encryption: Literal["AES256", "off"] = _env(
        "PIXELLAB_S3_ENCRYPTION", "AES256", "AES256 or off"
    )
    s3_timeout: float = _env("PIXELLAB_S3_TIMEOUT", 10, "seconds, 0.1 to 60", ge=0.1, le=60)
    presign_seconds: int | None = _env(
        "PIXELLAB_PRESIGN_SECONDS", None, "seconds, 1 to 604800 (a week)", ge=1, le=604_800
    )
    mysql_host: str | None = _env(
        "MYSQL_HOST", None, "a host name or an address", pattern=NO_BLANKS
    )
    mysql_port: int = _env("MYSQL_PORT", 3306, "a port, 1 to 65535", ge=1, le=65535)
    mysql_database: str | None = _env(
        "MYSQL_DATABASE", None, "a database's name of at most 64 characters", max_length=64
    )
    mysql_user: str | None = _env("MYSQL_USER", None, "a user's name", max_length=80)
    mysql_password: SecretStr = _env("MYSQL_PASSWORD", SecretStr(""), "a password")
    mysql_tls: Literal["prefer", "require", "off"] = _env(
        "PIXELLAB_MYSQL_TLS", "prefer", "prefer, require or off"
    )
    mysql_ca: FilePath | None = _env("PIXELLAB_MYSQL_CA", None, "a PEM file")

    @field_validator("routes")
    @classmethod
    def _routes(cls, value: str) -> str:
        _parse_routes(value)
        return value

    @field_validator("cutout_model")
    @classmethod
    def _cutout_model(cls, value: str) -> str:
        if value in NETWORKS or value == NONE:
            return value
        return str(_onnx_file(Path(value)))

    @field_validator("upscale_model")
    @classmethod
    def _upscale_model(cls, value: Path | None) -> Path | None:
        return value and _onnx_file(value)

    @field_validator("providers")
    @classmethod
    def _providers(cls, value: str) -> str:
        if not _split(value) or not {each.upper() for each in _split(value)} <= {*PROVIDERS}:
            raise ValueError("not a list of providers")
        return value.upper()

    @field_validator("s3_bucket")
    @classmethod
    def _s3_bucket(cls, value: str | None) -> str | None:
        if value is not None and (not BUCKET.fullmatch(value) or ".." in value):
            raise ValueError("not a bucket's name")
        return value

    @field_validator("cloudfront_domain")
    @classmethod
    def _cloudfront_domain(cls, value: str | None) -> str | None:
        if value is None:
            return None
        domain = value.removeprefix("https://").rstrip("/")
        if not HOST.fullmatch(domain):
            raise ValueError("not a domain")
        return domain

    @field_validator("public_url", "s3_endpoint_url", "aws_endpoint_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise ValueError("not an address")
        _ = parts.port  # ValueError unless it is a number, as after an IPv6 address in no brackets
        return value.rstrip("/")

    @field_validator("api_keys")
    @classmethod
    def _api_keys(cls, value: SecretStr) -> SecretStr:
        for key in _split(value.get_secret_value()):
            if not HASHED_KEY.fullmatch(key) and (len(key) < 16 or not key.isascii()):
                raise ValueError("too short")
        return value

    @field_validator("rate_limit")
    @classmethod
    def _rate_limit(cls, value: str) -> str:
        if value != "off" and not RATE.fullmatch(value):
            raise ValueError("not a rate")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _cors_origins(cls, value: str) -> str:
        for origin in _split(value):
            parts = urlsplit(origin)
            if origin != "*" and (parts.scheme not in {"http", "https"} or parts.path):
                raise ValueError("not an origin")
        return value

    @property
    def max_bytes(self) -> int:
        """Largest accepted file in bytes."""
        return int(self.max_upload_mb * 1_000_000)

    @property
    def max_pixels(self) -> int:
        """Largest accepted picture in pixels."""
        return int(self.max_megapixels * 1_000_000)

    @property
    def routing_table(self) -> dict[Mode, tuple[str, ...]]:
        """The backends to ask in turn, in upper case, for each mode."""
        return _parse_routes(self.routes)

    @property
    def provider_names(self) -> tuple[str, ...]:
        """What networks are computed with, the first choice first."""
        return tuple(_split(self.providers))

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
            for key in _split(self.api_keys.get_secret_value())
        )

    @property
    def rate(self) -> tuple[int, int] | None:
        """(requests, seconds) that one client may make, or None for no limit."""
        match = RATE.fullmatch(self.rate_limit)
        return (int(match[1]), SECONDS[match[2]]) if match else None

    @property
    def cors(self) -> tuple[str, ...]:
        """Origins whose pages may call the API."""
        return tuple(_split(self.cors_origins))

    @property
    def endpoint_url(self) -> str | None:
        """Of the server that speaks S3, where that is not Amazon's."""
        return self.s3_endpoint_url or self.aws_endpoint_url

    @property
    def database_path(self) -> Path:
        """The SQLite file of the embedded default."""
        return self.data_dir / "pixellab.sqlite3"

    @property
    def objects_path(self) -> Path:
        """The folder of the embedded default's objects."""
        return self.data_dir / "objects"


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment and ``.env``; keywords (by field name) win over both.

    ``_env_file`` names another file than ``.env``, or None for no file. Raises Misconfigured with
    one line that names the variable or keyword and what is allowed.
    """
    for name in overrides.keys() - Settings.model_fields.keys() - {"_env_file"}:
        allowed = ", ".join(sorted(Settings.model_fields))
        raise Misconfigured(f"There is no setting {name!r}; allowed are {allowed}.")
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise Misconfigured(_explain(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            ".env cannot be read; allowed is a text file in UTF-8 that this user may read."
        ) from error
    if contradiction := next(_contradictions(settings), None):
        raise Misconfigured(contradiction)
    return settings


def _contradictions(settings: Settings) -> Iterator[str]:
    """What is wrong with values each of which is allowed."""
    if settings.s3_bucket:
        if (settings.aws_access_key_id is None) != (settings.aws_secret_access_key is None):
            yield (
                "Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set; "
                "allowed are both, or neither for boto3's own credential chain."
            )
        if settings.presign_seconds and settings.cloudfront_domain:
            yield (
                "PIXELLAB_PRESIGN_SECONDS and CLOUDFRONT_DOMAIN are both set; allowed is one: "
                "presigned URLs lead to the bucket itself."
            )
    if settings.mysql_host:
        for variable, value in (
            ("MYSQL_DATABASE", settings.mysql_database),
            ("MYSQL_USER", settings.mysql_user),
        ):
            if not value:
                yield f"{variable} is not set; with MYSQL_HOST it has to name one."
        if settings.mysql_ca and settings.mysql_tls == "off":
            yield (
                "PIXELLAB_MYSQL_CA is set and PIXELLAB_MYSQL_TLS is off; "
                "allowed with a CA is require."
            )


def unknown_variables() -> list[str]:
    """Names that begin as ours do and are set, in the environment or ``.env``, but read by nobody.

    Raises OSError and UnicodeDecodeError for a ``.env`` that cannot be read.
    """
    known = {info.validation_alias for info in Settings.model_fields.values()}
    sources = EnvSettingsSource(Settings), DotEnvSettingsSource(Settings)
    present = {name.upper() for source in sources for name in source.env_vars}
    return sorted(name for name in present - known if name.startswith("PIXELLAB_"))


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = str(first["loc"][0])
    for name, info in Settings.model_fields.items():
        if place in (name, info.validation_alias):
            secret = info.annotation is SecretStr
            value = "not a value that is allowed" if secret else repr(str(first["input"])[:80])
            return f"{info.validation_alias} is {value}; allowed is {info.description}."
    return f"There is no setting {place!r}."


def _onnx_file(path: Path) -> Path:
    file = path.expanduser()
    if file.suffix.lower() != ".onnx" or not file.is_file():
        raise ValueError("no such file")
    return file.absolute()


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _parse_routes(value: str) -> dict[Mode, tuple[str, ...]]:
    table: dict[Mode, tuple[str, ...]] = {}
    rest: tuple[str, ...] = ("LOCAL",)
    for part in _split(value):
        mode, _, backends = (each.strip().upper() for each in part.partition("="))
        chain = tuple(each.strip() for each in backends.split(">"))
        if not all(map(BACKEND_NAME.fullmatch, chain)) or len({*chain}) < len(chain):
            raise ValueError("not MODE=BACKEND>BACKEND")
        if mode == "*":
            rest = chain
        else:
            table[Mode(mode)] = chain
    return {mode: table.get(mode, rest) for mode in Mode}
