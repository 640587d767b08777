"""A backend's answer brought to the size that was asked for."""

from __future__ import annotations

from attrs import evolve

from pixellab.domain.pictures import Picture
from pixellab.domain.ports import Imaging
from pixellab.domain.requests import Task
from pixellab.domain.requests.framing import Layout, Shares
from pixellab.domain.results import Enhanced, Step

WHITE = (255, 255, 255)
CENTRED = (
    "It was cropped about the centre, since no product was looked for or found; "
    "check that nothing is cut off."
)


def sized(imaging: Imaging, enhanced: Enhanced, task: Task) -> Enhanced:
    """``enhanced`` as wide and high as ``task`` asks, with a step that says so.

    The same where that changes nothing; the rules of a marketplace are measured again.
    """
    before = enhanced.picture
    layout = task.frame.layout(before.width, before.height, enhanced.product)
    after = imaging.frame(before, layout, _behind(enhanced, task))
    cut_off = _cut_off(before, layout, enhanced.product)
    warnings = (*enhanced.warnings, *_too_small(before, layout), *cut_off)
    if after is before:
        return evolve(enhanced, warnings=warnings)
    step = Step(
        name="size",
        applied=True,
        why=_in_words(before, layout),
        figures={"width": after.width, "height": after.height},
    )
    again = enhanced.measure_again
    return evolve(
        enhanced,
        picture=after,
        steps=(*enhanced.steps, step),
        rules=again(after, layout) if again else enhanced.rules,
        warnings=warnings,
    )


def _behind(enhanced: Enhanced, task: Task) -> tuple[int, int, int] | None:
    if task.behind is None and (enhanced.rules or not task.output_format.keeps_alpha):
        return WHITE
    return task.behind


def _too_small(picture: Picture, layout: Layout) -> tuple[str, ...]:
    if not layout.too_small:
        return ()
    has = f"The picture has {picture.width} x {picture.height} pixels"
    return (f"{has} and was not enlarged to the size asked for; the mode UPSCALE enlarges.",)


def _cut_off(picture: Picture, layout: Layout, product: Shares | None) -> tuple[str, ...]:
    """Whether all of the product, but for a pixel at its edges, is shown."""
    if product is None:
        is_whole = layout.crop == (0, 0, picture.width, picture.height)
        return () if is_whole else (CENTRED,)
    left, top, right, bottom = product
    inside = (
        left * picture.width >= layout.crop[0] - 1
        and top * picture.height >= layout.crop[1] - 1
        and right * picture.width <= layout.crop[2] + 1
        and bottom * picture.height <= layout.crop[3] + 1
    )
    return () if inside else ("A part of the product was cropped to fill width and height.",)


def _in_words(before: Picture, layout: Layout) -> str:
    whole = before.width, before.height
    left, top, right, bottom = layout.crop
    done = []
    if (right - left, bottom - top) != whole:
        done.append(f"cropped to {right - left} x {bottom - top}")
    if layout.size != (right - left, bottom - top):
        done.append("made smaller, to {} x {}".format(*layout.size))
    if layout.canvas != layout.size:
        done.append("padded to {} x {}".format(*layout.canvas))
    return f"The picture of {whole[0]} x {whole[1]} was {', then '.join(done)}."
