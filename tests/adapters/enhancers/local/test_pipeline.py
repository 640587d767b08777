"""The LOCAL backend does all ten modes, on opaque and on transparent pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local import pipeline
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.adapters.enhancers.local.upscaling import upscaling_stage
from pixellab.adapters.imaging.imaging import RasterImaging
from pixellab.adapters.imaging.quality.assess import assess
from pixellab.domain.errors import BackendRefused, InvalidRequest
from pixellab.domain.pictures import Effort
from pixellab.domain.requests import Mode, Task
from pixellab.domain.requests.framing import Fit, Frame
from pixellab.domain.requests.modes import OPTIONAL_STEPS
from tests.adapters.enhancers.local.scenes import (
    blurred,
    compressed,
    dimmed,
    noisy,
    picture,
    product_scene,
    psnr,
    with_round_alpha,
)

SCENE = product_scene(360, 300)
WORN = noisy(blurred(dimmed(SCENE, 0.4), 1.0), 6)
LOCAL = LocalEnhancer()
SAME_SIZE = (Mode.AUTO, Mode.LIGHT_CORRECTION, Mode.SHARPEN, Mode.DENOISE, Mode.OPTIMIZE)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("pixels", [WORN, with_round_alpha(WORN)], ids=["RGB", "RGBA"])
def test_every_mode_answers(mode: Mode, pixels: NDArray[np.uint8]) -> None:
    source, before = picture(pixels), pixels.copy()
    result = LOCAL.enhance(source, Task(mode=mode))
    again = LOCAL.enhance(source, Task(mode=mode))
    assert result.backend == "LOCAL"
    assert result.steps
    assert result.picture.pixels.dtype == np.uint8
    assert result.picture.pixels.flags.c_contiguous
    assert np.array_equal(result.picture.pixels, again.picture.pixels)
    assert result.steps == again.steps
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("mode", SAME_SIZE)
def test_alpha_is_carried_through(mode: Mode) -> None:
    source = with_round_alpha(WORN)
    result = LOCAL.enhance(picture(source), Task(mode=mode)).picture.pixels
    assert np.array_equal(result[..., 3], source[..., 3])


@pytest.mark.parametrize("mode", [*SAME_SIZE, Mode.UPSCALE, Mode.UPSCALE_DENOISE])
def test_hidden_colours_do_not_bleed(mode: Mode) -> None:
    green = with_round_alpha(WORN)
    red = green.copy()
    red[red[..., 3] == 0, :3] = (255, 0, 0)
    a, b = (
        LOCAL.enhance(picture(each), Task(mode=mode)).picture.pixels.astype(int)
        for each in (green, red)
    )
    seen = a[..., 3] > 0
    assert np.abs(a[seen] - b[seen]).max() <= 1


@pytest.mark.parametrize("mode", [Mode.UPSCALE, Mode.UPSCALE_DENOISE])
@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("channels", [3, 4])
def test_enlarges_by_the_scale_asked_for(mode: Mode, scale: int, channels: int) -> None:
    small = with_round_alpha(product_scene(90, 70))[..., :channels]
    result = LOCAL.enhance(picture(small), Task(mode=mode, scale=scale))
    assert result.picture.pixels.shape == (90 * scale, 70 * scale, channels)


def test_upscale_denoise_leaves_the_noise_behind() -> None:
    damaged = noisy(SCENE, 12)
    both, alone = (
        LOCAL.enhance(picture(damaged), Task(mode=mode)).picture.pixels
        for mode in (Mode.UPSCALE_DENOISE, Mode.UPSCALE)
    )
    large = LOCAL.enhance(picture(SCENE), Task(mode=Mode.UPSCALE)).picture.pixels
    # Its network knows JPEG and blur beside noise, so against noise alone it is a little less sure.
    assert psnr(both, large) > psnr(alone, large) + 2.5


def test_refuses_an_enlargement_beyond_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upscaling_stage, "MAX_RESULT_PIXELS", 400_000)
    with pytest.raises(BackendRefused, match="megapixels; allowed are"):
        LOCAL.enhance(picture(SCENE), Task(mode=Mode.UPSCALE, scale=2))


def test_optimize_touches_no_pixel_and_asks_for_the_smallest_file() -> None:
    source = picture(WORN)
    result = LOCAL.enhance(source, Task(mode=Mode.OPTIMIZE))
    assert result.picture is source
    assert result.effort is Effort.SMALLEST


def test_auto_hands_a_clean_photo_back() -> None:
    source = picture(SCENE)
    result = LOCAL.enhance(source, Task())
    assert result.picture is source
    assert result.effort is Effort.FAITHFUL


def test_full_does_what_the_picture_needs_background_last() -> None:
    result = LOCAL.enhance(picture(WORN), Task(mode=Mode.FULL))
    names = [step.name for step in result.steps]
    applied = {step.name for step in result.steps if step.applied}
    assert names[-2:] == ["background", "optimize"]
    assert {"light", "denoise", "upscale"} <= applied
    assert result.picture.width == 2 * SCENE.shape[1]
    assert result.effort is Effort.SMALLEST


def test_full_with_a_profile_centres_and_fills() -> None:
    task = Task(mode=Mode.FULL, profile="amazon", background="#00ff00", keep_shadow=True)
    result = LOCAL.enhance(picture(SCENE), task)
    alone = LOCAL.enhance(picture(SCENE), Task(mode=Mode.STANDARDIZE, profile="amazon"))
    assert {rule.name for rule in result.rules} == {rule.name for rule in alone.rules}
    assert {rule.name for rule in result.rules if rule.passed} >= {"background", "fill"}
    assert result.file_rules == alone.file_rules
    assert result.picture.pixels.shape == alone.picture.pixels.shape
    assert (result.picture.pixels[:10] == 255).all()
    assert result.steps[-1].name == "optimize"
    assert result.effort is Effort.SMALLEST
    assert result.warnings[-2:] == (
        "background was ignored, since the profile's canvas is white.",
        "keep_shadow was ignored, since the profile's canvas is white.",
    )
    assert not Task(mode=Mode.FULL, profile="amazon").ignored


def test_full_of_an_unknown_profile_names_the_field() -> None:
    with pytest.raises(InvalidRequest, match="allowed are generic"):
        LOCAL.enhance(picture(SCENE), Task(mode=Mode.FULL, profile="bazaar"))


def test_full_without_a_profile_keeps_the_frame() -> None:
    result = LOCAL.enhance(picture(SCENE), Task(mode=Mode.FULL, profile="Generic"))
    assert not result.rules
    assert result.picture.width == 2 * SCENE.shape[1]


def test_full_does_not_enlarge_what_is_large_enough() -> None:
    wide = product_scene(250, 1100)
    result = LOCAL.enhance(picture(wide), Task(mode=Mode.FULL))
    step = next(each for each in result.steps if each.name == "upscale")
    assert not step.applied
    assert result.picture.width == 1100


def test_removing_the_background_adds_alpha() -> None:
    result = LOCAL.enhance(picture(SCENE), Task(mode=Mode.BACKGROUND_REMOVE))
    alpha = result.picture.pixels[..., 3]
    assert alpha[SCENE.shape[0] // 2, SCENE.shape[1] // 2] == 255
    assert alpha[:10].max() == 0


@pytest.mark.parametrize("mode", [Mode.BACKGROUND_REMOVE, Mode.FULL])
def test_the_background_may_have_any_colour(mode: Mode) -> None:
    cut = LOCAL.enhance(picture(SCENE), Task(mode=mode)).picture.pixels
    laid = LOCAL.enhance(picture(SCENE), Task(mode=mode, background="#0a64f0")).picture.pixels
    assert laid.shape == (*cut.shape[:2], 3)
    assert (laid[cut[..., 3] == 0] == (10, 100, 240)).all()
    product = cut[..., 3] == 255
    assert np.array_equal(laid[product], cut[product][:, :3])


def test_without_a_product_the_background_stays_and_a_warning_says_so() -> None:
    source = picture(np.full((80, 80, 3), 200, np.uint8))
    result = LOCAL.enhance(source, Task(mode=Mode.BACKGROUND_REMOVE))
    assert result.picture is source
    assert result.warnings
    assert not result.steps[0].applied


def test_standardize_brings_rules_for_pixels_and_file() -> None:
    result = LOCAL.enhance(picture(SCENE), Task(mode=Mode.STANDARDIZE, profile="amazon"))
    assert result.rules
    assert result.file_rules is not None
    assert result.picture.width == result.picture.height


@settings(max_examples=40, deadline=None)
@given(
    mode=st.sampled_from([m for m in Mode if m is not Mode.STANDARDIZE]),
    height=st.integers(1, 24),
    width=st.integers(1, 24),
    channels=st.sampled_from([3, 4]),
    seed=st.integers(0, 99),
)
def test_survives_every_size(mode: Mode, height: int, width: int, channels: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)
    result = LOCAL.enhance(picture(pixels), Task(mode=mode)).picture
    if mode in SAME_SIZE:
        assert result.pixels.shape == pixels.shape
    assert result.width % width == 0
    assert result.height % height == 0


@pytest.mark.parametrize("shape", [(1, 300), (300, 1)])
@pytest.mark.parametrize("mode", Mode)
def test_survives_a_single_line(mode: Mode, shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert LOCAL.enhance(picture(pixels), Task(mode=mode)).picture.pixels.size


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.DENOISE, Mode.UPSCALE_DENOISE])
def test_noise_measured_in_another_way_than_the_report_s_has_another_name(mode: Mode) -> None:
    noise = {name for name in assess(picture(WORN)).measurements if "noise" in name}
    steps = LOCAL.enhance(picture(WORN), Task(mode=mode)).steps
    figures = {name.removesuffix("_before") for step in steps for name in step.figures}
    assert any("noise" in name for name in figures)
    assert not noise & figures


def test_a_mode_without_stages_is_not_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    every = pipeline.stages
    monkeypatch.setattr(
        pipeline,
        "stages",
        lambda *parts: {mode: each for mode, each in every(*parts).items() if mode != Mode.FULL},
    )
    fewer = LocalEnhancer()
    assert fewer.modes == frozenset(Mode) - {Mode.FULL}
    with pytest.raises(BackendRefused, match="LOCAL does not do FULL; it does AUTO"):
        fewer.enhance(picture(SCENE), Task(mode=Mode.FULL))


def test_every_mode_has_stages() -> None:
    assert LOCAL.modes == frozenset(Mode)


EVERY_FLAW = compressed(noisy(blurred(dimmed(product_scene(120, 96), 0.4), 1.0), 6), 12)


@pytest.mark.parametrize("mode", OPTIONAL_STEPS)
def test_a_step_that_is_left_out_is_told_once_and_not_done(mode: Mode) -> None:
    for name in OPTIONAL_STEPS[mode]:
        steps = LOCAL.enhance(picture(EVERY_FLAW), Task(mode=mode, without=name)).steps
        (told,) = [step for step in steps if step.name == name]
        assert (told.applied, told.why) == (False, "Left out, as you asked.")


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.DENOISE, Mode.FULL])
def test_without_all_its_steps_a_mode_changes_nothing(mode: Mode) -> None:
    source = picture(EVERY_FLAW)
    result = LOCAL.enhance(source, Task(mode=mode, without=OPTIONAL_STEPS[mode]))
    assert result.picture is source
    assert result.effort is Effort.FAITHFUL


def test_a_step_undone_leaves_the_others() -> None:
    dark = picture(blurred(dimmed(SCENE, 0.4), 1.3))
    both = {step.name for step in LOCAL.enhance(dark, Task()).steps if step.applied}
    one = {step.name for step in LOCAL.enhance(dark, Task(without="sharpen")).steps if step.applied}
    assert {"light", "sharpen"} <= both
    assert "light" in one
    assert "sharpen" not in one


def test_upscale_denoise_without_its_cleaning_is_upscale() -> None:
    damaged = picture(EVERY_FLAW)
    bare = LOCAL.enhance(damaged, Task(mode=Mode.UPSCALE_DENOISE, without="deblock,denoise"))
    alone = LOCAL.enhance(damaged, Task(mode=Mode.UPSCALE))
    assert np.array_equal(bare.picture.pixels, alone.picture.pixels)


def test_full_without_the_background_taken_away_has_no_canvas_and_says_so() -> None:
    task = Task(mode=Mode.FULL, profile="amazon", without="background")
    result = LOCAL.enhance(picture(SCENE), task)
    assert not result.rules
    assert result.warnings[-1].startswith("profile was ignored")
    assert result.picture.width == 2 * SCENE.shape[1]


def test_full_on_a_canvas_leaves_enlarging_to_the_profile() -> None:
    task = Task(mode=Mode.FULL, profile="amazon", without="upscale")
    result = LOCAL.enhance(picture(SCENE), task)
    told = [step for step in result.steps if step.name == "upscale"]
    assert told[0].why.startswith("The profile sets the size")
    assert result.rules


def test_several_modes_do_what_each_does_to_the_result_before() -> None:
    both = LOCAL.enhance(picture(WORN), Task(mode=Mode("LIGHT_CORRECTION,UPSCALE,OPTIMIZE")))
    light = LOCAL.enhance(picture(WORN), Task(mode=Mode.LIGHT_CORRECTION))
    large = LOCAL.enhance(light.picture, Task(mode=Mode.UPSCALE))
    assert np.array_equal(both.picture.pixels, large.picture.pixels)
    assert both.effort is Effort.SMALLEST
    assert both.steps[:-1] == (*light.steps, *large.steps)
    assert both.model_version == large.model_version


def test_a_cut_out_can_be_standardized_and_its_rules_are_checked() -> None:
    done = LOCAL.enhance(picture(SCENE), Task(mode=Mode("BACKGROUND_REMOVE,STANDARDIZE")))
    alone = LOCAL.enhance(picture(SCENE), Task(mode=Mode.STANDARDIZE))
    assert {rule.name for rule in done.rules} == {rule.name for rule in alone.rules}
    assert not done.picture.has_alpha


def test_an_enlargement_of_several_modes_is_held_to_its_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upscaling_stage, "MAX_RESULT_PIXELS", 2_000_000)
    LOCAL.check(360, 300, Task(mode=Mode.UPSCALE, scale=4))
    with pytest.raises(BackendRefused, match="megapixels; allowed are"):
        LOCAL.check(360, 300, Task(mode=Mode("UPSCALE_DENOISE,UPSCALE"), scale=4))


def test_the_rules_are_measured_again_on_a_canvas_of_another_size() -> None:
    done = LOCAL.enhance(picture(SCENE), Task(mode=Mode.STANDARDIZE, profile="amazon"))
    canvas = done.picture.width
    assert done.measure_again is not None
    for frame, changed in (
        (Frame(width=canvas // 2), {"longest_side"}),
        (Frame(width=canvas, height=canvas // 2, fit=Fit.COVER), {"fill"}),
        (Frame(padding="20%"), {"fill", "longest_side"}),
    ):
        layout = frame.layout(canvas, canvas)
        framed = RasterImaging().frame(done.picture, layout, (255, 255, 255))
        before = {rule.name: rule.measured for rule in done.rules}
        after = {rule.name: rule for rule in done.measure_again(framed, layout)}
        assert before.keys() == after.keys()
        assert after["background"].measured == before["background"]
        for name in changed & after.keys():
            assert after[name].measured != before[name]
        assert after["longest_side"].measured == f"{max(layout.canvas)} px"


def test_what_covers_is_cropped_about_the_product_that_was_cut_out() -> None:
    wide = np.full((240, 600, 3), 225, np.uint8)
    wide[:, 380:] = product_scene(240, 220)
    done = LOCAL.enhance(picture(wide), Task(mode=Mode.BACKGROUND_REMOVE, background="white"))
    assert done.product is not None
    left, _, right, _ = done.product
    assert 0.6 < left < right <= 1
    crop = Frame(width=100, height=100, fit=Fit.COVER).layout(600, 240, done.product).crop
    assert crop[0] > 300
