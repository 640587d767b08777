"""What every Enhancer promises."""

from __future__ import annotations

import json
from uuid import uuid4

import numpy as np
import pytest
from attrs import asdict

from pixellab.domain.errors import BackendRefused, PixelLabError
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Enhancer
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Usage
from pixellab.testing.assert_findings import assert_advises
from pixellab.testing.threads import at_once


class EnhancerContract:
    """Needs the fixture ``enhancer``; what it does not promise is skipped, and says so."""

    repeats = False
    """Set it where the same input always gives the same answer, as LOCAL does."""

    def test_has_a_name_and_modes(self, enhancer: Enhancer) -> None:
        assert enhancer.name
        assert enhancer.name == enhancer.name.strip().upper()
        assert enhancer.modes
        assert enhancer.modes <= frozenset(Mode)
        assert isinstance(enhancer.waits, bool)
        assert isinstance(enhancer.takes_several, bool)

    def test_diagnoses_itself(self, enhancer: Enhancer) -> None:
        assert_advises(enhancer.diagnose())

    @pytest.mark.parametrize("alpha", [False, True])
    @pytest.mark.parametrize("mode", Mode)
    def test_does_its_modes_and_refuses_the_others(
        self, enhancer: Enhancer, mode: Mode, alpha: bool
    ) -> None:
        picture = _picture(alpha=alpha)
        before = picture.pixels.copy()
        if mode not in enhancer.modes:
            with pytest.raises(BackendRefused):
                enhancer.enhance(picture, Task(mode=mode))
            return
        answer = enhancer.enhance(picture, Task(mode=mode), attempt=str(uuid4()))
        _assert_valid(answer, enhancer)
        if answer.usage:
            estimate = enhancer.estimate(picture.width, picture.height, Task(mode=mode))
            assert estimate is not None, "it asks for money, and did not say so beforehand"
        assert all(step.name and step.why for step in answer.steps)
        # Steps are kept as JSON, which knows numbers, but neither NaN nor numpy's types.
        for step in answer.steps:
            json.dumps(asdict(step), allow_nan=False)
        assert np.array_equal(picture.pixels, before), "the picture it was given was changed"

    def test_does_several_modes_one_after_the_other(self, enhancer: Enhancer) -> None:
        both = {Mode.DENOISE, Mode.SHARPEN}
        if not enhancer.takes_several or not both <= enhancer.modes:
            pytest.skip(f"{enhancer.name} does one mode at a time.")
        picture = _picture(alpha=False)
        answer = enhancer.enhance(picture, Task(mode=Mode("DENOISE,SHARPEN")))
        _assert_valid(answer, enhancer)
        first = enhancer.enhance(picture, Task(mode=Mode.DENOISE))
        second = enhancer.enhance(first.picture, Task(mode=Mode.SHARPEN))
        assert [step.name for step in answer.steps] == [
            step.name for step in (*first.steps, *second.steps)
        ]
        if self._repeats(enhancer):
            assert np.array_equal(answer.picture.pixels, second.picture.pixels)

    def test_says_beforehand_what_it_sends_and_what_that_costs(self, enhancer: Enhancer) -> None:
        for mode in sorted(enhancer.modes):
            estimate = enhancer.estimate(1200, 900, Task(mode=mode))
            assert estimate == enhancer.estimate(1200, 900, Task(mode=mode))
            if estimate:
                assert estimate.service
                assert estimate.model
                assert estimate.sends
                _assert_valid_usage(estimate.usage)

    @pytest.mark.parametrize("mode", [Mode.UPSCALE, Mode.UPSCALE_DENOISE])
    @pytest.mark.parametrize("scale", [2, 3])
    def test_enlarges_by_the_scale_asked_for(
        self, enhancer: Enhancer, mode: Mode, scale: int
    ) -> None:
        if mode not in enhancer.modes:
            pytest.skip(f"{enhancer.name} does not do {mode}.")
        picture = _picture(alpha=False)
        answer = enhancer.enhance(picture, Task(mode=mode, scale=scale)).picture
        assert (answer.width, answer.height) == (scale * picture.width, scale * picture.height)

    @pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 2)])
    def test_takes_or_refuses_the_smallest_pictures(
        self, enhancer: Enhancer, size: tuple[int, int]
    ) -> None:
        height, width = size
        picture = Picture(pixels=np.full((height, width, 3), 128, np.uint8), format="PNG")
        for mode in sorted(enhancer.modes):
            try:
                answer = enhancer.enhance(picture, Task(mode=mode))
            except BackendRefused:
                continue
            assert answer.picture.pixels.size > 0

    def test_answers_the_same_way_with_a_report(self, enhancer: Enhancer) -> None:
        report = QualityReport(
            score=50.0,
            blur=50.0,
            noise=50.0,
            exposure=50.0,
            contrast=50.0,
            colour_cast=50.0,
            blockiness=50.0,
            measured_by="a method that the enhancer does not know",
        )
        for mode in sorted(enhancer.modes):
            picture = _picture(alpha=False)
            answer = enhancer.enhance(picture, Task(mode=mode), report)
            _assert_valid(answer, enhancer)
            if self._repeats(enhancer):
                without = enhancer.enhance(picture, Task(mode=mode))
                assert np.array_equal(answer.picture.pixels, without.picture.pixels)
                assert answer.steps == without.steps

    def test_is_safe_to_call_from_several_threads(self, enhancer: Enhancer) -> None:
        task = Task(mode=min(enhancer.modes))
        pictures = [_picture(alpha=False, width=width) for width in (72, 96, 120, 144)]
        alone = [enhancer.enhance(picture, task) for picture in pictures]
        together = at_once(lambda number: enhancer.enhance(pictures[number], task), 4)
        for first, second in zip(alone, together, strict=True):
            assert not isinstance(second, PixelLabError)
            _assert_valid(second, enhancer)
            if self._repeats(enhancer):
                assert np.array_equal(first.picture.pixels, second.picture.pixels)

    def test_repeats_itself(self, enhancer: Enhancer) -> None:
        if not self._repeats(enhancer):
            pytest.skip(f"{enhancer.name} does not promise the same answer to the same input.")
        for mode in sorted(enhancer.modes):
            first, second = (
                enhancer.enhance(_picture(alpha=False), Task(mode=mode)) for _ in range(2)
            )
            assert np.array_equal(first.picture.pixels, second.picture.pixels)
            assert first.steps == second.steps

    def _repeats(self, enhancer: Enhancer) -> bool:
        return self.repeats or enhancer.name == "LOCAL"


