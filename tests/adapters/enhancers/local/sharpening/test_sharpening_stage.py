"""SHARPEN changes what is measured soft, and says so where nothing is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.sharpening.sharpening_stage import sharpen_step
from tests.adapters.enhancers.local.scenes import (
    Pixels,
    blurred,
    compressed,
    noisy,
    product_scene,
    psnr,
)

SCENE = product_scene()


@pytest.mark.parametrize(
    "crisp",
    [SCENE, noisy(SCENE, 4), compressed(SCENE, 90), compressed(SCENE, 30)],
    ids=["clean", "noisy", "finely compressed", "blocky"],
)
def test_what_is_crisp_is_handed_back_and_that_is_said(crisp: Pixels) -> None:
    result, [step] = sharpen_step(crisp, Networks())
    assert result is crisp
    assert not step.applied
    assert "crisp" in step.why


@pytest.mark.parametrize("sigma", [1.2, 1.5, 2.2])
def test_what_is_soft_comes_nearer_to_what_it_was(sigma: float) -> None:
    soft = blurred(SCENE, sigma)
    result, [step] = sharpen_step(soft, Networks())
    assert step.applied
    assert step.figures["blur_sigma"] == pytest.approx(sigma, rel=0.25)
    assert psnr(result, SCENE) > psnr(soft, SCENE) + 0.8


def test_the_softer_the_farther() -> None:
    changes = [
        psnr(sharpen_step(blurred(SCENE, sigma), Networks())[0], blurred(SCENE, sigma))
        for sigma in (0.5, 0.9, 1.3)
    ]
    assert changes == sorted(changes, reverse=True)


def test_what_is_hardly_soft_is_hardly_changed() -> None:
    hardly_soft = blurred(SCENE, 0.6)
    result, [step] = sharpen_step(hardly_soft, Networks())
    assert step.applied
    assert step.figures["blur_sigma"] < 0.8
    assert psnr(result, hardly_soft) > 48
    assert psnr(result, SCENE) > psnr(hardly_soft, SCENE)


def test_print_gets_no_outline() -> None:
    print_on_blue = np.full((80, 80, 3), (20, 60, 200), np.uint8)
    cv2.circle(print_on_blue, (40, 40), 22, (235, 235, 235), -1)
    result, [step] = sharpen_step(blurred(print_on_blue, 1.2), Networks())
    assert step.applied
    assert result[..., 0].max() <= 235 + 0.02 * 215 + 1


def test_blocks_are_smoothed_before_they_would_be_sharpened() -> None:
    soft = blurred(SCENE, 1.8)
    blocky = compressed(soft, 25)
    result, steps = sharpen_step(blocky, Networks())
    assert [step.name for step in steps if step.applied] == ["deblock", "sharpen"]
    assert steps[0].figures == {"jpeg_quality": 25}
    assert psnr(result, SCENE) > psnr(blocky, SCENE) + 0.5


def test_a_grid_that_cannot_be_smoothed_is_not_brought_out() -> None:
    blocky = compressed(blurred(SCENE, 2.0), 6)
    resaved = compressed(np.roll(blocky, (3, 3), (0, 1)), 95)
    result, steps = sharpen_step(resaved, Networks())
    assert result is resaved
    assert not steps[-1].applied
    assert "compression artefacts" in steps[-1].why


def test_softness_within_noise_is_left() -> None:
    dark = np.full((128, 128, 3), 100, np.uint8)
    dark[:, 64:] = 108
    grainy = noisy(blurred(dark, 2.0), 6)
    result, steps = sharpen_step(grainy, Networks())
    assert psnr(result, grainy) > 40
    assert steps
