"""The classical cut-out, on scenes whose true alpha is known because they are made here."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cutout.cut_out import Cutout, cut_along, cut_out
from pixellab.adapters.enhancers.local.cutout.matting import split_layers

Bytes = NDArray[Any]
Floats = NDArray[Any]

SIDE = 360
RED = (178, 42, 51)
WHITE = (250, 250, 249)


def floats(values: object) -> Floats:
    return np.asarray(values, np.float32)


def disc(
    radius: float = 0.3, hole: float = 0.0, centre: tuple[float, float] = (0.5, 0.5)
) -> Floats:
    """Alpha of a disc with a soft edge and perhaps a hole; lengths are shares of the side."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) + 0.5
    distance = np.hypot(x - centre[0] * SIDE, y - centre[1] * SIDE)
    alpha = np.clip(radius * SIDE - distance + 0.5, 0, 1)
    if hole:
        alpha *= np.clip(distance - hole * SIDE + 0.5, 0, 1)
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), 0.8))


def plain(colour: tuple[float, float, float] = (200, 201, 203)) -> Floats:
    return np.broadcast_to(floats(colour), (SIDE, SIDE, 3)).copy()


def gradient() -> Floats:
    """Light from the upper left, falling off by a third."""
    y, x = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j][..., None].astype(np.float32)
    return np.asarray(floats([226, 230, 236]) * (1 - 0.25 * y - 0.08 * x * x), np.float32)