def _assert_valid(answer: Enhanced, enhancer: Enhancer) -> None:
    pixels = answer.picture.pixels
    assert answer.backend == enhancer.name
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert min(pixels.shape[:2]) >= 1
    assert pixels.shape[2] in (3, 4)
    assert pixels.flags.c_contiguous
    if answer.usage:
        _assert_valid_usage(answer.usage)


def _assert_valid_usage(usage: Usage) -> None:
    assert usage.requests >= 1
    assert usage.amount is None or usage.amount >= 0
    assert len(usage.currency) == 3


def _picture(*, alpha: bool, width: int = 96, height: int = 72) -> Picture:
    """A bright square with a soft edge and a little noise on a grey ground."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    distance = np.maximum(abs(x - width / 2), abs(y - height / 2))
    inside = np.clip((min(width, height) / 3 - distance) / 3, 0, 1)
    noise = np.random.default_rng(7).normal(0, 3, (height, width, 3))
    colours = 120 + inside[..., None] * np.array([110.0, 40.0, -60.0]) + noise
    layers = [colours, (64 + 191 * inside)[..., None]] if alpha else [colours]
    pixels = np.clip(np.concatenate(layers, axis=2), 0, 255).astype(np.uint8)
    return Picture(pixels=np.ascontiguousarray(pixels), format="PNG" if alpha else "JPEG")
