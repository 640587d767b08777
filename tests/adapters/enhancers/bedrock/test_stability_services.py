from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.enhancers.bedrock.stability_services import (
    CONSERVATIVE_UPSCALE,
    FAST_UPSCALE,
    SERVICES,
    Service,
    upscaler,
)
from pixellab.domain.errors import BackendRefused

SIDES = st.integers(1, 20_000)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.model)
@given(width=SIDES, height=SIDES)
def test_what_is_sent_is_within_the_limits_in_proportion_and_no_larger_than_it_was(
    service: Service, width: int, height: int
) -> None:
    try:
        across, down = service.sent_size(width, height)
    except BackendRefused:
        assert not service.takes_whole(width, height)
        return
    assert service.min_side <= min(across, down)
    assert max(across, down) <= service.max_side
    assert across * down <= service.max_pixels
    assert max(across, down) <= service.max_aspect * min(across, down)
    assert across <= width
    assert down <= height
    # Each side is rounded down by less than a pixel.
    assert abs(across / width - down / height) <= 1 / width + 1 / height


@pytest.mark.parametrize(
    ("size", "service"),
    [
        ((32, 32), FAST_UPSCALE),
        ((1024, 1024), FAST_UPSCALE),
        ((1536, 682), FAST_UPSCALE),
        ((1537, 615), CONSERVATIVE_UPSCALE),
        ((1025, 1024), CONSERVATIVE_UPSCALE),
    ],
)
def test_the_fast_upscale_is_asked_for_what_it_takes_whole(
    size: tuple[int, int], service: Service
) -> None:
    assert upscaler(*size) is service
