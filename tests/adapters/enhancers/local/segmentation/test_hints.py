"""What a user says of where the product is decides, with a network and without."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment, Segmentation
from pixellab.adapters.enhancers.local.pipeline import LocalEnhancer
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.pictures import Picture
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced
from tests.adapters.enhancers.local.segmentation.test_doubts import (
    BLUE,
    GOLD,
    HALF,
    HEIGHT,
    PRODUCT,
    RED,
    WIDTH,
    box,
    lying,
    seeing,
)

Array = NDArray[Any]
ASIDE = box(320, 100, 380, 200)
BOTH = np.maximum(PRODUCT, ASIDE)
TWO_THINGS = lying((PRODUCT, RED), (ASIDE, GOLD))
CAP = box(120, 60, 280, 160)
ONE_COLOUR = lying((PRODUCT, RED))
TWO_COLOURS = lying((PRODUCT, RED), (HALF, BLUE))


def cut(picture: Array, segment: Segment | None, mode: Mode, **hints: Any) -> Enhanced:
    task = Task(mode=mode, **hints)
    return LocalEnhancer(segment).enhance(Picture(pixels=picture, format="PNG"), task)


def iou(done: Enhanced, true: Array) -> float:
    ours = done.picture.pixels[..., 3] > 127
    return float((ours & (true > 0)).sum() / (ours | (true > 0)).sum())


@pytest.mark.parametrize(
    ("picture", "seen", "hints", "right"),
    [
        (TWO_THINGS, BOTH, {"background_at": "0.87,0.5"}, PRODUCT),
        (TWO_THINGS, PRODUCT, {"product_at": "0.87,0.5"}, BOTH),
        (TWO_COLOURS, HALF, {"product_at": "0.6,0.3"}, PRODUCT),
        (TWO_THINGS, BOTH, {"product_box": "0.25,0.15,0.75,0.85"}, PRODUCT),
        (TWO_THINGS, ASIDE, {"product_at": ".5,.5", "background_at": ".87,.5"}, PRODUCT),
    ],
    ids=["left out", "kept", "other half", "box", "the other thing"],
)
def test_places_and_boxes_correct_a_network(
    picture: Array, seen: Array, hints: dict[str, str], right: Array
) -> None:
    def segment(part: Array) -> Any:
        """Sees the same things in a part of the picture, wherever that was taken from."""
        if part.shape == picture.shape:
            return seeing(seen)(part)
        rows, columns = np.array(part.shape[:2]) / (HEIGHT, WIDTH)
        top, left = int(0.08 * HEIGHT), int(0.2 * WIDTH)
        return seeing(seen[top : top + int(rows * HEIGHT), left : left + int(columns * WIDTH)])(
            part
        )

    assert iou(cut(picture, segment, Mode.BACKGROUND_REMOVE), right) < 0.9
    done = cut(picture, segment, Mode.BACKGROUND_REMOVE, **hints)
    assert iou(done, right) > 0.95
    assert any("your hints" in step.why for step in done.steps)
    assert done.model_version == "drawn"


CAP_ALONE = {"product_box": "0.25,0.15,0.75,0.53"}
HAIR = {"background_at": "0.5,0.7"}


def red(part: Array) -> Segmentation:
    """A network that takes what is red for the product."""
    apart = part[..., 0].astype(np.float32) - part[..., 1]
    return Segmentation(model="red", saliency=((apart - 80) / 40).clip(0, 1))


def test_a_place_beside_the_box_takes_nothing_from_what_is_inside() -> None:
    done = cut(ONE_COLOUR, red, Mode.BACKGROUND_REMOVE, **CAP_ALONE, **HAIR)
    assert iou(done, CAP) > 0.95


def test_a_place_that_looks_like_the_product_takes_what_is_next_to_it_and_that_is_said() -> None:
    done = cut(ONE_COLOUR, red, Mode.BACKGROUND_REMOVE, **HAIR)
    assert iou(done, PRODUCT) > 0.85
    assert done.picture.pixels[210, 200, 3] == 0
    assert [each for each in done.warnings if "background_at" in each]


def test_a_larger_thing_that_stands_apart_goes_altogether() -> None:
    done = cut(TWO_THINGS, seeing(BOTH), Mode.BACKGROUND_REMOVE, background_at="0.5,0.5")
    assert iou(done, ASIDE) > 0.9
    assert not [each for each in done.warnings if "background_at" in each]


def test_what_is_outside_the_box_raises_no_doubt() -> None:
    done = cut(ONE_COLOUR, red, Mode.BACKGROUND_REMOVE, **CAP_ALONE)
    assert iou(done, CAP) > 0.95
    assert done.warnings == ()


@pytest.mark.parametrize("narrow", ["0.5,0,0.505,1", "0.5,0.5,0.5001,0.5001", "0,0.4,1,0.406"])
def test_a_box_of_a_few_pixels_is_taken_as_any_other(narrow: str) -> None:
    done = cut(ONE_COLOUR, red, Mode.BACKGROUND_REMOVE, product_box=narrow)
    assert done.picture.pixels.shape[:2] == ONE_COLOUR.shape[:2]


def test_what_is_wrong_within_the_box_is_still_said() -> None:
    picture = lying((PRODUCT, RED), (box(180, 80, 220, 110), BLUE))
    done = cut(picture, red, Mode.BACKGROUND_REMOVE, **CAP_ALONE)
    [told] = done.warnings
    assert told.startswith("Openings in the product")


@pytest.mark.parametrize("hints", [{"product_box": "0.25,0.15,0.75,0.85"}, {"product_at": ".5,.5"}])
def test_hints_help_without_a_network(hints: dict[str, str]) -> None:
    done = cut(TWO_THINGS, None, Mode.BACKGROUND_REMOVE, **hints)
    assert done.picture.pixels[150, 200, 3] == 255
    assert any("your hints" in step.why for step in done.steps)


def test_on_a_plain_ground_hints_are_not_overruled() -> None:
    picture = np.full((HEIGHT, WIDTH, 3), 226, np.uint8)
    picture[PRODUCT > 0], picture[ASIDE > 0] = RED, GOLD
    asked = {"background_at": "0.87,0.5"}
    assert iou(cut(picture, seeing(BOTH), Mode.BACKGROUND_REMOVE, **asked), PRODUCT) > 0.95


@pytest.mark.parametrize("mode", [Mode.STANDARDIZE, Mode.FULL])
def test_every_mode_that_cuts_follows_hints(mode: Mode) -> None:
    done = cut(TWO_THINGS, seeing(BOTH), mode, background_at="0.87,0.5")
    gold = np.abs(done.picture.pixels[..., :3].astype(int) - GOLD).max(axis=2) < 30
    shown = done.picture.pixels[..., 3] > 127 if done.picture.has_alpha else True
    assert not (gold & shown).any()
    assert any("your hints" in step.why for step in done.steps)


@pytest.mark.parametrize("mode", [Mode.BACKGROUND_REMOVE, Mode.STANDARDIZE])
def test_hints_for_a_photo_that_is_cut_out_already_are_ignored_with_a_word(mode: Mode) -> None:
    picture = np.dstack([TWO_THINGS, (BOTH * 255).astype(np.uint8)])
    done = cut(picture, None, mode, background_at="0.87,0.5")
    [told] = [each for each in done.warnings if "hints" in each]
    assert "ignored" in told
    assert not [each for each in cut(picture, None, mode).warnings if "hints" in each]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("product_box", "0.5,0,0.5,1"),
        ("product_box", "0,0.5,1,0.4"),
        ("product_box", "0,0,1"),
        ("product_at", "0.5"),
        ("product_at", "0.5,0.5;"),
        ("background_at", "2,0"),
        ("background_at", ";".join(["0,0"] * 21)),
    ],
)
def test_a_wrong_hint_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidRequest, match=rf"^{name} is .*; allowed"):
        Task(**cast("dict[str, Any]", {name: value}))
