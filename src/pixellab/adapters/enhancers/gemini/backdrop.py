"""The product cut out of a photo that Gemini drew again on a plain backdrop.

Where the drawn product lies on the photographed one, only its silhouette is used: LOCAL's matting
cuts the photo's own pixels out along it. Else the drawn pixels are what there is.
"""

from __future__ import annotations

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from pixellab.adapters.enhancers.cloud.vendor_answer import TRAINED, marked
from pixellab.adapters.enhancers.gemini.registration import register
from pixellab.adapters.enhancers.local.cutout.cutout_stage import removing_background
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segmentation
from pixellab.adapters.imaging.compositing import OPAQUE
from pixellab.domain.pictures import Picture
from pixellab.domain.ports import Enhancer
from pixellab.domain.requests import Task
from pixellab.domain.requests.written_values import TRANSPARENT
from pixellab.domain.results import Enhanced

Pixels = NDArray[np.uint8]

SAME = 12.0
"""Luma's difference, in 8-bit levels, up to which a drawn product is the photographed one. Moved by
1% and lit otherwise it differs by 9.2 at most, another product by 14.1 at least
(``benchmarks.pictures.drawn_silhouettes``)."""
DRAWN = (
    "Gemini's drawing does not lie on the photographed product, so the drawn product was kept, not "
    "the photographed one."
)


def cut_out_by_drawing(
    photo: Picture, drawn: Pixels, task: Task, local: Enhancer, model: str
) -> Enhanced:
    """``photo`` without its background; ``drawn``, uint8 (H, W, 3), shows the same frame.

    A result of the photo's own pixels has nothing generated in it, so it is not marked as such.
    Where no product can be told from the backdrop, the photo stays as it is, with a warning.
    """
    redrawn = marked(photo.with_pixels(drawn), photo, TRAINED)
    alone = local.enhance(redrawn, evolve(task, background=TRANSPARENT, keep_shadow=False))
    if not alone.picture.has_alpha:
        return evolve(alone, picture=photo)
    silhouette = alone.picture.pixels[..., 3] / np.float32(OPAQUE)
    seen = register(photo.pixels[..., :3], drawn, silhouette)
    if seen.difference <= SAME:
        remove = removing_background(lambda _: Segmentation(saliency=seen.alpha, model=model))
        own = remove(Enhanced(picture=photo, backend=alone.backend), task)
        if any(step.applied for step in own.steps):
            return own
    done = local.enhance(redrawn, task)
    return evolve(done, warnings=(*done.warnings, DRAWN))
