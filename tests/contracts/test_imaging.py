"""The imaging keeps its contract."""

from __future__ import annotations

import pytest

from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.ports import Imaging
from pixellab.testing import ImagingContract


class TestRaster(ImagingContract):
    @pytest.fixture
    def imaging(self) -> Imaging:
        return RasterImaging(
            max_bytes=100_000,
            max_pixels=100_000,
            backend_max_bytes=200_000,
            backend_max_pixels=200_000,
        )
