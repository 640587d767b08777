"""Backends brought by another package, which is really built and installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pixellab.domain.errors import BackendUnavailable
from pixellab.entrypoints.library import open_pixellab
from pixellab.entrypoints.plugins import find_enhancers
from tests.conftest import photo_bytes
from tests.plugins import build_plugin


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(build_plugin(tmp_path / "wheels")))


@pytest.mark.usefixtures("_installed")
def test_an_installed_package_adds_a_backend() -> None:
    with open_pixellab(data_dir="data") as lab:
        assert "SHINY" in lab.lab.enhancers.names()
        done = lab.upload(photo_bytes(), backend="shiny")
        assert done.enhancement.backend == "SHINY"
        assert done.enhancement.steps[0].name == "invert"
        assert lab.image(done.image.id).backend == "SHINY"


@pytest.mark.usefixtures("_installed")
def test_a_package_that_cannot_be_loaded_is_unavailable() -> None:
    with pytest.raises(BackendUnavailable, match="rusty"):
        find_enhancers()["RUSTY"]()
