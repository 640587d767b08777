"""What each mode of GEMINI makes of a photo."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from pixellab.adapters.enhancers.gemini.frames import RATIOS, frame_for, size_for, within_size
from pixellab.adapters.enhancers.gemini.gemini_enhancer import GeminiEnhancer
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.domain.errors import BackendRefused
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Fidelity
from tests.adapters.enhancers.gemini.conftest import Make
from tests.adapters.enhancers.gemini.gemini_server import (
    SIDES,
    Asked,
    GeminiServer,
    Pixels,
    drawing,
)
from tests.adapters.enhancers.local.scenes import (
    levels,
    picture,
    product_scene,
    with_round_alpha,
)

PRODUCT = product_scene(400, 300)
BACKDROP = (176, 178, 180)


def box_of(pixels: Pixels) -> tuple[slice, slice]:
    """Where ``product_scene`` draws its product."""
    height, width = pixels.shape[:2]
    return slice(round(0.15 * height), round(0.85 * height)), slice(
        round(0.2 * width), round(0.8 * width)
    )


def on_backdrop(asked: Asked) -> Pixels:
    """The product that was sent, before a plain backdrop: the answer that is hoped for."""
    width, height = asked.drawn_size
    drawn = cv2.resize(_alone(asked.picture), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(drawn, np.uint8)


def another_product(asked: Asked) -> Pixels:
    """On the same backdrop, and in the same place, another one."""
    sent = _alone(asked.picture).copy()
    inside = (sent != BACKDROP).any(axis=2)
    sent[inside] = 255 - np.flipud(sent)[inside]
    return np.asarray(cv2.resize(sent, asked.drawn_size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _alone(sent: Pixels) -> Pixels:
    drawn = np.empty_like(sent)
    drawn[:] = BACKDROP
    drawn[box_of(sent)] = sent[box_of(sent)]
    return drawn


def cluttered() -> Pixels:
    """The product before a busy background."""
    noise = np.random.default_rng(3).integers(0, 256, (30, 25, 3), np.uint8)
    scene = np.asarray(cv2.resize(noise, (300, 400), interpolation=cv2.INTER_CUBIC), np.uint8)
    scene[box_of(PRODUCT)] = PRODUCT[box_of(PRODUCT)]
    return scene


def test_a_background_goes_and_the_photographed_pixels_stay(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    photo = picture(cluttered())
    server.answer = drawing(on_backdrop)
    done = gemini.enhance(photo, Task(mode=Mode.BACKGROUND_REMOVE))
    rows, columns = box_of(PRODUCT)
    inside = slice(rows.start + 12, rows.stop - 12), slice(columns.start + 12, columns.stop - 12)
    assert done.picture.has_alpha
    alpha = done.picture.pixels[..., 3]
    assert (alpha[inside] == 255).all()
    truth = np.zeros(alpha.shape, bool)
    truth[rows, columns] = True
    overlap = (truth & (alpha > 127)).sum() / (truth | (alpha > 127)).sum()
    assert overlap > 0.95
    assert np.array_equal(done.picture.pixels[inside][..., :3], photo.pixels[inside])
    assert done.picture.metadata.digital_source_type is None, "no pixel is generated"
    assert done.drawn is None


def test_a_drawn_product_is_kept_and_marked_where_it_does_not_lie_on_the_photographed_one(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    server.answer = drawing(another_product)
    done = gemini.enhance(picture(cluttered()), Task(mode=Mode.BACKGROUND_REMOVE))
    assert done.picture.has_alpha
    assert done.picture.metadata.digital_source_type == "trainedAlgorithmicMedia"
    assert any("the drawn product was kept" in each for each in done.warnings)


def test_the_result_of_a_cutout_is_what_is_held_against_the_photo(
    make: Make, server: GeminiServer
) -> None:
    seen: list[Pixels] = []

    def check(_: Pixels, kept: Pixels) -> Fidelity:
        seen.append(kept)
        return Fidelity(figures={})

    server.answer = drawing(on_backdrop)
    make(check=check).enhance(picture(cluttered()), Task(mode=Mode.BACKGROUND_REMOVE))
    assert (seen[0][:20] == 255).all(), "the old background is gone"


def test_a_backdrop_without_a_product_changes_nothing_and_says_so(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    server.answer = drawing(lambda asked: np.full((*asked.drawn_size[::-1], 3), 180, np.uint8))
    photo = picture(cluttered())
    done = gemini.enhance(photo, Task(mode=Mode.BACKGROUND_REMOVE))
    assert np.array_equal(done.picture.pixels, photo.pixels)
    assert done.picture.metadata.digital_source_type is None
    assert done.warnings
    assert done.usage, "it was paid all the same"


def test_a_background_is_put_behind_and_a_shadow_asked_for(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    server.answer = drawing(on_backdrop)
    task = Task(mode=Mode.BACKGROUND_REMOVE, background="#f2f2f2", keep_shadow=True)
    done = gemini.enhance(picture(cluttered()), task)
    assert not done.picture.has_alpha
    assert (done.picture.pixels[:20, :20] == 0xF2).all()
    assert "shadow" in server.only.prompt


def test_a_photo_without_a_background_is_not_sent(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    done = gemini.enhance(picture(with_round_alpha(PRODUCT)), Task(mode=Mode.BACKGROUND_REMOVE))
    assert done.usage is None
    assert server.asked == []


def test_transparency_is_seen_on_white_and_put_back(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    server.answer = drawing(_as_sent)
    photo = picture(with_round_alpha(PRODUCT))
    done = gemini.enhance(photo, Task(mode=Mode.DENOISE))
    assert (server.only.picture[5, 5] > 250).all(), "hidden green was sent"
    assert np.array_equal(done.picture.pixels[..., 3], photo.pixels[..., 3])
    assert any("transparency was put back" in each for each in done.warnings)
    half = (photo.pixels[..., 3] > 90) & (photo.pixels[..., 3] < 200)
    there = done.picture.pixels[half][:, :3].astype(int) - photo.pixels[half][:, :3]
    assert abs(there.mean()) < 8, "the white shines through at the outline"


def _as_sent(asked: Asked) -> Pixels:
    return np.asarray(
        cv2.resize(asked.picture, asked.drawn_size, interpolation=cv2.INTER_CUBIC), np.uint8
    )


def test_a_photo_that_needs_nothing_is_not_sent(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    photo = picture(PRODUCT)
    here = LocalEnhancer().enhance(photo, Task())
    assert not any(step.applied for step in here.steps)
    done = gemini.enhance(photo, Task())
    assert np.array_equal(done.picture.pixels, photo.pixels)
    assert done.usage is None
    assert "needs nothing" in done.steps[-1].why
    assert server.asked == []


def test_auto_asks_for_what_was_measured_and_no_more(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    def better(asked: Asked) -> Pixels:
        return np.asarray(cv2.resize(PRODUCT, asked.drawn_size, interpolation=cv2.INTER_CUBIC))

    server.answer = drawing(better)
    noisy = levels(PRODUCT + np.random.default_rng(0).normal(0, 14, PRODUCT.shape))
    done = gemini.enhance(picture(noisy), Task())
    assert "noise" in server.only.prompt
    assert "exposure" not in server.only.prompt
    assert "backdrop" not in server.only.prompt
    assert done.usage
    assert np.std(done.picture.pixels[:8, :8]) < 0.3 * np.std(noisy[:8, :8])
    assert done.picture.metadata.digital_source_type == "trainedAlgorithmicMedia"


def test_auto_keeps_local_s_picture_where_gemini_s_is_worse(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    def worse(asked: Asked) -> Pixels:
        return np.asarray(_as_sent(asked) // 6, np.uint8)

    server.answer = drawing(worse)
    photo = picture(levels(PRODUCT + np.random.default_rng(0).normal(0, 14, PRODUCT.shape)))
    here = LocalEnhancer().enhance(photo, Task())
    done = gemini.enhance(photo, Task())
    assert np.array_equal(done.picture.pixels, here.picture.pixels)
    assert done.picture.metadata.digital_source_type is None
    assert done.usage
    assert done.usage.amount is not None
    assert any("measured worse" in each for each in done.warnings)


def test_full_asks_for_a_backdrop_where_local_finds_no_product_and_leaves_the_rest_to_local(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (96, 96, 3), np.uint8)
    done = gemini.enhance(picture(noise), Task(mode=Mode.FULL))
    assert "backdrop" in server.only.prompt
    assert {"gemini", "upscale", "optimize"} <= {step.name for step in done.steps if step.applied}
    assert done.picture.width == 192
    assert done.backend == "GEMINI"


def test_what_auto_and_full_leave_out_is_not_asked_for(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    noise = picture(np.random.default_rng(5).integers(0, 256, (96, 96, 3), np.uint8))
    needs = {step.name for step in LocalEnhancer().enhance(noise, Task()).steps if step.applied}
    done = gemini.enhance(noise, Task(mode=Mode.FULL, without=["background", *needs]))
    assert server.asked == []
    assert "needs nothing" in done.steps[-1].why


def test_what_gemini_draws_as_a_whole_leaves_no_step_out(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    with pytest.raises(BackendRefused, match="so deblock cannot be left out of its SHARPEN"):
        gemini.enhance(picture(PRODUCT), Task(mode=Mode.SHARPEN, without="deblock"))
    assert server.asked == []


@pytest.mark.parametrize(("width", "height", "scale"), [(101, 149, 2), (640, 151, 3), (97, 96, 4)])
def test_the_frame_is_exactly_the_caller_s(
    gemini: GeminiEnhancer, server: GeminiServer, width: int, height: int, scale: int
) -> None:
    y, x = np.mgrid[:height, :width]
    ramp = np.stack([x * 255 / width, y * 255 / height, 0 * x + 90], axis=2).astype(np.uint8)
    server.answer = drawing(_as_sent)
    photo = picture(ramp)
    same = gemini.enhance(photo, Task(mode=Mode.DENOISE)).picture.pixels
    assert same.shape == ramp.shape
    assert np.abs(same.astype(int) - ramp).max() < 12, "the frame moved"
    large = gemini.enhance(photo, Task(mode=Mode.UPSCALE, scale=scale)).picture
    assert (large.width, large.height) == (scale * width, scale * height)


def test_a_result_larger_than_gemini_draws_is_enlarged_here_and_says_so(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    server.answer = drawing(lambda _: np.full((896, 1200, 3), 160, np.uint8))
    photo = picture(np.full((1000, 1333, 3), 150, np.uint8))
    done = gemini.enhance(photo, Task(mode=Mode.UPSCALE, scale=4))
    assert (done.picture.width, done.picture.height) == (5332, 4000)
    assert server.only.size == "4K"
    assert any("enlarged on this machine" in each for each in done.warnings)


def test_a_photo_larger_than_gemini_draws_is_sent_smaller(gemini: GeminiEnhancer) -> None:
    estimate = gemini.estimate(8000, 6000, Task(mode=Mode.SHARPEN))
    assert estimate
    assert "the photo at 4961 x 3720 pixels" in estimate.sends


SIDE = st.integers(64, 3000)


@settings(max_examples=60)
@given(SIDE, SIDE, st.floats(0.98, 1.02), st.integers(20, 90))
def test_a_photo_comes_back_where_it_was(width: int, height: int, off: float, side: int) -> None:
    """Padding, drawing in an inexact ratio around the same middle, and cropping move nothing."""
    try:
        frame = frame_for(width, height)
    except BackendRefused:
        return
    assert frame.ratio in RATIOS
    wide, high = frame.padded_size
    assert wide == width or high == height
    zoom = 300 / min(wide, high)
    columns, rows = round(wide * zoom * max(off, 1)), round(high * zoom * max(1 / off, 1))
    # Each pixel of the answer says where in the photo it is, 0 to 255 along its sides.
    left, top = (wide - width) // 2, (high - height) // 2
    x = ((np.arange(columns) + 0.5 - columns / 2) / zoom + wide / 2 - left) / width
    y = ((np.arange(rows) + 0.5 - rows / 2) / zoom + high / 2 - top) / height
    places = np.stack([*np.meshgrid(x, y), np.zeros((rows, columns))], axis=2)
    drawn = np.clip(255 * places, 0, 255).astype(np.uint8)
    assert frame.fits(drawn)
    taken = frame.taken_from(drawn, (side, side))
    assert taken.shape == (side, side, 3)
    truth = 255 * (np.arange(side) + 0.5) / side
    pixel = 255 / (zoom * min(width, height))
    inner = slice(2, -2)
    assert np.abs(taken[:, :, 0].mean(axis=0) - truth)[inner].max() < 2 + 1.5 * pixel
    assert np.abs(taken[:, :, 1].mean(axis=1) - truth)[inner].max() < 2 + 1.5 * pixel


@given(st.integers(64, 9000), st.integers(64, 9000), st.sampled_from([1, 2, 3, 4]))
def test_the_size_is_the_smallest_that_does(width: int, height: int, scale: int) -> None:
    try:
        frame = frame_for(width, height)
    except BackendRefused:
        return
    size = size_for(frame, scale)
    needed = scale**2 * frame.padded_size[0] * frame.padded_size[1]
    smaller = [side for name, side in SIDES.items() if side < SIDES[size]]
    assert all(needed > side**2 for side in smaller)
    sent = within_size(frame.padded_size, size)
    assert sent[0] * sent[1] <= 1.12 * SIDES[size] ** 2
    assert sent[0] <= frame.padded_size[0]


def test_a_report_by_another_method_is_not_compared_with(
    gemini: GeminiEnhancer, server: GeminiServer
) -> None:
    photo = picture(levels(PRODUCT + np.random.default_rng(0).normal(0, 14, PRODUCT.shape)))
    mine: Any = evolve(_report(photo), score=100.0, measured_by="another method")
    done = gemini.enhance(photo, Task(), mine)
    assert not any("measured worse" in each for each in done.warnings)


def _report(photo: Picture) -> Any:
    from pixellab.adapters.imaging.imaging import RasterImaging

    return RasterImaging().assess(photo)
