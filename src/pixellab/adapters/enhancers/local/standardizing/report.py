"""What a seller is told of a standardized picture."""

from __future__ import annotations

from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.segmentation.product_location import Doubt, checked
from pixellab.adapters.enhancers.local.standardizing.canvas import Canvas
from pixellab.adapters.enhancers.local.standardizing.photo_view import Background, PhotoView
from pixellab.adapters.enhancers.local.upscaling.enlarge import STEP
from pixellab.adapters.marketplaces.profiles import Profile
from pixellab.domain.results import Step

UNKNOWN = (
    "Since the cut-out cannot be trusted, it is unknown whether the marketplace's rules about the "
    "product are kept."
)


def steps_of(result: Canvas, wanted: Profile, networks: Networks | None = None) -> tuple[Step, ...]:
    """What was done, and by which rules."""
    view = result.view
    found = view.background is not Background.KEPT
    if view.location is None:
        why = "The photo's own transparency shows the product."
    else:
        why = view.location.why
    confidence = view.location.confidence if view.location else float(found)
    return (
        Step(
            name="find_product",
            applied=found,
            why=why,
            figures={"confidence": round(confidence, 3)},
        ),
        Step(name="background", applied=found, why=view.background.value),
        *checked(_doubts(view)),
        Step(
            name="canvas",
            applied=True,
            why=f"Centred on a square white canvas by the rules of {wanted.name}, as checked in "
            f"{wanted.checked} ({'; '.join(wanted.sources)}).",
            figures={
                "side": result.side,
                "scale": round(result.scale, 4),
                **({} if result.fill is None else {"fill": round(result.fill, 3)}),
            },
        ),
        *_enlarged(result, networks),
    )


def _doubts(view: PhotoView) -> tuple[Doubt, ...]:
    """What speaks against the cut-out, where there is one."""
    if view.location is None or view.background is Background.KEPT:
        return ()
    return view.location.doubts


def _enlarged(result: Canvas, networks: Networks | None) -> tuple[Step, ...]:
    if result.scale <= 1 or networks is None or not networks.noted(STEP):
        return ()
    why = f"The product was enlarged {result.scale:.2f} times by a network, not by interpolation."
    return (Step(name=STEP, applied=True, why=why, figures={"scale": round(result.scale, 4)}),)


def warnings_of(result: Canvas, wanted: Profile) -> tuple[str, ...]:
    """What the seller should look at."""
    view = result.view
    warnings = list(view.location.warnings) if view.location else []
    warnings += [each.sentence for each in _doubts(view)]
    if view.background is Background.KEPT:
        why = view.location.why if view.location else "The picture is transparent throughout."
        warnings.append(f"{why} The whole photo was fitted on the canvas.")
    elif view.fills_edge:
        warnings.append(
            "What was taken for the product lies along much of the photo's edge, so it may be "
            "background: whether the marketplace's rules are kept is unknown."
        )
    elif view.edges_reached:
        warnings.append(
            "The product reaches the edge of the photo, so a part of it may be missing."
        )
    if _doubts(view):
        warnings.append(UNKNOWN)
    if result.scale > 1:
        warnings.append(
            f"The photo is too small for {wanted.name}: it was enlarged {result.scale:.2f} times."
        )
    elif result.side < wanted.canvas:
        warnings.append(
            f"The product is too small in the photo for {wanted.canvas} px; "
            f"the canvas is {result.side} px, so that nothing was enlarged."
        )
    return tuple(warnings)
