"""What computes networks quickest is measured, kept for this machine alone, and used."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pixellab.adapters.enhancers.local.networks.measure_speed import measure
from pixellab.adapters.enhancers.local.networks.shipped import contents, shipped
from pixellab.adapters.enhancers.local.networks.tuning import (
    FILE,
    Level,
    Quickest,
    Tuning,
    keep,
    kept,
)
from pixellab.domain.errors import StoreUnavailable
from tests.adapters.enhancers.local.scenes import noisy, product_scene

SCENE = noisy(product_scene(120, 100), 6)
CHOICE = Quickest("CPU", Tuning(Level.EXTENDED, 1))


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    assert kept(folder) is None
    keep(folder, Quickest())
    keep(folder, CHOICE)
    assert kept(folder) == CHOICE
    assert [each.name for each in folder.iterdir()] == [FILE]


@pytest.mark.parametrize(
    "change",
    [
        {"machine": "another one"},
        {"provider": "ABACUS"},
        {"level": "highest"},
        {"tiles": 10_000},
        {"tiles": "two"},
    ],
)
def test_what_does_not_fit_this_machine_is_not_used(
    tmp_path: Path, change: dict[str, object]
) -> None:
    keep(tmp_path, CHOICE)
    file = tmp_path / FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert kept(tmp_path) is None


@pytest.mark.parametrize("left", ["", "[]", "{", '{"level": "all"}', "\0"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, left: str) -> None:
    (tmp_path / FILE).write_text(left)
    assert kept(tmp_path) is None


def test_a_folder_that_takes_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file, no folder")
    with pytest.raises(StoreUnavailable, match="cannot be kept: the folder of the models"):
        keep(tmp_path / "models", CHOICE)


@pytest.mark.parametrize("name", sorted(contents()))
def test_every_level_makes_the_same_picture(name: str) -> None:
    by_all, by_extended = (shipped(name, tuning=Tuning(level)).run(SCENE) for level in Level)
    assert np.abs(by_all.astype(int) - by_extended).max() <= 1


def test_the_quickest_is_never_slower_than_what_is_done_untuned(
    caplog: pytest.LogCaptureFixture,
) -> None:
    speed = measure(("COREML", "CPU"), side=48, rounds=1)
    assert not caplog.records  # of a provider that is not here
    assert 0 < speed.seconds <= speed.untuned
    assert speed.quickest.provider == "CPU"  # nothing here has the other
    assert speed.quickest.tuning.tiles is not None


def test_a_network_works_on_as_many_tiles_as_was_measured() -> None:
    network = shipped("denoise", tuning=Tuning(Level.ALL, 1))
    assert network.tiles == 1
    assert np.array_equal(network.run(SCENE, tile=32), shipped("denoise").run(SCENE, tile=32))
