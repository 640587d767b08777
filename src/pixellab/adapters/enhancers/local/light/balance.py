"""The white balance: by a plain, light ground, by a darker one and lighter things, or by a network.

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

BESIDE_PAINT = 1.0
"""Standard deviations that the network is asked at least where a light ground may be painted."""
SEEN = 0.25
"""Share of a tint that the network sees at least where it is the light's."""
NO_TINT = 1e-12
"""Square of a tint's size below which there is none: divided by it, rounding would be a tint."""
STEP = "light"
"""The step that the network is noted for."""
BY_GROUND = "by the plain ground"
BY_LIGHTER_THINGS = "by the tint that the ground and lighter things share"
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
    faint: float = 0.0
    """Size of the network's tint, as a distance of log-chromaticity, up to which the photo is left
    as it is; from twice that on the tint is taken off in full."""


BY_EVIDENCE = Care(cast=6.0, deviations=2.0)
"""For who only asks for the best."""
ON_REQUEST = Care(cast=4.0, deviations=0.5, faint=0.07)
"""For who asks to correct the light. In the part ``tune`` the network sees a tint of 0.06 in half
of the clean photos of which it is sure, and of 0.16 or more in 19 of 20 strong casts."""


def white_balanced(
    light: Light, ground: Ground | None, view: Pixels, networks: Networks | None, care: Care
) -> Light | None:
    """``light`` with the tint of uint8 (H, W, 3) RGB taken off; None where nothing tells of it."""
    if ground is not None and ground.lightness >= LIGHT_GROUND:
        if ground.chroma <= care.cast or ground.is_painted:
            return light
        if ground.chroma < care.coloured and ground.shows_the_light:
            sure = min((ground.chroma - care.cast) / (care.ramp * care.cast), 1.0)
            gains = gains_of(log_chromaticity(ground.rgb), sure)
            return evolve(light, gains=gains, judged_by=BY_GROUND)
    tint = _asked(view, networks)
    if tint is None:
        return None
    if ground is not None and ground.lightness < LIGHT_GROUND:
        shared = _shared_tint(ground, tint, care)
        if shared is not None:
            return evolve(light, gains=gains_of(shared), judged_by=BY_LIGHTER_THINGS)
    may_be_painted = ground is not None and ground.lightness >= LIGHT_GROUND
    share = sure_share(tint, max(care.deviations, BESIDE_PAINT if may_be_painted else 0.0))
    share *= _not_faint(float(np.linalg.norm(tint.mean)), care)
    if share < care.least:
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
    if size < NO_TINT:
        return 0.0
    sigma = float(np.sqrt(mean @ tint.covariance @ mean)) / size
    return float(np.clip(2 * (1 - deviations * sigma), 0, 1))


def _not_faint(size: float, care: Care) -> float:
    return float(np.clip(size / care.faint - 1, 0, 1)) if care.faint else 1.0


def _shared_tint(ground: Ground, tint: Tint, care: Care) -> Floats | None:
    """The tint that a grey or dark ground shares with lighter things, if that is the light's.

    So it is where the network, sure or not, sees some of it, too.
    """
    if not care.cast < ground.chroma_of_white < care.coloured:
        return None
    shared = ground.tint_of_lighter_things
    if shared is None:
        return None
    red, blue = tint.mean
    seen = np.array((red, 0.0, blue)) - (red + blue) / 3
    return shared if seen @ shared >= SEEN * (shared @ shared) else None


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
