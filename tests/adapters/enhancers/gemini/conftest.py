"""GEMINI, with Google's SDK, against a server of the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from pixellab.adapters.enhancers.cloud.price_list import read_prices
from pixellab.adapters.enhancers.gemini.gemini_enhancer import GeminiEnhancer
from pixellab.adapters.enhancers.gemini.service import GeminiAccess, GeminiService
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.imaging.imaging import RasterImaging
from tests.adapters.enhancers.gemini.gemini_server import (
    KEY,
    MODEL,
    GeminiServer,
    brighter,
    drawing,
    running_gemini,
)

Make = Callable[..., GeminiEnhancer]


def made(server: GeminiServer, **other: Any) -> GeminiEnhancer:
    """An enhancer that asks ``server``; keywords replace what it is made of."""
    access: dict[str, Any] = {"key": KEY, "model": MODEL, "base_url": server.url, "timeout": 30.0}
    access |= {name: other.pop(name) for name in list(other) if name in access}
    prices = read_prices("pixellab.adapters.enhancers.gemini", other.pop("prices", None))
    parts: dict[str, Any] = {
        "imaging": RasterImaging(),
        "local": LocalEnhancer(),
        "check": None,
        "max_input_bytes": 7_000_000,
    }
    return GeminiEnhancer(GeminiService(GeminiAccess(**access), prices), **(parts | other))


@pytest.fixture(scope="session")
def one_server() -> Iterator[GeminiServer]:
    with running_gemini() as running:
        yield running


@pytest.fixture(scope="session")
def one_enhancer(one_server: GeminiServer) -> GeminiEnhancer:
    """Made once: the SDK's client takes a while."""
    return made(one_server)


@pytest.fixture
def server(one_server: GeminiServer) -> GeminiServer:
    """It answers as the service does until a test says otherwise, and has been asked nothing."""
    one_server.answer = drawing(brighter)
    one_server.asked.clear()
    return one_server


@pytest.fixture
def make(server: GeminiServer) -> Make:
    return partial(made, server)


@pytest.fixture
def gemini(server: GeminiServer, one_enhancer: GeminiEnhancer) -> GeminiEnhancer:
    return one_enhancer
