"""The environment, read once into one frozen object. Nothing else reads ``os.environ``."""

from __future__ import annotations

from itertools import chain
from typing import Any, get_args

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    SettingsConfigDict,
)

from pixellab.domain.errors import Misconfigured
from pixellab.entrypoints.settings.addresses import AddressSettings, address_contradictions
from pixellab.entrypoints.settings.batches import BatchSettings
from pixellab.entrypoints.settings.connections import ConnectionSettings
from pixellab.entrypoints.settings.credentials import (
    CredentialSettings,
    credential_contradictions,
)
from pixellab.entrypoints.settings.dashboard import DashboardSettings
from pixellab.entrypoints.settings.networks import NetworkSettings
from pixellab.entrypoints.settings.photos import PhotoSettings
from pixellab.entrypoints.settings.server import ServerSettings
from pixellab.entrypoints.settings.services.bedrock import BedrockSettings
from pixellab.entrypoints.settings.services.cloud import CloudSettings
from pixellab.entrypoints.settings.services.cost_caps import BudgetSettings, budget_contradictions
from pixellab.entrypoints.settings.services.gemini import GeminiSettings
from pixellab.entrypoints.settings.services.product_fidelity import FidelitySettings
from pixellab.entrypoints.settings.services.queue import QueueSettings
from pixellab.entrypoints.settings.services.traces import TraceSettings
from pixellab.entrypoints.settings.stores.database import DatabaseSettings, database_contradictions
from pixellab.entrypoints.settings.stores.embedded import EmbeddedSettings
from pixellab.entrypoints.settings.stores.s3 import (
    S3Settings,
    key_contradictions,
    s3_contradictions,
)
from pixellab.entrypoints.settings.variables import NO_FILE

MAX_VALUE, MAX_PATH = 80, 255
"""Characters of a wrong value that are repeated; the end of a path tells most."""


# Pydantic lists and checks the fields of the last base first.
class Settings(
    BedrockSettings,
    CloudSettings,
    CredentialSettings,
    DatabaseSettings,
    S3Settings,
    GeminiSettings,
    NetworkSettings,
    DashboardSettings,
    FidelitySettings,
    ConnectionSettings,
    AddressSettings,
    BatchSettings,
    QueueSettings,
    TraceSettings,
    ServerSettings,
    BudgetSettings,
    PhotoSettings,
    EmbeddedSettings,
    BaseSettings,
):
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
    keys_used = settings.s3_bucket or settings.bedrock_region
    for contradiction in chain(
        key_contradictions(settings) if keys_used else (),
        s3_contradictions(settings),
        database_contradictions(settings),
        credential_contradictions(settings),
        address_contradictions(settings),
        budget_contradictions(settings, settings.api_keys),
    ):
        raise Misconfigured(contradiction)
    return settings


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
            secret = SecretStr in (info.annotation, *get_args(info.annotation))
            secret = secret or "@" in str(first["input"])  # an address with a password
            value = "not a value that is allowed" if secret else _told(first)
            return f"{info.validation_alias} is {value}; allowed is {info.description}."
    return f"There is no setting {place!r}."


def _told(error: ErrorDetails) -> str:
    """The value at fault, and of a path what is there."""
    given = str(error["input"])
    if error["type"] == NO_FILE:
        return f"{given[:MAX_PATH]!r}, {error['msg']}"
    return repr(given[:MAX_VALUE])
