"""The product check: what it allows, what it objects to, and what it says it measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from pixellab.adapters.enhancers.fidelity.fidelity_check import FidelityCheck
from pixellab.adapters.enhancers.fidelity.fidelity_thresholds import Thresholds
from pixellab.adapters.enhancers.fidelity.text.text_networks import (
    TextNetworks,
    opened_when_asked,
)
from pixellab.domain.errors import BackendUnavailable
from tests.adapters.enhancers.fidelity.products import (
    SIZE,
    Pixels,
    jpeg,
    moved,
    product,
    rounded,
    turned,
)

CHECK = FidelityCheck()
PHOTO = product()
Change = Callable[[Pixels], Pixels]


def _gamma(exponent: float) -> Change:
    return lambda pixels: rounded(255 * (pixels / 255) ** exponent)


def _gain(factor: float) -> Change:
    return lambda pixels: rounded(pixels * factor)


ALLOWED: dict[str, Change] = {
    "the same": lambda pixels: pixels,
    "recompressed": lambda pixels: jpeg(pixels, 60),
    "brighter": _gamma(0.75),
    "darker": _gain(0.8),
    "softer": lambda pixels: np.asarray(cv2.bilateralFilter(pixels, 7, 20, 3), np.uint8),
    "sharper": lambda pixels: rounded(
        1.6 * pixels.astype(np.float32) - 0.6 * cv2.GaussianBlur(pixels, (0, 0), 1.0)
    ),
    "shifted": lambda pixels: moved(pixels, [[1, 0, 7.3], [0, 1, -5.6]]),
    "turned by a degree": lambda pixels: moved(
        pixels, cv2.getRotationMatrix2D((200, 180), 1, 1.0).tolist()
    ),
    "larger, in a ratio that is 0.5% off": lambda pixels: moved(
        pixels, [[1.407, 0, 0], [0, 1.4, 0]], (591, 504)
    ),
    "smaller": lambda pixels: moved(
        cv2.GaussianBlur(pixels, (0, 0), 0.5), [[0.8, 0, 0], [0, 0.8, 0]], (336, 288)
    ),
    "cropped": lambda pixels: np.ascontiguousarray(pixels[20:-15, 25:-30]),
    "on another backdrop": lambda _: product(backdrop=(255, 255, 255)),
}


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED)
def test_what_an_enhancer_may_do_passes(change: Change) -> None:
    fidelity = CHECK(PHOTO, change(PHOTO))
    assert fidelity.objections == ()
    assert set(fidelity.figures) >= {"stretch", "colour_mean", "hue_turn", "structure", "part"}


FORBIDDEN: dict[str, tuple[Change, str]] = {
    "hue turned": (lambda pixels: turned(pixels, 8), "hue is turned by 8 degrees"),
    "wider": (
        lambda pixels: moved(pixels, [[1.03, 0, -6.3], [0, 1, 0]]),
        "stretched by 3",
    ),
    "higher": (
        lambda pixels: moved(pixels, [[1, 0, 0], [0, 1.03, -5.4]]),
        "stretched by 3",
    ),
    "button removed": (lambda _: product(button=False), "A part of the product"),
    "letter changed": (lambda _: product(text="FRESH MINK"), "A part of the product"),
    "word changed": (lambda _: product(text="FRESH WINE"), "A part of the product"),
    "mirrored": (lambda pixels: np.ascontiguousarray(pixels[:, ::-1]), "mirrored"),
    "grey": (
        lambda pixels: np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, 2),
        "other colours",
    ),
    "another picture": (
        lambda _: np.random.default_rng(0).integers(0, 256, (360, 420, 3), np.uint8),
        "cannot be found again",
    ),
    "zoomed in": (
        lambda pixels: moved(pixels, [[1.9, 0, -190], [0, 1.9, -180]]),
        "A part of the product is not shown",
    ),
}


@pytest.mark.parametrize(("change", "said"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_what_it_may_not_do_is_objected_to(change: Change, said: str) -> None:
    fidelity = CHECK(PHOTO, change(PHOTO))
    assert said in " ".join(fidelity.objections)
    assert fidelity.figures


def test_a_changed_part_is_found_in_other_light_too() -> None:
    drawn = _gamma(0.8)(jpeg(product(button=False), 85))
    assert any("A part" in each for each in CHECK(PHOTO, drawn).objections)


def test_a_part_that_is_added_beside_the_product_is_another_outline() -> None:
    drawn = PHOTO.copy()
    drawn[90:230, 330:395] = (208, 120, 52)
    fidelity = CHECK(PHOTO, drawn)
    assert any("outline" in each for each in fidelity.objections)
    assert fidelity.figures["silhouette"] < Thresholds().silhouette


def test_without_a_product_the_whole_picture_counts() -> None:
    everywhere = np.random.default_rng(1).normal(128, 40, (60, 80, 3)).astype(np.float32)
    scene = rounded(cv2.resize(everywhere, (400, 300), interpolation=cv2.INTER_CUBIC))
    assert CHECK(scene, jpeg(scene, 80)).passed
    drawn = scene.copy()
    drawn[20:60, 20:60] = drawn[20:60, 20:60].mean(axis=(0, 1)).astype(np.uint8)
    assert not CHECK(scene, drawn).passed


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (17, 17)])
def test_tiny_and_flat_pictures_are_told_apart_without_an_error(size: tuple[int, int]) -> None:
    flat = np.full((*size, 3), 200, np.uint8)
    assert CHECK(flat, flat).figures.keys() >= {"agreement"}


def test_thresholds_can_be_set() -> None:
    drawn = turned(PHOTO, 8)
    assert FidelityCheck(thresholds=Thresholds(hue_turn=10.0))(PHOTO, drawn).passed
    strict = FidelityCheck(thresholds=Thresholds(structure=0.9999))(PHOTO, jpeg(PHOTO, 40))
    assert any("detail" in each for each in strict.objections)


def test_text_is_said_to_be_unchecked_where_its_networks_cannot_be_had(tmp_path: Path) -> None:
    missing = opened_when_asked([lambda: tmp_path / "a.onnx", lambda: tmp_path / "b.onnx"])
    fidelity = FidelityCheck(text_networks=missing)(PHOTO, PHOTO)
    assert (fidelity.passed, fidelity.text_checked) == (True, False)
    with pytest.raises(BackendUnavailable):
        missing()


def test_text_that_is_read_differently_is_named(text_networks: TextNetworks) -> None:
    # So lax that only the text is left to tell them apart.
    lax = Thresholds(part=-1.0, structure=-1.0, colour_p95=100.0)
    check = FidelityCheck(text_networks=lambda: text_networks, thresholds=lax)
    same = check(PHOTO, jpeg(PHOTO, 70))
    assert (same.objections, same.text_checked) == ((), True)
    assert same.figures["text_lines"] == 1
    changed = check(PHOTO, product(text="FRESH MINK"))
    assert changed.objections == (
        'The text "FRESH MILK" is not on it any more.',
        'The text "FRESH MINK" was not on it before.',
    )
    new = check(product(text=""), PHOTO)
    assert new.objections == ('The text "FRESH MILK" was not on it before.',)


def test_the_size_of_the_frame_does_not_matter() -> None:
    large = moved(PHOTO, [[4, 0, 1.5], [0, 4, 1.5]], (SIZE[0] * 4, SIZE[1] * 4))
    for photo, drawn in ((large, PHOTO), (PHOTO, large)):
        assert CHECK(photo, drawn).passed
