"""What a result keeps of the product that its photo shows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pixellab.adapters.imaging.encode.encode import encode
from pixellab.adapters.imaging.likeness.faithfulness import compare
from pixellab.domain.formats import Format
from pixellab.domain.pictures import FAITHFUL, EncodeSpec, Faithfulness, Picture
from tests.adapters.imaging.decode.files import opened
from tests.adapters.imaging.quality.scenes import (
    compressed,
    knitwear,
    noisy,
    printed_box,
    tinted,
)

Pixels = NDArray[np.uint8]

BOX, KNITWEAR = printed_box(), knitwear()
GROUND = np.abs(BOX.astype(int) - BOX[0, 0]).max(axis=2) < 40


def kept(before: Pixels, after: Pixels) -> Faithfulness:
    return compare(
        *(Picture(pixels=np.ascontiguousarray(each), format="PNG") for each in (before, after))
    )


def _darker(pixels: Pixels) -> Pixels:
    return np.asarray(255 * (pixels / 255.0) ** 2, np.uint8)


def _ghosted(pixels: Pixels) -> Pixels:
    return np.asarray(0.6 * pixels + 0.4 * np.roll(pixels, (3, 6), (0, 1)), np.uint8)


def _twice(pixels: Pixels) -> Pixels:
    larger = cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return np.asarray(larger, np.uint8)


def _turned(pixels: Pixels) -> Pixels:
    return np.where(GROUND[..., None], pixels, pixels[..., [1, 2, 0]])


def _fur(contrast: float) -> Pixels:
    """Fine hairs in one direction, ``contrast`` being levels; uint8 (384, 384, 3)."""
    drawn = np.random.default_rng(3).normal(0, 1, (384, 384)).astype(np.float32)
    hairs = cv2.GaussianBlur(drawn, (0, 0), 0.45, sigmaY=2)
    hairs *= contrast / hairs.std()
    return np.asarray(np.clip(np.array((150, 118, 84)) + hairs[..., None], 0, 255), np.uint8)


def test_a_product_that_is_larger_on_a_canvas_as_large_as_its_photo_is_found() -> None:
    height, width = BOX.shape[:2]
    white = np.where(GROUND[..., None], np.uint8(255), BOX)
    larger = np.asarray(cv2.resize(white, None, fx=1.2, fy=1.2), np.uint8)
    top, left = (larger.shape[0] - height) // 2, (larger.shape[1] - width) // 2
    found = kept(BOX, larger[top : top + height, left : left + width])
    assert min(found.colour, found.detail) > 90


@pytest.mark.parametrize(
    ("before", "after", "part"),
    [
        (BOX, _turned(BOX), "colour"),
        (KNITWEAR, _darker(KNITWEAR), "colour"),
        (KNITWEAR, cv2.medianBlur(KNITWEAR, 9), "detail"),
        (BOX, _ghosted(BOX), "detail"),
    ],
    ids=["colours turned", "darkened", "weave flattened", "print ghosted"],
)
def test_it_falls_where_a_product_was_spoilt(before: Pixels, after: Pixels, part: str) -> None:
    found = kept(before, after)
    assert found.score < FAITHFUL
    assert getattr(found, part) == min(found.colour, found.detail, found.whole)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (noisy(BOX, 8), BOX),
        (tinted(BOX, 0.3), BOX),
        (np.asarray(BOX * 0.5, np.uint8), BOX),
        (np.asarray(cv2.GaussianBlur(BOX, (0, 0), 1.0), np.uint8), BOX),
        (
            BOX,
            np.asarray(cv2.resize(BOX, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8),
        ),
    ],
    ids=["noise", "cast", "darkness", "blur", "size"],
)
def test_it_does_not_fall_where_a_photo_was_repaired(before: Pixels, after: Pixels) -> None:
    assert kept(before, after).score > 90


@pytest.mark.parametrize("output", list(Format))
def test_a_file_that_looks_the_same_is_as_faithful(output: Format) -> None:
    """What every lossy format leaves out of fur is too faint to be seen."""
    fur = _fur(9)
    file = encode(Picture(pixels=fur, format="PNG"), EncodeSpec(format=output))
    assert kept(fur, opened(file.data).pixels).detail > 98.5


def test_it_falls_where_a_file_shows_less() -> None:
    fur = _fur(18)
    scores = [kept(fur, compressed(fur, quality)).score for quality in (90, 60, 30, 10)]
    assert scores == sorted(scores, reverse=True)
    assert scores[2] < FAITHFUL


def test_a_cut_out_may_lose_its_ground_and_not_its_product() -> None:
    alpha = np.where(GROUND, 0, 255).astype(np.uint8)
    assert kept(BOX, np.dstack([BOX, alpha])).score > 90
    alpha[:, BOX.shape[1] // 2 :] = 0
    half = kept(BOX, np.dstack([BOX, alpha]))
    assert half.score == pytest.approx(half.whole, abs=1)
    assert half.whole < 50


def test_a_product_is_found_where_it_was_moved_and_enlarged() -> None:
    """As STANDARDIZE does: cut out, larger, on a white square."""
    cut = np.where(GROUND[..., None], 255, BOX).astype(np.uint8)[60:620, 180:720]
    large = cv2.resize(cut, None, fx=1.4, fy=1.4, interpolation=cv2.INTER_CUBIC)
    canvas = np.full((1000, 1000, 3), 255, np.uint8)
    canvas[100 : 100 + large.shape[0], 120 : 120 + large.shape[1]] = large
    assert kept(BOX, canvas).score > 85
    assert kept(BOX, np.full((1000, 1000, 3), 255, np.uint8)).score == 0


def test_a_ground_that_was_painted_white_is_no_other_light() -> None:
    """The ground lost its tint, but the product is in the light it was in."""
    beige = BOX.copy()
    beige[GROUND] = (226, 190, 150)
    cut = np.where(GROUND[..., None], 255, beige).astype(np.uint8)
    assert kept(beige, cut).score > FAITHFUL


def test_a_product_may_run_out_of_a_white_canvas() -> None:
    busy = np.roll(printed_box(), 300, axis=0)
    busy[:, :100] = (40, 90, 40)
    cut = busy.copy()
    cut[:, :100] = 255
    cut[:300] = 255
    assert kept(busy, cut).colour > 95


def test_what_is_hidden_does_not_count() -> None:
    alpha = np.where(GROUND, 0, 255).astype(np.uint8)
    other = BOX.copy()
    other[GROUND] = 0
    assert kept(np.dstack([BOX, alpha]), np.dstack([other, alpha])).score > 98


@given(st.lists(st.integers(1, 40), min_size=4, max_size=4), st.sampled_from([3, 4]), st.data())
def test_any_two_pictures_can_be_compared(
    sides: list[int], channels: int, data: st.DataObject
) -> None:
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    one = random.integers(0, 256, (*sides[:2], channels)).astype(np.uint8)
    other = random.integers(0, 256, (*sides[2:], 7 - channels)).astype(np.uint8)
    found = kept(one, other)
    assert all(0 <= each <= 100 for each in (found.score, *found.parts.values()))
    assert found.score <= min(found.parts.values()) + 0.1


def test_the_same_pixels_give_100() -> None:
    found = kept(KNITWEAR, KNITWEAR.copy())
    assert (found.score, found.colour, found.detail, found.whole) == (100, 100, 100, 100)


def test_a_product_that_is_all_black_on_a_photo_without_contrast() -> None:
    before = np.full((400, 400, 3), 255, np.uint8)
    before[195:206, 199:201] = 0
    after = np.maximum(before, 5)
    assert kept(before, after).score > 90


def _on_a_striped_wall(product: Pixels) -> tuple[Pixels, NDArray[np.bool_]]:
    """A ring before a wall of stripes, and where it is."""
    y, x = np.mgrid[0 : product.shape[0], 0 : product.shape[1]]
    away = np.hypot(x - 350, y - 350)
    ring = (away < 260) & (away > 120)
    wall = np.where(((x // 40) % 2 == 0)[..., None], (150, 120, 90), (60, 90, 70))
    return np.where(ring[..., None], product, wall).astype(np.uint8), ring


def _cut_out(photo: Pixels, where: NDArray[np.bool_]) -> tuple[Pixels, Pixels]:
    """With a soft outline: transparent, and on white through JPEG."""
    alpha = cv2.GaussianBlur(where.astype(np.float32), (0, 0), 1.5)
    on_white = photo * alpha[..., None] + 255 * (1 - alpha[..., None])
    rounded = np.rint(255 * alpha).astype(np.uint8)
    return np.dstack([photo, rounded]), compressed(on_white.astype(np.uint8), 90)


def test_a_cut_out_is_as_faithful_on_white_as_with_transparency() -> None:
    """The hole of the ring is cut away, and not recoloured; so is what shines through."""
    photo, ring = _on_a_striped_wall(KNITWEAR)
    transparent, white = (kept(photo, each) for each in _cut_out(photo, ring))
    assert transparent.score > 85
    assert white.score == pytest.approx(transparent.score, abs=5)


def test_a_part_that_was_cut_away_is_missing_and_not_recoloured() -> None:
    half = ~GROUND
    half[:, BOX.shape[1] // 2 :] = False
    transparent, white = (kept(BOX, each) for each in _cut_out(BOX, half))
    assert white.whole < 50 < white.colour
    assert white.score == pytest.approx(transparent.score, abs=5)


def test_a_cut_that_runs_through_white_is_not_seen_on_white() -> None:
    """Nobody can tell where it runs, so it is no part of the outline."""
    photo, ring = _on_a_striped_wall(KNITWEAR)
    photo[:, 350:][~ring[:, 350:]] = 255
    wide = cv2.dilate(ring.astype(np.uint8), np.ones((41, 41), np.uint8)) > 0
    wide[:, :350] = ring[:, :350]
    _, white = _cut_out(photo, wide)
    assert kept(photo, white).whole > 90


@pytest.mark.parametrize("stretch", [1.0, 1.5], ids=["less light", "and more contrast"])
def test_a_product_is_found_in_much_more_light(stretch: float) -> None:
    """As STANDARDIZE makes of a photo that was far too dark."""
    scene = np.full((720, 900, 3), 200, np.uint8)
    scene[120:560, 240:660] = KNITWEAR[:440, :420]
    dark = np.asarray(255 * 0.35 * (scene / 255.0) ** stretch, np.uint8)
    light = np.full((800, 800, 3), 255, np.uint8)
    light[160:600, 180:600] = KNITWEAR[:440, :420]
    assert kept(dark, light).score > 85


@pytest.mark.parametrize("side", [1, 8, 500])
def test_a_picture_of_one_colour_is_found_in_its_jpeg(side: int) -> None:
    red = np.full((side, side, 3), (255, 0, 0), np.uint8)
    assert kept(red, np.full_like(red, (254, 0, 0))).score > 99
    assert kept(red, np.full_like(red, 255)).score < FAITHFUL
