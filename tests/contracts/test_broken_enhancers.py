"""The contract of enhancers finds what is broken."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from pixellab.adapters.enhancers.deterministic import DeterministicEnhancer
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.requests import Task
from pixellab.domain.results import Enhanced
from pixellab.testing import EnhancerContract


class Repeating(EnhancerContract):
    repeats = True


class MixesUpCallers(DeterministicEnhancer):
    """Keeps the picture at work in itself, so that callers at the same time get the same one."""

    together = threading.Barrier(4)

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        self.at_work = picture
        if threading.current_thread() is not threading.main_thread():
            self.together.wait(60)
        return super().enhance(self.at_work, task, attempt=attempt)


class NeverTheSame(DeterministicEnhancer):
    """Changes a pixel more at each call."""

    calls = 0

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        self.calls += 1
        pixels = picture.pixels.copy()
        pixels[0, 0] = np.uint8(self.calls)
        return super().enhance(picture.with_pixels(pixels), task, attempt=attempt)


def test_callers_that_are_mixed_up_are_found() -> None:
    with pytest.raises(AssertionError):
        Repeating().test_is_safe_to_call_from_several_threads(MixesUpCallers())


def test_answers_that_differ_are_found() -> None:
    with pytest.raises(AssertionError):
        Repeating().test_repeats_itself(NeverTheSame())
