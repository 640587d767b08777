"""What a user says of where the product is decides, with a network and without."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment
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
