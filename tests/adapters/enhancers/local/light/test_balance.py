"""The white balance follows a plain ground, else a network, and that only as far as it is sure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixellab.adapters.enhancers.local.auto import fix_measured
from pixellab.adapters.enhancers.local.light.balance import sure_share
from pixellab.adapters.enhancers.local.light.correct_light import correct_light
from pixellab.adapters.enhancers.local.light.judge_light import judge_light
from pixellab.adapters.enhancers.local.light.light_stage import light_step
from pixellab.adapters.enhancers.local.light.measure_light import measure_light
from pixellab.adapters.enhancers.local.networks.light_network import LightNetwork, Tint
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.imaging.colour_difference import colour_change
from pixellab.domain.errors import BackendUnavailable
from pixellab.domain.requests import Task
from tests.adapters.enhancers.local.scenes import Pixels, compressed, dimmed, levels

Colour = tuple[float, float, float]

logarithms = st.floats(-0.8, 0.8)
deviations = st.floats(0.01, 0.6)


class WithoutLight(Networks):
    """An installation whose file is missing."""

    def light_network(self) -> LightNetwork:
        raise BackendUnavailable("The network light is not there or cannot be read.")


def on_a_carpet(side: int = 320) -> Pixels:
    """A white shirt and blue trousers on a grey carpet, in neutral light: no ground is plain."""
    rng = np.random.default_rng(3)
    knots = rng.normal(0, 22, (side // 16, side // 16, 1)).repeat(16, 0).repeat(16, 1)
    scene = np.full((side, side, 3), 105.0) + knots
    folds = 1 - 0.12 * np.sin(np.linspace(0, 14, side // 2))[None, :, None]
    scene[side // 8 : side // 2, side // 4 : 3 * side // 4] = np.array((226, 226, 226)) * folds
    scene[side // 2 : 7 * side // 8, side // 3 : 2 * side // 3] = (52, 70, 112)
    return compressed(levels(scene), 95)


@given(mean=st.tuples(logarithms, logarithms), sigmas=st.tuples(deviations, deviations))
def test_what_is_taken_off_comes_nearer_wherever_it_is_sure(
    mean: tuple[float, float], sigmas: tuple[float, float]
) -> None:
    tint = Tint(np.array(mean), np.diag(np.square(sigmas)))
    share = sure_share(tint, 2.0)
    assert 0 <= share <= 1
    if share == 0:
        return
    along = tint.covariance @ tint.mean
    light = tint.mean - 2.0 * along / np.sqrt(tint.mean @ along)
    left = light - share * tint.mean
    assert np.linalg.norm(left) <= np.linalg.norm(light) + 1e-9


@given(mean=st.tuples(logarithms, logarithms), sigma=deviations, more=st.floats(1, 3))
def test_the_less_sure_the_less_is_taken_off(
    mean: tuple[float, float], sigma: float, more: float
) -> None:
    sure, unsure = (Tint(np.array(mean), np.eye(2) * each**2) for each in (sigma, more * sigma))
    assert sure_share(unsure, 2.0) <= sure_share(sure, 2.0)


def test_no_tint_has_no_share() -> None:
    assert sure_share(Tint(np.zeros(2), np.eye(2)), 2.0) == 0


def test_a_network_judges_where_no_ground_is_plain_and_the_step_says_so() -> None:
    truth = on_a_carpet()
    tinted = dimmed(truth, 0.5, 0.78, 1)
    result, steps = fix_measured(tinted, Networks())
    light = next(step for step in steps if step.name == "light")
    assert light.applied
    assert "judged by a network" in light.why
    left, before = (colour_change(truth, each).mean() for each in (result, tinted))
    assert left < 0.6 * before


def test_neutral_light_on_a_carpet_is_left() -> None:
    truth = on_a_carpet()
    assert colour_change(truth, fix_measured(truth, Networks())[0]).mean() < 0.5


@pytest.mark.parametrize("cast", [(0.5, 0.78, 1), (1, 0.78, 0.5), (0.7, 1, 0.7)])
def test_who_asks_gets_the_cast_off_without_a_plain_ground(
    cast: tuple[float, float, float],
) -> None:
    truth = on_a_carpet()
    tinted = dimmed(truth, *cast)
    result, _ = light_step(tinted, Task(), Networks())
    assert colour_change(truth, result).mean() < colour_change(truth, tinted).mean()


def test_a_tint_too_faint_to_be_a_cast_is_left_and_from_there_on_none_of_it_by_leaps() -> None:
    truth, cast = on_a_carpet(), np.array((0.5, 0.78, 1))
    networks = Networks()
    red = [
        measure_light(dimmed(truth, *(1 - share * (1 - cast))), Task(), networks).gains[0]
        for share in (0.0, 0.1, 0.2, 0.3, 0.4)
    ]
    assert red[:2] == [1, 1]
    assert 1.4 < red[-1] < 1.5
    assert (np.diff(red)[1:] > 0.05).all()
    assert np.diff(red).max() < 0.25


def test_without_the_network_colours_stay_and_a_warning_says_why() -> None:
    tinted = dimmed(on_a_carpet(), 0.5, 0.78, 1)
    networks = WithoutLight()
    light = measure_light(tinted, Task(), networks)
    assert not light.balances
    assert networks.warnings == (
        "The network light is not there or cannot be read. Colours were judged without it.",
    )


def test_the_answer_names_the_network_that_was_asked() -> None:
    networks = Networks()
    tinted = dimmed(on_a_carpet(), 0.5, 0.78, 1)
    _, steps = light_step(tinted, Task(), networks)
    assert [each.name for each in networks.used(steps)] == ["light"]
    light = measure_light(tinted, Task(), Networks())
    assert colour_change(tinted, correct_light(tinted, light)).mean() > 1


def _mug(ground: Colour, side: int = 320) -> Pixels:
    """A dark mug with a white band, before a plain ground."""
    scene = np.full((side, side, 3), ground, np.float64)
    rows, columns = slice(side // 4, 3 * side // 4), slice(side // 4, 3 * side // 4)
    scene[rows, columns] = (34, 34, 35)
    scene[side // 2 : 9 * side // 16, columns] = (70, 70, 70)
    return compressed(levels(scene), 95)


@pytest.mark.parametrize("ground", [(250, 240, 222), (240, 228, 205), (235, 220, 190)])
def test_cream_paper_behind_a_grey_mug_is_no_cast(ground: Colour) -> None:
    mug = _mug(ground)
    for light in (judge_light(mug, Task(), Networks()), measure_light(mug, Task(), Networks())):
        assert not light.balances


@pytest.mark.parametrize("grey", [128, 60])
@pytest.mark.parametrize("cast", [(0.55, 0.8, 1), (1, 0.78, 0.5), (0.7, 1, 0.7)])
def test_a_grey_ground_and_a_white_product_of_one_tint_show_the_light(
    grey: int, cast: Colour
) -> None:
    truth = np.full((320, 320, 3), grey, np.uint8)
    truth[80:240, 80:240] = (232, 230, 229)
    truth[180:220, 100:220] = (30, 60, 150)
    tinted = dimmed(compressed(truth, 95), *cast)
    result, steps = fix_measured(tinted, Networks())
    assert "lighter things share" in next(step.why for step in steps if step.name == "light")
    assert colour_change(truth, result).mean() < 0.4 * colour_change(truth, tinted).mean()


def test_a_brown_ground_behind_a_white_product_is_painted() -> None:
    scene = np.full((320, 320, 3), (104, 82, 66), np.uint8)
    scene[80:240, 80:240] = (228, 226, 224)
    scene = compressed(scene, 95)
    assert fix_measured(scene, Networks())[0] is scene
