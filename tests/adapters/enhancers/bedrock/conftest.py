from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from pixellab.adapters.enhancers.bedrock.bedrock_client import BedrockAccess
from pixellab.adapters.enhancers.bedrock.bedrock_enhancer import BedrockEnhancer
from pixellab.adapters.enhancers.bedrock.invoke_model import Bedrock
from pixellab.adapters.enhancers.cloud.price_list import read_prices
from pixellab.adapters.enhancers.cloud.vendor_answer import CheckFidelity
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.imaging.imaging import RasterImaging
from tests.adapters.enhancers.bedrock.bedrock_server import BedrockServer, bedrock_server


@pytest.fixture
def server() -> Iterator[BedrockServer]:
    with bedrock_server() as running:
        yield running


def access_to(url: str, **changes: Any) -> BedrockAccess:
    """With keys that no account has, and hardly a pause."""
    access = BedrockAccess(
        region="us-west-2",
        endpoint_url=url,
        control_endpoint_url=url,
        access_key_id="AKIDEXAMPLE",
        secret_access_key="not-a-secret",
        timeout=20,
        pauses=(0.01, 0.01),
    )
    return evolve(access, **changes)


def bedrock_at(
    url: str,
    *,
    check: CheckFidelity | None = None,
    prices: dict[str, Decimal] | None = None,
    **changes: Any,
) -> BedrockEnhancer:
    """The backend, over the server at ``url``."""
    listed = read_prices("pixellab.adapters.enhancers.bedrock", prices)
    return BedrockEnhancer(
        Bedrock(access_to(url, **changes), listed),
        imaging=RasterImaging(),
        local=LocalEnhancer(),
        check=check,
    )


@pytest.fixture
def enhancer(server: BedrockServer) -> BedrockEnhancer:
    return bedrock_at(server.url)
