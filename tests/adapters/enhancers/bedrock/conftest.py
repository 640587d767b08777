from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
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
from tests.adapters.enhancers.bedrock.bedrock_server import (
    FAST,
    REMOVE,
    BedrockServer,
    bedrock_server,
)


@pytest.fixture(scope="session")
def lasting_server() -> Iterator[BedrockServer]:
    with bedrock_server() as running:
        yield running


@pytest.fixture
def server(lasting_server: BedrockServer) -> BedrockServer:
    """As if nobody had asked it anything."""
    lasting_server.forget()
    return lasting_server


def access_to(url: str | None, **changes: Any) -> BedrockAccess:
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


PRICES = {FAST: Decimal("0.05"), REMOVE: Decimal("0.07")}


@cache
def bedrock_at(
    url: str | None, *, check: CheckFidelity | None = None, priced: bool = False, **changes: Any
) -> BedrockEnhancer:
    """The backend, over the server at ``url``, or Amazon's; ``priced`` by PRICES."""
    prices = read_prices("pixellab.adapters.enhancers.bedrock", PRICES if priced else None)
    return BedrockEnhancer(
        Bedrock(access_to(url, **changes), prices),
        imaging=RasterImaging(),
        local=LocalEnhancer(),
        check=check,
    )


@pytest.fixture
def enhancer(server: BedrockServer) -> BedrockEnhancer:
    return bedrock_at(server.url)
