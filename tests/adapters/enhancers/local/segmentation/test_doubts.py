"""Cut-outs that are wrong are said to be, in every mode, and right ones are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.cutout.cut_out import cut_out
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmentation
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced

Array = NDArray[Any]
HEIGHT, WIDTH = 300, 400
Colour = tuple[int, int, int]
RED, BLUE, GOLD, DARK = (190, 40, 44), (40, 60, 170), (220, 180, 60), (70, 60, 45)


def floor() -> Array:
    """Boards of wood, which are no plain ground."""
    rng = np.random.default_rng(4)
    boards = cv2.resize(rng.normal(0, 9, (8, 20)).astype(np.float32), (WIDTH, HEIGHT))
    grain = cv2.resize(rng.normal(0, 6, (150, 40)).astype(np.float32), (WIDTH, HEIGHT))
    scene = np.array([170, 140, 105], np.float32) + (boards + grain)[..., None]
    return np.asarray(scene.clip(0, 255).astype(np.uint8))


def box(left: int, top: int, right: int, bottom: int) -> Array:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[top:bottom, left:right] = 1
    return mask


def lying(*parts: tuple[Array, tuple[int, int, int]]) -> Array:
    """The floor with things on it."""
    scene = floor()
    for mask, colour in parts:
        scene[mask > 0] = colour
    return np.asarray(cv2.GaussianBlur(scene, (0, 0), 0.7))


def seeing(likely: Array) -> Callable[[Array], Segmentation]:
    """A network that takes this for the product, whatever it is shown."""
    soft = np.asarray(cv2.GaussianBlur(likely, (0, 0), 1))
    return lambda _: Segmentation(model="drawn", saliency=soft)


PRODUCT = box(120, 60, 280, 240)
HALF = box(120, 60, 200, 240)
BESIDE = box(208, 60, 280, 240)
MOST = box(120, 60, 235, 240)
HOLE = box(180, 120, 220, 150)
PATCHED = [(PRODUCT, RED), (HOLE, BLUE)]
OPENING, HOOK = box(150, 90, 250, 140), box(194, 20, 206, 60)
SLEEVE, SHIRT = box(280, 70, 350, 110), PRODUCT - box(165, 60, 235, 85)
HANGER = np.zeros((HEIGHT, WIDTH), np.float32)
ARMS = [(197, 20), (203, 20), (203, 38), (240, 70), (234, 80), (200, 50), (166, 80), (160, 70)]
cv2.fillPoly(HANGER, [np.array([*ARMS, (197, 38)])], 1)
PLAIN = [(SLEEVE, RED)]
BLUE_AND_RED = [(SLEEVE, RED), (box(295, 70, 315, 110), BLUE)]
STRIPED = [(PRODUCT, RED), (box(120, 100, 280, 140), BLUE)]
STRAP, COLLAR = box(126, 20, 142, 60), box(150, 46, 250, 60)
GHOST = np.maximum(PRODUCT, 0.5 * box(280, 100, 330, 200))
WRONG = {
    "missing": (lying((HALF, RED), (BESIDE, RED)), HALF),
    "left_out": (lying((PRODUCT, RED), (HALF, BLUE)), HALF),
    "another": (lying((PRODUCT, RED), (box(320, 100, 380, 200), GOLD)), PRODUCT),
    "holes": (lying(*PATCHED), PRODUCT - HOLE),
    "openings": (
        lying((PRODUCT, RED), (OPENING, (172, 142, 107))),
        PRODUCT - OPENING,
    ),
    "kept": (lying((PRODUCT - OPENING, RED)), PRODUCT),
    "hanger": (lying((PRODUCT, RED), (HOOK, GOLD)), np.maximum(PRODUCT, HOOK)),
    "shreds": (
        lying((PRODUCT, RED)),
        np.maximum(PRODUCT, box(320, 100, 340, 120)),
    ),
    "unsure": (lying((PRODUCT, RED)), GHOST),
    "outline": (lying((PRODUCT, RED)), box(90, 60, 280, 240)),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named_and_measured(name: str) -> None:
    picture, seen = WRONG[name]
    cutout = cut_out(picture, seeing(seen))
    assert cutout.found
    said = {each.name: each for each in cutout.doubts}
    assert name in said
    assert said[name].measure > 0
    assert "%" in said[name].sentence
    assert said[name].sentence.endswith(".")


@pytest.mark.parametrize(
    "parts",
    [
        [(PRODUCT, RED)],
        PATCHED,
        [(HALF, BLUE), (box(230, 60, 310, 240), BLUE)],
        [(PRODUCT, RED), (HOOK, RED)],
    ],
    ids=["one", "patched", "a pair", "with a loop"],
)
def test_nothing_is_said_of_a_right_one(parts: list[tuple[Array, tuple[int, int, int]]]) -> None:
    right = np.max([mask for mask, _ in parts], axis=0)
    cutout = cut_out(lying(*parts), seeing(right))
    assert cutout.doubts == ()
    ours = cutout.alpha > 127
    assert (ours & (right > 0)).sum() / (ours | (right > 0)).sum() > 0.97


def test_an_opening_that_shows_a_plain_ground_is_one_also_where_the_product_meets_the_rim() -> None:
    handle = box(0, 60, 400, 300) - box(120, 120, 280, 240)
    picture = np.full((HEIGHT, WIDTH, 3), 226, np.uint8)
    picture[handle > 0] = RED
    cutout = cut_out(cv2.GaussianBlur(picture, (0, 0), 0.7), seeing(handle))
    assert cutout.alpha[180, 200] == 0
    assert cutout.doubts == ()


def test_a_hole_of_the_product_s_own_colours_is_closed() -> None:
    picture = lying((PRODUCT, RED), (box(140, 80, 260, 110), BLUE), (HOLE, BLUE))
    cutout = cut_out(picture, seeing(PRODUCT - HOLE))
    assert cutout.alpha[135, 200] == 255
    assert cutout.doubts == ()


def test_a_part_that_faded_comes_back_by_its_colour() -> None:
    cutout = cut_out(lying((PRODUCT, RED)), seeing(np.maximum(MOST, 0.4 * PRODUCT)))
    ours = cutout.alpha > 250
    assert (ours & (PRODUCT > 0)).sum() / (ours | (PRODUCT > 0)).sum() > 0.95
    assert cutout.doubts == ()


def test_a_faded_part_in_the_ground_s_colours_does_not() -> None:
    cutout = cut_out(lying((MOST, RED)), seeing(np.maximum(MOST, 0.4 * PRODUCT)))
    assert cutout.found
    assert (cutout.alpha[70:230, 245:275] < 200).mean() > 0.95


def overlap(alpha: Array, right: Array) -> float:
    ours = alpha > 127
    return float((ours & (right > 0)).sum() / (ours | (right > 0)).sum())


@pytest.mark.parametrize("sleeve", [BLUE_AND_RED, PLAIN], ids=["striped", "plain"])
def test_a_sleeve_that_was_left_out_comes_back(sleeve: list[tuple[Array, Colour]]) -> None:
    right = np.maximum(PRODUCT, SLEEVE)
    cutout = cut_out(lying(*STRIPED, *sleeve), seeing(PRODUCT))
    assert overlap(cutout.alpha, right) > 0.97
    assert cutout.doubts == ()


def test_a_shadow_does_not_become_a_part_of_a_dark_product() -> None:
    scene = lying((PRODUCT, DARK)).astype(np.float32)
    scene[SLEEVE > 0] *= 0.45
    cutout = cut_out(scene.astype(np.uint8), seeing(PRODUCT))
    assert overlap(cutout.alpha, PRODUCT) > 0.97


def test_ground_between_straps_goes_where_the_network_was_not_sure_of_it() -> None:
    right = PRODUCT - OPENING
    cutout = cut_out(lying((right, RED)), seeing(PRODUCT - 0.1 * OPENING))
    assert overlap(cutout.alpha, right) > 0.97
    assert "kept" not in {each.name for each in cutout.doubts}


def test_a_hanger_goes() -> None:
    picture = lying((HANGER, GOLD), (SHIRT, RED))
    cutout = cut_out(picture, seeing(np.maximum(SHIRT, HANGER)))
    assert overlap(cutout.alpha, SHIRT) > 0.97
    assert cutout.doubts == ()


@pytest.mark.parametrize("other", [STRAP, COLLAR], ids=["a strap", "a collar"])
def test_what_is_no_hanger_stays(other: Array) -> None:
    right = np.maximum(PRODUCT, other)
    cutout = cut_out(lying((PRODUCT, RED), (other, GOLD)), seeing(right))
    assert overlap(cutout.alpha, right) > 0.97


def test_what_a_user_left_out_does_not_come_back() -> None:
    drawn = np.maximum(PRODUCT, SLEEVE)
    hinted = Segmentation(model="drawn", saliency=PRODUCT, by_hints=True)
    cutout = cut_out(lying((drawn, RED)), lambda _: hinted)
    assert overlap(cutout.alpha, PRODUCT) > 0.97


def test_where_a_network_is_unsure_colours_and_edges_tell() -> None:
    corner = box(245, 60, 280, 95)
    cutout = cut_out(lying((PRODUCT, RED)), seeing(PRODUCT - 0.7 * corner))
    assert overlap(cutout.alpha, PRODUCT) > 0.99


def enhanced(name: str, mode: Mode, profile: str = "amazon") -> Enhanced:
    picture, seen = WRONG[name]
    task = Task(mode=mode, profile=profile)
    return LocalEnhancer(seeing(seen)).enhance(Picture(pixels=picture, format="PNG"), task)


@pytest.mark.parametrize("mode", [Mode.BACKGROUND_REMOVE, Mode.STANDARDIZE, Mode.FULL])
@pytest.mark.parametrize("name", ["missing", "another", "holes"])
def test_every_mode_says_it(name: str, mode: Mode) -> None:
    done = enhanced(name, mode)
    [step] = [each for each in done.steps if each.name == "check_cutout"]
    assert step.figures[name] > 0
    assert set(step.figures) <= set(WRONG)
    assert sum(warning in step.why for warning in done.warnings) == len(step.figures)


@pytest.mark.parametrize("mode", [Mode.STANDARDIZE, Mode.FULL])
def test_rules_about_a_product_that_cannot_be_trusted_are_unknown(mode: Mode) -> None:
    rules = {rule.name: rule for rule in enhanced("missing", mode).rules}
    assert rules["fill"].measured == rules["background"].measured == "unknown"
    assert not rules["fill"].passed
    assert not rules["background"].passed


def bluish(rgb: Array) -> Segmentation:
    """A network that takes what is bluish for the product."""
    blue = rgb[..., 2].astype(np.float32) - rgb[..., 0]
    return Segmentation(model="bluish", saliency=((blue - 20) / 20).clip(0, 1))


def test_the_same_photo_is_cut_alike_whatever_else_is_done_to_it() -> None:
    """FULL first takes the blue cast away by which this network knows the product."""
    photo = lying((PRODUCT, (235, 225, 215))) * np.array([0.7, 0.8, 1])
    picture = Picture(pixels=photo.astype(np.uint8), format="PNG")
    alone, full = (
        LocalEnhancer(bluish).enhance(picture, task).picture.pixels
        for task in (
            Task(mode=Mode.BACKGROUND_REMOVE),
            Task(mode=Mode.FULL, white_at="0.5,0.5"),
        )
    )
    shown = alone[..., 3] > 127
    large = cv2.resize(full[..., 3], shown.shape[::-1], interpolation=cv2.INTER_AREA) > 127
    assert shown.mean() > 0.2
    assert (shown & large).sum() / (shown | large).sum() > 0.97
    colours = cv2.resize(full[..., :3], shown.shape[::-1])[shown]
    assert np.abs(colours.astype(float) - alone[shown][:, :3]).mean() > 5
