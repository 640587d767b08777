"""Pixels to a better file."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence

from attrs import evolve, field, frozen

from pixellab.domain.images import improvement_percent
from pixellab.domain.pictures import (
    EncodedImage,
    EncodeSpec,
    Faithfulness,
    Picture,
    QualityReport,
)
from pixellab.domain.ports import Credentials, Enhancers, Imaging, Origin
from pixellab.domain.requests import Task
from pixellab.domain.results import BackendCall, CallOutcome, Enhanced, Rule, with_call
from pixellab.domain.use_cases.asking.budget import Budget
from pixellab.domain.use_cases.asking.fallback import UNRECORDED, Asker, ask_chain
from pixellab.domain.use_cases.finished_file import Photo, finished_file
from pixellab.domain.use_cases.sized_result import sized


@frozen(kw_only=True)
class Result:
    """A photo made better, with nothing stored yet."""

    enhanced: Enhanced
    encoded: EncodedImage
    before: QualityReport
    after: QualityReport
    faithfulness: Faithfulness
    rules: tuple[Rule, ...]
    warnings: tuple[str, ...]
    calls: tuple[BackendCall, ...]
    """The backends that were asked; the last one served."""
    versions: Mapping[str, str]
    """Of what made it, by distribution."""

    @property
    def quality_metadata(self) -> dict[str, float]:
        """The parts of both scores and of the faithfulness, and the score's growth in percent."""
        before = {f"original_{name}": value for name, value in self.before.parts.items()}
        after = {f"enhanced_{name}": value for name, value in self.after.parts.items()}
        kept = {f"faithful_{name}": value for name, value in self.faithfulness.parts.items()}
        improved = improvement_percent(self.before.score, self.after.score)
        return {**before, **after, **kept, "improvement_percent": improved}


@frozen(kw_only=True)
class Enhance:
    """Pixels to a better file, with its measure before and after. Touches no store."""

    imaging: Imaging
    enhancers: Enhancers
    budget: Budget = Budget()
    credentials: Credentials | None = None
    """Who signs each file; None where that is not configured."""
    versions: Mapping[str, str] = field(factory=dict)
    """Of PixelLab and of the libraries that make pictures, by distribution."""

    def __call__(
        self,
        picture: Picture,
        task: Task,
        chain: Sequence[str],
        before: QualityReport | None = None,
        asker: Asker = UNRECORDED,
        *,
        photo: Callable[[], bytes],
    ) -> Result:
        """Ask the backends of ``chain`` in turn, on behalf of ``asker``.

        ``photo`` reads the file that ``picture`` was opened from, which is asked if it is signed.
        """
        before = before or self.imaging.assess(picture)
        calls: tuple[BackendCall, ...] = ()

        def keep(call: BackendCall) -> None:
            nonlocal calls
            calls = with_call(calls, call)
            asker.tell(call)

        heard = evolve(asker, tell=keep)
        made = ask_chain(self.enhancers, self.budget, chain, picture, task, before, heard)
        enhanced = sized(self.imaging, made, task)
        spec = EncodeSpec(
            format=task.output_format,
            max_bytes=_smallest(task.max_bytes, enhanced),
            effort=enhanced.effort,
        )
        read = Photo(picture=picture, read=photo)
        encoded = finished_file(self.imaging, self.credentials, enhanced, spec, read)
        # The file is what the user gets, so the file is what is judged, not the pixels before it.
        shown = self.imaging.open(io.BytesIO(encoded.data), origin=Origin.OWN)
        # What a size that was asked for takes away is no doubt, and padding is no other product.
        is_sized = enhanced.picture is not made.picture
        kept = self.imaging.compare(picture, made.picture if is_sized else shown)
        file_rules = enhanced.file_rules.check(encoded) if enhanced.file_rules else ()
        reasons = (encoded.reason,) if encoded.reason else ()
        fallen_back = _fell_back(asker, calls)
        doubts = (kept.doubt,) if kept.doubt else ()
        found = (*picture.warnings, *enhanced.warnings, *reasons, *doubts)
        return Result(
            enhanced=enhanced,
            encoded=encoded,
            before=before,
            after=self.imaging.assess(shown),
            faithfulness=kept,
            rules=(*enhanced.rules, *file_rules),
            warnings=(*task.ignored, *_not_left_out(enhanced, task), *fallen_back, *found),
            calls=calls,
            versions=self.versions,
        )


def _fell_back(asker: Asker, calls: Sequence[BackendCall]) -> tuple[str, ...]:
    failed = [call.why for call in calls if call.outcome is not CallOutcome.SERVED]
    reasons = (*asker.lost.values(), *failed)
    return tuple(f"{why} {calls[-1].backend} did it instead." for why in reasons)


def _not_left_out(enhanced: Enhanced, task: Task) -> tuple[str, ...]:
    """A backend of another package may know nothing of steps that are left out."""
    done_without = {step.name for step in enhanced.steps if not step.applied}
    return tuple(
        f"{enhanced.backend} does not say that it left out {name}."
        for name in sorted(task.left_out - done_without)
    )


def _smallest(asked: int | None, enhanced: Enhanced) -> int | None:
    limits = [asked] if asked else []
    if enhanced.file_rules:
        limits.append(enhanced.file_rules.max_bytes)
    return min(limits, default=None)
