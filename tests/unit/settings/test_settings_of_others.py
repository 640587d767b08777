"""Settings that lead to others' servers: receivers of webhooks, brokers, collectors of traces."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from pixellab.domain.errors import Misconfigured
from pixellab.entrypoints.settings import load_settings
from pixellab.entrypoints.telemetry.logs import secrets_of
from pixellab.entrypoints.wiring.wire_jobs import broker

SECRET = "correct-horse-battery"
SIGNED = "whsec_" + base64.b64encode(bytes(24)).decode()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"webhook_url": "https://shop.example/"}, "PIXELLAB_WEBHOOK_URL is set and"),
        ({"webhook_urls": "shop.example"}, "PIXELLAB_WEBHOOK_URLS is set and"),
        ({"webhook_secret": "whsec_c2hvcnQ="}, "PIXELLAB_WEBHOOK_SECRET is not a value"),
        ({"webhook_secret": f"{SIGNED},sesame"}, "PIXELLAB_WEBHOOK_SECRET is not a value"),
        (
            {"webhook_secret": SIGNED, "webhook_url": "https://me:sesame@shop.example/"},
            "PIXELLAB_WEBHOOK_URL is not a value",
        ),
    ],
)
def test_receivers_need_a_secret_and_secrets_are_not_repeated(
    settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(Misconfigured, match=f"^{re.escape(words)}") as caught:
        load_settings(_env_file=None, **settings)
    assert len(caught.value.message.splitlines()) == 1
    assert "sesame" not in caught.value.message


def test_several_secrets_sign_while_they_are_changed() -> None:
    other = "whsec_" + base64.b64encode(bytes(64)).decode()
    settings = load_settings(_env_file=None, webhook_secret=f"{other}, {SIGNED}")
    assert settings.webhook_secrets == (bytes(64), bytes(24))
    assert load_settings(_env_file=None).webhook_secrets == ()
    assert "AAAA" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{SECRET}@broker.internal",
        f"amqp://user:{SECRET}@broker.internal:port",
        "redis://",
        "broker.internal",
    ],
)
def test_a_wrong_broker_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PIXELLAB_BROKER_URL", url)
    with pytest.raises(Misconfigured) as refused:
        load_settings()
    assert refused.value.message.startswith("PIXELLAB_BROKER_URL is not a value that is allowed")
    assert "amqp://, amqps://, redis://, rediss:// or sqs://" in refused.value.message
    assert SECRET not in refused.value.message


def test_a_broker_s_password_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELLAB_BROKER_URL", f"amqps://user:{SECRET}@broker.internal/shop")
    settings = load_settings()
    assert SECRET not in repr(settings) + settings.model_dump_json() + repr(broker(settings))
    assert any(SECRET in each for each in secrets_of(settings))


@pytest.mark.parametrize(
    ("variables", "sent"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"},
            False,
        ),
    ],
)
def test_traces_are_sent_only_where_a_collector_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], sent: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert load_settings().traces is sent
