"""Amazon itself, for some cents: ``pytest -m paid -s`` where PIXELLAB_BEDROCK_REGION is set."""

from __future__ import annotations

import os

import numpy as np
import pytest

from pixellab.domain.findings import Verdict
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from pixellab.entrypoints.bootstrap import files_only
from pixellab.entrypoints.settings import load_settings
from tests.conftest import photo_bytes, scene

# Each test begins without these variables, so they are kept here.
REAL = {
    name: value
    for name, value in os.environ.items()
    if name.startswith("AWS_") or name in ("PIXELLAB_BEDROCK_REGION", "PIXELLAB_PRICES")
}

pytestmark = [
    pytest.mark.paid,
    pytest.mark.skipif(
        "PIXELLAB_BEDROCK_REGION" not in REAL, reason="PIXELLAB_BEDROCK_REGION is not set"
    ),
]


@pytest.fixture(autouse=True)
def _real(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("mode", [Mode.BACKGROUND_REMOVE, Mode.UPSCALE, Mode.UPSCALE_DENOISE])
def test_the_real_services_serve(mode: Mode) -> None:
    enhance = files_only(load_settings(_env_file=None))
    picture = Picture(pixels=scene(320, 240), format="PNG")
    done = enhance(picture, Task(mode=mode), ("BEDROCK",), photo=photo_bytes).enhanced
    print(mode, done.model_version, done.usage, *done.steps, sep="\n  ")  # noqa: T201
    times = 1 if mode is Mode.BACKGROUND_REMOVE else 2
    assert (done.picture.width, done.picture.height) == (times * 320, times * 240)
    assert done.response_id
    if mode is Mode.BACKGROUND_REMOVE:
        alpha = done.picture.pixels[..., 3]
        assert alpha[0, 0] < 30
        assert np.asarray(alpha)[120, 160] > 225


def test_the_real_control_plane_is_well() -> None:
    enhancer = files_only(load_settings(_env_file=None)).enhancers.get("BEDROCK", Task())
    findings = enhancer.diagnose()
    for each in findings:
        print(each)  # noqa: T201
    assert all(each.verdict is not Verdict.PROBLEM for each in findings)
