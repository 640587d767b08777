"""The LOCAL backend: which steps each mode takes, on this machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from attrs import evolve

from pixellab.adapters.enhancers.local.auto import fixing_measured
from pixellab.adapters.enhancers.local.cleaning.cleaning_stage import cleaned
from pixellab.adapters.enhancers.local.cutout.cutout_stage import removing_background
from pixellab.adapters.enhancers.local.light.light_stage import correcting_light
from pixellab.adapters.enhancers.local.networks.networks_of_picture import Networks
from pixellab.adapters.enhancers.local.networks.segmentation_network import Segment, Segmenter
from pixellab.adapters.enhancers.local.sharpening.sharpening_stage import sharpening
from pixellab.adapters.enhancers.local.stage import Stage, unless_left_out, with_step
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
from pixellab.domain.requests.modes import in_turn
from pixellab.domain.results import Enhanced, Model, Step

NAME = "LOCAL"
WHITE = (255, 255, 255)


class LocalEnhancer(Enhancer):
    """Makes pictures better on this machine.

    ``segment`` asks a network where the product is; without it that is found by classical means.
    ``networks`` gives those that make pictures of pictures: by default PixelLab's own, on the CPU.
    """

    name = NAME
    takes_several = True

    def __init__(self, segment: Segment | None = None, networks: Networks | None = None) -> None:
        self._segment = segment
        self._networks = networks or Networks()
        self.modes = frozenset(stages(segment, self._networks))

    def check(self, width: int, height: int, task: Task) -> None:
        for mode in in_turn(task.mode):
            if mode in (Mode.UPSCALE, Mode.UPSCALE_DENOISE):
                refuse_too_large(width, height, task.scale)
                width, height = width * task.scale, height * task.scale

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        """Do ``task.mode``, several in turn.

        The same input and networks give the same answer, ``report`` or not.

        Raises BackendRefused for a mode without stages and an enlargement beyond MAX_RESULT_PIXELS,
        InvalidRequest for a profile that is not known, and BackendUnavailable or
        BackendFailed where PixelLab's own network for enlarging cannot be read or memory does not
        suffice for it.
        """
        networks = self._networks.for_another()
        result = Enhanced(picture=picture, backend=self.name)
        models: list[str | None] = []
        for mode in in_turn(task.mode):
            known = report if result.picture is picture else None
            alone = task if mode is task.mode else evolve(task, mode=mode)
            for stage in self._stages(mode, networks, known, result.picture):
                result = stage(result, alone)
            models.append(result.model_version)
        used = networks.used(result.steps)
        segmented = dict.fromkeys(filter(None, models))
        names = (*(model.name for model in used), *segmented)
        return evolve(
            result,
            model_version=", ".join(names) or None,
            models=(*used, *self._segmentation_models(segmented)),
            warnings=tuple(dict.fromkeys((*networks.warnings, *result.warnings))),
        )

    def _stages(
        self, mode: Mode, networks: Networks, report: QualityReport | None, came: Picture
    ) -> tuple[Stage, ...]:
        if mode not in self.modes:
            raise BackendRefused(
                f"{self.name} does not do {mode}; it does {', '.join(sorted(self.modes))}."
            )
        return stages(self._segment, networks, report, came)[mode]

    def _segmentation_models(self, names: Collection[str]) -> tuple[Model, ...]:
        """Those of ``names`` that came from a file."""
        model = self._segment.model if isinstance(self._segment, Segmenter) else None
        return (model,) if model and model.name in names else ()

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


def _sized_by_profile(so_far: Enhanced, task: Task) -> Enhanced:
    if "upscale" not in task.left_out:
        return so_far
    why = "The profile sets the size of its canvas, for which a small product is enlarged."
    return with_step(so_far, so_far.picture.pixels, Step(name="upscale", applied=False, why=why))


def _without_canvas(so_far: Enhanced, task: Task) -> Enhanced:
    if not task.names_marketplace or "background" not in task.left_out:
        return so_far
    why = "profile was ignored, since its canvas takes the background away, which was left out."
    return evolve(so_far, warnings=(*so_far.warnings, why))


def _either(marketplace: Stage, otherwise: Stage) -> Stage:
    """``otherwise`` where the task names no marketplace, or leaves its canvas out."""

    def stage(so_far: Enhanced, task: Task) -> Enhanced:
        on_canvas = task.names_marketplace and "background" not in task.left_out
        return (marketplace if on_canvas else otherwise)(so_far, task)

    return stage


def stages(
    segment: Segment | None,
    networks: Networks,
    report: QualityReport | None = None,
    came: Picture | None = None,
) -> Mapping[Mode, tuple[Stage, ...]]:
    """What each mode does, one after the other; ``report`` is of the picture that ``came`` in."""
    fix = fixing_measured(networks, report)
    remove_background = removing_background(segment, came)
    on_canvas = standardizing(segment, networks, came)
    return {
        Mode.AUTO: (fix,),
        Mode.BACKGROUND_REMOVE: (remove_background,),
        Mode.LIGHT_CORRECTION: (partial(correcting_light, networks=networks),),
        Mode.UPSCALE_DENOISE: (partial(upscale_and_denoise, networks=networks),),
        Mode.STANDARDIZE: (on_canvas,),
        Mode.SHARPEN: (sharpening(networks),),
        Mode.DENOISE: (partial(cleaned, networks=networks),),
        Mode.UPSCALE: (partial(upscale, networks=networks),),
        Mode.OPTIMIZE: (_smallest,),
        Mode.FULL: (
            fix,
            _either(
                _sized_by_profile,
                unless_left_out("upscale", partial(upscale_if_small, networks=networks)),
            ),
            _either(_for_marketplace(on_canvas), unless_left_out("background", remove_background)),
            unless_left_out("optimize", _smallest),
            _without_canvas,
        ),
    }
