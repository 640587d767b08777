"""Pixels to a better file."""

from __future__ import annotations

import io

from attrs import frozen

from pixellab.domain.errors import BackendFailed, PixelLabError
from pixellab.domain.pictures import (
    EncodedImage,
    EncodeSpec,
    Enhanced,
    Picture,
    QualityReport,
    Rule,
    Task,
)
from pixellab.domain.ports import Enhancer, Enhancers, Imaging


@frozen(kw_only=True)
class Result:
    """A photo made better, with nothing stored yet."""

    enhanced: Enhanced
    encoded: EncodedImage
    before: QualityReport
    after: QualityReport
    rules: tuple[Rule, ...]
    warnings: tuple[str, ...]


@frozen(kw_only=True)
class Enhance:
    """Pixels to a better file, with its measure before and after. Touches no store."""

    imaging: Imaging
    enhancers: Enhancers

    def __call__(
        self,
        picture: Picture,
        task: Task,
        enhancer: Enhancer,
        before: QualityReport | None = None,
    ) -> Result:
        before = before or self.imaging.assess(picture)
        enhanced = _enhanced(enhancer, picture, task, before)
        spec = EncodeSpec(
            format=task.output_format,
            max_bytes=_smallest(task.max_bytes, enhanced),
            effort=enhanced.effort,
        )
        encoded = self.imaging.encode(enhanced.picture, spec)
        # The file is what the user gets, so the file is what is judged, not the pixels before it.
        after = self.imaging.assess(self.imaging.open(io.BytesIO(encoded.data), own=True))
        file_rules = enhanced.file_rules.check(encoded) if enhanced.file_rules else ()
        reasons = (encoded.reason,) if encoded.reason else ()
        return Result(
            enhanced=enhanced,
            encoded=encoded,
            before=before,
            after=after,
            rules=(*enhanced.rules, *file_rules),
            warnings=(*picture.warnings, *enhanced.warnings, *reasons),
        )


def _enhanced(enhancer: Enhancer, picture: Picture, task: Task, report: QualityReport) -> Enhanced:
    try:
        return enhancer.enhance(picture, task, report)
    except (PixelLabError, MemoryError):
        raise
    except Exception as error:
        raise BackendFailed(f"{enhancer.name} failed on this picture.") from error


def _smallest(asked: int | None, enhanced: Enhanced) -> int | None:
    limits = [asked] if asked else []
    if enhanced.file_rules:
        limits.append(enhanced.file_rules.max_bytes)
    return min(limits, default=None)
