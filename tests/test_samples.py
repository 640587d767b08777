"""The sample photos are what the code beside them makes."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SAMPLES = Path(__file__).parents[1] / "samples"
SCALE = 0.1


def test_each_sample_is_there_and_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SAMPLES)
    made = importlib.import_module("make_samples").SAMPLES
    # Results that someone had made beside the samples have a second dot in their names.
    files = (path for path in SAMPLES.glob("*.jpg") if "." not in path.stem)
    photos = {path.stem: path.stat().st_size for path in files}
    assert set(photos) == set(made)
    assert max(photos.values()) < 150_000
    assert sum(photos.values()) < 700_000
    for name, sample in made.items():
        with Image.open(SAMPLES / f"{name}.jpg") as photo:
            assert photo.size == (sample.width, sample.height)


@pytest.mark.parametrize("name", ["dark-mug", "yellow-box"])
def test_the_code_makes_the_sample(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SAMPLES)
    module = importlib.import_module("make_samples")
    again = module.photograph(module.SAMPLES[name], SCALE)
    height, width = again.shape[:2]
    with Image.open(SAMPLES / f"{name}.jpg") as photo:
        committed = np.asarray(photo.resize((width, height), Image.Resampling.BOX))
    # Edges fall on other pixels at a tenth of the size; another scene differs by 20 and more.
    assert np.abs(again.astype(float) - committed.astype(float)).mean() < 3
