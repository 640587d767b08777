"""Colours that are declared by their primaries and curve, to sRGB."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from pixellab.adapters.imaging.srgb import levels_of_light, to_linear

Pixels = NDArray[np.uint8]
Levels = NDArray[np.uint8] | NDArray[np.uint16]
Light = NDArray[np.float32]
Pair = tuple[float, float]

WHITE_NITS = 203
"""cd/m2 of the white of graphics in HDR, which becomes SDR's white (ITU-R BT.2408, table 1)."""
PQ_PEAK, HLG_PEAK = 10_000, 1_000
"""cd/m2 of the highest level: of PQ by definition, of HLG on the reference display (BT.2100)."""
HLG_GAMMA = 1.2
"""Of that display's opto-optical transfer (BT.2100, table 5)."""
KNEE = 0.75
"""Light, 1 being white, from which highlights are rolled off where the picture is brighter."""
PEAK_SHARE, PEAK_STEP = 99.9, 7
"""The percentile of every such row's and column's light that counts as the brightest."""
WORST_CONDITION = 1e4
"""Of the matrix of primaries; theirs who meant it have less than 100."""
STRIP_PIXELS = 1_000_000
BLACK, RANGE = 16 / 255, 219 / 255
"""Where black is, and how far white from it, in the narrow range (ITU-R BT.2100, table 9)."""
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
"""From XYZ to cone responses, in which a white is adapted to another (ICC.1:2022, E.3)."""


class Curve(Enum):
    """How levels stand for light where that is no plain power."""

    SRGB = "sRGB"
    PQ = "PQ"
    HLG = "HLG"

    @property
    def is_hdr(self) -> bool:
        return self is not Curve.SRGB


@frozen
class Primaries:
    """CIE 1931 x and y."""

    red: Pair
    green: Pair
    blue: Pair
    white: Pair

    @property
    def make_white(self) -> bool:
        """Whether white is a sum of all three, so that colours can be told by them."""
        if min(each[1] for each in (self.red, self.green, self.blue, self.white)) <= 0:
            return False
        columns = np.stack([_xyz(each) for each in (self.red, self.green, self.blue)], axis=1)
        if np.linalg.cond(columns) > WORST_CONDITION:
            return False
        return bool((np.linalg.solve(columns, _xyz(self.white)) > 0).all())

    def to_xyz(self) -> NDArray[np.float64]:
        """The matrix from linear RGB to XYZ, in which white has a Y of 1 (SMPTE RP 177)."""
        columns = np.stack([_xyz(each) for each in (self.red, self.green, self.blue)], axis=1)
        return np.asarray(columns * np.linalg.solve(columns, _xyz(self.white)))


D65 = (0.3127, 0.3290)
SRGB = Primaries((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), D65)


@frozen
class Colours:
    """What the levels of a file mean."""

    primaries: Primaries = SRGB
    curve: Curve | float = Curve.SRGB
    """A number is an exponent: light is the level, from 0 to 1, to that power."""
    is_narrow: bool = False
    """Whether black is at 16 and white at 235, as video has them."""

    @property
    def is_hdr(self) -> bool:
        return isinstance(self.curve, Curve) and self.curve.is_hdr


def in_srgb(pixels: Levels, colours: Colours) -> Pixels:
    """(height, width, 3 or 4), RGB or straight RGBA of ``colours``, of 8 or all 16 bits, as uint8
    of sRGB.

    Colours outside sRGB are clipped by channel. HDR is brought to SDR with white at 203 cd/m2;
    what is brighter is rolled off together with the lights next to it (the extended operator of
    Reinhard, Stark, Shirley, Ferwerda 2002, above a knee), by the largest channel, so that hues
    stay. White itself becomes 255 where nothing is brighter, and never less than 240.
    """
    light, matrix = _light(colours, np.iinfo(pixels.dtype).max), _to_srgb(colours.primaries)
    peak = 1.0
    if colours.is_hdr:
        sparse = _linear(pixels[::PEAK_STEP, ::PEAK_STEP], light, matrix, colours)
        peak = max(1.0, float(np.percentile(sparse.max(axis=-1), PEAK_SHARE)))
    result = np.array(pixels if pixels.dtype == np.uint8 else pixels >> 8, np.uint8)
    rows = max(1, STRIP_PIXELS // pixels.shape[1])
    for top in range(0, pixels.shape[0], rows):
        strip = result[top : top + rows]
        linear = _linear(pixels[top : top + rows], light, matrix, colours)
        if peak > 1:
            linear *= _dimming(linear.max(axis=-1, keepdims=True), peak)
        strip[..., :3] = levels_of_light(linear)
    return result


def _linear(pixels: Levels, light: Light, matrix: Light, colours: Colours) -> Light:
    """Light by sRGB's primaries, 1 being white."""
    linear = light[pixels[..., :3]]
    if colours.curve is Curve.HLG:
        luminance = linear @ colours.primaries.to_xyz()[1].astype(np.float32)
        linear *= (luminance ** np.float32(HLG_GAMMA - 1))[..., None] * (HLG_PEAK / WHITE_NITS)
    return np.asarray(linear @ matrix.T, np.float32)


def _dimming(brightest: Light, peak: float) -> Light:
    """Factors by which ``peak`` becomes 1, and nothing below the knee changes."""
    above = np.maximum(brightest - KNEE, 0) / (1 - KNEE)
    limit = (peak - KNEE) / (1 - KNEE)
    rolled = KNEE + (1 - KNEE) * above * (1 + above / limit**2) / (1 + above)
    return np.where(above > 0, rolled / np.maximum(brightest, KNEE), np.float32(1))


def _light(colours: Colours, top: int) -> Light:
    """Light of the levels up to ``top``: 1 is white; of HLG the scene's, 1 being the highest."""
    level, curve = np.arange(top + 1) / top, colours.curve
    if colours.is_narrow:
        level = np.clip((level - BLACK) / RANGE, 0, 1)
    if curve is Curve.SRGB:
        light = to_linear(255 * level)
    elif curve is Curve.PQ:
        light = _pq(level) * PQ_PEAK / WHITE_NITS
    elif curve is Curve.HLG:
        light = _hlg(level)
    else:
        light = level**curve
    return np.asarray(light, np.float32)


def _pq(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084: 1 is 10,000 cd/m2."""
    m1, m2 = 2610 / 16384, 2523 / 32
    c1, c2, c3 = 3424 / 4096, 2413 / 128, 2392 / 128
    power = level ** (1 / m2)
    return np.asarray((np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1))


def _hlg(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of the camera's curve of BT.2100, table 5."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(level <= 0.5, level**2 / 3, (np.exp((level - c) / a) + b) / 12)


@lru_cache(maxsize=16)
def _to_srgb(primaries: Primaries) -> Light:
    cones = BRADFORD @ _xyz(primaries.white), BRADFORD @ _xyz(D65)
    adapted = np.linalg.inv(BRADFORD) @ np.diag(cones[1] / cones[0]) @ BRADFORD
    matrix = np.linalg.inv(SRGB.to_xyz()) @ adapted @ primaries.to_xyz()
    return np.asarray(matrix, np.float32)


def _xyz(pair: Pair) -> NDArray[np.float64]:
    x, y = pair
    return np.array([x / y, 1, (1 - x - y) / y])
