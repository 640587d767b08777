"""GEMINI keeps the contract of enhancers."""

from __future__ import annotations

import pytest

from pixellab.adapters.enhancers.gemini.gemini_enhancer import GeminiEnhancer
from pixellab.domain.ports import Enhancer
from pixellab.testing import EnhancerContract


class TestGemini(EnhancerContract):
    @pytest.fixture
    def enhancer(self, gemini: GeminiEnhancer) -> Enhancer:
        return gemini
