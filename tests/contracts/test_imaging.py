"""The imaging keeps its contract."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from pixellab.adapters.imaging.apart.decoded_apart import DecodedApart
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.ports import Imaging
from pixellab.testing import ImagingContract

WITHIN = RasterImaging(
    max_bytes=100_000,
    max_pixels=100_000,
    backend_max_bytes=200_000,
    backend_max_pixels=200_000,
)


class TestRaster(ImagingContract):
    @pytest.fixture
    def imaging(self) -> Imaging:
        return WITHIN


@pytest.fixture(scope="module")
def apart() -> Iterator[DecodedApart]:
    imaging = DecodedApart(imaging=WITHIN, processes=2, seconds=60)
    yield imaging
    imaging.close()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has what it needs.")
class TestApart(ImagingContract):
    @pytest.fixture
    def imaging(self, apart: DecodedApart) -> Imaging:
        return apart
