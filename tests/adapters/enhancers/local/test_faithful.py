"""AUTO leaves alone what only looks like a defect: small scenes, each of which was spoilt once."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pixellab.adapters.enhancers.local.auto import fix_measured
from pixellab.adapters.enhancers.local.cleaning.cleaning_stage import denoise_step
from pixellab.adapters.enhancers.local.cleaning.measure_noise import measure_noise
from pixellab.adapters.enhancers.local.harm import harm_done, takes_texture
from pixellab.adapters.enhancers.local.light.correct_light import Light
from pixellab.adapters.enhancers.local.light.light_stage import light_step
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.imaging.colour_difference import colour_change
from pixellab.domain.requests import Task
from tests.adapters.enhancers.local.scenes import (
    Pixels,
    compressed,
    dimmed,
    flattened,
    levels,
    noisy,
    product_scene,
)

Colour = tuple[float, float, float]
PERIOD = 1.3
"""Radians per pixel of a weave."""


def cylinder(ground: Colour, product: Colour, side: int = 400) -> Pixels:
    """A rounded product, darker towards its sides, before a ground that is lit from above."""
    scene = np.array(ground) * np.linspace(1, 0.93, side)[:, None, None] * np.ones((1, side, 1))
    rows, columns = slice(side // 4, 3 * side // 4), slice(3 * side // 10, 7 * side // 10)
    across = np.linspace(-1, 1, columns.stop - columns.start)
    shade = 1 - 0.25 * across**4
    scene[rows, columns] = np.array(product) * shade[None, :, None]
    return compressed(levels(scene), 95)


def knit(ground: float, side: int = 260) -> Pixels:
    """A striped brown cloth on a grey ground."""
    scene = np.full((side, side, 3), ground)
    y, x = np.mgrid[:side, :side]
    stripes = 1 + 0.16 * np.sin(0.5 * (x + 0.6 * y))
    cloth = np.array((113, 85, 75)) * stripes[..., None]
    inner = slice(side // 5, 4 * side // 5), slice(side // 4, 3 * side // 4)
    scene[inner] = cloth[inner]
    return levels(scene)


def linen() -> Pixels:
    y, x = np.mgrid[:240, :240]
    weave = 7 * np.sin(PERIOD * x) + 7 * np.sin(PERIOD * y)
    return levels(np.array((168, 163, 150)) + weave[..., None])


def weave_of(pixels: Pixels) -> float:
    green = pixels[..., 1].astype(float)
    wave = np.sin(PERIOD * np.arange(pixels.shape[1]))[None, :]
    return float(2 * np.mean((green - green.mean()) * wave))


def middle(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    return pixels[3 * height // 8 : 5 * height // 8, 3 * width // 8 : 5 * width // 8]


def auto(pixels: Pixels, task: Task | None = None) -> Pixels:
    return fix_measured(pixels, Networks(), task=task or Task())[0]


@pytest.mark.parametrize(
    ("ground", "product"),
    [
        pytest.param((150, 104, 64), (211, 169, 80), id="gold on wood"),
        pytest.param((0, 91, 187), (1, 90, 186), id="one blue throughout"),
        pytest.param((125, 125, 125), (117, 117, 117), id="grey card"),
        pytest.param((228, 216, 198), (205, 185, 157), id="beige on beige"),
        pytest.param((42, 42, 44), (24, 28, 46), id="navy on black"),
        pytest.param((90, 148, 86), (28, 32, 44), id="navy on green"),
        pytest.param((226, 211, 186), (250, 249, 247), id="white on beige"),
    ],
)
def test_a_ground_that_is_no_white_paper_says_nothing_of_the_light(
    ground: Colour, product: Colour
) -> None:
    scene = cylinder(ground, product)
    assert colour_change(scene, auto(scene)).max() < 1


@pytest.mark.parametrize("ground", [200, 240])
def test_a_product_has_the_same_colour_whatever_it_lies_on(ground: float) -> None:
    result = auto(compressed(knit(ground), 95))
    assert np.abs(middle(result).mean(axis=(0, 1)) - (113, 85, 75)).max() < 6


def test_few_colours_stay_as_they_are() -> None:
    package = np.full((300, 400, 3), 255, np.uint8)
    package[60:250, 60:340] = (250, 249, 246)
    package[80:180, 80:200] = (0, 91, 187)
    package[80:180, 220:320] = (4, 85, 184)
    package[200:210, 80:200:8] = (200, 10, 40)
    assert auto(package) is package


@pytest.mark.parametrize("cast", [(1, 0.78, 0.5), (0.55, 0.8, 1), (0.7, 1, 0.7), (1, 0.9, 0.75)])
def test_white_paper_tells_of_a_cast(cast: Colour) -> None:
    truth = cylinder((252, 252, 252), (60, 110, 160))
    tinted = dimmed(truth, *cast)
    result = auto(tinted)
    left, before = (colour_change(truth, each).mean() for each in (result, tinted))
    assert left < 0.35 * before


def test_a_cast_without_anything_neutral_is_left_and_said_so() -> None:
    tinted = dimmed(cylinder((150, 104, 64), (211, 169, 80)), 1, 0.9, 0.7)
    result, steps = fix_measured(tinted, Networks())
    assert result is tinted
    assert "a white point, does it on request" in next(s.why for s in steps if s.name == "light")


@pytest.mark.parametrize("white_at", ["0.9,0.1", "auto"])
def test_a_white_point_decides_where_nothing_else_does(white_at: str) -> None:
    truth = cylinder((200, 200, 200), (60, 110, 160))
    tinted = dimmed(truth, 1, 0.8, 0.6)
    assert auto(tinted) is tinted
    asked = Task(white_at=white_at)
    result = auto(tinted, asked)
    assert colour_change(truth, result).mean() < 0.3 * colour_change(truth, tinted).mean()
    ground = light_step(tinted, asked)[0][5, 5].astype(int)
    assert np.ptp(ground) <= 2 < np.ptp(tinted[5, 5])


def test_a_white_point_in_the_dark_is_said_to_tell_nothing() -> None:
    scene = cylinder((250, 250, 250), (4, 4, 4))
    result, steps = fix_measured(scene, Networks(), task=Task(white_at="0.5,0.5"))
    assert result is scene
    assert "too dark to judge" in next(step.why for step in steps if step.name == "light")


def test_a_veil_is_taken_off_without_another_saturation() -> None:
    veiled = flattened(product_scene(), 0.6)
    result = auto(veiled)
    assert result.max() > veiled.max()
    strong = np.ptp(veiled, axis=2) > 40
    before, after = (
        cv2.cvtColor(each, cv2.COLOR_RGB2HSV_FULL)[strong].astype(int) for each in (veiled, result)
    )
    assert np.abs(before[:, 1] - after[:, 1]).mean() < 6


def test_a_dark_photo_on_a_ground_that_may_be_grey_is_left_and_said_so() -> None:
    dark = cylinder((124, 124, 124), (30, 34, 60))
    result, steps = fix_measured(dark, Networks())
    assert result is dark
    assert "dark product may be meant" in next(s.why for s in steps if s.name == "light")


def box_with_print(ground: Colour) -> Pixels:
    """A blue box with a pale panel, red and yellow print, before a plain ground."""
    scene = cylinder(ground, (60, 90, 170))
    scene[120:200, 140:260] = (228, 226, 222)
    scene[210:240, 140:260] = (200, 36, 40)
    scene[250:280, 140:260] = (226, 176, 40)
    scene[285:295, 140:260] = (14, 14, 16)
    return compressed(scene, 95)


@pytest.mark.parametrize("ground", [(252, 252, 252), (216, 216, 216)])
def test_white_paper_and_white_print_in_little_light_are_made_lighter(ground: Colour) -> None:
    truth = box_with_print(ground)
    dark = dimmed(truth, 0.2)
    assert dark.max() < 150
    result = auto(dark)
    assert colour_change(truth, result).mean() < 0.4 * colour_change(truth, dark).mean()


@pytest.mark.parametrize("contrast", [0.6, 0.5])
def test_little_contrast_is_seen_by_a_product_of_several_colours(contrast: float) -> None:
    truth = box_with_print((252, 252, 252))
    flat = levels(truth * contrast + 0.5 * 255 * (1 - contrast))
    result = auto(flat)
    assert colour_change(truth, result).mean() < 0.6 * colour_change(truth, flat).mean()


@pytest.mark.parametrize("product", [(86, 84, 82), (236, 196, 206)])
def test_a_product_of_one_colour_without_black_or_white_is_left(product: Colour) -> None:
    scene = cylinder((196, 196, 196), product)
    assert auto(scene) is scene


def test_what_is_burnt_out_is_said() -> None:
    bright = dimmed(cylinder((120, 90, 70), (205, 205, 205)), 2.2)
    result, steps = fix_measured(bright, Networks())
    assert result is bright
    assert "burnt out" in next(step.why for step in steps if step.name == "light")


def test_a_weave_is_no_noise() -> None:
    noisy_linen = noisy(linen(), 8)
    for result in (auto(noisy_linen), denoise_step(noisy_linen, Networks())[0]):
        assert weave_of(result) > 0.5 * weave_of(noisy_linen)
        assert not np.array_equal(result, noisy_linen)


@pytest.mark.parametrize("ground", [240, 248])
def test_noise_is_the_same_before_a_clipped_ground(ground: float) -> None:
    clean = knit(ground)
    texture = middle(clean).astype(float)
    texture -= texture.mean(axis=(0, 1))
    result = middle(auto(noisy(clean, 9))).astype(float)
    assert (result * texture).sum() > 0.9 * (texture * texture).sum()


def test_coarse_texture_without_colour_is_kept() -> None:
    rng = np.random.default_rng(3)
    coarse = cv2.GaussianBlur(rng.normal(0, 1, (300, 300)).astype(np.float32), (0, 0), 1.2)
    skin = levels(np.array((120, 150, 60)) * (1 + 0.12 * coarse / coarse.std())[..., None])
    result, steps = fix_measured(skin, Networks())
    assert result is skin
    assert "coarse" in next(step.why for step in steps if step.name == "denoise")


def test_harm_is_what_the_estimators_do_not_look_at() -> None:
    scene = cylinder((252, 252, 252), (160, 60, 60))
    assert harm_done(scene, scene, Light()) is None
    turned = np.ascontiguousarray(scene[..., ::-1])
    assert "colours" in (harm_done(scene, turned, Light()) or "")
    assert harm_done(scene, turned, Light(gains=(1, 1.1, 1.2))) is None
    lighter = dimmed(scene, 1.15)
    assert "colours" in (harm_done(scene, lighter, Light()) or "")
    assert harm_done(scene, lighter, Light(exposure=1.15)) is None
    grey = cylinder((252, 252, 252), (160, 160, 160))
    assert "clipped" in (harm_done(grey, dimmed(grey, 6), Light(exposure=6)) or "")


def test_removing_noise_may_not_take_texture() -> None:
    cloth = noisy(knit(240), 2)
    assert not takes_texture(cloth, cloth, measure_noise(cloth))
    flat = np.asarray(cv2.GaussianBlur(cloth, (0, 0), 6), np.uint8)
    assert takes_texture(cloth, flat, measure_noise(cloth))
