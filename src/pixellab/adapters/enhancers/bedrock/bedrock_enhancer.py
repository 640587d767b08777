"""The BEDROCK backend: Stability's services at Amazon, and LOCAL's steps where they serve better.

| mode | |
|---|---|
| BACKGROUND_REMOVE | remove background, of which the alpha is used |
| UPSCALE | fast upscale, for pictures that it takes whole, else conservative upscale |
| UPSCALE_DENOISE | LOCAL's DENOISE, then conservative upscale |
| FULL | LOCAL's AUTO, an upscale if the photo is small, remove background, LOCAL's OPTIMIZE |
| AUTO, STANDARDIZE, OPTIMIZE | LOCAL's; nothing is sent |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve

from pixellab.adapters.enhancers.bedrock.ask_service import StabilityPictures
from pixellab.adapters.enhancers.bedrock.cutting_out import cut_out
from pixellab.adapters.enhancers.bedrock.diagnose_bedrock import look_into
from pixellab.adapters.enhancers.bedrock.enlarging import enlarge
from pixellab.adapters.enhancers.bedrock.invoke_model import Bedrock
from pixellab.adapters.enhancers.bedrock.made_so_far import counting, followed_by, together
from pixellab.adapters.enhancers.bedrock.stability_services import (
    CONSERVATIVE_UPSCALE,
    REMOVE_BACKGROUND,
    Service,
    Size,
    upscaler,
)
from pixellab.adapters.enhancers.cloud.vendor_answer import CheckFidelity
from pixellab.adapters.enhancers.local.pixels.transparency import is_transparent
from pixellab.adapters.enhancers.local.stage import unless_left_out, with_step
from pixellab.adapters.enhancers.local.upscaling.upscaling_stage import SMALL_SIDE
from pixellab.domain.errors import BackendRefused
from pixellab.domain.findings import Finding
from pixellab.domain.pictures import Picture, QualityReport
from pixellab.domain.ports import Enhancer, Imaging
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Estimate, Step, Usage

NAME = "BEDROCK"

Stage = Callable[[Enhanced, Task], Enhanced]


class BedrockEnhancer(Enhancer):
    """Makes pictures better by ``bedrock``, and by ``local`` where nothing is to be sent.

    ``check`` holds what a service drew against the photo; without it nothing does.
    """

    name = NAME
    waits = True

    def __init__(
        self,
        bedrock: Bedrock,
        *,
        imaging: Imaging,
        local: Enhancer,
        check: CheckFidelity | None = None,
    ) -> None:
        self._bedrock = bedrock
        self._pictures = StabilityPictures(bedrock, imaging)
        self._local = local
        self._check = check
        self.modes = frozenset(self._stages())

    def check(self, width: int, height: int, task: Task) -> None:
        self._sent(width, height, task)

    def estimate(self, width: int, height: int, task: Task) -> Estimate | None:
        sent = self._sent(width, height, task)
        if not sent:
            return None
        usage: Usage | None = None
        for service, _ in sent:
            usage = together(usage, self._bedrock.usage(service))
        assert usage is not None
        sizes = dict.fromkeys(f"{across} x {down}" for _, (across, down) in sent)
        return Estimate(
            service=f"Amazon Bedrock, {self._bedrock.host}",
            model=", ".join(service.model for service, _ in sent),
            sends=f"the picture at {' and at '.join(sizes)}, as PNG or, if need be, as JPEG",
            usage=usage,
        )

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        """Do ``task.mode``.

        Raises, each with the usage where something may have been billed: BackendRefused for
        another mode, a picture that a service does not take, and one that its filter stops;
        BackendUnavailable, BackendTimeout, BackendFailed; ProductChanged where the check objects.
        """
        self.check(picture.width, picture.height, task)
        so_far = Enhanced(picture=picture, backend=self.name)
        for stage in self._stages(report)[task.mode]:
            with counting(so_far):
                so_far = stage(so_far, task)
        return so_far

    def diagnose(self) -> list[Finding]:
        return list(look_into(self._bedrock))

    def _sent(self, width: int, height: int, task: Task) -> list[tuple[Service, Size]]:
        """The services that a picture of that size is sent to, and at which size.

        Raises BackendRefused where one of them is certain to refuse it.
        """
        if task.mode not in self.modes:
            able = ", ".join(sorted(self.modes))
            raise BackendRefused(f"{self.name} does not do {task.mode}; it does {able}.")
        if task.mode in (Mode.UPSCALE, Mode.UPSCALE_DENOISE):
            self._local.check(width, height, task)
        sent = []
        if enlarger := _enlarger(width, height, task):
            sent.append((enlarger, enlarger.sent_size(width, height)))
            width, height = width * task.scale, height * task.scale
        cuts_out = task.mode in (Mode.BACKGROUND_REMOVE, Mode.FULL)
        if cuts_out and "background" not in task.left_out:
            sent.append((REMOVE_BACKGROUND, REMOVE_BACKGROUND.sent_size(width, height)))
        return sent

    def _stages(self, report: QualityReport | None = None) -> Mapping[Mode, tuple[Stage, ...]]:
        """What each mode does; ``report`` is of the picture that comes in."""
        return {
            Mode.AUTO: (self._locally(Mode.AUTO, report),),
            Mode.BACKGROUND_REMOVE: (self._cut_out,),
            Mode.UPSCALE: (self._enlarge,),
            Mode.UPSCALE_DENOISE: (
                self._locally(Mode.DENOISE, report),
                self._enlarge_conservatively,
            ),
            Mode.STANDARDIZE: (self._locally(Mode.STANDARDIZE, report),),
            Mode.OPTIMIZE: (self._locally(Mode.OPTIMIZE, report),),
            Mode.FULL: (
                self._locally(Mode.AUTO, report),
                unless_left_out("upscale", self._enlarge_if_small),
                unless_left_out("background", self._cut_out),
                unless_left_out("optimize", self._locally(Mode.OPTIMIZE)),
                _without_canvas,
            ),
        }

    def _locally(self, mode: Mode, report: QualityReport | None = None) -> Stage:
        def stage(so_far: Enhanced, task: Task) -> Enhanced:
            done = self._local.enhance(so_far.picture, evolve(task, mode=mode), report)
            return followed_by(so_far, done)

        return stage

    def _cut_out(self, so_far: Enhanced, task: Task) -> Enhanced:
        if is_transparent(so_far.picture.pixels):  # cut out already, which is no reason to pay
            return self._locally(Mode.BACKGROUND_REMOVE)(so_far, task)
        return cut_out(so_far, task, self._pictures)

    def _enlarge(self, so_far: Enhanced, task: Task) -> Enhanced:
        service = upscaler(so_far.picture.width, so_far.picture.height)
        return enlarge(so_far, task, service, self._pictures, self._check)

    def _enlarge_conservatively(self, so_far: Enhanced, task: Task) -> Enhanced:
        return enlarge(so_far, task, CONSERVATIVE_UPSCALE, self._pictures, self._check)

    def _enlarge_if_small(self, so_far: Enhanced, task: Task) -> Enhanced:
        picture = so_far.picture
        if _enlarger(picture.width, picture.height, task):
            return self._enlarge(so_far, task)
        longest = max(picture.width, picture.height)
        why = f"{longest} pixels on the longest side are enough to zoom in."
        return with_step(so_far, picture.pixels, Step(name="upscale", applied=False, why=why))


def _enlarger(width: int, height: int, task: Task) -> Service | None:
    """What enlarges a picture of that size for ``task``, if anything does."""
    if task.mode is Mode.UPSCALE_DENOISE:
        return CONSERVATIVE_UPSCALE
    if "upscale" in task.left_out:
        return None
    if task.mode is Mode.UPSCALE or (task.mode is Mode.FULL and max(width, height) < SMALL_SIDE):
        return upscaler(width, height)
    return None


def _without_canvas(so_far: Enhanced, task: Task) -> Enhanced:
    """Says that FULL was done without the ``profile``, where one was asked for."""
    if not task.names_marketplace:
        return so_far
    told = f"profile was ignored: FULL by {NAME} puts no product on a marketplace's canvas."
    return evolve(so_far, warnings=(*so_far.warnings, told))
