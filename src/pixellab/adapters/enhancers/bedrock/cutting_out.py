"""BACKGROUND_REMOVE on Bedrock: Stability finds the product, its pixels stay the photo's own.

Of what comes back only the alpha is used. Nothing in the result was drawn by a model, so it is not
marked as such, and there is nothing to hold against the photo.
"""

from __future__ import annotations

import cv2
import numpy as np
from attrs import evolve

from pixellab.adapters.enhancers.bedrock.ask_service import (
    SERVICE,
    Answered,
    StabilityPictures,
)
from pixellab.adapters.enhancers.bedrock.made_so_far import paid
from pixellab.adapters.enhancers.bedrock.stability_services import REMOVE_BACKGROUND
from pixellab.adapters.enhancers.cloud.billed import billed
from pixellab.adapters.enhancers.local.cutout.cut_out import cut_along
from pixellab.adapters.enhancers.local.cutout.cutout_stage import laid, place_of
from pixellab.adapters.enhancers.local.pixels.arrays import Bytes
from pixellab.adapters.enhancers.local.stage import with_step
from pixellab.domain.requests import Task
from pixellab.domain.results import Enhanced, Step

WHY = "The product was told from its background by Stability AI's service on Amazon Bedrock."
SHOWN, OPAQUE = 128, 255
"""Alpha from which a pixel counts as the product, and alpha of one that nothing shows through."""


def cut_out(so_far: Enhanced, task: Task, pictures: StabilityPictures) -> Enhanced:
    """``so_far`` with the product cut out, on the background that ``task`` names.

    Raises as ``StabilityPictures.ask``, and BackendFailed where no product was found.
    """
    rgb = np.ascontiguousarray(so_far.picture.pixels[..., :3])
    answered = pictures.ask(REMOVE_BACKGROUND, rgb)
    with billed(answered.answer, SERVICE):
        alpha = _alpha(answered, (rgb.shape[1], rgb.shape[0]))
        layers, warnings = cut_along(rgb, alpha, keep_shadow=task.keep_shadow)
        pixels = laid(layers.foreground, layers.alpha, task.behind)
    done = with_step(so_far, pixels, Step(name="background", applied=True, why=WHY))
    warnings = (*so_far.warnings, *answered.warnings, *warnings)
    done = evolve(done, warnings=warnings, product=place_of(layers.alpha))
    return paid(done, answered.answer)


def _alpha(answered: Answered, size: tuple[int, int]) -> Bytes:
    """uint8 (height, width) of the photo's ``size``, (width, height)."""
    picture = answered.picture
    alpha = np.ascontiguousarray(picture.pixels[..., 3]) if picture.has_alpha else None
    if alpha is None or not (alpha >= SHOWN).any() or (alpha == OPAQUE).all():
        raise answered.answer.error("BEDROCK could not tell the product from its background.")
    if alpha.shape[::-1] == size:
        return alpha
    shrinks = size[0] < alpha.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(alpha, size, interpolation=way), np.uint8)
