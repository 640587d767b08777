"""The GEMINI backend: what each mode sends, and what stays on this machine."""

from __future__ import annotations

from attrs import evolve

from pixellab.adapters.enhancers.cloud.billed import billed
from pixellab.adapters.enhancers.cloud.vendor_answer import (
    TRAINED,
    CheckFidelity,
    fidelity_warnings,
    held_against,
    marked,
)
from pixellab.adapters.enhancers.gemini.backdrop import cut_out_by_drawing
from pixellab.adapters.enhancers.gemini.frames import SIDES, draws_less, frame_for
from pixellab.adapters.enhancers.gemini.prompts import OF_STEP, prompt_for, prompt_for_steps
from pixellab.adapters.enhancers.gemini.redrawing import (
    SERVICE,
    Drawn,
    plan_for,
    redraw,
    seen_on_white,
)
from pixellab.adapters.enhancers.gemini.service import PART, GeminiService
from pixellab.adapters.enhancers.local.pixels.transparency import is_transparent
from pixellab.domain.errors import BackendRefused
from pixellab.domain.findings import Finding, Verdict, fine
from pixellab.domain.pictures import Picture, QualityReport, SourceFile
from pixellab.domain.ports import Enhancer, Imaging
from pixellab.domain.requests import Mode, Task
from pixellab.domain.results import Enhanced, Estimate, Step

NAME = "GEMINI"
STAYS_HERE = frozenset({Mode.STANDARDIZE, Mode.OPTIMIZE})
"""Modes that are LOCAL's by nature: a canvas, and bytes."""
AS_NEEDED = frozenset({Mode.AUTO, Mode.FULL})
ENLARGES = frozenset({Mode.UPSCALE, Mode.UPSCALE_DENOISE})
BACKGROUND = "background"
"""LOCAL's step that cuts the product out."""
DONE = {
    Mode.LIGHT_CORRECTION: Step(
        name="light", applied=True, why="Gemini corrected exposure, colours and contrast."
    ),
    Mode.SHARPEN: Step(name="sharpen", applied=True, why="Gemini drew edges crisper."),
    Mode.DENOISE: Step(
        name="denoise", applied=True, why="Gemini drew the photo without noise and artefacts."
    ),
    Mode.UPSCALE: Step(name="upscale", applied=True, why="Gemini drew the photo larger."),
    Mode.UPSCALE_DENOISE: Step(
        name="upscale", applied=True, why="Gemini drew the photo larger and without noise."
    ),
}


