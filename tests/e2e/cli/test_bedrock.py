"""BEDROCK on the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.adapters.enhancers.bedrock.bedrock_server import (
    FAST,
    REMOVE,
    BedrockServer,
    bedrock_server,
    error,
)
from tests.e2e.cli.conftest import Ran
from tests.e2e.cli.test_operate import examined

Cli = Callable[..., Ran]


@pytest.fixture(autouse=True)
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[BedrockServer]:
    with bedrock_server() as running:
        monkeypatch.setenv("PIXELLAB_BEDROCK_REGION", "us-east-2")
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", running.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", running.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        yield running


def test_a_photo_is_enlarged_there(cli: Cli, photo: Path, amazon: BedrockServer) -> None:
    ran = cli("enhance", photo.name, "--backend", "bedrock", "--mode", "UPSCALE", "--json")
    assert ran.code == 0, ran.err
    assert ran.answer["backend"] == "BEDROCK"
    assert ran.answer["cost"] == {"amount": "unknown", "currency": "USD"}
    with Image.open("photo.enhanced.jpg") as made:
        assert made.size == (480, 360)
    [sent] = amazon.sent
    assert sent.model == FAST
    assert "/us-east-2/bedrock/" in sent.headers["authorization"]


def test_local_takes_over_by_route(
    cli: Cli, photo: Path, amazon: BedrockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIXELLAB_ROUTES", "BACKGROUND_REMOVE=bedrock>local")
    amazon.then(error(403, "AccessDeniedException"))
    ran = cli("enhance", photo.name, "--mode", "BACKGROUND_REMOVE", "--json")
    assert ran.code == 0, ran.err
    assert ran.answer["backend"] == "LOCAL"
    assert amazon.models == [REMOVE]
    assert any("LOCAL did it instead" in warning for warning in ran.answer["warnings"])


def test_doctor_asks_it_nothing_that_costs(cli: Cli, amazon: BedrockServer) -> None:
    code, found = examined(cli)
    assert code == 0, found
    assert found["backends"][1] == "installed: LOCAL, BEDROCK"
    assert found["BEDROCK's remove background"][0] == "ok"
    assert not amazon.sent
