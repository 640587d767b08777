"""UPSCALE and UPSCALE_DENOISE on Bedrock: Stability draws the larger picture."""

from __future__ import annotations

import cv2
import numpy as np
from attrs import evolve
from numpy.typing import NDArray
from PIL import Image

from pixellab.adapters.enhancers.bedrock.ask_service import (
    SERVICE,
    Answered,
    StabilityPictures,
)
from pixellab.adapters.enhancers.bedrock.made_so_far import paid
from pixellab.adapters.enhancers.bedrock.stability_services import Service
from pixellab.adapters.enhancers.cloud.billed import billed
from pixellab.adapters.enhancers.cloud.vendor_answer import (
    TRAINED,
    CheckFidelity,
    fidelity_warnings,
    held_against,
    marked,
)
from pixellab.adapters.enhancers.local.stage import colours
from pixellab.domain.pictures import SourceFile
from pixellab.domain.requests import Task
from pixellab.domain.results import Enhanced, Step

Pixels = NDArray[np.uint8]


def enlarge(
    so_far: Enhanced,
    task: Task,
    service: Service,
    pictures: StabilityPictures,
    check: CheckFidelity | None,
) -> Enhanced:
    """``so_far`` with each side ``task.scale`` times as long, drawn by ``service``.

    Raises as ``StabilityPictures.ask``; ProductChanged where ``check`` objects; BackendFailed where
    what comes is smaller than the picture that there was.
    """
    rgb = colours(so_far)
    answered = pictures.ask(service, rgb)
    with billed(answered.answer, SERVICE):
        done = _drawn(so_far, task, answered)
        drawn = np.ascontiguousarray(answered.picture.pixels[..., :3])
        fidelity = held_against(rgb, drawn, check, answered.answer, SERVICE)
    step = Step(
        name="upscale",
        applied=True,
        why=f"Enlarged {task.scale} times with {service.title}, which draws detail.",
        figures={
            "scale": task.scale,
            "drawn_width": answered.picture.width,
            "drawn_height": answered.picture.height,
        },
    )
    file = SourceFile(data=answered.answer.data, format=answered.picture.format)
    done = evolve(
        done,
        steps=(*done.steps, step),
        warnings=(*done.warnings, *fidelity_warnings(fidelity)),
        fidelity=fidelity,
        drawn=file,
    )
    return paid(done, answered.answer)


def _drawn(so_far: Enhanced, task: Task, answered: Answered) -> Enhanced:
    """``so_far`` with the picture that came, at the size that was asked for."""
    photo, drawn = so_far.picture, answered.picture
    came = drawn.width, drawn.height
    if drawn.width * drawn.height < photo.width * photo.height:
        made = f"{drawn.width} x {drawn.height}"
        raise answered.answer.error(f"BEDROCK's picture is smaller than the photo, {made}.")
    size = photo.width * task.scale, photo.height * task.scale
    pixels = _with_alpha(_at(drawn.pixels[..., :3], size), photo.pixels, size)
    picture = marked(photo.with_pixels(np.ascontiguousarray(pixels)), photo, TRAINED)
    warnings = (*so_far.warnings, *answered.warnings, *_too_few(came, size))
    return evolve(so_far, picture=picture, warnings=warnings)


def _at(drawn: Pixels, size: tuple[int, int]) -> Pixels:
    """``drawn`` at ``size``, (width, height)."""
    if drawn.shape[1::-1] == size:
        return drawn
    # Pillow's bicubic filter widens as it reduces, so that nothing aliases; OpenCV's does not.
    picture = Image.fromarray(np.ascontiguousarray(drawn))
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC))


def _with_alpha(rgb: Pixels, photo: Pixels, size: tuple[int, int]) -> Pixels:
    if photo.shape[2] == 3:
        return rgb
    return np.dstack([rgb, cv2.resize(photo[..., 3], size, interpolation=cv2.INTER_CUBIC)])


def _too_few(drawn: tuple[int, int], size: tuple[int, int]) -> tuple[str, ...]:
    if drawn[0] >= size[0]:
        return ()
    made, asked = (f"{width} x {height}" for width, height in (drawn, size))
    return (f"BEDROCK drew {made} pixels, which were interpolated to {asked}.",)
