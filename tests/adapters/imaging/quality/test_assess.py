"""The quality report as a whole: what its figures promise, on scenes made in code."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixellab.domain.pictures import QualityReport
from tests.adapters.imaging.quality.scenes import (
    Pixels,
    as_pixels,
    blurred,
    compressed,
    dimmed,
    flattened,
    grainy,
    noisy,
    printed_box,
    report,
    resized,
    tinted,
)

MEASUREMENTS = {
    "noise_sigma",
    "noise_sigma_viewed",
    "chroma_noise_sigma",
    "blur_sigma",
    "blur_sigma_viewed",
    "blockiness",
    "mean_luma",
    "black_point",
    "white_point",
    "contrast_range",
    "clipped_dark",
    "clipped_bright",
    "white_background",
    "black_background",
    "blown",
    "key",
    "cast_a",
    "cast_b",
    "cast_confidence",
    "megapixels",
}
DEFECTS: dict[str, tuple[str, Callable[[Pixels, float], Pixels], tuple[float, ...]]] = {
    "blur": ("blur", blurred, (0.8, 1.4, 2.2, 3.4, 5.0)),
    "noise": ("noise", noisy, (6, 12, 20, 30, 45)),
    "jpeg": ("blockiness", compressed, (70, 50, 35, 20, 7)),
    "dark": ("exposure", dimmed, (0.7, 1.4, 2.1, 2.8, 3.5)),
    "flat": ("contrast", flattened, (0.8, 0.6, 0.45, 0.3, 0.2)),
    "tint": ("colour_cast", tinted, (0.1, 0.17, 0.24, 0.31, 0.38)),
}


@pytest.mark.parametrize("background", [238, 255, 120], ids=["table", "pure white", "grey"])
def test_a_clean_photo_scores_high_in_every_part(background: int) -> None:
    quality = report(printed_box(background=background))
    assert quality.score >= 80
    assert min(quality.parts.values()) >= 85


@pytest.mark.parametrize("name", DEFECTS)
@pytest.mark.parametrize(
    "scene", [printed_box(), printed_box(background=255)], ids=["table", "white"]
)
def test_the_score_falls_as_a_defect_grows(name: str, scene: Pixels) -> None:
    part, spoil, strengths = DEFECTS[name]
    steps = [report(scene), *(report(spoil(scene, strength)) for strength in strengths)]
    scores = [step.score for step in steps]
    # The very first step is hardly visible; from there on each has to tell.
    assert all(later < earlier for earlier, later in pairwise(scores[1:])), scores
    assert scores[0] + 1 >= scores[1]
    assert scores[-1] < scores[0] - 20
    fallen = {each: steps[0].parts[each] - steps[-1].parts[each] for each in steps[0].parts}
    assert max(fallen, key=lambda each: fallen[each]) == part, fallen


def test_the_score_is_at_most_its_worst_part() -> None:
    quality = report(noisy(blurred(printed_box(), 2.0), 16))
    assert quality.score <= min(quality.parts.values())


def test_two_defects_are_worse_than_either() -> None:
    scene = printed_box()
    dark, soft, both = dimmed(scene, 1.5), blurred(scene, 2), dimmed(blurred(scene, 2), 1.5)
    assert report(both).score < min(report(dark).score, report(soft).score)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda scene: scene,
        lambda scene: blurred(scene, 6),
        lambda scene: dimmed(scene, 1.5),
        lambda scene: flattened(scene, 0.5),
        lambda scene: tinted(scene, 0.25),
        lambda scene: grainy(scene, 12),
    ],
    ids=["clean", "soft", "dark", "flat", "tinted", "grainy"],
)
def test_the_same_scene_means_the_same_at_one_and_at_twenty_megapixels(
    spoil: Callable[[Pixels], Pixels],
) -> None:
    large = spoil(printed_box(width=5000))
    small = resized(large, 1118)
    assert large.shape[0] * large.shape[1] == 20_000_000
    at_twenty, at_one = report(large), report(small)
    for part, figure in at_twenty.parts.items():
        assert figure == pytest.approx(at_one.parts[part], abs=6), part
    assert at_twenty.score == pytest.approx(at_one.score, abs=6)


@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    channels=st.sampled_from([3, 4]),
    seed=st.integers(0, 2**32 - 1),
    low=st.integers(0, 255),
    high=st.integers(0, 255),
)
def test_any_picture_gets_finite_figures_in_range(
    width: int, height: int, channels: int, seed: int, low: int, high: int
) -> None:
    random = np.random.default_rng(seed)
    bounds = sorted((low, high))
    shape = (height, width, channels)
    check(report(random.integers(bounds[0], bounds[1] + 1, shape, dtype=np.uint8)))


@pytest.mark.parametrize("shape", [(1, 1), (1, 30_000), (30_000, 1), (2, 400_000), (700, 500)])
@pytest.mark.parametrize(
    "colour",
    [(0, 0, 0), (255, 255, 255), (128, 128, 128), (255, 0, 0), (0, 0, 0, 0), (255, 255, 255, 0)],
)
def test_a_plain_picture_gets_finite_figures_in_range(
    shape: tuple[int, int], colour: tuple[int, ...]
) -> None:
    check(report(np.full((*shape, len(colour)), colour, np.uint8)))


def test_pure_noise_scores_low() -> None:
    quality = report(np.random.default_rng(0).integers(0, 256, (400, 500, 3), dtype=np.uint8))
    check(quality)
    assert quality.noise < 5
    assert quality.score < 5


def test_every_measurement_has_its_name() -> None:
    assert set(report(printed_box(200)).measurements) == MEASUREMENTS


def test_the_same_pixels_give_the_same_report() -> None:
    scene = noisy(printed_box(), 5)
    assert report(scene) == report(scene.copy())


@settings(max_examples=12)
@given(
    turns=st.integers(0, 3),
    mirrored=st.booleans(),
    defect=st.sampled_from(sorted(DEFECTS)),
)
def test_turning_and_mirroring_barely_change_the_score(
    turns: int, mirrored: bool, defect: str
) -> None:
    _, spoil, strengths = DEFECTS[defect]
    scene = spoil(printed_box(640), strengths[2])
    turned = as_pixels(np.rot90(scene[:, ::-1] if mirrored else scene, turns))
    assert report(turned).score == pytest.approx(report(scene).score, abs=2)


@pytest.mark.parametrize("shape", [(320, 400, 3), (320, 400, 4), (1, 1, 4)])
def test_the_pixels_are_left_as_they_are(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    pixels[..., 3:] = 0
    before = pixels.copy()
    report(pixels)
    assert np.array_equal(pixels, before)


def test_the_colour_under_transparency_does_not_count() -> None:
    scene = printed_box(600)
    alpha = np.zeros(scene.shape[:2], np.uint8)
    cv2.rectangle(alpha, (155, 85), (445, 385), 255, -1)
    wild = np.random.default_rng(0).integers(0, 256, scene.shape, dtype=np.uint8)
    hidden = np.where(alpha[..., None] > 0, scene, wild)
    plain = np.where(alpha[..., None] > 0, scene, np.uint8(0))
    assert report(np.dstack([hidden, alpha])) == report(np.dstack([plain, alpha]))


def test_a_dark_product_cut_out_is_judged_as_on_a_white_page() -> None:
    dark = dimmed(printed_box(600), 3)
    alpha = np.zeros(dark.shape[:2], np.uint8)
    cv2.rectangle(alpha, (155, 85), (445, 385), 255, -1)
    quality = report(np.dstack([dark, alpha]))
    assert quality.exposure > 80
    assert quality.contrast > 80


def check(quality: QualityReport) -> None:
    for figure in (quality.score, *quality.parts.values()):
        assert 0 <= figure <= 100
        assert figure == round(figure, 1)
    assert all(np.isfinite(each) for each in quality.measurements.values())
    assert all(isinstance(each, float) for each in quality.measurements.values())


def _fabric() -> Pixels:
    """A printed and woven cloth without a smooth place."""
    random = np.random.default_rng(3)
    coarse = resized(random.integers(30, 220, (60, 60, 3)).astype(np.uint8), 600)
    return as_pixels(coarse * 0.8 + random.normal(0, 3, coarse.shape) + 20)


def test_a_good_cut_out_does_not_lose_by_its_texture() -> None:
    """Its white ground is clipped, so only fabric is left to measure noise on."""
    fabric = _fabric()
    photo = np.full((900, 900, 3), 205, np.uint8)
    photo[150:750, 150:750] = fabric
    cut = np.full((900, 900, 3), 255, np.uint8)
    cut[150:750, 150:750] = fabric
    before, after = report(photo), report(cut)
    assert after.noise > 90
    assert after.score > before.score - 5


def test_a_cut_out_of_a_smooth_product_still_shows_its_noise() -> None:
    scene = printed_box(background=255)
    ground = (scene == 255).all(axis=2)
    grainy_cut = np.where(ground[..., None], scene, noisy(scene, 30)).astype(np.uint8)
    assert report(grainy_cut).noise < report(scene).noise - 20
