"""The white balance: by a plain, light ground, and where none tells by a network.

No further than it is sure: the network answers with a normal distribution of the light's tint, and
what is taken off is that share of its mean which comes nearer to the truth with a set probability.
"""

from __future__ import annotations

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from pixellab.adapters.enhancers.local.light.correct_light import Light
from pixellab.adapters.enhancers.local.light.ground import LIGHT_GROUND, Ground, log_chromaticity
from pixellab.adapters.enhancers.local.light.neutral import gains_of
from pixellab.adapters.enhancers.local.networks.light_network import Tint
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.domain.errors import BackendFailed, BackendUnavailable

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

STEP = "light"
"""The step that the network is noted for."""
BY_GROUND = "by the plain ground"
BY_NETWORK = "by a network, as far as it is sure"


@frozen(kw_only=True)
class Care:
    """How sure a correction has to be."""

    cast: float
    """CIELAB chroma of a light ground beyond which it is no off-white."""
    coloured: float = 32.0
    """The same from which on it is painted."""
    ramp: float = 0.4
    """How far past ``cast``, as a share of it, a tint is taken off in full; before, by
    degrees."""
    deviations: float
    """Standard deviations of the network's answer by which it comes nearer: 2 are 98%."""
    least: float = 0.2
    """Share of its tint that is worth taking off."""


BY_EVIDENCE = Care(cast=6.0, deviations=2.0)
"""For who only asks for the best."""
ON_REQUEST = Care(cast=4.0, deviations=0.5)
"""For who asks to correct the light."""


def white_balanced(
    light: Light, ground: Ground | None, view: Pixels, networks: Networks | None, care: Care
) -> Light | None:
    """``light`` with the tint of uint8 (H, W, 3) RGB taken off; None where nothing tells of it."""
    if ground is not None and ground.lightness >= LIGHT_GROUND:
        if ground.chroma <= care.cast:
            return light
        if ground.chroma < care.coloured and ground.shows_the_light:
            sure = min((ground.chroma - care.cast) / (care.ramp * care.cast), 1.0)
            gains = gains_of(log_chromaticity(ground.rgb), sure)
            return evolve(light, gains=gains, judged_by=BY_GROUND)
    tint = _asked(view, networks)
    share = sure_share(tint, care.deviations) if tint else 0.0
    if tint is None or share < care.least:
        return None
    red, blue = tint.mean
    gains = gains_of(np.array((red, 0.0, blue)), share)
    return evolve(light, gains=gains, judged_by=BY_NETWORK)


def sure_share(tint: Tint, deviations: float) -> float:
    """The share of a tint's mean, 0 to 1, that comes nearer to the truth when it is taken off.

    A share s of the mean m comes nearer to the truth t if t.m > s |m|^2 / 2. With sigma for the
    deviation of t.m as a share of |m|^2, that is so many ``deviations`` sure if
    s <= 2 (1 - deviations * sigma).
    """
    mean = tint.mean
    size = float(mean @ mean)
    if size == 0:
        return 0.0
    sigma = float(np.sqrt(mean @ tint.covariance @ mean)) / size
    return float(np.clip(2 * (1 - deviations * sigma), 0, 1))


def _asked(view: Pixels, networks: Networks | None) -> Tint | None:
    """What the network says; None, with a warning, where it cannot be asked."""
    if networks is None:
        return None
    try:
        network = networks.light_network()
        tint = network.tint(view)
    except (BackendUnavailable, BackendFailed) as error:
        networks.warn(f"{error.message} Colours were judged without it.")
        return None
    networks.note(network, STEP)
    return tint
