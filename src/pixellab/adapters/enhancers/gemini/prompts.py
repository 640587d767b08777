"""What Gemini is told, mode by mode."""

from __future__ import annotations

from collections.abc import Iterable

from pixellab.domain.requests import Mode, Task

KEEP = (
    "This is a photo of a product that a customer will buy by its picture. "
    "Keep the product exactly as it is: its shape, proportions, position and size in the frame, "
    "its colours and materials, every part of it, and every letter, digit, logo and label on it. "
    "Do not add, remove, move, restyle or invent anything. "
    "Keep the framing, the point of view and the aspect ratio."
)
LIGHT = (
    "Correct the exposure, the white balance and the contrast, as a photographer develops a photo. "
    "Do not clip highlights, and do not change the hue of the product."
)
CRISPER = "Make soft edges and fine texture crisper, without halos and without new detail."
CLEAN = "Remove noise and the artefacts of compression. Keep the real texture of materials."
LARGER = (
    "Draw the same photo at a higher resolution. Lettering that cannot be read stays as it is: "
    "do not guess it."
)
PLAIN = (
    "Replace everything behind the product by one plain, evenly lit, light grey backdrop "
    "that differs clearly from the product at its outline."
)
NO_SHADOW = "The product casts no shadow and no reflection on it."
SHADOW = "Keep the shadow that the product casts, soft, on the backdrop."

OF_MODE = {
    Mode.LIGHT_CORRECTION: (LIGHT,),
    Mode.SHARPEN: (CRISPER,),
    Mode.DENOISE: (CLEAN,),
    Mode.UPSCALE: (LARGER,),
    Mode.UPSCALE_DENOISE: (LARGER, CLEAN),
}
OF_STEP = {"light": LIGHT, "denoise": CLEAN, "deblock": CLEAN, "sharpen": CRISPER}
"""What is asked for where LOCAL's step of that name finds something to do."""


def prompt_for(task: Task) -> str:
    """The prompt of a mode that Gemini does as asked."""
    if task.mode is Mode.BACKGROUND_REMOVE:
        return _joined((PLAIN, SHADOW if task.keep_shadow else NO_SHADOW))
    return _joined(OF_MODE[task.mode])


def prompt_for_steps(steps: Iterable[str], task: Task, *, plain: bool = False) -> str:
    """The prompt for what LOCAL's steps of these names found; ``plain`` asks for a backdrop."""
    wanted = [OF_STEP[name] for name in steps]
    if plain:
        wanted += [PLAIN, SHADOW if task.keep_shadow else NO_SHADOW]
    return _joined(wanted)


def _joined(sentences: Iterable[str]) -> str:
    return " ".join((KEEP, *dict.fromkeys(sentences)))
