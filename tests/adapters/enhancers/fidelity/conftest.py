from __future__ import annotations

from pathlib import Path

import pytest

from pixellab.adapters.enhancers.fidelity.text.text_networks import TextNetworks


@pytest.fixture(scope="session")
def text_networks(text_files: tuple[Path, Path]) -> TextNetworks:
    return TextNetworks(*text_files)
