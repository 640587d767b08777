"""Every enhancer keeps the contract."""

from __future__ import annotations

import pytest

from pixellab.adapters.enhancers.deterministic import DeterministicEnhancer
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.domain.ports import Enhancer
from pixellab.domain.requests import Mode
from pixellab.testing import EnhancerContract
from tests.unit.installation import PaidEnhancer


class TestDeterministic(EnhancerContract):
    repeats = True

    @pytest.fixture
    def enhancer(self) -> Enhancer:
        return DeterministicEnhancer()


class TestDeterministicWithFewModes(EnhancerContract):
    repeats = True

    @pytest.fixture
    def enhancer(self) -> Enhancer:
        return DeterministicEnhancer("FEW", frozenset({Mode.UPSCALE, Mode.OPTIMIZE}))


class TestPaid(EnhancerContract):
    @pytest.fixture
    def enhancer(self) -> Enhancer:
        return PaidEnhancer("PAID")


class TestLocal(EnhancerContract):
    @pytest.fixture
    def enhancer(self) -> Enhancer:
        return LocalEnhancer()
