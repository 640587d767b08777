"""Google's own service, for a few cents: pytest -m paid, with GEMINI_API_KEY_FOR_TESTS set."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from pixellab.adapters.enhancers.cloud.price_list import read_prices
from pixellab.adapters.enhancers.gemini.gemini_enhancer import GeminiEnhancer
from pixellab.adapters.enhancers.gemini.service import GeminiAccess, GeminiService
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.requests import Mode, Task
from tests.adapters.enhancers.gemini.gemini_server import MODEL
from tests.adapters.enhancers.local.scenes import dimmed, picture, product_scene

# Read while the tests are collected: each of them starts with an empty environment.
KEY = os.environ.get("GEMINI_API_KEY_FOR_TESTS", "")

pytestmark = [
    pytest.mark.paid,
    pytest.mark.skipif(not KEY, reason="GEMINI_API_KEY_FOR_TESTS is not set"),
]


@pytest.fixture(scope="module")
def gemini() -> GeminiEnhancer:
    prices = read_prices("pixellab.adapters.enhancers.gemini")
    service = GeminiService(GeminiAccess(key=KEY, model=MODEL), prices)
    return GeminiEnhancer(service, RasterImaging(), LocalEnhancer(), None, 7_000_000)


def test_the_key_is_accepted_and_the_model_there(gemini: GeminiEnhancer) -> None:
    found = gemini.diagnose()
    assert {each.verdict for each in found} == {"ok"}, found


@pytest.mark.parametrize("mode", [Mode.LIGHT_CORRECTION, Mode.BACKGROUND_REMOVE])
def test_a_photo_is_drawn(
    gemini: GeminiEnhancer, mode: Mode, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = picture(dimmed(product_scene(400, 300), 0.3))
    done = gemini.enhance(photo, Task(mode=mode))
    assert (done.picture.width, done.picture.height) == (300, 400)
    assert not np.array_equal(done.picture.pixels[..., :3], photo.pixels)
    assert done.response_id
    assert done.usage
    cost = done.usage.amount or "unknown"
    with capsys.disabled():
        sys.stdout.write(f"\n{mode} by {done.model_version}: {cost} {done.usage.currency}\n")
