"""GEMINI keeps the contract of enhancers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pixellab.domain.ports import Enhancer
from pixellab.testing import EnhancerContract
from tests.adapters.enhancers.gemini.conftest import made
from tests.adapters.enhancers.gemini.gemini_server import running_gemini


@pytest.fixture(scope="module")
def one_for_all() -> Iterator[Enhancer]:
    with running_gemini() as server:
        yield made(server)


class TestGemini(EnhancerContract):
    @pytest.fixture
    def enhancer(self, one_for_all: Enhancer) -> Enhancer:
        return one_for_all
