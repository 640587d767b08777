"""Whether a result still shows the product that its photo shows: 0 to 100.

Three things are measured, each 100 for no change and 50 where a seller would not use the result:

========  =====================================================  ==============================
part      figure                                                 half way
========  =====================================================  ==============================
colour    CIEDE2000 of the product (``colour_kept``)             8: anybody calls it another
detail    share of its detail that was kept (``detail_kept``)    half of what tells most
whole     share of its edges that is missing (``product_whole``) a quarter
========  =====================================================  ==============================
"""

from __future__ import annotations

from math import hypot

import numpy as np

from pixellab.adapters.imaging.likeness.colour_kept import colour_moved
from pixellab.adapters.imaging.likeness.detail_kept import detail_kept
from pixellab.adapters.imaging.likeness.product_whole import part_missing
from pixellab.adapters.imaging.likeness.shown_product import lay
from pixellab.domain.pictures import Faithfulness, Picture

COLOUR_HALF, COLOUR_STEEPNESS = 8.0, 2.0
LOST_HALF, LOST_STEEPNESS = 0.5, 2.0
MISSING_HALF, MISSING_STEEPNESS = 0.25, 2.0
NOTHING_FOUND = Faithfulness(score=0.0, colour=0.0, detail=0.0, whole=0.0)


def compare(before: Picture, after: Picture) -> Faithfulness:
    """How faithful ``after`` is to ``before``, of any two sizes.

    The impairments of the parts are summed up as those of a quality report are
    (``quality.assess``): no score is above its worst part. The same pixels give 100, and a result
    in which nothing of the photo is found again 0.
    """
    one, other = before.pixels, after.pixels
    if one.shape == other.shape and np.array_equal(one, other):
        return Faithfulness(score=100.0, colour=100.0, detail=100.0, whole=100.0)
    laid = lay(one, other)
    if laid is None or not laid.shown.any():
        return NOTHING_FOUND
    impairments = (
        (colour_moved(laid) / COLOUR_HALF) ** COLOUR_STEEPNESS,
        ((1 - detail_kept(laid)) / LOST_HALF) ** LOST_STEEPNESS,
        (part_missing(laid) / MISSING_HALF) ** MISSING_STEEPNESS,
    )
    colour, detail, whole = (round(100 / (1 + each), 1) for each in impairments)
    score = round(100 / (1 + hypot(*impairments)), 1)
    return Faithfulness(score=score, colour=colour, detail=detail, whole=whole)