class GeminiEnhancer(Enhancer):
    """Makes pictures better by Google's Gemini, and by ``local`` what Gemini is not for.

    ``check`` holds what Gemini drew against the photo; None leaves that out, and says so.
    ``max_input_bytes`` is the largest file that is sent.
    """

    name = NAME
    modes = frozenset(Mode)
    waits = True

    def __init__(
        self,
        service: GeminiService,
        imaging: Imaging,
        local: Enhancer,
        check: CheckFidelity | None,
        max_input_bytes: int,
    ) -> None:
        self._service = service
        self._imaging = imaging
        self._local = local
        self._check = check
        self._max_input_bytes = max_input_bytes

    def check(self, width: int, height: int, task: Task) -> None:
        self._local.check(width, height, task)
        if task.mode in STAYS_HERE:
            return
        if task.left_out and task.mode not in AS_NEEDED:
            raise BackendRefused(
                f"Gemini draws a photo anew as a whole, so {', '.join(sorted(task.left_out))} "
                f"cannot be left out of its {task.mode}."
            )
        frame = frame_for(width, height)
        if task.mode in ENLARGES and draws_less(frame):
            raise BackendRefused(
                "Gemini draws at most as many pixels as 4096 x 4096 has, which is fewer than this "
                "photo has already."
            )

    def estimate(self, width: int, height: int, task: Task) -> Estimate | None:
        """As the port says; AUTO and FULL send nothing if the photo needs nothing."""
        self.check(width, height, task)
        if task.mode in STAYS_HERE:
            return None
        plan = plan_for(width, height, _scale(task))
        access = self._service.access
        condition = "if it needs anything, " if task.mode in AS_NEEDED else ""
        return Estimate(
            service=f"Google Gemini API, {access.host}",
            model=access.model,
            sends=condition + plan.sends,
            usage=self._service.price(plan.size),
        )

    def enhance(
        self,
        picture: Picture,
        task: Task,
        report: QualityReport | None = None,
        *,
        attempt: str | None = None,
    ) -> Enhanced:
        self.check(picture.width, picture.height, task)
        if task.mode in STAYS_HERE:
            return self._here(self._local.enhance(picture, task, report), f"{task.mode} needs none")
        if task.mode in AS_NEEDED:
            return self._as_needed(picture, task, report)
        if task.mode is Mode.BACKGROUND_REMOVE:
            return self._without_background(picture, task)
        return self._redrawn(picture, task)

    def diagnose(self) -> list[Finding]:
        found = self._service.look()
        if found.verdict is not Verdict.OK:
            return [found]
        prices = ", ".join(f"{size} {self._asked(size)}" for size in SIDES)
        listed = self._service.prices
        return [
            found,
            fine(
                f"{PART}'s modes",
                f"{', '.join(sorted(self.modes - STAYS_HERE))}; by LOCAL, with nothing sent: "
                f"{', '.join(sorted(STAYS_HERE))}",
            ),
            fine(f"{PART}'s prices", f"a picture: {prices} ({listed.priced_on}; {listed.source})"),
        ]

    def _asked(self, size: str) -> str:
        usage = self._service.price(size)
        if usage.amount is None:
            return "unknown"
        quoted = "" if usage.priced_on else " as you were quoted"
        return f"{usage.amount} {usage.currency}{quoted}"

    def _here(self, done: Enhanced, why: str) -> Enhanced:
        step = Step(name="gemini", applied=False, why=f"Nothing was sent to Gemini: {why}.")
        return evolve(done, backend=NAME, steps=(*done.steps, step))

    def _redrawn(self, photo: Picture, task: Task) -> Enhanced:
        drawn = self._ask(photo, prompt_for(task), _scale(task))
        fresh = evolve(photo, pixels=drawn.pixels, source_quality=None)
        done = Enhanced(
            picture=marked(fresh, photo, TRAINED), backend=NAME, steps=(DONE[task.mode],)
        )
        return self._kept(done, photo, drawn)

    def _without_background(self, photo: Picture, task: Task) -> Enhanced:
        if is_transparent(photo.pixels):
            return self._here(self._local.enhance(photo, task), "the photo has no background")
        opaque = photo.with_pixels(seen_on_white(photo.pixels))
        drawn = self._ask(opaque, prompt_for(task))
        model = drawn.answer.model_version or self._service.access.model
        with billed(drawn.answer, SERVICE):
            done = cut_out_by_drawing(opaque, drawn.pixels, task, self._local, model)
        return self._kept(done, opaque, drawn, done.picture)

    def _as_needed(self, photo: Picture, task: Task, report: QualityReport | None) -> Enhanced:
        """LOCAL finds out what the photo needs, Gemini draws it so, and LOCAL does the rest."""
        here = self._local.enhance(photo, task, report)
        needs = [step.name for step in here.steps if step.applied and step.name in OF_STEP]
        plain = BACKGROUND not in task.left_out and any(
            step.name == BACKGROUND and not step.applied for step in here.steps
        )
        if not needs and not plain:
            return self._here(here, "the photo needs nothing that Gemini would do")
        drawn = self._ask(photo, prompt_for_steps(needs, task, plain=plain))
        fresh = marked(evolve(photo, pixels=drawn.pixels, source_quality=None), photo, TRAINED)
        with billed(drawn.answer, SERVICE):
            if self._is_worse(fresh, photo, report):
                return self._no_better(here, drawn)
            done = self._local.enhance(fresh, task)
        return self._kept(done, photo, drawn)

    def _is_worse(self, fresh: Picture, photo: Picture, report: QualityReport | None) -> bool:
        after = self._imaging.assess(fresh)
        if report is None or report.measured_by != after.measured_by:
            report = self._imaging.assess(photo)
        return after.score < report.score

    def _no_better(self, here: Enhanced, drawn: Drawn) -> Enhanced:
        why = "Gemini's picture measured worse than the photo, so LOCAL's was kept."
        return evolve(
            here,
            backend=NAME,
            steps=(*here.steps, evolve(drawn.step, applied=False)),
            warnings=(*here.warnings, why),
            usage=drawn.answer.usage,
            model_version=_models(drawn, here),
            response_id=drawn.answer.response_id,
        )

    def _ask(self, photo: Picture, prompt: str, scale: int = 1) -> Drawn:
        return redraw(photo, prompt, scale, self._service, self._imaging, self._max_input_bytes)

    def _kept(
        self, done: Enhanced, photo: Picture, drawn: Drawn, result: Picture | None = None
    ) -> Enhanced:
        """``done``, once what Gemini drew, or the ``result``, is held against the photo."""
        shown = seen_on_white(result.pixels) if result else drawn.colours
        with billed(drawn.answer, SERVICE):
            fidelity = held_against(
                seen_on_white(photo.pixels), shown, self._check, drawn.answer, SERVICE
            )
        is_drawn = done.picture.metadata.digital_source_type == TRAINED
        file = SourceFile(data=drawn.answer.data, format=drawn.format)
        return evolve(
            done,
            backend=NAME,
            steps=(drawn.step, *done.steps),
            warnings=(*drawn.warnings, *done.warnings, *fidelity_warnings(fidelity)),
            usage=drawn.answer.usage,
            model_version=_models(drawn, done),
            response_id=drawn.answer.response_id,
            fidelity=fidelity,
            drawn=file if is_drawn else None,
        )


def _scale(task: Task) -> int:
    return task.scale if task.mode in ENLARGES else 1


def _models(drawn: Drawn, done: Enhanced) -> str | None:
    """Gemini's, and LOCAL's networks that worked on its picture."""
    names = dict.fromkeys(filter(None, (drawn.answer.model_version, done.model_version)))
    return ", ".join(names) or None
