import numpy as np
import pytest
from pixellab_enhancer_sepia import Sepia

from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from pixellab.testing import EnhancerContract


class TestSepia(EnhancerContract):
    """What PixelLab asks of every backend."""

    repeats = True

    @pytest.fixture
    def enhancer(self) -> Sepia:
        return Sepia()


def test_white_becomes_the_brown_of_paper() -> None:
    white = Picture(pixels=np.full((2, 2, 3), 255, np.uint8), format="PNG")
    brown = Sepia().enhance(white, Task(mode=Mode.LIGHT_CORRECTION)).picture
    assert brown.pixels[0, 0].tolist() == [255, 222, 178]
