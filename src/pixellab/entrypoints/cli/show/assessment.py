"""What ``pixellab assess`` answers."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from pixellab.domain.images import kilobytes
from pixellab.domain.ports import Imaging
from pixellab.entrypoints.answers import Answer, QualityAnswer
from pixellab.entrypoints.cli.show.reports import PARTS, grid
from pixellab.entrypoints.cli.show.screen import shown


class AssessmentAnswer(Answer):
    """How good the photo in a file is."""

    path: str
    size_kb: float
    width: int
    height: int
    format: str
    quality: QualityAnswer
    warnings: list[str]


def assess_file(imaging: Imaging, photo: Path) -> AssessmentAnswer:
    """Open and measure one file. Raises as ``Imaging.open``."""
    with photo.open("rb") as content:
        picture = imaging.open(content)
        size = content.seek(0, 2)
    return AssessmentAnswer(
        path=shown(photo),
        size_kb=kilobytes(size),
        width=picture.width,
        height=picture.height,
        format=picture.format,
        quality=QualityAnswer.of(imaging.assess(picture)),
        warnings=list(picture.warnings),
    )


def quality_table(answer: AssessmentAnswer) -> RenderableType:
    """The same for people."""
    table = grid()
    table.add_row("Format", f"{answer.format}, {answer.width} x {answer.height}")
    table.add_row("Size", f"{answer.size_kb:.1f} KB")
    table.add_row("Score", Text(f"{answer.quality.score:.1f}", "bold"))
    for part, name in PARTS.items():
        table.add_row(f"  {name}", f"{getattr(answer.quality, part):.1f}")
    remarks = [Text(f"! {warning}", "yellow") for warning in answer.warnings]
    return Group(Text(answer.path, "bold"), table, *remarks, "")
