"""The LOCAL backend: which steps each mode takes, on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from attrs import evolve

from pixellab.adapters.enhancers.local.auto import fixing_measured
from pixellab.adapters.enhancers.local.cleaning.cleaning_stage import cleaned
from pixellab.adapters.enhancers.local.cutout.cutout_stage import removing_background
from pixellab.adapters.enhancers.local.light.light_stage import correcting_light
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment, Segmenter
from pixellab.adapters.enhancers.local.sharpening.sharpening_stage import sharpen_step
from pixellab.adapters.enhancers.local.stage import Stage, on_colours, with_step
from pixellab.adapters.enhancers.local.standardizing.standardizing_stage import standardizing
from pixellab.adapters.enhancers.local.upscaling.upscaling_stage import (
    refuse_too_large,
    upscale,
    upscale_and_denoise,
    upscale_if_small,
)
from pixellab.domain.errors import BackendRefused
from pixellab.domain.findings import Finding, fine
from pixellab.domain.pictures import Effort, Picture, QualityReport
from pixellab.domain.ports import Enhancer
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Step

NAME = "LOCAL"
WHITE = (255, 255, 255)


class LocalEnhancer(Enhancer):
    """Makes pictures better on this machine.

    ``segment`` asks a network where the product is; without it that is found by classical means.
    ``networks`` gives those that make pictures of pictures: by default PixelLab's own, on the CPU.
    """

    name = NAME

    def __init__(self, segment: Segment | None = None, networks: Networks | None = None) -> None:
        self._segment = segment
        self._networks = networks or Networks()
        self.modes = frozenset(stages(segment, self._networks))

    def check(self, width: int, height: int, task: Task) -> None:
        if task.mode in (Mode.UPSCALE, Mode.UPSCALE_DENOISE):
            refuse_too_large(width, height, task.scale)

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        """Do ``task.mode``; the same input and networks give the same answer, ``report`` or not.

        Raises BackendRefused for a mode without stages and an enlargement beyond MAX_RESULT_PIXELS,
        InvalidRequest for a profile that is not known, and BackendUnavailable or
        BackendFailed where PixelLab's own network for enlarging cannot be read or memory does not
        suffice for it.
        """
        if task.mode not in self.modes:
            raise BackendRefused(
                f"{self.name} does not do {task.mode}; it does {', '.join(sorted(self.modes))}."
            )
        networks = self._networks.for_another()
        result = Enhanced(picture=picture, backend=self.name)
        for stage in stages(self._segment, networks, report)[task.mode]:
            result = stage(result, task)
        names = (*networks.used(result.steps), *filter(None, [result.model_version]))
        return evolve(
            result,
            model_version=", ".join(names) or None,
            warnings=tuple(dict.fromkeys((*networks.warnings, *result.warnings))),
        )

    def diagnose(self) -> list[Finding]:
        if isinstance(self._segment, Segmenter):
            segmentation = self._segment.diagnose()
        else:
            segmentation = fine("cut-out network", "none, as PIXELLAB_CUTOUT_MODEL says")
        return [segmentation, *self._networks.diagnose()]


def _smallest(so_far: Enhanced, _: Task) -> Enhanced:
    why = "The file is written with the fewest bytes that look the same."
    kept = with_step(so_far, so_far.picture.pixels, Step(name="optimize", applied=True, why=why))
    return evolve(kept, effort=Effort.SMALLEST)


def _for_marketplace(on_canvas: Stage) -> Stage:
    """FULL's way with a marketplace's profile: ``on_canvas``, whose ground is white."""

    def stage(so_far: Enhanced, task: Task) -> Enhanced:
        done = on_canvas(so_far, task)
        asked = {"background": task.behind not in (None, WHITE), "keep_shadow": task.keep_shadow}
        ignored = tuple(
            f"{name} was ignored, since the profile's canvas is white."
            for name, differs in asked.items()
            if differs
        )
        return evolve(done, warnings=(*done.warnings, *ignored))

    return stage


def _either(marketplace: Stage | None, otherwise: Stage) -> Stage:
    """``otherwise`` where the task names no marketplace."""

    def stage(so_far: Enhanced, task: Task) -> Enhanced:
        chosen = marketplace if task.names_marketplace else otherwise
        return chosen(so_far, task) if chosen else so_far

    return stage


def stages(
    segment: Segment | None, networks: Networks, report: QualityReport | None = None
) -> Mapping[Mode, tuple[Stage, ...]]:
    """What each mode does, one after the other; ``report`` is of the picture that comes in."""
    fix = fixing_measured(networks, report)
    remove_background = removing_background(segment)
    on_canvas = standardizing(segment, networks)
    return {
        Mode.AUTO: (fix,),
        Mode.BACKGROUND_REMOVE: (remove_background,),
        Mode.LIGHT_CORRECTION: (partial(correcting_light, networks=networks),),
        Mode.UPSCALE_DENOISE: (partial(upscale_and_denoise, networks=networks),),
        Mode.STANDARDIZE: (on_canvas,),
        Mode.SHARPEN: (on_colours(partial(sharpen_step, networks=networks)),),
        Mode.DENOISE: (partial(cleaned, networks=networks),),
        Mode.UPSCALE: (partial(upscale, networks=networks),),
        Mode.OPTIMIZE: (_smallest,),
        Mode.FULL: (
            fix,
            _either(None, partial(upscale_if_small, networks=networks)),
            _either(_for_marketplace(on_canvas), remove_background),
            _smallest,
        ),
    }
