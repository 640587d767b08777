"""BEDROCK over HTTP: served, fallen back from, and failed, on every kind of installation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.adapters.enhancers.bedrock.bedrock_server import (
    CONSERVATIVE,
    FAST,
    REMOVE,
    REQUEST_ID,
    BedrockServer,
    Reply,
    answer,
    bedrock_server,
    error,
    stopped,
)
from tests.e2e.api.conftest import IMAGES, Api, Configure, served
from tests.e2e.api.test_bad_input import check_problem
from tests.e2e.conftest import EMBEDDED


@pytest.fixture(scope="module")
def amazon() -> Iterator[BedrockServer]:
    with bedrock_server() as running:
        yield running


@pytest.fixture(scope="module")
def installed(configure: Configure, installation_kind: str, amazon: BedrockServer) -> Iterator[Api]:
    # Where S3 is configured, its keys serve for both.
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "not-a-secret"}
    settings = configure(
        bedrock_region="us-east-1",
        bedrock_runtime_endpoint_url=amazon.url,
        cloud_timeout=2,
        prices=f"{FAST}=0.05",
        routes="BACKGROUND_REMOVE=BEDROCK>LOCAL,UPSCALE=BEDROCK,*=LOCAL",
        **(keys if installation_kind == EMBEDDED else {}),
    )
    with served(settings) as api:
        yield api


@pytest.fixture
def api(installed: Api, amazon: BedrockServer) -> Api:
    amazon.forget()
    return installed


def history(api: Api, image_id: str) -> dict[str, Any]:
    body = api.http.get(f"{IMAGES}/{image_id}/enhancement-history").json()
    [only] = body["enhancements"]
    entry: dict[str, Any] = only
    return entry


def test_it_serves_whom_asks_for_it(api: Api, amazon: BedrockServer) -> None:
    done = api.uploaded(backend="bedrock", mode="UPSCALE_DENOISE", output_format="PNG")
    assert (done["backend"], done["enhancement_mode"]) == ("BEDROCK", "UPSCALE_DENOISE")
    assert amazon.models == [CONSERVATIVE]
    digits = done["image_id"][:8]
    keys, _ = api.everything()
    assert {key for key in keys if digits in key} == {
        f"uploads/original/{digits}_photo.jpg",
        f"uploads/enhanced/{digits}_photo.png",
        f"uploads/thumbnails/{digits}_photo.webp",
    }
    entry = history(api, done["image_id"])
    assert entry["backend"] == "BEDROCK"
    assert entry["model_version"].endswith(CONSERVATIVE)
    assert entry["response_id"] == f"{REQUEST_ID}1"
    assert entry["cost"] == {"amount": "unknown", "currency": "USD"}
    assert (entry["enhanced_width"], entry["enhanced_height"]) == (192, 144)


def test_it_serves_by_route_at_the_price_that_was_quoted(api: Api) -> None:
    done = api.uploaded(mode="UPSCALE")
    entry = history(api, done["image_id"])
    assert entry["backend"] == "BEDROCK"
    assert entry["cost"] == {"amount": "0.05", "currency": "USD"}


def test_local_takes_over_and_the_record_says_why(api: Api, amazon: BedrockServer) -> None:
    amazon.then(stopped("Filter reason: output image"))
    done = api.uploaded(mode="BACKGROUND_REMOVE")
    assert done["backend"] == "LOCAL"
    first, second = history(api, done["image_id"])["backend_calls"]
    assert (first["backend"], first["outcome"]) == ("BEDROCK", "refused")
    assert "content filter" in first["why"]
    assert first["usage"]["amount"] == "unknown"
    assert (first["model_version"], first["response_id"]) == (REMOVE, f"{REQUEST_ID}1")
    assert (second["backend"], second["outcome"]) == ("LOCAL", "served")


@pytest.mark.parametrize(
    ("reply", "status", "cost"),
    [
        (error(503, "ServiceUnavailableException"), 503, None),
        (error(403, "AccessDeniedException"), 503, None),
        (error(404, "ResourceNotFoundException"), 503, None),
        (error(400, "ValidationException"), 422, None),
        (stopped("Filter reason: input image"), 422, "unknown"),
        (error(500, "InternalServerException"), 502, "unknown"),
        (Reply(body=b"no JSON"), 502, "0.05"),
        (answer(b"no picture"), 502, "0.05"),
        (Reply(after=6), 504, "unknown"),
    ],
)
def test_a_failure_has_its_status_and_a_failed_row_with_its_cost(
    api: Api, amazon: BedrockServer, reply: Reply, status: int, cost: str | None
) -> None:
    amazon.then(reply)
    answered = api.upload(mode="UPSCALE")
    problem = check_problem(answered, status)
    assert "vendor" not in answered.text
    entry = history(api, problem["image_id"])
    assert entry["processing_status"] == "failed"
    assert entry["cost"] == (cost and {"amount": cost, "currency": "USD"})
    assert len(amazon.sent) == 1


def test_other_modes_are_refused_with_who_does_them(api: Api, amazon: BedrockServer) -> None:
    problem = check_problem(api.upload(backend="BEDROCK", mode="SHARPEN"), 422)
    assert "BEDROCK does not do SHARPEN" in problem["detail"]
    assert problem["detail"].endswith("and SHARPEN is done by LOCAL.")
    assert not amazon.sent
