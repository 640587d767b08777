"""How much of a product may differ before it counts as another one.

The figures were chosen on the tuning half of ``benchmarks.pictures.fidelity``, which prints how
often they object rightly and wrongly on the other half.
"""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Thresholds:
    """One figure each; the same names are in ``Fidelity.figures``."""

    agreement: float = 0.4
    """Least correlation of the edges after the pictures were laid on each other, -1 to 1."""
    shown: float = 0.85
    """Least share of the product that the drawn picture shows."""
    stretch: float = 0.015
    """Largest share by which the product is longer in one direction than across it."""
    silhouette: float = 0.89
    """Least share of both silhouettes together that is in both, or looks the same."""
    colour_mean: float = 6.0
    """Largest mean of CIEDE2000 on the product."""
    colour_p95: float = 14.0
    """Largest 95th percentile of the same."""
    hue_turn: float = 3.0
    """Largest turn of the hue, in degrees of CIELAB."""
    structure: float = 0.8
    """Least structural similarity on the product, -1 to 1."""
    part: float = 0.6
    """The same of its least similar part."""
    text_part: float = 0.62
    """The same below which text that is read differently counts as changed."""
