"""What is said of results that are brought to a size."""

from __future__ import annotations

import numpy as np
import pytest

from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Task
from pixellab.domain.requests.framing import Fit, Shares
from pixellab.domain.results import Enhanced
from pixellab.domain.use_cases.sized_result import CENTRED, sized
from tests.unit.installation import install, photo

WIDE = Picture(pixels=np.full((100, 200, 3), 90, np.uint8), format="JPEG")
SQUARE = Task(width=50, height=50, fit=Fit.COVER)


@pytest.mark.parametrize(
    ("product", "told"),
    [
        (None, 0),
        ((0.3, 0.1, 0.8, 0.9), 0),
        ((0.5, 0.0, 1.0, 1.0), 0),
        ((0.1, 0.1, 0.9, 0.9), 1),
    ],
)
def test_a_product_that_is_cropped_is_told_of(product: Shares | None, told: int) -> None:
    enhanced = Enhanced(picture=WIDE, backend="LOCAL", product=product)
    warnings = sized(RasterImaging(), enhanced, SQUARE).warnings
    assert len([each for each in warnings if "product was cropped" in each]) == told


def test_a_size_that_changes_nothing_leaves_no_step() -> None:
    enhanced = Enhanced(picture=WIDE, backend="LOCAL")
    done = sized(RasterImaging(), enhanced, Task(width=200, height=300))
    assert done.picture is WIDE
    assert not done.steps
    assert not done.warnings


@pytest.mark.parametrize(
    "task",
    [
        Task(width=24),
        Task(width=48, height=48, fit=Fit.PAD, padding="4", background="#102030"),
        Task(width=30, height=72, fit=Fit.COVER),
    ],
)
def test_a_size_that_was_asked_for_puts_the_product_in_no_doubt(task: Task) -> None:
    done = install().upload(photo(task=task)).enhancement
    assert done.warnings == ((CENTRED,) if task.fit is Fit.COVER else ())
