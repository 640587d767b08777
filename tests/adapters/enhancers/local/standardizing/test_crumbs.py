"""What a cut-out left beside the product goes; a pair and soft outlines stay."""

from __future__ import annotations

import cv2
import numpy as np

from pixellab.adapters.enhancers.local.standardizing.crumbs import without_crumbs, without_haze


def shoe(alpha: np.ndarray[tuple[int, int], np.dtype[np.uint8]], x: int, radius: int) -> None:
    cv2.circle(alpha, (x, 60), radius, 255, -1)


def test_a_pair_stays_and_a_crumb_goes() -> None:
    pair = np.zeros((120, 240), np.uint8)
    shoe(pair, 60, 40)
    shoe(pair, 170, 30)
    soft = np.asarray(cv2.GaussianBlur(pair, (0, 0), 1.0), np.uint8)
    littered = soft.copy()
    littered[4:7, 4:7] = 200
    littered[3, 3:8] = 10
    assert np.array_equal(without_crumbs(littered), soft)
    assert without_crumbs(soft) is soft


def test_nothing_stays_nothing() -> None:
    nothing = np.zeros((5, 7), np.uint8)
    assert without_crumbs(nothing) is nothing


def test_what_is_faint_goes_but_for_soft_outlines() -> None:
    product = np.zeros((240, 240), np.uint8)
    cv2.circle(product, (150, 120), 80, 255, -1)
    soft = np.asarray(cv2.GaussianBlur(product, (0, 0), 1.0), np.uint8)
    hazy = soft.copy()
    hazy[100:140, 5:60] = 90
    assert np.array_equal(without_haze(hazy), soft)
    assert np.array_equal(without_haze(soft), soft)


def test_what_is_faint_throughout_stays() -> None:
    faint = np.full((8, 9), 100, np.uint8)
    assert without_haze(faint) is faint