def shadowed(background: Floats, alpha: Floats) -> Floats:
    fallen = np.roll(alpha, (SIDE // 30, SIDE // 60), axis=(0, 1))
    depth = 0.35 * cv2.GaussianBlur(fallen, (0, 0), SIDE / 45)[..., None]
    return np.asarray(background * (1 - depth))


def scene(
    alpha: Floats, background: Floats, colour: tuple[int, int, int] = RED, noise: float = 1.0
) -> Bytes:
    a = alpha[..., None]
    picture = a * floats(colour) + (1 - a) * background
    picture += np.random.default_rng(7).normal(0, noise, picture.shape)
    return np.asarray(np.rint(picture).clip(0, 255), np.uint8)


def mean_error(cutout: Cutout, alpha: Floats) -> float:
    """Mean absolute error of alpha, 0 to 1."""
    return float(np.abs(cutout.alpha.astype(np.float32) / 255 - alpha).mean())


def assert_unchanged(cutout: Cutout, pixels: Bytes) -> None:
    assert not cutout.found
    assert cutout.confidence == 0
    assert cutout.why.endswith(".")
    assert (cutout.alpha == 255).all()
    np.testing.assert_array_equal(cutout.foreground, pixels[..., :3])


@pytest.mark.parametrize(
    "background",
    [plain(), plain(WHITE), plain((40, 90, 70)), plain((20, 20, 22)), gradient()],
    ids=["grey", "white", "green", "black", "gradient"],
)
@pytest.mark.parametrize("shadow", [False, True], ids=["", "shadow"])
def test_finds_alpha_on_plain_backgrounds(background: Floats, shadow: bool) -> None:
    alpha = disc()
    behind = shadowed(background, alpha) if shadow else background
    cutout = cut_out(scene(alpha, behind))
    assert cutout.found
    assert cutout.confidence > 0.6
    assert mean_error(cutout, alpha) < 0.01
    assert cutout.alpha[:20].max() == 0
    assert cutout.alpha[SIDE // 2, SIDE // 2] == 255


@pytest.mark.parametrize(("wide", "every"), [(3, 12), (2, 8), (4, 10)])
def test_stripes_of_the_product_s_colour_in_the_ground_are_no_bristles(
    wide: int, every: int
) -> None:
    alpha, ground = disc(), plain((150, 140, 120))
    ground[np.arange(SIDE) % every < wide] = RED
    seen = np.asarray(cv2.GaussianBlur(alpha, (0, 0), 4))
    ours = split_layers(scene(alpha, ground), seen).alpha
    around = cv2.dilate((alpha > 0.02).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert not (ours[~around] > 80).any()
    assert np.abs(ours / np.float32(255) - alpha).mean() < 0.007


def test_soft_edge_holds_the_product_s_colour_only() -> None:
    alpha = disc()
    cutout = cut_out(scene(alpha, plain((40, 160, 90)), noise=0))
    soft = (alpha > 0.1) & (alpha < 0.9)
    error = np.abs(cutout.foreground[soft].astype(np.float32) - floats(RED)).mean()
    naive = np.abs(scene(alpha, plain((40, 160, 90)), noise=0)[soft] - floats(RED)).mean()
    assert error < 0.25 * naive
    assert np.abs(cutout.alpha[soft] / 255 - alpha[soft]).mean() < 0.06


def test_a_soft_edge_has_the_product_s_colour_at_every_alpha() -> None:
    orange, soft = (235, 120, 40), cv2.GaussianBlur(disc(), (0, 0), 0.8)
    cutout = cut_out(scene(soft, plain((38, 160, 66)), orange))
    error = np.abs(cutout.foreground - floats(orange)).max(axis=2)
    edges = np.linspace(5, 254, 7)
    for least, most in itertools.pairwise(edges):
        band = (cutout.alpha >= least) & (cutout.alpha < most)
        assert error[band].mean() < 10


def test_opens_the_hole_of_a_ring() -> None:
    alpha = disc(hole=0.15)
    cutout = cut_out(scene(alpha, gradient()))
    assert cutout.found
    assert cutout.alpha[SIDE // 2, SIDE // 2] == 0
    assert mean_error(cutout, alpha) < 0.015


def test_keeps_small_print_of_the_background_s_colour() -> None:
    alpha = disc()
    print_ = disc(radius=0.012)
    picture = scene(alpha * (1 - print_), plain())
    assert cut_out(picture).alpha[SIDE // 2, SIDE // 2] == 255


def test_finds_several_parts() -> None:
    alpha = np.maximum(disc(0.15, centre=(0.27, 0.5)), disc(0.15, centre=(0.73, 0.5)))
    cutout = cut_out(scene(alpha, gradient()))
    assert cutout.found
    assert mean_error(cutout, alpha) < 0.01


@pytest.mark.parametrize(
    "background", [plain(), plain((60, 110, 90)), gradient()], ids=["grey", "green", "gradient"]
)
def test_the_shadow_is_kept_on_request(background: Floats) -> None:
    alpha, light = disc(), shadowed(background, disc())
    cutout = cut_out(scene(alpha, light), keep_shadow=True)
    depth = 1 - (light / background)[..., 1]
    outside = alpha == 0
    kept = cutout.alpha.astype(np.float32) / 255
    assert depth[outside].max() > 0.25
    assert np.abs(kept - depth)[outside].mean() < 0.005
    assert np.abs(kept - depth)[outside].max() < 0.12
    assert (cutout.foreground[outside & (depth > 0.1)] == 0).all()
    assert (cutout.alpha[alpha == 1] == 255).all()
    assert not cutout.warnings


def test_without_a_shadow_there_is_none_to_keep() -> None:
    picture = scene(disc(), gradient())
    cutout, bare = cut_out(picture, keep_shadow=True), cut_out(picture)
    np.testing.assert_array_equal(cutout.alpha, bare.alpha)
    np.testing.assert_array_equal(cutout.foreground, bare.foreground)


@pytest.mark.parametrize("centre", [(0.5, 0.9), (0.05, 0.5)])
def test_product_may_touch_an_edge(centre: tuple[float, float]) -> None:
    alpha = disc(centre=centre)
    cutout = cut_out(scene(alpha, plain()))
    assert cutout.found
    assert mean_error(cutout, alpha) < 0.01


def test_product_touching_all_edges_is_cut_from_the_corners() -> None:
    alpha = disc(radius=0.52)
    cutout = cut_out(scene(alpha, plain()))
    assert cutout.found
    assert mean_error(cutout, alpha) < 0.005


def test_finds_a_product_on_a_busy_background() -> None:
    rng = np.random.default_rng(3)
    coarse = rng.normal(0, 1, (SIDE // 6, 9)).astype(np.float32)
    grain = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)[..., None]
    alpha = disc(radius=0.22)
    picture = scene(alpha, floats([150, 130, 105]) * (1 + 0.16 * grain), (30, 60, 190))
    cutout = cut_out(picture)
    assert cutout.found
    assert mean_error(cutout, alpha) < 0.02
    shadow_asked_for = cut_out(picture, keep_shadow=True)
    np.testing.assert_array_equal(shadow_asked_for.alpha, cutout.alpha)
    assert "only from a plain background" in " ".join(shadow_asked_for.warnings)


def test_white_on_white_is_never_eaten() -> None:
    alpha = disc()
    picture = scene(alpha, plain((252, 252, 252)), (249, 249, 249))
    cutout = cut_out(picture)
    assert_unchanged(cutout, picture)


def test_background_alone_is_no_product() -> None:
    picture = scene(np.zeros((SIDE, SIDE), np.float32), gradient())
    cutout = cut_out(picture)
    assert_unchanged(cutout, picture)
    assert "plain background" in cutout.why


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (2, 3), (15, 200)])
def test_tiny_pictures_stay_as_they_are(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    cutout = cut_out(picture)
    assert_unchanged(cutout, picture)
    assert "too small" in cutout.why


@pytest.mark.parametrize("level", [0, 127, 255])
def test_single_colour_stays_as_it_is(level: int) -> None:
    picture = np.full((120, 200, 3), level, np.uint8)
    assert_unchanged(cut_out(picture), picture)


def test_noise_stays_as_it_is() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    assert_unchanged(cut_out(picture), picture)


def test_transparent_input_keeps_its_own_alpha() -> None:
    alpha = (disc() * 255).astype(np.uint8)
    rgba = np.dstack([scene(disc(), plain()), alpha])
    cutout = cut_out(rgba)
    assert cutout.found
    np.testing.assert_array_equal(cutout.alpha, alpha)
    np.testing.assert_array_equal(cutout.foreground, rgba[..., :3])


def test_opaque_alpha_counts_as_none() -> None:
    picture = scene(disc(), plain())
    rgba = np.dstack([picture, np.full((SIDE, SIDE), 255, np.uint8)])
    np.testing.assert_array_equal(cut_out(rgba).alpha, cut_out(picture).alpha)


def test_wholly_transparent_input_shows_no_product() -> None:
    cutout = cut_out(np.zeros((50, 50, 4), np.uint8))
    assert not cutout.found
    assert "transparent throughout" in cutout.why
    assert (cutout.alpha == 0).all()


def test_same_picture_gives_the_same_bytes_in_any_thread() -> None:
    rng = np.random.default_rng(5)
    busy = plain() * (1 + 0.2 * cv2.resize(rng.normal(0, 1, (30, 30)), (SIDE, SIDE))[..., None])
    pictures = [scene(disc(), gradient()), scene(disc(0.22), floats(busy))] * 4
    alone = [cut_out(each) for each in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(cut_out, pictures))
    for one, other in zip(alone, together, strict=True):
        assert one.alpha.tobytes() == other.alpha.tobytes()
        assert one.foreground.tobytes() == other.foreground.tobytes()


def test_large_picture_gets_a_fine_outline() -> None:
    small = disc()
    alpha = cv2.resize(small, (1600, 1200), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    a = alpha[..., None]
    picture = (a * floats(RED) + (1 - a) * floats([205, 205, 205])).round().astype(np.uint8)
    cutout = cut_out(picture)
    assert cutout.found
    assert mean_error(cutout, alpha) < 0.004


@settings(max_examples=15, deadline=None)
@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([3, 4])),
    )
)
def test_any_picture_gets_an_answer_of_its_own_size(picture: Bytes) -> None:
    before = picture.copy()
    cutout = cut_out(picture)
    assert cutout.alpha.shape == picture.shape[:2]
    assert cutout.foreground.shape == (*picture.shape[:2], 3)
    assert cutout.alpha.dtype == cutout.foreground.dtype == np.uint8
    assert 0 <= cutout.confidence <= 1
    assert cutout.why
    np.testing.assert_array_equal(picture, before)


def test_along_an_alpha_that_is_known_the_products_colours_are_freed_of_the_backgrounds() -> None:
    alpha = cv2.GaussianBlur(disc(), (0, 0), 1.5)
    picture = scene(alpha, plain((40, 90, 200)))
    known = np.rint(alpha * 255).astype(np.uint8)
    layers, warnings = cut_along(picture, known)
    assert np.array_equal(layers.alpha, known)
    assert warnings == ()
    soft = (alpha > 0) & (alpha < 1)
    off, before = (
        (alpha[soft, None] * np.abs(pixels[soft].astype(np.float32) - RED)).mean()
        for pixels in (layers.foreground, picture)
    )
    assert off < before / 2.5
    assert np.array_equal(layers.foreground[known == 255], picture[known == 255])


@pytest.mark.parametrize("background", [plain(), gradient()], ids=["grey", "gradient"])
def test_along_an_alpha_that_is_known_the_shadow_is_kept_as_it_else_is(background: Floats) -> None:
    alpha = disc()
    picture = scene(alpha, shadowed(background, alpha))
    found = cut_out(picture, keep_shadow=True)
    layers, _ = cut_along(picture, np.rint(alpha * 255).astype(np.uint8), keep_shadow=True)
    beside = (alpha == 0) & (found.alpha > 20)
    assert beside.mean() > 0.01
    assert np.abs(layers.alpha[beside].astype(int) - found.alpha[beside]).mean() < 12


def test_no_shadow_can_be_told_from_a_busy_background() -> None:
    busy = np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    layers, warnings = cut_along(busy, np.rint(disc() * 255).astype(np.uint8), keep_shadow=True)
    assert len(warnings) == 1
    assert np.array_equal(layers.alpha, np.rint(disc() * 255).astype(np.uint8))


def band(width: float) -> Floats:
    """Alpha of a strap from the lower left corner to the upper right one."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) + 0.5
    return np.asarray(np.clip(width * SIDE - np.abs(x + y - SIDE) / np.sqrt(2) + 0.5, 0, 1))


def watch(background: Floats, width: float) -> tuple[Bytes, Floats]:
    """A dial on a strap that runs off two corners, and its alpha."""
    dial, strap = disc(0.2), band(width)
    behind = scene(strap, background, (122, 72, 40)).astype(np.float32)
    return scene(dial, behind, (40, 60, 110)), np.maximum(dial, strap)


@pytest.mark.parametrize("background", [plain(), gradient()], ids=["grey", "gradient"])
def test_product_running_off_two_corners_stays_whole(background: Floats) -> None:
    picture, alpha = watch(background, 0.1)
    cutout = cut_out(picture)
    assert cutout.found
    assert mean_error(cutout, alpha) < 0.01


@pytest.mark.parametrize("background", [plain(), gradient()], ids=["grey", "gradient"])
def test_a_part_is_not_taken_for_the_product(background: Floats) -> None:
    picture, alpha = watch(background, 0.14)
    cutout = cut_out(picture)
    assert not cutout.found or mean_error(cutout, alpha) < 0.01


@pytest.mark.parametrize("sigma", [5, 10, 15])
@pytest.mark.parametrize("background", [plain(), gradient()], ids=["grey", "gradient"])
def test_noise_does_not_make_a_background_busy(background: Floats, sigma: float) -> None:
    alpha = disc()
    cutout = cut_out(scene(alpha, background, noise=sigma))
    assert cutout.found
    assert "plain" in cutout.why
    assert mean_error(cutout, alpha) < 0.02


def cast(background: Floats, depth: float) -> Floats:
    """A shadow to the right, from the product to beyond the picture, with a soft border."""
    shape = np.zeros((SIDE, SIDE), np.float32)
    shape[SIDE * 5 // 10 : SIDE * 7 // 10, SIDE // 2 :] = 1
    light = 1 - depth * cv2.GaussianBlur(shape, (0, 0), SIDE / 60)[..., None]
    return np.asarray(255 * ((background / 255) ** 2.2 * light) ** (1 / 2.2), np.float32)


@pytest.mark.parametrize("depth", [0.6, 0.75])
def test_drops_the_shadow_that_a_product_casts(depth: float) -> None:
    alpha = disc(0.25)
    cutout = cut_out(scene(alpha, cast(plain((190, 178, 150)), depth)))
    assert cutout.found
    assert mean_error(cutout, alpha) < 0.015


def test_a_product_of_the_background_s_darker_hue_is_no_shadow() -> None:
    alpha = disc(0.25)
    cutout = cut_out(scene(alpha, plain((190, 178, 150)), (108, 101, 85)))
    assert cutout.found
    assert mean_error(cutout, alpha) < 0.01


def test_a_grey_part_of_a_product_is_no_shadow() -> None:
    part, rest = disc(0.15, centre=(0.68, 0.5)), disc(0.22, centre=(0.4, 0.5))
    behind = scene(part, plain((190, 190, 190)), (105, 105, 105)).astype(np.float32)
    cutout = cut_out(scene(rest, behind))
    assert cutout.found
    assert mean_error(cutout, np.maximum(part, rest)) < 0.01
